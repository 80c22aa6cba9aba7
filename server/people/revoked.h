/*
 * Passes that hold no longer although they have not expired: a right was changed, an enrolment withdrawn, a session
 * ended, somebody blocked, a link taken back.
 *
 * A subject (a person, a title, an embedding link) and a moment: its passes given until then are void, later ones are
 * judged anew where passes are given. The database keeps the same for the next start.
 *
 * Runs on: the loop, but for revoked_note(), revoked_since() and revoked_load() (the clerk's thread, or before the loop
 *          runs).
 * Memory:  you own what revoked_new() returns.
 */
#ifndef PEOPLE_REVOKED_H
#define PEOPLE_REVOKED_H

#include "base/clock.h"
#include "people/pass.h"
#include "records/records.h"

/* subjects in memory; one more: every pass given until now is void, and pages ask for new ones */
#define REVOKED_MAX 100000

typedef struct revoked revoked;
revoked *revoked_new(void);
void revoked_free(revoked *list); /* NULL is fine */

typedef struct {
    char text[40];
} revoked_subject;
revoked_subject revoked_person(int64_t person);
revoked_subject revoked_title(const char *title_id);
revoked_subject revoked_embed(int64_t link);

/* Clerk side, in the transaction of the deed itself. Forgets what no living pass can be concerned by. */
bool revoked_note(records *db, base_clock *clock, revoked_subject subject, GError **error);
/* Loop side, after it. */
void revoked_add(revoked *list, revoked_subject subject, int64_t at_ms);

/* What other processes take back: the clerk reads the notes, the loop adds those it has not heard of. */
typedef struct {
    revoked_subject subject;
    int64_t at_ms;
} revoked_entry;
/* Clerk side: array of revoked_entry, yours: those noted after since_ms. */
GArray *revoked_since(records *db, int64_t since_ms, GError **error);
/* Loop side: adds it. False: that, or something later, was known. */
bool revoked_learn(revoked *list, const revoked_entry *entry);
/* Whom it concerns: the person, or 0; the title (borrowed), or NULL. */
int64_t revoked_person_of(const revoked_subject *subject);
const char *revoked_title_of(const revoked_subject *subject);

/* What earlier runs noted. */
bool revoked_load(revoked *list, records *db, base_clock *clock, GError **error);

/* DENIED "pass_revoked". NULL list: nothing is revoked. */
bool revoked_check(const revoked *list, const pass *shown, GError **error);

#endif
