/*
 * What the files of this room share: the hall, its rooms, their members.
 *
 * hall.c makes and frees them, fanout.c brings frames to sockets, talk.c understands what members say, outgoing.c
 * writes what they get.
 *
 * Runs on: the loop.
 * Memory:  the hall owns rooms, a room its members; an empty room goes at the next sweep, when all it said is written.
 */
#ifndef ROOM_HALL_H
#define ROOM_HALL_H

#include "room/archive.h"
#include "room/history.h"
#include "room/rates.h"
#include "room/ring.h"
#include "room/room.h"
#include "room/roster.h"

typedef struct room room;

struct room_hall {
    net *net;
    base_clock *clock;
    room_news news;
    archive *archive;
    rates *words, *hands; /* per person, over all rooms */
    GHashTable *rooms;    /* room->title_id > room */
    GHashTable *devices;  /* person > their sockets (hall.c) */
    net_timer *sweep;
    guint members;
    guint64 serials; /* the last member's */
    guint64 said, cut_slow, cut_flood, replaced;
};

struct room {
    room_hall *hall;
    char title_id[33];
    bool open;    /* its history has been read: members are welcome */
    bool reading; /* … is being read */
    int64_t seq;  /* of the last message */
    GPtrArray *members;
    GPtrArray *hosts; /* those of them who are */
    GQueue lagging;   /* those of them whose socket could not take the last frame */
    ring *ring;
    roster *roster;
    history *history;
    net_timer *tick;                      /* frames are waiting for it */
    guint64 ticked;                       /* … from this one on */
    bool count_moved, hands_moved;        /* not told yet */
    int64_t count_told_ms, hands_told_ms; /* monotonic */
};

struct room_member {
    room *room;
    ws *socket;
    room_identity who;
    gpointer data;
    guint64 serial;
    guint place;  /* in room->members */
    bool welcome; /* has been welcomed: frames go to it */
    bool lagging;
    GList link;     /* in room->lagging */
    GList device;   /* among its person's; data NULL: in no list */
    guint64 cursor; /* next frame of the ring */
    int64_t flood_ms;
};

/* ---- fanout.c ---- */

/* One frame for all, at once or on the next tick. author may be NULL; it gets to_author. Takes the objects. */
void room_broadcast(room *room, json_t *message, room_member *author, json_t *to_author);
/* Sends what the member has not got yet, as far as its socket takes it. The member may be dead afterwards. */
void member_follow(room_member *member);
/* Closes those who are too far behind. */
void room_cut_slow(room *room);
void member_forget_lagging(room_member *member);

/* To the hosts alone, those who were welcomed. Steals nothing. */
void room_answer_hosts(room *room, json_t *message);

/* ---- talk.c ---- */

/* Tells the hosts whose hand it was, and all how many are up: now or, if they were told just now, soon. */
void room_tell_hand(room *room, const roster_raised *hand, bool up);
/* The number of hands, if it has moved and is due. */
void room_tell_hands(room *room, int64_t now_ms);

/* ---- outgoing.c: all return new objects ---- */

json_t *out_said(const said *said);
json_t *out_hand(const roster_raised *hand, bool up);
json_t *out_error(const char *code, const char *detail);
/* The welcome as text, the history spliced in. */
char *out_welcome(room_member *member);

#endif
