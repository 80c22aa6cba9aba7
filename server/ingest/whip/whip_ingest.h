/*
 * WebRTC's way in (WHIP, RFC 9725): sessions between a publisher, its receiver, and ingest's table.
 *
 * An offer gets a receiver of its own (a worker process, see crew_stand_by) and the receiver's
 * answer; the lobby (lobby.h) passes packets. The table is told of a publisher when its first track
 * arrives, so an offer that never connects takes nobody's place. Silence is told as a loss after
 * WHIP_SILENCE_MS; whoever comes back before WHIP_LOST_MS goes on where nobody has taken over.
 * It knows no HTTP and no classes: a class's id and key are only handed on, and a key never logged.
 *
 * Runs on: the loop.
 * Memory:  you own what whip_ingest_new() returns; sessions belong to it. Table and crew outlive it.
 */
#ifndef WHIP_WHIP_INGEST_H
#define WHIP_WHIP_INGEST_H

#include "crew/crew.h"
#include "ingest/ingest.h"
#include "net/net.h"

#define WHIP_SESSIONS_MAX 32 /* at once; each has a process. One more: BUSY */
/* each starts a process: so many are taken within so long, then BUSY */
#define WHIP_OFFERS_MAX 20
#define WHIP_OFFERS_CLASS 8 /* of them for one class */
#define WHIP_OFFERS_MS 10000
#define WHIP_ANSWER_MS 5000   /* from the offer to the answer */
#define WHIP_CONNECT_MS 15000 /* from the answer to the first picture or sound */
#define WHIP_SILENCE_MS 3000  /* without a frame: the publisher is lost */
#define WHIP_LOST_MS 15000    /* without a frame: the session is over */
#define WHIP_LATENCY_MS 300   /* how long a receiver waits for a lost packet */
#define WHIP_SPARE_MS 600000  /* a receiver nobody needed for so long is sent home */

typedef struct whip_ingest whip_ingest;

typedef struct {
    const char *bind;      /* numeric */
    int port;              /* UDP; 0: any free one */
    const char *addresses; /* to be offered, with commas between; "": found out */
} whip_options;

/* *bound_port is set. CONFLICT error when the port is taken, INPUT when an address is none. */
whip_ingest *whip_ingest_new(net *loop, crew *crew, const whip_options *options,
                             const ingest_ops *table, int *bound_port, GError **error);
/* Ends every session, telling the table. Offers on their way are answered with an error. NULL is fine. */
void whip_ingest_free(whip_ingest *ingest);

typedef struct {
    const char *class_id, *key;
    const char *peer; /* address and client name, for the log and the master */
    const char *host; /* the request's Host header, or NULL */
} whip_caller;

typedef struct {
    const char *session; /* 32 hexadecimal digits nobody can guess */
    const char *etag;    /* of its ICE session, without quotes */
    const char *sdp;
} whip_answer;

/* Called once, with an answer or an error. Everything is borrowed. */
typedef void (*whip_answered)(gpointer user, const whip_answer *answer, const GError *error);

/*
 * An offer of somebody who has shown the key. What the class has of earlier offers that are not on
 * air ends. False: answered is not called; INPUT error as sdp_read_offer(), BUSY, or PEER when no
 * receiver can be started.
 */
bool whip_ingest_offer(whip_ingest *ingest, const whip_caller *caller, const char *sdp, gsize size,
                       whip_answered answered, gpointer user, GError **error);

/*
 * A trickled fragment (RFC 8840) for a session of this class. Candidates are not needed and only
 * read; a new user fragment is an ICE restart, which is refused. MISSING: no such session; CONFLICT:
 * another ICE session than `etag` says; INPUT: "sdp_broken", or "ice_restart".
 */
bool whip_ingest_trickle(whip_ingest *ingest, const char *class_id, const char *session,
                         const char *etag, const char *fragment, gsize size, GError **error);

/* The publisher says goodbye. MISSING when the class has no such session. */
bool whip_ingest_end(whip_ingest *ingest, const char *class_id, const char *session,
                     GError **error);

void whip_ingest_metrics(const whip_ingest *ingest, GString *out); /* Prometheus text */

#endif
