#include "school/school.h"

bool school_enrol(records *db, base_clock *clock, int64_t person, const char *course_id,
                  GError **error)
{
    school_course course;
    return school_course_read(db, course_id, &course, error) &&
           records_run(db, error, SQL_ENROLMENT_ADD, "iti", person, course_id, clock_utc_ms(clock));
}

bool school_enrol_by_title(records *db, base_clock *clock, int64_t person, const char *title_id,
                           GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    if (!lessons)
        return false;
    int64_t now_ms = clock_utc_ms(clock);
    for (guint i = 0; i < lessons->len; i++)
        if (!records_run(db, error, SQL_ENROLMENT_ADD, "iti", person,
                         g_array_index(lessons, school_lesson, i).course_id, now_ms))
            return false;
    return true;
}

bool school_enrolment(records *db, int64_t person, const char *course_id, school_rule *rule,
                      int64_t *since_ms, GError **error)
{
    query *rows = records_query(db, SQL_ENROLMENT_READ, "it", person, course_id);
    if (query_step(rows, error) != QUERY_ROW)
        return false;
    if (rule)
        *rule = (school_rule){(int32_t)query_int(rows, 0), (int32_t)query_int(rows, 1)};
    if (since_ms)
        *since_ms = query_int(rows, 2);
    return true;
}

GArray *school_enrolled(records *db, const char *course_id, int64_t after, int limit,
                        GError **error)
{
    query *rows =
        records_query(db, SQL_ENROLMENT_OF_COURSE, "tii", course_id, after, (int64_t)limit);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(int64_t));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        int64_t person = query_int(rows, 0);
        g_array_append_val(list, person);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}
