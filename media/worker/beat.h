/*
 * An even beat for a recorded picture: which tick a picture falls on, when a tick is, where segments begin.
 *
 * Recordings come with jittering stamps, with gaps, or faster than is useful. Encoded rungs stand on the ticks of one rate
 * from title time 0 on: a picture is shown at the tick it is nearest to, the first of two on a tick wins, a tick without one
 * repeats the picture before. So a lesson's segments begin at the same instants whenever, and from wherever, it is made.
 *
 * Pure. Runs on: any thread.
 * Memory:  a plain value.
 */
#ifndef WORKER_BEAT_H
#define WORKER_BEAT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t num, den; /* ticks a second */
} beat;

/* For a picture of this mean rate (0/0: not known): 10 to 33.4 a second, a rate that players know. */
beat beat_for(int32_t num, int32_t den);

int64_t beat_tick(const beat *b, int64_t time); /* the nearest; of two the earlier */
int64_t beat_time(const beat *b, int64_t tick); /* 1/90000 s */

/* Is this the first tick of a segment, when they begin every `segment` (1/90000 s)? */
bool beat_begins(const beat *b, int64_t tick, int64_t segment);

#endif
