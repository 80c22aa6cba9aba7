/*
 * WHIP (RFC 9725): a browser's offer in, an answer out; its session trickled to and ended.
 *
 * The key of the class is the bearer token. No cookie is looked at, so any page may call from
 * anywhere (CORS): who has the key may publish.
 */
#include <string.h>

#include "api/api.h"
#include "api/peer.h"
#include "ingest/whip/sdp.h"
#include "ingest/whip/whip_ingest.h"

#define OFFER "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"
#define SHARED                                                                                     \
    "Access-Control-Allow-Origin: *\r\n"                                                           \
    "Access-Control-Expose-Headers: Location, Link, ETag, Accept-Patch\r\n"                        \
    "Cache-Control: no-store\r\n"
#define MAY_ASK                                                                                    \
    "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match\r\n"                      \
    "Access-Control-Max-Age: 600\r\n"

/* An offer on its way to its answer. */
typedef struct {
    request *request;
    const api_parts *parts;
    char *class_id;
} waiting;

/* ---- refusals ---- */

/* What RFC 9725 and HTTP ask for beyond the house's own mapping of kinds. */
static int status_of(const GError *error)
{
    static const struct {
        const char *code;
        int status;
    } table[] = {{"sdp_codec", 406},   {"sdp_tracks", 422}, {"media_type", 415},
                 {"ice_restart", 422}, {"whip_etag", 412},  {"if_match", 428}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (g_str_equal(table[i].code, error_code(error)))
            return table[i].status;
    return api_status(error);
}

static void refuse(request *req, const GError *error)
{
    int status = status_of(error);
    g_autoptr(GBytes) body = api_problem(error, status);
    g_autoptr(GString) headers = g_string_new(SHARED);
    if (status == 401)
        g_string_append(headers, "WWW-Authenticate: Bearer realm=\"jiangtang\"\r\n");
    if (status == 503)
        g_string_append(headers, "Retry-After: 2\r\n");
    if (status == 415)
        g_string_append(headers, "Accept-Post: " OFFER "\r\nAccept-Patch: " FRAGMENT "\r\n");
    request_reply(req, status, "application/problem+json", headers->str, body);
}

/* ---- who may ---- */

static const char *bearer(const request *req)
{
    const char *said = request_header(req, "authorization");
    return said && g_ascii_strncasecmp(said, "Bearer ", 7) == 0 ? said + 7 + strspn(said + 7, " ")
                                                                : "";
}

/* The class's key or its backup key; NULL: neither. */
static const char *key_shown(const live_class *is, const char *said)
{
    return pass_secret_is(is->key, said)          ? is->key
           : pass_secret_is(is->backup_key, said) ? is->backup_key
                                                  : NULL;
}

/* The class of the path, if its key or its backup key was shown. */
static const live_class *admit(const api_parts *parts, request *req, GError **error)
{
    const live_class *is = live_find(parts->live, request_param(req, "class"));
    if (!is)
        error_set(error, ERROR_MISSING, "class_unknown", NULL,
                  "There is no such class, or it is over");
    else if (!key_shown(is, bearer(req)))
        error_set(error, ERROR_UNKNOWN_PERSON, "bad_key", NULL,
                  "The publishing key is missing or wrong");
    else
        return is;
    return NULL;
}

static bool is_type(const request *req, const char *wanted, GError **error)
{
    const char *type = request_header(req, "content-type");
    gsize length = strlen(wanted);
    if (type && g_ascii_strncasecmp(type, wanted, length) == 0 && strchr("; \t", type[length]))
        return true;
    error_set(error, ERROR_INPUT, "media_type", NULL, "%s is wanted here", wanted);
    return false;
}

/* ---- POST /whip/{class} ---- */

/* "192.0.2.7 Chrome": what the master is shown as publisher. */
static char *describe(const request *req)
{
    static const char *const clients[] = {"OBS", "Edg", "Firefox", "Chrome", "Safari"};
    const char *agent = request_header(req, "user-agent");
    const char *name = "";
    for (gsize i = 0; agent && !*name && i < G_N_ELEMENTS(clients); i++)
        if (strstr(agent, clients[i]))
            name = clients[i];
    return g_strstrip(g_strdup_printf("%s %s", peer_address(req), name));
}

static void waiting_free(waiting *w)
{
    request_unref(w->request);
    g_free(w->class_id);
    g_free(w);
}

static void on_answered(gpointer user, const whip_answer *answer, const GError *error)
{
    waiting *w = user;
    if (error) {
        refuse(w->request, error);
    } else {
        g_autofree char *headers = g_strdup_printf(
            SHARED "Location: /whip/%s/%s\r\nETag: \"%s\"\r\nAccept-Patch: " FRAGMENT "\r\n%s",
            w->class_id, answer->session, answer->etag, w->parts->whip_links);
        g_autoptr(GBytes) body = g_bytes_new(answer->sdp, strlen(answer->sdp));
        request_reply(w->request, 201, OFFER, headers, body);
    }
    waiting_free(w);
}

static bool offer(const api_parts *parts, request *req, GError **error)
{
    gsize size = 0;
    const live_class *is = admit(parts, req, error);
    if (!is || !is_type(req, OFFER, error) || !live_may_publish(parts->live, is->id, error))
        return false;
    const char *sdp = g_bytes_get_data(request_body(req), &size);
    g_autofree char *peer = describe(req);
    const whip_caller caller = {.class_id = is->id,
                                .key = key_shown(is, bearer(req)),
                                .peer = peer,
                                .host = request_header(req, "host")};
    waiting *w = g_new0(waiting, 1);
    *w = (waiting){request_ref(req), parts, g_strdup(is->id)};
    if (whip_ingest_offer(parts->whip, &caller, sdp, size, on_answered, w, error))
        return true;
    waiting_free(w);
    return false;
}

static void on_post(request *req, gpointer user)
{
    g_autoptr(GError) error = NULL;
    if (!offer(user, req, &error))
        refuse(req, error);
}

/* ---- the session ---- */

/* If-Match: "tag" or *. NULL: it is not there. */
static char *if_match(const request *req)
{
    const char *said = request_header(req, "if-match");
    gsize length = said ? strlen(said) : 0;
    if (length >= 2 && said[0] == '"' && said[length - 1] == '"')
        return g_strndup(said + 1, length - 2);
    return g_strdup(said);
}

static bool trickle(const api_parts *parts, request *req, GError **error)
{
    gsize size = 0;
    const live_class *is = admit(parts, req, error);
    g_autofree char *etag = if_match(req);
    if (!is || !is_type(req, FRAGMENT, error))
        return false;
    if (!etag) {
        error_set(error, ERROR_INPUT, "if_match", NULL,
                  "Say with If-Match which ICE session this is for");
        return false;
    }
    const char *text = g_bytes_get_data(request_body(req), &size);
    return whip_ingest_trickle(parts->whip, is->id, request_param(req, "session"), etag, text, size,
                               error);
}

static void on_patch(request *req, gpointer user)
{
    g_autoptr(GError) error = NULL;
    if (trickle(user, req, &error))
        request_reply(req, 204, NULL, SHARED, NULL);
    else
        refuse(req, error);
}

static void on_delete(request *req, gpointer user)
{
    const api_parts *parts = user;
    g_autoptr(GError) error = NULL;
    const live_class *is = admit(parts, req, &error);
    if (is && whip_ingest_end(parts->whip, is->id, request_param(req, "session"), &error))
        request_reply(req, 200, NULL, SHARED, NULL);
    else
        refuse(req, error);
}

/* ---- OPTIONS: what may be asked, for programs and for a browser's preflight ---- */

static void on_options(request *req, gpointer user)
{
    const api_parts *parts = user;
    g_autoptr(GError) stranger = NULL; /* is told of no server: a TURN server's is a credential */
    const char *links = admit(parts, req, &stranger) ? parts->whip_links : "";
    g_autofree char *headers = g_strdup_printf(
        SHARED MAY_ASK "Access-Control-Allow-Methods: POST, OPTIONS\r\nAllow: POST, OPTIONS\r\n"
                       "Accept-Post: " OFFER "\r\n%s",
        links);
    request_reply(req, 204, NULL, headers, NULL);
}

static void on_session_options(request *req, gpointer user)
{
    (void)user;
    request_reply(req, 204, NULL,
                  SHARED MAY_ASK "Access-Control-Allow-Methods: PATCH, DELETE, OPTIONS\r\n"
                                 "Allow: PATCH, DELETE, OPTIONS\r\nAccept-Patch: " FRAGMENT "\r\n",
                  NULL);
}

void api_whip(api *a)
{
    const api_parts *parts = api_parts_of(a);
    if (!parts->whip)
        return;
    gpointer user = (gpointer)parts;
    net_route(parts->net, "POST", "/whip/{class}", SDP_SIZE_MAX, on_post, user);
    net_route(parts->net, "OPTIONS", "/whip/{class}", 0, on_options, user);
    net_route(parts->net, "PATCH", "/whip/{class}/{session}", SDP_SIZE_MAX, on_patch, user);
    net_route(parts->net, "DELETE", "/whip/{class}/{session}", 0, on_delete, user);
    net_route(parts->net, "OPTIONS", "/whip/{class}/{session}", 0, on_session_options, user);
}
