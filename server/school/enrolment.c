#include "school/school.h"

/* Who left may come back; who was made to leave may not by themselves. */
static bool may_return(records *db, int64_t person, const char *course_id, GError **error)
{
    query *row = records_query(db, SQL_WITHDRAWAL_READ, "it", person, course_id);
    query_step_result step = query_step(row, error);
    bool by_another = step == QUERY_ROW && query_int(row, 0) != person;
    query_end(row);
    if (by_another)
        error_set(error, ERROR_DENIED, "enrolment_withdrawn", NULL,
                  "Your enrolment was withdrawn: ask the course's master or the staff");
    return step != QUERY_FAILED && !by_another;
}

static bool takes_learners(const school_course *course, GError **error)
{
    if (!course->shown)
        error_set(error, ERROR_CONFLICT, "course_closed", NULL,
                  course->state == COURSE_RETIRED
                      ? "This course was retired: nobody enrols any more"
                      : "This course is not published yet");
    return course->shown;
}

bool school_enrol(records *db, base_clock *clock, int64_t person, const char *course_id,
                  GError **error)
{
    school_course course;
    return school_course_read(db, course_id, &course, error) && takes_learners(&course, error) &&
           may_return(db, person, course_id, error) &&
           records_run(db, error, SQL_WITHDRAWAL_END, "it", person, course_id) &&
           records_run(db, error, SQL_ENROLMENT_ADD, "iti", person, course_id, clock_utc_ms(clock));
}

bool school_withdraw(records *db, base_clock *clock, int64_t person, const char *course_id,
                     int64_t by, GError **error)
{
    if (!records_run(db, error, SQL_ENROLMENT_END, "it", person, course_id))
        return false;
    if (records_changed(db) == 0) {
        error_set(error, ERROR_CONFLICT, "not_enrolled", NULL,
                  "This person is not enrolled in the course");
        return false;
    }
    return records_run(db, error, SQL_WITHDRAWAL_PUT, "itii", person, course_id,
                       clock_utc_ms(clock), by);
}

bool school_readmit(records *db, int64_t person, const char *course_id, GError **error)
{
    return records_run(db, error, SQL_WITHDRAWAL_END, "it", person, course_id);
}

GArray *school_pupils(records *db, const char *course_id, bool withdrawn, int64_t after,
                      GError **error)
{
    query *rows = records_query(db, withdrawn ? SQL_WITHDRAWAL_ROLL : SQL_ENROLMENT_ROLL, "tii",
                                course_id, after, (int64_t)PUPILS_PAGE);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(school_pupil));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_pupil pupil = {
            .person = query_int(rows, 0), .since_ms = query_int(rows, 3), .withdrawn = withdrawn};
        g_strlcpy(pupil.login, query_text(rows, 1), sizeof pupil.login);
        g_strlcpy(pupil.name, query_text(rows, 2), sizeof pupil.name);
        g_array_append_val(list, pupil);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
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

bool school_enrolment_hour(records *db, int64_t person, const char *course_id,
                           int32_t *hour_minutes, GError **error)
{
    query *row = records_query(db, SQL_ENROLMENT_READ, "it", person, course_id);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        *hour_minutes = (int32_t)query_int(row, 3);
    query_end(row);
    return step != QUERY_FAILED;
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
