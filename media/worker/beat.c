#include "worker/beat.h"

#include <glib.h>
#include <math.h>

#include "title/journal.h"

#define FASTEST 33.4 /* faster sources are thinned by halves */
#define NEAR 0.01

beat beat_for(int32_t num, int32_t den)
{
    static const beat usual[] = {{10, 1}, {12, 1}, {15, 1},       {20, 1}, {24000, 1001},
                                 {24, 1}, {25, 1}, {30000, 1001}, {30, 1}};
    double rate = num > 0 && den > 0 ? (double)num / den : 30;
    while (rate > FASTEST)
        rate /= 2;
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
        if (fabs((double)usual[i].num / usual[i].den - rate) < rate * NEAR / 20)
            return usual[i];
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
        if ((double)usual[i].num / usual[i].den > rate * (1 - NEAR))
            return usual[i];
    return (beat){30, 1};
}

int64_t beat_tick(const beat *b, int64_t time)
{
    double ticks = (double)time * b->num / ((double)b->den * TITLE_TIMESCALE);
    return (int64_t)ceil(ticks - 0.5 - 1e-4);
}

int64_t beat_time(const beat *b, int64_t tick)
{
    int64_t scaled = tick * b->den * TITLE_TIMESCALE, half = scaled < 0 ? -b->num / 2 : b->num / 2;
    return (scaled + half) / b->num;
}

bool beat_begins(const beat *b, int64_t tick, int64_t segment)
{
    return tick == 0 || beat_time(b, tick) / segment != beat_time(b, tick - 1) / segment;
}
