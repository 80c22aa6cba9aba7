/*
 * The loop on which workers are watched is that of the net: neither room knows the other.
 *
 * Runs on: the loop.
 */
#ifndef CREW_ON_NET_H
#define CREW_ON_NET_H

#include "crew/crew.h"
#include "net/net.h"

static inline gpointer crew_on_net_watch_new(gpointer loop, int fd, guint events,
                                             void (*fn)(guint events, gpointer data), gpointer data)
{
    return net_watch_new(loop, fd, events, fn, data);
}

static inline void crew_on_net_watch_set(gpointer watch, guint events)
{
    net_watch_set(watch, events);
}

static inline void crew_on_net_watch_free(gpointer watch)
{
    net_watch_free(watch);
}

static inline gpointer crew_on_net_timer_new(gpointer loop, int64_t first_ms, int64_t every_ms,
                                             void (*fn)(gpointer data), gpointer data)
{
    return net_timer_new(loop, first_ms, every_ms, fn, data);
}

static inline void crew_on_net_timer_free(gpointer timer)
{
    net_timer_free(timer);
}

static inline crew_loop crew_on_net(net *net)
{
    return (crew_loop){.loop = net,
                       .watch_new = crew_on_net_watch_new,
                       .watch_set = crew_on_net_watch_set,
                       .watch_free = crew_on_net_watch_free,
                       .timer_new = crew_on_net_timer_new,
                       .timer_free = crew_on_net_timer_free};
}

#endif
