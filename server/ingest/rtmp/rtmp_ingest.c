#include "ingest/rtmp/rtmp_ingest.h"

#include "base/log.h"
#include "base/metric.h"
#include "ingest/rtmp/flv.h"
#include "ingest/rtmp/rtmp.h"

#define SWEEP_MS 500

struct rtmp_ingest {
    const ingest_ops *ops;
    net_timer *sweep;
    GPtrArray *connections; /* of connection; each frees itself when net has closed it */
    uint64_t opened, refused, bytes;
};

typedef struct {
    ingest_publisher publisher; /* first: the table's pointer is the connection's */
    rtmp_ingest *ingest;        /* NULL once it is gone */
    raw *socket;
    rtmp *session;
    flv *tags;
    bool accepted; /* the table took it and was not told of its end yet */
    bool closing;
    bool paused;
    int64_t deadline_ms; /* monotonic; pushed on by each byte of a publisher */
    char *peer;          /* address and client name; made when it publishes */
    char *why;           /* the house's reason for closing */
} connection;

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

/* ---- what the house asks of a publisher ---- */

static void publisher_pause(ingest_publisher *publisher, bool paused)
{
    connection *c = (connection *)publisher;
    if (c->closing || c->paused == paused)
        return;
    c->paused = paused;
    c->deadline_ms = now_ms() + RTMP_SILENCE_MS;
    raw_pause(c->socket, paused);
}

static void replies_send(connection *c)
{
    g_autoptr(GBytes) replies = rtmp_take_replies(c->session);
    gsize size;
    if (!replies)
        return;
    const uint8_t *bytes = g_bytes_get_data(replies, &size);
    raw_send(c->socket, bytes, size);
}

static void connection_close(connection *c, const char *why)
{
    if (c->closing)
        return;
    c->closing = true;
    c->why = g_strdup(why);
    replies_send(c);
    raw_close(c->socket);
}

static void publisher_close(ingest_publisher *publisher, const char *why)
{
    connection *c = (connection *)publisher;
    rtmp_refuse(c->session, why);
    connection_close(c, why);
}

static const char *publisher_peer(const ingest_publisher *publisher)
{
    return ((const connection *)publisher)->peer;
}

/* TCP loses nothing; a bad way shows as delay. */
static void publisher_health(const ingest_publisher *publisher, ingest_health *health)
{
    *health = (ingest_health){.rtt_ms = raw_round_trip_ms(((const connection *)publisher)->socket)};
}

static void tell_gone(connection *c, bool orderly, const char *why)
{
    if (!c->accepted)
        return;
    c->accepted = false;
    log_info("rtmp", "%s: publisher gone: %s", c->peer, why);
    c->ingest->ops->on_gone(c->ingest->ops->user, &c->publisher, orderly, why);
}

/* ---- what the machine says ---- */

static bool on_publish(gpointer user, const char *key, const char **why)
{
    connection *c = user;
    g_free(c->peer);
    c->peer = g_strdup_printf("%s %s", raw_peer(c->socket), rtmp_client(c->session));
    g_strchomp(c->peer);
    c->deadline_ms = now_ms() + RTMP_SILENCE_MS;
    c->accepted = c->ingest->ops->on_publish(c->ingest->ops->user, &c->publisher, key, why);
    c->ingest->refused += !c->accepted;
    if (c->accepted)
        log_info("rtmp", "%s: publishing", c->peer);
    return c->accepted;
}

static bool on_tag(gpointer user, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
                   GError **error)
{
    connection *c = user;
    GError *refused = NULL;
    if (c->closing || flv_take(c->tags, type, timestamp, data, size, &refused))
        return true;
    if (c->accepted)
        c->ingest->ops->on_refused(c->ingest->ops->user, &c->publisher, refused->message);
    g_propagate_error(error, refused);
    return false;
}

static void on_unpublish(gpointer user)
{
    connection *c = user;
    c->deadline_ms = now_ms() + RTMP_GOODBYE_MS;
    tell_gone(c, true, "it said goodbye");
}

static const rtmp_ops session_ops = {on_publish, on_tag, on_unpublish};

static void on_track(gpointer user, wire_track track, wire_codec codec, const uint8_t *config,
                     gsize size)
{
    connection *c = user;
    if (c->accepted && !c->closing)
        c->ingest->ops->on_track(c->ingest->ops->user, &c->publisher, track, codec, config, size);
}

static void on_frame(gpointer user, wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                     const uint8_t *data, gsize size)
{
    connection *c = user;
    if (c->accepted && !c->closing)
        c->ingest->ops->on_frame(c->ingest->ops->user, &c->publisher, track, key, pts_ms, dts_ms,
                                 data, size);
}

static const flv_ops tag_ops = {on_track, on_frame};

/* ---- what net says ---- */

static void on_open(raw *socket, gpointer user)
{
    rtmp_ingest *ingest = user;
    connection *c = g_new0(connection, 1);
    c->publisher = (ingest_publisher){.pause = publisher_pause,
                                      .close = publisher_close,
                                      .peer = publisher_peer,
                                      .health = publisher_health,
                                      .protocol = "rtmp"};
    c->ingest = ingest;
    c->socket = socket;
    c->session = rtmp_new(&session_ops, c);
    c->tags = flv_new(&tag_ops, c);
    c->peer = g_strdup(raw_peer(socket));
    c->deadline_ms = now_ms() + RTMP_PUBLISH_MS;
    raw_set_data(socket, c);
    g_ptr_array_add(ingest->connections, c);
    ingest->opened++;
    if (ingest->connections->len > RTMP_CONNECTIONS_MAX)
        connection_close(c, "too many connections");
}

static void on_bytes(raw *socket, const uint8_t *bytes, gsize length, gpointer user)
{
    (void)user;
    connection *c = raw_data(socket);
    if (!c || c->closing)
        return;
    g_autoptr(GError) error = NULL;
    c->ingest->bytes += length;
    if (rtmp_publishing(c->session))
        c->deadline_ms = now_ms() + RTMP_SILENCE_MS;
    bool goes_on = rtmp_feed(c->session, bytes, length, &error);
    if (c->closing)
        return;
    replies_send(c);
    if (goes_on)
        return;
    log_info("rtmp", "%s: closed: %s", c->peer, error->message);
    tell_gone(c, false, error->message);
    connection_close(c, error->message);
}

static void on_close(raw *socket, gpointer user)
{
    (void)user;
    connection *c = raw_data(socket);
    if (!c)
        return;
    raw_set_data(socket, NULL);
    c->closing = true;
    if (c->ingest) {
        tell_gone(c, false, c->why ? c->why : "the connection was lost");
        g_ptr_array_remove_fast(c->ingest->connections, c);
    }
    rtmp_free(c->session);
    flv_free(c->tags);
    g_free(c->peer);
    g_free(c->why);
    g_free(c);
}

static const raw_ops socket_ops = {on_open, on_bytes, on_close};

/* ---- all of them ---- */

static void sweep(gpointer data)
{
    rtmp_ingest *ingest = data;
    for (guint i = 0; i < ingest->connections->len; i++) {
        connection *c = g_ptr_array_index(ingest->connections, i);
        if (c->closing || c->paused || now_ms() < c->deadline_ms)
            continue;
        publisher_close(&c->publisher, rtmp_publishing(c->session)
                                           ? "nothing was sent for 15 seconds"
                                           : "no publish came in time");
        log_debug("rtmp", "%s: closed: %s", c->peer, c->why);
    }
}

rtmp_ingest *rtmp_ingest_new(net *loop, const char *bind, int port, const ingest_ops *table,
                             int *bound_port, GError **error)
{
    rtmp_ingest *ingest = g_new0(rtmp_ingest, 1);
    ingest->ops = table;
    ingest->connections = g_ptr_array_new();
    if (!net_raw_listen(loop, bind, port, &socket_ops, ingest, bound_port, error)) {
        rtmp_ingest_free(ingest);
        return NULL;
    }
    ingest->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, ingest);
    return ingest;
}

void rtmp_ingest_free(rtmp_ingest *ingest)
{
    if (!ingest)
        return;
    net_timer_free(ingest->sweep);
    for (guint i = 0; i < ingest->connections->len; i++) {
        connection *c = g_ptr_array_index(ingest->connections, i);
        publisher_close(&c->publisher, "the server is going down");
        tell_gone(c, false, "the server is going down");
        c->ingest = NULL;
    }
    g_ptr_array_unref(ingest->connections);
    g_free(ingest);
}

void rtmp_ingest_metrics(const rtmp_ingest *ingest, GString *out)
{
    metric_gauge(out, "jiangtang_rtmp_connections", "Encoders connected over RTMP",
                 (double)ingest->connections->len);
    metric_counter(out, "jiangtang_rtmp_connections_total", "RTMP connections taken",
                   (double)ingest->opened);
    metric_counter(out, "jiangtang_rtmp_refused_total", "RTMP publishers refused",
                   (double)ingest->refused);
    metric_counter(out, "jiangtang_rtmp_bytes_total", "Bytes received over RTMP",
                   (double)ingest->bytes);
}
