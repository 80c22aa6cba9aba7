/*
 * Access units into CMAF (ISO/IEC 23000-19): one init segment, then parts of one moof + mdat each.
 *
 * Picture and sound of a rendition share a part. Parts put one behind the other are the segment,
 * byte for byte. Times in the boxes are title time + TITLE_EPOCH. The only file besides the film
 * reader that knows libavformat.
 *
 * Runs on: one thread per object.
 * Memory:  you own what mux_new() and mux_part() return; bytes given are borrowed for the call.
 */
#ifndef WORKER_MUX_H
#define WORKER_MUX_H

#include "worker/unit.h"

typedef struct {
    GBytes *video; /* avcC; NULL: no picture */
    int32_t width, height;
    GBytes *audio; /* AudioSpecificConfig; NULL: no sound */
    int32_t rate, channels;
} mux_tracks;

typedef struct mux mux;

/* *init: the init segment, new reference. PEER error when libavformat refuses the configuration. */
mux *mux_new(const mux_tracks *tracks, GBytes **init, GError **error);
void mux_free(mux *m); /* NULL is fine */

/*
 * In decode order; duration is how long the picture is shown, stated slightly short when it is a
 * guess.
 */
bool mux_video(mux *m, const unit *picture, GError **error);
/* `sample`: title time of its first sample, in samples. */
bool mux_audio(mux *m, GBytes *frame, int64_t sample, GError **error);

/* What was added since the last call; NULL with *error unset when that was nothing. */
GBytes *mux_part(mux *m, GError **error);

#endif
