/*
 * The roll: where people belong, and who is shut out. Kept by staff.
 *
 * Runs on: the clerk's thread.
 * Memory:  values; arrays are yours.
 */
#ifndef PEOPLE_ROLL_H
#define PEOPLE_ROLL_H

#include "people/people.h"

#define INSTITUTION_CODE_MAX 32 /* characters [A-Za-z0-9-], at least 1 */
#define INSTITUTION_NAME_MAX 60 /* characters, at least 1 */
#define INSTITUTIONS_MAX 500    /* in all; one more: CONFLICT "institutions_full" */
#define ROLL_PAGE 50            /* people in one list */

typedef struct {
    char code[INSTITUTION_CODE_MAX + 1]; /* "": none */
    char name[INSTITUTION_NAME_MAX * 4 + 1];
} institution;

typedef struct {
    person is;
    institution of;
    bool blocked;
} roll_entry;

/* Adds it, or gives it another name. INPUT names the field. */
bool institution_put(records *db, const char *code, const char *name, GError **error);
bool institution_read(records *db, const char *code, institution *is, GError **error); /* MISSING */
GArray *institution_list(records *db, GError **error); /* of institution, by name */
/* Where somebody belongs; code "" for nowhere, and for nobody. */
bool institution_of(records *db, int64_t person, institution *is, GError **error);

/*
 * Of roll_entry, by login, behind `after` ("": from the start): those whose login or name begins with `search`. A
 * search for a name is not paged: it gives the first ROLL_PAGE.
 */
GArray *roll_list(records *db, const char *search, const char *after, GError **error);
bool roll_read(records *db, int64_t person, roll_entry *entry, GError **error); /* MISSING */
/* code "": belongs nowhere. MISSING "institution_missing". */
bool roll_set_institution(records *db, int64_t person, const char *code, GError **error);
/* Blocking ends all sessions; until it is taken back people_session_start() refuses. */
bool roll_set_blocked(records *db, base_clock *clock, int64_t person, bool blocked, GError **error);

#endif
