/*
 * Raw pictures on their way from the one thread that makes them to the one that encodes them: a bounded few, for they are large.
 *
 * Whoever adds to a full belt waits. A shut belt takes nothing and holds nobody.
 *
 * Runs on: belt_put() and belt_end() on one thread, belt_take() on another, belt_shut() on any.
 * Memory:  you own what belt_new() returns; pictures are handed over.
 */
#ifndef WORKER_BELT_H
#define WORKER_BELT_H

#include <libavutil/frame.h>
#include <stdbool.h>

#define BELT_MAX                                                                                   \
    4 /* pictures, 3 MB each at 1080 lines: what waits longer has left the caches again */

typedef struct belt belt;

belt *belt_new(void);
void belt_free(belt *b); /* NULL is fine; no thread may be in it */

void belt_put(belt *b, AVFrame *picture); /* takes it */
void belt_end(belt *b);                   /* nothing more will come */
AVFrame *belt_take(belt *b);              /* NULL: nothing more will come, or it was shut */
void belt_shut(belt *b);
bool belt_is_shut(belt *b);

#endif
