/*
 * One publisher's RTMP connection as a pure machine: bytes in, replies and tags out.
 *
 * Handshake, chunks, commands, acknowledgements. It does no I/O, reads no clock and looks into no
 * tag; deadlines are the adapter's. Playing is refused: this house only takes.
 * Source: Adobe RTMP 1.0 (2012); Veovera Enhanced RTMP for what tags may hold.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what rtmp_new() returns; tags are borrowed for the call.
 */
#ifndef RTMP_RTMP_H
#define RTMP_RTMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define RTMP_APP "live"       /* the application name; others are refused with a hint */
#define RTMP_KEY_MAX 256      /* bytes of a stream name with its ?query */
#define RTMP_COMMANDS_MAX 200 /* in one connection; encoders send fewer than twelve */
#define RTMP_REPLIES_MAX                                                                           \
    (256 * 1024) /* bytes of replies not taken: the peer only asks and never reads */
#define RTMP_WINDOW                                                                                \
    2500000 /* bytes between acknowledgements, either way, unless the peer says less */

typedef struct rtmp rtmp;

typedef struct {
    /*
     * A stream name without its query. False: *why (static) is told to the peer and the connection
     * ends.
     */
    bool (*on_publish)(gpointer user, const char *key, const char **why);
    /*
     * Only between publish and its end. type: 8 audio, 9 video. False: *error's sentence is told to
     * the peer.
     */
    bool (*on_tag)(gpointer user, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
                   GError **error);
    void (*on_unpublish)(gpointer user); /* the publisher said goodbye; once */
} rtmp_ops;

rtmp *rtmp_new(const rtmp_ops *ops, gpointer user);
void rtmp_free(rtmp *session); /* NULL is fine */

/*
 * Takes bytes as they came. False: the connection is over and *error says why in a sentence;
 * replies (a refusal told to the peer) may still wait. Any cutting of the same bytes gives the same
 * tags.
 */
bool rtmp_feed(rtmp *session, const uint8_t *bytes, gsize size, GError **error);

/* What the peer must be sent now; NULL: nothing. You own it. */
GBytes *rtmp_take_replies(rtmp *session);

/*
 * The house ends a publish: an error status with this sentence is put among the replies; no tag
 * follows.
 */
void rtmp_refuse(rtmp *session, const char *why);

bool rtmp_publishing(const rtmp *session);
const char *
rtmp_client(const rtmp *session); /* what it calls itself, printable ASCII, "" until connect */

#endif
