/*
 * The thread that records and decides: plain blocking code, one mailbox, group commit.
 *
 * It drains the mailbox, runs each job in a savepoint of one transaction, commits once at full
 * durability, then delivers all answers. A job that fails is rolled back alone. It knows no room
 * above it.
 *
 * Runs on: clerk_post() on any thread; jobs on the clerk's thread; `done` wherever `deliver` runs
 *          it (the loop).
 * Memory:  `data` is yours again in `done`, which is always called once per accepted job.
 */
#ifndef RECORDS_CLERK_H
#define RECORDS_CLERK_H

#include "records/records.h"

#define CLERK_MAIL_MAX 16384 /* jobs waiting: full answers BUSY */
#define CLERK_BATCH_MAX 2048 /* jobs in one transaction */

typedef struct clerk clerk;
typedef bool (*clerk_job)(records *db, gpointer data, GError **error);
/* error is NULL when job and commit both succeeded; borrowed. */
typedef void (*clerk_done)(gpointer data, const GError *error);
/* Hands fn(data) to the loop: net_post with its net. */
typedef void (*clerk_deliver)(gpointer loop, void (*fn)(gpointer data), gpointer data);

/* Opens (and migrates) the database on the calling thread, then starts the thread. */
clerk *clerk_new(const char *path, clerk_deliver deliver, gpointer loop, GError **error);
/* Finishes what is in the mailbox, commits, closes. NULL is fine. `done`s are still delivered. */
void clerk_free(clerk *clerk);
/* BUSY error when full; then neither job nor done is called. done may be NULL. */
bool clerk_post(clerk *clerk, clerk_job job, clerk_done done, gpointer data, GError **error);
/* Numbers for /metrics, Prometheus text. Any thread. */
void clerk_metrics(clerk *clerk, GString *out);

#endif
