/*
 * What the files of this room share. Not for other rooms.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef PEOPLE_INSIDE_H
#define PEOPLE_INSIDE_H

#include "people/people.h"

/* A row that begins with id, login, name, role. */
void people_from_row(query *q, person *who);

/* ---- attempts: how often somebody tried, per subject, in windows of ATTEMPTS_WINDOW_MS ---- */

#define ATTEMPTS_WINDOW_MS (15 * 60 * 1000LL)

/*
 * What is counted: a login, an address (IPv6 by its /64), or both. You own it: a hash, so that the
 * table names nobody.
 */
GBytes *attempts_subject(const char *kind, const char *login, const char *address);
/* One more; BUSY "too_many_attempts" when that is over `limit`. */
bool attempts_count(records *db, base_clock *clock, GBytes *subject, int64_t limit, GError **error);
/* Is there room for one more? The same error. */
bool attempts_room(records *db, base_clock *clock, GBytes *subject, int64_t limit, GError **error);
bool attempts_take_back(records *db, GBytes *subject, GError **error);
bool attempts_forget(records *db, GBytes *subject, GError **error);
/* Windows that are over. */
bool attempts_expire(records *db, base_clock *clock, GError **error);

#endif
