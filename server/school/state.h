/*
 * The states of a course, and the lawful moves between them.
 *
 * A course that was published once stays shown while its next version is in review; only retiring hides it. The table
 * of moves is pure; course_move() writes.
 *
 * Runs on: any thread.
 * Memory:  words are static.
 */
#ifndef SCHOOL_STATE_H
#define SCHOOL_STATE_H

#include "base/error.h"

typedef enum { COURSE_DRAFT, COURSE_IN_REVIEW, COURSE_PUBLISHED, COURSE_RETIRED } course_state;
#define COURSE_STATES 4
const char *course_state_word(course_state state); /* "in_review" */
bool course_state_parse(const char *word, course_state *state);

typedef enum { DEED_SUBMIT, DEED_WITHDRAW, DEED_REJECT, DEED_PUBLISH, DEED_RETIRE } course_deed;

/*
 * Where a deed leads. CONFLICT "course_state" when it is not lawful from here. published: it was published before, so
 * that a review that ends without publishing leads back there.
 */
bool course_state_after(course_state from, course_deed deed, bool published, course_state *to,
                        GError **error);
/* May learners find it. */
bool course_state_shows(course_state state, bool published);

#endif
