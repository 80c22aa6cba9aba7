#include "shelf/inside.h"

#define DEADLINE_TARGETS 3 /* target durations a blocking reload may wait (RFC 8216bis 6.2.5.2) */

struct shelf_waiter {
    shelf *shelf;
    view *view; /* NULL once ready */
    GList link; /* in the view's waiters or the shelf's ready queue */
    int64_t msn;
    int32_t part; /* -1: the whole segment */
    int64_t due_ms;
    shelf_form form;
    GBytes *met; /* ready: the playlist; NULL: in vain */
    bool there;  /* ready, for a part: it exists */
    void (*on_playlist)(GBytes *playlist, gpointer data);
    void (*on_part)(bool there, gpointer data);
    gpointer data;
};

/* ---- what is there ---- */

typedef enum { WISH_MET, WISH_OPEN, WISH_VAIN } wish;

/*
 * A playlist that has got this far (RFC 8216bis 6.2.5.2; a part past a closed segment is the next
 * one's first).
 */
static bool has_come(const view_edge *edge, int64_t msn, int32_t part)
{
    if (edge->msn != msn)
        return edge->msn > msn;
    if (part < 0)
        return edge->closed;
    return part < edge->parts;
}

static wish playlist_wish(const view *v, int64_t msn, int32_t part)
{
    if (title_index_ended(v->title->index))
        return WISH_MET;
    return has_come(&v->edge, msn, part) ? WISH_MET : WISH_OPEN;
}

static const title_segment *segment_of(const view *v, int64_t msn)
{
    return title_rendition_segment(view_rendition(v), msn);
}

static wish part_wish(const view *v, int64_t msn, int32_t part)
{
    const title_segment *segment = segment_of(v, msn);
    if (segment && part < (int32_t)segment->parts->len)
        return WISH_MET;
    bool over = title_index_ended(v->title->index) || (segment && segment->closed);
    return over ? WISH_VAIN : WISH_OPEN;
}

static wish wish_of(const shelf_waiter *w)
{
    return w->on_part ? part_wish(w->view, w->msn, w->part)
                      : playlist_wish(w->view, w->msn, w->part);
}

/* ---- waiting ---- */

static shelf_waiter *waiter_new(view *v, int64_t msn, int32_t part, gpointer data)
{
    shelf *s = v->title->shelf;
    int64_t target_ms = title_index_head(v->title->index)->target_duration_s * 1000LL;
    shelf_waiter *w = g_new0(shelf_waiter, 1);
    w->shelf = s;
    w->view = v;
    w->link.data = w;
    w->msn = msn;
    w->part = part;
    w->due_ms = clock_mono_ms(s->clock) + DEADLINE_TARGETS * target_ms;
    w->data = data;
    g_queue_push_tail_link(&v->waiters, &w->link);
    s->waiting++;
    return w;
}

static void waiter_free(shelf_waiter *w)
{
    w->shelf->waiting--;
    g_clear_pointer(&w->met, g_bytes_unref);
    g_free(w);
}

static void make_ready(shelf_waiter *w, bool met)
{
    g_queue_unlink(&w->view->waiters, &w->link);
    w->there = met;
    if (met && w->on_playlist)
        w->met = g_bytes_ref(view_text(w->view, w->form));
    w->view = NULL;
    g_queue_push_tail_link(&w->shelf->ready, &w->link);
}

void waiters_review(view *v, bool over)
{
    GList *link = v->waiters.head;
    while (link) {
        shelf_waiter *w = link->data;
        link = link->next;
        wish is = over ? WISH_VAIN : wish_of(w);
        if (is != WISH_OPEN)
            make_ready(w, is == WISH_MET);
    }
}

void waiters_wake(shelf *s)
{
    for (int i = 0; i < SHELF_WAKES_PER_TURN && s->ready.length > 0; i++) {
        shelf_waiter w = *(shelf_waiter *)s->ready.head->data;
        shelf_waiter *dead = g_queue_pop_head_link(&s->ready)->data;
        dead->met = NULL; /* w has it */
        waiter_free(dead);
        if (w.on_part)
            w.on_part(w.there, w.data);
        else
            w.on_playlist(w.met, w.data);
        g_clear_pointer(&w.met, g_bytes_unref);
    }
    if (s->ready.length > 0 && s->bell)
        s->bell(s->bell_data);
}

static void expire(view *v, int64_t now_ms)
{
    while (v->waiters.head && ((shelf_waiter *)v->waiters.head->data)->due_ms <= now_ms)
        make_ready(v->waiters.head->data, false);
}

bool shelf_turn(shelf *s)
{
    int64_t now_ms = clock_mono_ms(s->clock);
    for (GList *link = s->by_use.head; link && s->waiting > s->ready.length; link = link->next) {
        const shelved *t = link->data;
        for (guint i = 0; i < t->views->len; i++)
            expire(g_ptr_array_index(t->views, i), now_ms);
    }
    waiters_wake(s);
    return s->ready.length > 0;
}

void shelf_on_left_over(shelf *s, void (*bell)(gpointer data), gpointer data)
{
    s->bell = bell;
    s->bell_data = data;
}

void shelf_waiter_cancel(shelf_waiter *w)
{
    g_queue_unlink(w->view ? &w->view->waiters : &w->shelf->ready, &w->link);
    waiter_free(w);
}

/* ---- asking ---- */

static int32_t parts_ahead_max(const view *v)
{
    const journal_head *is = title_index_head(v->title->index);
    int32_t target = MAX(is->part_target, 1), segment = is->target_duration_s * TITLE_TIMESCALE;
    int32_t in_three_seconds = (3 * TITLE_TIMESCALE + target - 1) / target;
    int32_t in_segment = segment / target * 100 / SHELF_PART_LEAST_PERCENT;
    return MAX(SHELF_WAIT_PARTS_MAX, MAX(in_three_seconds, in_segment));
}

static bool is_too_far(const view *v, int64_t msn, int32_t part)
{
    if (msn > v->edge.msn + SHELF_WAIT_MSN_MAX)
        return true;
    int32_t there = msn == v->edge.msn ? v->edge.parts : 0;
    return msn >= v->edge.msn && part > there + parts_ahead_max(v);
}

static bool room_for_one(const shelf *s, GError **error)
{
    if (s->waiting < SHELF_WAITERS_MAX)
        return true;
    error_set(error, ERROR_BUSY, "busy", NULL,
              "too many are waiting for playlists; try again soon");
    return false;
}

static view *view_with_media(shelf *s, const char *title_id, const char *rendition, GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    view *v = t ? view_find(t, rendition, error) : NULL;
    if (v && v->edge.msn < 0) {
        error_set(error, ERROR_MISSING, "nothing_yet", NULL,
                  "rendition %s of title %s has no media yet", rendition, t->id);
        return NULL;
    }
    return v;
}

shelf_waiter *shelf_wait(shelf *s, const char *title_id, const char *rendition, shelf_form form,
                         int64_t msn, int32_t part, void (*fn)(GBytes *playlist, gpointer data),
                         gpointer data, GBytes **now, GError **error)
{
    *now = NULL;
    view *v = view_with_media(s, title_id, rendition, error);
    if (!v)
        return NULL;
    if (playlist_wish(v, msn, part) == WISH_MET) {
        *now = g_bytes_ref(view_text(v, form));
        return NULL;
    }
    if (is_too_far(v, msn, part)) {
        error_set(error, ERROR_INPUT, "too_far_ahead", "_HLS_msn",
                  "segment %" G_GINT64_FORMAT
                  " is too far ahead of the last one, %" G_GINT64_FORMAT,
                  msn, v->edge.msn);
        return NULL;
    }
    if (!room_for_one(s, error))
        return NULL;
    shelf_waiter *w = waiter_new(v, msn, part, data);
    w->form = form;
    w->on_playlist = fn;
    return w;
}

/* What the playlist hints at, or what comes if the hint proves wrong. */
static bool is_hinted(const view *v, const file_name *name)
{
    const view_edge *edge = &v->edge;
    int64_t msn;
    int32_t part;
    playlist_next_part(v->title->index, view_rendition(v), &msn, &part);
    if (name->number == msn && name->part == part)
        return true;
    if (edge->closed)
        return name->number == edge->msn + 1 && name->part == 0;
    return name->number == edge->msn && name->part == edge->parts;
}

shelf_waiter *shelf_wait_part(shelf *s, const char *title_id, const char *rendition,
                              const char *name, void (*fn)(bool there, gpointer data),
                              gpointer data, GError **error)
{
    file_name is;
    view *v = view_with_media(s, title_id, rendition, error);
    if (!v || !room_for_one(s, error))
        return NULL;
    if (!file_name_parse(name, &is) || is.kind != FILE_PART || !is_hinted(v, &is) ||
        title_index_ended(v->title->index)) {
        error_set(error, ERROR_MISSING, "no_media", NULL, "there is no %.64s", name);
        return NULL;
    }
    shelf_waiter *w = waiter_new(v, is.number, is.part, data);
    w->on_part = fn;
    return w;
}
