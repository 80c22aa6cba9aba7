/*
 * One access unit: a coded picture, or one AAC frame, and when it is to be shown.
 *
 * Times are in 1/90000 s, on whatever line the caller works (the publisher's or the title's). It
 * knows no codec.
 *
 * Runs on: any thread; a unit belongs to one thread at a time, its bytes are immutable and may be
 *          shared.
 * Memory:  unit_new() takes its own reference of the bytes; the holder frees the unit.
 */
#ifndef WORKER_UNIT_H
#define WORKER_UNIT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    GBytes *bytes;
    int64_t pts, dts;
    int64_t duration; /* 0: not known */
    bool key;
} unit;

unit *unit_new(GBytes *bytes, int64_t pts, int64_t dts, bool key);
unit *unit_copy(const unit *from); /* shares the bytes */
void unit_free(unit *u);           /* NULL is fine */

#endif
