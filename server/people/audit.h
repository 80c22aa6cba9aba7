/*
 * The audit: what people with power did to others' things, and why. Rows are only ever added.
 *
 * Runs on: the clerk's thread.
 * Memory:  an entry is a value.
 */
#ifndef PEOPLE_AUDIT_H
#define PEOPLE_AUDIT_H

#include "people/people.h"

#define AUDIT_REASON_MAX 200 /* characters */
#define AUDIT_LIST_MAX 100

typedef struct {
    int64_t id, at_ms, person;
    char person_name[PERSON_NAME_MAX * 4 + 1];
    char role[16];
    char action[32];
    char object[65];
    char reason[AUDIT_REASON_MAX * 4 + 1];
} audit_entry;

/* To be called in the transaction of the deed itself: both stand or neither. */
bool audit_add(records *db, base_clock *clock, const person *who, const char *action,
               const char *object, const char *reason, GError **error);
/* Array of audit_entry, yours: those before this id (0: the newest), newest first. */
GArray *audit_list(records *db, int64_t before, GError **error);

#endif
