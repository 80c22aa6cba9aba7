/*
 * Courses and their lessons: looking, making, adding, enrolling.
 */
#include <string.h>

#include "api/course_right.h"
#include "api/course_view.h"
#include "api/learning.h"
#include "api/pupils.h"
#include "api/revoke.h"
#include "api/title_right.h"
#include "api/viewing_view.h"
#include "ledger/ledger.h"
#include "storage/storage.h"

#define BODY_MAX 8192
#define DRAFT_COVERAGE_PERMILLE 950 /* until its editor says otherwise */
#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

/* What these calls carry from step to step. */
typedef struct {
    GArray *courses; /* of course_view */
    lesson_view lesson;
    char next_lesson_id[33];
    char next[33]; /* of a list in pages; "": that is all */
    bool paged;
    char course_title[COURSE_TITLE_MAX * 4 + 1];
    bool title_exists, title_ended; /* of the lesson to be added */
    bool class_over;                /* nothing more will come into its title */
    int64_t content_ms;
    GArray *narrowed;        /* of school_lesson: their passes are judged anew; NULL: none */
    storage_removal removal; /* of the lesson's title */
    viewing right;           /* likewise */
    viewing_verdict verdict;
} course_call;

static void course_call_free(gpointer data)
{
    course_call *c = data;
    g_array_unref(c->courses);
    g_clear_pointer(&c->narrowed, g_array_unref);
    lesson_view_clear(&c->lesson);
    g_free(c);
}

static course_call *carry(api_call *call)
{
    if (call->data)
        return call->data;
    course_call *c = g_new0(course_call, 1);
    c->courses = g_array_new(FALSE, FALSE, sizeof(course_view));
    g_array_set_clear_func(c->courses, course_view_clear);
    call->data = c;
    call->free_data = course_call_free;
    return c;
}

static bool take_course(api_call *call, records *db, const school_course *course, GError **error)
{
    course_view view;
    if (!course_view_read(db, &call->who, course, &view, error))
        return false;
    g_array_append_val(carry(call)->courses, view);
    return true;
}

/* ---- GET /courses, GET /courses/{id} ---- */

static bool read_limit(const api_call *call, int *limit, GError **error)
{
    gint64 given = COURSES_MAX;
    const char *text = request_query(call->request, "limit");
    if (text && !g_ascii_string_to_signed(text, 10, 1, COURSES_MAX, &given, NULL)) {
        error_set(error, ERROR_INPUT, "out_of_range", "limit", "limit is from 1 to %d",
                  COURSES_MAX);
        return false;
    }
    *limit = (int)given;
    return true;
}

/* What an editor may change: a master's own, everybody's for staff. */
static GArray *editors_courses(api_call *call, records *db, GError **error)
{
    school_course_search search = {.owner = call->who.role == ROLE_MASTER ? call->who.id : 0,
                                   .after = request_query(call->request, "after")};
    const char *word = request_query(call->request, "state");
    course_state state;
    if (!(MAKERS & ROLE_BIT(call->who.role)) || call->who.id == 0) {
        error_set(error, ERROR_DENIED, "role", NULL, "Only masters and staff edit courses");
        return NULL;
    }
    if (word && !course_state_parse(word, &state)) {
        error_set(error, ERROR_INPUT, "unknown_word", "state",
                  "state is draft, in_review, published or retired");
        return NULL;
    }
    search.state = word ? &state : NULL;
    carry(call)->paged = true;
    return read_limit(call, &search.limit, error)
               ? school_courses_of(db, &search, carry(call)->next, error)
               : NULL;
}

static bool read_all(api_call *call, records *db, GError **error)
{
    carry(call);
    bool mine = g_strcmp0(request_query(call->request, "mine"), "1") == 0;
    g_autoptr(GArray) courses =
        mine ? editors_courses(call, db, error) : school_courses(db, COURSES_MAX, error);
    if (!courses)
        return false;
    for (guint i = 0; i < courses->len; i++)
        if (!take_course(call, db, &g_array_index(courses, school_course, i), error))
            return false;
    return true;
}

static bool answer_all(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *courses = carry(call)->courses;
    json_t *list = json_array();
    for (guint i = 0; i < courses->len; i++)
        json_array_append_new(
            list, course_view_json(&g_array_index(courses, course_view, i), call->parts));
    call->answer = json_pack("{s:o}", "courses", list);
    if (carry(call)->paged)
        json_object_set_new(call->answer, "next",
                            carry(call)->next[0] ? json_string(carry(call)->next) : json_null());
    return true;
}

/* A course that is not shown to whoever asks does not exist for them. */
static bool find_course(const api_call *call, records *db, const char *id, school_course *course,
                        GError **error)
{
    bool shown;
    if (!school_course_read(db, id, course, error) ||
        !viewing_shows_course(db, &call->who, course, &shown, error))
        return false;
    if (!shown)
        error_set(error, ERROR_MISSING, "no_course", NULL, "There is no course %s", id);
    return shown;
}

static bool read_one(api_call *call, records *db, GError **error)
{
    school_course course;
    return find_course(call, db, request_param(call->request, "id"), &course, error) &&
           take_course(call, db, &course, error);
}

static bool answer_one(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer =
        course_view_json(&g_array_index(carry(call)->courses, course_view, 0), call->parts);
    return true;
}

/* ---- POST /courses ---- */

static bool rule_number(const json_t *rule, const char *name, const char *field, int64_t most,
                        int32_t *value, GError **error)
{
    const json_t *given = json_object_get(rule, name);
    if (!json_is_integer(given)) {
        error_set(error, ERROR_INPUT, given ? "wrong_type" : "missing", field,
                  "%s must be a whole number", field);
        return false;
    }
    if (json_integer_value(given) < 0 || json_integer_value(given) > most) {
        error_set(error, ERROR_INPUT, "out_of_range", field, "%s must be from 0 to %d", field,
                  (int)most);
        return false;
    }
    *value = (int32_t)json_integer_value(given);
    return true;
}

static bool read_rule(const api_call *call, school_rule *rule, GError **error)
{
    const json_t *given = json_object_get(call->body, "rule");
    if (!json_is_object(given)) {
        error_set(error, ERROR_INPUT, given ? "wrong_type" : "missing", "rule",
                  "rule must be an object");
        return false;
    }
    return rule_number(given, "coverage_permille", "rule.coverage_permille", 1000,
                       &rule->coverage_permille, error) &&
           rule_number(given, "minutes", "rule.minutes", RULE_MINUTES_MAX, &rule->minutes, error);
}

/* A course's title is printed on its certificates. */
static bool check_words(const char *title, GError **error)
{
    const char *word = award_lint(title);
    if (!word)
        return true;
    error_set(error, ERROR_INPUT, "forbidden_words", "title",
              "A certificate may not carry the word %s, so the course's title may not either",
              word);
    return false;
}

/* "draft": true makes one that only its owner and staff see; then a title is all it needs. */
static bool make_draft(api_call *call, records *db, GError **error)
{
    static const school_rule usual = {.coverage_permille = DRAFT_COVERAGE_PERMILLE};
    school_course made;
    const char *title = api_text(call, "title", 1, COURSE_TITLE_MAX, error);
    call->status = 201;
    return title &&
           school_draft_add(db, call->parts->clock, title, "", call->who.id, &usual, &made,
                            error) &&
           take_course(call, db, &made, error);
}

/* A master's course is a draft until staff publish it, and for staff it is published at once. */
static bool add_course(const api_call *call, records *db, const char *title, const char *summary,
                       const school_rule *rule, school_course *made, GError **error)
{
    base_clock *clock = call->parts->clock;
    int64_t owner = call->who.id;
    return call->who.role == ROLE_MASTER
               ? school_draft_add(db, clock, title, summary, owner, rule, made, error)
               : school_course_add(db, clock, title, summary, owner, rule, made, error);
}

static bool make_course(api_call *call, records *db, GError **error)
{
    bool given;
    viewing right;
    school_rule rule;
    school_course made;
    if (json_is_true(json_object_get(call->body, "draft")))
        return make_draft(call, db, error);
    const char *title = api_text(call, "title", 1, COURSE_TITLE_MAX, error);
    const char *summary = title ? api_text(call, "summary", 0, COURSE_SUMMARY_MAX, error) : NULL;
    if (!summary || !check_words(title, error) || !read_rule(call, &rule, error) ||
        !viewing_given(call, &given, &right, error))
        return false;
    call->status = 201;
    return add_course(call, db, title, summary, &rule, &made, error) &&
           (!given || viewing_write(db, made.id, &right, error)) &&
           take_course(call, db, &made, error);
}

/* ---- PATCH /courses/{id} ---- */

static bool note_narrowed(api_call *call, records *db, const char *course_id, GError **error)
{
    course_call *c = carry(call);
    c->narrowed = school_lessons(db, course_id, error);
    return c->narrowed && revoke_lessons_note(call->parts, db, c->narrowed, error);
}

static bool change_viewing(api_call *call, records *db, const school_course *course,
                           const viewing *right, GError **error)
{
    if (course_is_reviewed(&call->who, course))
        return draft_propose_viewing(db, call->parts->clock, course, right, call->who.id, error);
    return viewing_write(db, course->id, right, error) &&
           draft_follow_viewing(db, course->id, error) &&
           (right->kind == VIEWING_PUBLIC || note_narrowed(call, db, course->id, error));
}

static bool edit_course(api_call *call, records *db, GError **error)
{
    bool given;
    viewing right;
    school_course course;
    return school_course_read(db, request_param(call->request, "id"), &course, error) &&
           course_may_edit(&call->who, &course, error) &&
           course_may_change(&call->who, &course, error) &&
           viewing_given(call, &given, &right, error) &&
           (!given || change_viewing(call, db, &course, &right, error)) &&
           take_course(call, db, &course, error);
}

static bool edited_course(api_call *call, records *db, GError **error)
{
    revoke_lessons(call->parts, carry(call)->narrowed);
    return answer_one(call, db, error);
}

/* ---- POST /courses/{id}/lessons ---- */

static bool look_at_title(api_call *call, records *db, GError **error)
{
    (void)db;
    course_call *c = carry(call);
    const char *title_id = api_text(call, "title_id", 1, 32, error);
    if (!title_id)
        return false;
    c->title_exists = title_content(call->parts, title_id, &c->content_ms, NULL, &c->title_ended);
    return true;
}

/* The class a title comes from: its id in class_id, "" for a recorded title. */
static bool find_class(api_call *call, records *db, const char *title_id, char class_id[33],
                       GError **error)
{
    live_class is;
    g_autoptr(GError) failure = NULL;
    class_id[0] = '\0';
    if (!live_class_read_title(db, title_id, &is, &failure)) {
        if (error_is(failure, ERROR_MISSING))
            return true;
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_strlcpy(class_id, is.id, 33);
    carry(call)->class_over = is.state == CLASS_CLOSED;
    return true;
}

/* A title that is nobody's yet may be anybody's lesson. */
static bool may_show(const api_call *call, records *db, const char *title_id, GError **error)
{
    int64_t owner;
    if (call->who.role != ROLE_MASTER)
        return true;
    if (!title_owner(db, call->who.id, title_id, &owner, error))
        return false;
    if (owner == 0 || owner == call->who.id)
        return true;
    error_set(error, ERROR_DENIED, "not_yours", "title_id", "This title belongs to somebody else");
    return false;
}

static bool check_title(const course_call *c, const char *class_id, GError **error)
{
    if (!c->title_exists && class_id[0] == '\0')
        error_set(error, ERROR_MISSING, "no_title", "title_id", "There is no such title");
    else if (!c->title_ended && class_id[0] == '\0')
        error_set(error, ERROR_CONFLICT, "title_not_ended", "title_id",
                  "The title has not ended yet");
    else if ((c->title_ended || c->class_over) && c->content_ms == 0)
        error_set(error, ERROR_CONFLICT, "title_empty", "title_id",
                  "The title holds nothing to learn");
    else
        return true;
    return false;
}

static bool add_lesson(api_call *call, records *db, GError **error)
{
    course_call *c = carry(call);
    school_course course;
    school_lesson made;
    char class_id[33];
    lesson_wish wish = {.title = api_text(call, "title", 1, COURSE_TITLE_MAX, error)};
    wish.title_id = wish.title ? api_text(call, "title_id", 1, 32, error) : NULL;
    if (!wish.title_id ||
        !school_course_read(db, request_param(call->request, "id"), &course, error) ||
        !course_may_edit(&call->who, &course, error) || !may_show(call, db, wish.title_id, error) ||
        !find_class(call, db, wish.title_id, class_id, error) || !check_title(c, class_id, error))
        return false;
    wish.class_id = class_id;
    wish.content_ms = c->title_ended ? c->content_ms : 0;
    call->status = 201;
    return course_take_lesson(db, call->parts->clock, &call->who, &course, &wish, &made, error) &&
           lesson_view_read(db, call->who.id, &made, &c->lesson, error);
}

static bool answer_lesson(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer = lesson_view_json(&carry(call)->lesson, &carry(call)->verdict, call->parts);
    return true;
}

/* ---- POST /courses/{id}/enrol ---- */

static bool enrol(api_call *call, records *db, GError **error)
{
    const char *id = request_param(call->request, "id");
    school_course course;
    return find_course(call, db, id, &course, error) &&
           school_enrol(db, call->parts->clock, call->who.id, id, error) &&
           read_one(call, db, error);
}

/* ---- GET /lessons/{id} ---- */

static bool find_next(course_call *c, records *db, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons(db, c->lesson.is.course_id, error);
    for (guint i = 0; lessons && i < lessons->len; i++) {
        const school_lesson *one = &g_array_index(lessons, school_lesson, i);
        if (one->position <= c->lesson.is.position)
            continue;
        g_strlcpy(c->next_lesson_id, one->id, sizeof c->next_lesson_id);
        break;
    }
    return lessons != NULL;
}

/* A document or a link is as open as its course, and so is what is told of a lesson that left it. */
static bool judge_lesson(api_call *call, records *db, const school_lesson *lesson,
                         const school_course *course, GError **error)
{
    course_call *c = carry(call);
    live_class is = {0};
    if (lesson->title_id[0] == '\0' || lesson->position == 0)
        return viewing_read(db, course->id, &c->right, error) &&
               viewing_of_course(db, &call->who, course, &c->verdict, error);
    if (lesson->class_id[0] && !live_class_read(db, lesson->class_id, &is, error))
        return false;
    return viewing_read(db, lesson->class_id[0] ? lesson->title_id : lesson->course_id, &c->right,
                        error) &&
           viewing_of_title(db, &call->who, lesson->title_id, is.master, &c->verdict, error);
}

/* Also a lesson that left its course and whose recording was removed: whoever learnt from it is told so. */
static bool find_lesson(api_call *call, records *db, school_lesson *lesson, GError **error)
{
    g_autoptr(GError) missing = NULL;
    const char *id = request_param(call->request, "id");
    storage_removal *removal = &carry(call)->removal;
    if (!school_lesson_read(db, id, lesson, &missing) &&
        (!error_is(missing, ERROR_MISSING) || !school_lesson_left(db, id, lesson))) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    if (!storage_removal_read(db, lesson->title_id, removal, error))
        return false;
    if (!missing || removal->at_ms)
        return true;
    g_propagate_error(error, g_steal_pointer(&missing));
    return false;
}

static bool read_lesson(api_call *call, records *db, GError **error)
{
    course_call *c = carry(call);
    school_lesson lesson;
    school_course course;
    if (!find_lesson(call, db, &lesson, error) ||
        !find_course(call, db, lesson.course_id, &course, error) ||
        !lesson_view_read(db, call->who.id, &lesson, &c->lesson, error))
        return false;
    g_strlcpy(c->course_title, course.title, sizeof c->course_title);
    return find_next(c, db, error) && judge_lesson(call, db, &lesson, &course, error);
}

static bool answer_lesson_page(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const course_call *c = carry(call);
    const school_lesson *is = &c->lesson.is;
    bool counts = is->title_id[0] != '\0';
    json_t *playback = counts ? json_sprintf("/media/%s/main.m3u8", is->title_id) : json_null();
    const title_index *index = counts ? shelf_index(call->parts->shelf, is->title_id, NULL) : NULL;
    const journal_head *head = index ? title_index_head(index) : NULL;
    call->answer = lesson_view_json(&c->lesson, &c->verdict, call->parts);
    if (index)
        json_object_set_new(call->answer, "duration_ms",
                            json_integer(title_index_duration(index) * 1000 / TITLE_TIMESCALE));
    json_object_set_new(call->answer, "course",
                        json_pack("{s:s, s:s}", "id", is->course_id, "title", c->course_title));
    json_object_set_new(call->answer, "playback", playback);
    json_object_set_new(call->answer, "viewing", viewing_json(&c->right, &c->verdict));
    const GArray *captions = shelf_captions_of(call->parts->shelf, is->title_id, NULL);
    json_object_set_new(call->answer, "captions", api_captions_json(is->title_id, captions));
    json_object_set_new(call->answer, "epoch_ms", json_integer(head ? head->epoch_utc_ms : 0));
    json_object_set_new(call->answer, "removed", removal_json(&c->removal));
    json_object_set_new(call->answer, "next_lesson_id",
                        c->next_lesson_id[0] ? json_string(c->next_lesson_id) : json_null());
    return true;
}

void api_courses(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/courses", .work = learning_flush, .store = read_all, .after = answer_all},
        {"GET", "/api/v1/courses/{id}", .work = learning_flush, .store = read_one,
         .after = answer_one},
        {"POST", "/api/v1/courses", MAKERS, BODY_MAX, .work = make_course, .after = answer_one},
        {"PATCH", "/api/v1/courses/{id}", MAKERS, BODY_MAX, .work = edit_course,
         .after = edited_course},
        {"POST", "/api/v1/courses/{id}/lessons", MAKERS, BODY_MAX, .before = look_at_title,
         .work = add_lesson, .after = answer_lesson},
        {"POST", "/api/v1/courses/{id}/enrol", ROLE_ANY, BODY_MAX, .work = learning_flush,
         .store = enrol, .after = answer_one},
        {"GET", "/api/v1/lessons/{id}", .work = learning_flush, .store = read_lesson,
         .after = answer_lesson_page},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
    api_drafts(a);
    api_learning(a);
    api_pupils(a);
}
