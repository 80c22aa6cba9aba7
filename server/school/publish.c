#include "school/publish.h"

#include <string.h>

#include "school/inside.h"
#include "school/listing.h"
#include "school/text.h"
#include "school/viewing.h"

/* ---- states ---- */

bool course_move(records *db, base_clock *clock, school_course *course, course_deed deed,
                 GError **error)
{
    course_state to;
    if (!course_state_after(course->state, deed, course->version > 0, &to, error))
        return false;
    course->state = to;
    course->shown = course_state_shows(to, course->version > 0);
    course->changed_ms = clock_utc_ms(clock);
    return records_run(db, error, SQL_COURSE_MOVE, "ttii", course->id, course_state_word(to),
                       (int64_t)course->shown, course->changed_ms) &&
           listing_refresh(db, course->id, error) &&
           (deed != DEED_SUBMIT || records_run(db, error, SQL_REVIEW_END, "t", course->id));
}

bool course_reject(records *db, base_clock *clock, school_course *course, const person *by,
                   const char *reason, GError **error)
{
    char words[NOTE_MAX * 4 + 1];
    return school_text(words, NOTE_MAX, 1, "reason", reason, error) &&
           course_move(db, clock, course, DEED_REJECT, error) &&
           records_run(db, error, SQL_REVIEW_PUT, "ttiit", course->id, words, course->changed_ms,
                       by->id, by->name);
}

bool course_review_read(records *db, const char *course_id, course_review *review, GError **error)
{
    query *row = records_query(db, SQL_REVIEW_READ, "t", course_id);
    bool found = query_step(row, error) == QUERY_ROW;
    memset(review, 0, sizeof *review);
    if (found) {
        g_strlcpy(review->reason, query_text(row, 0), sizeof review->reason);
        review->at_ms = query_int(row, 1);
        review->by = query_int(row, 2);
        g_strlcpy(review->by_name, query_text(row, 3), sizeof review->by_name);
    }
    query_end(row);
    return found;
}

/* ---- publishing ---- */

typedef struct {
    records *db;
    school_course *course;
    const json_t *body;
    const draft_facts *facts;
    int64_t now_ms;
} edition;

static bool refuse_problems(const edition *e, GError **error)
{
    g_autoptr(GArray) problems = draft_problems(e->body, e->facts);
    if (problems->len == 0)
        return true;
    const draft_problem *first = &g_array_index(problems, draft_problem, 0);
    error_set(error, ERROR_CONFLICT, first->code, first->path, "%s", first->text);
    return false;
}

static char *lines_of(const json_t *list)
{
    GString *lines = g_string_new(NULL);
    for (gsize i = 0; i < json_array_size(list); i++) {
        g_autofree char *line = g_strstrip(g_strdup(json_string_value(json_array_get(list, i))));
        g_string_append_printf(lines, "%s%s", lines->len ? "\n" : "", line);
    }
    return g_string_free(lines, FALSE);
}

static char *module_lines(guint modules)
{
    GString *lines = g_string_new(NULL);
    for (int i = 1; i < GENERAL_MODULES; i++)
        if (modules & MODULE_BIT(i))
            g_string_append_printf(lines, "%s%s", lines->len ? "\n" : "", general_module_words[i]);
    return g_string_free(lines, FALSE);
}

/* The title whose poster stands for the course: of the lesson that shows the asset chosen. */
static const char *cover_of(const edition *e)
{
    const char *asset_id = draft_word(e->body, "cover_asset");
    g_autoptr(GPtrArray) lessons = draft_lessons(e->body);
    for (guint i = 0; *asset_id && i < lessons->len; i++)
        if (strcmp(draft_word(lessons->pdata[i], "asset_id"), asset_id) == 0)
            return g_array_index(e->facts->lessons, lesson_facts, i).title_id;
    return "";
}

static bool write_course(const edition *e, GError **error)
{
    const json_t *rule = json_object_get(e->body, "rule");
    const json_t *occupation = json_object_get(e->body, "occupation");
    g_autofree char *title = g_strstrip(g_strdup(draft_word(e->body, "title")));
    g_autofree char *summary = g_strstrip(g_strdup(draft_word(e->body, "summary")));
    g_autofree char *tags = lines_of(json_object_get(e->body, "tags"));
    const house_rule general = draft_general_rule(e->body, e->facts->house);
    g_autofree char *modules = module_lines(general.modules);
    return records_run(e->db, error, SQL_COURSE_PUBLISH, "tttiiiittttiitiiit", e->course->id, title,
                       summary, draft_number(rule, "coverage_permille", 0),
                       draft_number(rule, "minutes", 0), (int64_t)e->course->version + 1, e->now_ms,
                       draft_word(occupation, "edition"), draft_word(occupation, "code"),
                       draft_word(e->body, "level"), tags, (int64_t)draft_declared_tenths(e->body),
                       draft_number(e->body, "hour_minutes", HOUR_MINUTES), modules,
                       (int64_t)general.general_permille, draft_number(e->body, "free_from_ms", 0),
                       draft_number(e->body, "free_until_ms", 0), cover_of(e));
}

static bool write_viewing(const edition *e, GError **error)
{
    const json_t *given = json_object_get(e->body, "viewing");
    viewing right = {0};
    if (!json_is_object(given) || !viewing_parse(draft_word(given, "who"), &right.kind))
        return true;
    g_strlcpy(right.of.code, draft_word(given, "institution"), sizeof right.of.code);
    return viewing_write(e->db, e->course->id, &right, error);
}

static bool write_masters(const edition *e, GError **error)
{
    const json_t *masters = json_object_get(e->body, "masters");
    if (!records_run(e->db, error, SQL_MASTERS_END, "t", e->course->id))
        return false;
    for (gsize i = 0; i < json_array_size(masters); i++) {
        const json_t *is = json_array_get(masters, i);
        if (!records_run(e->db, error, SQL_MASTER_ADD, "titttt", e->course->id, (int64_t)i + 1,
                         draft_word(is, "name"), draft_word(is, "kind"), draft_word(is, "proof"),
                         draft_word(is, "intro")))
            return false;
    }
    return true;
}

/* What it was stays on record; without a title there was nothing to complete. */
static bool keep_past(const edition *e, const school_lesson *was, GError **error)
{
    return was->title_id[0] == '\0' ||
           records_run(e->db, error, SQL_LESSON_PAST_ADD, "tittiii", was->id, (int64_t)was->version,
                       was->title_id, was->class_id, was->content_ms, (int64_t)was->ended,
                       e->now_ms);
}

/* The lesson's number after this: one more when another title takes the place of the one it had. */
static bool next_version(const edition *e, const char *id, const char *title_id, int32_t *version,
                         GError **error)
{
    school_lesson was;
    g_autoptr(GError) failure = NULL;
    *version = 1;
    if (!lesson_read_any(e->db, id, &was, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        return !failure;
    }
    if (strcmp(was.course_id, e->course->id) != 0) {
        error_set(error, ERROR_CONFLICT, "lesson_id_taken", NULL,
                  "Lesson %s is one of another course: give it another id", id);
        return false;
    }
    bool same = strcmp(was.title_id, title_id) == 0;
    *version = same ? was.version : was.version + 1;
    return same || keep_past(e, &was, error);
}

static bool write_lesson(const edition *e, const json_t *is, const lesson_facts *facts,
                         const char *chapter_id, int64_t position, GError **error)
{
    int32_t version;
    lesson_kind kind = LESSON_VIDEO;
    lesson_kind_parse(draft_word(is, "kind"), &kind);
    bool counts = lesson_kind_counts(kind), live = kind == LESSON_LIVE;
    const char *id = draft_word(is, "id"), *title_id = counts ? facts->title_id : "";
    g_autofree char *title = g_strstrip(g_strdup(draft_word(is, "title")));
    if (!next_version(e, id, title_id, &version, error))
        return false;
    return records_run(e->db, error, SQL_LESSON_PUT, "ttitttiittitttt", id, e->course->id, position,
                       title, title_id, live ? facts->class_id : "",
                       counts && facts->ended ? facts->content_ms : (int64_t)0,
                       (int64_t)(!counts || facts->ended), chapter_id, draft_word(is, "kind"),
                       (int64_t)version, counts && !live ? draft_word(is, "asset_id") : "",
                       kind == LESSON_DOCUMENT ? draft_word(is, "handout_id") : "",
                       kind == LESSON_LINK ? draft_word(is, "url") : "", draft_word(is, "module"));
}

static bool write_chapter(const edition *e, gsize at, guint *next, GError **error)
{
    const json_t *chapter = json_array_get(json_object_get(e->body, "chapters"), at);
    const json_t *lessons = json_object_get(chapter, "lessons");
    const char *id = draft_word(chapter, "id");
    g_autofree char *title = g_strstrip(g_strdup(draft_word(chapter, "title")));
    if (!records_run(e->db, error, SQL_CHAPTER_ADD, "ttit", e->course->id, id, (int64_t)at + 1,
                     title))
        return false;
    for (gsize i = 0; i < json_array_size(lessons); i++, (*next)++)
        if (!write_lesson(e, json_array_get(lessons, i),
                          &g_array_index(e->facts->lessons, lesson_facts, *next), id,
                          (int64_t)*next + 1, error))
            return false;
    return true;
}

/* First all leave, so that no two stand in one place on the way; then those of the document come back. */
static bool write_lessons(const edition *e, GError **error)
{
    guint next = 0;
    if (!records_run(e->db, error, SQL_LESSONS_LEAVE, "t", e->course->id) ||
        !records_run(e->db, error, SQL_CHAPTERS_END, "t", e->course->id))
        return false;
    for (gsize i = 0; i < json_array_size(json_object_get(e->body, "chapters")); i++)
        if (!write_chapter(e, i, &next, error))
            return false;
    return true;
}

static bool keep_version(const edition *e, const person *by, const char *note, GError **error)
{
    g_autoptr(GPtrArray) lessons = draft_lessons(e->body);
    char *text = json_dumps(e->body, JSON_COMPACT);
    bool kept = records_run(e->db, error, SQL_VERSION_ADD, "tittiiiit", e->course->id,
                            (int64_t)e->course->version + 1, text, note, (int64_t)lessons->len,
                            draft_minutes(e->body, e->facts), e->now_ms, by->id, by->name);
    free(text);
    return kept;
}

bool course_publish(records *db, base_clock *clock, school_course *course, course_draft *draft,
                    const draft_facts *facts, const person *by, const char *note, GError **error)
{
    course_state to;
    char words[NOTE_MAX * 4 + 1];
    const edition e = {db, course, draft->body, facts, clock_utc_ms(clock)};
    if (!course_state_after(course->state, DEED_PUBLISH, course->version > 0, &to, error) ||
        !school_text(words, NOTE_MAX, 0, "note", note, error) || !refuse_problems(&e, error))
        return false;
    return write_course(&e, error) && write_viewing(&e, error) && write_masters(&e, error) &&
           write_lessons(&e, error) && keep_version(&e, by, words, error) &&
           records_run(db, error, SQL_REVIEW_END, "t", course->id) &&
           listing_refresh(db, course->id, error) &&
           school_course_read(db, course->id, course, error);
}

/* ---- versions ---- */

GArray *course_versions(records *db, const char *course_id, GError **error)
{
    query *rows = records_query(db, SQL_VERSION_LIST, "ti", course_id, (int64_t)VERSIONS_LISTED);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(course_version));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        course_version is = {.version = (int32_t)query_int(rows, 0),
                             .lessons = query_int(rows, 2),
                             .minutes = query_int(rows, 3),
                             .published_ms = query_int(rows, 4),
                             .by = query_int(rows, 5)};
        g_strlcpy(is.note, query_text(rows, 1), sizeof is.note);
        g_strlcpy(is.by_name, query_text(rows, 6), sizeof is.by_name);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

json_t *course_version_body(records *db, const char *course_id, int32_t version, GError **error)
{
    query *row = records_query(db, SQL_VERSION_BODY, "ti", course_id, (int64_t)version);
    query_step_result step = query_step(row, error);
    json_t *body = step == QUERY_ROW ? json_loads(query_text(row, 0), 0, NULL) : NULL;
    query_end(row);
    if (!body && step != QUERY_FAILED)
        error_set(error, ERROR_MISSING, "no_version", NULL, "There is no version %d to be seen",
                  (int)version);
    return body;
}

/* ---- masters ---- */

GArray *course_masters(records *db, const char *course_id, GError **error)
{
    query *rows = records_query(db, SQL_MASTER_LIST, "ti", course_id, (int64_t)MASTERS_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(course_master));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        course_master is = {0};
        g_strlcpy(is.name, query_text(rows, 0), sizeof is.name);
        if (!master_kind_parse(query_text(rows, 1), &is.kind))
            is.kind = MASTER_OTHER;
        g_strlcpy(is.proof, query_text(rows, 2), sizeof is.proof);
        g_strlcpy(is.intro, query_text(rows, 3), sizeof is.intro);
        is.checked_ms = query_is_null(rows, 4) ? 0 : query_int(rows, 4);
        g_strlcpy(is.checked_by, query_is_null(rows, 5) ? "" : query_text(rows, 5),
                  sizeof is.checked_by);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

bool proof_checked(records *db, const char *course_id, const json_t *master, int64_t *at_ms,
                   char by_name[204], GError **error)
{
    query *row = records_query(db, SQL_PROOF_READ, "tttt", course_id, draft_word(master, "name"),
                               draft_word(master, "kind"), draft_word(master, "proof"));
    query_step_result step = query_step(row, error);
    *at_ms = step == QUERY_ROW ? query_int(row, 0) : 0;
    g_strlcpy(by_name, step == QUERY_ROW ? query_text(row, 1) : "", 204);
    query_end(row);
    return step != QUERY_FAILED;
}

bool proof_check(records *db, base_clock *clock, const char *course_id, const json_t *master,
                 bool good, const person *by, GError **error)
{
    const char *name = draft_word(master, "name"), *kind = draft_word(master, "kind"),
               *proof = draft_word(master, "proof");
    if (good && !*proof) {
        error_set(error, ERROR_INPUT, "master_proof_missing", NULL,
                  "There is no proof to be checked");
        return false;
    }
    if (!good)
        return records_run(db, error, SQL_PROOF_END, "tttt", course_id, name, kind, proof);
    return records_run(db, error, SQL_PROOF_PUT, "ttttiit", course_id, name, kind, proof,
                       clock_utc_ms(clock), by->id, by->name);
}
