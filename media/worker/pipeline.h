/*
 * Decoding, scaling and encoding, as one GStreamer pipeline per take. The only room of GStreamer.
 *
 * A head gives raw pictures and sound (coded frames pushed in and decoded, or a test picture); a
 * tail makes each rung (scaled one from the other, largest first) and each
 * sound. Keyframes stand on the instants that pipeline_picture() marked, or on a grid; they are the
 * same in all rungs because the same frames pass. It never blocks its owner.
 *
 * Runs on: the owner's thread; outputs come through the outbox.
 * Memory:  you own what pipeline_new() returns.
 */
#ifndef WORKER_PIPELINE_H
#define WORKER_PIPELINE_H

#include "worker/outbox.h"
#include "worker/plan.h"

#define PIPELINE_QUEUE 60 /* coded frames waiting to be decoded: 2 s; then pipeline_full() */
#define PIPELINE_STILL_EVERY (5 * TITLE_TIMESCALE) /* raw pictures for the storyboard */
#define PIPELINE_STILL_LINES 180                   /* of stills where nothing is encoded */
#define PIPELINE_AUDIOS_MAX 4                      /* different bit rates of sound */

typedef enum {
    HEAD_FRAMES,
    HEAD_PATTERN_LIVE,
    HEAD_PATTERN,
    HEAD_FILE, /* never here: files go through the mill */
} pipeline_head;

typedef struct {
    int32_t width, height, video_bps;
} pipeline_rung;

typedef struct {
    pipeline_head head;
    GBytes *avcc; /* FRAMES: NULL when there is no picture */
    GBytes *asc;  /* FRAMES: NULL when there is no sound */
    int32_t rate, channels;
    int32_t width, height, fps_num, fps_den; /* of the source, or of the test picture */
    const char *label;                       /* patterns: words in the picture, UTF-8 */
    int64_t length_ms;                       /* PATTERN */
    int64_t origin;                          /* title time of the head's first instant */
    int64_t show_from; /* pictures before this title time are decoded but not shown */
    bool follow;       /* keyframes where marked; else every `grid` */
    int64_t grid;      /* 1/90000 s */
    int32_t rungs, audios;
    pipeline_rung rung[WIRE_RUNGS_MAX]; /* highest first */
    plan_shape still; /* where nothing is encoded: of the pictures pushed in; 0: none */
    int32_t audio_bps[PIPELINE_AUDIOS_MAX];
} pipeline_plan;

typedef struct pipeline pipeline;

/* Once per process, before the sandbox: reads the plugin registry. False: no GStreamer here. */
bool pipeline_start(GError **error);

/* Instead, in a process for this alone: looks at all plugins and writes the registry. */
bool pipeline_scan(GError **error);

/* Loads what a class from an encoder needs, for a worker that has time before its job comes. */
void pipeline_warm(void);

pipeline *pipeline_new(const pipeline_plan *plan, GError **error);
void pipeline_free(pipeline *p); /* NULL is fine; what was not taken is lost */
outbox *pipeline_outbox(pipeline *p);
int32_t pipeline_outputs(const pipeline *p); /* so many OUTBOX_..._END until it is empty */

/* FRAMES: title times. A marked picture is a keyframe in every rung. */
void pipeline_picture(pipeline *p, const unit *picture, bool mark);
void pipeline_sound(pipeline *p, const unit *frame);
bool pipeline_full(const pipeline *p); /* stop feeding; the outbox's descriptor wakes you */

/* Nothing more will come: all outputs end once they are empty. */
void pipeline_end(pipeline *p);

#endif
