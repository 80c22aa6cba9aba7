/*
 * Who may watch a class or the lessons of a course, and what somebody who may not has to do first.
 *
 * A class has a right of its own, and so has each course. A title is open to who passes the class's right, if it is a
 * class, and the right of one course that has it, if any has. Whoever leads the class or one of its courses, staff and
 * those who watch over the house see everything. It knows no passes.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef SCHOOL_VIEWING_H
#define SCHOOL_VIEWING_H

#include "people/roll.h"
#include "school/school.h"

typedef enum {
    VIEWING_PUBLIC,
    VIEWING_SIGNED_IN,
    VIEWING_ENROLLED,
    VIEWING_INSTITUTION
} viewing_kind;
const char *viewing_word(viewing_kind kind); /* "signed_in" */
bool viewing_parse(const char *word, viewing_kind *kind);

typedef struct {
    viewing_kind kind;
    institution of; /* of VIEWING_INSTITUTION; else "" */
} viewing;

/* subject: a course's id, or a class's title. Without a row: public. */
bool viewing_read(records *db, const char *subject, viewing *is, GError **error);
/* The institution must exist: MISSING "institution_missing". */
bool viewing_write(records *db, const char *subject, const viewing *is, GError **error);

typedef enum { NEED_NOTHING, NEED_SIGN_IN, NEED_ENROL, NEED_INSTITUTION } viewing_need;
const char *viewing_need_word(viewing_need need); /* "enrol"; NEED_NOTHING has none: NULL */

/* May somebody watch; if not, what is missing. */
typedef struct {
    viewing_need need;
    institution of;     /* of NEED_INSTITUTION */
    char course_id[33]; /* of NEED_ENROL; "": the class is in no course */
    char course_title[COURSE_TITLE_MAX * 4 + 1];
} viewing_verdict;

/*
 * May somebody see the course at all: it is published, or theirs, or they watch over the house; a retired one is still
 * seen by those who are enrolled.
 */
bool viewing_shows_course(records *db, const person *who, const school_course *course, bool *shown,
                          GError **error);
/*
 * owner: who leads the class, 0 for a recorded title. Courses that are not shown open nothing: a recorded title that is
 * only in such ones is MISSING.
 */
bool viewing_of_title(records *db, const person *who, const char *title_id, int64_t owner,
                      viewing_verdict *verdict, GError **error);
bool viewing_of_course(records *db, const person *who, const school_course *course,
                       viewing_verdict *verdict, GError **error);
/* DENIED "viewing_<need>" with a sentence. Says nothing when there is no need. */
void viewing_refuse(const viewing_verdict *verdict, GError **error);

#endif
