#include "records/records.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "records/engine.h"
#include "records/schema.h"

#define PARAMETERS_MAX 32

struct query {
    records *owner;
    sqlite3_stmt *prepared;
    records_statement statement;
    int parameters;
    int slots
        [PARAMETERS_MAX]; /* the engine numbers $n by first appearance: $1 is bound at slots[0] */
};

struct records {
    sqlite3 *db;
    int depth; /* of begun frames */
    int64_t changed;
    query queries[SQL_COUNT + 1];
};

static const struct {
    const char *name, *sql;
} statements[SQL_COUNT + 1] = {
#define STATEMENT(name, sql) {#name, sql},
#include "records/statements.def"
#undef STATEMENT
};

sqlite3 *engine_of(records *r)
{
    return r->db;
}

int engine_depth(const records *r)
{
    return r->depth;
}

/* ---- opening ---- */

/*
 * The engine would create it readable for all; its log and index files copy the mode. One that stands is never opened
 * here: closing it again would drop the locks of every connection this process has on it (POSIX), and the next process
 * to leave would take the log away with all that is in it.
 */
static bool create_private(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return true;
    if (fd < 0) {
        error_set(error, ERROR_STORAGE, "storage", NULL, "Cannot open the database %s: %s", path,
                  g_strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

static bool tune(records *r, records_mode mode, GError **error)
{
    g_autofree char *common = g_strdup_printf(
        "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-%d; PRAGMA mmap_size=%lld;",
        ENGINE_CACHE_KIB, ENGINE_MMAP_BYTES);
    g_autofree char *writing = g_strdup_printf(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=%lld;"
        "PRAGMA wal_autocheckpoint=%d;",
        ENGINE_WAL_KEPT_BYTES, ENGINE_CHECKPOINT_PAGES);
    sqlite3_busy_timeout(r->db, ENGINE_BUSY_MS);
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return engine_run(r->db, common, error, "setting the database up") &&
           (mode == RECORDS_READ || engine_run(r->db, writing, error, "setting the database up"));
}

/* Parameters are $1..$n, each used at least once. */
static bool find_slots(query *q, GError **error)
{
    q->parameters = sqlite3_bind_parameter_count(q->prepared);
    for (int i = 0; i < q->parameters && i < PARAMETERS_MAX; i++) {
        char name[8];
        g_snprintf(name, sizeof name, "$%d", i + 1);
        q->slots[i] = sqlite3_bind_parameter_index(q->prepared, name);
        if (q->slots[i] > 0 && q->parameters <= PARAMETERS_MAX)
            continue;
        error_set(error, ERROR_STORAGE, "statement", NULL,
                  "Statement %s: its parameters are not $1 to $%d, each used",
                  records_statement_name(q->statement), q->parameters);
        return false;
    }
    return true;
}

static bool prepare(records *r, records_statement statement, GError **error)
{
    query *q = &r->queries[statement];
    q->owner = r;
    q->statement = statement;
    const char *rest = "";
    int result = sqlite3_prepare_v3(r->db, statements[statement].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &q->prepared, &rest);
    if (result != SQLITE_OK || !q->prepared || *rest) {
        error_set(error, ERROR_STORAGE, "statement", NULL, "Statement %s: %s",
                  statements[statement].name,
                  result != SQLITE_OK ? sqlite3_errmsg(r->db) : "it is not one statement");
        return false;
    }
    return find_slots(q, error);
}

static bool prepare_all(records *r, GError **error)
{
    for (int i = 0; i < SQL_COUNT; i++)
        if (!prepare(r, (records_statement)i, error))
            return false;
    return true;
}

static bool connect(records *r, const char *path, records_mode mode, GError **error)
{
    int flags = mode == RECORDS_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int result =
        sqlite3_open_v2(path, &r->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (result == SQLITE_OK)
        return true;
    g_autofree char *step = g_strdup_printf("Cannot open the database %s", path);
    engine_error(r->db, result, error, step);
    return false;
}

records *records_open(const char *path, records_mode mode, GError **error)
{
    if (mode == RECORDS_WRITE && !create_private(path, error))
        return NULL;
    records *opened = g_new0(records, 1);
    if (connect(opened, path, mode, error) && tune(opened, mode, error) &&
        (mode == RECORDS_READ || schema_migrate(opened, schema_files, error)) &&
        prepare_all(opened, error))
        return opened;
    if (error && *error)
        g_prefix_error(error, "%s: ", path);
    records_close(opened);
    return NULL;
}

void records_close(records *r)
{
    if (!r)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(r->queries[i].prepared);
    sqlite3_close(r->db);
    g_free(r);
}

/* ---- queries ---- */

static void bind_one(sqlite3_stmt *prepared, int slot, char type, va_list *values)
{
    if (type == 'i') {
        sqlite3_bind_int64(prepared, slot, va_arg(*values, int64_t));
    } else if (type == 't') {
        sqlite3_bind_text(prepared, slot, va_arg(*values, const char *), -1, SQLITE_TRANSIENT);
    } else if (type == 'b') {
        GBytes *bytes = va_arg(*values, GBytes *);
        gsize length = 0;
        gconstpointer data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
        if (bytes && length == 0)
            sqlite3_bind_zeroblob(prepared, slot, 0); /* a NULL pointer would bind NULL */
        else
            sqlite3_bind_blob64(prepared, slot, data, length, SQLITE_TRANSIENT);
    } else {
        g_assert_not_reached();
    }
}

static query *bind(records *r, records_statement statement, const char *types, va_list *values)
{
    g_assert((int)statement >= 0 && statement < SQL_COUNT);
    query *q = &r->queries[statement];
    g_assert_cmpint(q->parameters, ==, (int)strlen(types));
    sqlite3_reset(q->prepared);
    for (int i = 0; types[i]; i++)
        bind_one(q->prepared, q->slots[i], types[i], values);
    return q;
}

query *records_query(records *r, records_statement statement, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    query *bound = bind(r, statement, types, &values);
    va_end(values);
    return bound;
}

/*
 * A full disk makes the engine roll everything back by itself; what came after would then commit
 * alone.
 */
static bool frame_lost(records *r)
{
    return r->depth > 0 && sqlite3_get_autocommit(r->db);
}

static bool refuse_lost_frame(records *r, GError **error)
{
    if (!frame_lost(r))
        return true;
    error_set(error, ERROR_STORAGE, "storage", NULL, "The database rolled the transaction back");
    return false;
}

query_step_result query_step(query *q, GError **error)
{
    records *r = q->owner;
    if (!refuse_lost_frame(r, error))
        return QUERY_FAILED;
    int result = sqlite3_step(q->prepared);
    if (result == SQLITE_ROW)
        return QUERY_ROW;
    if (result != SQLITE_DONE)
        engine_error(r->db, result, error, statements[q->statement].name);
    sqlite3_reset(q->prepared);
    return result == SQLITE_DONE ? QUERY_END : QUERY_FAILED;
}

void query_end(query *q)
{
    sqlite3_reset(q->prepared);
}

int64_t query_int(query *q, int column)
{
    return sqlite3_column_int64(q->prepared, column);
}

const char *query_text(query *q, int column)
{
    return (const char *)sqlite3_column_text(q->prepared, column);
}

GBytes *query_blob(query *q, int column)
{
    if (query_is_null(q, column))
        return NULL;
    const void *data = sqlite3_column_blob(q->prepared, column);
    return g_bytes_new(data, (gsize)sqlite3_column_bytes(q->prepared, column));
}

bool query_is_null(query *q, int column)
{
    return sqlite3_column_type(q->prepared, column) == SQLITE_NULL;
}

bool records_run(records *r, GError **error, records_statement statement, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    query *bound = bind(r, statement, types, &values);
    va_end(values);
    query_step_result result = query_step(bound, error);
    sqlite3_reset(bound->prepared); /* a write with rows counts its changes only now */
    bool wrote = result != QUERY_FAILED && !sqlite3_stmt_readonly(bound->prepared);
    r->changed = wrote ? sqlite3_changes64(r->db) : 0;
    return result != QUERY_FAILED;
}

int64_t records_changed(records *r)
{
    return r->changed;
}

/* ---- frames ---- */

/*
 * Rows still being read: a finished frame must not hold a snapshot, and writes with rows hold up
 * its commit.
 */
static void end_queries(records *r, bool only_writes)
{
    sqlite3_stmt *prepared = NULL;
    while ((prepared = sqlite3_next_stmt(r->db, prepared)))
        if (sqlite3_stmt_busy(prepared) && !(only_writes && sqlite3_stmt_readonly(prepared)))
            sqlite3_reset(prepared);
}

bool records_begin(records *r, GError **error)
{
    if (!refuse_lost_frame(r, error))
        return false;
    char savepoint[32];
    g_snprintf(savepoint, sizeof savepoint, "SAVEPOINT s%d", r->depth);
    bool reading = sqlite3_db_readonly(r->db, "main") == 1;
    const char *outer = reading ? "BEGIN" : "BEGIN IMMEDIATE";
    if (r->depth == 0)
        end_queries(r, false);
    if (!engine_run(r->db, r->depth ? savepoint : outer, error, "beginning"))
        return false;
    r->depth++;
    return true;
}

bool records_commit(records *r, GError **error)
{
    g_assert_cmpint(r->depth, >, 0);
    bool outermost = r->depth == 1;
    char release[32];
    g_snprintf(release, sizeof release, "RELEASE s%d", r->depth - 1);
    if (!frame_lost(r))
        end_queries(r, !outermost);
    if (!refuse_lost_frame(r, error) ||
        !engine_run(r->db, outermost ? "COMMIT" : release, error, "committing")) {
        records_rollback(r);
        return false;
    }
    r->depth--;
    return true;
}

void records_rollback(records *r)
{
    if (r->depth == 0)
        return;
    int level = r->depth - 1;
    if (!frame_lost(r)) {
        char back[64];
        g_snprintf(back, sizeof back, "ROLLBACK TO s%d; RELEASE s%d", level, level);
        end_queries(r, level > 0);
        sqlite3_exec(r->db, level ? back : "ROLLBACK", NULL, NULL, NULL);
    }
    r->depth = level;
}

/* ---- for the test of plans ---- */

const char *records_statement_name(records_statement statement)
{
    return statements[statement].name;
}

const char *records_statement_sql(records_statement statement)
{
    return statements[statement].sql;
}

char *records_plan(records *r, records_statement statement, GError **error)
{
    g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", statements[statement].sql, NULL);
    sqlite3_stmt *plan = NULL;
    int result = sqlite3_prepare_v2(r->db, sql, -1, &plan, NULL);
    g_autoptr(GString) lines = g_string_new(NULL);
    while (result == SQLITE_OK && sqlite3_step(plan) == SQLITE_ROW)
        g_string_append_printf(lines, "%s%s", lines->len ? "\n" : "", sqlite3_column_text(plan, 3));
    if (result != SQLITE_OK)
        engine_error(r->db, result, error, statements[statement].name);
    sqlite3_finalize(plan);
    return result == SQLITE_OK ? g_strdup(lines->str) : NULL;
}
