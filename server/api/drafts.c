/*
 * Courses as their editors see them: the draft, its problems, its way through review to learners, and its versions.
 */
#include <string.h>

#include "api/course_right.h"
#include "api/course_view.h"
#include "api/revoke.h"
#include "api/sources.h"
#include "people/audit.h"
#include "school/publish.h"

#define SMALL_BODY_MAX 4096
#define DRAFT_BODY_MAX (DRAFT_BYTES_MAX + 4096) /* with what is round it */
#define EDITORS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define PUBLISHERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

/* When the proof of one master of the draft was seen. */
typedef struct {
    int64_t at_ms; /* 0: not yet */
    char by_name[204];
} proof;

/* What these calls carry from step to step. */
typedef struct {
    school_course course;
    course_draft draft;
    draft_facts facts;
    bool given_back;
    course_review review;
    GArray *proofs;   /* of proof, in the order of the draft's masters */
    GArray *versions; /* of course_version */
    GArray *closed;   /* of school_lesson: their passes are judged anew */
    int32_t version;  /* the one asked for */
    json_t *body;     /* of it */
} draft_call;

static void draft_call_free(gpointer data)
{
    draft_call *c = data;
    course_draft_clear(&c->draft);
    draft_facts_clear(&c->facts);
    g_clear_pointer(&c->proofs, g_array_unref);
    g_clear_pointer(&c->versions, g_array_unref);
    g_clear_pointer(&c->closed, g_array_unref);
    json_decref(c->body);
    g_free(c);
}

static draft_call *carry(api_call *call)
{
    if (!call->data) {
        call->data = g_new0(draft_call, 1);
        call->free_data = draft_call_free;
    }
    return call->data;
}

/* The course, if whoever asks may edit it. */
static bool open_course(api_call *call, records *db, GError **error)
{
    school_course *course = &carry(call)->course;
    return school_course_read(db, request_param(call->request, "id"), course, error) &&
           course_may_edit(&call->who, course, error);
}

/* ---- the draft as it is now: every call about it ends here ---- */

static bool read_proofs(draft_call *c, records *db, GError **error)
{
    const json_t *masters = json_object_get(c->draft.body, "masters");
    c->proofs = g_array_new(FALSE, TRUE, sizeof(proof));
    for (gsize i = 0; i < json_array_size(masters); i++) {
        proof is;
        if (!proof_checked(db, c->course.id, json_array_get(masters, i), &is.at_ms, is.by_name,
                           error))
            return false;
        g_array_append_val(c->proofs, is);
    }
    return true;
}

static bool look_at_sources(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    if (!sources_read(db, &call->who, &c->course, c->draft.body, &c->facts, error))
        return false;
    c->facts.house = call->parts->house_rule;
    return true;
}

/* Everything around the draft, which is there already. */
static bool look_round(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    g_autoptr(GError) failure = NULL;
    draft_facts_clear(&c->facts);
    g_clear_pointer(&c->proofs, g_array_unref);
    c->given_back = course_review_read(db, c->course.id, &c->review, &failure);
    if (!failure)
        return look_at_sources(call, db, error) && read_proofs(c, db, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool read_draft(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    course_draft_clear(&c->draft);
    return draft_read(db, &c->course, &c->draft, error) && look_round(call, db, error);
}

static bool show(api_call *call, records *db, GError **error)
{
    return open_course(call, db, error) && read_draft(call, db, error);
}

static bool measure(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    sources_measure(call->parts, &carry(call)->facts);
    return true;
}

static json_t *problems_json(const draft_call *c)
{
    json_t *list = json_array();
    g_autoptr(GArray) problems = draft_problems(c->draft.body, &c->facts);
    for (guint i = 0; i < problems->len; i++) {
        const draft_problem *is = &g_array_index(problems, draft_problem, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:s}", "code", is->code, "path",
                                              is->path, "have", (json_int_t)is->have, "need",
                                              (json_int_t)is->need, "text", is->text));
    }
    return list;
}

static json_t *review_json(const draft_call *c)
{
    if (!c->given_back)
        return json_null();
    return json_pack("{s:s, s:{s:I, s:s}, s:I}", "reason", c->review.reason, "by", "id",
                     (json_int_t)c->review.by, "name", c->review.by_name, "at_ms",
                     (json_int_t)c->review.at_ms);
}

static json_t *proofs_json(const draft_call *c)
{
    json_t *list = json_array();
    for (guint i = 0; c->proofs && i < c->proofs->len; i++) {
        const proof *is = &g_array_index(c->proofs, proof, i);
        json_array_append_new(list, is->at_ms
                                        ? json_pack("{s:I, s:s}", "at_ms", (json_int_t)is->at_ms,
                                                    "by_name", is->by_name)
                                        : json_null());
    }
    return list;
}

static json_t *time_json(int64_t ms)
{
    return ms ? json_integer(ms) : json_null();
}

static json_t *house_json(const house_rule *house)
{
    json_t *modules = json_array();
    for (int i = 1; house && i < GENERAL_MODULES; i++)
        if (house->modules & MODULE_BIT(i))
            json_array_append_new(modules, json_string(general_module_words[i]));
    bool bound = house && house->general_permille != GENERAL_ANY;
    return json_pack("{s:o, s:o}", "modules_required", modules, "general_max_permille",
                     bound ? json_integer(house->general_permille) : json_null());
}

static bool answer_draft(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const draft_call *c = call->data;
    call->answer = json_pack(
        "{s:s, s:I, s:s, s:i, s:o, s:O, s:o, s:o, s:o, s:I, s:o}", "course_id", c->course.id,
        "edit", (json_int_t)c->draft.edit, "state", course_state_word(c->course.state), "version",
        (int)c->course.version, "changed_ms", time_json(c->draft.changed_ms), "draft",
        c->draft.body, "problems", problems_json(c), "review", review_json(c), "proofs",
        proofs_json(c), "measured_minutes", (json_int_t)draft_minutes(c->draft.body, &c->facts),
        "house", house_json(call->parts->house_rule));
    return true;
}

/* ---- PUT /courses/{id}/draft ---- */

static bool save(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    int64_t edit;
    if (!open_course(call, db, error) || !course_may_change(&call->who, &c->course, error) ||
        !api_integer(call, "edit", 0, G_MAXINT32, &edit, error))
        return false;
    json_t *body = draft_shape(json_object_get(call->body, "draft"), error);
    bool saved = body && draft_save(db, call->parts->clock, &c->course, edit, body, call->who.id,
                                    &c->draft, error);
    json_decref(body);
    return saved && look_round(call, db, error);
}

/* ---- submit, withdraw, reject, retire ---- */

static bool note_deed(const api_call *call, records *db, const char *action, const char *reason,
                      GError **error)
{
    return audit_add(db, call->parts->clock, &call->who, action, request_param(call->request, "id"),
                     reason, error);
}

static bool submit(api_call *call, records *db, GError **error)
{
    return open_course(call, db, error) &&
           course_move(db, call->parts->clock, &carry(call)->course, DEED_SUBMIT, error) &&
           note_deed(call, db, "course_submitted", "", error) && read_draft(call, db, error);
}

static bool withdraw(api_call *call, records *db, GError **error)
{
    return open_course(call, db, error) &&
           course_move(db, call->parts->clock, &carry(call)->course, DEED_WITHDRAW, error) &&
           note_deed(call, db, "course_review_withdrawn", "", error) && read_draft(call, db, error);
}

static bool reject(api_call *call, records *db, GError **error)
{
    const char *reason = api_text(call, "reason", 1, NOTE_MAX, error);
    return reason && open_course(call, db, error) &&
           course_reject(db, call->parts->clock, &carry(call)->course, &call->who, reason, error) &&
           note_deed(call, db, "course_rejected", reason, error) && read_draft(call, db, error);
}

/* A draft nobody has seen may be thrown away by its master; what learners have seen is the staff's to retire. */
static bool may_retire(const api_call *call, const school_course *course, GError **error)
{
    if (call->who.role != ROLE_MASTER || course->version == 0)
        return true;
    error_set(error, ERROR_DENIED, "role", NULL,
              "Only staff retire a course that has been published");
    return false;
}

/* Who is not enrolled loses sight of it at once. */
static bool close_all(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    c->closed = school_lessons(db, c->course.id, error);
    return c->closed && revoke_lessons_note(call->parts, db, c->closed, error);
}

static bool answer_closed(api_call *call, records *db, GError **error)
{
    revoke_lessons(call->parts, carry(call)->closed);
    return answer_draft(call, db, error);
}

static bool retire(api_call *call, records *db, GError **error)
{
    school_course *course = &carry(call)->course;
    const char *reason = api_text(call, "reason", 1, NOTE_MAX, error);
    return reason && open_course(call, db, error) && may_retire(call, course, error) &&
           close_all(call, db, error) &&
           course_move(db, call->parts->clock, course, DEED_RETIRE, error) &&
           note_deed(call, db, "course_retired", reason, error) && read_draft(call, db, error);
}

/* ---- publish: what it is made of is measured first ---- */

static bool check_edit(const api_call *call, const course_draft *draft, int64_t seen,
                       GError **error)
{
    if (api_has(call, "edit") && !api_integer(call, "edit", 0, G_MAXINT32, &seen, error))
        return false;
    if (draft->edit == seen)
        return true;
    error_set(error, ERROR_CONFLICT, "edited_elsewhere", "edit",
              "This draft was changed elsewhere meanwhile: it is at edit %" G_GINT64_FORMAT,
              draft->edit);
    return false;
}

static const char *note_of(const api_call *call, GError **error)
{
    return api_has(call, "note") ? api_text(call, "note", 0, NOTE_MAX, error) : "";
}

static bool stands_in(const GArray *lessons, const char *id)
{
    for (guint i = 0; i < lessons->len; i++)
        if (strcmp(g_array_index(lessons, school_lesson, i).id, id) == 0)
            return true;
    return false;
}

/* Lessons that left the course, and all of them when another right holds now that not everybody has. */
static bool close_some(api_call *call, records *db, const GArray *were, const viewing *before,
                       GError **error)
{
    draft_call *c = carry(call);
    viewing now;
    c->closed = school_lessons(db, c->course.id, error);
    if (!c->closed || !viewing_read(db, c->course.id, &now, error))
        return false;
    bool same = now.kind == before->kind && strcmp(now.of.code, before->of.code) == 0;
    guint current = c->closed->len;
    for (guint i = 0; i < were->len; i++)
        if (!stands_in(c->closed, g_array_index(were, school_lesson, i).id))
            g_array_append_vals(c->closed, &g_array_index(were, school_lesson, i), 1);
    if (same || now.kind == VIEWING_PUBLIC)
        g_array_remove_range(c->closed, 0, current);
    return revoke_lessons_note(call->parts, db, c->closed, error);
}

/* What others know may have changed since: of the first look only lengths are kept, which took the pool to measure. */
static bool look_again(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    draft_facts first = c->facts;
    c->facts = (draft_facts){0};
    bool good = look_at_sources(call, db, error);
    if (good)
        sources_keep_measured(&c->facts, &first);
    draft_facts_clear(&first);
    return good;
}

/* The lengths were measured for the draft as it was: it must still be that one. */
static bool publish(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    base_clock *clock = call->parts->clock;
    const char *note = note_of(call, error);
    int64_t seen = c->draft.edit;
    course_draft_clear(&c->draft);
    if (!note || !open_course(call, db, error) || !draft_read(db, &c->course, &c->draft, error) ||
        !check_edit(call, &c->draft, seen, error) || !look_again(call, db, error))
        return false;
    viewing before;
    g_autoptr(GArray) were = school_lessons(db, c->course.id, error);
    return were && viewing_read(db, c->course.id, &before, error) &&
           course_publish(db, clock, &c->course, &c->draft, &c->facts, &call->who, note, error) &&
           close_some(call, db, were, &before, error) &&
           note_deed(call, db, "course_published", note, error);
}

/* ---- POST /courses/{id}/masters/{n}/check ---- */

static const json_t *master_asked(const api_call *call, const course_draft *draft, GError **error)
{
    gint64 n;
    const json_t *masters = json_object_get(draft->body, "masters");
    if (g_ascii_string_to_signed(request_param(call->request, "n"), 10, 0,
                                 (gint64)json_array_size(masters) - 1, &n, NULL))
        return json_array_get(masters, (gsize)n);
    error_set(error, ERROR_MISSING, "no_master", NULL, "The draft has no such master");
    return NULL;
}

static bool check_proof(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    const json_t *good = json_object_get(call->body, "checked");
    int64_t edit;
    if (!json_is_boolean(good)) {
        error_set(error, ERROR_INPUT, good ? "wrong_type" : "missing", "checked",
                  "checked must be true or false");
        return false;
    }
    if (!api_integer(call, "edit", 0, G_MAXINT32, &edit, error) || !open_course(call, db, error) ||
        !draft_read(db, &c->course, &c->draft, error) || !check_edit(call, &c->draft, edit, error))
        return false;
    const json_t *master = master_asked(call, &c->draft, error);
    return master &&
           proof_check(db, call->parts->clock, c->course.id, master, json_is_true(good), &call->who,
                       error) &&
           note_deed(call, db, json_is_true(good) ? "proof_checked" : "proof_unchecked",
                     request_param(call->request, "n"), error) &&
           look_round(call, db, error);
}

/* ---- GET /courses/{id}/versions, /versions/{n} ---- */

static bool list_versions(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    if (!open_course(call, db, error))
        return false;
    c->versions = course_versions(db, c->course.id, error);
    return c->versions != NULL;
}

static bool answer_versions(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *versions = ((const draft_call *)call->data)->versions;
    json_t *list = json_array();
    for (guint i = 0; i < versions->len; i++) {
        const course_version *is = &g_array_index(versions, course_version, i);
        json_array_append_new(
            list, json_pack("{s:i, s:I, s:{s:I, s:s}, s:s, s:I, s:I}", "version", (int)is->version,
                            "published_ms", (json_int_t)is->published_ms, "by", "id",
                            (json_int_t)is->by, "name", is->by_name, "note", is->note, "lessons",
                            (json_int_t)is->lessons, "minutes", (json_int_t)is->minutes));
    }
    call->answer = json_pack("{s:o}", "versions", list);
    return true;
}

static bool read_version(api_call *call, records *db, GError **error)
{
    draft_call *c = carry(call);
    gint64 n = 0;
    g_ascii_string_to_signed(request_param(call->request, "n"), 10, 0, G_MAXINT32, &n, NULL);
    c->version = (int32_t)n;
    if (!open_course(call, db, error))
        return false;
    c->body = course_version_body(db, c->course.id, c->version, error);
    return c->body != NULL;
}

static bool answer_version(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const draft_call *c = call->data;
    call->answer = json_pack("{s:s, s:i, s:O}", "course_id", c->course.id, "version",
                             (int)c->version, "draft", c->body);
    return true;
}

void api_drafts(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/courses/{id}/draft", EDITORS, .work = show, .slow = measure,
         .after = answer_draft},
        {"PUT", "/api/v1/courses/{id}/draft", EDITORS, DRAFT_BODY_MAX, .work = save,
         .slow = measure, .after = answer_draft},
        {"POST", "/api/v1/courses/{id}/submit", EDITORS, SMALL_BODY_MAX, .work = submit,
         .slow = measure, .after = answer_draft},
        {"POST", "/api/v1/courses/{id}/withdraw_review", EDITORS, SMALL_BODY_MAX, .work = withdraw,
         .slow = measure, .after = answer_draft},
        {"POST", "/api/v1/courses/{id}/reject", PUBLISHERS, SMALL_BODY_MAX, .work = reject,
         .slow = measure, .after = answer_draft},
        {"POST", "/api/v1/courses/{id}/retire", EDITORS, SMALL_BODY_MAX, .work = retire,
         .slow = measure, .after = answer_closed},
        {"POST", "/api/v1/courses/{id}/publish", PUBLISHERS, SMALL_BODY_MAX, .work = show,
         .slow = measure, .store = publish, .after = answer_closed},
        {"POST", "/api/v1/courses/{id}/masters/{n}/check", PUBLISHERS, SMALL_BODY_MAX,
         .work = check_proof, .slow = measure, .after = answer_draft},
        {"GET", "/api/v1/courses/{id}/versions", EDITORS, .work = list_versions,
         .after = answer_versions},
        {"GET", "/api/v1/courses/{id}/versions/{n}", EDITORS, .work = read_version,
         .after = answer_version},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
