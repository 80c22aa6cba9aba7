#include "api/sources.h"

#include <string.h>

#include "api/title_right.h"
#include "award/award.h"
#include "catalogue/occupation.h"
#include "storage/storage.h"
#include "title/writer.h"
#include "transcode/asset.h"

#define MINUTE_MS 60000
#define JOURNAL_BYTES_MAX (64 << 20) /* a day of parts has some ten */

/* For whom it is read. */
typedef struct {
    records *db;
    const person *who;
    int64_t leader; /* of the course */
} reader;

/* MISSING is an answer, not a failure: then *error stays unset. */
static bool or_missing(GError *failure, GError **error)
{
    if (!failure || error_is(failure, ERROR_MISSING)) {
        g_clear_error(&failure);
        return true;
    }
    g_propagate_error(error, failure);
    return false;
}

static bool read_end(records *db, lesson_facts *is, GError **error)
{
    g_autoptr(GError) failure = NULL;
    is->ended = school_title_end(db, is->title_id, &is->content_ms, &failure);
    if (!failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* ---- classes ---- */

static bool read_plan(records *db, const live_class *class, lesson_facts *is, GError **error)
{
    live_plan plan;
    if (!live_plan_read(db, class, &plan, error))
        return false;
    is->planned_ms = (int64_t)plan.minutes * MINUTE_MS;
    return true;
}

/* A class to come is ready: it is given when it is given. One that failed or was cut off is not. */
static bool take_class(const reader *r, const live_class *class, lesson_facts *is, GError **error)
{
    bool over = class->state == CLASS_CLOSED;
    is->found = true;
    is->failed = class->cut_ms != 0 || class->state == CLASS_FAILED;
    is->ready = !is->failed;
    g_strlcpy(is->title_id, class->title_id, sizeof is->title_id);
    g_strlcpy(is->class_id, class->id, sizeof is->class_id);
    return title_is_foreign(r->db, r->who, r->leader, class->master, &is->foreign, error) &&
           read_end(r->db, is, error) && (over || read_plan(r->db, class, is, error));
}

static bool read_class(const reader *r, const char *class_id, lesson_facts *is, GError **error)
{
    live_class class;
    GError *failure = NULL;
    if (live_class_read(r->db, class_id, &class, &failure))
        return take_class(r, &class, is, error);
    return or_missing(failure, error);
}

/* ---- titles ---- */

static bool read_recorded(const reader *r, const char *title_id, lesson_facts *is, GError **error)
{
    int64_t owner;
    g_strlcpy(is->title_id, title_id, sizeof is->title_id);
    if (!read_end(r->db, is, error) || !title_owner(r->db, r->leader, title_id, &owner, error) ||
        !title_is_foreign(r->db, r->who, r->leader, owner, &is->foreign, error))
        return false;
    is->found = is->ready = is->ended;
    return true;
}

/* The replay of a class, or a recorded title; of one that is not known here its journal may tell. */
static bool read_title(const reader *r, const char *title_id, lesson_facts *is, GError **error)
{
    live_class class;
    GError *failure = NULL;
    if (!live_class_read_title(r->db, title_id, &class, &failure))
        return or_missing(failure, error) && read_recorded(r, title_id, is, error);
    if (!take_class(r, &class, is, error))
        return false;
    is->ready = is->ready && class.state == CLASS_CLOSED;
    is->class_id[0] = '\0';
    is->planned_ms = 0;
    return true;
}

/* ---- assets ---- */

static bool take_asset(const reader *r, const asset *of, lesson_facts *is, GError **error)
{
    is->found = true;
    is->ready = of->state == ASSET_READY;
    is->failed =
        of->state == ASSET_REFUSED || of->state == ASSET_FAILED || of->state == ASSET_CANCELLED;
    g_strlcpy(is->title_id, of->kind == ASSET_HANDOUT ? "" : of->title_id, sizeof is->title_id);
    return title_is_foreign(r->db, r->who, r->leader, of->owner, &is->foreign, error);
}

/* An upload: what was made of it, when it is ready. A document is made of a handout, the rest of none. */
static bool read_asset(const reader *r, const char *asset_id, bool handout, lesson_facts *is,
                       GError **error)
{
    asset of = {0};
    GError *failure = NULL;
    if (!asset_read(r->db, asset_id, &of, &failure))
        return or_missing(failure, error);
    bool good = (of.kind == ASSET_HANDOUT) != handout || take_asset(r, &of, is, error);
    asset_clear(&of);
    return good && (is->title_id[0] == '\0' || read_end(r->db, is, error));
}

/* ---- all ---- */

static bool read_one(const reader *r, const json_t *lesson, lesson_facts *is, GError **error)
{
    const char *kind = draft_word(lesson, "kind");
    const char *class_id = draft_word(lesson, "class_id"),
               *title_id = draft_word(lesson, "title_id"),
               *asset_id = draft_word(lesson, "asset_id"),
               *handout_id = draft_word(lesson, "handout_id");
    if (strcmp(kind, "live") == 0)
        return !*class_id || read_class(r, class_id, is, error);
    if (strcmp(kind, "document") == 0)
        return !*handout_id || read_asset(r, handout_id, true, is, error);
    if (strcmp(kind, "link") == 0)
        return true;
    if (*asset_id)
        return read_asset(r, asset_id, false, is, error);
    return !*title_id || read_title(r, title_id, is, error);
}

static bool read_institution(records *db, const json_t *body, draft_facts *facts, GError **error)
{
    institution known;
    GError *failure = NULL;
    const json_t *viewing = json_object_get(body, "viewing");
    const char *code = draft_word(viewing, "institution");
    if (strcmp(draft_word(viewing, "who"), "institution") != 0 || !*code ||
        institution_read(db, code, &known, &failure))
        return true;
    facts->institution_unknown = true;
    return or_missing(failure, error);
}

static bool read_occupation(records *db, const json_t *body, draft_facts *facts, GError **error)
{
    occupation known;
    GError *failure = NULL;
    const json_t *given = json_object_get(body, "occupation");
    const char *code = draft_word(given, "code");
    if (!*code || occupation_read(db, draft_word(given, "edition"), code, &known, &failure))
        return true;
    facts->occupation_unknown = true;
    return or_missing(failure, error);
}

/* What was removed is not there any more, however long it once was. */
static bool read_removal(records *db, lesson_facts *is, GError **error)
{
    storage_removal gone;
    if (is->title_id[0] == '\0')
        return true;
    if (!storage_removal_read(db, is->title_id, &gone, error))
        return false;
    if (gone.at_ms != 0)
        *is = (lesson_facts){0};
    return true;
}

bool sources_read(records *db, const person *who, const school_course *course, const json_t *body,
                  draft_facts *facts, GError **error)
{
    const reader r = {db, who, course->owner};
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    memset(facts, 0, sizeof *facts);
    facts->lessons = g_array_sized_new(FALSE, TRUE, sizeof(lesson_facts), lessons->len);
    facts->forbidden = award_lint(draft_word(body, "title"));
    for (guint i = 0; i < lessons->len; i++) {
        lesson_facts is = {0};
        if (!read_one(&r, lessons->pdata[i], &is, error) || !read_removal(db, &is, error)) {
            draft_facts_clear(facts);
            return false;
        }
        g_array_append_val(facts->lessons, is);
    }
    if (read_institution(db, body, facts, error) && read_occupation(db, body, facts, error))
        return true;
    draft_facts_clear(facts);
    return false;
}

/* ---- measuring (pool) ---- */

/* Of a title the records know nothing of, the journal is what there is. */
static void take_measured(lesson_facts *is)
{
    is->ready = is->found ? is->ready : is->ended;
    is->found = is->measured = true;
}

static bool wants_measuring(const lesson_facts *is)
{
    return is->title_id[0] != '\0' && !is->ended && is->planned_ms == 0;
}

static void measure_one(const char *dir, lesson_facts *is)
{
    gsize length, used;
    g_autofree char *text = NULL, *path = title_path_journal(dir);
    if (!g_file_get_contents(path, &text, &length, NULL) || length > JOURNAL_BYTES_MAX)
        return;
    title_index *index = title_index_new();
    if (title_index_feed(index, text, length, &used, NULL)) {
        is->ended = title_index_ended(index);
        is->content_ms = title_index_content_ms(index);
        take_measured(is);
    }
    title_index_free(index);
}

/* A class that is not over grows: its plan is what counts until then. */
void sources_measure(const api_parts *parts, draft_facts *facts)
{
    for (guint i = 0; facts->lessons && i < facts->lessons->len; i++) {
        lesson_facts *is = &g_array_index(facts->lessons, lesson_facts, i);
        if (!wants_measuring(is))
            continue;
        g_autofree char *dir = shelf_title_dir(parts->shelf, is->title_id);
        if (dir)
            measure_one(dir, is);
    }
}

void sources_keep_measured(draft_facts *facts, const draft_facts *measured)
{
    for (guint i = 0; i < facts->lessons->len && i < measured->lessons->len; i++) {
        lesson_facts *is = &g_array_index(facts->lessons, lesson_facts, i);
        const lesson_facts *was = &g_array_index(measured->lessons, lesson_facts, i);
        if (!wants_measuring(is) || !was->measured || strcmp(is->title_id, was->title_id) != 0)
            continue;
        is->ended = was->ended;
        is->content_ms = was->content_ms;
        take_measured(is);
    }
}
