#include "api/course_right.h"

#include "school/school.h"

bool course_may_edit(const person *who, const school_course *course, GError **error)
{
    if (who->role != ROLE_MASTER || course->owner == who->id)
        return true;
    error_set(error, ERROR_DENIED, "not_yours", NULL, "This course belongs to another master");
    return false;
}

bool course_may_change(const person *who, const school_course *course, GError **error)
{
    if (course->state != COURSE_IN_REVIEW || who->role != ROLE_MASTER)
        return true;
    error_set(error, ERROR_CONFLICT, "in_review", NULL,
              "This draft is in review: take it back before you change it");
    return false;
}

bool course_is_reviewed(const person *who, const school_course *course)
{
    return who->role == ROLE_MASTER && course->version > 0;
}

bool course_take_lesson(records *db, base_clock *clock, const person *who,
                        const school_course *course, const lesson_wish *wish, school_lesson *made,
                        GError **error)
{
    if (!course_may_edit(who, course, error) || !course_may_change(who, course, error))
        return false;
    if (course_is_reviewed(who, course))
        return school_lesson_propose(db, clock, course, wish, who->id, made, error);
    return school_lesson_add(db, course->id, wish->title, wish->title_id, wish->class_id,
                             wish->content_ms, made, error);
}
