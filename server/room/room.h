/*
 * The rooms people talk in, one per title: members, messages, hands, questions; ring, fan-out, history.
 *
 * Speaks jiangtang.v1 (server/api/PROTOCOL.md) over net's WebSockets, once api has checked the pass. It does not
 * judge minutes: beats go up through room_news. A slow reader follows the ring and is cut when overrun.
 *
 * Runs on: the loop.
 * Memory:  members belong to their room, rooms to the hall; they go when the socket closes.
 */
#ifndef ROOM_ROOM_H
#define ROOM_ROOM_H

#include <jansson.h>

#include "base/clock.h"
#include "net/net.h"
#include "records/clerk.h"

#define ROOM_RING 512        /* frames a slow reader may be behind */
#define ROOM_BEHIND_MS 15000 /* or this long */
#define ROOM_HISTORY 50      /* messages on join */
/*
 * Where a room's numbers begin when it opens: the time, so much finer. A process that died had given some out and not
 * written them; they are not given again.
 */
#define ROOM_SEQ_A_MS 1000
#define ROOM_TEXT_MAX 200  /* characters of one message */
#define ROOM_RATE_TOKENS 5 /* messages at once, refilled one per ROOM_RATE_MS */
#define ROOM_RATE_MS 2000
#define ROOM_DEED_TOKENS 10 /* votes for questions, and what hosts do with them, likewise */
#define ROOM_DEED_MS 1000
#define ROOM_LIST_TOKENS 3 /* times one socket may ask for all questions at once */
#define ROOM_LIST_MS 2000
#define ROOM_MEMBERS_MAX 50000
#define ROOM_DEVICES_MAX 8  /* sockets of one person over all rooms; one more closes the oldest */
#define ROOM_TICK_FROM 1000 /* from so many members on, frames go out together every ROOM_TICK_MS */
#define ROOM_TICK_MS 40
#define ROOM_COUNT_MS 2000 /* the number of members is told at most so often */
#define ROOM_HANDS_MS                                                                              \
    500 /* so is the number of hands: a class raises them all at once; and votes */
#define ROOM_HANDS_EACH                                                                            \
    10 /* hands that a host is told one by one in that time; more come as a list */
#define ROOM_HANDS_LIST 200 /* the longest up: whom a host can see */
#define ROOM_SWEEP_MS                                                                              \
    1000 /* slow readers are looked at, messages written, empty rooms freed so often */
#define ROOM_FLOOD_TOKENS                                                                          \
    60 /* messages of any kind one socket may send at once; over it: closed 1008 */
#define ROOM_FLOOD_MS 100 /* refilled one per so long */

/* Close codes of jiangtang.v1. */
#define ROOM_CLOSE_POLICY 1008
#define ROOM_CLOSE_FULL 1013
#define ROOM_CLOSE_BAD_MESSAGE 4400
#define ROOM_CLOSE_NO_JOIN 4401
#define ROOM_CLOSE_PASS 4403
#define ROOM_CLOSE_SLOW 4408
#define ROOM_CLOSE_REPLACED 4409

typedef struct room_hall room_hall;
typedef struct room_member room_member;

typedef struct {
    int64_t person; /* 0: guest */
    char name[204];
    char title_id[33];
    bool host; /* master or assistant of this class */
} room_identity;

typedef struct {
    gpointer user;
    /* A message this room does not handle itself ("watch", "beat", "leave_watch"), already parsed. */
    void (*on_other)(gpointer user, room_member *member, const char *kind, json_t *message);
    void (*on_left)(gpointer user, room_member *member);
    /* UTC ms of the programme position live viewers are at, or 0: stamped on messages. */
    int64_t (*programme_ms)(gpointer user, const char *title_id);
    /* May add to a welcome what the room does not know ("state", "epoch_ms"). */
    void (*on_welcome)(gpointer user, const char *title_id, json_t *welcome);
} room_news; /* any may be NULL */

room_hall *room_hall_new(net *net, clerk *clerk, base_clock *clock, const room_news *news);
/* While the clerk still runs: what was said is handed to it. Members' sockets get NULL as data. NULL is fine. */
void room_hall_free(room_hall *hall);

/*
 * A socket whose pass was checked: a welcome with history follows, at once or when the history has been read. The
 * socket's data becomes the member. NULL when the hall is full: then the socket is being closed (1013). Of a person with
 * ROOM_DEVICES_MAX sockets the oldest is closed (4409): the newest is the one they are looking at.
 */
room_member *room_join(room_hall *hall, ws *socket, const room_identity *who);
/* What ws_ops hand on. */
void room_text(room_member *member, const char *text, gsize length);
void room_writable(room_member *member);
void room_left(room_member *member);

const room_identity *room_member_identity(const room_member *member);
gpointer room_member_data(const room_member *member); /* the upper side's own */
void room_member_set_data(room_member *member, gpointer data);
/* One message to one member, or to all in a title's room (serialised once). Steals nothing. */
void room_answer(room_member *member, json_t *message);
void room_tell(room_hall *hall, const char *title_id, json_t *message);
/* The same to its hosts alone. */
void room_tell_hosts(room_hall *hall, const char *title_id, json_t *message);
/*
 * Closes (4403) the sockets of a person, in all rooms or in one; person 0: everybody's in that room. Who may still come
 * in does so with a new pass.
 */
void room_put_out(room_hall *hall, int64_t person, const char *title_id);
guint room_count(const room_hall *hall, const char *title_id);
void room_metrics(const room_hall *hall, GString *out);

#endif
