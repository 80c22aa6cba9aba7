/*
 * Who is enrolled in a course, as its master and staff see and order it, and leaving it by oneself.
 */
#include <string.h>

#include "api/course_right.h"
#include "api/course_view.h"
#include "api/pupils.h"
#include "api/revoke.h"
#include "people/audit.h"
#include "people/revoked.h"

#define BODY_MAX 1024
#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

typedef struct {
    int64_t person, after;
    GArray *enrolled, *withdrawn; /* of school_pupil */
} pupil_call;

static void pupil_call_free(gpointer data)
{
    pupil_call *p = data;
    g_clear_pointer(&p->enrolled, g_array_unref);
    g_clear_pointer(&p->withdrawn, g_array_unref);
    g_free(p);
}

static bool read_number(const char *text, int64_t *number, const char *field, GError **error)
{
    if (!text || g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, number, NULL))
        return true;
    error_set(error, ERROR_INPUT, "bad_number", field, "%s is the id of a person", field);
    return false;
}

static bool begin(api_call *call, records *db, GError **error)
{
    (void)db;
    pupil_call *p = g_new0(pupil_call, 1);
    call->data = p;
    call->free_data = pupil_call_free;
    return read_number(request_param(call->request, "person"), &p->person, "person", error) &&
           read_number(request_query(call->request, "after"), &p->after, "after", error);
}

static const char *course_id_of(const api_call *call)
{
    return request_param(call->request, "id");
}

static bool may_order(const api_call *call, records *db, GError **error)
{
    school_course course;
    return school_course_read(db, course_id_of(call), &course, error) &&
           course_may_edit(&call->who, &course, error);
}

/* ---- GET /courses/{id}/pupils ---- */

static bool list(api_call *call, records *db, GError **error)
{
    pupil_call *p = call->data;
    if (!may_order(call, db, error))
        return false;
    p->enrolled = school_pupils(db, course_id_of(call), false, p->after, error);
    if (p->enrolled)
        p->withdrawn = school_pupils(db, course_id_of(call), true, p->after, error);
    return p->withdrawn != NULL;
}

static void put_pupils(json_t *list_json, const GArray *pupils)
{
    for (guint i = 0; i < pupils->len; i++) {
        const school_pupil *is = &g_array_index(pupils, school_pupil, i);
        json_array_append_new(list_json,
                              json_pack("{s:{s:I, s:s, s:s}, s:I, s:b}", "person", "id",
                                        (json_int_t)is->person, "login", is->login, "name",
                                        is->name, "since_ms", (json_int_t)is->since_ms, "withdrawn",
                                        (int)is->withdrawn));
    }
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const pupil_call *p = call->data;
    json_t *all = json_array();
    put_pupils(all, p->enrolled);
    put_pupils(all, p->withdrawn);
    call->answer = json_pack("{s:o}", "pupils", all);
    return true;
}

/* ---- DELETE /courses/{id}/enrol: oneself; PUT /courses/{id}/pupils/{person}: by master and staff ---- */

static bool withdraw(const api_call *call, records *db, int64_t person, GError **error)
{
    return school_withdraw(db, call->parts->clock, person, course_id_of(call), call->who.id,
                           error) &&
           revoked_note(db, call->parts->clock, revoked_person(person), error);
}

static bool leave(api_call *call, records *db, GError **error)
{
    pupil_call *p = call->data;
    p->person = call->who.id;
    return withdraw(call, db, p->person, error);
}

static bool order(api_call *call, records *db, GError **error)
{
    const pupil_call *p = call->data;
    const json_t *wanted = call->body ? json_object_get(call->body, "withdrawn") : NULL;
    bool out = json_is_true(wanted);
    if (!json_is_boolean(wanted)) {
        error_set(error, ERROR_INPUT, wanted ? "wrong_type" : "missing", "withdrawn",
                  "withdrawn must be true or false");
        return false;
    }
    const char *reason = api_text(call, "reason", 1, AUDIT_REASON_MAX, error);
    return reason && may_order(call, db, error) &&
           (out ? withdraw(call, db, p->person, error)
                : school_readmit(db, p->person, course_id_of(call), error)) &&
           audit_add(db, call->parts->clock, &call->who,
                     out ? "pupil_withdrawn" : "pupil_readmitted", course_id_of(call), reason,
                     error);
}

static bool ordered(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    revoke_person(call->parts, ((pupil_call *)call->data)->person);
    call->status = 204;
    return true;
}

void api_pupils(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/courses/{id}/pupils", MAKERS, 0, .before = begin, .work = list,
         .after = listed},
        {"PUT", "/api/v1/courses/{id}/pupils/{person}", MAKERS, BODY_MAX, .before = begin,
         .work = order, .after = ordered},
        {"DELETE", "/api/v1/courses/{id}/enrol", ROLE_ANY, 0, .before = begin, .work = leave,
         .after = ordered},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
