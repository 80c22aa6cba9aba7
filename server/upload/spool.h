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

/* An unfinished file open for writing. */
typedef struct {
    int fd;     /* -1: not open */
    int direct; /* the same past the page cache; -1: the file system has no such way */
} spool_file;
#define SPOOL_CLOSED ((spool_file){-1, -1})

/*
 * The unfinished file, for writing at `offset`: made (and its name on disk) when that is 0, cut there when it is longer.
 * STORAGE, also when it is shorter: bytes are lost.
 */
bool spool_take(const spool *is, const char *id, int64_t offset, spool_file *file, GError **error);
void spool_close(spool_file *file); /* fine when it is closed */

/*
 * STORAGE, "disk_full" when that is why. Where memory and offset are multiples of SPOOL_ALIGN the bytes go past the page
 * cache: gigabytes that nobody reads soon would drive out the parts that learners are watching, and copying them there
 * costs more than all else.
 */
#define SPOOL_ALIGN 4096
bool spool_write(spool_file *file, const void *bytes, gsize length, int64_t at, GError **error);
bool spool_sync(const spool_file *file, GError **error);
bool spool_cut(const spool_file *file, int64_t length, GError **error);

/* Adds [from, to) of the file, whole or not, to the digest. */
bool spool_digest(const spool *is, const char *id, digest *sum, int64_t from, int64_t to,
                  GError **error);
/* Copies [from, from + length) of another upload's unfinished file to `at`; not synced. */
bool spool_copy(const spool *is, const char *id, int64_t from, int64_t length, spool_file *file,
                int64_t at, GError **error);

/* It is whole: its name says so, on disk. Fine when it said so before. */
bool spool_whole(const spool *is, const char *id, GError **error);
/* Both names go, quietly when there are none. */
void spool_drop(const spool *is, const char *id);
/* Removes unfinished files of ids that are not in the set; how many. */
guint spool_tidy(const spool *is, GHashTable *known_ids);

#endif
