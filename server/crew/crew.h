/*
 * Hires, watches and retires workers. The only room that spawns processes (program.h: one that is no worker).
 *
 * A hand is one worker process at the other end of a socket pair (its fd 3). Its death arrives
 * through the same door as its messages. It knows no classes and does not decide whether to hire
 * again.
 *
 * Runs on: the loop.
 * Memory:  a hand lives from crew_hire() until its on_gone callback has returned.
 */
#ifndef CREW_CREW_H
#define CREW_CREW_H

#include "base/clock.h"
#include "base/error.h"
#include "wire/wire.h"

#define CREW_QUEUE_MAX                                                                             \
    (16 * 1024 * 1024) /* bytes owed to one worker; crew_send says so before it is reached */
#define CREW_HANDS_MAX 64
#define CREW_RETIRE_MS                                                                             \
    8000 /* after LEAVE or FINISH; four times it while the queue goes down: then SIGKILL */
#define CREW_STALL_MS                                                                              \
    20000 /* a full queue of which nothing is taken (a cold start takes up to 8 s): SIGKILL */

#define CREW_WARM_SOON_MS 1000   /* after a spare was taken: its class starts first */
#define CREW_WARM_AGAIN_MS 10000 /* after a spare died */

#define CREW_PLANNED_PERCENT 80 /* of the cores */
#define CREW_OFFLINE_MAX 8 /* hands at work that nobody waits for: the others are for classes */

/* What a watch looks for: the same numbers as net's. */
enum { CREW_READ = 1, CREW_WRITE = 2 };

typedef struct crew crew;
typedef struct crew_hand crew_hand;

/* How the crew listens and waits without knowing net: main gives it these four. */
typedef struct {
    gpointer loop;
    gpointer (*watch_new)(gpointer loop, int fd, guint events,
                          void (*fn)(guint events, gpointer data), gpointer data);
    void (*watch_set)(gpointer watch, guint events);
    void (*watch_free)(gpointer watch);
    gpointer (*timer_new)(gpointer loop, int64_t first_ms, int64_t every_ms,
                          void (*fn)(gpointer data), gpointer data);
    void (*timer_free)(gpointer timer);
} crew_loop;

typedef struct {
    void (*on_message)(crew_hand *hand, const wire_message *message, gpointer user);
    /* May be NULL. */
    void (*on_drained)(crew_hand *hand, gpointer user); /* after crew_send() said full */
    /* Last call. why: "exit 0", "exit 3: <its last sentence>", "signal 9", "spoke nonsense: ..." */
    void (*on_gone)(crew_hand *hand, bool done, const char *why, gpointer user);
} crew_ops;

/* cores: how many the workers may be planned for; 0: all there are. */
crew *crew_new(const char *worker_path, const crew_loop *loop, int cores);
/*
 * Asks all to leave, waits at most CREW_RETIRE_MS, kills the rest. Their last callbacks still come.
 * NULL is fine.
 */
void crew_free(crew *crew);

/*
 * From now on so many spares stand by: workers that are started, have what they need in memory and
 * wait for a job, so that a class begins at once. First GStreamer's list of plugins is brought up to
 * date, once. Spares do not count as hands at work. Call once.
 */
void crew_keep_warm(crew *crew, int spares);

/* Gives a spare this job, or starts a worker with it. BUSY when all hands are taken; PEER when it cannot be started. */
crew_hand *crew_hire(crew *crew, const wire_job *job, const crew_ops *ops, gpointer user,
                     GError **error);

/*
 * The same for work nobody waits for: it takes no spare, never one of the last seats, and counts as nothing when a
 * class asks for room. BUSY also when CREW_OFFLINE_MAX are at work.
 */
crew_hand *crew_hire_offline(crew *crew, const wire_job *job, const crew_ops *ops, gpointer user,
                             GError **error);
/* An offline one stands still (SIGSTOP), and goes on. Whoever is to leave goes on by itself. */
void crew_hold(crew_hand *hand, bool held);
/* Thousandths of a core that live work leaves of those that may be planned for; not below 0. */
int32_t crew_idle(const crew *crew);
int32_t crew_planned(const crew *crew); /* of them all */

/*
 * Starts a receiver: it stands by for a WebRTC publisher's offer (WIRE_OFFER) and then sends TRACK
 * and FRAME up. Errors as above.
 */
crew_hand *crew_stand_by(crew *crew, const crew_ops *ops, gpointer user, GError **error);

/*
 * Queues a message (new reference taken). False: the queue is past half; stop feeding until
 * on_drained.
 */
bool crew_send(crew_hand *hand, GBytes *message);
/* LEAVE or FINISH, then a deadline, then SIGKILL. */
void crew_retire(crew_hand *hand, wire_kind how);
void crew_kill(crew_hand *hand); /* SIGKILL at once; on_gone follows */
int crew_pid(const crew_hand *hand);
/*
 * No callback of this hand follows any more; the crew still sees it to its end. Send or retire it
 * first.
 */
void crew_disown(crew_hand *hand);
guint crew_count(const crew *crew); /* hands at work */
guint crew_spares(const crew *crew);

/*
 * What a live job takes, in thousandths of a core: an estimate by the rungs it encodes (measured at
 * superfast on the reference machine; content can double it).
 */
int32_t crew_cost(const wire_job *job);
/*
 * Would this job leave room for what is at work already, and for what is kept for others (thousandths of a core)?
 * A fifth of the cores is never planned for: the loop, the clerk and the pictures that cost more than others live
 * there.
 */
bool crew_can_carry(const crew *crew, const wire_job *job, int32_t kept);
/* The same, once this hand has left its work to it. */
bool crew_can_carry_instead(const crew *crew, const crew_hand *hand, const wire_job *job,
                            int32_t kept);
/* What a source adds that cannot be copied, of so many lines; alone: it is decoded for nothing else. */
int32_t crew_source_cost(int32_t lines, bool alone);
void crew_set_source_cost(crew_hand *hand, int32_t cost); /* 0: it is copied, or not known yet */

#endif
