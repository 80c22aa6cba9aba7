#include "api/course_view.h"

#include <string.h>

#include "api/viewing_view.h"
#include "ledger/ledger.h"
#include "transcode/asset.h"

#define MINUTE_MS 60000

/* ---- from the rooms (clerk) ---- */

static bool read_state(records *db, lesson_view *view, GError **error)
{
    live_class is;
    if (view->is.class_id[0] == '\0')
        return true;
    if (!live_class_read(db, view->is.class_id, &is, error))
        return false;
    view->state = is.state;
    return true;
}

static bool read_progress(records *db, lesson_view *view, GError **error)
{
    return view->person == 0 ||
           award_lesson_read(db, view->person, &view->is, &view->learnt, error);
}

/* The name and size of a document's file; one that was removed has neither. */
static bool read_file(records *db, lesson_view *view, GError **error)
{
    asset is = {0};
    g_autoptr(GError) failure = NULL;
    if (view->is.handout_id[0] == '\0')
        return true;
    if (asset_read(db, view->is.handout_id, &is, &failure)) {
        view->file_name = g_strdup(is.name);
        view->file_bytes = is.bytes;
        asset_clear(&is);
    } else if (!error_is(failure, ERROR_MISSING)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

void lesson_view_clear(gpointer view)
{
    g_clear_pointer(&((lesson_view *)view)->file_name, g_free);
}

bool lesson_view_read(records *db, int64_t person_id, const school_lesson *lesson,
                      lesson_view *view, GError **error)
{
    *view = (lesson_view){.is = *lesson, .person = person_id};
    return read_state(db, view, error) && read_progress(db, view, error) &&
           read_file(db, view, error);
}

static bool read_lessons(records *db, int64_t person_id, course_view *view, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons(db, view->is.id, error);
    if (!lessons)
        return false;
    view->chapters = school_chapters(db, view->is.id, error);
    if (view->chapters)
        view->masters = course_masters(db, view->is.id, error);
    if (!view->masters)
        return false;
    for (guint i = 0; i < lessons->len; i++) {
        lesson_view lesson;
        if (!lesson_view_read(db, person_id, &g_array_index(lessons, school_lesson, i), &lesson,
                              error))
            return false;
        g_array_append_val(view->lessons, lesson);
    }
    return true;
}

static bool read_enrolment(records *db, int64_t person_id, course_view *view, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (person_id == 0)
        return true;
    view->enrolled = school_enrolment(db, person_id, view->is.id, NULL, NULL, &failure);
    if (view->enrolled && award_stand(db, person_id, &view->is, &view->standing, &failure))
        view->certified = award_of_course(db, person_id, view->is.id, &view->certificate, &failure);
    if (!failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool read_viewing(records *db, const person *who, course_view *view, GError **error)
{
    view->mine = who->id != 0 &&
                 (who->id == view->is.owner || who->role == ROLE_STAFF || who->role == ROLE_ADMIN);
    return viewing_read(db, view->is.id, &view->right, error) &&
           viewing_of_course(db, who, &view->is, &view->verdict, error);
}

/* One that is in no catalogue goes by its code. */
static bool read_trade(records *db, course_view *view, GError **error)
{
    g_autoptr(GError) why = NULL;
    const school_course *is = &view->is;
    if (!is->occupation[0] ||
        occupation_read(db, is->occupation_edition, is->occupation, &view->trade, &why) ||
        error_is(why, ERROR_MISSING))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

bool course_view_read(records *db, const person *who, const school_course *course,
                      course_view *view, GError **error)
{
    memset(view, 0, sizeof *view);
    view->is = *course;
    view->lessons = g_array_new(FALSE, FALSE, sizeof(lesson_view));
    g_array_set_clear_func(view->lessons, lesson_view_clear);
    if (read_lessons(db, who->id, view, error) && read_enrolment(db, who->id, view, error) &&
        read_viewing(db, who, view, error) && read_trade(db, view, error))
        return true;
    course_view_clear(view);
    return false;
}

void course_view_clear(gpointer view)
{
    course_view *is = view;
    g_clear_pointer(&is->lessons, g_array_unref);
    g_clear_pointer(&is->chapters, g_array_unref);
    g_clear_pointer(&is->masters, g_array_unref);
}

/* ---- what the loop knows ---- */

bool title_content(const api_parts *parts, const char *title_id, int64_t *content_ms,
                   int64_t *duration_ms, bool *ended)
{
    const title_index *index = shelf_index(parts->shelf, title_id, NULL);
    *content_ms = 0;
    if (!index)
        return false;
    *content_ms = title_index_content_ms(index);
    if (duration_ms)
        *duration_ms = title_index_duration(index) * 1000 / TITLE_TIMESCALE;
    if (ended)
        *ended = title_index_ended(index);
    return true;
}

static class_state state_now(const lesson_view *view, const api_parts *parts)
{
    const live_class *in_memory = live_find(parts->live, view->is.class_id);
    return in_memory ? in_memory->state : view->state;
}

static const char *state_word(const lesson_view *view, const api_parts *parts)
{
    return view->is.class_id[0] ? class_state_word(state_now(view, parts)) : "ready";
}

/*
 * How much there is. Of an ended title the recorded number, so that no journal is read from disk for a list; of a
 * class that has begun, what its index says.
 */
static void measure(const lesson_view *view, const api_parts *parts, int64_t *content_ms,
                    int64_t *duration_ms)
{
    *content_ms = *duration_ms = view->is.content_ms;
    if (view->is.ended || state_now(view, parts) < CLASS_ON_AIR)
        return;
    title_content(parts, view->is.title_id, content_ms, duration_ms, NULL);
}

/* ---- to JSON (loop) ---- */

static json_t *lesson_progress_json(const lesson_view *view, int64_t content_ms)
{
    if (view->person == 0 || view->is.title_id[0] == '\0')
        return json_null();
    const award_lesson *is = &view->learnt;
    bool earlier = is->version != view->is.version;
    return json_pack("{s:I, s:I, s:I, s:b, s:i}", "covered_ms", (json_int_t)is->covered_ms,
                     "credited_ms", (json_int_t)is->credited_ms, "content_ms",
                     (json_int_t)(earlier ? is->content_ms : content_ms), "complete",
                     (int)is->complete, "version", (int)is->version);
}

static const char *kind_word(lesson_kind kind)
{
    return kind == LESSON_VIDEO ? "recorded" : lesson_kind_word(kind);
}

/* A document's file, for whoever may see it. */
static json_t *handout_json(const lesson_view *view, const viewing_verdict *verdict)
{
    if (!view->file_name || verdict->need != NEED_NOTHING)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:o}", "id", view->is.handout_id, "name", view->file_name,
                     "bytes", (json_int_t)view->file_bytes, "url",
                     json_sprintf("/api/v1/handouts/%s", view->is.handout_id));
}

static void put_source(json_t *lesson, const lesson_view *view, const viewing_verdict *verdict)
{
    const school_lesson *is = &view->is;
    bool open = verdict->need == NEED_NOTHING;
    json_object_set_new(lesson, "url",
                        is->kind == LESSON_LINK && open ? json_string(is->url) : json_null());
    json_object_set_new(lesson, "handout", handout_json(view, verdict));
    json_object_set_new(lesson, "version", json_integer(is->version));
    json_object_set_new(lesson, "module", json_string(general_module_word(is->module)));
}

json_t *lesson_view_json(const lesson_view *view, const viewing_verdict *verdict,
                         const api_parts *parts)
{
    const school_lesson *is = &view->is;
    int64_t content_ms, duration_ms;
    measure(view, parts, &content_ms, &duration_ms);
    bool counts = is->title_id[0] != '\0';
    json_t *lesson = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s?, s:s, s:I, s:o, s:o}", "id", is->id, "title", is->title, "kind",
        kind_word(is->kind), "title_id", counts ? is->title_id : NULL, "class_id",
        is->class_id[0] ? is->class_id : NULL, "state", state_word(view, parts), "duration_ms",
        (json_int_t)duration_ms, "progress", lesson_progress_json(view, content_ms), "poster",
        counts ? api_poster_json(parts, is->title_id, verdict) : json_null());
    put_source(lesson, view, verdict);
    return lesson;
}

static void say_missing(json_t *list, const char *condition, int64_t have, int64_t need)
{
    if (have < need)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "condition", condition, "have",
                                              (json_int_t)have, "need", (json_int_t)need));
}

static json_t *missing_json(const award_standing *is)
{
    json_t *list = json_array();
    say_missing(list, "lessons_open", is->lessons_with_end, MAX(is->lessons, 1));
    say_missing(list, "coverage", is->coverage_permille, is->coverage_needed_permille);
    say_missing(list, "minutes", is->credited_ms / MINUTE_MS, is->minutes_needed);
    return list;
}

/* With what is on air counted in: a certificate waits for the end all the same. */
static award_standing standing_now(const course_view *view, const api_parts *parts)
{
    award_standing now = view->standing;
    for (guint i = 0; i < view->lessons->len; i++) {
        const lesson_view *lesson = &g_array_index(view->lessons, lesson_view, i);
        int64_t content_ms, duration_ms;
        measure(lesson, parts, &content_ms, &duration_ms);
        if (!lesson->is.ended && lesson->learnt.version == lesson->is.version)
            now.content_ms += content_ms - lesson->is.content_ms;
    }
    award_judge(&now);
    return now;
}

json_t *course_progress_json(const course_view *view, const api_parts *parts)
{
    award_standing now = standing_now(view, parts);
    return json_pack("{s:I, s:I, s:I, s:i, s:i, s:b, s:o}", "covered_ms",
                     (json_int_t)now.covered_ms, "credited_ms", (json_int_t)now.credited_ms,
                     "content_ms", (json_int_t)now.content_ms, "minutes_needed",
                     (int)now.minutes_needed, "coverage_permille", (int)now.coverage_permille,
                     "eligible", now.eligible, "missing", missing_json(&now));
}

/* The rule that counts for this person: the frozen one once enrolled. */
static json_t *rule_json(const course_view *view)
{
    const award_standing *standing = &view->standing;
    int coverage =
        view->enrolled ? standing->coverage_needed_permille : view->is.rule.coverage_permille;
    int minutes = view->enrolled ? standing->minutes_needed : view->is.rule.minutes;
    return json_pack("{s:i, s:i}", "coverage_permille", coverage, "minutes", minutes);
}

/* ---- what publishing adds to a course ---- */

/* For learners a review of what comes next is no news. */
static const char *course_word(const course_view *view)
{
    return course_state_word(view->is.shown && !view->mine ? COURSE_PUBLISHED : view->is.state);
}

static json_t *chapter_json(const course_view *view, const char *id, const char *title)
{
    json_t *ids = json_array();
    for (guint i = 0; i < view->lessons->len; i++) {
        const school_lesson *lesson = &g_array_index(view->lessons, lesson_view, i).is;
        if (g_str_equal(lesson->chapter_id, id))
            json_array_append_new(ids, json_string(lesson->id));
    }
    return json_pack("{s:s, s:s, s:o}", "id", id, "title", title, "lesson_ids", ids);
}

/* Lessons that came before there were chapters stand in one without a name. */
static json_t *chapters_json(const course_view *view)
{
    json_t *list = json_array(), *loose = chapter_json(view, "", "");
    if (json_array_size(json_object_get(loose, "lesson_ids")) > 0)
        json_array_append(list, loose);
    json_decref(loose);
    for (guint i = 0; i < view->chapters->len; i++) {
        const school_chapter *is = &g_array_index(view->chapters, school_chapter, i);
        json_array_append_new(list, chapter_json(view, is->id, is->title));
    }
    return list;
}

/* A kind is shown only once its proof has been seen. */
static json_t *masters_json(const course_view *view)
{
    json_t *list = json_array();
    for (guint i = 0; i < view->masters->len; i++) {
        const course_master *is = &g_array_index(view->masters, course_master, i);
        bool proven = is->checked_ms > 0 && is->kind != MASTER_OTHER;
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "name", is->name, "kind",
                                              proven ? master_kind_word(is->kind) : NULL, "intro",
                                              is->intro));
    }
    return list;
}

static json_t *tags_json(const school_course *is)
{
    json_t *list = json_array();
    g_auto(GStrv) lines = g_strsplit(is->tags, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            json_array_append_new(list, json_string(*line));
    return list;
}

static json_t *occupation_json(const course_view *view)
{
    if (view->is.occupation[0] == '\0')
        return json_null();
    return json_pack("{s:s, s:s, s:s}", "edition", view->is.occupation_edition, "code",
                     view->is.occupation, "name", view->trade.name);
}

static int64_t measured_minutes(const course_view *view)
{
    int64_t sum_ms = 0;
    for (guint i = 0; i < view->lessons->len; i++)
        sum_ms += g_array_index(view->lessons, lesson_view, i).is.content_ms;
    return sum_ms / MINUTE_MS;
}

static json_t *time_json(int64_t ms)
{
    return ms ? json_integer(ms) : json_null();
}

static json_t *hours_json(int32_t tenths)
{
    return tenths % 10 ? json_real(tenths / 10.0) : json_integer(tenths / 10);
}

json_t *free_until_json(const api_parts *parts, int64_t from_ms, int64_t until_ms)
{
    int64_t now_ms = clock_utc_ms(parts->clock);
    bool open = from_ms <= now_ms && now_ms < until_ms;
    return open ? json_integer(until_ms) : json_null();
}

/* Whoever may edit the course sees its free time as it was set, everybody else only while it lasts. */
static json_t *course_until_json(const course_view *view, const api_parts *parts)
{
    return view->mine ? time_json(view->is.free_until_ms)
                      : free_until_json(parts, view->is.free_from_ms, view->is.free_until_ms);
}

static void put_published(json_t *course, const course_view *view, const api_parts *parts)
{
    const school_course *is = &view->is;
    json_object_set_new(course, "state", json_string(course_word(view)));
    json_object_set_new(course, "version", json_integer(is->version));
    json_object_set_new(course, "occupation", occupation_json(view));
    json_object_set_new(course, "level", json_string(is->level));
    json_object_set_new(course, "tags", tags_json(is));
    json_object_set_new(course, "declared_hours", hours_json(is->declared_tenths));
    json_object_set_new(course, "measured_minutes", json_integer(measured_minutes(view)));
    json_object_set_new(course, "masters", masters_json(view));
    json_object_set_new(course, "chapters", chapters_json(view));
    json_object_set_new(course, "free_from_ms", time_json(is->free_from_ms));
    json_object_set_new(course, "free_until_ms", course_until_json(view, parts));
}

json_t *course_view_json(const course_view *view, const api_parts *parts)
{
    int hour_minutes = view->enrolled ? view->standing.hour_minutes : view->is.hour_minutes;
    json_t *lessons = json_array();
    for (guint i = 0; i < view->lessons->len; i++)
        json_array_append_new(
            lessons,
            lesson_view_json(&g_array_index(view->lessons, lesson_view, i), &view->verdict, parts));
    json_t *course =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:b, s:o, s:o, s:b}", "id", view->is.id,
                  "title", view->is.title, "summary", view->is.summary, "master_name",
                  view->is.owner_name, "hours_minutes", hour_minutes, "rule", rule_json(view),
                  "lessons", lessons, "enrolled", view->enrolled, "progress",
                  view->enrolled ? course_progress_json(view, parts) : json_null(), "viewing",
                  viewing_json(&view->right, &view->verdict), "may_arrange", (int)view->mine);
    put_published(course, view, parts);
    return course;
}
