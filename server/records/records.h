/*
 * The closed table of SQL statements on one database connection.
 *
 * The only room that knows the SQL engine. Every statement has a name in sql/<room>.def and is
 * prepared when the connection opens: a typo stops the start. There is no way to run a string.
 *
 * Runs on: one thread per connection (the clerk's, or a pool thread's own reading connection).
 * Memory:  you own what records_open() returns; queries are borrowed and live until the same name
 *          is asked again.
 */
#ifndef RECORDS_RECORDS_H
#define RECORDS_RECORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef enum {
#define STATEMENT(name, sql) SQL_##name,
#include "records/statements.def"
#undef STATEMENT
    SQL_COUNT
} records_statement;

typedef struct records records;
typedef struct query query;

typedef enum { RECORDS_WRITE, RECORDS_READ } records_mode;

/*
 * Opens, and in RECORDS_WRITE mode creates and migrates. STORAGE error with the path in the
 * sentence.
 */
records *records_open(const char *path, records_mode mode, GError **error);
void records_close(records *records); /* NULL is fine */

/*
 * A named statement with its parameters: one conversion per $n, in order: "i" int64_t (cast it),
 * "t" text (NULL: NULL), "b" GBytes (NULL: NULL); values are copied. E.g. records_query(db,
 * SQL_PERSON_BY_LOGIN, "t", login).
 */
query *records_query(records *records, records_statement statement, const char *types, ...);

typedef enum { QUERY_ROW, QUERY_END, QUERY_FAILED } query_step_result;
/* Constraint failures are CONFLICT "taken", a database held by others is BUSY "database_busy", the rest STORAGE. */
query_step_result query_step(query *query, GError **error);
int64_t query_int(query *query, int column);
const char *query_text(query *query, int column); /* until the next step; NULL for NULL */
GBytes *query_blob(query *query, int column);     /* a copy you own; NULL for NULL */
bool query_is_null(query *query, int column);
/*
 * Ends a query before its last row. Needed only outside records_begin(): an open one holds an old
 * snapshot.
 */
void query_end(query *query);

/* For a statement without rows, or of whose row nothing is wanted. False on error. */
bool records_run(records *records, GError **error, records_statement statement, const char *types,
                 ...);
/* Rows changed by the last records_run(). */
int64_t records_changed(records *records);

/*
 * A frame: outermost a transaction (of one snapshot in RECORDS_READ mode), a savepoint inside
 * another. Queries still open end with the outermost one. A commit that fails has rolled its frame
 * back; a rollback without a frame does nothing. When the engine gave the whole transaction up
 * (full disk), everything up to the outermost end fails with STORAGE.
 */
bool records_begin(records *records, GError **error);
bool records_commit(records *records, GError **error);
void records_rollback(records *records);

/* For the test of plans: name, text, and EXPLAIN QUERY PLAN lines joined by '\n'. */
const char *records_statement_name(records_statement statement);
const char *records_statement_sql(records_statement statement);
char *records_plan(records *records, records_statement statement, GError **error);

/* ---- the whole file ---- */

/*
 * Copies the database, consistent and without stopping its writers, to a new file `to` (0600).
 * CONFLICT if it exists.
 */
bool records_copy(const char *from, const char *to, GError **error);
/* Reads every page and index: STORAGE error with the first damage found. */
bool records_sound(records *records, GError **error);

#endif
