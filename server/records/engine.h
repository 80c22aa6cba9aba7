/*
 * What the files of this room share about the SQL engine. Not for other rooms.
 *
 * Runs on: the connection's thread.
 * Memory:  borrowed throughout.
 */
#ifndef RECORDS_ENGINE_H
#define RECORDS_ENGINE_H

#include <sqlite3.h>

#include "records/records.h"

#define ENGINE_BUSY_MS 5000    /* waiting for another process's write (person add, backup) */
#define ENGINE_CACHE_KIB 32768 /* pages kept per connection */
#define ENGINE_MMAP_BYTES (256LL << 20)    /* read through the page cache without copies */
#define ENGINE_WAL_KEPT_BYTES (64LL << 20) /* a longer log is cut back to this after a checkpoint */
#define ENGINE_CHECKPOINT_PAGES 4000       /* log pages between checkpoints: 16 MB */

sqlite3 *engine_of(records *records);
int engine_depth(const records *records); /* frames begun and not ended */

/*
 * Sets *error from the connection's last failure: CONFLICT "taken" for a constraint, BUSY "database_busy" when another
 * connection holds the database, else STORAGE.
 */
void engine_error(sqlite3 *db, int result, GError **error, const char *step);

/* Runs SQL text without parameters and rows: the engine's own words and the schema, never data. */
bool engine_run(sqlite3 *db, const char *sql, GError **error, const char *step);

#endif
