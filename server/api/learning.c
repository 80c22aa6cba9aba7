#include "api/learning.h"

#include <string.h>

#include "api/course_view.h"
#include "ledger/ledger.h"

#define TITLES_MAX 1000 /* of one person that are summed up: years of learning */
#define CLASSES_MAX 100 /* latest classes listed */

typedef struct {
    char class_id[33];
    char title[256];
    ledger_learnt learnt;
} attended;

/* What these calls carry from step to step. */
typedef struct {
    GArray *courses;      /* of course_view */
    GArray *classes;      /* of attended */
    GArray *certificates; /* of award_certificate */
    int64_t total_credited_ms;
    ledger_progress progress; /* of one title */
} learning;

static void learning_free(gpointer data)
{
    learning *l = data;
    g_array_unref(l->courses);
    g_array_unref(l->classes);
    g_clear_pointer(&l->certificates, g_array_unref);
    g_clear_pointer(&l->progress.covered, g_array_unref);
    g_free(l);
}

static learning *carry(api_call *call)
{
    if (call->data)
        return call->data;
    learning *l = g_new0(learning, 1);
    l->courses = g_array_new(FALSE, FALSE, sizeof(course_view));
    g_array_set_clear_func(l->courses, course_view_clear);
    l->classes = g_array_new(FALSE, FALSE, sizeof(attended));
    call->data = l;
    call->free_data = learning_free;
    return l;
}

bool learning_flush(api_call *call, records *db, GError **error)
{
    return call->who.id == 0 || ledger_flush(call->parts->ledger, db, error);
}

/* ---- GET /learning ---- */

/* Whoever looks gets what has become due: news that went astray in a crash is made up for here. */
static bool read_courses(api_call *call, records *db, GError **error)
{
    const api_parts *parts = call->parts;
    g_autoptr(GArray) courses = school_enrolments(db, call->who.id, error);
    if (!courses)
        return false;
    for (guint i = 0; i < courses->len; i++) {
        const school_course *course = &g_array_index(courses, school_course, i);
        course_view view;
        if (!award_consider_course(db, parts->clock, call->who.id, course->id, parts->issuer, NULL,
                                   NULL, error) ||
            !course_view_read(db, &call->who, course, &view, error))
            return false;
        g_array_append_val(carry(call)->courses, view);
    }
    return true;
}

static gint latest_first(gconstpointer a, gconstpointer b)
{
    int64_t left = ((const ledger_learnt *)a)->last_ms, right = ((const ledger_learnt *)b)->last_ms;
    return left > right ? -1 : left < right;
}

/* A title that is no class is left out. */
static bool add_class(learning *l, records *db, const ledger_learnt *learnt, GError **error)
{
    live_class is;
    attended one = {.learnt = *learnt};
    g_autoptr(GError) failure = NULL;
    if (!live_class_read_title(db, learnt->title_id, &is, &failure)) {
        if (error_is(failure, ERROR_MISSING))
            return true;
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_strlcpy(one.class_id, is.id, sizeof one.class_id);
    g_strlcpy(one.title, is.title, sizeof one.title);
    g_array_append_val(l->classes, one);
    return true;
}

static bool read_titles(api_call *call, records *db, GError **error)
{
    learning *l = carry(call);
    g_autoptr(GArray) titles = ledger_of_person(db, call->who.id, TITLES_MAX, error);
    if (!titles)
        return false;
    g_array_sort(titles, latest_first);
    for (guint i = 0; i < titles->len; i++) {
        const ledger_learnt *learnt = &g_array_index(titles, ledger_learnt, i);
        l->total_credited_ms += learnt->credited_ms;
        if (l->classes->len < CLASSES_MAX && !add_class(l, db, learnt, error))
            return false;
    }
    return true;
}

static bool read_all(api_call *call, records *db, GError **error)
{
    learning *l = carry(call);
    if (!read_courses(call, db, error) || !read_titles(call, db, error))
        return false;
    l->certificates = award_of(db, call->who.id, error);
    return l->certificates != NULL;
}

static json_t *courses_json(const learning *l, const api_parts *parts)
{
    json_t *list = json_array();
    for (guint i = 0; i < l->courses->len; i++) {
        const course_view *view = &g_array_index(l->courses, course_view, i);
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o}", "course", course_view_json(view, parts), "progress",
                      course_progress_json(view, parts), "certificate",
                      view->certified ? certificate_json(&view->certificate, parts) : json_null()));
    }
    return list;
}

static json_t *classes_json(const learning *l)
{
    json_t *list = json_array();
    for (guint i = 0; i < l->classes->len; i++) {
        const attended *is = &g_array_index(l->classes, attended, i);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "class_id", is->class_id,
                                        "title", is->title, "title_id", is->learnt.title_id,
                                        "credited_ms", (json_int_t)is->learnt.credited_ms,
                                        "covered_ms", (json_int_t)is->learnt.covered_ms, "last_ms",
                                        (json_int_t)is->learnt.last_ms));
    }
    return list;
}

static bool answer_all(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const learning *l = call->data;
    json_t *certificates = json_array();
    for (guint i = 0; i < l->certificates->len; i++)
        json_array_append_new(
            certificates,
            certificate_json(&g_array_index(l->certificates, award_certificate, i), call->parts));
    call->answer = json_pack("{s:o, s:o, s:I, s:o}", "courses", courses_json(l, call->parts),
                             "classes", classes_json(l), "total_credited_ms",
                             (json_int_t)l->total_credited_ms, "certificates", certificates);
    return true;
}

/* ---- GET /learning/{title_id} ---- */

static bool read_title(api_call *call, records *db, GError **error)
{
    return ledger_read(db, call->who.id, request_param(call->request, "title_id"),
                       &carry(call)->progress, error);
}

static json_t *spans_json(const GArray *spans)
{
    json_t *list = json_array();
    for (guint i = 0; spans && i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        json_array_append_new(
            list, json_pack("[I, I]", (json_int_t)span->from_ms, (json_int_t)span->to_ms));
    }
    return list;
}

static json_t *refused_json(const ledger_progress *progress)
{
    json_t *list = json_array();
    for (ledger_reason reason = 0; reason < REFUSED_COUNT; reason++) {
        if (progress->refused_ms[reason] <= 0)
            continue;
        json_array_append_new(list, json_pack("{s:s, s:I}", "reason", ledger_reason_word(reason),
                                              "ms", (json_int_t)progress->refused_ms[reason]));
    }
    return list;
}

static bool answer_title(api_call *call, records *db, GError **error)
{
    (void)db;
    const ledger_progress *is = &carry(call)->progress;
    const char *title_id = request_param(call->request, "title_id");
    int64_t content_ms;
    if (!title_content(call->parts, title_id, &content_ms, NULL, NULL) &&
        !live_find_title(call->parts->live, title_id) && is->last_ms == 0) {
        error_set(error, ERROR_MISSING, "no_title", NULL, "There is no title %s", title_id);
        return false;
    }
    call->answer = json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "covered", spans_json(is->covered),
                             "covered_ms", (json_int_t)is->covered_ms, "credited_ms",
                             (json_int_t)is->credited_ms, "content_ms", (json_int_t)content_ms,
                             "resume_ms", (json_int_t)is->resume_ms, "refused", refused_json(is));
    return true;
}

void api_learning(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/learning", ROLE_ANY, .work = learning_flush, .store = read_all,
         .after = answer_all},
        {"GET", "/api/v1/learning/{title_id}", ROLE_ANY, .work = learning_flush,
         .store = read_title, .after = answer_title},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
