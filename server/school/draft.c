#include "school/draft.h"

#include <string.h>

#include "school/text.h"
#include "school/use.h"
#include "school/viewing.h"

void course_draft_clear(course_draft *draft)
{
    json_decref(draft->body);
    memset(draft, 0, sizeof *draft);
}

/* ---- a course as it stands, as a document ---- */

static json_t *lesson_json(const school_lesson *is)
{
    bool by_asset = is->asset_id[0] != '\0', live = is->kind == LESSON_LIVE;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", is->id, "title",
                     is->title, "kind", lesson_kind_word(is->kind), "asset_id", is->asset_id,
                     "title_id", by_asset || live ? "" : is->title_id, "class_id",
                     live ? is->class_id : "", "handout_id", is->handout_id, "url", is->url,
                     "module", general_module_word(is->module));
}

static json_t *chapter_json(const char *id, const char *title, const GArray *lessons)
{
    json_t *list = json_array();
    for (guint i = 0; lessons && i < lessons->len; i++) {
        const school_lesson *lesson = &g_array_index(lessons, school_lesson, i);
        if (strcmp(lesson->chapter_id, id) == 0)
            json_array_append_new(list, lesson_json(lesson));
    }
    return json_pack("{s:s, s:s, s:o}", "id", id, "title", title, "lessons", list);
}

static json_t *chapters_json(records *db, const char *course_id, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons(db, course_id, error);
    g_autoptr(GArray) chapters = lessons ? school_chapters(db, course_id, error) : NULL;
    if (!chapters)
        return NULL;
    json_t *list = json_array(), *loose = chapter_json("", "", lessons);
    if (json_array_size(json_object_get(loose, "lessons")) > 0 || chapters->len == 0)
        json_array_append(list, loose);
    json_decref(loose);
    for (guint i = 0; i < chapters->len; i++) {
        const school_chapter *is = &g_array_index(chapters, school_chapter, i);
        json_array_append_new(list, chapter_json(is->id, is->title, lessons));
    }
    return list;
}

static json_t *lines_json(const char *text)
{
    json_t *list = json_array();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            json_array_append_new(list, json_string(*line));
    return list;
}

static json_t *modules_json(guint mask)
{
    json_t *list = json_array();
    for (int i = 1; i < GENERAL_MODULES; i++)
        if (mask & MODULE_BIT(i))
            json_array_append_new(list, json_string(general_module_words[i]));
    return list;
}

static json_t *time_json(int64_t ms)
{
    return ms ? json_integer(ms) : json_null();
}

static json_t *rule_json(const school_course *is)
{
    return json_pack("{s:i, s:i, s:o}", "coverage_permille", (int)is->rule.coverage_permille,
                     "minutes", (int)is->rule.minutes, "general_max_permille",
                     is->general_permille == GENERAL_ANY ? json_null()
                                                         : json_integer(is->general_permille));
}

static json_t *right_json(const viewing *right)
{
    return json_pack("{s:s, s:s}", "who", viewing_word(right->kind), "institution", right->of.code);
}

static json_t *viewing_json(records *db, const char *course_id, GError **error)
{
    viewing right;
    return viewing_read(db, course_id, &right, error) ? right_json(&right) : NULL;
}

/* A course that was made by one call: what publishing would have written is as it was then. */
static json_t *course_json(records *db, const school_course *is, GError **error)
{
    json_t *chapters = chapters_json(db, is->id, error);
    json_t *right = chapters ? viewing_json(db, is->id, error) : NULL;
    if (!right) {
        json_decref(chapters);
        return NULL;
    }
    json_t *occupation =
        is->occupation[0]
            ? json_pack("{s:s, s:s}", "edition", is->occupation_edition, "code", is->occupation)
            : json_null();
    json_t *made = json_pack("{s:s, s:s, s:o, s:s, s:o, s:f, s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
                             "title", is->title, "summary", is->summary, "occupation", occupation,
                             "level", is->level, "tags", lines_json(is->tags), "declared_hours",
                             is->declared_tenths / 10.0, "hour_minutes", (int)is->hour_minutes,
                             "rule", rule_json(is), "modules_required", modules_json(is->modules),
                             "free_from_ms", time_json(is->free_from_ms), "free_until_ms",
                             time_json(is->free_until_ms), "viewing", right, "chapters", chapters);
    json_t *whole = draft_shape(made, error);
    json_decref(made);
    return whole;
}

/* ---- the row ---- */

/* False without error: nobody has edited it yet. */
static bool read_row(records *db, const char *course_id, course_draft *draft, GError **error)
{
    query *row = records_query(db, SQL_DRAFT_READ, "t", course_id);
    bool found = query_step(row, error) == QUERY_ROW;
    if (found) {
        draft->edit = query_int(row, 0);
        draft->body = json_loads(query_text(row, 1), 0, NULL);
        draft->changed_ms = query_int(row, 2);
    }
    query_end(row);
    if (found && !draft->body)
        error_set(error, ERROR_STORAGE, "storage", NULL, "The draft of course %s cannot be read",
                  course_id);
    return draft->body != NULL;
}

bool draft_read(records *db, const school_course *course, course_draft *draft, GError **error)
{
    g_autoptr(GError) failure = NULL;
    memset(draft, 0, sizeof *draft);
    if (read_row(db, course->id, draft, &failure))
        return true;
    if (!failure)
        draft->body = course_json(db, course, &failure);
    if (draft->body)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool write_row(records *db, const char *course_id, const course_draft *draft, int64_t by,
                      GError **error)
{
    char *text = json_dumps(draft->body, JSON_COMPACT);
    bool fits = text && strlen(text) <= DRAFT_BYTES_MAX;
    if (!fits)
        error_set(error, ERROR_TOO_LARGE, "draft_too_large", "draft",
                  "A draft has at most %d bytes", DRAFT_BYTES_MAX);
    bool written = fits && records_run(db, error, SQL_DRAFT_PUT, "titii", course_id, draft->edit,
                                       text, draft->changed_ms, by);
    free(text);
    return written && school_draft_uses(db, course_id, draft->body, error);
}

/* Nobody but its editors sees it: they find it by the name it is to have. */
static bool name_course(records *db, const school_course *course, const json_t *body,
                        GError **error)
{
    char title[COURSE_TITLE_MAX * 4 + 1], summary[COURSE_SUMMARY_MAX * 4 + 1];
    if (course->version > 0 ||
        !school_text(title, COURSE_TITLE_MAX, 1, "title", draft_word(body, "title"), NULL) ||
        !school_text(summary, COURSE_SUMMARY_MAX, 0, "summary", draft_word(body, "summary"), NULL))
        return true;
    return records_run(db, error, SQL_COURSE_NAME, "ttt", course->id, title, summary);
}

bool draft_save(records *db, base_clock *clock, const school_course *course, int64_t edit,
                json_t *body, int64_t by, course_draft *draft, GError **error)
{
    g_autoptr(GError) failure = NULL;
    memset(draft, 0, sizeof *draft);
    if (!read_row(db, course->id, draft, &failure) && failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (draft->edit != edit) {
        error_set(error, ERROR_CONFLICT, "edited_elsewhere", "edit",
                  "This draft was changed elsewhere meanwhile: it is at edit %" G_GINT64_FORMAT,
                  draft->edit);
        course_draft_clear(draft);
        return false;
    }
    json_decref(draft->body);
    *draft = (course_draft){
        .edit = edit + 1, .body = json_incref(body), .changed_ms = clock_utc_ms(clock)};
    if (write_row(db, course->id, draft, by, error) && name_course(db, course, body, error))
        return true;
    course_draft_clear(draft);
    return false;
}

/* Writes what was changed in it beside its editors: to them it was edited elsewhere. */
static bool amend(records *db, const char *course_id, const json_t *body, GError **error)
{
    json_t *whole = draft_shape(body, error);
    char *text = whole ? json_dumps(whole, JSON_COMPACT) : NULL;
    bool amended = text && records_run(db, error, SQL_DRAFT_AMEND, "tt", course_id, text) &&
                   school_draft_uses(db, course_id, whole, error);
    free(text);
    json_decref(whole);
    return amended;
}

/* False: there is no draft, and *good tells whether that is no failure. */
static bool open_row(records *db, const char *course_id, course_draft *draft, bool *good,
                     GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool found = read_row(db, course_id, draft, &failure);
    *good = !failure;
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return found;
}

static void append_lesson(json_t *body, const school_lesson *lesson)
{
    json_t *chapters = json_object_get(body, "chapters");
    if (json_array_size(chapters) == 0)
        json_array_append_new(chapters, chapter_json("", "", NULL));
    json_t *last = json_array_get(chapters, json_array_size(chapters) - 1);
    json_array_append_new(json_object_get(last, "lessons"), lesson_json(lesson));
}

bool draft_append(records *db, const school_lesson *lesson, GError **error)
{
    course_draft draft = {0};
    bool good;
    if (!open_row(db, lesson->course_id, &draft, &good, error))
        return good;
    append_lesson(draft.body, lesson);
    good = amend(db, lesson->course_id, draft.body, error);
    course_draft_clear(&draft);
    return good;
}

bool draft_follow_viewing(records *db, const char *course_id, GError **error)
{
    course_draft draft = {0};
    bool good;
    if (!open_row(db, course_id, &draft, &good, error))
        return good;
    json_t *right = viewing_json(db, course_id, error);
    good = right && json_object_set_new(draft.body, "viewing", right) == 0 &&
           amend(db, course_id, draft.body, error);
    course_draft_clear(&draft);
    return good;
}

/* ---- what is proposed beside its editor ---- */

static bool shows_same(const json_t *one, const school_lesson *lesson)
{
    return lesson->class_id[0] ? strcmp(draft_word(one, "class_id"), lesson->class_id) == 0
                               : strcmp(draft_word(one, "title_id"), lesson->title_id) == 0;
}

static bool has_place(const json_t *body, const school_lesson *lesson, GError **error)
{
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    for (guint i = 0; i < lessons->len; i++)
        if (shows_same(lessons->pdata[i], lesson)) {
            error_set(error, ERROR_CONFLICT, "title_in_course", "title_id",
                      "The course's draft has this title already");
            return false;
        }
    if (lessons->len < LESSONS_MAX)
        return true;
    error_set(error, ERROR_CONFLICT, "course_full", NULL, "A course has at most %d lessons",
              LESSONS_MAX);
    return false;
}

/* Saves what was read and changed since. */
static bool save_again(records *db, base_clock *clock, const school_course *course,
                       const course_draft *read, int64_t by, GError **error)
{
    course_draft saved = {0};
    json_t *body = draft_shape(read->body, error);
    bool good = body && draft_save(db, clock, course, read->edit, body, by, &saved, error);
    json_decref(body);
    course_draft_clear(&saved);
    return good;
}

bool draft_propose(records *db, base_clock *clock, const school_course *course,
                   const school_lesson *lesson, int64_t by, GError **error)
{
    course_draft draft;
    if (!draft_read(db, course, &draft, error))
        return false;
    bool good = has_place(draft.body, lesson, error);
    if (good)
        append_lesson(draft.body, lesson);
    good = good && save_again(db, clock, course, &draft, by, error);
    course_draft_clear(&draft);
    return good;
}

bool draft_propose_viewing(records *db, base_clock *clock, const school_course *course,
                           const viewing *right, int64_t by, GError **error)
{
    course_draft draft;
    institution known;
    if ((right->kind == VIEWING_INSTITUTION &&
         !institution_read(db, right->of.code, &known, error)) ||
        !draft_read(db, course, &draft, error))
        return false;
    bool good = json_object_set_new(draft.body, "viewing", right_json(right)) == 0 &&
                save_again(db, clock, course, &draft, by, error);
    course_draft_clear(&draft);
    return good;
}
