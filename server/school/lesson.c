#include "school/school.h"

#include <string.h>

#include "school/draft.h"
#include "school/inside.h"
#include "school/listing.h"
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
    query *rows =
        records_query(db, SQL_LESSON_ADD, "tttttiiit", lesson->id, lesson->course_id, lesson->title,
                      lesson->title_id, lesson->class_id, lesson->content_ms, (int64_t)LESSONS_MAX,
                      (int64_t)lesson->ended, lesson_kind_word(lesson->kind));
    query_step_result step = query_step(rows, error);
    if (step == QUERY_FAILED)
        return false;
    if (step == QUERY_END)
        return explain_refusal(db, lesson->course_id, lesson->title_id, error);
    lesson->position = (int32_t)query_int(rows, 0);
    g_strlcpy(lesson->chapter_id, query_text(rows, 1), sizeof lesson->chapter_id);
    if (query_step(rows, error) != QUERY_END)
        return false;
    return !lesson->ended ||
           records_run(db, error, SQL_TITLE_END_PUT, "ti", lesson->title_id, lesson->content_ms);
}

static bool make_lesson(const char *course_id, const lesson_wish *wish, school_lesson *made,
                        GError **error)
{
    const char *title_id = wish->title_id;
    memset(made, 0, sizeof *made);
    if (!school_text(made->title, COURSE_TITLE_MAX, 1, "title", wish->title, error))
        return false;
    if (!*title_id || strlen(title_id) >= sizeof made->title_id || wish->content_ms < 0) {
        error_set(error, ERROR_INPUT, "not_a_title", "title_id", "This is not the id of a title");
        return false;
    }
    school_id_new(made->id);
    g_strlcpy(made->course_id, course_id, sizeof made->course_id);
    g_strlcpy(made->title_id, title_id, sizeof made->title_id);
    g_strlcpy(made->class_id, wish->class_id ? wish->class_id : "", sizeof made->class_id);
    made->content_ms = wish->content_ms;
    made->ended = wish->content_ms > 0;
    made->kind = *made->class_id ? LESSON_LIVE : LESSON_VIDEO;
    made->version = 1;
    return true;
}

bool school_lesson_add(records *db, const char *course_id, const char *title, const char *title_id,
                       const char *class_id, int64_t content_ms, school_lesson *made,
                       GError **error)
{
    school_course course;
    const lesson_wish wish = {title, title_id, class_id, content_ms};
    return make_lesson(course_id, &wish, made, error) &&
           school_course_read(db, course_id, &course, error) && insert_lesson(db, made, error) &&
           draft_append(db, made, error) && listing_refresh(db, course_id, error);
}

bool school_lesson_propose(records *db, base_clock *clock, const school_course *course,
                           const lesson_wish *wish, int64_t by, school_lesson *made, GError **error)
{
    return make_lesson(course->id, wish, made, error) &&
           draft_propose(db, clock, course, made, by, error);
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
    g_strlcpy(lesson->chapter_id, query_text(row, 8), sizeof lesson->chapter_id);
    if (!lesson_kind_parse(query_text(row, 9), &lesson->kind))
        lesson->kind = LESSON_LINK; /* of a newer program: it counts for nothing here */
    lesson->version = (int32_t)query_int(row, 10);
    g_strlcpy(lesson->asset_id, query_text(row, 11), sizeof lesson->asset_id);
    g_strlcpy(lesson->handout_id, query_text(row, 12), sizeof lesson->handout_id);
    g_strlcpy(lesson->url, query_text(row, 13), sizeof lesson->url);
    if (!general_module_parse(query_text(row, 14), &lesson->module))
        lesson->module = MODULE_NONE;
}

bool lesson_read_any(records *db, const char *id, school_lesson *lesson, GError **error)
{
    query *rows = records_query(db, SQL_LESSON_BY_ID, "t", id);
    bool found = query_step(rows, error) == QUERY_ROW;
    if (found)
        read_lesson(rows, lesson);
    query_end(rows);
    return found;
}

bool school_lesson_read(records *db, const char *id, school_lesson *lesson, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (lesson_read_any(db, id, lesson, &failure) && lesson->position > 0)
        return true;
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        error_set(error, ERROR_MISSING, "no_lesson", NULL, "There is no lesson %s", id);
    return false;
}

bool school_lesson_left(records *db, const char *id, school_lesson *lesson)
{
    return lesson_read_any(db, id, lesson, NULL) && lesson->position == 0;
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

GArray *school_lesson_pasts(records *db, const char *lesson_id, GError **error)
{
    query *rows = records_query(db, SQL_LESSON_PASTS, "ti", lesson_id, (int64_t)LESSON_PASTS_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(lesson_past));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        lesson_past past = {.version = (int32_t)query_int(rows, 0),
                            .content_ms = query_int(rows, 3),
                            .ended = query_int(rows, 4) != 0,
                            .until_ms = query_int(rows, 5)};
        g_strlcpy(past.title_id, query_text(rows, 1), sizeof past.title_id);
        g_strlcpy(past.class_id, query_text(rows, 2), sizeof past.class_id);
        g_array_append_val(list, past);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

bool school_title_ended(records *db, const char *title_id, int64_t content_ms, GError **error)
{
    return records_run(db, error, SQL_TITLE_END_PUT, "ti", title_id, content_ms) &&
           records_run(db, error, SQL_LESSON_ENDED, "ti", title_id, content_ms) &&
           records_run(db, error, SQL_LESSON_PAST_ENDED, "ti", title_id, content_ms) &&
           listing_refresh_title(db, title_id, error);
}

bool school_title_end(records *db, const char *title_id, int64_t *content_ms, GError **error)
{
    query *row = records_query(db, SQL_TITLE_END_READ, "t", title_id);
    bool ended = query_step(row, error) == QUERY_ROW;
    if (ended)
        *content_ms = query_int(row, 0);
    query_end(row);
    return ended;
}
