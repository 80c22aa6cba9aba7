/*
 * One's own account: another password, where one is signed in, and the end of that.
 */
#include "people/own.h"
#include "api/api.h"
#include "api/peer.h"
#include "api/revoke.h"

#define BODY_MAX 4096

typedef struct {
    const char *current, *next; /* in the body */
    char *encoded;              /* hash to verify the current one against */
    char *hash;                 /* of the next one */
    bool verified, changed;
    GArray *sessions;
} own_call;

static void own_call_free(gpointer data)
{
    own_call *o = data;
    g_free(o->encoded);
    g_free(o->hash);
    g_clear_pointer(&o->sessions, g_array_unref);
    g_free(o);
}

static own_call *carry(api_call *call)
{
    if (!call->data) {
        call->data = g_new0(own_call, 1);
        call->free_data = own_call_free;
    }
    return call->data;
}

/* The person's sockets, this page's too, come back with new passes where they still may. */
static bool ended(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    revoke_person(call->parts, call->who.id);
    call->status = 204;
    return true;
}

/* ---- POST /me/password ---- */

static bool password_read(api_call *call, records *db, GError **error)
{
    (void)db;
    own_call *o = carry(call);
    return (o->current = api_text(call, "current", 1, PERSON_PASSWORD_MAX, error)) &&
           (o->next = api_text(call, "next", 1, PERSON_PASSWORD_MAX, error));
}

static bool password_begin(api_call *call, records *db, GError **error)
{
    own_call *o = carry(call);
    g_clear_pointer(&o->encoded, g_free);
    return own_password_begin(db, call->parts->clock, &call->who, peer_address(call->request),
                              o->next, &o->encoded, error);
}

static bool password_verify(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    own_call *o = carry(call);
    o->verified = people_verify(o->encoded, o->current);
    if (o->verified)
        o->hash = people_hash(o->next); /* own_password_end() says so when there is none */
    return true;
}

static bool password_end(api_call *call, records *db, GError **error)
{
    own_call *o = carry(call);
    const own_password is = {.who = &call->who,
                             .address = peer_address(call->request),
                             .token = call->token,
                             .verified = o->verified ? o->encoded : NULL,
                             .hash = o->hash};
    return own_password_end(db, call->parts->clock, &is, &o->changed, error);
}

/* Only now, after the failure has been noted for good. */
static bool password_answer(api_call *call, records *db, GError **error)
{
    if (carry(call)->changed)
        return ended(call, db, error);
    error_set(error, ERROR_DENIED, "password_wrong", "current", "The current password is wrong");
    return false;
}

/* ---- GET /me/sessions ---- */

static bool list(api_call *call, records *db, GError **error)
{
    own_call *o = carry(call);
    g_clear_pointer(&o->sessions, g_array_unref);
    o->sessions = own_sessions(db, call->parts->clock, call->who.id, call->token, error);
    return o->sessions != NULL;
}

static const char *word_or_null(const char *word)
{
    return *word ? word : NULL;
}

static json_t *session_json(const own_session *is)
{
    return json_pack("{s:s, s:I, s:I, s:s?, s:s?, s:b}", "id", is->id, "begun_ms",
                     (json_int_t)is->begun_ms, "used_ms", (json_int_t)is->used_ms, "browser",
                     word_or_null(is->browser), "device", word_or_null(is->device), "present",
                     (int)is->present);
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *sessions = carry(call)->sessions;
    json_t *all = json_array();
    for (guint i = 0; sessions && i < sessions->len; i++)
        json_array_append_new(all, session_json(&g_array_index(sessions, own_session, i)));
    call->answer = json_pack("{s:o}", "sessions", all);
    return true;
}

/* ---- DELETE /me/sessions, DELETE /me/sessions/{id} ---- */

static bool end_others(api_call *call, records *db, GError **error)
{
    return own_sessions_end_others(db, call->parts->clock, call->who.id, call->token, error);
}

static bool end_one(api_call *call, records *db, GError **error)
{
    return own_session_end(db, call->parts->clock, call->who.id, request_param(call->request, "id"),
                           error);
}

void api_own(api *a)
{
    static const api_route routes[] = {
        {"POST", "/api/v1/me/password", ROLE_ANY, BODY_MAX, password_read, password_begin,
         password_verify, password_end, password_answer},
        {"GET", "/api/v1/me/sessions", ROLE_ANY, 0, .work = list, .after = listed},
        {"DELETE", "/api/v1/me/sessions", ROLE_ANY, 0, .work = end_others, .after = ended},
        {"DELETE", "/api/v1/me/sessions/{id}", ROLE_ANY, 0, .work = end_one, .after = ended},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
