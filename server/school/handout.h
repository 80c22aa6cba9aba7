/*
 * Who may read a handout: whoever may watch the lessons of a course that has it.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef SCHOOL_HANDOUT_H
#define SCHOOL_HANDOUT_H

#include "school/viewing.h"

#define HANDOUT_COURSES_MAX                                                                        \
    50 /* that are asked; a handout in more is refused by none of them alone */

/*
 * The verdict of the course that lets this person in, or else of the first one. MISSING "handout_missing": no course that
 * learners may find has it.
 */
bool handout_viewing(records *db, const person *who, const char *handout_id,
                     viewing_verdict *verdict, GError **error);

#endif
