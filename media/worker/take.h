/*
 * One unbroken stretch of a class: fixed tracks, one pipeline, one rail, a reel per rendition.
 *
 * A new take begins behind a discontinuity whenever the tracks, their configuration or the clock
 * change. All renditions of the title have a segment or a gap for every msn of it. It knows nothing
 * of sockets, nor where units come from.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what take_new() returns; writer and job are borrowed and outlive it; units are
 *          borrowed.
 */
#ifndef WORKER_TAKE_H
#define WORKER_TAKE_H

#include "title/writer.h"
#include "worker/pipeline.h"
#include "worker/plan.h"

/* 0.25 s, 1/90000 s: so long a last picture may be shown until the next take begins */
#define TAKE_SEAM 22500
#define TAKE_DRAIN_MS 5000 /* for the encoders to give what they hold; then it is lost */

typedef struct {
    pipeline_head head;
    plan_source source;
    GBytes *avcc, *asc; /* FRAMES, or a FILE that is copied: of the tracks there are */
    bool may_copy;
    int64_t start; /* title time of the first instant shown; of a lesson: where it was left */
} take_source;

typedef struct {
    void (*on_part)(gpointer user);
    gpointer user;
} take_news;

typedef struct take take;

take *take_new(const wire_job *job, title_writer *writer, const take_source *source,
               const take_news *news, GError **error);
void take_free(take *t); /* NULL is fine */

/* FRAMES, title times. False: the disk, the muxer or the encoder refuses. */
bool take_picture(take *t, const unit *picture, GError **error);
bool take_sound(take *t, const unit *frame, GError **error);

bool take_full(const take *t);           /* stop feeding until the descriptor is readable */
int take_fd(const take *t);              /* -1: nothing is encoded */
bool take_pump(take *t, GError **error); /* writes what the encoders have given */

bool take_copies(const take *t);         /* some rung shows the source's own pictures */
bool take_ended(const take *t);          /* the head has run out and everything is taken */
const char *take_trouble(const take *t); /* the pipeline has failed: why; else NULL */
int64_t take_reached(const take *t); /* title time, of the leading rendition; its start at first */
int64_t take_last_boundary(const take *t);

/*
 * A lesson is a take of a FILE: its ladder is chosen by what the file is, its segments are written whole, and it goes on
 * behind the last one each rendition has. It can be left at any time without being finished.
 */

/*
 * No more units: empties the encoders, closes all segments. The take can only be freed then. `next`: title time at which
 * what follows begins, INT64_MIN when nobody knows. Within TAKE_SEAM the take lasts until there: its last picture is shown
 * longer, if it is still in hand, and silence fills up its sound.
 */
bool take_finish(take *t, int64_t next, GError **error);

#endif
