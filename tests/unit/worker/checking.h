/*
 * What every title must be, whatever was fed: parts within their bounds, segments on the same
 * instants in all renditions, media that ffmpeg decodes without a word, times in the boxes as the
 * journal says, sound as long as picture.
 */
#ifndef TESTS_WORKER_CHECKING_H
#define TESTS_WORKER_CHECKING_H

#include "stage.h"

#define CHECK_AV_MS 50
#define CHECK_INITS_MAX 32
#define CHECK_TFDT_TICKS 9000 /* a part's sound or picture begins within 0.1 s of the part */

static void check_parts(const title_index *index, const title_rendition *r)
{
    int64_t target = title_index_head(index)->part_target;
    for (guint i = 0; i < r->segments->len; i++) {
        const title_segment *segment = segment_at(r, i);
        for (guint p = 0; p < segment->parts->len; p++) {
            const title_part *part = &g_array_index(segment->parts, title_part, p);
            g_assert_cmpint(part->duration, <=, target);
            if (p + 1 < segment->parts->len)
                g_assert_cmpint(part->duration * 100, >=, target * 85);
        }
        if (!segment->gap)
            g_assert_true(g_array_index(segment->parts, title_part, 0).independent);
        g_assert_true(segment->closed);
    }
}

/* Does nothing of the same take follow? */
static bool may_be_torn(const title_rendition *r, int64_t msn)
{
    const title_segment *next = title_rendition_segment(r, msn + 1);
    return !next || next->discontinuity || next->gap;
}

/* The same msn is the same stretch of time everywhere. */
static void check_alignment(const stage *s, const title_index *index)
{
    const title_rendition *first = title_index_rendition(index, 0);
    for (guint r = 1; r < title_index_count(index); r++) {
        const title_rendition *other = title_index_rendition(index, r);
        for (guint i = 0; i < other->segments->len; i++) {
            const title_segment *b = segment_at(other, i),
                                *a = title_rendition_segment(first, b->msn);
            if (!a || a->gap || b->gap)
                continue;
            g_assert_cmpint(a->start, ==, b->start);
            g_assert_cmpint(a->discontinuity, ==, b->discontinuity);
            if (!s->torn || !(may_be_torn(other, b->msn) || may_be_torn(first, b->msn)))
                g_assert_cmpint(a->duration, ==, b->duration);
        }
    }
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const uint8_t *find_box(const uint8_t *from, const uint8_t *end, const char *type)
{
    while (from && from + 8 <= end) {
        uint32_t size = be32(from);
        g_assert_cmpuint(size, >=, 8);
        g_assert_true(from + size <= end);
        if (!memcmp(from + 4, type, 4))
            return from;
        from += size;
    }
    return NULL;
}

#define TFHD_DEFAULT_DURATION 0x08 /* ISO/IEC 14496-12 8.8.7, 8.8.8 */
#define TFHD_BASE_OR_INDEX 0x03
#define TRUN_DURATION 0x100

/* How long the samples of a traf last. Each sample has a size; nothing else is read of them. */
static int64_t traf_duration(const uint8_t *traf)
{
    const uint8_t *end = traf + be32(traf), *tfhd = find_box(traf + 8, end, "tfhd");
    const uint8_t *trun = find_box(traf + 8, end, "trun");
    uint32_t head = be32(tfhd + 8), run = be32(trun + 8), count = be32(trun + 12);
    g_assert_cmpuint(head & TFHD_BASE_OR_INDEX, ==, 0);
    if (!(run & TRUN_DURATION)) {
        g_assert_cmpuint(head & TFHD_DEFAULT_DURATION, !=, 0);
        return (int64_t)count * be32(tfhd + 16);
    }
    int fields = 0;
    for (uint32_t flag = TRUN_DURATION; flag <= 0x800; flag <<= 1)
        fields += (run & flag) != 0;
    const uint8_t *sample = trun + 16 + ((run & 0x01) ? 4 : 0) + ((run & 0x04) ? 4 : 0);
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++, sample += 4 * fields)
        sum += be32(sample);
    return sum;
}

/*
 * tfdt of each traf of one part, with the track's number; pictures begin where those before ended. *shown: until when those
 * are shown, 0: nobody knows.
 */
static void check_part_boxes(const uint8_t *bytes, gsize size, const title_part *part,
                             const title_rendition *r, bool first, int32_t sound_rate,
                             int64_t *shown)
{
    const uint8_t *end = bytes + size, *moof = find_box(bytes, end, "moof");
    g_assert_nonnull(moof);
    g_assert_nonnull(find_box(bytes, end, "mdat"));
    const uint8_t *moof_end = moof + be32(moof), *traf = moof + 8;
    while ((traf = find_box(traf, moof_end, "traf"))) {
        const uint8_t *traf_end = traf + be32(traf), *tfhd = find_box(traf + 8, traf_end, "tfhd");
        const uint8_t *tfdt = find_box(traf + 8, traf_end, "tfdt");
        uint32_t track = be32(tfhd + 12);
        bool picture = r->is.kind == RENDITION_AV && track == 1;
        int64_t time = tfdt[8] ? (int64_t)be32(tfdt + 12) << 32 | be32(tfdt + 16) : be32(tfdt + 12);
        if (!picture)
            time = llround((double)time * 90000 / sound_rate);
        if (picture && *shown)
            g_assert_cmpint(time, ==, *shown);
        if (picture)
            *shown = time + traf_duration(traf);
        int64_t late = time - TITLE_EPOCH - part->start;
        if (picture && first)
            g_assert_cmpint(late, <=, 0); /* dts; equal without B-frames */
        g_assert_cmpint(ABS(late), <=, picture ? 30000 : CHECK_TFDT_TICKS);
        traf = traf_end;
    }
}

static int32_t rate_of_init(const stage *s, const char *name, int32_t n)
{
    g_autofree char *path = title_path_init(s->title, name, n);
    g_autoptr(GError) error = NULL;
    film *f = film_open(path, &error);
    g_assert_no_error(error);
    sound_config sound;
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(film_config(f, WIRE_AUDIO), &size);
    g_assert_true(sound_config_read(bytes, size, &sound, NULL));
    film_close(f);
    return sound.rate;
}

/* ends, by init: until when the pictures of its segments are shown, s. */
static void check_boxes(const stage *s, const title_rendition *r, double *ends)
{
    int64_t shown = 0;
    for (guint i = 0; i < r->segments->len; i++) {
        const title_segment *segment = segment_at(r, i);
        if (segment->gap || segment->discontinuity || s->holes || s->dark || s->torn)
            shown = 0;
        if (segment->gap)
            continue;
        g_autofree char *path = title_path_segment(s->title, r->is.name, segment->msn),
                        *text = NULL;
        gsize length = 0, sum = 0;
        g_assert_true(g_file_get_contents(path, &text, &length, NULL));
        int32_t rate = rate_of_init(s, r->is.name, segment->init);
        for (guint p = 0; p < segment->parts->len; p++) {
            const title_part *part = &g_array_index(segment->parts, title_part, p);
            g_assert_cmpint(part->offset, ==, sum);
            sum += (gsize)part->bytes;
            check_part_boxes((uint8_t *)text + part->offset, (gsize)part->bytes, part, r, p == 0,
                             rate, &shown);
        }
        g_assert_cmpuint(sum, ==, length);
        ends[segment->init] = (double)shown / TITLE_TIMESCALE;
    }
}

/* Init n and all segments that use it, as one file. NULL when there are none. */
static char *joined(const stage *s, const title_rendition *r, int32_t n)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    bool any = false;
    for (int64_t i = -1; i < (int64_t)r->segments->len; i++) {
        const title_segment *segment = i < 0 ? NULL : segment_at(r, (guint)i);
        if (segment && (segment->gap || segment->init != n))
            continue;
        g_autofree char *path = segment ? title_path_segment(s->title, r->is.name, segment->msn)
                                        : title_path_init(s->title, r->is.name, n);
        g_autofree char *text = NULL;
        gsize length = 0;
        g_assert_true(g_file_get_contents(path, &text, &length, NULL));
        g_byte_array_append(all, (uint8_t *)text, (guint)length);
        any |= segment != NULL;
    }
    if (!any)
        return NULL;
    char *path = g_strdup_printf("%s/%s-%d.mp4", s->dir, r->is.name, n);
    g_assert_true(g_file_set_contents(path, (char *)all->data, all->len, NULL));
    return path;
}

static char *output_of(const char *format, const char *path)
{
    g_autofree char *command = g_strdup_printf(format, path), *out = NULL, *err = NULL;
    const char *shell[] = {"/bin/sh", "-c", command, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)shell, NULL, 0, NULL, NULL, &out, &err, NULL, NULL));
    return g_strconcat(out, err, NULL);
}

static void check_decodes(const char *path)
{
    g_autofree char *said = output_of("ffmpeg -v error -i '%s' -f null - 2>&1", path);
    if (said[0])
        g_error("%s: %s", path, said);
}

typedef struct {
    double first, end;
    int packets, keys, backwards;
    double longest; /* between two packets in order of dts */
    double last_dts;
} track_span;

/* Where each stream begins and ends, by its packets. */
static void read_spans(const char *path, track_span spans[2])
{
    g_autofree char *said =
        output_of("ffprobe -v error -show_entries packet=codec_type,pts_time,dts_time,"
                  "duration_time,flags -of csv=p=0 '%s'",
                  path);
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    memset(spans, 0, 2 * sizeof *spans);
    for (int i = 0; lines[i] && lines[i][0]; i++) {
        g_auto(GStrv) f = g_strsplit(lines[i], ",", -1);
        g_assert_cmpuint(g_strv_length(f), >=, 5);
        track_span *t = &spans[f[0][0] == 'a'];
        double pts = g_ascii_strtod(f[1], NULL), dts = g_ascii_strtod(f[2], NULL),
               length = g_ascii_strtod(f[3], NULL);
        t->first = t->packets ? MIN(t->first, pts) : pts;
        t->end = t->packets ? MAX(t->end, pts + length) : pts + length;
        t->keys += f[4][0] == 'K';
        if (t->packets) {
            t->backwards += dts <= t->last_dts;
            t->longest = MAX(t->longest, dts - t->last_dts);
        }
        t->last_dts = dts;
        t->packets++;
    }
}

/* `shown`: by init; what ffprobe says of a last picture is how long those before it were shown. */
static void check_rendition(const stage *s, const title_rendition *r, const double *shown)
{
    for (int32_t n = 0; n <= r->last_init; n++) {
        g_autofree char *path = joined(s, r, n);
        track_span spans[2];
        if (!path)
            continue;
        check_decodes(path);
        read_spans(path, spans);
        g_assert_cmpint(spans[0].backwards + spans[1].backwards, ==, 0);
        g_assert_cmpint(spans[1].packets, >, 0);
        g_assert_cmpfloat(spans[1].longest, <, 0.06);
        if (r->is.kind != RENDITION_AV || !spans[0].packets || s->holes)
            continue;
        spans[0].end = MAX(spans[0].end, shown[n]);
        if (fabs(spans[0].end - spans[1].end) * 1000 > CHECK_AV_MS ||
            fabs(spans[0].first - spans[1].first) > 0.05)
            g_error("%s init %d: picture %.3f-%.3f sound %.3f-%.3f", r->is.name, n, spans[0].first,
                    spans[0].end, spans[1].first, spans[1].end);
    }
}

static void check_title(const stage *s, title_index *index)
{
    check_alignment(s, index);
    for (guint i = 0; i < title_index_count(index); i++) {
        const title_rendition *r = title_index_rendition(index, i);
        double shown[CHECK_INITS_MAX] = {0};
        g_assert_cmpint(r->last_init, <, CHECK_INITS_MAX);
        check_parts(index, r);
        check_boxes(s, r, shown);
        check_rendition(s, r, shown);
    }
}

#endif
