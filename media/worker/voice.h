/*
 * Decoded sound as encoders want it: stereo at 48 kHz, made louder or softer by one gain, without holes, in frames of 1024
 * samples that stand on one grid from the title's beginning.
 *
 * Any layout and rate comes in. What is missing becomes silence, what comes twice is dropped.
 *
 * Runs on: one thread per object.
 * Memory:  you own what voice_new() returns; frames given are borrowed, what comes out is borrowed for the call.
 */
#ifndef WORKER_VOICE_H
#define WORKER_VOICE_H

#include <glib.h>
#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

/* frame: CODEC_AAC_FRAME samples, planar float, pts in samples of the title. */
typedef void (*voice_out)(gpointer user, AVFrame *frame);

typedef struct voice voice;

/* The first frame given out begins at `from`, in samples, a multiple of CODEC_AAC_FRAME. */
voice *voice_new(int64_t from, int32_t gain_mdb, voice_out out, gpointer user);
void voice_free(voice *v); /* NULL is fine */

/* `at`: the frame's first sample in 1/90000 s of the title. NULL: gives what it holds, filled up. INPUT error. */
bool voice_take(voice *v, AVFrame *frame, int64_t at, GError **error);

/* Samples of the title up to which sound is here. */
int64_t voice_end(const voice *v);

#endif
