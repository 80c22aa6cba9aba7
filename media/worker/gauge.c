#include "worker/gauge.h"

#include "worker/codec.h"

#define TICKS_MS 90
#define SMOOTH 16     /* the newest value's share of a smoothed one */
#define LEAK_TICKS 90 /* the best arrival worsens so much a second: clocks drift */

static int32_t clamped(int64_t value)
{
    return (int32_t)CLAMP(value, -INT32_MAX, INT32_MAX);
}

void gauge_config(gauge *g, wire_track track, GBytes *config)
{
    gsize size;
    picture_config picture;
    sound_config sound;
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    if (track == WIRE_VIDEO && picture_config_read(bytes, size, &picture, NULL)) {
        g->says.width = picture.width;
        g->says.height = picture.height;
        g_strlcpy(g->says.codecs, picture.codecs, sizeof g->says.codecs);
    }
    if (track == WIRE_AUDIO && sound_config_read(bytes, size, &sound, NULL)) {
        g->says.sound_rate = sound.rate;
        g->says.sound_channels = sound.channels;
    }
}

/* ---- one unit ---- */

static bool same_clock(const gauge_track_sums *t, const unit *u)
{
    int64_t step = u->dts - t->last;
    return t->came_ms && step >= 0 && step <= (int64_t)GAUGE_JUMP_MS * TICKS_MS;
}

/* A clock begins: nothing before it can be compared with what follows. */
static void begin_clock(gauge *g, wire_track track, const unit *u)
{
    gauge_track_sums *t = &g->track[track];
    t->from = u->dts;
    t->units = 0;
    g->timed = false;
    if (track == WIRE_VIDEO) {
        g->keyed = false;
        g->key_step = g->step = 0;
        g->shown = u->pts;
    }
}

static void count_skipped(gauge *g, int64_t step)
{
    if (g->step && step > g->step * 5 / 2)
        g->says.skipped = clamped(g->says.skipped + (step + g->step / 2) / g->step - 1);
    g->step += g->step ? (step - g->step) / SMOOTH : step;
}

static void look_at_picture(gauge *g, const unit *u, int64_t step)
{
    if (step > 0)
        count_skipped(g, step);
    g->says.reordered = g->says.reordered || u->pts < g->shown;
    g->shown = u->pts;
    if (!u->key)
        return;
    if (g->keyed)
        g->key_step = u->dts - g->key;
    g->key = u->dts;
    g->keyed = true;
}

static void compare_tracks(gauge *g, int64_t now_ms)
{
    const gauge_track_sums *video = &g->track[WIRE_VIDEO], *audio = &g->track[WIRE_AUDIO];
    int64_t oldest = now_ms - GAUGE_GONE_MS;
    bool both = video->came_ms > oldest && audio->came_ms > oldest;
    if (video->came_ms && audio->came_ms && both)
        g->ahead += (audio->last - video->last - g->ahead) / SMOOTH;
    else
        g->ahead = 0;
}

/* The track that sets the pace: the picture, or sound where there is none. */
static void look_at_lateness(gauge *g, const unit *u, int64_t now_ms)
{
    int64_t way = now_ms * TICKS_MS - u->dts;
    if (!g->timed) {
        g->timed = true;
        g->best = way;
        g->best_ms = now_ms;
    }
    g->best += (now_ms - g->best_ms) * LEAK_TICKS / 1000;
    g->best_ms = now_ms;
    g->best = MIN(g->best, way);
    g->says.late_ms = clamped((way - g->best) / TICKS_MS);
}

void gauge_unit(gauge *g, wire_track track, const unit *u, int64_t now_ms)
{
    gauge_track_sums *t = &g->track[track];
    if (!g->said_ms)
        g->said_ms = now_ms;
    bool goes_on = same_clock(t, u);
    if (!goes_on)
        begin_clock(g, track, u);
    t->units += goes_on;
    t->bytes += (int64_t)g_bytes_get_size(u->bytes);
    if (track == WIRE_VIDEO)
        look_at_picture(g, u, goes_on ? u->dts - t->last : 0);
    t->last = u->dts;
    t->came_ms = now_ms;
    compare_tracks(g, now_ms);
    if (track == WIRE_VIDEO || now_ms - g->track[WIRE_VIDEO].came_ms > GAUGE_GONE_MS)
        look_at_lateness(g, u, now_ms);
}

/* ---- saying it ---- */

static int32_t rate_of(gauge_track_sums *t, int64_t passed_ms)
{
    int32_t bps = clamped(t->bytes * 8 * 1000 / passed_ms);
    t->bytes = 0;
    return bps;
}

static void sum_pictures(gauge *g)
{
    gauge_track_sums *t = &g->track[WIRE_VIDEO];
    int64_t span = t->last - t->from;
    g->says.fps_milli = span > 0 ? clamped((int64_t)t->units * 1000 * 1000 * TICKS_MS / span) : 0;
    g->says.key_ms = clamped(g->keyed ? MAX(g->key_step, t->last - g->key) / TICKS_MS : 0);
    t->from = t->last;
    t->units = 0;
}

bool gauge_due(gauge *g, int64_t now_ms)
{
    int64_t passed_ms = now_ms - g->said_ms;
    if (!g->said_ms || passed_ms < GAUGE_EVERY_MS)
        return false;
    g->said_ms = now_ms;
    g->says.video_bps = rate_of(&g->track[WIRE_VIDEO], passed_ms);
    g->says.audio_bps = rate_of(&g->track[WIRE_AUDIO], passed_ms);
    g->says.ahead_ms = clamped(g->ahead / TICKS_MS);
    sum_pictures(g);
    return true;
}
