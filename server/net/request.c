#include "net/inside.h"

#include <string.h>

request *request_new(conn *c, head *h)
{
    request *r = g_new0(request, 1);
    r->refs = 1;
    r->net = c->net;
    r->conn = c;
    r->head = h;
    memcpy(r->peer, c->peer, sizeof r->peer);
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
    head_free(r->head);
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
    bool reading = r->state == REQUEST_READING;
    void (*on_gone)(gpointer data) = r->state == REQUEST_OPEN ? r->on_gone : NULL;
    r->state = REQUEST_GONE;
    r->conn = NULL;
    r->on_gone = NULL;
    out_clear(r);
    if (reading)
        body_lost(r);
    else if (on_gone)
        on_gone(r->on_gone_data);
}

bool request_deserted(const request *r)
{
    bool unread = r->route && r->route->streamed && r->body_left > 0;
    return r->state == REQUEST_OPEN && !unread;
}

/* ---- what the client said ---- */

const char *request_method(const request *r)
{
    return head_method(r->head);
}

const char *request_path(const request *r)
{
    return head_path(r->head);
}

const char *request_param(const request *r, const char *name)
{
    for (guint i = 0; r->names && r->names[i]; i++)
        if (strcmp(r->names[i], name) == 0)
            return r->values[i];
    return NULL;
}

/* What had to be decoded or cut out is kept: callers borrow it. */
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

const char *request_header(const request *r, const char *name)
{
    return head_field(r->head, name);
}

const char *request_query(const request *r, const char *name)
{
    const char *known = text_known(r, 'q', name);
    char *value = known ? NULL : head_query(r->head, name);
    return value ? text_keep(r, 'q', name, value) : known;
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
    return r->peer;
}

GBytes *request_body(const request *asked)
{
    request *r = (request *)asked;
    if (!r->body)
        r->body = r->collected ? g_byte_array_free_to_bytes(g_steal_pointer(&r->collected))
                               : g_bytes_new_static("", 0);
    return r->body;
}
