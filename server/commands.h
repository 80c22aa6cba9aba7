/*
 * The subcommands: the server itself, and those that open the data directory, do one thing, and say
 * how it went.
 *
 * Each takes its own name as argv[0], prints what it did on stdout and one line "jiangtang: ..." on
 * stderr when it could not, and returns the exit status. All but serve may run beside a running
 * server.
 *
 * Runs on: the main thread.
 * Memory:  keeps nothing.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <glib.h>
#include <stdbool.h>

/* serve: the server, until a signal ends it. check-config: its settings, read, judged, printed. */
int command_serve(int argc, char **argv);
int command_check_config(int argc, char **argv);
/* person add: an account. person password: a new password for a lost one. */
int command_person(int argc, char **argv);
/* import occupations: a file of the classification. */
int command_import(int argc, char **argv);
/* The database's pages, the ledger's chain, every balance. */
int command_verify(int argc, char **argv);
/* Database, keys, and the list of titles with their checksums. */
int command_backup(int argc, char **argv);

/* ---- what they share ---- */

#define COMMAND_DATA "./data" /* where the server keeps things when nothing else is said */

/*
 * Reads the options. False without an error when --help was asked for and given; false with *error
 * when an option is wrong or a word is left over. `name` is the whole command as it is typed;
 * `entries` ends with G_OPTION_ENTRY_NULL. Text is taken as G_OPTION_ARG_FILENAME, byte for byte:
 * the other kind asks the locale.
 */
bool command_options(int argc, char **argv, const char *name, const char *summary,
                     const GOptionEntry *entries, GError **error);
char *command_database(const char *data_dir); /* its path; you own it */
int command_end(const GError *error); /* says what went wrong, if anything; the exit status */

#endif
