/*
 * The SRT thread: libsrt's only home.
 *
 * One UDP port for all callers. libsrt cannot be polled by anybody else's loop, so a thread waits on
 * its epoll, reads what callers send into their inlets, and rings an eventfd. It decides nothing:
 * who may come in says the door, who must go says the loop through the inlet.
 *
 * Runs on: new and free on the loop's thread; the inside on a thread of its own and on libsrt's.
 * Memory:  you own what srt_listener_new() returns; the door must outlive it.
 */
#ifndef SRT_LISTENER_H
#define SRT_LISTENER_H

#include "base/error.h"
#include "ingest/srt/door.h"
#include "ingest/srt/inlet.h"

#define SRT_CALLERS_MAX 256 /* at once, as RTMP; one more is refused with 1402 */
#define SRT_BACKLOG 32      /* handshakes done and not yet fetched by the thread */
#define SRT_TURN_MS 20      /* closing and going on reading are seen so late at most */
#define SRT_LOST_MS 5000    /* without a packet, keep-alives too: the caller is lost */
#define SRT_HEALTH_MS 1000

typedef struct {
    const char *bind; /* numeric address */
    int port;         /* 0: any free one */
    int latency_ms;   /* of the receiver; a caller may ask for more */
    door *door;
    int bell; /* an eventfd: rung when arrivals or inlets have news; stays the caller's */
    /* On a thread of libsrt's, in the middle of a handshake. May be NULL. */
    void (*on_refused)(gpointer user, const char *peer, door_answer answer);
    gpointer user;
} srt_listener_options;

typedef struct srt_listener srt_listener;

/* *bound_port is set. CONFLICT error when the port is taken; INPUT when the address is none. */
srt_listener *srt_listener_new(const srt_listener_options *options, int *bound_port,
                               GError **error);
/* Every caller is closed and every inlet has ended when it returns. NULL is fine. */
void srt_listener_free(srt_listener *l);

/* The loop: the next caller that came in, or NULL. The reference is yours. */
inlet *srt_listener_arrival(srt_listener *l);

#endif
