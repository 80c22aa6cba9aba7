/*
 * The files of uploads: <data>/spool/<id>.part while bytes are missing, <data>/spool/<id> when it is whole.
 *
 * It knows files and the disk, no rows. What a function says is on disk survives a loss of power.
 *
 * Runs on: the pool; it waits for the disk.
 * Memory:  you own what spool_open() returns; descriptors are yours.
 */
#ifndef UPLOAD_SPOOL_H
#define UPLOAD_SPOOL_H

#include "base/error.h"
#include "upload/digest.h"

#include <stdint.h>

typedef struct spool spool;

/* Makes the folder. STORAGE error. */
spool *spool_open(const char *data_dir, GError **error);
void spool_free(spool *is); /* NULL is fine */

/* Of the whole file. You own it. */
char *spool_path(const spool *is, const char *id);

/* Bytes of the disk that we may still use. */
bool spool_room(const spool *is, int64_t *bytes, GError **error);

/*
 * The unfinished file, for writing at `offset`: made (and its name on disk) when that is 0, cut there when it is longer.
 * -1 and STORAGE when it is shorter: bytes are lost.
 */
int spool_take(const spool *is, const char *id, int64_t offset, GError **error);

/* STORAGE, "disk_full" when that is why. */
bool spool_write(int fd, const void *bytes, gsize length, int64_t at, GError **error);
bool spool_sync(int fd, GError **error);
bool spool_cut(int fd, int64_t length, GError **error);

/* Adds [from, to) of the file, whole or not, to the digest. */
bool spool_digest(const spool *is, const char *id, digest *sum, int64_t from, int64_t to,
                  GError **error);
/* Copies [from, from + length) of another upload's unfinished file to `at`; not synced. */
bool spool_copy(const spool *is, const char *id, int64_t from, int64_t length, int fd, int64_t at,
                GError **error);

/* It is whole: its name says so, on disk. Fine when it said so before. */
bool spool_whole(const spool *is, const char *id, GError **error);
/* Both names go, quietly when there are none. */
void spool_drop(const spool *is, const char *id);
/* Removes unfinished files of ids that are not in the set; how many. */
guint spool_tidy(const spool *is, GHashTable *known_ids);

#endif
