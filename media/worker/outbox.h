/*
 * What the pipeline's threads hand to the owner's thread: a bounded queue with a file descriptor to
 * wait on.
 *
 * A full outbox holds the putting thread, which holds the encoder, which fills the pipeline, which
 * stops the reading of the socket: that is the whole backpressure. Once shut, it takes nothing and
 * holds nobody.
 *
 * Runs on: outbox_put() on any thread, the rest on the owner's.
 * Memory:  you own what outbox_new() returns; items are handed over whole.
 */
#ifndef WORKER_OUTBOX_H
#define WORKER_OUTBOX_H

#include "worker/unit.h"

#define OUTBOX_MAX 256 /* items: some seconds of one class, 8 s of frames of all rungs at most */

typedef enum {
    OUTBOX_PICTURE,      /* of rung `index` */
    OUTBOX_SOUND,        /* of sound `index` */
    OUTBOX_VIDEO_CONFIG, /* avcC of rung `index`, before its first picture */
    OUTBOX_STILL,        /* of the smallest rung, raw: I420 without padding, `index` pixels wide */
    OUTBOX_POSTER,       /* the same of a larger rung */
    OUTBOX_PICTURES_END, /* of rung `index` */
    OUTBOX_SOUNDS_END,   /* of sound `index` */
    OUTBOX_TROUBLE,      /* the pipeline has failed; `sentence` says why */
    OUTBOX_SOUND_CONFIG, /* of a receiver: AudioSpecificConfig, before its first frame */
    OUTBOX_ANSWER,       /* of a receiver: SDP in `sentence`, its UDP port in `index` */
} outbox_kind;

typedef struct {
    outbox_kind kind;
    int32_t index;
    unit *unit;     /* PICTURE, SOUND, STILL, POSTER */
    GBytes *config; /* VIDEO_CONFIG, SOUND_CONFIG */
    char *sentence; /* TROUBLE, ANSWER */
} outbox_item;

typedef struct outbox outbox;

outbox *outbox_new(void);
void outbox_free(outbox *o); /* NULL is fine; no other thread may be in it */
int outbox_fd(
    const outbox *o); /* readable when there is something to take, or after outbox_wake() */

void outbox_put(outbox *o, outbox_item *item); /* takes the item */
void outbox_wake(outbox *o);                   /* from any thread: look again */
void outbox_shut(outbox *o);

outbox_item *outbox_take(outbox *o); /* NULL: nothing now */
void outbox_wait(outbox *o, int64_t timeout_ms);
void outbox_item_free(outbox_item *item);

#endif
