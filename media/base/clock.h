/*
 * Time, as a thing that can be handed round and faked.
 *
 * A monotonic clock for durations (it also counts while the machine sleeps) and UTC for stamps, both in
 * milliseconds. The only time zone it knows is China's; it sets no timers.
 *
 * Runs on: any thread; a fake clock may be advanced from one thread while others read it.
 * Memory:  you own what the _new functions return.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_CHINA_MS (8 * 3600 * 1000LL) /* China's civil time less UTC: all year, since 1991 */

typedef struct base_clock base_clock;

base_clock *clock_new_system(void);
base_clock *clock_new_fake(int64_t mono_ms, int64_t utc_ms);
void clock_free(base_clock *clock); /* NULL is fine */

int64_t clock_mono_ms(const base_clock *clock); /* CLOCK_BOOTTIME */
int64_t clock_utc_ms(const base_clock *clock);  /* since 1970-01-01 UTC */

/* Moves a fake clock forward. Calling it on a system clock is our own mistake (asserts). */
void clock_advance_ms(base_clock *clock, int64_t ms);

#endif
