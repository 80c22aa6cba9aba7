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

/* The new hash of one who is there: NULL is BUSY. */
bool people_store_password(records *db, int64_t id, const char *hash, GError **error);

/*
 * Counts the end of an attempt that people_sign_in_begin() began. *success: `verified`, the hash that the password fitted
 * (NULL: none), is still the person's.
 */
bool sign_in_note(records *db, base_clock *clock, const person *who, const char *address,
                  const char *verified, bool *success, GError **error);

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
