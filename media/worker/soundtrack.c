#include "worker/soundtrack.h"

#include "title/journal.h"

struct soundtrack {
    int32_t rate;
    GBytes *silence;
    GQueue frames;      /* of GBytes, all CODEC_AAC_FRAME long */
    int64_t head, tail; /* samples: of the first queued frame; behind the last */
    bool mute;          /* the source has no sound at all */
    bool begun;         /* the first frame, real or not, has its place */
    bool started;
    bool resumed; /* frames stand on the grid of those before */
    GQueue early; /* of unit: came before the start */
};

static int64_t to_samples(const soundtrack *s, int64_t ticks)
{
    return (ticks * s->rate + TITLE_TIMESCALE / 2) / TITLE_TIMESCALE;
}

static int64_t to_ticks(const soundtrack *s, int64_t samples)
{
    return (samples * TITLE_TIMESCALE + s->rate / 2) / s->rate;
}

soundtrack *soundtrack_new(int32_t rate, int32_t channels, bool mute)
{
    soundtrack *s = g_new0(soundtrack, 1);
    s->rate = rate;
    s->silence = sound_silence(channels);
    s->mute = mute;
    g_queue_init(&s->frames);
    g_queue_init(&s->early);
    return s;
}

void soundtrack_free(soundtrack *s)
{
    if (!s)
        return;
    g_queue_clear_full(&s->frames, (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&s->early, (GDestroyNotify)unit_free);
    g_bytes_unref(s->silence);
    g_free(s);
}

void soundtrack_start(soundtrack *s, int64_t start)
{
    unit *frame;
    s->started = true;
    s->head = s->tail = to_samples(s, start);
    while ((frame = g_queue_pop_head(&s->early))) {
        soundtrack_add(s, frame);
        unit_free(frame);
    }
}

void soundtrack_resume(soundtrack *s, int64_t start)
{
    s->resumed = true;
    soundtrack_start(s, start);
}

static void keep_early(soundtrack *s, const unit *frame)
{
    g_queue_push_tail(&s->early, unit_copy(frame));
    if (g_queue_get_length(&s->early) > SOUND_EARLY_MAX)
        unit_free(g_queue_pop_head(&s->early));
}

static void append(soundtrack *s, GBytes *bytes)
{
    g_queue_push_tail(&s->frames, g_bytes_ref(bytes));
    s->tail += CODEC_AAC_FRAME;
}

/* The line begins so that whole frames of silence lead exactly to the first real one. */
static void begin(soundtrack *s, int64_t at)
{
    s->begun = true;
    if (at < s->tail && s->resumed)
        s->head = s->tail = at;
    if (at > s->tail)
        s->head = s->tail = s->tail + (at - s->tail) % CODEC_AAC_FRAME;
    while (s->tail < at)
        append(s, s->silence);
}

void soundtrack_add(soundtrack *s, const unit *frame)
{
    if (!s->started) {
        keep_early(s, frame);
        return;
    }
    int64_t at = to_samples(s, frame->pts), slack = (int64_t)s->rate * SOUND_SLACK_MS / 1000;
    if (at < s->tail - (s->begun ? slack : CODEC_AAC_FRAME / 2) ||
        at > s->tail + (int64_t)s->rate * SOUND_FILL_MAX_MS / 1000)
        return;
    if (!s->begun)
        begin(s, at);
    if (at > s->tail + slack)
        while (s->tail + CODEC_AAC_FRAME <= at)
            append(s, s->silence);
    append(s, frame->bytes);
}

int64_t soundtrack_end(const soundtrack *s)
{
    return to_ticks(s, s->tail);
}

void soundtrack_fill(soundtrack *s, int64_t time)
{
    int64_t until = to_samples(s, time);
    s->begun = true;
    while (s->tail < until)
        append(s, s->silence);
}

bool soundtrack_reaches(soundtrack *s, int64_t time, int64_t silent_from)
{
    int64_t end = soundtrack_end(s);
    bool ended = s->mute || (silent_from != INT64_MAX && end >= silent_from - SOUND_TAIL);
    if (end < time && ended)
        soundtrack_fill(s, time);
    return end >= time || ended;
}

GBytes *soundtrack_take(soundtrack *s, int64_t time, int64_t *sample)
{
    if (g_queue_is_empty(&s->frames) || to_ticks(s, s->head) >= time)
        return NULL;
    *sample = s->head;
    s->head += CODEC_AAC_FRAME;
    return g_queue_pop_head(&s->frames);
}

int64_t soundtrack_next(const soundtrack *s)
{
    return to_ticks(s, s->head);
}

int64_t soundtrack_frame(const soundtrack *s)
{
    return to_ticks(s, CODEC_AAC_FRAME);
}
