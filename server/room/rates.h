/*
 * How often somebody may do something: a token bucket per person.
 *
 * A bucket is one number: when it will be full again. Full buckets are forgotten, so that a person who comes back on
 * a new socket finds the bucket as it was left. It reads no clock.
 *
 * Runs on: one thread per object.
 * Memory:  you own what rates_new() returns.
 */
#ifndef ROOM_RATES_H
#define ROOM_RATES_H

#include <glib.h>
#include <stdint.h>

typedef struct rates rates;

/* `burst` tokens at once, one more every refill_ms. */
rates *rates_new(int burst, int64_t refill_ms);
void rates_free(rates *rates); /* NULL is fine */

/* Takes a token of this person's: 0, or the milliseconds until there is one again (nothing taken). */
int64_t rates_take(rates *rates, int64_t person, int64_t now_ms);
/* Forgets the full buckets. */
void rates_sweep(rates *rates, int64_t now_ms);
guint rates_count(const rates *rates);

/* The same for one bucket somebody else keeps; *full_ms starts at 0. */
int64_t rate_take(int64_t *full_ms, int burst, int64_t refill_ms, int64_t now_ms);

#endif
