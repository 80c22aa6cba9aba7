#include "worker/timeline.h"

#include <math.h>

#include "title/journal.h"

#define MISSES_MAX 16 /* pictures in a row off the stated beat: then it is learned anew */

void timeline_start(timeline *t, int64_t source, int64_t title, int32_t fps_num, int32_t fps_den)
{
    *t = (timeline){.shift = title - source, .anchor = title, .last = G_MININT64 / 2};
    t->fps_num = fps_num;
    t->fps_den = fps_den;
}

static double beat(const timeline *t)
{
    return (double)TITLE_TIMESCALE * t->fps_den / t->fps_num;
}

/*
 * The rate broadcasters and encoders use that is nearest to this mean distance; 0/0 if none is
 * near.
 */
static void believe(timeline *t, double mean)
{
    static const int32_t rates[][2] = {{30, 1}, {25, 1},       {30000, 1001}, {60, 1}, {24, 1},
                                       {50, 1}, {60000, 1001}, {24000, 1001}, {15, 1}, {20, 1},
                                       {12, 1}, {10, 1},       {48, 1}};
    double best = 0.005;
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        double wanted = (double)TITLE_TIMESCALE * rates[i][1] / rates[i][0];
        if (fabs(mean - wanted) / wanted < best) {
            best = fabs(mean - wanted) / wanted;
            t->fps_num = rates[i][0];
            t->fps_den = rates[i][1];
        }
    }
}

static void learn(timeline *t, int64_t dts)
{
    if (t->watched == 0)
        t->watched_from = dts;
    if (++t->watched < TIMELINE_LEARN)
        return;
    believe(t, (double)(dts - t->watched_from) / (TIMELINE_LEARN - 1));
    t->watched = 0;
    t->anchor = dts;
}

/* `time` on the nearest beat from the anchor, if it is near enough. */
static bool on_beat(const timeline *t, int64_t from, int64_t *time)
{
    int64_t beats = llround((double)(*time - from) / beat(t));
    int64_t exact = from + llround((double)beats * beat(t));
    if (ABS(*time - exact) > TIMELINE_SLACK)
        return false;
    *time = exact;
    return true;
}

static void note_miss(timeline *t, int64_t dts)
{
    t->anchor = dts;
    if (++t->missed < MISSES_MAX)
        return;
    t->missed = 0;
    t->fps_num = t->fps_den = 0;
}

void timeline_video(timeline *t, unit *u)
{
    int64_t ahead = u->pts - u->dts, dts = u->dts + t->shift;
    if (!t->fps_num) {
        learn(t, dts);
    } else if (on_beat(t, t->anchor, &dts)) {
        t->missed = 0;
    } else {
        note_miss(t, dts);
    }
    if (t->fps_num)
        on_beat(t, 0, &ahead);
    u->dts = MAX(dts, t->last + 1);
    u->pts = u->dts + ahead;
    t->last = u->dts;
}

void timeline_audio(const timeline *t, unit *u)
{
    u->pts += t->shift;
    u->dts = u->pts;
}
