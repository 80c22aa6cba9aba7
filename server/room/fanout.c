#include "room/hall.h"

#include <string.h>

static GBytes *frame_of(json_t *message)
{
    if (!message)
        return NULL;
    char *text = json_dumps(message, JSON_COMPACT);
    GBytes *frame = ws_frame(text, strlen(text));
    free(text);
    json_decref(message);
    return frame;
}

/* ---- one member ---- */

void member_forget_lagging(room_member *m)
{
    if (!m->lagging)
        return;
    g_queue_unlink(&m->room->lagging, &m->link);
    m->lagging = false;
}

static void member_lag(room_member *m)
{
    if (m->lagging)
        return;
    m->link = (GList){.data = m};
    g_queue_push_tail_link(&m->room->lagging, &m->link);
    m->lagging = true;
}

static void member_cut(room_member *m)
{
    m->room->hall->cut_slow++;
    m->welcome = false; /* nothing more for it */
    member_forget_lagging(m);
    ws_close(m->socket, ROOM_CLOSE_SLOW, "too slow");
}

void member_follow(room_member *m)
{
    const ring *frames = m->room->ring;
    if (ring_overrun(frames, m->cursor)) {
        member_cut(m);
        return;
    }
    for (GBytes *frame; (frame = ring_at(frames, m->cursor, m->serial)); m->cursor++) {
        ws_sent sent = ws_send(m->socket, frame);
        if (sent == WS_CUT)
            return;
        if (sent == WS_LATER) {
            member_lag(m);
            return;
        }
    }
    member_forget_lagging(m);
}

/* ---- all of them ---- */

/*
 * A send may end a member and take it out of the array: from the end backwards everybody is met once all the same
 * (the last one, met already, moves into the gap).
 */
static void deliver(room *r)
{
    for (guint i = r->members->len; i-- > 0;) {
        if (i >= r->members->len)
            continue;
        room_member *m = r->members->pdata[i];
        if (m->welcome && !m->lagging)
            member_follow(m);
    }
}

/* On a tick most members stand at the same place and get the same run of frames in one send. */
static void deliver_run(room *r, guint64 from)
{
    guint64 head = ring_head(r->ring);
    g_autoptr(GBytes) run = ring_run(r->ring, from);
    for (guint i = r->members->len; run && i-- > 0;) {
        if (i >= r->members->len)
            continue;
        room_member *m = r->members->pdata[i];
        if (!m->welcome || m->lagging || m->cursor != from || ring_wrote(r->ring, from, m->serial))
            continue;
        ws_sent sent = ws_send(m->socket, run);
        if (sent == WS_SENT)
            m->cursor = head;
        else if (sent == WS_LATER)
            member_lag(m);
    }
    deliver(r);
}

static void on_tick(gpointer data)
{
    room *r = data;
    g_clear_pointer(&r->tick, net_timer_free);
    deliver_run(r, r->ticked);
}

void room_broadcast(room *r, json_t *message, room_member *author, json_t *to_author)
{
    guint64 before = ring_head(r->ring);
    ring_push(r->ring, frame_of(message), author ? author->serial : 0, frame_of(to_author));
    if (r->tick) {
        if (before - r->ticked >= ROOM_RING / 2) /* nobody is to be overrun by waiting for a tick */
            on_tick(r);
        return;
    }
    if (r->members->len < ROOM_TICK_FROM) {
        deliver(r);
        return;
    }
    r->ticked = before;
    r->tick = net_timer_new(r->hall->net, ROOM_TICK_MS, 0, on_tick, r);
}

void room_cut_slow(room *r)
{
    GList *next;
    for (GList *link = r->lagging.head; link; link = next) {
        next = link->next;
        room_member *m = link->data;
        if (ring_overrun(r->ring, m->cursor) || ws_behind_ms(m->socket) > ROOM_BEHIND_MS)
            member_cut(m);
    }
}
