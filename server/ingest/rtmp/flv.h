/*
 * The tags of one publisher, read into tracks and frames.
 *
 * Takes H.264 and AAC, in the old headers and in the enhanced ones (fourCC "avc1", "mp4a"); refuses
 * everything else with a sentence for the person at the encoder. The 32-bit millisecond clock is
 * unrolled, so stamps never wrap. It looks at headers only, never into a picture.
 * Source: Adobe "Video File Format" 10.1 annex E; Veovera "Enhanced RTMP" v2.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what flv_new() returns; what callbacks are given is borrowed for the call.
 */
#ifndef RTMP_FLV_H
#define RTMP_FLV_H

#include "base/error.h"
#include "wire/wire.h"

typedef struct flv flv;

typedef struct {
    /*
     * A codec configuration (avcC, AudioSpecificConfig) that differs from the last of this track.
     */
    void (*on_track)(gpointer user, wire_track track, wire_codec codec, const uint8_t *config,
                     gsize size);
    /* Only after its track. Stamps in milliseconds of the publisher's clock. */
    void (*on_frame)(gpointer user, wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                     const uint8_t *data, gsize size);
} flv_ops;

flv *flv_new(const flv_ops *ops, gpointer user);
void flv_free(flv *tags); /* NULL is fine */

/*
 * One tag's body (type 8 audio, 9 video). False: INPUT error whose sentence, Chinese and English,
 * names what to change at the encoder. What is merely odd (a torn header, a frame before its configuration) is passed over.
 */
bool flv_take(flv *tags, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
              GError **error);

#endif
