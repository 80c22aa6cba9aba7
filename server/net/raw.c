#include "net/inside.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define RAW_WRITE_BYTES 65536 /* given to lws at once; it keeps what the socket does not take */

struct raw {
    conn *conn;
    gpointer data;
    GByteArray *queue; /* not given to lws yet */
    bool closing;
};

bool net_raw_listen(net *n, const char *address, int port, const raw_ops *ops, gpointer user,
                    int *bound_port, GError **error)
{
    listener *l = listener_open(n, address, port, CONN_RAW, error);
    if (!l)
        return false;
    l->raw = *ops;
    l->user = user;
    *bound_port = listener_port(l);
    return true;
}

static void flush(raw *s)
{
    struct lws *wsi = s->conn->wsi;
    while (s->queue->len > 0 && !lws_partial_buffered(wsi)) {
        gsize length = MIN(s->queue->len, RAW_WRITE_BYTES);
        if (lws_write(wsi, s->queue->data, length, LWS_WRITE_RAW) < 0) {
            s->closing = true;
            conn_doom(s->conn);
            return;
        }
        s->conn->net->counts.bytes_sent += length;
        g_byte_array_remove_range(s->queue, 0, length);
    }
    if (s->closing && s->queue->len == 0 && !lws_partial_buffered(wsi))
        conn_doom(s->conn);
}

static int raw_opened(conn *c, struct lws *wsi)
{
    c->wsi = wsi;
    raw *s = g_new0(raw, 1);
    s->conn = c;
    s->queue = g_byte_array_new();
    c->raw = s;
    c->net->counts.raw_open++;
    c->from->raw.on_open(s, c->from->user);
    return 0;
}

static int raw_heard(conn *c, const guint8 *bytes, gsize length)
{
    if (c->raw && !c->raw->closing && length > 0)
        c->from->raw.on_bytes(c->raw, bytes, length, c->from->user);
    return 0;
}

static void raw_closed(conn *c)
{
    raw *s = c->raw;
    if (!s)
        return;
    s->closing = true;
    c->from->raw.on_close(s, c->from->user);
    c->raw = NULL;
    c->net->counts.raw_open--;
    g_byte_array_unref(s->queue);
    g_free(s);
}

void raw_send(raw *s, const uint8_t *bytes, gsize length)
{
    if (s->closing)
        return;
    if (s->queue->len + length > NET_RAW_QUEUE_MAX) {
        s->closing = true;
        conn_doom(s->conn);
        return;
    }
    g_byte_array_append(s->queue, bytes, length);
    flush(s);
    if (s->queue->len > 0)
        lws_callback_on_writable(s->conn->wsi);
}

void raw_pause(raw *s, bool paused)
{
    conn_pause(s->conn, paused);
}

void raw_close(raw *s)
{
    if (s->closing)
        return;
    s->closing = true;
    conn_wait(s->conn, WAIT_CLOSE);
    flush(s);
    lws_callback_on_writable(s->conn->wsi);
}

void raw_set_data(raw *s, gpointer data)
{
    s->data = data;
}

gpointer raw_data(const raw *s)
{
    return s->data;
}

const char *raw_peer(const raw *s)
{
    return s->conn->peer;
}

double raw_round_trip_ms(const raw *s)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int fd = lws_get_socket_fd(s->conn->wsi);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_rtt / 1000.0;
}

static int heard(conn *c, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                 size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
        return raw_opened(c, wsi);
    case LWS_CALLBACK_RAW_RX:
        return raw_heard(c, in, length);
    case LWS_CALLBACK_RAW_WRITEABLE:
        if (c->raw)
            flush(c->raw);
        if (c->raw && c->raw->queue->len > 0)
            lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE:
        raw_closed(c);
        return 0;
    default:
        return 0;
    }
}

int on_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!c)
        return 0;
    net_turn(c->net, "raw socket");
    return heard(c, wsi, reason, in, length);
}
