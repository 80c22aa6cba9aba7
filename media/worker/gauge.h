/*
 * What comes from a publisher in numbers: rates, frame rate, keyframes, the two tracks against each
 * other, lateness.
 *
 * It looks at sizes and stamps alone and decodes nothing; what is good or bad about them it leaves
 * to whoever shows them.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  a plain value; all zero to begin with.
 */
#ifndef WORKER_GAUGE_H
#define WORKER_GAUGE_H

#include "wire/wire.h"
#include "worker/unit.h"

#define GAUGE_EVERY_MS 1000 /* between two sayings */
#define GAUGE_JUMP_MS 3000  /* a wider step of a track's stamps, or one back, is another clock */
#define GAUGE_GONE_MS 3000  /* a track without a unit for so long is not compared any more */

/* One track: all since the last saying, and its last unit. */
typedef struct {
    int64_t bytes;
    int32_t units;
    int64_t from;    /* dts the units are counted from */
    int64_t last;    /* dts */
    int64_t came_ms; /* monotonic, of the last unit; 0: none yet */
} gauge_track_sums;

typedef struct {
    wire_gauge says;
    gauge_track_sums track[2]; /* by wire_track */
    int64_t said_ms;           /* monotonic; 0: nothing came yet */
    int64_t shown;             /* pts of the last picture */
    int64_t key;               /* dts of the last keyframe */
    bool keyed;                /* … there was one on this clock */
    int64_t key_step;          /* between the last two */
    int64_t step;              /* usual one between pictures, smoothed; 0: not known */
    int64_t ahead;             /* smoothed */
    int64_t best, best_ms;     /* smallest way from stamp to arrival, and when it was looked at */
    bool timed;                /* … is known */
} gauge;

void gauge_config(gauge *g, wire_track track, GBytes *config);
void gauge_unit(gauge *g, wire_track track, const unit *u, int64_t now_ms);
/* True when there is something new to say: g->says. */
bool gauge_due(gauge *g, int64_t now_ms);

#endif
