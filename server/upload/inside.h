/*
 * What the files of upload share among themselves; no other room reads it.
 *
 * Runs on: the loop, but for the work handed to the pool.
 * Memory:  the desk owns its pours, errands and the finish.
 */
#ifndef UPLOAD_INSIDE_H
#define UPLOAD_INSIDE_H

#include "net/pool.h"
#include "upload/desk.h"
#include "upload/spool.h"

#define SUMS_MAX                                                                                   \
    64 /* running digests kept between two bodies; of the others the file is read again */
#define DESK_TICK_MS 500
#define DESK_SWEEP_MS 60000
#define DESK_SWEEP_MAX 64 /* uploads expired or told at once */

typedef struct pour pour;
typedef struct finish finish;

struct upload_desk {
    upload_desk_parts parts;
    spool *spool;
    pool *pool;            /* its own: it waits for the disk, and the house's hashes passwords */
    GHashTable *turns;     /* id > GQueue of waiting: whose upload is being worked on */
    GQueue pours, errands; /* of pour, errand */
    GHashTable *sums;      /* id > running_sum, between two bodies */
    GQueue unfinished;     /* of char *: ids whose bytes are all there */
    finish *finish;        /* the one being finished, or NULL */
    net_timer *tick, *sweep, *tell;
    bool stopped;
    struct {
        guint64 bytes, poured, completed, expired, refused_sums;
    } counts;
};

/* ---- one at a time per upload (turns.c) ---- */

/* Calls fn now or when the upload is free. False: too many wait. */
bool turn_take(upload_desk *desk, const char *id, void (*fn)(gpointer data), gpointer data);
bool turn_is_taken(const upload_desk *desk, const char *id);
bool turn_is_wanted(const upload_desk *desk, const char *id); /* somebody waits */
void turn_end(upload_desk *desk, const char *id);             /* the next one is called */

/* ---- bodies (pour.c) ---- */

pour *pour_of(const upload_desk *desk, const char *id); /* NULL: none is being poured */
int64_t pour_owner(const pour *p);
/* Ends it where it is; its sender is told `why` (taken). With keep what came is made certain. */
void pour_cut(pour *p, bool keep, GError *why);
bool pour_flows(const pour *p); /* its bytes are being read */
/* Of one that flows: told when all that has come by now is certain. */
void pour_ask(pour *p, upload_done on_done, gpointer user);
void pour_tick(pour *p);
void pour_free(gpointer pour); /* tells that it came to nothing */

/* ---- a running SHA-256 between two bodies (sums.c) ---- */

/* The digest of the first `at` bytes; NULL: not known. Yours. */
digest *sum_take(upload_desk *desk, const char *id, int64_t at);
/* How far a digest goes that can be had; -1: there is none. */
int64_t sum_at(const upload_desk *desk, const char *id);
void sum_keep(upload_desk *desk, const char *id, digest *sum, int64_t at); /* takes it */
GHashTable *sums_new(void);

/* ---- what is left to do when all bytes are there (finish.c) ---- */

void finish_later(upload_desk *desk, const char *id);
void finish_next(upload_desk *desk);
void finish_free(finish *f);

/* ---- small tasks for clerk and pool (errand.c) ---- */

void errand_sweep(gpointer desk); /* expired ones go */
void errand_tell(gpointer desk);  /* complete ones are told */
void errand_free(gpointer errand);

GError *upload_busy(const char *id);

#endif
