#include "api/verify.h"

#include <string.h>

#include "api/peer.h"
#include "award/award.h"
#include "people/address.h"
#include "room/rates.h"

#define STYLE_MAX_AGE "Cache-Control: public, max-age=3600\r\n"
#define PAGE_HEADERS                                                                               \
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "              \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"                              \
    "X-Robots-Tag: noindex, nofollow\r\n"                                                          \
    "Cache-Control: no-store\r\n"                                                                  \
    "Vary: Accept, Accept-Language\r\n"

typedef struct {
    const api_parts *parts;
    rates *rates;
    GBytes *style; /* the whole answer */
} verifier;

/* One look on its way through the clerk. */
typedef struct {
    request *request;
    char token[33];
    bool found;
    award_certificate certificate;
} look;

/* ---- how often ---- */

/* FNV-1a. Two subjects that meet share a bucket, no more. */
static int64_t subject_number(const char *subject)
{
    uint64_t hash = 14695981039346656037u;
    for (; *subject; subject++)
        hash = (hash ^ (uint8_t)*subject) * 1099511628211u;
    return (int64_t)hash;
}

static void forget_some(verifier *v, int64_t now_ms)
{
    if (rates_count(v->rates) < VERIFY_ADDRESSES_MAX)
        return;
    rates_sweep(v->rates, now_ms);
    if (rates_count(v->rates) < VERIFY_ADDRESSES_MAX)
        return;
    rates_free(v->rates);
    v->rates = rates_new(VERIFY_BURST, VERIFY_REFILL_MS);
}

static bool may_look(verifier *v, const request *req, GError **error)
{
    int64_t now_ms = clock_mono_ms(v->parts->clock);
    g_autofree char *subject = address_subject(peer_address(req));
    forget_some(v, now_ms);
    if (rates_take(v->rates, subject_number(subject), now_ms) == 0)
        return true;
    error_set(error, ERROR_BUSY, "too_many_attempts", NULL,
              "Too many verifications from this address; wait a moment");
    return false;
}

/* ---- the answer ---- */

static bool wants_json(const request *req)
{
    const char *accept = request_header(req, "accept");
    return accept && strstr(accept, "application/json") && !strstr(accept, "text/html");
}

static bool wants_english(const request *req)
{
    const char *languages = request_header(req, "accept-language");
    return languages && g_ascii_strncasecmp(languages, "en", 2) == 0;
}

static json_t *found_json(const award_certificate *is)
{
    g_autofree char *name = award_mask_name(is->person_name);
    json_t *revoked = is->revoked_ms ? json_integer(is->revoked_ms) : json_null();
    json_t *json = json_pack(
        "{s:b, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:o, s:s}", "valid", is->revoked_ms == 0,
        "serial", is->serial, "name_masked", name, "course", is->course_title, "minutes",
        (int)is->minutes, "from_ms", (json_int_t)is->from_ms, "to_ms", (json_int_t)is->to_ms,
        "issued_ms", (json_int_t)is->issued_ms, "revoked_ms", revoked, "issuer", is->issuer);
    if (is->evidence[0])
        json_object_set_new(json, "evidence", json_string(is->evidence));
    return json;
}

static char *json_answer(const award_certificate *is)
{
    json_t *json = is ? found_json(is) : json_pack("{s:b}", "valid", 0);
    char *text = json_dumps(json, JSON_COMPACT), *copy = g_strdup(text);
    json_decref(json);
    free(text);
    return copy;
}

static void answer(request *req, const award_certificate *is)
{
    bool json = wants_json(req);
    char *text = json ? json_answer(is) : award_verify_html(is, wants_english(req));
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));
    request_reply(req, is ? 200 : 404, json ? "application/json" : "text/html; charset=utf-8",
                  PAGE_HEADERS, body);
}

/* ---- the way through the clerk ---- */

static bool look_job(records *db, gpointer data, GError **error)
{
    look *l = data;
    g_autoptr(GError) failure = NULL;
    l->found = award_by_token(db, l->token, &l->certificate, &failure);
    if (!failure || error_is(failure, ERROR_MISSING))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static void look_done(gpointer data, const GError *error)
{
    look *l = data;
    if (error)
        api_refuse(l->request, error);
    else
        answer(l->request, l->found ? &l->certificate : NULL);
    request_unref(l->request);
    g_free(l);
}

static bool is_token(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static void on_look(request *req, gpointer user)
{
    verifier *v = user;
    const char *token = request_param(req, "token");
    g_autoptr(GError) error = NULL;
    if (!may_look(v, req, &error)) {
        api_refuse(req, error);
        return;
    }
    if (!is_token(token)) {
        answer(req, NULL);
        return;
    }
    look *l = g_new0(look, 1);
    l->request = request_ref(req);
    g_strlcpy(l->token, token, sizeof l->token);
    if (!clerk_post(v->parts->clerk, look_job, look_done, l, &error))
        look_done(l, error);
}

static void on_style(request *req, gpointer user)
{
    const verifier *v = user;
    request_reply_blob(req, v->style);
}

static void verifier_free(gpointer data)
{
    verifier *v = data;
    rates_free(v->rates);
    g_bytes_unref(v->style);
    g_free(v);
}

void api_verify(api *a)
{
    verifier *v = g_new0(verifier, 1);
    const char *style = award_verify_style();
    g_autoptr(GBytes) body = g_bytes_new_static(style, strlen(style));
    v->parts = api_parts_of(a);
    v->rates = rates_new(VERIFY_BURST, VERIFY_REFILL_MS);
    v->style = net_blob(200, "text/css; charset=utf-8", STYLE_MAX_AGE, body);
    api_keep(a, v, verifier_free);
    net_route(v->parts->net, "GET", "/verify/style.css", 0, on_style, v);
    net_route(v->parts->net, "GET", "/verify/{token}", 0, on_look, v);
}
