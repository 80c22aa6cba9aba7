/*
 * The schema's files as carried inside the binary, and how a database is brought up to them.
 *
 * schema/00N_<room>.sql are run once each, in the order of their names, forward only; a file that
 * has run is never edited again (a new one is added). CMakeLists.txt makes the table.
 *
 * Runs on: the thread that opens the database for writing.
 * Memory:  all constant.
 */
#ifndef RECORDS_SCHEMA_H
#define RECORDS_SCHEMA_H

#include "records/records.h"

typedef struct {
    const char *name; /* "001_people"; NULL ends the table */
    const char *text;
} schema_file;

extern const schema_file schema_files[];

/*
 * Runs what has not run yet, each file in a transaction of its own. STORAGE error naming the file
 * if one fails, if one was edited after it ran, or if the database knows a file this program does
 * not (it is newer than the program).
 */
bool schema_migrate(records *records, const schema_file *files, GError **error);

#endif
