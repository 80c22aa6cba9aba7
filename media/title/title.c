#include "title/title.h"

#include <string.h>

#include "base/error.h"

#define RENDITIONS_MAX 16
#define TICKS_PER_MS (TITLE_TIMESCALE / 1000)
#define CONTENT_TOUCH_MS 50 /* spans nearer than this are one: rounding between parts, not a hole */

struct title_index {
    bool begun, ended;
    journal_head head;
    GPtrArray *renditions; /* of title_rendition * */
    GArray *breaks;        /* of int64_t: msns that stand behind a discontinuity, rising */
    int64_t duration;
};

static void segment_free(gpointer data)
{
    title_segment *segment = data;
    g_array_unref(segment->parts);
    g_free(segment);
}

static void rendition_free(gpointer data)
{
    title_rendition *rendition = data;
    g_ptr_array_unref(rendition->segments);
    g_array_unref(rendition->content);
    g_free(rendition);
}

title_index *title_index_new(void)
{
    title_index *index = g_new0(title_index, 1);
    index->renditions = g_ptr_array_new_with_free_func(rendition_free);
    index->breaks = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return index;
}

void title_index_free(title_index *index)
{
    if (!index)
        return;
    g_ptr_array_unref(index->renditions);
    g_array_unref(index->breaks);
    g_free(index);
}

/* ---- asking ---- */

const journal_head *title_index_head(const title_index *index)
{
    return index->begun ? &index->head : NULL;
}

bool title_index_ended(const title_index *index)
{
    return index->ended;
}

int64_t title_index_duration(const title_index *index)
{
    return index->duration;
}

guint title_index_count(const title_index *index)
{
    return index->renditions->len;
}

const title_rendition *title_index_rendition(const title_index *index, guint i)
{
    return index->renditions->pdata[i];
}

static title_rendition *find(const title_index *index, const char *name)
{
    for (guint i = 0; i < index->renditions->len; i++) {
        title_rendition *rendition = index->renditions->pdata[i];
        if (!strcmp(rendition->is.name, name))
            return rendition;
    }
    return NULL;
}

const title_rendition *title_index_find(const title_index *index, const char *name)
{
    return find(index, name);
}

static title_segment *last_segment(const title_rendition *rendition)
{
    GPtrArray *segments = rendition->segments;
    return segments->len ? segments->pdata[segments->len - 1] : NULL;
}

const title_segment *title_rendition_segment(const title_rendition *rendition, int64_t msn)
{
    if (!rendition->segments->len)
        return NULL;
    const title_segment *first = rendition->segments->pdata[0];
    int64_t at = msn - first->msn;
    return msn < first->msn || at >= rendition->segments->len ? NULL
                                                              : rendition->segments->pdata[at];
}

/* ---- which lines may come next ---- */

/* Each check gives NULL, or what is wrong with the line. */
static const char *check_head(const title_index *index, const journal_line *line)
{
    (void)line;
    return index->begun ? "a second head" : NULL;
}

static const char *check_rendition(const title_index *index, const journal_line *line)
{
    const title_rendition *known = find(index, line->described.name);
    if (known)
        return known->is.kind == line->described.kind ? NULL : "a rendition changes its kind";
    return index->renditions->len < RENDITIONS_MAX ? NULL : "too many renditions";
}

static const char *check_init(const title_index *index, const journal_line *line)
{
    const title_rendition *rendition = find(index, line->rendition);
    if (!rendition)
        return "unknown rendition";
    return line->msn == rendition->last_init + 1 ? NULL : "init out of order";
}

/* A segment (or gap) begins: its msn is the next one and it does not reach back. */
static const char *check_next(const title_rendition *rendition, const journal_line *line)
{
    const title_segment *last = last_segment(rendition);
    if (!last)
        return NULL;
    if (!last->closed)
        return "the segment before is open";
    if (line->msn != last->msn + 1)
        return "msn does not rise by one";
    return line->start >= last->start + last->duration
               ? NULL
               : "begins before the segment before has ended";
}

static const char *check_first_part(const title_rendition *rendition, const journal_line *line)
{
    if (rendition->last_init < 0)
        return "media before its init";
    if (line->part || line->offset)
        return "a segment begins in the middle";
    return check_next(rendition, line);
}

static const char *check_further_part(const title_index *index, const title_segment *open,
                                      const journal_line *line)
{
    if (line->part != (int32_t)open->parts->len || line->offset != open->bytes)
        return "parts are not contiguous";
    int64_t hole = line->start - (open->start + open->duration);
    if (hole < 0 || hole > index->head.part_target)
        return "a hole or overlap between parts";
    return NULL;
}

/* EXT-X-TARGETDURATION: no segment, rounded to the nearest second, is longer (RFC 8216bis 4.4.3.1). */
static bool too_long(const title_index *index, int64_t duration)
{
    return (duration + TITLE_TIMESCALE / 2) / TITLE_TIMESCALE > index->head.target_duration_s;
}

static const char *check_part(const title_index *index, const journal_line *line)
{
    const title_rendition *rendition = find(index, line->rendition);
    if (!rendition)
        return "unknown rendition";
    const title_segment *last = last_segment(rendition);
    bool open = last && !last->closed && line->msn == last->msn;
    if (too_long(index, line->start + line->duration - (open ? last->start : line->start)))
        return "a segment longer than the target duration";
    return open ? check_further_part(index, last, line) : check_first_part(rendition, line);
}

static const char *check_segment(const title_index *index, const journal_line *line)
{
    const title_rendition *rendition = find(index, line->rendition);
    if (!rendition)
        return "unknown rendition";
    const title_segment *last = last_segment(rendition);
    if (!last || last->closed || last->msn != line->msn)
        return "ends a segment that is not open";
    bool agrees = last->start == line->start && last->duration == line->duration &&
                  last->bytes == line->bytes;
    return agrees ? NULL : "a segment differs from its parts";
}

static const char *check_gap(const title_index *index, const journal_line *line)
{
    const title_rendition *rendition = find(index, line->rendition);
    if (!rendition)
        return "unknown rendition";
    return too_long(index, line->duration) ? "a gap longer than the target duration"
                                           : check_next(rendition, line);
}

static const char *check_lost(const title_index *index, const journal_line *line)
{
    const title_rendition *rendition = find(index, line->rendition);
    const title_segment *segment = rendition ? title_rendition_segment(rendition, line->msn) : NULL;
    return segment && segment->closed && !segment->gap ? NULL : "loses what is not there";
}

static const char *check_discontinuity(const title_index *index, const journal_line *line)
{
    if (index->breaks->len &&
        line->msn <= g_array_index(index->breaks, int64_t, index->breaks->len - 1))
        return "discontinuities do not rise";
    for (guint i = 0; i < index->renditions->len; i++) {
        const title_segment *last = last_segment(index->renditions->pdata[i]);
        if (last && line->msn <= last->msn)
            return "a discontinuity before a segment that is there";
    }
    return NULL;
}

static const char *check_end(const title_index *index, const journal_line *line)
{
    for (guint i = 0; i < index->renditions->len; i++) {
        const title_segment *last = last_segment(index->renditions->pdata[i]);
        if (last && !last->closed)
            return "ends with an open segment";
    }
    return line->duration == index->duration ? NULL : "ends at another time than its parts";
}

/* ---- taking them ---- */

static void take_head(title_index *index, const journal_line *line)
{
    index->begun = true;
    index->head = line->head;
}

static void take_rendition(title_index *index, const journal_line *line)
{
    title_rendition *rendition = find(index, line->described.name);
    if (!rendition) {
        rendition = g_new0(title_rendition, 1);
        rendition->last_init = -1;
        rendition->segments = g_ptr_array_new_with_free_func(segment_free);
        rendition->content = g_array_new(FALSE, FALSE, sizeof(title_span));
        g_ptr_array_add(index->renditions, rendition);
    }
    rendition->is = line->described;
}

static void take_init(title_index *index, const journal_line *line)
{
    find(index, line->rendition)->last_init = (int32_t)line->msn;
}

static bool stands_behind_break(const title_index *index, int64_t msn)
{
    for (guint i = index->breaks->len; i > 0; i--) {
        int64_t at = g_array_index(index->breaks, int64_t, i - 1);
        if (at <= msn)
            return at == msn;
    }
    return false;
}

static title_segment *add_segment(title_index *index, title_rendition *rendition,
                                  const journal_line *line)
{
    title_segment *segment = g_new0(title_segment, 1);
    segment->msn = line->msn;
    segment->start = line->start;
    segment->init = rendition->last_init;
    segment->discontinuity = stands_behind_break(index, line->msn);
    segment->parts = g_array_new(FALSE, FALSE, sizeof(title_part));
    g_ptr_array_add(rendition->segments, segment);
    return segment;
}

static void take_part(title_index *index, const journal_line *line)
{
    title_rendition *rendition = find(index, line->rendition);
    title_segment *segment = last_segment(rendition);
    if (!segment || segment->closed)
        segment = add_segment(index, rendition, line);
    title_part part = {line->offset, line->bytes, line->start, line->duration, line->independent};
    g_array_append_val(segment->parts, part);
    segment->bytes += part.bytes;
    segment->duration = part.start + part.duration - segment->start;
    index->duration = MAX(index->duration, part.start + part.duration);
}

static void measure(title_rendition *rendition, const title_segment *closed)
{
    const double bits_per_byte_tick = 8.0 * TITLE_TIMESCALE; /* no integer holds the largest sums */
    rendition->closed_bytes += closed->bytes;
    rendition->closed_time += closed->duration;
    rendition->peak_bps =
        MAX(rendition->peak_bps, (int64_t)(closed->bytes * bits_per_byte_tick / closed->duration));
    rendition->mean_bps =
        (int64_t)(rendition->closed_bytes * bits_per_byte_tick / rendition->closed_time);
}

static void add_content(GArray *content, const title_segment *segment)
{
    title_span is = {segment->start / TICKS_PER_MS,
                     (segment->start + segment->duration) / TICKS_PER_MS};
    title_span *last = content->len ? &g_array_index(content, title_span, content->len - 1) : NULL;
    if (last && is.from_ms - last->to_ms <= CONTENT_TOUCH_MS)
        last->to_ms = MAX(last->to_ms, is.to_ms);
    else if (is.to_ms > is.from_ms)
        g_array_append_val(content, is);
}

static void take_segment(title_index *index, const journal_line *line)
{
    title_rendition *rendition = find(index, line->rendition);
    title_segment *segment = last_segment(rendition);
    segment->closed = true;
    measure(rendition, segment);
    add_content(rendition->content, segment);
}

static void take_gap(title_index *index, const journal_line *line)
{
    title_segment *segment = add_segment(index, find(index, line->rendition), line);
    segment->duration = line->duration;
    segment->init = -1;
    segment->gap = segment->closed = true;
}

static void take_lost(title_index *index, const journal_line *line)
{
    title_rendition *rendition = find(index, line->rendition);
    const title_segment *first = rendition->segments->pdata[0];
    title_segment *segment = rendition->segments->pdata[line->msn - first->msn];
    segment->gap = true;
    segment->init = -1;
    segment->bytes = 0;
    g_array_set_size(segment->parts, 0);
    rendition->lost++;
}

static void take_discontinuity(title_index *index, const journal_line *line)
{
    g_array_append_val(index->breaks, line->msn);
}

static void take_end(title_index *index, const journal_line *line)
{
    (void)line;
    index->ended = true;
}

static const struct {
    const char *(*check)(const title_index *index, const journal_line *line);
    void (*take)(title_index *index, const journal_line *line);
} lines[] = {
    [JOURNAL_HEAD] = {check_head, take_head},
    [JOURNAL_RENDITION] = {check_rendition, take_rendition},
    [JOURNAL_INIT] = {check_init, take_init},
    [JOURNAL_PART] = {check_part, take_part},
    [JOURNAL_SEGMENT] = {check_segment, take_segment},
    [JOURNAL_GAP] = {check_gap, take_gap},
    [JOURNAL_LOST] = {check_lost, take_lost},
    [JOURNAL_DISCONTINUITY] = {check_discontinuity, take_discontinuity},
    [JOURNAL_END] = {check_end, take_end},
};

bool title_index_may_add(const title_index *index, const journal_line *line, GError **error)
{
    const char *wrong = !index->begun && line->kind != JOURNAL_HEAD
                            ? "the first line is not the head"
                        : index->ended ? "a line after the end"
                                       : lines[line->kind].check(index, line);
    if (!wrong)
        return true;
    g_autoptr(GString) text = g_string_new(NULL);
    journal_format(line, text);
    g_string_truncate(text, text->len - 1);
    error_set(error, ERROR_INPUT, "journal_order", NULL, "journal: %s: \"%s\"", wrong, text->str);
    return false;
}

bool title_index_feed(title_index *index, const char *bytes, gsize length, gsize *used,
                      GError **error)
{
    *used = 0;
    while (*used < length) {
        const char *text = bytes + *used,
                   *stop = memchr(text, '\n', MIN(length - *used, JOURNAL_LINE_MAX));
        if (!stop && length - *used < JOURNAL_LINE_MAX)
            return true; /* torn: its rest is still to come */
        journal_line line;
        if (!journal_parse(text, stop ? (gsize)(stop - text) : JOURNAL_LINE_MAX, &line, error) ||
            !title_index_may_add(index, &line, error))
            return false;
        lines[line.kind].take(index, &line);
        *used += (gsize)(stop - text) + 1;
    }
    return true;
}

/* ---- content ---- */

static const title_rendition *main_rendition(const title_index *index)
{
    const title_rendition *sound = NULL;
    for (guint i = 0; i < index->renditions->len; i++) {
        const title_rendition *rendition = index->renditions->pdata[i];
        if (rendition->is.kind != RENDITION_AUDIO)
            return rendition;
        sound = sound ? sound : rendition;
    }
    return sound;
}

/* The closed segments are merged already: an open one is all that is added here. */
GArray *title_index_content(const title_index *index)
{
    GArray *content = g_array_new(FALSE, FALSE, sizeof(title_span));
    const title_rendition *rendition = main_rendition(index);
    if (!rendition)
        return content;
    g_array_append_vals(content, rendition->content->data, rendition->content->len);
    const title_segment *last = last_segment(rendition);
    if (last && !last->closed)
        add_content(content, last);
    return content;
}

int64_t title_media_ms(const GArray *content, int64_t title_ms)
{
    int64_t sum = 0;
    for (guint i = 0; i < content->len; i++) {
        const title_span *span = &g_array_index(content, title_span, i);
        if (title_ms < span->to_ms)
            return sum + MAX(title_ms - span->from_ms, 0);
        sum += span->to_ms - span->from_ms;
    }
    return sum;
}

int64_t title_index_content_ms(const title_index *index)
{
    g_autoptr(GArray) content = title_index_content(index);
    int64_t sum = 0;
    for (guint i = 0; i < content->len; i++) {
        const title_span *span = &g_array_index(content, title_span, i);
        sum += span->to_ms - span->from_ms;
    }
    return sum;
}
