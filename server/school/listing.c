#include "school/listing.h"

#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"
#include "school/publish.h"

#define MINUTE_MS 60000

/* What is gathered for one course; texts that listing_facts borrows. */
typedef struct {
    school_course course;
    occupation trade;
    GString *titles, *people;
    char master_name[204];
    char **tags;
    const char *modules[GENERAL_MODULES + 1];
    listing_facts facts;
} gathered;

static void gathered_clear(gathered *g)
{
    g_string_free(g->titles, TRUE);
    g_string_free(g->people, TRUE);
    g_strfreev(g->tags);
}

static void note_module(gathered *g, general_module module)
{
    int at = 0;
    if (module == MODULE_NONE)
        return;
    for (; g->modules[at]; at++)
        if (strcmp(g->modules[at], general_module_word(module)) == 0)
            return;
    g->modules[at] = general_module_word(module);
}

static bool gather_lessons(records *db, gathered *g, GError **error)
{
    int64_t content_ms = 0;
    listing_facts *facts = &g->facts;
    g_autoptr(GArray) lessons = school_lessons(db, g->course.id, error);
    for (guint i = 0; lessons && i < lessons->len; i++) {
        const school_lesson *lesson = &g_array_index(lessons, school_lesson, i);
        g_string_append_printf(g->titles, "%s\n", lesson->title);
        note_module(g, lesson->module);
        content_ms += lesson->content_ms;
        if (!*g->course.cover)
            g_strlcpy(g->course.cover, lesson->title_id, sizeof g->course.cover);
    }
    facts->lessons = lessons ? lessons->len : 0;
    facts->minutes = content_ms / MINUTE_MS;
    facts->hours_tenths = g->course.declared_tenths
                              ? g->course.declared_tenths
                              : facts->minutes * 10 / MAX(g->course.hour_minutes, 1);
    return lessons != NULL;
}

/* Its masters as it names them, and whose course it is. */
static bool gather_people(records *db, gathered *g, GError **error)
{
    g_autoptr(GArray) masters = course_masters(db, g->course.id, error);
    g_string_append(g->people, g->course.owner_name);
    for (guint i = 0; masters && i < masters->len; i++)
        g_string_append_printf(g->people, "\n%s", g_array_index(masters, course_master, i).name);
    g_strlcpy(g->master_name,
              masters && masters->len ? g_array_index(masters, course_master, 0).name
                                      : g->course.owner_name,
              sizeof g->master_name);
    return masters != NULL;
}

/* One that is in no catalogue (any more) goes by its code alone. */
static bool gather_trade(records *db, gathered *g, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (!*g->course.occupation ||
        occupation_read(db, g->course.occupation_edition, g->course.occupation, &g->trade, &why) ||
        error_is(why, ERROR_MISSING))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

static void describe(gathered *g)
{
    const school_course *course = &g->course;
    listing_facts *facts = &g->facts;
    g->tags = g_strsplit(course->tags, "\n", TAGS_MAX);
    facts->course_id = course->id;
    facts->title = course->title;
    facts->summary = course->summary;
    facts->edition = course->occupation_edition;
    facts->code = course->occupation;
    facts->trade = g->trade.name;
    facts->level = course->level;
    facts->tags = (const char *const *)g->tags;
    facts->modules = g->modules;
    facts->people = g->people->str;
    facts->master_name = g->master_name;
    facts->lesson_titles = g->titles->str;
    facts->cover_title = course->cover;
    facts->owner = course->owner;
    facts->from_ms = course->free_from_ms;
    facts->until_ms = course->free_until_ms;
}

static bool list_course(records *db, gathered *g, GError **error)
{
    if (!gather_lessons(db, g, error) || !gather_people(db, g, error) ||
        !gather_trade(db, g, error))
        return false;
    describe(g);
    return listing_put(db, &g->facts, error);
}

bool listing_refresh(records *db, const char *course_id, GError **error)
{
    gathered g = {0};
    if (!school_course_read(db, course_id, &g.course, error))
        return false;
    if (!g.course.shown)
        return listing_drop(db, course_id, error);
    g.titles = g_string_new(NULL);
    g.people = g_string_new(NULL);
    bool listed = list_course(db, &g, error);
    gathered_clear(&g);
    return listed;
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
