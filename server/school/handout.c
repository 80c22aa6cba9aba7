#include "school/handout.h"

#include <string.h>

static GPtrArray *courses_of(records *db, const char *handout_id, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    query *rows =
        records_query(db, SQL_HANDOUT_COURSES, "ti", handout_id, (int64_t)HANDOUT_COURSES_MAX);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW)
        g_ptr_array_add(ids, g_strdup(query_text(rows, 0)));
    return step == QUERY_END ? g_steal_pointer(&ids) : NULL;
}

static bool missing(GError **error)
{
    error_set(error, ERROR_MISSING, "handout_missing", NULL, "There is no such handout");
    return false;
}

bool handout_viewing(records *db, const person *who, const char *handout_id,
                     viewing_verdict *verdict, GError **error)
{
    bool judged = false;
    g_autoptr(GPtrArray) ids = courses_of(db, handout_id, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        bool shown;
        viewing_verdict here;
        school_course course;
        if (!school_course_read(db, g_ptr_array_index(ids, i), &course, error) ||
            !viewing_shows_course(db, who, &course, &shown, error))
            return false;
        if (!shown)
            continue;
        if (!viewing_of_course(db, who, &course, &here, error))
            return false;
        if (!judged || here.need == NEED_NOTHING)
            *verdict = here;
        judged = true;
        if (here.need == NEED_NOTHING)
            break;
    }
    return ids && (judged || missing(error));
}
