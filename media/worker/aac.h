/*
 * One AAC-LC encoder for stereo at 48 kHz: frames of 1024 samples in, units out.
 *
 * Runs on: one thread per object.
 * Memory:  you own what aac_new() returns; frames are borrowed, units are the taker's.
 */
#ifndef WORKER_AAC_H
#define WORKER_AAC_H

#include <libavutil/frame.h>

#include "worker/unit.h"

typedef void (*aac_out)(gpointer user, unit *u);

typedef struct aac aac;

aac *aac_new(int32_t bps, aac_out out, gpointer user, GError **error);
void aac_free(aac *a); /* NULL is fine */

/* pts in samples; units have 1/90000 s. NULL: gives what it holds. PEER error. */
bool aac_take(aac *a, const AVFrame *frame, GError **error);

#endif
