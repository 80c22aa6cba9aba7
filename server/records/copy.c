#include "records/records.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "records/engine.h"

static bool create_new(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    error_set(error, errno == EEXIST ? ERROR_CONFLICT : ERROR_STORAGE,
              errno == EEXIST ? "taken" : "storage", NULL, "Cannot make %s: %s", path,
              g_strerror(errno));
    return false;
}

static sqlite3 *open_plain(const char *path, int flags, GError **error)
{
    sqlite3 *db = NULL;
    int result =
        sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(db, ENGINE_BUSY_MS);
        return db;
    }
    engine_error(db, result, error, path);
    sqlite3_close(db);
    return NULL;
}

/* All pages in one step: one snapshot, and in WAL mode nobody waits for it. */
static bool copy_pages(sqlite3 *from, sqlite3 *to, GError **error)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (copy)
        sqlite3_backup_step(copy, -1);
    int result = copy ? sqlite3_backup_finish(copy) : sqlite3_errcode(to);
    if (result != SQLITE_OK)
        engine_error(to, result, error, "copying the database");
    return result == SQLITE_OK;
}

bool records_copy(const char *from, const char *to, GError **error)
{
    if (!create_new(to, error))
        return false;
    sqlite3 *source = open_plain(from, SQLITE_OPEN_READONLY, error);
    sqlite3 *target = source ? open_plain(to, SQLITE_OPEN_READWRITE, error) : NULL;
    bool good = target && engine_run(target, "PRAGMA synchronous=FULL", error, to) &&
                copy_pages(source, target, error) &&
                engine_run(target, "PRAGMA journal_mode=DELETE", error, to); /* one file, no log */
    sqlite3_close(target);
    sqlite3_close(source);
    if (!good)
        unlink(to);
    return good;
}

bool records_sound(records *r, GError **error)
{
    sqlite3 *db = engine_of(r);
    sqlite3_stmt *check = NULL;
    int result = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &check, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(check);
    const char *said = result == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    bool sound = said && strcmp(said, "ok") == 0;
    if (!sound && said)
        error_set(error, ERROR_STORAGE, "storage_damaged", NULL, "The database is damaged: %s",
                  said);
    else if (!sound)
        engine_error(db, result, error, "checking the database");
    sqlite3_finalize(check);
    return sound;
}
