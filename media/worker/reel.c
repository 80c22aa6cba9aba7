#include "worker/reel.h"

#include "base/error.h"
#include "worker/cutter.h"
#include "worker/soundtrack.h"

/* 2 ms: a guessed duration is stated shorter, or the next picture would overlap */
#define GUESS_SHORT 180
#define PICTURE_TAIL 27000 /* 0.3 s: what a decoder may hold back when its input stays away */
#define NOT_BEGUN (-1)

/* What waits to be written, in order: a picture, or the end of a part. */
typedef struct {
    unit *picture; /* NULL: a cut */
    int64_t end;   /* cut: where the part ends */
    bool closes;   /* cut: the segment ends too */
    int32_t next;  /* cut that closes: index of the segment that follows */
} waiting;

struct reel {
    press *press;
    soundtrack *sound;
    cutter cutter;
    GQueue waiting; /* of waiting */
    guint cuts;     /* of them */
    int32_t segment;
    int64_t delay;  /* pts - dts of the segment's first picture: decode order on the title's line */
    int64_t newest; /* title time the pictures have reached */
};

static void waiting_free(waiting *w)
{
    unit_free(w->picture);
    g_free(w);
}

reel *reel_new(press *written_by)
{
    reel *r = g_new0(reel, 1);
    const press_plan *is = press_is(written_by);
    r->press = written_by;
    r->sound = soundtrack_new(is->rate, is->channels, is->mute);
    r->segment = NOT_BEGUN;
    r->newest = INT64_MIN;
    g_queue_init(&r->waiting);
    return r;
}

void reel_free(reel *r)
{
    if (!r)
        return;
    g_queue_clear_full(&r->waiting, (GDestroyNotify)waiting_free);
    soundtrack_free(r->sound);
    press_free(r->press);
    g_free(r);
}

press *reel_press(reel *r)
{
    return r->press;
}

int64_t reel_end(const reel *r)
{
    int64_t shown = r->newest + cutter_interval(&r->cutter);
    return r->newest == INT64_MIN ? INT64_MIN : MAX(shown, r->cutter.start);
}

/* NULL: it is written. */
static unit *last_picture(const reel *r)
{
    GList *l = r->waiting.tail;
    while (l && !((waiting *)l->data)->picture)
        l = l->prev;
    return l ? ((waiting *)l->data)->picture : NULL;
}

bool reel_may_last(const reel *r)
{
    return last_picture(r) != NULL;
}

/* The last picture is shown until `dts`, in decode order: known now, unless it had to be written before. */
static void show_until(const reel *r, int64_t dts)
{
    unit *last = last_picture(r);
    if (last && dts > last->dts)
        last->duration = dts - last->dts;
}

/* Muxes and drops the waiting pictures in front of the next cut. */
static bool write_pictures(reel *r, bool *independent, GError **error)
{
    waiting *w;
    for (bool first = true; (w = g_queue_peek_head(&r->waiting)) && w->picture; first = false) {
        if (first)
            *independent = w->picture->key;
        if (!press_picture(r->press, w->picture, error))
            return false;
        waiting_free(g_queue_pop_head(&r->waiting));
    }
    return true;
}

static bool write_sound(reel *r, int64_t until, GError **error)
{
    GBytes *frame;
    int64_t sample = 0;
    while ((frame = soundtrack_take(r->sound, until, &sample))) {
        bool ok = press_sound(r->press, frame, sample, error);
        g_bytes_unref(frame);
        if (!ok)
            return false;
    }
    return true;
}

static bool write_cut(reel *r, const waiting *cut, GError **error)
{
    bool independent = false;
    if (!write_pictures(r, &independent, error) || !write_sound(r, cut->end, error) ||
        !press_part(r->press, cut->end, independent, error))
        return false;
    return !cut->closes || press_segment(r->press, cut->end, cut->next, error);
}

static const waiting *next_cut(const reel *r)
{
    GList *l = r->waiting.head;
    while (l && ((waiting *)l->data)->picture)
        l = l->next;
    return l ? l->data : NULL;
}

/* Writes every part whose pictures and sound are complete. */
static bool write_ready(reel *r, GError **error)
{
    while (r->cuts) {
        const waiting cut = *next_cut(r);
        if (!soundtrack_reaches(r->sound, cut.end, press_rail(r->press)->silent_from))
            return true;
        if (!write_cut(r, &cut, error))
            return false;
        waiting_free(g_queue_pop_head(&r->waiting));
        r->cuts--;
    }
    return true;
}

static void push_cut(reel *r, int64_t end, bool closes, int32_t next)
{
    waiting *w = g_new0(waiting, 1);
    w->end = end;
    w->closes = closes;
    w->next = next;
    g_queue_push_tail(&r->waiting, w);
    r->cuts++;
}

static void begin(reel *r, int32_t index)
{
    const press_plan *is = press_is(r->press);
    int64_t start = rail_start(press_rail(r->press), index);
    press_begin(r->press, index);
    r->segment = index;
    soundtrack_start(r->sound, start);
    cutter_init(&r->cutter, press_target(r->press), is->interval);
    cutter_begin(&r->cutter, start);
}

/* Ends the segment in hand at `end`, in as many parts as that takes. */
static void cut_segment(reel *r, int64_t end, int32_t next)
{
    int64_t part_end = 0;
    while (cutter_before(&r->cutter, end, &part_end) && part_end < end)
        push_cut(r, part_end, false, 0);
    push_cut(r, end, true, next);
    cutter_begin(&r->cutter, end);
    r->segment = next;
}

static void enter_segment(reel *r, const unit *picture, int32_t index)
{
    r->delay = picture->pts - picture->dts;
    if (r->segment == NOT_BEGUN)
        begin(r, index);
    else
        cut_segment(r, rail_start(press_rail(r->press), index), index);
}

static void push_picture(reel *r, const unit *picture)
{
    int64_t end = 0, time = picture->dts + r->delay;
    show_until(r, picture->dts);
    while (cutter_before(&r->cutter, time, &end))
        push_cut(r, end, false, 0);
    bool full = cutter_add(&r->cutter, time, &end);
    waiting *w = g_new0(waiting, 1);
    w->picture = unit_copy(picture);
    w->picture->duration = cutter_interval(&r->cutter);
    if (!cutter_steady(&r->cutter))
        w->picture->duration = MAX(1, w->picture->duration - GUESS_SHORT);
    g_queue_push_tail(&r->waiting, w);
    r->newest = MAX(r->newest, time);
    if (full)
        push_cut(r, end, false, 0);
}

bool reel_picture(reel *r, const unit *picture, GError **error)
{
    int32_t index = picture->key ? rail_index(press_rail(r->press), picture->pts) : NOT_BEGUN;
    if (r->segment == NOT_BEGUN && index == NOT_BEGUN)
        return true; /* nothing can be shown before the first keyframe */
    if (g_queue_get_length(&r->waiting) > REEL_UNITS_MAX) {
        error_set(error, ERROR_PEER, "stuck", NULL, "Too many pictures wait for sound");
        return false;
    }
    if (index > r->segment)
        enter_segment(r, picture, index);
    push_picture(r, picture);
    return write_ready(r, error);
}

/* Pictures stay away while the sound runs on: parts of sound alone keep the line moving. */
static void cut_without_pictures(reel *r)
{
    int64_t dark = press_rail(r->press)->dark_from, end;
    if (dark == INT64_MAX || r->newest < dark - PICTURE_TAIL)
        return;
    while ((end = r->cutter.start + r->cutter.target) + RAIL_STALL <= soundtrack_end(r->sound)) {
        push_cut(r, end, false, 0);
        cutter_force(&r->cutter, end);
    }
}

bool reel_sound(reel *r, const unit *frame, GError **error)
{
    soundtrack_add(r->sound, frame);
    if (r->segment == NOT_BEGUN)
        return true;
    cut_without_pictures(r);
    return write_ready(r, error);
}

bool reel_close(reel *r, int64_t end, GError **error)
{
    if (r->segment == NOT_BEGUN)
        return true;
    show_until(r, end - r->delay);
    cut_segment(r, end, PRESS_LAST);
    soundtrack_fill(r->sound, end);
    return write_ready(r, error);
}
