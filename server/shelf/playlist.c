#include "shelf/playlist.h"

#include <string.h>

#include "shelf/subtitles.h"
#include "shelf/value.h"

#define EXPECT_FROM 4                     /* segments looked back at for their usual length */
#define HINT_SLACK (TITLE_TIMESCALE / 50) /* stamps in whole milliseconds make 2 s a little less */
#define PARTS_REACH 3 /* target durations at the end that list their parts (RFC 8216bis 4.4.4.9) */

/* One playlist being written. */
typedef struct {
    GString *out;
    const title_index *index;
    const title_rendition *rendition;
    const journal_head *head;
    shelf_form form;
    bool ended;
    guint parts_from; /* the first segment whose parts are told */
    int32_t init;     /* of the last EXT-X-MAP written; -1: none */
} sheet;

/* ---- numbers ---- */

/* The PART-TARGET in 1/100000 s, rounded up: no part is longer than what is said here. */
static int64_t part_target_of(const sheet *s)
{
    return ((int64_t)s->head->part_target * 10 + 8) / 9;
}

static void append_part_target(GString *out, const sheet *s)
{
    int64_t value = part_target_of(s);
    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%05d", value / 100000, (int)(value % 100000));
}

/* ---- which segments ---- */

static const title_segment *segment_at(const title_rendition *rendition, guint i)
{
    return g_ptr_array_index(rendition->segments, i);
}

/*
 * The first segment of those that reach back so far from the end. An interruption is a hole in the
 * line: what is counted is media, not time.
 */
static guint reaching_back(const sheet *s, int64_t seconds)
{
    guint i = s->rendition->segments->len;
    int64_t media = 0;
    while (i > 0 && media < seconds * TITLE_TIMESCALE)
        media += segment_at(s->rendition, --i)->duration;
    return i;
}

static guint first_shown(const sheet *s)
{
    return s->form.span == SHELF_WHOLE ? 0 : reaching_back(s, SHELF_WINDOW_S);
}

static int64_t skip_until_s(const sheet *s)
{
    return (int64_t)PLAYLIST_SKIP_TARGETS * s->head->target_duration_s;
}

/* ---- tags ---- */

guint playlist_breaks_before(const GArray *breaks, int64_t msn)
{
    guint i = breaks->len;
    while (i > 0 && g_array_index(breaks, int64_t, i - 1) >= msn)
        i--;
    return i;
}

static void write_live_rules(const sheet *s)
{
    int64_t hold_ms = MAX((3 * part_target_of(s) + 99) / 100, PLAYLIST_HOLD_BACK_LEAST_MS);
    g_string_append_printf(
        s->out,
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%" G_GINT64_FORMAT
        ".%03d,CAN-SKIP-UNTIL=%" G_GINT64_FORMAT ".0\n#EXT-X-PART-INF:PART-TARGET=",
        hold_ms / 1000, (int)(hold_ms % 1000), skip_until_s(s));
    append_part_target(s->out, s);
    g_string_append_c(s->out, '\n');
}

static void write_head(const sheet *s, int64_t first_msn, const GArray *breaks)
{
    g_string_append_printf(s->out, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n",
                           PLAYLIST_VERSION, s->head->target_duration_s);
    if (s->form.span == SHELF_WHOLE)
        g_string_append_printf(s->out, "#EXT-X-PLAYLIST-TYPE:%s\n", s->ended ? "VOD" : "EVENT");
    if (!s->ended)
        write_live_rules(s);
    g_string_append_printf(s->out, "#EXT-X-MEDIA-SEQUENCE:%" G_GINT64_FORMAT "\n", first_msn);
    guint gone = playlist_breaks_before(breaks, first_msn);
    if (gone > 0)
        g_string_append_printf(s->out, "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n", gone);
    g_string_append(s->out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
}

static void write_part(const sheet *s, const title_segment *segment, guint i)
{
    const title_part *part = &g_array_index(segment->parts, title_part, i);
    g_string_append(s->out, "#EXT-X-PART:DURATION=");
    value_seconds(s->out, part->duration);
    g_string_append_printf(s->out, ",URI=\"%" G_GINT64_FORMAT ".%u.m4s\"%s\n", segment->msn, i,
                           part->independent ? ",INDEPENDENT=YES" : "");
}

/* What must stand before the first part or the URI of a segment. */
static void write_segment_head(sheet *s, const title_segment *segment)
{
    if (segment->discontinuity)
        g_string_append(s->out, "#EXT-X-DISCONTINUITY\n");
    if (!segment->gap && segment->init != s->init) {
        g_string_append_printf(s->out, "#EXT-X-MAP:URI=\"init-%d.mp4\"\n", segment->init);
        s->init = segment->init;
    }
    g_string_append(s->out, "#EXT-X-PROGRAM-DATE-TIME:");
    value_date(s->out, s->head->epoch_utc_ms + segment->start / 90);
    g_string_append_c(s->out, '\n');
}

static void write_segment(sheet *s, guint at)
{
    const title_segment *segment = segment_at(s->rendition, at);
    write_segment_head(s, segment);
    for (guint i = 0; at >= s->parts_from && i < segment->parts->len; i++)
        write_part(s, segment, i);
    if (!segment->closed)
        return;
    if (segment->gap)
        g_string_append(s->out, "#EXT-X-GAP\n");
    g_string_append(s->out, "#EXTINF:");
    value_seconds(s->out, segment->duration);
    g_string_append_printf(s->out, ",\n%" G_GINT64_FORMAT ".m4s\n", segment->msn);
}

/* As long as the last one that was not cut off. */
static int64_t segment_length_expected(const title_index *index, const title_rendition *rendition)
{
    guint count = rendition->segments->len;
    for (guint i = count; i > 1 && i + EXPECT_FROM > count; i--) {
        const title_segment *before = segment_at(rendition, i - 2);
        const title_segment *next = segment_at(rendition, i - 1);
        if (!before->gap && !next->gap && !next->discontinuity)
            return before->duration;
    }
    return title_index_head(index)->segment_target;
}

/* A segment is closed when the next one's first frame is seen: a frame too late for a hint. */
void playlist_next_part(const title_index *index, const title_rendition *rendition, int64_t *msn,
                        int32_t *part)
{
    const title_segment *last = segment_at(rendition, rendition->segments->len - 1);
    bool over =
        last->closed || last->duration + HINT_SLACK >= segment_length_expected(index, rendition);
    *msn = over ? last->msn + 1 : last->msn;
    *part = over ? 0 : (int32_t)last->parts->len;
}

static void write_hint(const sheet *s)
{
    int64_t msn;
    int32_t part;
    playlist_next_part(s->index, s->rendition, &msn, &part);
    g_string_append_printf(
        s->out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%" G_GINT64_FORMAT ".%d.m4s\"\n", msn, part);
}

static const char *name_of(shelf_span span)
{
    return span == SHELF_WHOLE ? "dvr" : "index";
}

static void write_report(const sheet *s, const title_rendition *other)
{
    if (other == s->rendition || other->segments->len == 0)
        return;
    const title_segment *last = segment_at(other, other->segments->len - 1);
    g_string_append_printf(
        s->out, "#EXT-X-RENDITION-REPORT:URI=\"../%s/%s.m3u8\",LAST-MSN=%" G_GINT64_FORMAT,
        other->is.name, name_of(s->form.span), last->msn);
    if (last->parts->len > 0)
        g_string_append_printf(s->out, ",LAST-PART=%u", last->parts->len - 1);
    g_string_append_c(s->out, '\n');
}

static void write_tail(const sheet *s)
{
    const GPtrArray *segments = s->rendition->segments;
    if (s->ended) {
        g_string_append(s->out, "#EXT-X-ENDLIST\n");
        return;
    }
    if (segments->len > 0)
        write_hint(s);
    for (guint i = 0; i < title_index_count(s->index); i++)
        write_report(s, title_index_rendition(s->index, i));
}

/* The segments beyond the skip boundary as one tag; gives the first one after them. */
static guint write_skip(const sheet *s, guint first)
{
    guint kept = reaching_back(s, skip_until_s(s));
    if (kept <= first)
        return first;
    g_string_append_printf(s->out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n", kept - first);
    return kept;
}

/*
 * Writes what is past for good behind what was past before, and all of it into the sheet. Gives the
 * first segment left.
 */
static guint write_past(sheet *s, playlist_past *past)
{
    sheet old = *s;
    if (past->text && past->lost != s->rendition->lost)
        g_string_free(g_steal_pointer(&past->text), TRUE);
    if (!past->text)
        *past = (playlist_past){.text = g_string_new(NULL), .init = -1, .lost = s->rendition->lost};
    old.out = past->text;
    old.init = past->init;
    while (past->segments < s->parts_from)
        write_segment(&old, past->segments++);
    s->init = past->init = old.init;
    g_string_append_len(s->out, past->text->str, past->text->len);
    return past->segments;
}

/* ---- dated ranges ---- */

static void append_range(GString *out, const title_index *index, const char *name, int64_t number,
                         int64_t at_ms)
{
    g_string_append_printf(
        out, "#EXT-X-DATERANGE:ID=\"%s-%" G_GINT64_FORMAT "\",CLASS=\"jiangtang.%s\",START-DATE=\"",
        name, number, name);
    value_date(out, title_index_head(index)->epoch_utc_ms + at_ms);
    g_string_append_c(out, '"');
}

/* Those that begin in the playlist, and the one that is on when it begins. */
static void write_chapters(GString *out, const title_index *index, int64_t from_ms,
                           const GArray *chapters)
{
    for (guint i = 0; i < chapters->len; i++) {
        const title_chapter *is = &g_array_index(chapters, title_chapter, i);
        int64_t until_ms = i + 1 < chapters->len
                               ? g_array_index(chapters, title_chapter, i + 1).at_ms
                               : G_MAXINT64;
        if (until_ms <= from_ms)
            continue;
        append_range(out, index, "chapter", is->id, is->at_ms);
        g_string_append(out, ",END-ON-NEXT=YES,X-TITLE=");
        value_quoted(out, is->words);
        g_string_append_c(out, '\n');
    }
}

/* Stretches without a publisher: a player may show why its picture jumps. */
static void write_interruptions(GString *out, const title_index *index, int64_t from_ms)
{
    g_autoptr(GArray) content = title_index_content(index);
    for (guint i = 1; i < content->len; i++) {
        int64_t begin = g_array_index(content, title_span, i - 1).to_ms;
        int64_t end = g_array_index(content, title_span, i).from_ms;
        if (end <= from_ms || end - begin < PLAYLIST_INTERRUPTION_LEAST_MS)
            continue;
        append_range(out, index, "interrupted", begin, begin);
        g_string_append_printf(out, ",DURATION=%" G_GINT64_FORMAT ".%03d\n", (end - begin) / 1000,
                               (int)((end - begin) % 1000));
    }
}

void playlist_ranges(GString *out, const title_index *index, int64_t from_ms,
                     const GArray *chapters)
{
    write_chapters(out, index, from_ms, chapters);
    write_interruptions(out, index, from_ms);
}

/* Dates need a segment with one (RFC 8216bis 4.4.5.1). */
static void write_ranges(const sheet *s, guint first, const GArray *chapters)
{
    if (first >= s->rendition->segments->len)
        return;
    int64_t from_ms = segment_at(s->rendition, first)->start * 1000 / TITLE_TIMESCALE;
    playlist_ranges(s->out, s->index, from_ms, chapters);
}

void playlist_media(GString *out, const title_index *index, const title_rendition *rendition,
                    shelf_form form, const playlist_facts *facts, playlist_past *past)
{
    sheet s = {.out = out,
               .index = index,
               .rendition = rendition,
               .head = title_index_head(index),
               .form = form,
               .ended = title_index_ended(index),
               .init = -1};
    s.parts_from = s.ended ? rendition->segments->len
                           : reaching_back(&s, (int64_t)PARTS_REACH * s.head->target_duration_s);
    guint first = first_shown(&s);
    guint count = rendition->segments->len;
    write_head(&s, first < count ? segment_at(rendition, first)->msn : 0, facts->breaks);
    write_ranges(&s, first, facts->chapters);
    if (form.delta && !s.ended)
        first = write_skip(&s, first);
    else if (past && form.span == SHELF_WHOLE && !s.ended)
        first = write_past(&s, past);
    for (guint i = first; i < count; i++)
        write_segment(&s, i);
    write_tail(&s);
}

/* ---- the multivariant playlist ---- */

static int64_t peak_bps(const title_rendition *rendition)
{
    int64_t peak = MAX((int64_t)rendition->is.bandwidth, rendition->peak_bps);
    return MAX(peak, 1000); /* a client divides by it */
}

static void write_variant(GString *out, const title_rendition *rendition, shelf_span span,
                          bool spoken)
{
    const journal_rendition *is = &rendition->is;
    g_string_append_printf(out, "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GINT64_FORMAT,
                           peak_bps(rendition));
    if (rendition->mean_bps > 0)
        g_string_append_printf(out, ",AVERAGE-BANDWIDTH=%" G_GINT64_FORMAT, rendition->mean_bps);
    g_string_append_printf(out, ",CODECS=\"%s\"", is->codecs);
    if (is->kind != RENDITION_AUDIO)
        g_string_append_printf(out, ",RESOLUTION=%dx%d", is->width, is->height);
    if (is->kind != RENDITION_AUDIO && is->fps_milli > 0)
        g_string_append_printf(out, ",FRAME-RATE=%d.%03d", is->fps_milli / 1000,
                               is->fps_milli % 1000);
    if (spoken)
        g_string_append(out, ",SUBTITLES=\"" SUBTITLES_GROUP "\"");
    g_string_append_printf(out, "\n%s/%s.m3u8\n", is->name, name_of(span));
}

static bool has_media(const title_rendition *rendition)
{
    for (guint i = rendition->segments->len; i > 0; i--)
        if (!segment_at(rendition, i - 1)->gap)
            return true;
    return false;
}

/*
 * A player begins with the first variant: a middle picture for cheap phones; sound alone is the
 * last resort.
 */
static int rank(const title_rendition *rendition)
{
    if (rendition->is.kind == RENDITION_AUDIO)
        return 2;
    return strcmp(rendition->is.name, "480p") == 0 ? 0 : 1;
}

bool playlist_main(GString *out, const title_index *index, shelf_span span, const GArray *captions)
{
    gsize before = out->len;
    bool spoken = captions->len > 0 && title_index_ended(index);
    g_string_append_printf(out, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n",
                           PLAYLIST_VERSION);
    if (spoken)
        subtitles_renditions(out, captions);
    bool any = false;
    for (int wanted = 0; wanted <= 2; wanted++) {
        for (guint i = 0; i < title_index_count(index); i++) {
            const title_rendition *rendition = title_index_rendition(index, i);
            if (rank(rendition) != wanted || !has_media(rendition))
                continue;
            write_variant(out, rendition, span, spoken);
            any = true;
        }
    }
    if (!any)
        g_string_truncate(out, before);
    return any;
}
