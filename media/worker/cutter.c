#include "worker/cutter.h"

#include <glib.h>

#define ALIKE 2 /* 1/90000 s: rounding of frame rates that are no whole number of ticks */

void cutter_init(cutter *c, int64_t target, int64_t interval)
{
    *c = (cutter){.target = target, .interval = interval, .last = INT64_MIN};
}

void cutter_begin(cutter *c, int64_t start)
{
    c->start = start;
}

static bool long_enough(const cutter *c, int64_t end)
{
    return (end - c->start) * 100 >= c->target * CUTTER_LEAST_PERCENT &&
           end - c->start <= c->target;
}

void cutter_force(cutter *c, int64_t end)
{
    c->start = end;
}

bool cutter_before(cutter *c, int64_t time, int64_t *end)
{
    if (time - c->start > c->target)
        *end = c->start + c->target;
    else if (time + c->interval - c->start > c->target && long_enough(c, time))
        *end = time;
    else
        return false;
    c->start = *end;
    return true;
}

static void measure(cutter *c, int64_t time)
{
    if (c->last != INT64_MIN && time > c->last) {
        int64_t interval = time - c->last;
        c->alike = ABS(interval - c->interval) <= ALIKE ? c->alike + 1 : 0;
        c->interval = interval;
    }
    c->last = time;
}

bool cutter_add(cutter *c, int64_t time, int64_t *end)
{
    measure(c, time);
    *end = time + c->interval;
    if (!cutter_steady(c) || !long_enough(c, *end) || *end + c->interval - c->start <= c->target)
        return false;
    c->start = *end;
    return true;
}

int64_t cutter_interval(const cutter *c)
{
    return c->interval;
}

bool cutter_steady(const cutter *c)
{
    return c->alike >= CUTTER_STEADY;
}
