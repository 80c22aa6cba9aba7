#include "records/engine.h"

#include "base/log.h"

void engine_error(sqlite3 *db, int result, GError **error, const char *step)
{
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(result);
    switch (result & 0xff) {
    case SQLITE_CONSTRAINT:
        log_debug("records", "%s: %s", step, why);
        error_set(error, ERROR_CONFLICT, "taken", NULL,
                  "It is taken already, or what it belongs to is not there (%s)", step);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: /* a command of this house, or a copy being made, holds it */
        error_set(error, ERROR_BUSY, "database_busy", NULL, "%s: the database is in use", step);
        break;
    case SQLITE_FULL:
        error_set(error, ERROR_STORAGE, "storage_full", NULL, "%s: the disk is full", step);
        break;
    default:
        error_set(error, ERROR_STORAGE, "storage", NULL, "%s: %s", step, why);
        break;
    }
}

bool engine_run(sqlite3 *db, const char *sql, GError **error, const char *step)
{
    int result = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (result != SQLITE_OK)
        engine_error(db, result, error, step);
    return result == SQLITE_OK;
}
