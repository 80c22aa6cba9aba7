/*
 * Certificates of the person signed in, their sheets, and their revocation. The public page is verify.c's.
 */
#include "api/course_view.h"
#include "api/verify.h"
#include "people/audit.h"

#define BODY_MAX 4096
#define READERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_AUDITOR))

static char *verify_url(const award_certificate *is, const api_parts *parts)
{
    return g_strdup_printf("%s/verify/%s", parts->public_url, is->token);
}

json_t *certificate_json(const award_certificate *is, const api_parts *parts)
{
    g_autofree char *url = verify_url(is, parts),
                    *hours = award_hours_text(is->minutes, is->hour_minutes);
    json_t *revoked = is->revoked_ms ? json_integer(is->revoked_ms) : json_null();
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:i, s:s, s:I, s:I, s:I, s:s, s:o}", "id",
                     is->id, "serial", is->serial, "token", is->token, "course", "id",
                     is->course_id, "title", is->course_title, "person_name", is->person_name,
                     "minutes", (int)is->minutes, "hours_text", hours, "issued_ms",
                     (json_int_t)is->issued_ms, "from_ms", (json_int_t)is->from_ms, "to_ms",
                     (json_int_t)is->to_ms, "verify_url", url, "revoked_ms", revoked);
}

static award_certificate *carry(api_call *call)
{
    if (!call->data) {
        call->data = g_new0(award_certificate, 1);
        call->free_data = g_free;
    }
    return call->data;
}

static bool read_one(api_call *call, records *db, GError **error)
{
    award_certificate *is = carry(call);
    if (!award_by_id(db, request_param(call->request, "id"), is, error))
        return false;
    if (is->person == call->who.id || READERS & ROLE_BIT(call->who.role))
        return true;
    error_set(error, ERROR_DENIED, "not_yours", NULL, "This certificate belongs to somebody else");
    return false;
}

static bool answer_one(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer = certificate_json(carry(call), call->parts);
    return true;
}

static bool print(api_call *call, records *db, GError **error)
{
    (void)db;
    const award_certificate *is = carry(call);
    g_autofree char *url = verify_url(is, call->parts);
    call->raw = award_pdf(is, url, error);
    call->raw_type = "application/pdf";
    g_string_append_printf(call->headers,
                           "Content-Disposition: inline; filename=\"%s.pdf\"\r\n"
                           "Cache-Control: private, no-store\r\n",
                           is->serial);
    return call->raw != NULL;
}

static bool revoke_one(api_call *call, records *db, GError **error)
{
    const char *id = request_param(call->request, "id");
    const char *reason = api_text(call, "reason", 1, AWARD_REASON_MAX, error);
    return reason && award_revoke(db, call->parts->clock, id, call->who.id, reason, error) &&
           audit_add(db, call->parts->clock, &call->who, "certificate_revoked", id, reason,
                     error) &&
           read_one(call, db, error);
}

void api_certificates(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/certificates/{id}", ROLE_ANY, .work = read_one, .after = answer_one},
        {"GET", "/api/v1/certificates/{id}/pdf", ROLE_ANY, .work = read_one, .slow = print},
        {"POST", "/api/v1/certificates/{id}/revoke", ROLE_BIT(ROLE_ADMIN), BODY_MAX,
         .work = revoke_one, .after = answer_one},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
    api_verify(a);
}
