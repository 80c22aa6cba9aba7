/*
 * One caller's way from the SRT thread to the loop: its bytes, its end, its health.
 *
 * Bounded: when it is full the SRT thread stops reading that caller, and SRT's own buffer is next.
 * It knows neither libsrt nor the loop; ringing the bell is the SRT thread's.
 *
 * Runs on: put, end, tell and unwanted on the SRT thread; the rest on the loop.
 * Memory:  counted; each thread holds a reference of its own. Keys and addresses are copied.
 */
#ifndef SRT_INLET_H
#define SRT_INLET_H

#include "ingest/ingest.h"

#define INLET_BYTES_MAX (512 * 1024) /* over a second of 4 Mb/s; a loop turn takes it all */

typedef struct inlet inlet;

inlet *inlet_new(const char *key, const char *peer);
inlet *inlet_ref(inlet *i);
void inlet_unref(inlet *i); /* NULL is fine */
const char *inlet_key(const inlet *i);
const char *inlet_peer(const inlet *i);

/* ---- the SRT thread ---- */

/* Is there room for that many more? */
bool inlet_has_room(inlet *i, gsize size);
void inlet_put(inlet *i, const uint8_t *bytes, gsize size); /* room was asked for */
void inlet_tell(inlet *i, const ingest_health *health);
/* Last word; why is static. */
void inlet_end(inlet *i, bool orderly, const char *why);
bool inlet_unwanted(inlet *i); /* the loop wants it closed */

/* ---- the loop ---- */

/* All there is; NULL: nothing. You own it. */
GByteArray *inlet_take(inlet *i);
/* True once it has ended and everything was taken. */
bool inlet_ended(inlet *i, bool *orderly, const char **why);
void inlet_close(inlet *i); /* its end follows */
ingest_health inlet_health(inlet *i);

#endif
