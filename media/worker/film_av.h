/*
 * A film as libavformat has it, for those of this room that decode it.
 *
 * Runs on: the film's thread.
 * Memory:  everything is borrowed from the film.
 */
#ifndef WORKER_FILM_AV_H
#define WORKER_FILM_AV_H

#include <libavformat/avformat.h>

#include "worker/film.h"

AVFormatContext *film_format(film *f);
AVStream *film_stream(const film *f, wire_track track); /* NULL: no such track */
int film_turns(const film *f); /* quarter turns, counterclockwise, that the picture needs */

/*
 * The file's time that is the title's 0, 1/90000 s: the first picture, or earlier sound. follow: the picture in any case,
 * since it is copied.
 */
int64_t film_origin(const film *f, bool follow);

/* The codec is known to this libav, and opened for one thread. INPUT error `unsupported_codec`. */
struct AVCodecContext *film_decoder(const film *f, wire_track track, int threads, GError **error);

#endif
