#include "net/inside.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A socket closed with unread bytes is reset, and the reset may overtake the answer. So a refused
 * sender's socket is kept open a little longer under a descriptor of our own, and what still comes
 * is thrown away.
 */
typedef struct {
    lingering *owner;
    ev_io readable;
    ev_timer deadline;
    GList link;
} rest;

struct lingering {
    net *net;
    GQueue rests; /* of rest, oldest first */
};

/* Of a rest that its owner's queue holds no more. */
static void rest_free(rest *r)
{
    ev_io_stop(r->owner->net->loop, &r->readable);
    ev_timer_stop(r->owner->net->loop, &r->deadline);
    close(r->readable.fd);
    g_free(r);
}

static void rest_end(rest *r)
{
    g_queue_unlink(&r->owner->rests, &r->link);
    rest_free(r);
}

static void end_oldest(lingering *l)
{
    rest_free(g_queue_pop_head_link(&l->rests)->data);
}

static void on_rest_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    char thrown_away[NET_READ_BYTES];
    if (recv(io->fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT) == 0)
        rest_end(io->data);
}

static void on_rest_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    rest_end(timer->data);
}

lingering *linger_new(net *n)
{
    lingering *l = g_new0(lingering, 1);
    l->net = n;
    return l;
}

void linger_free(lingering *l)
{
    while (l->rests.length > 0)
        end_oldest(l);
    g_free(l);
}

void linger_take(lingering *l, int fd, const char *goodbye)
{
    if (goodbye)
        send(fd, goodbye, strlen(goodbye), MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    if (l->rests.length >= NET_LINGER_MAX)
        end_oldest(l);
    rest *r = g_new0(rest, 1);
    r->owner = l;
    r->link.data = r;
    ev_io_init(&r->readable, on_rest_readable, fd, EV_READ);
    ev_timer_init(&r->deadline, on_rest_deadline, NET_LINGER_MS / 1000.0, 0);
    r->readable.data = r->deadline.data = r;
    ev_io_start(l->net->loop, &r->readable);
    ev_timer_start(l->net->loop, &r->deadline);
    g_queue_push_tail_link(&l->rests, &r->link);
}
