/*
 * What the files of the mill share: its state, and what its threads call. Nobody else includes this.
 *
 * Runs on: as each says.
 * Memory:  everything belongs to the mill.
 */
#ifndef WORKER_MILL_INSIDE_H
#define WORKER_MILL_INSIDE_H

#include <libavcodec/avcodec.h>

#include "worker/aac.h"
#include "worker/beat.h"
#include "worker/belt.h"
#include "worker/coder.h"
#include "worker/film_av.h"
#include "worker/mill.h"
#include "worker/shaper.h"
#include "worker/voice.h"

#define MILL_RUN_AHEAD (5 * TITLE_TIMESCALE) /* one track before the other */

/* One track: its own handle of the file, its thread. */
typedef struct {
    film *film;
    AVCodecContext *decoder;
    GThread *thread;
    AVPacket *packet;
    AVFrame *frame;
    int64_t last; /* title time of the last decoded frame */
    bool resumed; /* it was sought, and no frame has come yet */
    bool lost;    /* the place sought was not found: read from the beginning instead */
} mill_track;

typedef struct {
    mill *mill;
    int32_t index;
    coder *coder;
    belt *belt;
    GThread *thread;
    AVFrame *last; /* on the beat: the picture of last_tick */
    int64_t last_tick;
} mill_rung;

typedef struct {
    mill *mill;
    int32_t index;
    aac *aac;
} mill_tone;

struct mill {
    mill_plan plan;
    char *path;
    outbox *outbox;
    mill_track pictures, sounds;
    mill_rung rungs[WIRE_RUNGS_MAX];
    mill_tone tones[PIPELINE_AUDIOS_MAX];
    int64_t origin;

    /* the pictures' thread alone */
    shaper *shaper;
    beat beat;
    int64_t first_tick, next_tick; /* of what is given out; of what was shaped */
    AVFrame *before;               /* on the beat: the last picture before the first tick */
    GArray *marks;                 /* of int64_t: keyframes asked for, not met yet */
    GArray *keys;                  /* of int64_t: times of shaped pictures that become keyframes */
    int64_t last_mark, last_shown, next_still;
    bool copying;
    int32_t stills, posters; /* outputs they are taken from */

    /* the sounds' thread alone */
    voice *voice;
    bool sounds_copying;

    GMutex lock;
    GCond moved;
    int64_t pictures_at, sounds_at; /* title time; INT64_MAX: ended, or there are none */
    int64_t sounds_end;             /* where they ended */
    GByteArray *peaks;
    bool closing;
};

gpointer mill_grind_pictures(gpointer user);
gpointer mill_grind_sounds(gpointer user);

/* Any thread of the mill. */
void mill_put(mill *m, outbox_kind kind, int32_t index, unit *u, GBytes *config);
void mill_fail(mill *m, const GError *error);
bool mill_is_closing(mill *m);
/* Says how far this track is; the one that is far in front waits. */
void mill_run_on(mill *m, int64_t *track, int64_t time);

/* Opens the track's film, sought to `from` (title time) or at its beginning. */
bool mill_open_track(mill *m, mill_track *t, wire_track which, int64_t from, GError **error);
/* Asked for the first frame after a seek, and true from then on: it lies behind `from`, so that something is missing. */
bool mill_is_lost(mill_track *t, int64_t time, int64_t from);
/* The next packet of the track in t->packet; false at the end. */
bool mill_read(mill_track *t, wire_track which);
int64_t mill_time(const mill *m, const mill_track *t, wire_track which, int64_t stamp);

#endif
