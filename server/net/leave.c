#include "net/inside.h"

#include <sys/epoll.h>
#include <unistd.h>

#define LEAVES_PER_TURN 256

/*
 * An edge-triggered set of its own: it costs one call per connection, and a closed socket drops out
 * by itself (one that lives on does not: leave_forget).
 */
struct leave {
    net *net;
    int set;
    ev_io readable;
};

static void on_left(conn *c)
{
    c->left = true;
    if (c->now && request_deserted(c->now))
        conn_doom(c);
}

static void on_leaves(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    leave *l = io->data;
    net_turn(l->net, "leavers");
    /* One at a time: what a close sets free must not stand in a batch fetched before. */
    struct epoll_event event;
    for (int i = 0; i < LEAVES_PER_TURN && epoll_wait(l->set, &event, 1, 0) == 1; i++)
        on_left(event.data.ptr);
}

leave *leave_new(net *n)
{
    leave *l = g_new0(leave, 1);
    l->net = n;
    l->set = epoll_create1(EPOLL_CLOEXEC);
    g_assert(l->set >= 0);
    ev_io_init(&l->readable, on_leaves, l->set, EV_READ);
    l->readable.data = l;
    ev_io_start(n->loop, &l->readable);
    return l;
}

void leave_free(leave *l)
{
    ev_io_stop(l->net->loop, &l->readable);
    close(l->set);
    g_free(l);
}

void leave_watch(leave *l, conn *c)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = c};
    if (epoll_ctl(l->set, EPOLL_CTL_ADD, c->fd, &event) != 0)
        conn_doom(c);
}

void leave_forget(leave *l, int fd)
{
    epoll_ctl(l->set, EPOLL_CTL_DEL, fd, NULL); /* it may never have been in it */
}
