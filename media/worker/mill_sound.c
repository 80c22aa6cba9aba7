/* The thread that reads, decodes and encodes a file's sound. */
#include <math.h>

#include "title/journal.h"
#include "worker/mill_inside.h"

#define WARM_UP 4 /* frames given to encoders before those that are kept */
#define PEAK_SAMPLES (PLAN_RATE / MILL_PEAKS_A_SECOND)

static void on_unit(gpointer user, unit *u)
{
    const mill_tone *tone = user;
    mill_put(tone->mill, OUTBOX_SOUND, tone->index, u, NULL);
}

/* ---- the wave ---- */

static void raise_peak(mill *m, int64_t sample, float loud)
{
    gsize place = (gsize)(sample / PEAK_SAMPLES);
    uint8_t none = 0, peak = (uint8_t)lroundf(MIN(loud, 1.0F) * 255);
    while (m->peaks->len <= place)
        g_byte_array_append(m->peaks, &none, 1);
    m->peaks->data[place] = MAX(m->peaks->data[place], peak);
}

static void draw(mill *m, const AVFrame *frame)
{
    const float *left = (const float *)frame->data[0], *right = (const float *)frame->data[1];
    g_mutex_lock(&m->lock);
    for (int i = 0; i < frame->nb_samples; i++)
        raise_peak(m, frame->pts + i, MAX(fabsf(left[i]), fabsf(right[i])));
    g_mutex_unlock(&m->lock);
}

/* ---- to the encoders ---- */

/* Where what is kept begins: encoders are fed from a little before, or their first frames are not whole. */
static int64_t first_sample(const mill *m)
{
    int64_t frame = av_rescale(m->plan.from, PLAN_RATE, TITLE_TIMESCALE) / CODEC_AAC_FRAME;
    return MAX(0, frame - WARM_UP) * CODEC_AAC_FRAME;
}

static void on_frame(gpointer user, AVFrame *frame)
{
    mill *m = user;
    g_autoptr(GError) error = NULL;
    if (m->plan.hears_all)
        draw(m, frame);
    if (frame->pts < first_sample(m))
        return;
    for (int32_t i = 0; i < m->plan.audios && !error; i++)
        aac_take(m->tones[i].aac, frame, &error);
    if (error)
        mill_fail(m, error);
    mill_run_on(m, &m->sounds_at,
                av_rescale(frame->pts + frame->nb_samples, TITLE_TIMESCALE, PLAN_RATE));
}

static int64_t frame_time(const mill *m, const AVFrame *frame)
{
    const mill_track *t = &m->sounds;
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE)
        return av_rescale(voice_end(m->voice), TITLE_TIMESCALE, PLAN_RATE);
    return mill_time(m, t, WIRE_AUDIO, frame->best_effort_timestamp);
}

static bool take_decoded(mill *m, GError **error)
{
    mill_track *t = &m->sounds;
    bool ok = true;
    while (ok && avcodec_receive_frame(t->decoder, t->frame) >= 0) {
        t->last = frame_time(m, t->frame);
        if (mill_is_lost(t, t->last, m->plan.from))
            return true;
        ok = voice_take(m->voice, t->frame, t->last, error);
        av_frame_unref(t->frame);
    }
    return ok;
}

/* ---- copies ---- */

static void copy_sound(mill *m)
{
    const mill_track *t = &m->sounds;
    const AVPacket *p = t->packet;
    if (p->pts == AV_NOPTS_VALUE)
        return;
    int64_t pts = mill_time(m, t, WIRE_AUDIO, p->pts);
    g_autoptr(GBytes) bytes = g_bytes_new(p->data, (gsize)p->size);
    mill_put(m, OUTBOX_SOUND, MILL_COPIED, unit_new(bytes, pts, pts, true), NULL);
    if (!m->plan.audios)
        mill_run_on(m, &m->sounds_at, pts);
}

/* ---- the thread ---- */

static bool prepare(mill *m, GError **error)
{
    int64_t from = m->plan.hears_all ? 0 : first_sample(m);
    m->voice = voice_new(from, m->plan.gain_mdb, on_frame, m);
    for (int32_t i = 0; i < m->plan.audios; i++) {
        m->tones[i] = (mill_tone){.mill = m, .index = i};
        m->tones[i].aac = aac_new(m->plan.audio_bps[i], on_unit, &m->tones[i], error);
        if (!m->tones[i].aac)
            return false;
    }
    return true;
}

static bool grind(mill *m, GError **error)
{
    mill_track *t = &m->sounds;
    while (!mill_is_closing(m) && mill_read(t, WIRE_AUDIO)) {
        if (m->plan.copy_audio)
            copy_sound(m);
        if (m->plan.audios || m->plan.hears_all)
            avcodec_send_packet(t->decoder, t->packet);
        av_packet_unref(t->packet);
        if (!take_decoded(m, error))
            return false;
        if (t->lost && !mill_open_track(m, t, WIRE_AUDIO, 0, error))
            return false;
    }
    avcodec_send_packet(t->decoder, NULL);
    return take_decoded(m, error);
}

static void finish(mill *m, GError **error)
{
    voice_take(m->voice, NULL, 0, NULL);
    for (int32_t i = 0; i < m->plan.audios && !*error; i++)
        aac_take(m->tones[i].aac, NULL, error);
}

static void say_end(mill *m)
{
    g_mutex_lock(&m->lock);
    m->sounds_end = m->sounds_at == INT64_MAX ? m->plan.from : m->sounds_at;
    g_mutex_unlock(&m->lock);
    mill_run_on(m, &m->sounds_at, INT64_MAX);
    for (int32_t i = 0; i < m->plan.audios; i++)
        mill_put(m, OUTBOX_SOUNDS_END, i, NULL, NULL);
    if (m->plan.copy_audio)
        mill_put(m, OUTBOX_SOUNDS_END, MILL_COPIED, NULL, NULL);
}

gpointer mill_grind_sounds(gpointer user)
{
    mill *m = user;
    g_autoptr(GError) error = NULL;
    if (prepare(m, &error) && grind(m, &error))
        finish(m, &error);
    if (error)
        mill_fail(m, error);
    say_end(m);
    voice_free(m->voice);
    for (int32_t i = 0; i < m->plan.audios; i++)
        aac_free(m->tones[i].aac);
    return NULL;
}
