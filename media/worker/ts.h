/*
 * MPEG transport stream, taken apart: bytes in, elementary packets out.
 *
 * It finds the packets in whatever arrives, follows the first programme's tables, and puts together
 * the PES packets of its first H.264 picture and its first ADTS sound. It knows nothing of what is
 * in them. Stamps are unrolled: 33 bits never wrap here. A packet of which a piece was lost is left
 * out whole, so that no torn picture is ever shown to a decoder.
 * Source: ISO/IEC 13818-1 (2.4.3 packets and PES, 2.4.4 tables, annex A CRC).
 *
 * Cost in time: a picture whose PES packet does not say its length (most encoders) is whole when
 * the next one begins, one frame later.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what ts_new() returns; what callbacks are given is borrowed for the call.
 */
#ifndef WORKER_TS_H
#define WORKER_TS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

#define TS_PACKET 188
#define TS_NO_STAMP INT64_MIN
#define TS_PICTURE_MAX (8 * 1024 * 1024) /* bytes of a PES packet, as RTMP's largest video frame */
#define TS_SOUND_MAX (1024 * 1024)

/* What the programme is made of. */
typedef struct {
    bool picture, sound;     /* tracks that will come */
    const char *odd_picture; /* static name of a picture that is not H.264: "H.265"; NULL: none */
    const char *odd_sound;   /* the same for sound that is not AAC in ADTS */
} ts_programme;

typedef struct {
    /* Whenever the table of the programme says something new. */
    void (*on_programme)(gpointer user, const ts_programme *is);
    /* One PES packet's payload. Stamps in 1/90000 s; pts TS_NO_STAMP when it brought none. */
    void (*on_packet)(gpointer user, wire_track track, int64_t pts, int64_t dts,
                      const uint8_t *data, gsize size);
    /* Something of this track is missing before the next packet. */
    void (*on_loss)(gpointer user, wire_track track);
} ts_ops;

typedef struct ts ts;

ts *ts_new(const ts_ops *ops, gpointer user);
void ts_free(ts *stream); /* NULL is fine */

/* Any bytes; any cutting of the same bytes gives the same packets. */
void ts_push(ts *stream, const uint8_t *bytes, gsize size);

#endif
