#include "worker/solo.h"

#include "worker/cutter.h"
#include "worker/soundtrack.h"

struct solo {
    press *press;
    soundtrack *sound;
    cutter cutter;
    int64_t from;
    int64_t last; /* nothing is written behind it */
    int32_t segment;
    bool begun; /* its first boundary is known */
};

solo *solo_new(press *written_by, int64_t from)
{
    solo *s = g_new0(solo, 1);
    const press_plan *is = press_is(written_by);
    s->press = written_by;
    s->from = from;
    s->last = INT64_MAX;
    s->sound = soundtrack_new(is->rate, is->channels, is->mute);
    return s;
}

void solo_free(solo *s)
{
    if (!s)
        return;
    soundtrack_free(s->sound);
    press_free(s->press);
    g_free(s);
}

press *solo_press(solo *s)
{
    return s->press;
}

int64_t solo_end(const solo *s)
{
    return s->begun ? soundtrack_end(s->sound) : INT64_MIN;
}

/* Index of the first boundary that is not before `from`; -1: it is not known yet. */
static int32_t first_boundary(const solo *s)
{
    const rail *boundaries = press_rail(s->press);
    for (int32_t i = 0; i < (int32_t)boundaries->starts->len; i++)
        if (rail_start(boundaries, i) >= s->from)
            return i;
    return -1;
}

/*
 * Parts are planned half a frame short: a boundary may lie that much behind the last frame's end.
 */
static bool begin(solo *s)
{
    int32_t first = s->begun ? -1 : first_boundary(s);
    if (first < 0)
        return s->begun;
    int64_t start = rail_start(press_rail(s->press), first);
    s->begun = true;
    s->segment = first;
    if (s->from > 0)
        soundtrack_resume(s->sound, start);
    else
        soundtrack_start(s->sound, start);
    int64_t length = soundtrack_frame(s->sound);
    cutter_init(&s->cutter, press_target(s->press) - length / 2 - 1, length);
    cutter_begin(&s->cutter, start);
    press_begin(s->press, first);
    return true;
}

static bool end_segment(solo *s, int64_t end, int32_t next, GError **error)
{
    int64_t part_end = 0;
    while (cutter_before(&s->cutter, end, &part_end) && part_end < end)
        if (!press_part(s->press, part_end, true, error))
            return false;
    cutter_begin(&s->cutter, end);
    s->segment = next;
    return press_part(s->press, end, true, error) && press_segment(s->press, end, next, error);
}

/* The segment a frame with this start belongs to. */
static int32_t segment_at(const solo *s, int64_t start)
{
    return rail_index(press_rail(s->press), start + soundtrack_frame(s->sound) / 2);
}

static bool enter(solo *s, int64_t start, GError **error)
{
    int32_t index = segment_at(s, start);
    return index <= s->segment ||
           end_segment(s, rail_start(press_rail(s->press), index), index, error);
}

static bool write_frame(solo *s, GBytes *frame, int64_t sample, int64_t start, GError **error)
{
    int64_t end = 0;
    if (!enter(s, start, error))
        return false;
    while (cutter_before(&s->cutter, start, &end))
        if (!press_part(s->press, end, true, error))
            return false;
    if (!press_sound(s->press, frame, sample, error))
        return false;
    if (!cutter_add(&s->cutter, start, &end))
        return true;
    return segment_at(s, end) > s->segment ? enter(s, end, error)
                                           : press_part(s->press, MIN(end, s->last), true, error);
}

/* Writes the frames that start before `until`. */
static bool write_frames(solo *s, int64_t until, GError **error)
{
    GBytes *frame;
    int64_t sample = 0, start = soundtrack_next(s->sound);
    while ((frame = soundtrack_take(s->sound, until, &sample))) {
        bool ok = write_frame(s, frame, sample, start, error);
        g_bytes_unref(frame);
        if (!ok)
            return false;
        start = soundtrack_next(s->sound);
    }
    return true;
}

bool solo_pump(solo *s, GError **error)
{
    if (!begin(s))
        return true;
    int64_t water = press_rail(s->press)->water;
    int64_t until = water == INT64_MIN ? INT64_MIN : water - 2 * soundtrack_frame(s->sound);
    if (water != INT64_MAX)
        soundtrack_reaches(s->sound, until, press_rail(s->press)->silent_from);
    return write_frames(s, until, error);
}

bool solo_sound(solo *s, const unit *frame, GError **error)
{
    soundtrack_add(s->sound, frame);
    return solo_pump(s, error);
}

bool solo_close(solo *s, int64_t end, GError **error)
{
    if (!begin(s))
        return true;
    soundtrack_fill(s->sound, end);
    s->last = end; /* half a frame may reach over it */
    return write_frames(s, end - soundtrack_frame(s->sound) / 2, error) &&
           end_segment(s, end, PRESS_LAST, error);
}
