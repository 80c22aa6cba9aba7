#include "school/use.h"

#include <string.h>

#include "school/draft.h"

/* ---- who has it ---- */

static bool has_course(const GArray *uses, const char *course_id)
{
    for (guint i = 0; i < uses->len; i++)
        if (strcmp(g_array_index(uses, school_use, i).course_id, course_id) == 0)
            return true;
    return false;
}

static bool take_uses(query *rows, GArray *uses, GError **error)
{
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_use is = {.draft = query_int(rows, 3) != 0};
        g_strlcpy(is.course_id, query_text(rows, 0), sizeof is.course_id);
        g_strlcpy(is.course_title, query_text(rows, 1), sizeof is.course_title);
        g_strlcpy(is.lesson_title, query_text(rows, 2), sizeof is.lesson_title);
        if (!is.draft || !has_course(uses, is.course_id))
            g_array_append_val(uses, is);
    }
    return step == QUERY_END;
}

static bool uses_by(records *db, records_statement by, const char *id, GArray *uses, GError **error)
{
    return !*id ||
           take_uses(records_query(db, by, "ti", id, (int64_t)LESSONS_OF_TITLE_MAX), uses, error);
}

GArray *school_uses(records *db, const char *title_id, const char *asset_id, GError **error)
{
    g_autoptr(GArray) uses = g_array_new(FALSE, TRUE, sizeof(school_use));
    if (uses_by(db, SQL_USES_OF_TITLE, title_id, uses, error) &&
        uses_by(db, SQL_USES_OF_FILE, asset_id, uses, error))
        return g_steal_pointer(&uses);
    return NULL;
}

bool school_unused(const GArray *uses, const char *code, const char *draft_code, GError **error)
{
    if (uses->len == 0)
        return true;
    const school_use *first = &g_array_index(uses, school_use, 0);
    if (first->draft)
        error_set(error, ERROR_CONFLICT, draft_code, NULL,
                  "The draft of the course \"%s\" has it in its lesson \"%s\": take it out there "
                  "first",
                  first->course_title, first->lesson_title);
    else
        error_set(error, ERROR_CONFLICT, code, NULL,
                  "The course \"%s\" has it in its lesson \"%s\": take it out there first",
                  first->course_title, first->lesson_title);
    return false;
}

/* ---- what a draft has ---- */

typedef struct {
    const char *kind, *id; /* borrowed; "" for nothing */
} source;

/* What a lesson of this kind is made of; what its other fields still hold from before is nothing. */
static source source_of(const json_t *lesson)
{
    lesson_kind kind = LESSON_VIDEO;
    lesson_kind_parse(draft_word(lesson, "kind"), &kind);
    if (kind == LESSON_LIVE)
        return (source){"class", draft_word(lesson, "class_id")};
    if (kind == LESSON_DOCUMENT)
        return (source){"asset", draft_word(lesson, "handout_id")};
    if (kind == LESSON_LINK)
        return (source){"", ""};
    const char *asset_id = draft_word(lesson, "asset_id");
    return *asset_id ? (source){"asset", asset_id}
                     : (source){"title", draft_word(lesson, "title_id")};
}

static bool add_use(records *db, const char *course_id, const json_t *lesson, GError **error)
{
    source is = source_of(lesson);
    const char *title = draft_word(lesson, "title");
    glong chars = MIN(g_utf8_strlen(title, -1), COURSE_TITLE_MAX);
    g_autofree char *first = g_utf8_substring(title, 0, chars);
    return !*is.id ||
           records_run(db, error, SQL_DRAFT_USE_ADD, "tttt", course_id, is.kind, is.id, first);
}

bool school_draft_uses(records *db, const char *course_id, const json_t *body, GError **error)
{
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    if (!records_run(db, error, SQL_DRAFT_USES_END, "t", course_id))
        return false;
    for (guint i = 0; i < lessons->len; i++)
        if (!add_use(db, course_id, lessons->pdata[i], error))
            return false;
    return true;
}
