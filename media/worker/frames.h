/*
 * Coded frames from one publisher (or out of a file) become takes.
 *
 * It waits for the first keyframe, settles which tracks there are, maps the publisher's clock to
 * the title's line, and begins a new take when something changes that a running one cannot follow:
 * a codec configuration, a track that comes late or goes away, a jump of the clock, a source whose
 * keyframes are too rare to be copied.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what frames_new() returns; job, writer and clock are borrowed and outlive it.
 */
#ifndef WORKER_FRAMES_H
#define WORKER_FRAMES_H

#include "base/clock.h"
#include "title/writer.h"
#include "wire/wire.h"
#include "worker/unit.h"

/* In 1/90000 s of the publisher's clock. */
#define FRAMES_JUMP (3 * TITLE_TIMESCALE)         /* a wider step between frames is another clock */
#define FRAMES_BACK (TITLE_TIMESCALE / 2)         /* so is this much backwards */
#define FRAMES_AUDIO_WAIT (TITLE_TIMESCALE / 2)   /* pictures wait so long for a word of sound */
#define FRAMES_VIDEO_WAIT (2 * TITLE_TIMESCALE)   /* sound waits so long for a word of pictures */
#define FRAMES_KEY_WAIT (9 * TITLE_TIMESCALE)     /* and so long once they are announced */
#define FRAMES_PROMISE_WAIT (2 * TITLE_TIMESCALE) /* pictures wait so long for promised sound */
#define FRAMES_KEYLESS (6 * TITLE_TIMESCALE)      /* pictures without a keyframe: it is said */
#define FRAMES_STALE (TITLE_TIMESCALE / 2) /* a changed picture's keyframe is waited for so long */
#define FRAMES_VIDEO_GONE (3 * TITLE_TIMESCALE) /* without pictures for so long, sound goes alone */
#define FRAMES_SOUND_KEPT (10 * TITLE_TIMESCALE) /* sound remembered for the next take */

#define FRAMES_SOUND_MAX 2000 /* frames of it: 20 s at the fastest AAC, however they are stamped */
#define FRAMES_GOP_BYTES (24 * 1024 * 1024) /* pictures remembered since the last keyframe */
#define FRAMES_GOP_MAX 18000                /* of them: 5 min at 60 a second */
#define FRAMES_TROUBLES_MAX 5 /* failures of the encoders in one class; then it is given up */

typedef struct {
    void (*on_part)(gpointer user);
    void (*on_note)(gpointer user, const char *sentence);
    gpointer user;
} frames_news;

typedef struct frames frames;

/* clock: live, interruptions stay holes on the line; NULL: a file, everything joins up. */
frames *frames_new(const wire_job *job, title_writer *writer, const base_clock *clock,
                   const frames_news *news);
void frames_free(frames *f); /* NULL is fine */

/*
 * What a person should know for as long as it is so (a note is of something that has happened): NULL, or one of a few
 * sentences that stay where they are.
 */
const char *frames_standing(const frames *f);

/*
 * This track will come, says the container, though its configuration is not known yet: the start
 * waits for it longer than for a word that may never be said.
 */
void frames_promise(frames *f, wire_track track);

/*
 * False (all of these): the disk refuses, or the encoders failed too often. A bad configuration is
 * only noted.
 */
bool frames_track(frames *f, wire_track track, GBytes *config, GError **error);
bool frames_unit(frames *f, wire_track track, const unit *u, GError **error);
bool frames_pump(frames *f, GError **error);
bool frames_finish(frames *f, GError **error); /* writes all there is and closes the segments */

bool frames_encodes(const frames *f); /* a copy was wanted, but the source does not qualify */
bool frames_full(const frames *f);
int frames_fd(const frames *f);          /* -1: none now */
int64_t frames_reached(const frames *f); /* title time; -1 before the first take */

#endif
