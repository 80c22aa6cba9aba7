#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include <glib.h>

struct base_clock {
    bool fake;
    int64_t start_mono_ms, start_utc_ms; /* of a fake one */
    _Atomic int64_t moved_ms;            /* since then */
};

static int64_t read_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

base_clock *clock_new_system(void)
{
    return g_new0(base_clock, 1);
}

base_clock *clock_new_fake(int64_t mono_ms, int64_t utc_ms)
{
    base_clock *clock = g_new0(base_clock, 1);
    clock->fake = true;
    clock->start_mono_ms = mono_ms;
    clock->start_utc_ms = utc_ms;
    return clock;
}

void clock_free(base_clock *clock)
{
    g_free(clock);
}

int64_t clock_mono_ms(const base_clock *clock)
{
    return clock->fake ? clock->start_mono_ms + clock->moved_ms : read_ms(CLOCK_BOOTTIME);
}

int64_t clock_utc_ms(const base_clock *clock)
{
    return clock->fake ? clock->start_utc_ms + clock->moved_ms : read_ms(CLOCK_REALTIME);
}

void clock_advance_ms(base_clock *clock, int64_t ms)
{
    g_assert(clock->fake && ms >= 0);
    clock->moved_ms += ms;
}
