/*
 * A media file as a source: what is in it, and its packets in order.
 *
 * Read with libavformat, inside the sandbox. A file of H.264 and AAC that lies the right way up can
 * be fed as frames and copied; anything else is for a pipeline that decodes it.
 *
 * Runs on: one thread per object.
 * Memory:  you own what film_open() returns; configurations are borrowed from it.
 */
#ifndef WORKER_FILM_H
#define WORKER_FILM_H

#include "wire/wire.h"
#include "worker/plan.h"
#include "worker/unit.h"

typedef struct film film;

/*
 * INPUT error: `not_media` when nothing here can read it, `no_streams` when it has neither picture nor sound. Only
 * formats that are media in one file are tried, never playlists that name others. Of several tracks the best is taken; a
 * cover is no picture.
 */
film *film_open(const char *path, GError **error);
void film_close(film *f); /* NULL is fine */

/* Can it be fed as frames? Otherwise it has to be decoded. */
bool film_is_frames(const film *f);
void film_describe(const film *f, plan_source *source); /* as shown: turned upright */
GBytes *film_config(const film *f, wire_track track);   /* NULL: no such track */
int64_t film_length_ms(const film *f);                  /* 0: it does not say */

/* The next packet, in 1/90000 s; NULL at the end. INPUT error when it breaks off in the middle. */
unit *film_next(film *f, wire_track *track, GError **error);

#endif
