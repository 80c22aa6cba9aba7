#include "net/inside.h"

/* ---- timers ---- */

struct net_timer {
    net *net; /* NULL once the net is gone */
    GList link;
    ev_timer ev;
    void (*fn)(gpointer data);
    gpointer data;
};

static void on_timer(struct ev_loop *loop, ev_timer *ev, int events)
{
    (void)loop;
    (void)events;
    net_timer *t = ev->data;
    net_turn(t->net, "timer");
    t->fn(t->data); /* may have freed t */
}

net_timer *net_timer_new(net *n, int64_t first_ms, int64_t every_ms, void (*fn)(gpointer data),
                         gpointer data)
{
    net_timer *t = g_new0(net_timer, 1);
    t->net = n;
    t->fn = fn;
    t->data = data;
    ev_timer_init(&t->ev, on_timer, MAX(first_ms, 0) / 1000.0, MAX(every_ms, 0) / 1000.0);
    t->ev.data = t;
    t->link.data = t;
    g_queue_push_tail_link(&n->timers, &t->link);
    ev_timer_start(n->loop, &t->ev);
    return t;
}

void net_timer_free(net_timer *t)
{
    if (!t)
        return;
    if (t->net) {
        ev_timer_stop(t->net->loop, &t->ev);
        g_queue_unlink(&t->net->timers, &t->link);
    }
    g_free(t);
}

/* ---- descriptors ---- */

struct net_watch {
    net *net; /* NULL once the net is gone */
    GList link;
    ev_io ev;
    void (*fn)(guint events, gpointer data);
    gpointer data;
};

static void on_watch(struct ev_loop *loop, ev_io *ev, int events)
{
    (void)loop;
    net_watch *w = ev->data;
    net_turn(w->net, "watch");
    guint seen = (events & EV_READ ? NET_READ : 0) | (events & EV_WRITE ? NET_WRITE : 0);
    w->fn(seen, w->data); /* may have freed w */
}

net_watch *net_watch_new(net *n, int fd, guint events, void (*fn)(guint events, gpointer data),
                         gpointer data)
{
    net_watch *w = g_new0(net_watch, 1);
    w->net = n;
    w->fn = fn;
    w->data = data;
    ev_io_init(&w->ev, on_watch, fd, 0);
    w->ev.data = w;
    w->link.data = w;
    g_queue_push_tail_link(&n->watches, &w->link);
    net_watch_set(w, events);
    return w;
}

void net_watch_set(net_watch *w, guint events)
{
    if (!w->net)
        return;
    int wanted = (events & NET_READ ? EV_READ : 0) | (events & NET_WRITE ? EV_WRITE : 0);
    ev_io_stop(w->net->loop, &w->ev);
    ev_io_set(&w->ev, w->ev.fd, wanted);
    if (wanted)
        ev_io_start(w->net->loop, &w->ev);
}

void net_watch_free(net_watch *w)
{
    if (!w)
        return;
    if (w->net) {
        ev_io_stop(w->net->loop, &w->ev);
        g_queue_unlink(&w->net->watches, &w->link);
    }
    g_free(w);
}

/* ---- signals ---- */

typedef struct {
    ev_signal ev;
    net *net;
    void (*fn)(gpointer data);
    gpointer data;
} signal_watch;

static void on_signal(struct ev_loop *loop, ev_signal *ev, int events)
{
    (void)loop;
    (void)events;
    signal_watch *s = (signal_watch *)ev;
    net_turn(s->net, "signal");
    s->fn(s->data);
}

void net_on_signal(net *n, int signal_number, void (*fn)(gpointer data), gpointer data)
{
    signal_watch *s = g_new0(signal_watch, 1);
    s->net = n;
    s->fn = fn;
    s->data = data;
    ev_signal_init(&s->ev, on_signal, signal_number);
    ev_signal_start(n->loop, &s->ev);
    g_ptr_array_add(n->signals, s);
}

void watches_detach(net *n)
{
    GList *link;
    while ((link = g_queue_pop_head_link(&n->timers))) {
        net_timer *t = link->data;
        ev_timer_stop(n->loop, &t->ev);
        t->net = NULL;
    }
    while ((link = g_queue_pop_head_link(&n->watches))) {
        net_watch *w = link->data;
        ev_io_stop(n->loop, &w->ev);
        w->net = NULL;
    }
    for (guint i = 0; i < n->signals->len; i++)
        ev_signal_stop(n->loop, g_ptr_array_index(n->signals, i));
}
