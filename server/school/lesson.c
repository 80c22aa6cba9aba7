#include "school/school.h"

#include <string.h>

#include "school/text.h"

/* Why LESSON_ADD added nothing. */
static bool explain_refusal(records *db, const char *course_id, const char *title_id,
                            GError **error)
{
    g_autoptr(GArray) lessons = school_lessons(db, course_id, error);
    if (!lessons)
        return false;
    for (guint i = 0; i < lessons->len; i++)
        if (g_str_equal(g_array_index(lessons, school_lesson, i).title_id, title_id)) {
            error_set(error, ERROR_CONFLICT, "title_in_course", "title_id",
                      "The course has this title already");
            return false;
        }
    error_set(error, ERROR_CONFLICT, "course_full", NULL, "A course has at most %d lessons",
              LESSONS_MAX);
    return false;
}

static bool insert_lesson(records *db, school_lesson *lesson, GError **error)
{
    query *rows = records_query(db, SQL_LESSON_ADD, "tttttiii", lesson->id, lesson->course_id,
                                lesson->title, lesson->title_id, lesson->class_id,
                                lesson->content_ms, (int64_t)LESSONS_MAX, (int64_t)lesson->ended);
    query_step_result step = query_step(rows, error);
    if (step == QUERY_FAILED)
        return false;
    if (step == QUERY_END)
        return explain_refusal(db, lesson->course_id, lesson->title_id, error);
    lesson->position = (int32_t)query_int(rows, 0);
    return query_step(rows, error) == QUERY_END;
}

bool school_lesson_add(records *db, const char *course_id, const char *title, const char *title_id,
                       const char *class_id, int64_t content_ms, school_lesson *made,
                       GError **error)
{
    school_course course;
    memset(made, 0, sizeof *made);
    if (!school_text(made->title, COURSE_TITLE_MAX, 1, "title", title, error) ||
        !school_course_read(db, course_id, &course, error))
        return false;
    if (!*title_id || strlen(title_id) >= sizeof made->title_id || content_ms < 0) {
        error_set(error, ERROR_INPUT, "not_a_title", "title_id", "This is not the id of a title");
        return false;
    }
    school_id_new(made->id);
    g_strlcpy(made->course_id, course_id, sizeof made->course_id);
    g_strlcpy(made->title_id, title_id, sizeof made->title_id);
    g_strlcpy(made->class_id, class_id ? class_id : "", sizeof made->class_id);
    made->content_ms = content_ms;
    made->ended = content_ms > 0;
    return insert_lesson(db, made, error);
}

static void read_lesson(query *row, school_lesson *lesson)
{
    memset(lesson, 0, sizeof *lesson);
    g_strlcpy(lesson->id, query_text(row, 0), sizeof lesson->id);
    g_strlcpy(lesson->course_id, query_text(row, 1), sizeof lesson->course_id);
    lesson->position = (int32_t)query_int(row, 2);
    g_strlcpy(lesson->title, query_text(row, 3), sizeof lesson->title);
    g_strlcpy(lesson->title_id, query_text(row, 4), sizeof lesson->title_id);
    g_strlcpy(lesson->class_id, query_text(row, 5), sizeof lesson->class_id);
    lesson->content_ms = query_int(row, 6);
    lesson->ended = query_int(row, 7) != 0;
}

bool school_lesson_read(records *db, const char *id, school_lesson *lesson, GError **error)
{
    query *rows = records_query(db, SQL_LESSON_BY_ID, "t", id);
    switch (query_step(rows, error)) {
    case QUERY_ROW:
        read_lesson(rows, lesson);
        return true;
    case QUERY_END:
        error_set(error, ERROR_MISSING, "no_lesson", NULL, "There is no lesson %s", id);
        return false;
    default:
        return false;
    }
}

static GArray *read_lessons(query *rows, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(school_lesson));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_lesson lesson;
        read_lesson(rows, &lesson);
        g_array_append_val(list, lesson);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

GArray *school_lessons(records *db, const char *course_id, GError **error)
{
    return read_lessons(
        records_query(db, SQL_LESSON_OF_COURSE, "ti", course_id, (int64_t)LESSONS_MAX), error);
}

GArray *school_lessons_of_title(records *db, const char *title_id, GError **error)
{
    return read_lessons(
        records_query(db, SQL_LESSON_OF_TITLE, "ti", title_id, (int64_t)LESSONS_OF_TITLE_MAX),
        error);
}

bool school_title_ended(records *db, const char *title_id, int64_t content_ms, GError **error)
{
    return records_run(db, error, SQL_LESSON_ENDED, "ti", title_id, content_ms);
}
