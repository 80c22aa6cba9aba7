#include "net/inside.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct ws {
    conn *conn;
    endpoint *endpoint;
    gpointer data;
    GByteArray *message; /* fragments of the message that is coming; NULL: none */
    GQueue answers;      /* of GBytes: frames not yet given to lws */
    gsize answers_bytes;
    int64_t behind_since_ms; /* 0: it takes everything */
    int64_t heard_ms;        /* the peer's last sign of life */
    bool closing;            /* nothing more is sent or listened to */
    bool owes_writable;      /* somebody heard WS_LATER */
};

void endpoint_free(gpointer data)
{
    endpoint *e = data;
    g_free(e->path);
    g_free(e->subprotocol);
    g_free(e);
}

static void on_plain_get(request *r, gpointer user)
{
    (void)user;
    request_refuse(r, 426, "upgrade_required", "Upgrade: websocket\r\n");
}

void net_ws(net *n, const char *path, const char *subprotocol, const ws_ops *ops, gpointer user)
{
    g_return_if_fail(!n->vhost);
    endpoint *e = g_new0(endpoint, 1);
    e->path = g_strdup(path);
    e->subprotocol = g_strdup(subprotocol);
    e->ops = *ops;
    e->user = user;
    g_ptr_array_add(n->endpoints, e);
    net_route(n, "GET", path, 0, on_plain_get, NULL);
}

/* ---- the handshake ---- */

static endpoint *endpoint_at(net *n, const char *path, int length)
{
    for (guint i = 0; i < n->endpoints->len; i++) {
        endpoint *e = g_ptr_array_index(n->endpoints, i);
        if (strlen(e->path) == (gsize)length && memcmp(e->path, path, length) == 0)
            return e;
    }
    return NULL;
}

static bool offers(const char *list, const char *subprotocol)
{
    g_auto(GStrv) offered = g_strsplit(list ? list : "", ",", 16);
    for (guint i = 0; offered[i]; i++)
        if (strcmp(g_strstrip(offered[i]), subprotocol) == 0)
            return true;
    return false;
}

/* 0: welcome; else the status it is refused with. */
static int handshake_status(const request *r, const endpoint *e)
{
    const char *key = request_header(r, "sec-websocket-key");
    const char *version = request_header(r, "sec-websocket-version");
    const char *connection = request_header(r, "connection");
    if (strcmp(r->method, "GET") != 0 || !key || strlen(key) != 24 || !request_header(r, "host") ||
        !connection || !strcasestr(connection, "upgrade"))
        return 400;
    if (!version || strcmp(version, "13") != 0)
        return 426;
    if (!offers(request_header(r, "sec-websocket-protocol"), e->subprotocol))
        return 400;
    return e->ops.accept && !e->ops.accept(r, e->user) ? 403 : 0;
}

/* lws completes the transaction itself when we answered. */
static int refuse_upgrade(conn *c, request *r, int status)
{
    const char *code = status == 403   ? "denied"
                       : status == 426 ? "upgrade_required"
                                       : "bad_handshake";
    r->keep = true;
    request_refuse(r, status, code, status == 426 ? "Sec-WebSocket-Version: 13\r\n" : NULL);
    bool sent = r->state == REQUEST_SENT;
    c->now = NULL;
    c->answered++;
    out_clear(r);
    r->conn = NULL;
    request_unref(r);
    conn_wait(c, WAIT_IDLE);
    return sent ? 1 : -1;
}

int ws_upgrade(conn *c, char *wanted)
{
    /* An upgrade lws does not know has been answered by it already, and its headers are gone. */
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_UPGRADE) == 0 || c->now)
        return -1;
    char *path = NULL;
    int length = 0;
    const char *method = http_method(c->wsi, &path, &length);
    endpoint *e = method ? endpoint_at(c->net, path, length) : NULL;
    if (!e || g_ascii_strcasecmp(wanted, "websocket") != 0) {
        wanted[0] =
            '-'; /* h2c, or no place for WebSockets: lws goes on as if nothing had been asked */
        return 0;
    }
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
    request *r = c->now = request_new(c, method, path, length);
    int status = handshake_status(r, e);
    if (status != 0)
        return refuse_upgrade(c, r, status);
    c->upgrading = e;
    return 0;
}

/* Else the kernel would hide megabytes owed to somebody who reads nothing. */
static void bound_unsent(const conn *c)
{
    const int most = NET_WS_UNSENT_MAX;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

static int ws_opened(conn *c)
{
    request *r = g_steal_pointer(&c->now);
    if (!c->upgrading || !r)
        return -1;
    ws *w = g_new0(ws, 1);
    w->conn = c;
    w->endpoint = c->upgrading;
    w->heard_ms = clock_mono_ms(c->net->clock);
    c->ws = w;
    c->net->counts.ws_opened++;
    c->net->counts.ws_open++;
    bound_unsent(c);
    conn_wait(c, WAIT_PING);
    w->endpoint->ops.on_open(w, r, w->endpoint->user);
    r->state = REQUEST_SENT;
    r->conn = NULL;
    request_unref(r);
    return 0;
}

/* ---- closing ---- */

static void cut(ws *w, int code, const char *reason)
{
    w->conn->net->counts.ws_cut++;
    ws_close(w, code, reason);
}

void ws_close(ws *w, int code, const char *reason)
{
    if (w->closing)
        return;
    w->closing = true;
    lws_close_reason(w->conn->wsi, code, (unsigned char *)reason, reason ? strlen(reason) : 0);
    g_queue_clear_full(&w->answers, (GDestroyNotify)g_bytes_unref);
    conn_wait(w->conn, WAIT_CLOSE);
    conn_doom(w->conn);
}

static void ws_closed(conn *c)
{
    ws *w = c->ws;
    if (!w)
        return;
    w->closing = true;
    w->endpoint->ops.on_close(w, w->endpoint->user);
    c->ws = NULL;
    c->net->counts.ws_open--;
    g_queue_clear_full(&w->answers, (GDestroyNotify)g_bytes_unref);
    g_clear_pointer(&w->message, g_byte_array_unref);
    g_free(w);
}

/* ---- hearing ---- */

static void message_whole(ws *w)
{
    GByteArray *message = g_steal_pointer(&w->message);
    gsize length = message->len;
    g_byte_array_append(message, (const guint8 *)"", 1);
    net_turn(w->conn->net, w->endpoint->path);
    w->endpoint->ops.on_text(w, (const char *)message->data, length, w->endpoint->user);
    g_byte_array_unref(message);
}

static int on_piece(conn *c, const guint8 *bytes, gsize length)
{
    ws *w = c->ws;
    if (!w || w->closing)
        return 0;
    w->heard_ms = clock_mono_ms(c->net->clock);
    if (lws_frame_is_binary(c->wsi)) {
        ws_close(w, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text only");
        return 0;
    }
    if (!w->message)
        w->message = g_byte_array_new();
    if (w->message->len + length + lws_remaining_packet_payload(c->wsi) > NET_WS_MESSAGE_MAX) {
        cut(w, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too big");
        return 0;
    }
    g_byte_array_append(w->message, bytes, length);
    if (lws_is_final_fragment(c->wsi))
        message_whole(w);
    return 0;
}

void ws_patience(conn *c, int64_t now_ms)
{
    guint8 frame[LWS_PRE + 2] = {[LWS_PRE] = 'j', [LWS_PRE + 1] = 't'};
    conn_wait(c, WAIT_PING);
    if (c->ws && now_ms - c->ws->heard_ms > 2 * NET_WS_PING_MS) {
        c->net->counts.ws_cut++;
        c->ws->closing = true; /* nobody is there to read a close frame */
        conn_doom(c);
    } else if (lws_write(c->wsi, frame + LWS_PRE, 2, LWS_WRITE_PING) < 0) {
        conn_doom(c);
    }
}

/* ---- saying ---- */

GBytes *ws_frame(const char *text, gsize length)
{
    guint8 *frame = g_malloc(length + 10);
    gsize head = 2;
    frame[0] = 0x81; /* final, text (RFC 6455 5.2) */
    if (length < 126) {
        frame[1] = length;
    } else if (length < 65536) {
        frame[1] = 126;
        frame[2] = length >> 8;
        frame[3] = length;
        head = 4;
    } else {
        frame[1] = 127;
        for (int i = 0; i < 8; i++)
            frame[2 + i] = (guint64)length >> (56 - 8 * i);
        head = 10;
    }
    memcpy(frame + head, text, length);
    return g_bytes_new_take(frame, head + length);
}

static bool is_empty(const ws *w)
{
    return w->answers.length == 0 && !lws_partial_buffered(w->conn->wsi);
}

static void fall_behind(ws *w)
{
    if (w->behind_since_ms == 0)
        w->behind_since_ms = MAX(clock_mono_ms(w->conn->net->clock), 1);
}

/* The frame is complete: lws passes it on as it is, and keeps what the socket does not take. */
static bool hand_over(ws *w, GBytes *frame)
{
    gsize length;
    const void *bytes = g_bytes_get_data(frame, &length);
    if (lws_write(w->conn->wsi, (unsigned char *)bytes, length, LWS_WRITE_HTTP) < 0) {
        w->closing = true;
        conn_doom(w->conn);
        return false;
    }
    w->conn->net->counts.bytes_sent += length;
    if (lws_partial_buffered(w->conn->wsi))
        fall_behind(w);
    return true;
}

ws_sent ws_send(ws *w, GBytes *frame)
{
    if (w->closing)
        return WS_CUT;
    if (!is_empty(w)) {
        w->owes_writable = true;
        fall_behind(w);
        lws_callback_on_writable(w->conn->wsi);
        return WS_LATER;
    }
    return hand_over(w, frame) ? WS_SENT : WS_CUT;
}

bool ws_answer(ws *w, const char *text, gsize length)
{
    if (w->closing)
        return false;
    g_autoptr(GBytes) frame = ws_frame(text, length);
    if (is_empty(w))
        return hand_over(w, frame);
    if (w->answers_bytes + g_bytes_get_size(frame) > NET_WS_QUEUE_MAX) {
        cut(w, LWS_CLOSE_STATUS_POLICY_VIOLATION, "too slow");
        return false;
    }
    w->answers_bytes += g_bytes_get_size(frame);
    g_queue_push_tail(&w->answers, g_steal_pointer(&frame));
    fall_behind(w);
    lws_callback_on_writable(w->conn->wsi);
    return true;
}

static int on_ws_writable(conn *c)
{
    ws *w = c->ws;
    if (!w || w->closing)
        return 0;
    while (w->answers.length > 0 && !lws_partial_buffered(c->wsi)) {
        g_autoptr(GBytes) frame = g_queue_pop_head(&w->answers);
        w->answers_bytes -= g_bytes_get_size(frame);
        if (!hand_over(w, frame))
            return 0;
    }
    if (!is_empty(w)) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    w->behind_since_ms = 0;
    if (w->owes_writable) {
        w->owes_writable = false;
        if (w->endpoint->ops.on_writable)
            w->endpoint->ops.on_writable(w, w->endpoint->user);
    }
    return 0;
}

void ws_set_data(ws *w, gpointer data)
{
    w->data = data;
}

gpointer ws_data(const ws *w)
{
    return w->data;
}

const char *ws_peer(const ws *w)
{
    return w->conn->peer;
}

int64_t ws_behind_ms(const ws *w)
{
    return w->behind_since_ms == 0
               ? 0
               : MAX(clock_mono_ms(w->conn->net->clock) - w->behind_since_ms, 1);
}

/* ---- from lws ---- */

static int heard(conn *c, enum lws_callback_reasons reason, void *in, size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return ws_opened(c);
    case LWS_CALLBACK_RECEIVE:
        return on_piece(c, in, length);
    case LWS_CALLBACK_RECEIVE_PONG:
        if (c->ws)
            c->ws->heard_ms = clock_mono_ms(c->net->clock);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_ws_writable(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (c->ws)
            c->ws->closing = true;
        conn_wait(c, WAIT_CLOSE);
        return 0;
    case LWS_CALLBACK_CLOSED:
        ws_closed(c);
        return 0;
    default:
        return 0;
    }
}

int on_ws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!c)
        return 0;
    net_turn(c->net, "WebSocket");
    c->inside++;
    int result = heard(c, reason, in, length);
    c->inside--;
    return result;
}
