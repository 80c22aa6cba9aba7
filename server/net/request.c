#include "net/inside.h"

#include <string.h>

#define QUERY_VALUE_MAX 2048 /* longer is not one of our queries */

request *request_new(conn *c, const char *method, const char *path, gsize length)
{
    request *r = g_new0(request, 1);
    r->refs = 1;
    r->net = c->net;
    r->conn = c;
    r->method = method;
    r->path = g_strndup(path, length);
    r->state = REQUEST_OPEN;
    r->out.fd = -1;
    c->net->counts.requests++;
    return r;
}

void request_take_match(request *r, const router_match *match)
{
    r->route = match->target;
    r->names = match->names;
    for (guint i = 0; match->names[i]; i++)
        r->values[i] = g_strndup(match->values[i].text, match->values[i].length);
}

request *request_ref(request *r)
{
    r->refs++;
    return r;
}

void request_unref(request *r)
{
    if (--r->refs > 0)
        return;
    out_clear(r);
    for (guint i = 0; i < ROUTER_PARAMS_MAX; i++)
        g_free(r->values[i]);
    while (r->said) {
        said *t = r->said;
        r->said = t->next;
        g_free(t->value);
        g_free(t);
    }
    g_clear_pointer(&r->collected, g_byte_array_unref);
    g_clear_pointer(&r->body, g_bytes_unref);
    g_free(r->path);
    g_free(r);
}

bool request_gone(const request *r)
{
    return r->state == REQUEST_GONE;
}

void request_on_gone(request *r, void (*fn)(gpointer data), gpointer data)
{
    r->on_gone = fn;
    r->on_gone_data = data;
}

void request_lost(request *r)
{
    void (*on_gone)(gpointer data) = r->state == REQUEST_OPEN ? r->on_gone : NULL;
    r->state = REQUEST_GONE;
    r->conn = NULL;
    r->on_gone = NULL;
    out_clear(r);
    if (on_gone)
        on_gone(r->on_gone_data);
}

/* ---- what the client said ---- */

const char *request_method(const request *r)
{
    return r->method;
}

const char *request_path(const request *r)
{
    return r->path;
}

const char *request_param(const request *r, const char *name)
{
    for (guint i = 0; r->names && r->names[i]; i++)
        if (strcmp(r->names[i], name) == 0)
            return r->values[i];
    return NULL;
}

/*
 * Texts are copied out of lws when first asked for: it drops them with the answer, and we may be
 * asked later.
 */
static const char *text_known(const request *r, char kind, const char *name)
{
    for (const said *t = r->said; t; t = t->next)
        if (t->kind == kind && strcmp(t->name, name) == 0)
            return t->value;
    return NULL;
}

static const char *text_keep(const request *asked, char kind, const char *name, char *value)
{
    request *r = (request *)asked; /* remembering is not a change the caller can see */
    said *t = g_malloc0(sizeof *t + strlen(name) + 1);
    t->kind = kind;
    t->value = value;
    strcpy(t->name, name);
    t->next = r->said;
    r->said = t;
    return value;
}

static struct lws *wsi_of(const request *r)
{
    return r->conn && r->state != REQUEST_SENT ? r->conn->wsi : NULL;
}

static char *known_header(struct lws *wsi, enum lws_token_indexes token)
{
    int length = lws_hdr_total_length(wsi, token);
    if (length <= 0)
        return NULL;
    char *value = g_malloc0(length + 4);
    if (lws_hdr_copy(wsi, value, length + 4, token) < 0)
        g_clear_pointer(&value, g_free);
    return value;
}

static char *unknown_header(struct lws *wsi, const char *name)
{
    g_autofree char *with_colon = g_strconcat(name, ":", NULL);
    int length = lws_hdr_custom_length(wsi, with_colon, strlen(with_colon));
    if (length < 0)
        return NULL;
    char *value = g_malloc0(length + 1);
    if (lws_hdr_custom_copy(wsi, value, length + 1, with_colon, strlen(with_colon)) < 0)
        g_clear_pointer(&value, g_free);
    return value;
}

const char *request_header(const request *r, const char *name)
{
    const char *known = text_known(r, 'h', name);
    struct lws *wsi = wsi_of(r);
    if (known || !wsi)
        return known;
    gpointer token = g_hash_table_lookup(r->net->tokens, name);
    char *value = token ? known_header(wsi, GPOINTER_TO_INT(token) - 1) : unknown_header(wsi, name);
    return value ? text_keep(r, 'h', name, value) : NULL;
}

/* lws has cut the query at '&' and decoded each piece. */
const char *request_query(const request *r, const char *name)
{
    const char *known = text_known(r, 'q', name);
    struct lws *wsi = wsi_of(r);
    if (known || !wsi)
        return known;
    gsize length = strlen(name);
    char piece[QUERY_VALUE_MAX];
    for (int i = 0;; i++) {
        int bytes = lws_hdr_copy_fragment(wsi, piece, sizeof piece, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (bytes < 0)
            return NULL;
        if ((gsize)bytes > length && piece[length] == '=' && strncmp(piece, name, length) == 0)
            return text_keep(r, 'q', name, g_strdup(piece + length + 1));
    }
}

const char *request_cookie(const request *r, const char *name)
{
    const char *known = text_known(r, 'c', name);
    const char *at = known ? NULL : request_header(r, "cookie");
    gsize length = strlen(name);
    while (at && *at) {
        at += strspn(at, " ;\t");
        gsize bytes = strcspn(at, ";");
        if (bytes > length && at[length] == '=' && strncmp(at, name, length) == 0)
            return text_keep(r, 'c', name, g_strndup(at + length + 1, bytes - length - 1));
        at += bytes;
    }
    return known;
}

const char *request_peer(const request *r)
{
    const char *known = text_known(r, 'p', "");
    return known ? known : text_keep(r, 'p', "", g_strdup(r->conn ? r->conn->peer : ""));
}

GBytes *request_body(const request *asked)
{
    request *r = (request *)asked;
    if (!r->body)
        r->body = r->collected ? g_byte_array_free_to_bytes(g_steal_pointer(&r->collected))
                               : g_bytes_new_static("", 0);
    return r->body;
}
