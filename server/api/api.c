#include "api/api.h"

#include <string.h>

#include "api/body.h"
#include "api/origin.h"
#include "base/log.h"
#include "storage/storage.h"

struct api {
    api_parts parts;
    GPtrArray *routes; /* of bound_route */
    GPtrArray *kept;   /* of kept */
    bool stopped;
};

typedef struct {
    gpointer data;
    GDestroyNotify free_data;
} kept;

typedef struct {
    api *api;
    api_route route;
} bound_route;

/* A call and where it is on its way. Counted with its api: a walk may outlive api_free(). */
typedef struct {
    api_call call; /* first: the steps see only this */
    api *api;
    const api_route *route;
    GError *error; /* what ended the walk */
} walk;

/* ---- the api itself ---- */

static void kept_free(gpointer data)
{
    kept *k = data;
    k->free_data(k->data);
    g_free(k);
}

api *api_new(const api_parts *parts)
{
    api *a = g_rc_box_new0(api);
    a->parts = *parts;
    a->routes = g_ptr_array_new_with_free_func(g_free);
    a->kept = g_ptr_array_new_with_free_func(kept_free);
    return a;
}

static void api_clear(gpointer data)
{
    api *a = data;
    g_ptr_array_unref(a->routes);
    g_ptr_array_unref(a->kept);
}

void api_free(api *a)
{
    if (a)
        g_rc_box_release_full(a, api_clear);
}

void api_stop(api *a)
{
    if (a)
        a->stopped = true;
}

void api_keep(api *a, gpointer data, GDestroyNotify free_data)
{
    kept *k = g_new0(kept, 1);
    *k = (kept){data, free_data};
    g_ptr_array_add(a->kept, k);
}

const api_parts *api_parts_of(const api *a)
{
    return &a->parts;
}

/* ---- the walk: before > (who, work) > slow > store > after > answer ---- */

static void walk_free(walk *w)
{
    api_call *call = &w->call;
    if (call->data && call->free_data)
        call->free_data(call->data);
    json_decref(call->body);
    json_decref(call->answer);
    g_clear_pointer(&call->raw, g_bytes_unref);
    g_string_free(call->headers, TRUE);
    g_free(call->token);
    g_clear_error(&w->error);
    request_unref(call->request);
    api_free(w->api);
    g_free(w);
}

static void answer_json(api_call *call, int status)
{
    char *text = json_dumps(call->answer, JSON_COMPACT);
    g_autoptr(GBytes) body = g_bytes_new_with_free_func(text, strlen(text), free, text);
    request_reply(call->request, status, "application/json", call->headers->str, body);
}

/* Ends the walk: the problem, or the answer. */
static void finish(walk *w)
{
    api_call *call = &w->call;
    if (w->error && w->route->refuse)
        w->route->refuse(call->request, w->error);
    else if (w->error)
        api_refuse(call->request, w->error);
    if (w->error || call->handed) {
        walk_free(w);
        return;
    }
    if (!strstr(call->headers->str, "Cache-Control:"))
        g_string_append(call->headers, "Cache-Control: no-store\r\n");
    if (call->raw)
        request_reply(call->request, call->status, call->raw_type, call->headers->str, call->raw);
    else if (call->answer)
        answer_json(call, call->status);
    else
        request_reply(call->request, call->status == 200 ? 204 : call->status, NULL,
                      call->headers->str, NULL);
    walk_free(w);
}

static void walk_after(walk *w)
{
    if (w->route->after)
        w->route->after(&w->call, NULL, &w->error);
    finish(w);
}

static bool store_job(records *db, gpointer data, GError **error)
{
    walk *w = data;
    return w->route->store(&w->call, db, error);
}

/* Back on the loop: true when there is no next step. */
static bool ended(walk *w, const GError *error)
{
    if (w->api->stopped) {
        walk_free(w);
        return true;
    }
    if (error && !w->error)
        w->error = g_error_copy(error);
    if (!w->error)
        return false;
    finish(w);
    return true;
}

static void store_done(gpointer data, const GError *error)
{
    if (!ended(data, error))
        walk_after(data);
}

static void walk_store(walk *w)
{
    if (!w->route->store)
        walk_after(w);
    else if (!clerk_post(w->call.parts->clerk, store_job, store_done, w, &w->error))
        finish(w);
}

static void slow_work(gpointer data)
{
    walk *w = data;
    w->route->slow(&w->call, NULL, &w->error);
}

static void slow_done(gpointer data)
{
    if (!ended(data, NULL))
        walk_store(data);
}

/* A walk on a thread of the storage's. NULL: it is back on the loop. */
typedef struct {
    walk *walk;
} errand_walk;

static void errand_work(gpointer data)
{
    slow_work(((errand_walk *)data)->walk);
}

static void errand_done(gpointer data)
{
    slow_done(g_steal_pointer(&((errand_walk *)data)->walk));
}

static void errand_walk_free(gpointer data)
{
    errand_walk *e = data;
    if (e->walk)
        walk_free(e->walk);
    g_free(e);
}

static bool send_on_errand(walk *w, errands *thread, GError **error)
{
    errand_walk *e = g_new0(errand_walk, 1);
    e->walk = w;
    if (errand_post(thread, errand_work, errand_done, e, errand_walk_free, error))
        return true;
    g_free(e);
    return false;
}

static bool send_slow(walk *w, GError **error)
{
    struct storage *disk = w->call.parts->storage;
    if (w->route->slow_on == API_ON_POOL || !disk)
        return pool_post(w->call.parts->pool, slow_work, slow_done, w, error);
    return send_on_errand(
        w, w->route->slow_on == API_ON_DISK ? storage_errands(disk) : storage_measurers(disk),
        error);
}

static void walk_slow(walk *w)
{
    if (!w->route->slow)
        walk_store(w);
    else if (!send_slow(w, &w->error))
        finish(w);
}

/* Who asks, and whether that role may. A session that is none any more counts as not signed in. */
static bool admit(walk *w, records *db, GError **error)
{
    api_call *call = &w->call;
    if (call->token && !people_session(db, call->parts->clock, call->token, &call->who, error))
        return false;
    if (w->route->roles == 0)
        return true;
    if (call->who.id == 0) {
        error_set(error, ERROR_UNKNOWN_PERSON, "sign_in", NULL, "Sign in first");
        return false;
    }
    if (w->route->roles & ROLE_BIT(call->who.role))
        return true;
    error_set(error, ERROR_DENIED, "role", NULL, "Your role (%s) may not do this",
              person_role_word(call->who.role));
    return false;
}

static bool work_job(records *db, gpointer data, GError **error)
{
    walk *w = data;
    if (!admit(w, db, error))
        return false;
    return !w->route->work || w->route->work(&w->call, db, error);
}

static void work_done(gpointer data, const GError *error)
{
    if (!ended(data, error))
        walk_slow(data);
}

static void walk_work(walk *w)
{
    if (!w->route->work && !w->call.token)
        walk_slow(w);
    else if (!clerk_post(w->call.parts->clerk, work_job, work_done, w, &w->error))
        finish(w);
}

/* ---- the door ---- */

/* The token shown: a program's bearer token first, else the page's cookie. *bearer says which. */
static char *shown_token(const request *req, bool *bearer)
{
    const char *header = request_header(req, "authorization");
    *bearer = header && g_ascii_strncasecmp(header, "Bearer ", 7) == 0;
    const char *token = *bearer ? header + 7 : request_cookie(req, "jt_session");
    return token && *token && strlen(token) <= API_TOKEN_MAX ? g_strdup(token) : NULL;
}

static bool changes_something(const request *req)
{
    const char *method = request_method(req);
    return !g_str_equal(method, "GET") && !g_str_equal(method, "HEAD");
}

static bool check_door(walk *w, GError **error)
{
    api_call *call = &w->call;
    bool bearer;
    call->token = shown_token(call->request, &bearer);
    if (!bearer && changes_something(call->request) &&
        !origin_is_ours(call->request, &w->api->parts)) {
        error_set(error, ERROR_DENIED, "origin", NULL, "This request comes from a foreign page");
        return false;
    }
    if (w->route->roles != 0 && !call->token) {
        error_set(error, ERROR_UNKNOWN_PERSON, "sign_in", NULL, "Sign in first");
        return false;
    }
    return w->route->takes_bytes || body_read(call->request, &call->body, error);
}

static void on_request(request *req, gpointer user)
{
    bound_route *bound = user;
    walk *w = g_new0(walk, 1);
    w->api = g_rc_box_acquire(bound->api);
    w->route = &bound->route;
    w->call.parts = &bound->api->parts;
    w->call.request = request_ref(req);
    w->call.status = 200;
    w->call.headers = g_string_new(NULL);
    if (!check_door(w, &w->error))
        finish(w);
    else if (w->route->before && !w->route->before(&w->call, NULL, &w->error))
        finish(w);
    else
        walk_work(w);
}

void api_routes(api *a, const api_route *routes, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        bound_route *bound = g_new0(bound_route, 1);
        bound->api = a;
        bound->route = routes[i];
        g_ptr_array_add(a->routes, bound);
        if (routes[i].streamed)
            net_route_streamed(a->parts.net, routes[i].method, routes[i].pattern, on_request,
                               bound);
        else
            net_route(a->parts.net, routes[i].method, routes[i].pattern, routes[i].body_max,
                      on_request, bound);
    }
}
