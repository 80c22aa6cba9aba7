#include "title/cues.h"

#include <string.h>

#include "base/charset.h"
#include "base/error.h"

#define TAGS "biu"

/* The file, line by line; a line's end is \n, \r\n or \r (WebVTT 4.1). */
typedef struct {
    const char *at, *end;
    const char *line; /* borrowed from the file */
    gsize length;
    int number; /* of the line, from 1 */
    bool over;
} lines;

static bool next_line(lines *l)
{
    if (l->at > l->end || l->over) {
        l->over = true;
        return false;
    }
    l->line = l->at;
    while (l->at < l->end && *l->at != '\n' && *l->at != '\r')
        l->at++;
    l->length = (gsize)(l->at - l->line);
    l->number++;
    if (l->at < l->end && *l->at == '\r' && l->at + 1 < l->end && l->at[1] == '\n')
        l->at++;
    l->at++; /* over the end of the file after its last line */
    return true;
}

static bool is_blank(const lines *l)
{
    return l->length == 0;
}

static bool says(const lines *l, const char *word)
{
    gsize length = strlen(word);
    return l->length >= length && memcmp(l->line, word, length) == 0 &&
           (l->length == length || l->line[length] == ' ' || l->line[length] == '\t');
}

static bool has_arrow(const lines *l)
{
    return g_strstr_len(l->line, (gssize)l->length, "-->") != NULL;
}

static bool refuse(const lines *l, const char *why, GError **error)
{
    error_set(error, ERROR_INPUT, "captions", NULL, "Line %d: %s", l->number, why);
    return false;
}

/* ---- times ---- */

/* At least `least` and at most `most` digits. */
static bool take_digits(const char **at, const char *end, int least, int most, int64_t *value)
{
    int count = 0;
    *value = 0;
    while (*at < end && g_ascii_isdigit(**at) && count < most) {
        *value = *value * 10 + (**at - '0');
        (*at)++;
        count++;
    }
    return count >= least;
}

static bool take_char(const char **at, const char *end, const char *any)
{
    if (*at == end || !**at || !strchr(any, **at))
        return false;
    (*at)++;
    return true;
}

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && (**at == ' ' || **at == '\t'))
        (*at)++;
}

/* [hours:]minutes:seconds.milliseconds, SRT with a comma. */
static bool take_time(const char **at, const char *end, int64_t *ms)
{
    int64_t a, b, c = -1, thousandths;
    if (!take_digits(at, end, 1, 3, &a) || !take_char(at, end, ":") ||
        !take_digits(at, end, 2, 2, &b))
        return false;
    if (take_char(at, end, ":") && !take_digits(at, end, 2, 2, &c))
        return false;
    if (!take_char(at, end, ".,") || !take_digits(at, end, 3, 3, &thousandths))
        return false;
    int64_t hours = c < 0 ? 0 : a, minutes = c < 0 ? a : b, seconds = c < 0 ? b : c;
    *ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths;
    return minutes < 60 && seconds < 60 && *ms <= CUE_TIME_MAX_MS;
}

/* Those that place a cue, if they look like it (WebVTT 3.2.1); SRT's coordinates are none. */
static bool is_setting(const char *word)
{
    static const char *const names[] = {"vertical:", "line:", "position:", "size:", "align:"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_has_prefix(word, names[i])) {
            const char *value = word + strlen(names[i]);
            return *value &&
                   strspn(value, "abcdefghijklmnopqrstuvwxyz-0123456789.,%") == strlen(value);
        }
    return false;
}

static char *settings_of(const char *at, const char *end)
{
    g_autofree char *rest = g_strndup(at, (gsize)(end - at));
    g_auto(GStrv) words = g_strsplit_set(rest, " \t", -1);
    g_autoptr(GString) kept = g_string_new(NULL);
    for (int i = 0; words[i]; i++)
        if (is_setting(words[i]) && kept->len + strlen(words[i]) < CUE_SETTINGS_BYTES)
            g_string_append_printf(kept, "%s%s", kept->len ? " " : "", words[i]);
    return kept->len ? g_strdup(kept->str) : NULL;
}

/* "from --> to settings" */
static bool read_times(const lines *l, cue *is, GError **error)
{
    const char *at = l->line, *end = l->line + l->length;
    skip_blanks(&at, end);
    if (!take_time(&at, end, &is->from_ms))
        return refuse(l, "a time such as 00:01:02.345 --> 00:01:04.000 is expected", error);
    skip_blanks(&at, end);
    if (end - at < 3 || memcmp(at, "-->", 3) != 0)
        return refuse(l, "--> is expected between two times", error);
    at += 3;
    skip_blanks(&at, end);
    if (!take_time(&at, end, &is->to_ms) || (at < end && *at != ' ' && *at != '\t'))
        return refuse(l, "the time behind --> cannot be read", error);
    if (is->to_ms <= is->from_ms)
        return refuse(l, "the cue ends before it begins", error);
    is->settings = settings_of(at, end);
    return true;
}

/* ---- words ---- */

#define CLOSING (sizeof "</b>" - 1)

/* Tags that are open, innermost last. */
typedef struct {
    char open[sizeof TAGS];
    int count;
} tags;

static void close_until(GString *out, tags *t, int count)
{
    while (t->count > count)
        g_string_append_printf(out, "</%c>", t->open[--t->count]);
}

/* "b", "/b", "b.loud": of those that stay. Others are left out, what they hold is not. */
static void take_tag(GString *out, tags *t, const char *tag, gsize length)
{
    bool closes = length && *tag == '/';
    const char *name = tag + closes;
    gsize left = length - closes;
    if (!left || !strchr(TAGS, g_ascii_tolower(*name)) ||
        (left > 1 && name[1] != '.' && name[1] != ' '))
        return;
    char which = g_ascii_tolower(*name);
    int at = 0;
    while (at < t->count && t->open[at] != which)
        at++;
    if (closes && at < t->count)
        close_until(out, t, at);
    if (!closes && at == t->count) {
        t->open[t->count++] = which;
        g_string_append_printf(out, "<%c>", which);
    }
}

static bool is_entity(const char *at, const char *end, gsize *length)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&nbsp;", "&lrm;", "&rlm;"};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        *length = strlen(known[i]);
        if ((gsize)(end - at) >= *length && memcmp(at, known[i], *length) == 0)
            return true;
    }
    return false;
}

/* Where a tag or an SRT override ({\an8}) that begins here ends; NULL: it is a character like any other. */
static const char *end_of_tag(const char *at, const char *end)
{
    bool tag = *at == '<' && end - at > 1 && (g_ascii_isalnum(at[1]) || at[1] == '/');
    bool override = *at == '{' && end - at > 1 && at[1] == '\\';
    return tag || override ? memchr(at, tag ? '>' : '}', (gsize)(end - at)) : NULL;
}

/* What was left out stood between { and \: together they would begin an override where it is read again. */
static bool joins_override(const GString *out, const char *at)
{
    return *at == '\\' && out->len && out->str[out->len - 1] == '{' && at[-1] != '{';
}

/* One character of a line, or one tag, entity or override. Where it goes on. */
static const char *take_word(GString *out, tags *t, const char *at, const char *end)
{
    gsize length;
    const char *stop = end_of_tag(at, end);
    if (stop && *at == '<')
        take_tag(out, t, at + 1, (gsize)(stop - at - 1));
    if (stop)
        return stop + 1;
    if (*at == '&' && is_entity(at, end, &length)) {
        g_string_append_len(out, at, (gssize)length);
        return at + length;
    }
    if (*at == '<' || *at == '>' || *at == '&')
        g_string_append(out, *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : "&amp;");
    else if (((guchar)*at >= 0x20 || *at == '\t') && !joins_override(out, at))
        g_string_append_c(out, *at);
    return at + 1;
}

/* A line of which nothing is left would end the cue where it is read again. */
static void take_words(GString *out, tags *open, const lines *l)
{
    gsize before = out->len;
    if (out->len)
        g_string_append_c(out, '\n');
    gsize begun = out->len;
    for (const char *at = l->line, *end = at + l->length; at < end;)
        at = take_word(out, open, at, end);
    if (strspn(out->str + begun, " \t") == out->len - begun)
        g_string_truncate(out, before);
}

/* The lines up to a blank one. */
static bool read_text(lines *l, cue *is, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    tags open = {0};
    while (next_line(l) && !is_blank(l)) {
        if (has_arrow(l))
            return refuse(l, "a blank line is missing before this time", error);
        take_words(out, &open, l);
        if (out->len + CLOSING * (gsize)open.count > CUE_TEXT_BYTES)
            return refuse(l, "this cue is far too long", error);
    }
    close_until(out, &open, 0);
    is->text = g_strdup(out->str);
    return true;
}

/* ---- files ---- */

static void cue_clear(gpointer data)
{
    cue *is = data;
    g_free(is->text);
    g_free(is->settings);
}

/* At its time. A cue without words is none. */
static bool take_cue(lines *l, GArray *cues, GError **error)
{
    cue is = {0};
    if (cues->len == CUES_MAX)
        return refuse(l, "these are far too many cues", error);
    if (!read_times(l, &is, error) || !read_text(l, &is, error)) {
        cue_clear(&is);
        return false;
    }
    if (*is.text)
        g_array_append_val(cues, is);
    else
        cue_clear(&is);
    return true;
}

static void skip_block(lines *l)
{
    while (next_line(l) && !is_blank(l))
        ;
}

static bool is_number(const lines *l)
{
    gsize digits = 0;
    while (digits < l->length && g_ascii_isdigit(l->line[digits]))
        digits++;
    return digits > 0 && digits == l->length;
}

/* A cue, with a line of its name before its time. SRT's names are numbers. */
static bool take_block(lines *l, GArray *cues, bool vtt, GError **error)
{
    if (vtt && (says(l, "NOTE") || says(l, "STYLE") || says(l, "REGION")) && !has_arrow(l)) {
        skip_block(l);
        return true;
    }
    if (!has_arrow(l) && (vtt || is_number(l)) && !next_line(l))
        return refuse(l, "the file ends before this cue's time", error);
    return take_cue(l, cues, error);
}

static int earlier_first(gconstpointer a, gconstpointer b)
{
    const cue *one = a, *other = b;
    return one->from_ms < other->from_ms ? -1 : one->from_ms > other->from_ms;
}

static bool read_all(lines *l, GArray *cues, GError **error)
{
    bool more = next_line(l);
    bool vtt = more && says(l, "WEBVTT");
    if (vtt) {
        skip_block(l); /* its header */
        more = next_line(l);
    }
    for (; more; more = next_line(l))
        if (!is_blank(l) && !take_block(l, cues, vtt, error))
            return false;
    if (cues->len == 0)
        error_set(error, ERROR_INPUT, "captions_empty", NULL, "There are no cues in this file");
    return cues->len > 0;
}

GArray *cues_read(const char *text, gsize length, GError **error)
{
    g_autoptr(GArray) cues = g_array_new(FALSE, FALSE, sizeof(cue));
    g_array_set_clear_func(cues, cue_clear);
    lines l = {.at = text, .end = text + length};
    if (!read_all(&l, cues, error))
        return NULL;
    g_array_sort(cues, earlier_first); /* GLib's keeps the order of equals */
    return g_steal_pointer(&cues);
}

GArray *cues_parse(const char *bytes, gsize length, GError **error)
{
    gsize written;
    if (length > CUES_BYTES_MAX) {
        error_set(error, ERROR_TOO_LARGE, "captions_too_large", NULL,
                  "A file of captions has at most %d KiB", CUES_BYTES_MAX / 1024);
        return NULL;
    }
    g_autofree char *text = charset_to_utf8(bytes, length, &written, error);
    return text ? cues_read(text, written, error) : NULL;
}

/* ---- writing ---- */

static void append_time(GString *out, int64_t ms)
{
    g_string_append_printf(out, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                           (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static int64_t moved(int64_t ms, int64_t offset_ms, cues_map map, gpointer user)
{
    int64_t there = MAX(ms + offset_ms, 0);
    return map ? map(there, user) : there;
}

static void append_cue(GString *out, const cue *is, int64_t from_ms, int64_t to_ms)
{
    append_time(out, from_ms);
    g_string_append(out, " --> ");
    append_time(out, to_ms);
    g_string_append_printf(out, "%s%s\n%s\n\n", is->settings ? " " : "",
                           is->settings ? is->settings : "", is->text);
}

char *cues_write(const GArray *cues, int64_t offset_ms, cues_map map, gpointer user)
{
    GString *out = g_string_new("WEBVTT\n\n");
    for (guint i = 0; i < cues->len; i++) {
        const cue *is = &g_array_index(cues, cue, i);
        int64_t from = moved(is->from_ms, offset_ms, map, user);
        int64_t to = moved(is->to_ms, offset_ms, map, user);
        if (to > from)
            append_cue(out, is, from, to);
    }
    return g_string_free(out, FALSE);
}

/*
 * Any second would do to say that cues have the media's own stamps. But hls.js (1.7) takes a map from 0, and one that
 * meets a first picture exactly, for none: no picture of ours is as early as 1 s (TITLE_EPOCH).
 */
#define STAMPS "X-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000"

char *cues_write_piece(const GArray *cues, int64_t offset_ms, const cues_piece *piece)
{
    GString *out = g_string_new("WEBVTT\n" STAMPS "\n\n");
    for (guint i = 0; i < cues->len; i++) {
        const cue *is = &g_array_index(cues, cue, i);
        int64_t from = MAX(is->from_ms + offset_ms, piece->stretch_from_ms);
        int64_t to = MIN(is->to_ms + offset_ms, piece->stretch_to_ms);
        if (to > from && from < piece->to_ms && to > piece->from_ms)
            append_cue(out, is, from + piece->ahead_ms, to + piece->ahead_ms);
    }
    return g_string_free(out, FALSE);
}
