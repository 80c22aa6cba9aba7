#include "net/inside.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* ---- routes ---- */

void net_route(net *n, const char *method, const char *pattern, gsize body_max, request_fn fn,
               gpointer user)
{
    route *r = g_new0(route, 1);
    r->fn = fn;
    r->user = user;
    r->body_max = body_max;
    r->name = g_strdup_printf("%s %s", method, pattern);
    router_add(n->router, method, pattern, r);
}

void net_route_default(net *n, request_fn fn, gpointer user)
{
    n->default_fn = fn;
    n->default_user = user;
}

/* ---- reading a request ---- */

const char *http_method(struct lws *wsi, char **path, int *length)
{
    static const char *const names[] = {
        [LWSHUMETH_GET] = "GET",    [LWSHUMETH_POST] = "POST",   [LWSHUMETH_OPTIONS] = "OPTIONS",
        [LWSHUMETH_PUT] = "PUT",    [LWSHUMETH_PATCH] = "PATCH", [LWSHUMETH_DELETE] = "DELETE",
        [LWSHUMETH_CONNECT] = NULL, [LWSHUMETH_HEAD] = "HEAD",
    };
    int method = lws_http_get_uri_and_method(wsi, path, length);
    return method >= 0 && method < (int)G_N_ELEMENTS(names) ? names[method] : NULL;
}

/*
 * lws decides alike, but for lists in Connection; and it keeps HTTP/1.0 alive, whose clients we do
 * not tell so.
 */
static bool stays_open(struct lws *wsi)
{
    char version[16];
    char connection[64];
    if (lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_HTTP) <= 0 ||
        strcmp(version, "HTTP/1.1") != 0)
        return false;
    int length = lws_hdr_copy(wsi, connection, sizeof connection, WSI_TOKEN_CONNECTION);
    return length == 0 || (length > 0 && !strcasestr(connection, "close"));
}

typedef enum { BODY_NONE, BODY_LENGTH, BODY_UNTOLD, BODY_CHUNKED, BODY_WRONG } body_kind;

/*
 * BODY_UNTOLD: a method that may have a body, without a word about it. We read none, and lws would
 * wait for one.
 */
static body_kind declared_body(struct lws *wsi, const char *method, gsize *length)
{
    char text[24];
    *length = 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return BODY_CHUNKED;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) == 0)
        return method[0] == 'P' ? BODY_UNTOLD : BODY_NONE;
    guint64 value;
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 ||
        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value, NULL))
        return BODY_WRONG;
    *length = value;
    return value > 0 ? BODY_LENGTH : BODY_NONE;
}

static void dispatch(request *r)
{
    net *n = r->net;
    r->state = REQUEST_OPEN;
    net_turn(n, r->route ? r->route->name : "the default route");
    if (r->route)
        r->route->fn(r, r->route->user);
    else if (n->default_fn)
        n->default_fn(r, n->default_user);
    else
        request_refuse(r, 404, "not_found", NULL);
    net_turn(n, "lws");
}

static void expect_body(request *r)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *expect = request_header(r, "expect");
    if (expect && g_ascii_strcasecmp(expect, "100-continue") == 0 &&
        send(r->conn->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        r->conn->sent += sizeof go_on - 1;
    r->state = REQUEST_BODY;
    r->collected = g_byte_array_new();
    conn_wait(r->conn, WAIT_STALL);
}

static void refuse_method(request *r)
{
    g_autofree char *allow = router_allow(r->net->router, r->path);
    g_autofree char *header = g_strdup_printf("Allow: %s\r\n", allow);
    request_refuse(r, 405, "method_not_allowed", header);
}

/* Everything that can be refused is refused before a body is read. */
static void begin(request *r, struct lws *wsi, bool path_ok)
{
    gsize length;
    body_kind body = declared_body(wsi, r->method, &length);
    r->keep = stays_open(wsi) && body != BODY_UNTOLD && body != BODY_CHUNKED && body != BODY_WRONG;
    r->body_left = body == BODY_CHUNKED || body == BODY_WRONG ? NET_SWALLOW_MAX + 1 : length;
    router_match match;
    router_verdict verdict =
        path_ok ? router_find(r->net->router, r->method, r->path, &match) : ROUTER_NONE;
    if (verdict == ROUTER_FOUND)
        request_take_match(r, &match);
    if (!path_ok || body == BODY_WRONG || lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0)
        request_refuse(r, 400, "bad_request", NULL);
    else if (body == BODY_CHUNKED)
        request_refuse(r, 411, "length_required", NULL);
    else if (verdict == ROUTER_OTHER_METHOD)
        refuse_method(r);
    else if (r->route && length > r->route->body_max)
        request_refuse(r, 413, "too_large", NULL);
    else if (r->route && length > 0)
        expect_body(r);
    else
        dispatch(r);
}

static int on_headers(conn *c, const char *path, gsize length)
{
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
    conn_wait(c, WAIT_NONE);
    char *uri;
    int uri_length;
    const char *method = http_method(c->wsi, &uri, &uri_length);
    if (c->now || !method)
        return -1;
    c->now = request_new(c, method, path, length);
    begin(c->now, c->wsi, router_path_ok(path, length));
    return http_settle(c);
}

static int on_body(conn *c, const guint8 *bytes, gsize length)
{
    request *r = c->now;
    if (!r || r->state != REQUEST_BODY || length == 0)
        return 0;
    g_byte_array_append(r->collected, bytes, MIN(length, r->body_left));
    r->body_left -= MIN(length, r->body_left);
    conn_wait(c, WAIT_STALL);
    return 0;
}

static int on_body_end(conn *c)
{
    request *r = c->now;
    if (!r || r->state != REQUEST_BODY)
        return 0;
    conn_wait(c, WAIT_NONE);
    dispatch(r);
    return http_settle(c);
}

/* ---- after an answer ---- */

int http_done(conn *c)
{
    request *r = c->now;
    bool keep = r->keep && !c->doomed && !c->net->stopping;
    bool unread = r->body_left > 0;
    c->now = NULL;
    c->answered++;
    out_clear(r);
    r->conn = NULL;
    request_unref(r);
    if (!keep) {
        c->last = true;
        if (unread)
            linger_take(c->net->linger, c->fd, NULL);
        return 1;
    }
    if (lws_http_transaction_completed(c->wsi))
        return 1;
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
    conn_pause(c, false);
    conn_wait(c, unread ? WAIT_STALL : WAIT_IDLE);
    /*
     * lws waits to hear that there is room before it reads on. There was just now: no need to ask
     * the kernel.
     */
    ev_feed_fd_event(c->net->loop, c->fd, EV_WRITE);
    return 0;
}

/* lws tells a socket that is not being read of no room either: this watch is our own. */
static void on_room(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    conn *c = io->data;
    net_turn(c->net, "sending");
    if (c->doomed || c->now->state != REQUEST_SENDING)
        return;
    if (!request_push(c->now)) {
        conn_doom(c);
    } else if (c->now->state == REQUEST_SENT) {
        ev_io_stop(loop, io);
        if (http_done(c) != 0)
            conn_doom(c);
    }
}

int http_settle(conn *c)
{
    request *r = c->now;
    if (!r)
        return 0;
    switch (r->state) {
    case REQUEST_SENT:
        return http_done(c);
    case REQUEST_SENDING:
        conn_pause(c, true);
        ev_io_start(c->net->loop, &c->io);
        return 0;
    case REQUEST_OPEN:
        conn_pause(c, true);
        if (c->left)
            conn_doom(c);
        return 0;
    default:
        return 0;
    }
}

/* ---- when lws closes ---- */

/*
 * What lws did not answer: 0 nothing to say, else the status the peer has earned. Reached from the
 * second request of a connection on; the first has been seen at the door.
 */
static int parting_status(const conn *c)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    char byte;
    if (c->last || c->now || c->net->stopping ||
        getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return 0;
    guint64 heard = info.tcpi_bytes_received;
    guint64 written = info.tcpi_bytes_sent + info.tcpi_notsent_bytes - info.tcpi_bytes_retrans;
    ssize_t peeked = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    bool still_there = peeked > 0 || (peeked < 0 && errno == EAGAIN);
    if (heard == 0 || written > c->sent || !still_there)
        return 0;
    if (c->overdue)
        return 0;
    bool waited_long = c->wait == WAIT_IDLE &&
                       clock_mono_ms(c->net->clock) >= c->due_ms - NET_IDLE_MS + NET_HEADERS_MS;
    return waited_long ? 408 : 400;
}

void http_parting(conn *c)
{
    int status = parting_status(c);
    if (status == 0)
        return;
    c->last = true;
    const char *code = status == 408 ? "request_timeout" : "bad_request";
    g_autofree char *text = refusal_text(c->net, status, code);
    linger_take(c->net->linger, c->fd, text);
}

void http_closed(conn *c)
{
    request *r = g_steal_pointer(&c->now);
    conn_wait(c, WAIT_NONE);
    ev_io_stop(c->net->loop, &c->io);
    if (!r)
        return;
    request_lost(r);
    request_unref(r);
}

static int on_opened(conn *c, struct lws *wsi)
{
    c->wsi = wsi;
    ev_io_init(&c->io, on_room, c->fd, EV_WRITE);
    c->io.data = c;
    c->net->counts.http_open++;
    leave_watch(c->net->leave, c);
    return 0;
}

static void on_destroyed(conn *c)
{
    if (c->wsi && c->from->origin == CONN_HTTP)
        c->net->counts.http_open--;
    http_closed(c);
    conn_free(c);
}

static int heard(conn *c, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                 size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_opened(c, wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return ws_upgrade(c, in);
    case LWS_CALLBACK_HTTP:
        return on_headers(c, in, length);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(c, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return on_body_end(c);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (in && strcmp(in, "__lws_close_free_wsi") == 0)
            http_parting(c);
        return 0;
    case LWS_CALLBACK_CLOSED_HTTP:
        http_closed(c);
        return 0;
    case LWS_CALLBACK_RAW_ADOPT: /* CONNECT: lws would make it a raw socket */
    case LWS_CALLBACK_RAW_RX:
        return -1;
    default:
        return 0;
    }
}

int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!c || reason == LWS_CALLBACK_GET_THREAD_ID)
        return 0;
    if (reason == LWS_CALLBACK_WSI_DESTROY) {
        on_destroyed(c);
        return 0;
    }
    c->inside++;
    int result = heard(c, wsi, reason, in, length);
    c->inside--;
    return result;
}
