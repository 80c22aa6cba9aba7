/*
 * What the files of this room share: the hall, its rooms, their members.
 *
 * hall.c makes and frees them, fanout.c brings frames to sockets, talk.c understands what members say, ask.c what
 * they ask and answer, outgoing.c writes what they get.
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
    struct desk *desk;            /* questions on their way to the records and back */
    rates *words, *hands, *deeds; /* per person, over all rooms */
    GHashTable *rooms;            /* room->title_id > room */
    GHashTable *devices;          /* person > their sockets (hall.c) */
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
    guint hands_each;                     /* told one by one since the number was told */
    bool hands_listed;                    /* hosts are due the list */
    int64_t count_told_ms, hands_told_ms; /* monotonic */
    int questions;                        /* open ones */
    GHashTable *votes;     /* question id (int64_t *) > votes (int64_t *): moved, not told yet */
    int64_t votes_told_ms; /* monotonic */
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
    GList link;                  /* in room->lagging */
    GList device;                /* among its person's; data NULL: in no list */
    guint64 cursor;              /* next frame of the ring */
    int64_t flood_ms, listed_ms; /* buckets (rates.h) */
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

/* Answers this message with an error, which carries the client's own reference. Takes the error. */
void member_refuse(room_member *member, const json_t *message, json_t *error);
void member_refuse_rate(room_member *member, const json_t *message, int64_t retry_ms);
/* True when it is one, and was refused. */
bool member_is_guest(room_member *member, const json_t *message);
/* The message's text, fit to be shown; NULL when it is not, and was refused. You own it. */
char *member_words(room_member *member, const json_t *message, gsize max_chars);
/*
 * To each socket of one person; `by`, who did it, mostly is the only one, and may be NULL. Takes the message.
 */
void room_answer_person(room *room, room_member *by, int64_t person, json_t *message);
/*
 * Tells the hosts whose hand it was, and all how many are up: now or, if they were told just now, soon. When a class raises
 * them all at once, hosts get the list with the number instead.
 */
void room_tell_hand(room *room, const roster_raised *hand, bool up);
/* The number of hands, if it has moved and is due. */
void room_tell_hands(room *room, int64_t now_ms);

/* ---- ask.c ---- */

struct desk *desk_new(room_hall *hall, clerk *writer);
void desk_free(struct desk *desk); /* what is on its way ends without a word; NULL is fine */

/* How many questions are open is read anew: known before whatever the clerk is asked next. False when it is busy. */
bool room_count_questions(room *room);
/* Votes that have moved, if they are due. */
void room_tell_votes(room *room, int64_t now_ms);

/* The messages of these names. */
void room_on_ask(room_member *member, json_t *message);
void room_on_vote(room_member *member, json_t *message);
void room_on_answer(room_member *member, json_t *message);
void room_on_reopen(room_member *member, json_t *message);
void room_on_remove(room_member *member, json_t *message);
void room_on_questions(room_member *member, json_t *message);

/* ---- outgoing.c: all return new objects ---- */

json_t *out_said(const said *said);
json_t *out_hand(const roster_raised *hand, bool up);
json_t *out_hands(const room *room, bool listed); /* how many; and whose */
json_t *out_error(const char *code, const char *detail);
/* The welcome as text, the history spliced in. */
char *out_welcome(room_member *member);

#endif
