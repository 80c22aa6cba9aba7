/*
 * What the files of this room share and nobody else needs.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef SCHOOL_INSIDE_H
#define SCHOOL_INSIDE_H

#include "school/school.h"

/* Also one that left its course. False without error: there is none. */
bool lesson_read_any(records *db, const char *id, school_lesson *lesson, GError **error);

#endif
