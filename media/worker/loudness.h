/*
 * How loud a sound is as a listener hears it: EBU R 128 (ITU-R BS.1770), as it will be played, in stereo.
 *
 * Measured by libavfilter's ebur128. It changes nothing.
 *
 * Runs on: one thread per object.
 * Memory:  you own what loudness_new() returns; frames are borrowed.
 */
#ifndef WORKER_LOUDNESS_H
#define WORKER_LOUDNESS_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct loudness loudness;

/* For frames like this one. NULL: sound of this kind cannot be measured. */
loudness *loudness_new(const AVFrame *like);
void loudness_free(loudness *l); /* NULL is fine */

/* A frame unlike the first is passed over. */
void loudness_add(loudness *l, AVFrame *frame);

/* Of all so far; false: nothing was loud enough to be measured. */
bool loudness_read(const loudness *l, int32_t *mlufs, int32_t *peak_mdb);

#endif
