/*
 * A few connections that only read, for pool threads: a search does not keep the clerk from writing.
 *
 * Each is opened when it is first needed, kept, and used by one thread at a time. Frames of theirs see what was
 * committed before they began.
 *
 * Runs on: any thread.
 * Memory:  you own what readers_new() returns; a reader taken is given back.
 */
#ifndef RECORDS_READERS_H
#define RECORDS_READERS_H

#include "records/records.h"

#define READERS_MAX 4 /* as many as pool threads ask at once; more wait for one given back */

typedef struct readers readers;

readers *readers_new(const char *path); /* opens nothing yet */
void readers_free(readers *all);        /* NULL is fine; all must have been given back */

/* In a frame already begun; NULL on STORAGE. */
records *readers_take(readers *all, GError **error);
void readers_give(readers *all, records *db);

#endif
