/*
 * What somebody may do with a course: edit it at all, change it now, put a lesson into it. Who owns the material a
 * lesson is made of is title_right.h's to say.
 *
 * What a master does to a course that has been published waits in its draft for the staff who publish; staff and
 * administrators may go the short way.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef API_COURSE_RIGHT_H
#define API_COURSE_RIGHT_H

#include "api/api.h"

/* DENIED "not_yours": it belongs to another master. */
bool course_may_edit(const person *who, const school_course *course, GError **error);
/* CONFLICT "in_review": what the reviewers look at stays as it is, unless they change it themselves. */
bool course_may_change(const person *who, const school_course *course, GError **error);
/* What they change is seen by learners only when it has been reviewed and published. */
bool course_is_reviewed(const person *who, const school_course *course);
/* Both rights asked, then the lesson is in the course, or in its draft. */
bool course_take_lesson(records *db, base_clock *clock, const person *who,
                        const school_course *course, const lesson_wish *wish, school_lesson *made,
                        GError **error);

#endif
