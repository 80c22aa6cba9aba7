/*
 * The house: its rooms built in order, wired, run, and taken down in reverse.
 *
 * Runs on: the main thread.
 * Memory:  house_new() takes the settings; house_free() takes all down, also after half a building.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include <glib.h>
#include <stdbool.h>

#include "settings.h"

typedef struct house house;

house *house_new(settings *is);
void house_free(house *h);

/*
 * Opens the data directory, listens, brings back the classes on air, the uploads and the jobs.
 * `demo` brings sample people, a course and a class. Errors: STORAGE (the data directory, the
 * database), INPUT (a setting), BUSY (a port that is taken); the house can only be freed then.
 */
bool house_build(house *h, bool demo, GError **error);

/* Says where it is open, then serves until SIGTERM or SIGINT; a second signal ends it at once. */
void house_run(house *h);

#endif
