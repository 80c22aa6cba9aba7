/*
 * Who is asking: signing in, out and up, the first administrator, and "me".
 */
#include <string.h>

#include "api/api.h"
#include "api/peer.h"
#include "api/revoke.h"
#include "people/own.h"
#include "people/revoked.h"

#define BODY_MAX 4096

/* What one of these calls carries from step to step. */
typedef struct {
    const char *login, *name, *password, *setup_token; /* in the body */
    char *encoded;                                     /* hash to verify against, or just made */
    char *token;                                       /* the new session */
    person who;
    bool verified;
} entry;

static void entry_free(gpointer data)
{
    entry *e = data;
    g_free(e->encoded);
    g_free(e->token);
    g_free(e);
}

static entry *entry_begin(api_call *call)
{
    call->data = g_new0(entry, 1);
    call->free_data = entry_free;
    return call->data;
}

/* ---- the words of HTTP ---- */

static void set_cookie(api_call *call, const char *token, int64_t max_age_s)
{
    g_string_append_printf(
        call->headers,
        "Set-Cookie: jt_session=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%" G_GINT64_FORMAT
        "%s\r\n",
        token, max_age_s, call->parts->secure_cookies ? "; Secure" : "");
}

static bool came_by_cookie(const api_call *call)
{
    return call->token && g_strcmp0(request_cookie(call->request, "jt_session"), call->token) == 0;
}

static json_t *person_json(const person *who)
{
    return json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)who->id, "login", who->login, "name",
                     who->name, "role", person_role_word(who->role));
}

static void welcome(api_call *call, int status)
{
    const entry *e = call->data;
    set_cookie(call, e->token, PEOPLE_SESSION_MS / 1000);
    call->status = status;
    call->answer = json_pack("{s:s, s:o}", "token", e->token, "person", person_json(&e->who));
}

/* ---- POST /session ---- */

static bool sign_in_read(api_call *call, records *db, GError **error)
{
    (void)db;
    entry *e = entry_begin(call);
    return (e->login = api_text(call, "login", 1, PERSON_LOGIN_MAX, error)) &&
           (e->password = api_text(call, "password", 1, PERSON_PASSWORD_MAX, error));
}

static bool sign_in_begin(api_call *call, records *db, GError **error)
{
    entry *e = call->data;
    return people_sign_in_begin(db, call->parts->clock, e->login, peer_address(call->request),
                                &e->encoded, &e->who, error);
}

static bool sign_in_verify(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    entry *e = call->data;
    e->verified = people_verify(e->encoded, e->password);
    return true;
}

/* For the list of their sessions: what this one began on. */
static bool tell_device(const api_call *call, records *db, GError **error)
{
    const entry *e = call->data;
    return own_session_tell(db, e->token, request_header(call->request, "user-agent"), error);
}

static bool sign_in_end(api_call *call, records *db, GError **error)
{
    entry *e = call->data;
    g_clear_pointer(&e->token, g_free);
    return people_sign_in_end(db, call->parts->clock, &e->who, peer_address(call->request),
                              e->verified ? e->encoded : NULL, &e->token, error) &&
           (!e->token || tell_device(call, db, error));
}

/* Only now, after the failure has been noted for good. */
static bool sign_in_answer(api_call *call, records *db, GError **error)
{
    (void)db;
    const entry *e = call->data;
    if (!e->token) {
        error_set(error, ERROR_UNKNOWN_PERSON, "sign_in_failed", NULL,
                  "The login or the password is wrong");
        return false;
    }
    welcome(call, 200);
    return true;
}

/* ---- DELETE /session, GET /me ---- */

/* Its passes go with it; those of the person's other devices are renewed by their pages. */
static bool sign_out(api_call *call, records *db, GError **error)
{
    if (!call->token || !people_sign_out(db, call->token, error))
        return !call->token;
    return call->who.id == 0 ||
           revoked_note(db, call->parts->clock, revoked_person(call->who.id), error);
}

static bool sign_out_answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    if (call->who.id != 0)
        revoke_person(call->parts, call->who.id);
    set_cookie(call, "", 0);
    call->status = 204;
    return true;
}

/* The browser's copy lives as long as ours; one that is over is taken away. */
static void renew_cookie(api_call *call)
{
    if (came_by_cookie(call) && call->who.id)
        set_cookie(call, call->token, PEOPLE_SESSION_MS / 1000);
    else if (came_by_cookie(call))
        set_cookie(call, "", 0);
}

static bool me(api_call *call, records *db, GError **error)
{
    bool needed;
    if (!people_setup_needed(db, &needed, error))
        return false;
    json_t *who = call->who.id ? person_json(&call->who) : json_null();
    call->answer = json_pack("{s:o, s:b}", "person", who, "setup_needed", (int)needed);
    renew_cookie(call);
    return true;
}

/* ---- POST /people, POST /setup ---- */

static bool account_read(api_call *call, records *db, GError **error)
{
    (void)db;
    entry *e = entry_begin(call);
    return (e->login = api_text(call, "login", 1, PERSON_LOGIN_MAX, error)) &&
           (e->password = api_text(call, "password", 1, PERSON_PASSWORD_MAX, error)) &&
           (e->name = api_text(call, "name", 1, PERSON_NAME_MAX, error)) &&
           people_check(e->login, e->name, e->password, error);
}

static bool setup_read(api_call *call, records *db, GError **error)
{
    if (!account_read(call, db, error))
        return false;
    entry *e = call->data;
    e->setup_token = api_text(call, "token", 1, API_TOKEN_MAX, error);
    return e->setup_token != NULL;
}

static bool sign_up_begin(api_call *call, records *db, GError **error)
{
    return people_sign_up_begin(db, call->parts->clock, peer_address(call->request), error);
}

static bool setup_begin(api_call *call, records *db, GError **error)
{
    const entry *e = call->data;
    return people_setup_check(db, e->setup_token, error);
}

static bool account_hash(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    entry *e = call->data;
    e->encoded = people_hash(e->password);
    return true; /* people_add() says so when there is none */
}

static bool start_session(api_call *call, records *db, GError **error)
{
    entry *e = call->data;
    g_clear_pointer(&e->token, g_free);
    return people_session_start(db, call->parts->clock, e->who.id, &e->token, error) &&
           tell_device(call, db, error);
}

static bool sign_up_store(api_call *call, records *db, GError **error)
{
    entry *e = call->data;
    return people_add(db, call->parts->clock, e->login, e->name, ROLE_LEARNER, e->encoded, &e->who,
                      error) &&
           start_session(call, db, error);
}

static bool setup_store(api_call *call, records *db, GError **error)
{
    entry *e = call->data;
    return people_setup(db, call->parts->clock, e->setup_token, e->login, e->name, e->encoded,
                        &e->who, error) &&
           start_session(call, db, error);
}

static bool account_answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    welcome(call, 201);
    return true;
}

static const api_route routes[] = {
    {"POST", "/api/v1/session", 0, BODY_MAX, sign_in_read, sign_in_begin, sign_in_verify,
     sign_in_end, sign_in_answer},
    {"DELETE", "/api/v1/session", 0, 0, .work = sign_out, .after = sign_out_answer},
    {"GET", "/api/v1/me", 0, 0, .work = me},
    {"POST", "/api/v1/people", 0, BODY_MAX, account_read, sign_up_begin, account_hash,
     sign_up_store, account_answer},
    {"POST", "/api/v1/setup", 0, BODY_MAX, setup_read, setup_begin, account_hash, setup_store,
     account_answer},
};

void api_session(api *a)
{
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
