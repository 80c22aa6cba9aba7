/*
 * The sound of one rendition as an unbroken line of AAC frames, exact to the sample.
 *
 * Frames come with stamps that jitter by milliseconds; they leave with sample positions that follow
 * one another. Where the source has nothing (no microphone, muted, lost) silence is put in, because
 * a player stops where one of its two buffers ends. A frame that comes after its place was filled
 * is dropped. Pure.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  you own what soundtrack_new() and soundtrack_take() return.
 */
#ifndef WORKER_SOUNDTRACK_H
#define WORKER_SOUNDTRACK_H

#include "worker/codec.h"
#include "worker/unit.h"

#define SOUND_SLACK_MS 45 /* stamps may stray this far before frames are dropped or filled in */
#define SOUND_TAIL 9000   /* 0.1 s, 1/90000 s: what an encoder may hold back when its input ends */
/* longest hole filled at once; a longer one is a jump, which others handle */
#define SOUND_FILL_MAX_MS 10000

typedef struct soundtrack soundtrack;

#define SOUND_EARLY_MAX 512 /* frames kept before the line starts; then the oldest goes */

/* `mute`: nothing will come, never wait. */
soundtrack *soundtrack_new(int32_t rate, int32_t channels, bool mute);
/* The line begins at `start` (1/90000 s); what came before this call finds its place now. */
void soundtrack_start(soundtrack *s, int64_t start);
/* The same behind what another has written: a frame that begins just before `start` keeps its place. */
void soundtrack_resume(soundtrack *s, int64_t start);
void soundtrack_free(soundtrack *s); /* NULL is fine */

/* Before the line has started, frames are kept. */
void soundtrack_add(soundtrack *s, const unit *frame);

/* Where the line ends so far, 1/90000 s. */
int64_t soundtrack_end(const soundtrack *s);

/*
 * Is all sound before `time` here? Where the source has ended (`silent_from`, INT64_MAX when it
 * goes on) or never had any, the missing stretch becomes silence and the answer is true.
 */
bool soundtrack_reaches(soundtrack *s, int64_t time, int64_t silent_from);
void soundtrack_fill(soundtrack *s, int64_t time);

/*
 * The next frame if it starts before `time`, with its first sample's position; else NULL. New
 * reference.
 */
GBytes *soundtrack_take(soundtrack *s, int64_t time, int64_t *sample);

/* When the next frame starts / would start, 1/90000 s; how long a frame is. */
int64_t soundtrack_next(const soundtrack *s);
int64_t soundtrack_frame(const soundtrack *s);

#endif
