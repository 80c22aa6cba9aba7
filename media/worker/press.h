/*
 * The writing half of one rendition: muxes units, hands parts to the title writer, closes segments.
 *
 * It is told where parts and segments end; a segment that got no part becomes a gap, so that every
 * rendition has the same msn at the same instant. Rendition and init lines are written before the
 * first unit.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what press_new() returns; writer and rail are borrowed and outlive it.
 */
#ifndef WORKER_PRESS_H
#define WORKER_PRESS_H

#include "title/writer.h"
#include "worker/plan.h"
#include "worker/unit.h"

#define PRESS_LAST (-1) /* press_segment(): nothing follows in this take */

typedef struct {
    char name[JOURNAL_NAME_MAX];
    bool video; /* else sound alone */
    bool mute;  /* the source has no sound: silence is put in */
    bool
        whole; /* segments are written whole, so that a worker after this one can go on behind the last */
    int32_t width, height, fps_milli, bandwidth;
    int32_t rate, channels; /* of the sound */
    int64_t interval;       /* of pictures, 1/90000 s: a first guess */
} press_plan;

typedef struct {
    void (*on_part)(gpointer user);
    bool (*on_segment)(gpointer user, GError **error); /* one is closed; NULL: not asked */
    gpointer user;
} press_news;

typedef struct press press;

press *press_new(title_writer *writer, const rail *boundaries, const press_plan *is,
                 const press_news *news);
void press_free(press *p); /* NULL is fine */
const press_plan *press_is(const press *p);
int64_t press_target(const press *p); /* the title's part target */
const rail *press_rail(const press *p);

/*
 * Once each, before the first unit of that kind; later ones are ignored. New references are taken.
 */
void press_video_config(press *p, GBytes *avcc);
void press_audio_config(press *p, GBytes *asc);

/* The first segment is the rail's `index`. */
void press_begin(press *p, int32_t index);

/* All of these: false when the disk or the muxer refuses. */
bool press_picture(press *p, const unit *picture, GError **error);
bool press_sound(press *p, GBytes *frame, int64_t sample, GError **error);
bool press_part(press *p, int64_t end, bool independent, GError **error);
/* Closes the segment at `end`; the rail's `next` follows, and what lies between becomes gaps. */
bool press_segment(press *p, int64_t end, int32_t next, GError **error);

#endif
