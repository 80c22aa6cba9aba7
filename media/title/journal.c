#include "title/journal.h"

#include <string.h>

#include "base/error.h"

#define WORDS_MAX 9                                /* of the longest line */
#define TIME_MAX (366LL * 86400 * TITLE_TIMESCALE) /* a title longer than a year is a mistake */
#define EPOCH_MAX_MS 253402300799999LL             /* year 9999 */
#define BYTES_MAX (1LL << 42)
#define COUNT_MAX G_MAXINT32

typedef struct {
    const char *text;
    gsize length;
} word;

typedef struct {
    word words[WORDS_MAX];
    guint count;
} split_line;

static const char *const rendition_words[] = {"av", "video", "audio"};

/* Words are parted by exactly one space; more of them than any line has is a refusal. */
static bool split(const char *text, gsize length, split_line *out)
{
    *out = (split_line){0};
    const char *end = text + length;
    for (;;) {
        const char *space = memchr(text, ' ', (gsize)(end - text));
        const char *stop = space ? space : end;
        if (stop == text || out->count == WORDS_MAX)
            return false;
        out->words[out->count++] = (word){text, (gsize)(stop - text)};
        if (!space)
            return true;
        text = space + 1;
    }
}

static bool word_is(const word *is, const char *literal)
{
    return is->length == strlen(literal) && !memcmp(is->text, literal, is->length);
}

/* A decimal as we write it: no sign, no leading zero. */
static bool read_number(const word *is, int64_t min, int64_t max, int64_t *value)
{
    if (is->length > 18 || (is->length > 1 && is->text[0] == '0'))
        return false;
    int64_t number = 0;
    for (gsize i = 0; i < is->length; i++) {
        if (!g_ascii_isdigit(is->text[i]))
            return false;
        number = number * 10 + (is->text[i] - '0');
    }
    *value = number;
    return number >= min && number <= max;
}

static bool read_small(const word *is, int32_t min, int32_t max, int32_t *value)
{
    int64_t number;
    if (!read_number(is, min, max, &number))
        return false;
    *value = (int32_t)number;
    return true;
}

static bool read_flag(const word *is, bool *value)
{
    int32_t number;
    if (!read_small(is, 0, 1, &number))
        return false;
    *value = number;
    return true;
}

static bool read_name(const word *is, char name[JOURNAL_NAME_MAX])
{
    if (is->length >= JOURNAL_NAME_MAX)
        return false;
    for (gsize i = 0; i < is->length; i++)
        if (!g_ascii_isdigit(is->text[i]) && !g_ascii_islower(is->text[i]))
            return false;
    memcpy(name, is->text, is->length);
    name[is->length] = '\0';
    return true;
}

static bool read_codecs(const word *is, char codecs[JOURNAL_CODECS_MAX])
{
    if (is->length >= JOURNAL_CODECS_MAX)
        return false;
    for (gsize i = 0; i < is->length; i++)
        if (!is->text[i] || (!g_ascii_isalnum(is->text[i]) && !strchr(".,-_", is->text[i])))
            return false;
    memcpy(codecs, is->text, is->length);
    codecs[is->length] = '\0';
    return true;
}

static bool read_kind(const word *is, rendition_kind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(rendition_words); i++)
        if (word_is(is, rendition_words[i])) {
            *kind = i;
            return true;
        }
    return false;
}

static bool read_span(const word *start, const word *duration, journal_line *line)
{
    return read_number(start, 0, TIME_MAX, &line->start) &&
           read_number(duration, 1, TIME_MAX, &line->duration) &&
           line->start + line->duration <= TIME_MAX;
}

static bool parse_head(const word *at, journal_line *line)
{
    journal_head *head = &line->head;
    int32_t version;
    return read_small(&at[0], JOURNAL_VERSION, JOURNAL_VERSION, &version) &&
           read_small(&at[1], 1, 10 * TITLE_TIMESCALE, &head->part_target) &&
           read_small(&at[2], head->part_target, 60 * TITLE_TIMESCALE, &head->segment_target) &&
           read_small(&at[3], 1, 120, &head->target_duration_s) &&
           read_number(&at[4], 0, EPOCH_MAX_MS, &head->epoch_utc_ms);
}

static bool parse_rendition(const word *at, journal_line *line)
{
    journal_rendition *is = &line->described;
    if (!read_name(&at[0], is->name) || !read_kind(&at[1], &is->kind) ||
        !read_codecs(&at[2], is->codecs))
        return false;
    bool sound = is->kind == RENDITION_AUDIO;
    g_strlcpy(line->rendition, is->name, sizeof line->rendition);
    return read_small(&at[3], sound ? 0 : 1, sound ? 0 : 16384, &is->width) &&
           read_small(&at[4], sound ? 0 : 1, sound ? 0 : 16384, &is->height) &&
           read_small(&at[5], 0, sound ? 0 : 1000000, &is->fps_milli) &&
           read_small(&at[6], 1, 1000000000, &is->bandwidth);
}

static bool parse_init(const word *at, journal_line *line)
{
    return read_name(&at[0], line->rendition) && read_number(&at[1], 0, COUNT_MAX, &line->msn) &&
           read_number(&at[2], 1, BYTES_MAX, &line->bytes);
}

static bool parse_part(const word *at, journal_line *line)
{
    return read_name(&at[0], line->rendition) && read_number(&at[1], 0, COUNT_MAX, &line->msn) &&
           read_small(&at[2], 0, 100000, &line->part) &&
           read_number(&at[3], 0, BYTES_MAX, &line->offset) &&
           read_number(&at[4], 1, BYTES_MAX, &line->bytes) && read_span(&at[5], &at[6], line) &&
           read_flag(&at[7], &line->independent);
}

static bool parse_segment(const word *at, journal_line *line)
{
    return read_name(&at[0], line->rendition) && read_number(&at[1], 0, COUNT_MAX, &line->msn) &&
           read_span(&at[2], &at[3], line) && read_number(&at[4], 1, BYTES_MAX, &line->bytes);
}

static bool parse_gap(const word *at, journal_line *line)
{
    return read_name(&at[0], line->rendition) && read_number(&at[1], 0, COUNT_MAX, &line->msn) &&
           read_span(&at[2], &at[3], line);
}

static bool parse_lost(const word *at, journal_line *line)
{
    return read_name(&at[0], line->rendition) && read_number(&at[1], 0, COUNT_MAX, &line->msn);
}

static bool parse_discontinuity(const word *at, journal_line *line)
{
    return read_number(&at[0], 0, COUNT_MAX, &line->msn);
}

static bool parse_end(const word *at, journal_line *line)
{
    return read_number(&at[0], 0, TIME_MAX, &line->duration);
}

/* In the order of journal_kind. */
static const struct {
    const char *word;
    guint values;
    bool (*parse)(const word *at, journal_line *line);
} kinds[] = {
    [JOURNAL_HEAD] = {"jiangtang", 5, parse_head},
    [JOURNAL_RENDITION] = {"rendition", 7, parse_rendition},
    [JOURNAL_INIT] = {"init", 3, parse_init},
    [JOURNAL_PART] = {"part", 8, parse_part},
    [JOURNAL_SEGMENT] = {"segment", 5, parse_segment},
    [JOURNAL_GAP] = {"gap", 4, parse_gap},
    [JOURNAL_LOST] = {"lost", 2, parse_lost},
    [JOURNAL_DISCONTINUITY] = {"discontinuity", 1, parse_discontinuity},
    [JOURNAL_END] = {"end", 1, parse_end},
};

static bool parse_words(const split_line *is, journal_line *line)
{
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        if (!word_is(&is->words[0], kinds[kind].word))
            continue;
        line->kind = kind;
        return is->count == kinds[kind].values + 1 && kinds[kind].parse(is->words + 1, line);
    }
    return false;
}

bool journal_parse(const char *text, gsize length, journal_line *line, GError **error)
{
    *line = (journal_line){0};
    split_line words;
    if (length < JOURNAL_LINE_MAX && split(text, length, &words) && parse_words(&words, line))
        return true;
    g_autofree char *raw = g_strndup(text, MIN(length, 60));
    g_autofree char *shown = g_strescape(raw, NULL);
    error_set(error, ERROR_INPUT, "journal_line", NULL, "journal: not a line of version %d: \"%s\"",
              JOURNAL_VERSION, shown);
    return false;
}

static void format_head(const journal_head *head, GString *out)
{
    g_string_append_printf(out, "jiangtang %d %d %d %d %" G_GINT64_FORMAT "\n", JOURNAL_VERSION,
                           head->part_target, head->segment_target, head->target_duration_s,
                           head->epoch_utc_ms);
}

static void format_rendition(const journal_rendition *is, GString *out)
{
    g_string_append_printf(out, "rendition %s %s %s %d %d %d %d\n", is->name,
                           rendition_words[is->kind], is->codecs, is->width, is->height,
                           is->fps_milli, is->bandwidth);
}

void journal_format(const journal_line *line, GString *out)
{
    const char *verb = kinds[line->kind].word, *name = line->rendition;
    long long msn = line->msn, start = line->start, duration = line->duration, bytes = line->bytes;
    switch (line->kind) {
    case JOURNAL_HEAD:
        format_head(&line->head, out);
        break;
    case JOURNAL_RENDITION:
        format_rendition(&line->described, out);
        break;
    case JOURNAL_INIT:
        g_string_append_printf(out, "%s %s %lld %lld\n", verb, name, msn, bytes);
        break;
    case JOURNAL_PART:
        g_string_append_printf(out, "%s %s %lld %d %lld %lld %lld %lld %d\n", verb, name, msn,
                               line->part, (long long)line->offset, bytes, start, duration,
                               line->independent);
        break;
    case JOURNAL_SEGMENT:
        g_string_append_printf(out, "%s %s %lld %lld %lld %lld\n", verb, name, msn, start, duration,
                               bytes);
        break;
    case JOURNAL_GAP:
        g_string_append_printf(out, "%s %s %lld %lld %lld\n", verb, name, msn, start, duration);
        break;
    case JOURNAL_LOST:
        g_string_append_printf(out, "%s %s %lld\n", verb, name, msn);
        break;
    case JOURNAL_DISCONTINUITY:
        g_string_append_printf(out, "%s %lld\n", verb, msn);
        break;
    case JOURNAL_END:
        g_string_append_printf(out, "%s %lld\n", verb, duration);
        break;
    }
}
