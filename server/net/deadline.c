#include "net/inside.h"

static int64_t patience_ms(wait_kind kind)
{
    static const int64_t ms[WAIT_KINDS] = {
        [WAIT_HEADERS] = NET_HEADERS_MS,  [WAIT_IDLE] = NET_IDLE_MS,
        [WAIT_STALL] = NET_BODY_STALL_MS, [WAIT_PING] = NET_WS_PING_MS,
        [WAIT_CLOSE] = NET_CLOSE_MS,
    };
    return ms[kind];
}

void conn_wait(conn *c, wait_kind kind)
{
    deadlines *d = &c->net->deadlines;
    if (c->wait != WAIT_NONE)
        g_queue_unlink(&d->by_kind[c->wait], &c->waits);
    c->wait = kind;
    if (kind == WAIT_NONE)
        return;
    c->due_ms = clock_mono_ms(c->net->clock) + patience_ms(kind);
    g_queue_push_tail_link(&d->by_kind[kind], &c->waits);
}

static void overdue(conn *c, int64_t now_ms)
{
    if (c->wait == WAIT_PING) {
        ws_patience(c, now_ms);
        return;
    }
    conn_wait(c, WAIT_NONE);
    c->overdue = true;
    conn_doom(c);
}

/* Of a sender that was quick and is not any more, whatever has come is wanted. */
static void take_what_there_is(net *n, int64_t now_ms)
{
    for (GList *each = n->deadlines.by_kind[WAIT_STALL].head; each; each = each->next) {
        conn *c = each->data;
        if (c->due_ms - NET_BODY_STALL_MS > now_ms - NET_SWEEP_MS)
            return;
        if (c->least > 1)
            body_expect_anything(c);
    }
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    net *n = timer->data;
    net_turn(n, "deadlines");
    int64_t now_ms = clock_mono_ms(n->clock);
    for (wait_kind kind = WAIT_NONE + 1; kind < WAIT_KINDS; kind++) {
        GQueue *queue = &n->deadlines.by_kind[kind];
        while (queue->head && ((conn *)queue->head->data)->due_ms <= now_ms)
            overdue(queue->head->data, now_ms);
    }
    take_what_there_is(n, now_ms);
}

void deadlines_start(net *n)
{
    ev_timer_init(&n->deadlines.sweep, on_sweep, NET_SWEEP_MS / 1000.0, NET_SWEEP_MS / 1000.0);
    n->deadlines.sweep.data = n;
    ev_timer_start(n->loop, &n->deadlines.sweep);
}

void deadlines_stop(net *n)
{
    ev_timer_stop(n->loop, &n->deadlines.sweep);
}
