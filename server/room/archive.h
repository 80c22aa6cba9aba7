/*
 * What was said, on its way to the records in batches, and what was said before.
 *
 * A message waits at most one flush here (a crash loses no more); while the clerk is busy or the disk refuses, messages
 * wait in a list with a bound, and over it the oldest are lost and counted. It knows no sockets.
 *
 * Runs on: the loop; its jobs on the clerk's thread.
 * Memory:  you own what archive_new() returns; messages are copied.
 */
#ifndef ROOM_ARCHIVE_H
#define ROOM_ARCHIVE_H

#include "records/clerk.h"

#define ARCHIVE_WAITING_MAX 8192 /* messages not written yet: some seconds of the busiest evening */
#define ARCHIVE_BATCH_MAX 512    /* messages in one job */

typedef struct {
    char title_id[33];
    int64_t seq;   /* rises in each room */
    int64_t at_ms; /* UTC */
    int64_t programme_ms;
    int64_t person;
    char name[204];
    bool host;
    char *words;
} said;
void said_free(said *said); /* NULL is fine */

typedef struct archive archive;

archive *archive_new(clerk *clerk);
void archive_free(archive *archive); /* hands over what waits; NULL is fine */

void archive_add(archive *archive, const said *said);
/* Hands what waits to the clerk. False when some must go on waiting. */
bool archive_flush(archive *archive);

/*
 * The newest messages of one title, oldest first (of said *; borrowed for the call), or an error. Flushes first, so
 * that what was said a moment ago is among them. BUSY error: fn will not be called.
 */
typedef void (*archive_fn)(const char *title_id, GPtrArray *messages, const GError *error,
                           gpointer data);
bool archive_read(archive *archive, const char *title_id, int most, archive_fn fn, gpointer data,
                  GError **error);

guint archive_waiting(const archive *archive); /* handed over or not, but not known to be written */
guint64 archive_lost(const archive *archive);

#endif
