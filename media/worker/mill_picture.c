/* The thread that reads and decodes a file's pictures, and hands them to the rungs. */
#include <string.h>

#include "title/journal.h"
#include "worker/mill_inside.h"

#define THIN_BELOW                                                                                 \
    2700             /* 30 ms: copied beside, a faster source is thinned by leaving pictures out */
#define KEYS_KEPT 64 /* keyframes on their way through the shaper */
#define POSTER_LINES 720
#define BREATH (TITLE_TIMESCALE / 10)
#define LATE_SEEK                                                                                  \
    (TITLE_TIMESCALE / 4) /* a sought track that begins later did not find its place */

/* ---- stills ---- */

static void append_plane(GByteArray *to, const AVFrame *picture, int plane)
{
    int shift = plane ? 1 : 0, width = picture->width >> shift, height = picture->height >> shift;
    for (int y = 0; y < height; y++)
        g_byte_array_append(to, picture->data[plane] + (ptrdiff_t)y * picture->linesize[plane],
                            (guint)width);
}

static void put_still(mill *m, outbox_kind kind, const AVFrame *picture)
{
    GByteArray *to = g_byte_array_new();
    for (int plane = 0; plane < 3; plane++)
        append_plane(to, picture, plane);
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(to);
    mill_put(m, kind, picture->width, unit_new(bytes, picture->pts, picture->pts, true), NULL);
}

/* Outputs come highest first, all of one picture: the last one moves on. */
static void take_still(mill *m, int32_t output, const AVFrame *picture)
{
    if (picture->pts < m->next_still)
        return;
    if (output == m->posters)
        put_still(m, OUTBOX_POSTER, picture);
    if (output != m->stills)
        return;
    put_still(m, OUTBOX_STILL, picture);
    m->next_still = (picture->pts / PIPELINE_STILL_EVERY + 1) * PIPELINE_STILL_EVERY;
}

/* ---- to the rungs ---- */

static bool is_key(const mill *m, int64_t time)
{
    for (guint i = m->keys->len; i > 0; i--)
        if (g_array_index(m->keys, int64_t, i - 1) == time)
            return true;
    return false;
}

static void put_picture(mill_rung *r, AVFrame *picture, int64_t tick)
{
    const mill *m = r->mill;
    bool key = m->plan.follow
                   ? is_key(m, picture->pts)
                   : tick == m->first_tick || beat_begins(&m->beat, tick, m->plan.segment);
    if (!m->plan.follow)
        picture->pts = beat_time(&m->beat, tick);
    picture->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    belt_put(r->belt, picture);
}

/* Ticks nobody stood on show the picture before; before the first one, that one. */
static void put_on_beat(mill_rung *r, AVFrame *picture, int64_t tick)
{
    const AVFrame *held = r->last ? r->last : picture;
    for (int64_t t = r->last_tick + 1; t < tick; t++)
        put_picture(r, av_frame_clone(held), t);
    av_frame_free(&r->last);
    r->last = av_frame_clone(picture);
    r->last_tick = tick;
    put_picture(r, picture, tick);
}

static void on_shaped(gpointer user, int32_t output, AVFrame *picture)
{
    mill *m = user;
    mill_rung *r = &m->rungs[output];
    take_still(m, output, picture);
    if (output >= m->plan.rungs)
        av_frame_free(&picture);
    else if (m->plan.follow)
        put_picture(r, picture, 0);
    else
        put_on_beat(r, picture, beat_tick(&m->beat, picture->pts));
}

static bool shape(mill *m, AVFrame *picture, int64_t time)
{
    g_autoptr(GError) error = NULL;
    picture->pts = time;
    picture->pict_type = AV_PICTURE_TYPE_NONE;
    bool ok = shaper_take(m->shaper, picture, &error);
    if (!ok)
        mill_fail(m, error);
    mill_run_on(m, &m->pictures_at, time);
    return ok;
}

/* ---- which pictures, and when ---- */

/* Copied beside: a picture keeps its stamp; segments begin where the copied ones do. */
static bool follow_picture(mill *m, AVFrame *picture, int64_t time)
{
    bool key = false;
    if (time < m->plan.from)
        return true;
    while (m->marks->len && g_array_index(m->marks, int64_t, 0) <= time) {
        g_array_remove_index(m->marks, 0);
        key = true;
    }
    if (!key && m->last_shown != INT64_MIN && time - m->last_shown < THIN_BELOW)
        return true;
    if (key)
        g_array_append_val(m->keys, time);
    if (m->keys->len > KEYS_KEPT)
        g_array_remove_index(m->keys, 0);
    m->last_shown = time;
    return shape(m, picture, time);
}

/* What was shown when the first tick came is shown there. */
static bool shape_before(mill *m)
{
    AVFrame *before = g_steal_pointer(&m->before);
    bool ok = !before || shape(m, before, beat_time(&m->beat, m->first_tick));
    if (before && ok)
        m->next_tick = m->first_tick + 1;
    av_frame_free(&before);
    return ok;
}

static bool beat_picture(mill *m, AVFrame *picture, int64_t time)
{
    int64_t tick = beat_tick(&m->beat, time);
    if (tick < m->first_tick) {
        av_frame_free(&m->before);
        m->before = av_frame_clone(picture);
        return true;
    }
    if (tick == m->first_tick)
        av_frame_free(&m->before);
    if (!shape_before(m))
        return false;
    if (tick < m->next_tick)
        return true;
    m->next_tick = tick + 1;
    return shape(m, picture, beat_time(&m->beat, tick));
}

static int64_t picture_time(mill *m, const AVFrame *picture)
{
    mill_track *t = &m->pictures;
    int64_t stamp = picture->best_effort_timestamp;
    if (stamp == AV_NOPTS_VALUE)
        return t->last == INT64_MIN ? 0 : t->last + beat_time(&m->beat, 1);
    return mill_time(m, t, WIRE_VIDEO, stamp);
}

/* Takes what the decoder has. False: stop. */
static bool take_decoded(mill *m)
{
    mill_track *t = &m->pictures;
    while (avcodec_receive_frame(t->decoder, t->frame) >= 0) {
        int64_t time = picture_time(m, t->frame);
        if (mill_is_lost(t, time, m->plan.from + LATE_SEEK))
            return true;
        t->last = time;
        bool ok =
            m->plan.follow ? follow_picture(m, t->frame, time) : beat_picture(m, t->frame, time);
        av_frame_unref(t->frame);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- copies ---- */

static bool is_idr(const mill_track *t)
{
    picture_config config;
    gsize size = 0;
    GBytes *avcc = film_config(t->film, WIRE_VIDEO);
    const uint8_t *bytes = avcc ? g_bytes_get_data(avcc, &size) : NULL;
    if (!(t->packet->flags & AV_PKT_FLAG_KEY) || !bytes ||
        !picture_config_read(bytes, size, &config, NULL))
        return false;
    g_autoptr(GBytes) picture = g_bytes_new_static(t->packet->data, (gsize)t->packet->size);
    return picture_is_idr(&config, picture);
}

static bool marks_segment(mill *m, int64_t pts)
{
    if (m->last_mark != INT64_MIN && !plan_is_boundary(pts - m->last_mark, m->plan.segment))
        return false;
    m->last_mark = pts;
    g_array_append_val(m->marks, pts);
    return true;
}

static void copy_picture(mill *m)
{
    mill_track *t = &m->pictures;
    const AVPacket *p = t->packet;
    if (p->pts == AV_NOPTS_VALUE || p->dts == AV_NOPTS_VALUE)
        return;
    int64_t pts = mill_time(m, t, WIRE_VIDEO, p->pts), dts = mill_time(m, t, WIRE_VIDEO, p->dts);
    if (mill_is_lost(t, pts, m->plan.from))
        return;
    bool idr = is_idr(t);
    m->copying = m->copying || (idr && pts >= m->plan.from);
    if (!m->copying)
        return;
    g_autoptr(GBytes) bytes = g_bytes_new(p->data, (gsize)p->size);
    unit *u = unit_new(bytes, pts, dts, idr && marks_segment(m, pts));
    mill_put(m, OUTBOX_PICTURE, MILL_COPIED, u, NULL);
    if (!m->plan.rungs)
        mill_run_on(m, &m->pictures_at, pts);
}

/* ---- the thread ---- */

static void prepare(mill *m)
{
    plan_source source;
    shaper_plan plan = {.outputs = m->plan.rungs, .turns = film_turns(m->pictures.film)};
    for (int32_t i = 0; i < m->plan.rungs; i++)
        plan.output[i] = (plan_shape){m->plan.rung[i].width, m->plan.rung[i].height};
    if (!plan.outputs) {
        film_describe(m->pictures.film, &source);
        plan.output[plan.outputs++] =
            plan_fit(source.picture.width, source.picture.height, PIPELINE_STILL_LINES);
        m->pictures.decoder->skip_frame = AVDISCARD_NONKEY;
    }
    m->stills = plan.outputs - 1;
    while (m->posters < m->stills &&
           MIN(plan.output[m->posters].width, plan.output[m->posters].height) > POSTER_LINES)
        m->posters++;
    m->shaper = shaper_new(&plan, on_shaped, m);
}

static bool grind(mill *m, GError **error)
{
    mill_track *t = &m->pictures;
    while (!mill_is_closing(m) && mill_read(t, WIRE_VIDEO)) {
        if (m->plan.copy_video)
            copy_picture(m);
        avcodec_send_packet(t->decoder, t->packet);
        av_packet_unref(t->packet);
        if (!take_decoded(m) || (t->lost && !mill_open_track(m, t, WIRE_VIDEO, 0, error)))
            return false;
    }
    avcodec_send_packet(t->decoder, NULL);
    return take_decoded(m) && shape_before(m) && shaper_take(m->shaper, NULL, error);
}

/* How far the sound is, once it is beyond `time` or has ended; `time` when there is none. */
static int64_t sound_beyond(mill *m, int64_t time, bool *ended)
{
    g_mutex_lock(&m->lock);
    m->pictures_at = MAX(m->pictures_at, time);
    g_cond_broadcast(&m->moved);
    while (!m->closing && m->sounds_at <= time)
        g_cond_wait(&m->moved, &m->lock);
    *ended = m->closing || m->sounds_at == INT64_MAX;
    int64_t at = m->sounds_at == INT64_MAX ? m->sounds_end : m->sounds_at;
    g_mutex_unlock(&m->lock);
    return at == INT64_MAX ? time : at;
}

/* The last picture stands as long as somebody speaks; a breath longer than it is cut. */
static void hold_last(mill *m)
{
    for (bool ended = false; !ended && m->plan.rungs && m->rungs[0].last;) {
        int64_t reached = beat_time(&m->beat, m->rungs[0].last_tick + 1);
        int64_t sound = sound_beyond(m, reached, &ended), until = beat_tick(&m->beat, sound) - 1;
        if (ended && sound - reached < BREATH)
            return;
        for (int32_t i = 0; i < m->plan.rungs; i++)
            if (until > m->rungs[i].last_tick)
                put_on_beat(&m->rungs[i], av_frame_clone(m->rungs[i].last), until);
    }
}

gpointer mill_grind_pictures(gpointer user)
{
    mill *m = user;
    g_autoptr(GError) error = NULL;
    prepare(m);
    if (grind(m, &error) && !m->plan.follow)
        hold_last(m);
    if (error)
        mill_fail(m, error);
    mill_run_on(m, &m->pictures_at, INT64_MAX);
    if (m->plan.copy_video)
        mill_put(m, OUTBOX_PICTURES_END, MILL_COPIED, NULL, NULL);
    for (int32_t i = 0; i < m->plan.rungs; i++)
        belt_end(m->rungs[i].belt);
    return NULL;
}
