/*
 * The built page from memory. Every address a person can have in the address bar gives the same shell (the page finds
 * its own way); an address that cannot be one gives the shell too, but as 404. Also the API's description.
 */
#include "api/api.h"

#include <string.h>

#include "api/embed_link.h"
#include "api/files.h"
#include "api/policy.h"
#include "base/log.h"

extern const char openapi_json[];
extern const size_t openapi_json_length;

/* Addresses of the page. `more`: something stands behind it ("/c/<id>"). */
static const struct {
    const char *path;
    bool more;
} addresses[] = {
    {"/", false},         {"/c/", true},        {"/courses", false},      {"/courses/", true},
    {"/lessons/", true},  {"/sign-in", false},  {"/sign-up", false},      {"/setup", false},
    {"/learning", false}, {"/learning/", true}, {"/certificates", false}, {"/certificates/", true},
    {"/make", false},     {"/make/", true},     {"/teach", false},        {"/teach/", true},
    {"/people", false},   {"/account", false},
};

/* What is for programs: a problem document, not the shell. */
static const char *const programs[] = {"/api/",  "/media/",  "/ws",           "/files/",
                                       "/whip/", "/verify/", "/.well-known/", "/calendar/"};

typedef struct {
    const api_parts *parts;
    GBytes *embed;     /* embed.html; NULL: there is none */
    char *hashes;      /* of its style, for its policy; may be NULL */
    files *files;      /* NULL: there is no built page */
    const file *shell; /* index.html */
    GBytes *openapi, *openapi_unchanged;
    char *openapi_etag;
} page;

static bool is_address(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        gsize length = strlen(addresses[i].path);
        if (addresses[i].more ? strncmp(path, addresses[i].path, length) == 0 && path[length]
                              : g_str_equal(path, addresses[i].path))
            return true;
    }
    return false;
}

static bool is_for_programs(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (g_str_has_prefix(path, programs[i]))
            return true;
    }
    return false;
}

static void refuse_missing(request *req)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_MISSING, "no_route", NULL, "There is nothing at this address");
    api_refuse(req, error);
}

static bool is_read(const request *req)
{
    return g_str_equal(request_method(req), "GET") || g_str_equal(request_method(req), "HEAD");
}

/* Everything no other route takes. */
static void on_any(request *req, gpointer user)
{
    const page *p = user;
    const char *path = request_path(req);
    const file *found = p->files ? files_find(p->files, path) : NULL;
    if (!is_read(req) || is_for_programs(path) || !p->shell)
        refuse_missing(req);
    else if (found)
        file_answer(found, req);
    else if (is_address(path))
        file_answer(p->shell, req);
    else if (g_str_has_prefix(path, "/assets/"))
        refuse_missing(req);
    else
        file_answer_missing(p->shell, req);
}

/* A house behind TLS has one name; any other is opened by whatever name its machine has. */
static char *own_sockets(const page *p)
{
    if (!p->parts->secure_cookies)
        return g_strdup("ws: wss:");
    const char *authority = p->parts->public_url + strlen("https://");
    return g_strdup_printf("wss://%.*s", (int)strcspn(authority, "/?#"), authority);
}

/*
 * The player alone, in the frame of another page: only a link we signed opens the frame, and only to its site. What is
 * wrong with a link its page says; a link that is not ours may not even be framed.
 */
static void on_embed(request *req, gpointer user)
{
    const page *p = user;
    embed_link is;
    bool ours = embed_link_check(p->parts, request_param(req, "class"), request_query(req, "link"),
                                 request_query(req, "until"), request_query(req, "site"),
                                 request_query(req, "signature"), &is);
    const char *site = is.site[0] ? is.site : "http: https:";
    g_autofree char *sockets = own_sockets(p);
    g_autofree char *csp = policy_text(p->hashes, ours ? site : POLICY_NOWHERE, sockets, NULL);
    if (!p->embed || !csp) {
        refuse_missing(req);
        return;
    }
    g_autofree char *headers =
        g_strdup_printf("Cache-Control: no-store\r\nContent-Security-Policy: %s\r\n", csp);
    request_reply(req, ours ? 200 : 403, "text/html; charset=utf-8", headers, p->embed);
}

static void on_openapi(request *req, gpointer user)
{
    const page *p = user;
    const char *had = request_header(req, "if-none-match");
    request_reply_blob(req,
                       had && strstr(had, p->openapi_etag) ? p->openapi_unchanged : p->openapi);
}

/* ---- loading ---- */

static files *load(const page *p, const char *web_dir, GError **error)
{
    g_autofree char *sockets = own_sockets(p);
    g_autofree char *csp = policy_text(p->hashes, POLICY_NOWHERE, sockets, error);
    return csp ? files_load(web_dir, csp, error) : NULL;
}

/* Neither need be there. */
static void load_texts(page *p, const char *web_dir)
{
    g_autofree char *hashes_path = g_build_filename(web_dir, "csp.txt", NULL);
    g_autofree char *embed_path = g_build_filename(web_dir, "embed.html", NULL);
    char *embed;
    gsize length;
    g_file_get_contents(hashes_path, &p->hashes, NULL, NULL);
    if (g_file_get_contents(embed_path, &embed, &length, NULL))
        p->embed = g_bytes_new_take(embed, length);
}

static void load_page(page *p, const char *web_dir)
{
    g_autoptr(GError) error = NULL;
    if (web_dir)
        load_texts(p, web_dir);
    p->files = web_dir ? load(p, web_dir, &error) : NULL;
    p->shell = p->files ? files_find(p->files, "/index.html") : NULL;
    if (p->shell)
        log_info("api", "page: %u files from %s", files_count(p->files), web_dir);
    else
        log_warn("api", "there is no page to serve: %s",
                 error ? error->message : "index.html is missing");
}

static void load_openapi(page *p)
{
    g_autoptr(GBytes) text = g_bytes_new_static(openapi_json, openapi_json_length);
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, text);
    p->openapi_etag = g_strdup_printf("\"%.24s\"", sum);
    g_autofree char *headers =
        g_strdup_printf("Cache-Control: no-cache\r\nETag: %s\r\n", p->openapi_etag);
    p->openapi = net_blob(200, "application/json", headers, text);
    p->openapi_unchanged = net_blob(304, NULL, headers, NULL);
}

static void page_free(gpointer data)
{
    page *p = data;
    files_free(p->files);
    g_clear_pointer(&p->embed, g_bytes_unref);
    g_free(p->hashes);
    g_bytes_unref(p->openapi);
    g_bytes_unref(p->openapi_unchanged);
    g_free(p->openapi_etag);
    g_free(p);
}

void api_page(api *a)
{
    const api_parts *parts = api_parts_of(a);
    page *p = g_new0(page, 1);
    p->parts = parts;
    load_page(p, parts->web_dir);
    load_openapi(p);
    api_keep(a, p, page_free);
    net_route(parts->net, "GET", "/api/openapi.json", 0, on_openapi, p);
    net_route(parts->net, "GET", "/embed/{class}", 0, on_embed, p);
    net_route_default(parts->net, on_any, p);
}
