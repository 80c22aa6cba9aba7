/*
 * A recorded file ground into rungs: read, decoded, shaped and encoded, with as many threads as there is work for.
 *
 * Sound and picture are read by two threads from two handles, so that no file is interleaved too badly; each rung has a thread
 * that encodes. Outputs come through an outbox as a pipeline's do, copied tracks among them. It may begin anywhere: what it
 * gives from `from` on is what it would have given had it begun at 0. It knows no titles and no segments files.
 *
 * Files are made by libav alone: it decodes what GStreamer's plugins decode, seeks exactly, and the whole costs less than the
 * ffmpeg command line (tests/bench/ladder.mjs), where GStreamer's scaler alone cost a third more.
 *
 * Runs on: the owner's thread; outputs come through the outbox.
 * Memory:  you own what mill_new() returns.
 */
#ifndef WORKER_MILL_H
#define WORKER_MILL_H

#include "worker/outbox.h"
#include "worker/pipeline.h"
#include "worker/plan.h"

#define MILL_PEAKS_A_SECOND 10
#define MILL_COPIED 100 /* index of a copied track in the outbox */

typedef struct {
    const char *path;
    bool copy_video, copy_audio; /* give the file's own units too */
    bool
        follow; /* segments begin at the file's keyframes, pictures keep their stamps; else on the beat */
    int64_t segment;  /* 1/90000 s: as long as segments want to be */
    int64_t from;     /* title time, a segment's beginning */
    int32_t gain_mdb; /* for the sound that is encoded */
    bool hears_all;   /* sound is read from the beginning, for its wave */
    int32_t rungs, audios;
    pipeline_rung rung[WIRE_RUNGS_MAX]; /* highest first */
    int32_t audio_bps[PIPELINE_AUDIOS_MAX];
} mill_plan;

typedef struct mill mill;

mill *mill_new(const mill_plan *plan, GError **error);
void mill_free(mill *m); /* NULL is fine; what was not taken is lost */
outbox *mill_outbox(mill *m);
/* How loud it was, 0 to 255, MILL_PEAKS_A_SECOND bytes a second, when it hears all; new reference. */
GBytes *mill_peaks(mill *m);
int32_t mill_outputs(const mill *m); /* so many OUTBOX_..._END until it is empty */

#endif
