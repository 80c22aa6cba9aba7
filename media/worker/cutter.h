/*
 * Where one rendition's parts end.
 *
 * RFC 8216bis wants no part longer than the part target and, but for a segment's last, none shorter
 * than 85 % of it. Parts end between pictures where that keeps both; where pictures are too far
 * apart (a slow camera, a stretch of lost pictures) they end exactly on the target, through a
 * picture that is still being shown. It knows only times.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  a plain value.
 */
#ifndef WORKER_CUTTER_H
#define WORKER_CUTTER_H

#include <stdbool.h>
#include <stdint.h>

#define CUTTER_LEAST_PERCENT 85
#define CUTTER_STEADY 8 /* equal distances in a row after which the next one is believed */

typedef struct {
    int64_t target;
    int64_t start;    /* of the open part */
    int64_t last;     /* time of the last unit; INT64_MIN before the first */
    int64_t interval; /* between the last two */
    int32_t alike;    /* equal distances in a row */
} cutter;

void cutter_init(cutter *c, int64_t target, int64_t interval);

/* A new segment, whose first part starts at `start`. */
void cutter_begin(cutter *c, int64_t start);

/*
 * Before a unit at `time` is added: true when the open part must end first, at *end. Ask until it
 * says false.
 */
bool cutter_before(cutter *c, int64_t time, int64_t *end);

/* Adds the unit. True when the part can end at once, at *end, without waiting for the next unit. */
bool cutter_add(cutter *c, int64_t time, int64_t *end);

/* A part ends at `end` although no unit said so (the other track ran on). */
void cutter_force(cutter *c, int64_t end);

/* How long the last unit will probably be shown. */
int64_t cutter_interval(const cutter *c);
bool cutter_steady(const cutter *c);

#endif
