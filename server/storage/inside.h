/*
 * What the files of this room share. Inside of storage only.
 *
 * Runs on: as storage.h says of each function.
 * Memory:  storage owns everything; measure_free() frees what measure_new() made.
 */
#ifndef STORAGE_INSIDE_H
#define STORAGE_INSIDE_H

#include "storage/storage.h"

typedef struct measure measure;

struct storage {
    net *net;
    clerk *clerk;
    shelf *shelf;
    base_clock *clock;
    char *data_dir;
    storage_retention retention;
    errands *errands, *measurers;
    measure *measure;
    net_timer *hourly;
    bool sweeping, again; /* a sweep is on its way; another was asked for meanwhile */
    uint64_t removed;
};

/* Sizes of titles as measured before. */
measure *measure_new(void);
void measure_free(measure *m);

/* ---- retention.c ---- */
/* Clerk side: what has had its time is to be removed from now on; titles: array of char *, theirs. */
bool retention_apply(records *db, base_clock *clock, const storage_retention *retention,
                     GPtrArray *titles, GError **error);

/* ---- removed.c ---- */
/* Tells the shelf what was removed before this start. */
void removed_recall(storage *s);

#endif
