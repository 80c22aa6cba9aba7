/*
 * An H.264 byte stream (start codes, parameter sets in between) as MP4 has it: an avcC, and access
 * units of length-prefixed NAL units without parameter sets.
 *
 * Parameter sets are remembered by their number; the avcC is made anew when one has changed. It
 * decodes nothing.
 * Source: ITU-T H.264 7.3.1, 7.4.1, annex B; ISO/IEC 14496-15 5.3.3.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what h264_new() returns; a unit is borrowed until the next h264_take().
 */
#ifndef WORKER_H264_H
#define WORKER_H264_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct h264 h264;

/* One access unit. */
typedef struct {
    const GByteArray *bytes; /* length-prefixed; empty: no picture in it */
    bool key;                /* an IDR picture */
    GBytes *avcc;            /* not NULL: what this unit, and those after it, are decoded with */
} h264_unit;

h264 *h264_new(void);
void h264_free(h264 *stream); /* NULL is fine */

/* Any bytes; those that are no NAL units are left out. */
h264_unit h264_take(h264 *stream, const uint8_t *bytes, gsize size);

#endif
