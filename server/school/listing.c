#include "school/listing.h"

#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"

#define MINUTE_MS 60000
#define HOUR_MINUTES 45 /* of a course that does not say otherwise */

static void add_up(listing_facts *facts, const GArray *lessons, GString *titles)
{
    int64_t content_ms = 0;
    for (guint i = 0; i < lessons->len; i++) {
        const school_lesson *lesson = &g_array_index(lessons, school_lesson, i);
        g_string_append_printf(titles, "%s\n", lesson->title);
        content_ms += lesson->content_ms;
        if (!*facts->cover_title)
            facts->cover_title = lesson->title_id;
    }
    facts->lesson_titles = titles->str;
    facts->lessons = lessons->len;
    facts->minutes = content_ms / MINUTE_MS;
    facts->hours_tenths = facts->minutes * 10 / HOUR_MINUTES;
}

bool listing_refresh(records *db, const char *course_id, GError **error)
{
    school_course course;
    g_autoptr(GString) titles = g_string_new(NULL);
    if (!school_course_read(db, course_id, &course, error))
        return false;
    g_autoptr(GArray) lessons = school_lessons(db, course_id, error);
    if (!lessons)
        return false;
    listing_facts facts = {.course_id = course.id,
                           .title = course.title,
                           .summary = course.summary,
                           .edition = "",
                           .code = "",
                           .trade = "",
                           .level = "",
                           .people = course.owner_name,
                           .master_name = course.owner_name,
                           .cover_title = "",
                           .owner = course.owner};
    add_up(&facts, lessons, titles);
    return listing_put(db, &facts, error);
}

bool listing_refresh_title(records *db, const char *title_id, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    for (guint i = 0; lessons && i < lessons->len; i++)
        if (!listing_refresh(db, g_array_index(lessons, school_lesson, i).course_id, error))
            return false;
    return lessons != NULL;
}

/* ---- all of them ---- */

#define PER_FRAME 50 /* courses: others who write meanwhile wait less than a second */

/* Courses behind `after`, by age: they are listed in the order they were made. */
static bool rebuild_some(records *db, int64_t *after_ms, char after_id[33], int *count,
                         GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    query *rows = records_query(db, SQL_COURSE_AGE, "iti", *after_ms, after_id, (int64_t)PER_FRAME);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        g_ptr_array_add(ids, g_strdup(query_text(rows, 0)));
        *after_ms = query_int(rows, 1);
    }
    for (guint i = 0; step == QUERY_END && i < ids->len; i++)
        if (!listing_refresh(db, g_ptr_array_index(ids, i), error))
            return false;
    *count = (int)ids->len;
    if (ids->len)
        g_strlcpy(after_id, g_ptr_array_index(ids, ids->len - 1), 33);
    return step == QUERY_END;
}

static bool in_frame(records *db, int64_t *after_ms, char after_id[33], int *count, GError **error)
{
    if (records_begin(db, error) && rebuild_some(db, after_ms, after_id, count, error) &&
        (*count || catalogue_up_to_date(db, error)))
        return records_commit(db, error);
    records_rollback(db);
    return false;
}

bool listing_rebuild(records *db, GError **error)
{
    bool outdated;
    int64_t after_ms = -1;
    char after_id[33] = "";
    int count = 1, all = 0;
    if (!catalogue_outdated(db, &outdated, error))
        return false;
    for (; outdated && count; all += count)
        if (!in_frame(db, &after_ms, after_id, &count, error))
            return false;
    if (all)
        log_info("school", "the catalogue was made anew: %d courses", all);
    return true;
}
