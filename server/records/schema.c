#include "records/schema.h"

#include <string.h>

#include "records/engine.h"

static const char *const ledger_of_files =
    "CREATE TABLE IF NOT EXISTS schema_file (name TEXT PRIMARY KEY, digest TEXT NOT NULL)";

/* What a file says, apart from its comments and spaces: those may be mended after it has run. */
static char *digest_of(const char *text)
{
    g_autoptr(GString) bare = g_string_new(NULL);
    for (const char *c = text; *c; c++) {
        if (c[0] == '-' && c[1] == '-')
            c += strcspn(c, "\n");
        if (!*c)
            break;
        if (!g_ascii_isspace(*c))
            g_string_append_c(bare, *c);
    }
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, bare->str, (gssize)bare->len);
}

static const schema_file *find_file(const schema_file *files, const char *name)
{
    for (; files->name; files++)
        if (strcmp(files->name, name) == 0)
            return files;
    return NULL;
}

static bool check_one(const schema_file *files, const char *name, const char *digest,
                      GError **error)
{
    const schema_file *file = find_file(files, name);
    g_autofree char *now = file ? digest_of(file->text) : NULL;
    if (g_strcmp0(now, digest) == 0)
        return true;
    error_set(error, ERROR_STORAGE, "schema", NULL,
              file ? "Schema file %s was edited after this database was made"
                   : "This database was made by a newer program: it has schema file %s",
              name);
    return false;
}

/* Fills `done` with the names that have run. */
static bool read_done(sqlite3 *db, const schema_file *files, GHashTable *done, GError **error)
{
    sqlite3_stmt *rows = NULL;
    int result = sqlite3_prepare_v2(db, "SELECT name, digest FROM schema_file", -1, &rows, NULL);
    bool good = result == SQLITE_OK;
    if (!good)
        engine_error(db, result, error, "reading the schema's history");
    while (good && sqlite3_step(rows) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        good = check_one(files, name, (const char *)sqlite3_column_text(rows, 1), error);
        g_hash_table_add(done, g_strdup(name));
    }
    sqlite3_finalize(rows);
    return good;
}

/* *ours is false when another process, starting at the same moment, ran it before us. */
static bool note_done(sqlite3 *db, const schema_file *file, bool *ours, GError **error)
{
    g_autofree char *digest = digest_of(file->text);
    char *sql = sqlite3_mprintf("INSERT INTO schema_file (name, digest) VALUES (%Q, %Q)"
                                " ON CONFLICT (name) DO NOTHING",
                                file->name, digest);
    bool good = engine_run(db, sql, error, file->name);
    sqlite3_free(sql);
    *ours = good && sqlite3_changes(db) == 1;
    return good;
}

static bool run_file(records *r, const schema_file *file, GError **error)
{
    sqlite3 *db = engine_of(r);
    g_autofree char *step = g_strdup_printf("Schema file %s", file->name);
    bool ours = false;
    if (!records_begin(r, error))
        return false;
    if (!note_done(db, file, &ours, error) || (ours && !engine_run(db, file->text, error, step))) {
        records_rollback(r);
        return false;
    }
    return records_commit(r, error);
}

bool schema_migrate(records *r, const schema_file *files, GError **error)
{
    g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!engine_run(engine_of(r), ledger_of_files, error, "reading the schema's history") ||
        !read_done(engine_of(r), files, done, error))
        return false;
    for (; files->name; files++)
        if (!g_hash_table_contains(done, files->name) && !run_file(r, files, error))
            return false;
    return true;
}
