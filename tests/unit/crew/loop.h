/* A loop for crew's tests, on GLib's; its timers run TIMERS_FASTER times as fast. */
#ifndef TESTS_CREW_LOOP_H
#define TESTS_CREW_LOOP_H

#include "crew/crew.h"

#include <glib-unix.h>

#define TIMERS_FASTER 40
#define PATIENCE_MS 20000

typedef struct {
    guint source;
    int fd;
    void (*on_events)(guint events, gpointer data);
    void (*on_time)(gpointer data);
    gpointer data;
} watch;

static inline gboolean watch_ready(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    watch *w = data;
    guint events = (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR) ? CREW_READ : 0) |
                   (condition & G_IO_OUT ? CREW_WRITE : 0);
    w->on_events(events, w->data);
    return G_SOURCE_CONTINUE;
}

static inline void watch_set(gpointer data, guint events)
{
    watch *w = data;
    if (w->source)
        g_source_remove(w->source);
    GIOCondition condition =
        (events & CREW_READ ? G_IO_IN : 0) | (events & CREW_WRITE ? G_IO_OUT : 0);
    w->source = g_unix_fd_add(w->fd, condition, watch_ready, w);
}

static inline gpointer watch_new(gpointer loop, int fd, guint events,
                                 void (*fn)(guint events, gpointer data), gpointer data)
{
    (void)loop;
    watch *w = g_new0(watch, 1);
    *w = (watch){.fd = fd, .on_events = fn, .data = data};
    watch_set(w, events);
    return w;
}

static inline void watch_free(gpointer data)
{
    watch *w = data;
    if (w->source)
        g_source_remove(w->source);
    g_free(w);
}

static inline gboolean timer_fires(gpointer data)
{
    watch *w = data;
    w->source = 0;
    w->on_time(w->data);
    return G_SOURCE_REMOVE;
}

static inline gpointer timer_new(gpointer loop, int64_t first_ms, int64_t every_ms,
                                 void (*fn)(gpointer data), gpointer data)
{
    (void)loop;
    (void)every_ms;
    watch *w = g_new0(watch, 1);
    *w = (watch){.on_time = fn, .data = data};
    w->source = g_timeout_add((guint)(first_ms / TIMERS_FASTER), timer_fires, w);
    return w;
}

static const crew_loop loop = {NULL, watch_new, watch_set, watch_free, timer_new, watch_free};

static inline gboolean too_long(gpointer data)
{
    (void)data;
    g_error("waited too long");
    return G_SOURCE_REMOVE;
}

static inline void wait_for(const bool *flag)
{
    guint guard = g_timeout_add(PATIENCE_MS, too_long, NULL);
    while (!*flag)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(guard);
}

#endif
