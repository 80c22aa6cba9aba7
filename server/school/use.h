/*
 * What courses have in their lessons, and so must not be removed.
 *
 * A title is used by a lesson that shows it, by one that showed it in a version somebody may have learnt from, and by
 * a draft: by the title itself, by the file it was made of, or by its class. A file is used by lessons that give it as
 * a handout and by drafts. The draft of a course that was retired holds nothing: nobody works on it.
 *
 * Runs on: the clerk's thread, inside the caller's transaction.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_USE_H
#define SCHOOL_USE_H

#include <jansson.h>

#include "school/school.h"

typedef struct {
    char course_id[33];
    char course_title[COURSE_TITLE_MAX * 4 + 1];
    char lesson_title[COURSE_TITLE_MAX * 4 + 1]; /* of a draft: as typed so far, may be "" */
    bool draft;                                  /* no lesson learners see has it */
} school_use;

/*
 * Of school_use, those of lessons first, at most LESSONS_OF_TITLE_MAX; a draft is told only of a course whose lessons
 * do not have it anyway. "" for the title or the file of which nothing is asked.
 */
GArray *school_uses(records *db, const char *title_id, const char *asset_id, GError **error);

/* False: something is used, CONFLICT naming the first course that has it; code and draft_code are static. */
bool school_unused(const GArray *uses, const char *code, const char *draft_code, GError **error);

/* A draft was written: from now on it has what stands in this document, and nothing else. */
bool school_draft_uses(records *db, const char *course_id, const json_t *body, GError **error);

#endif
