/*
 * From the publisher's clock to the title's line.
 *
 * One straight shift for all tracks of a take. Picture stamps that came in whole milliseconds are
 * put back on the exact beat of the frame rate when they are within 2 ms of it, so that ten frames
 * at 30 fps last 1/3 s and not 334 ms. It knows no wall clock.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  a plain value; zero it before timeline_start().
 */
#ifndef WORKER_TIMELINE_H
#define WORKER_TIMELINE_H

#include "worker/unit.h"

#define TIMELINE_SLACK 180 /* 2 ms: the rounding of FLV stamps, both ways */
#define TIMELINE_LEARN 31  /* pictures watched before an unstated frame rate is believed */

typedef struct {
    int64_t shift;        /* title = publisher + shift */
    int64_t anchor, last; /* title time of a picture known to be on the beat; dts of the last one */
    int32_t fps_num, fps_den; /* 0: not known yet */
    int32_t watched, missed;
    int64_t watched_from;
} timeline;

/* The publisher's `source` is the title's `title`. fps 0/0: learn it. */
void timeline_start(timeline *t, int64_t source, int64_t title, int32_t fps_num, int32_t fps_den);

/* Moves a picture / a sound frame onto the title's line. Picture dts rise strictly. */
void timeline_video(timeline *t, unit *u);
void timeline_audio(const timeline *t, unit *u);

#endif
