/*
 * AAC in ADTS as MP4 has it: an AudioSpecificConfig, and raw frames with their stamps.
 *
 * Frames may be cut anywhere between packets. A packet's stamp belongs to the first frame that
 * begins in it; those behind it follow by their length. It decodes nothing.
 * Source: ISO/IEC 14496-3 1.A.2; ISO/IEC 13818-1 2.4.3.7 for the stamp.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what adts_new() returns; what adts_next() gives lives until the next call.
 */
#ifndef WORKER_ADTS_H
#define WORKER_ADTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct adts adts;

typedef struct {
    const uint8_t *bytes;
    gsize size;
    int64_t pts;       /* 1/90000 s */
    uint8_t config[2]; /* AudioSpecificConfig */
} adts_frame;

adts *adts_new(void);
void adts_free(adts *stream); /* NULL is fine */

/* A packet's bytes. has_pts: with its stamp in 1/90000 s. */
void adts_push(adts *stream, bool has_pts, int64_t pts, const uint8_t *bytes, gsize size);
/* Something is missing: what was begun is forgotten, and nothing comes until a stamp is known. */
void adts_lose(adts *stream);
/* The next whole frame; false: none. Call until it says so before pushing again. */
bool adts_next(adts *stream, adts_frame *frame);

#endif
