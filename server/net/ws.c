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

/* ---- the handshake ---- */

endpoint *endpoint_at(net *n, const char *path)
{
    for (guint i = 0; i < n->endpoints->len; i++) {
        endpoint *e = g_ptr_array_index(n->endpoints, i);
        if (strcmp(e->path, path) == 0)
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

int ws_refusal(const request *r, const endpoint *e)
{
    const char *key = request_header(r, "sec-websocket-key");
    const char *version = request_header(r, "sec-websocket-version");
    const char *connection = request_header(r, "connection");
    if (!request_header(r, "upgrade"))
        return 426;
    if (strcmp(request_method(r), "GET") != 0 || !key || strlen(key) != 24 || !connection ||
        !strcasestr(connection, "upgrade"))
        return 400;
    if (!version || strcmp(version, "13") != 0)
        return 426;
    if (!offers(request_header(r, "sec-websocket-protocol"), e->subprotocol))
        return 400;
    return e->ops.accept && !e->ops.accept(r, e->user) ? 403 : 0;
}

/* What was no handshake, or a refused one. One on a connection already used comes here too. */
static void on_plain_get(request *r, gpointer user)
{
    int status = ws_refusal(r, user);
    if (status == 426)
        request_refuse(r, 426, "upgrade_required",
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    else
        request_refuse(r, status == 403 ? 403 : 400, status == 403 ? "denied" : "bad_handshake",
                       NULL);
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
    net_route(n, "GET", path, 0, on_plain_get, e);
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
    return heard(c, reason, in, length);
}

static int on_adopted(conn *c, struct lws *wsi)
{
    c->wsi = wsi;
    return 0;
}

static void on_destroyed(conn *c)
{
    request *r = g_steal_pointer(&c->now);
    if (r) {
        request_lost(r);
        request_unref(r);
    }
    if (c->from->origin == CONN_HTTP)
        c->net->counts.http_open--;
    conn_free(c);
}

/* lws reads the handshake we have agreed to; it has no other HTTP to read from us. */
int on_handshake(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t length)
{
    (void)user;
    (void)in;
    (void)length;
    conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!c)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_adopted(c, wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return c->upgrading && c->now ? 0 : -1;
    case LWS_CALLBACK_WSI_DESTROY: /* of raw sockets too: it goes to the first protocol */
        on_destroyed(c);
        return 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
        return -1;
    default:
        return 0;
    }
}
