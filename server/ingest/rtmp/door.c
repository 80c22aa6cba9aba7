#include "ingest/rtmp/door.h"

#include "base/log.h"
#include "ingest/rtmp/flv.h"
#include "ingest/rtmp/rtmp.h"

#define SWEEP_MS 500

struct rtmp_door {
    base_clock *clock;
    const ingest_ops *ops;
    int port;
    net_timer *sweep;
    GPtrArray *connections; /* of connection; each frees itself when net has closed it */
    uint64_t opened, refused, bytes;
};

typedef struct {
    ingest_publisher publisher; /* first: the table's pointer is the connection's */
    rtmp_door *door;            /* NULL once the door is gone */
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

static int64_t now_ms(const connection *c)
{
    return clock_mono_ms(c->door->clock);
}

/* ---- what the house asks of a publisher ---- */

static void publisher_pause(ingest_publisher *publisher, bool paused)
{
    connection *c = (connection *)publisher;
    if (c->closing || c->paused == paused)
        return;
    c->paused = paused;
    c->deadline_ms = now_ms(c) + RTMP_DOOR_SILENCE_MS;
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

static void tell_gone(connection *c, bool orderly, const char *why)
{
    if (!c->accepted)
        return;
    c->accepted = false;
    log_info("rtmp", "%s: publisher gone: %s", c->peer, why);
    c->door->ops->on_gone(c->door->ops->user, &c->publisher, orderly, why);
}

/* ---- what the machine says ---- */

static bool on_publish(gpointer user, const char *key, const char **why)
{
    connection *c = user;
    g_free(c->peer);
    c->peer = g_strdup_printf("%s %s", raw_peer(c->socket), rtmp_client(c->session));
    g_strchomp(c->peer);
    c->deadline_ms = now_ms(c) + RTMP_DOOR_SILENCE_MS;
    c->accepted = c->door->ops->on_publish(c->door->ops->user, &c->publisher, key, why);
    c->door->refused += !c->accepted;
    if (c->accepted)
        log_info("rtmp", "%s: publishing", c->peer);
    return c->accepted;
}

static bool on_tag(gpointer user, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
                   GError **error)
{
    connection *c = user;
    return c->closing || flv_take(c->tags, type, timestamp, data, size, error);
}

static void on_unpublish(gpointer user)
{
    connection *c = user;
    c->deadline_ms = now_ms(c) + RTMP_DOOR_GOODBYE_MS;
    tell_gone(c, true, "it said goodbye");
}

static const rtmp_ops session_ops = {on_publish, on_tag, on_unpublish};

static void on_track(gpointer user, wire_track track, wire_codec codec, const uint8_t *config,
                     gsize size)
{
    connection *c = user;
    if (c->accepted && !c->closing)
        c->door->ops->on_track(c->door->ops->user, &c->publisher, track, codec, config, size);
}

static void on_frame(gpointer user, wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                     const uint8_t *data, gsize size)
{
    connection *c = user;
    if (c->accepted && !c->closing)
        c->door->ops->on_frame(c->door->ops->user, &c->publisher, track, key, pts_ms, dts_ms, data,
                               size);
}

static const flv_ops tag_ops = {on_track, on_frame};

/* ---- what net says ---- */

static void on_open(raw *socket, gpointer user)
{
    rtmp_door *door = user;
    connection *c = g_new0(connection, 1);
    c->publisher = (ingest_publisher){.pause = publisher_pause,
                                      .close = publisher_close,
                                      .peer = publisher_peer,
                                      .protocol = "rtmp"};
    c->door = door;
    c->socket = socket;
    c->session = rtmp_new(&session_ops, c);
    c->tags = flv_new(&tag_ops, c);
    c->peer = g_strdup(raw_peer(socket));
    c->deadline_ms = now_ms(c) + RTMP_DOOR_PUBLISH_MS;
    raw_set_data(socket, c);
    g_ptr_array_add(door->connections, c);
    door->opened++;
    if (door->connections->len > RTMP_DOOR_CONNECTIONS_MAX)
        connection_close(c, "too many connections");
}

static void on_bytes(raw *socket, const uint8_t *bytes, gsize length, gpointer user)
{
    (void)user;
    connection *c = raw_data(socket);
    if (!c || c->closing)
        return;
    g_autoptr(GError) error = NULL;
    c->door->bytes += length;
    if (rtmp_publishing(c->session))
        c->deadline_ms = now_ms(c) + RTMP_DOOR_SILENCE_MS;
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
    if (c->door) {
        tell_gone(c, false, c->why ? c->why : "the connection was lost");
        g_ptr_array_remove_fast(c->door->connections, c);
    }
    rtmp_free(c->session);
    flv_free(c->tags);
    g_free(c->peer);
    g_free(c->why);
    g_free(c);
}

static const raw_ops socket_ops = {on_open, on_bytes, on_close};

/* ---- the door ---- */

static void sweep(gpointer data)
{
    rtmp_door *door = data;
    for (guint i = 0; i < door->connections->len; i++) {
        connection *c = g_ptr_array_index(door->connections, i);
        if (c->closing || c->paused || now_ms(c) < c->deadline_ms)
            continue;
        publisher_close(&c->publisher, rtmp_publishing(c->session)
                                           ? "nothing was sent for 15 seconds"
                                           : "no publish came in time");
        log_debug("rtmp", "%s: closed: %s", c->peer, c->why);
    }
}

rtmp_door *rtmp_door_new(net *loop, const char *bind, int port, base_clock *clock,
                         const ingest_ops *ops, GError **error)
{
    rtmp_door *door = g_new0(rtmp_door, 1);
    door->clock = clock;
    door->ops = ops;
    door->connections = g_ptr_array_new();
    if (!net_raw_listen(loop, bind, port, &socket_ops, door, &door->port, error)) {
        rtmp_door_free(door);
        return NULL;
    }
    door->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, door);
    return door;
}

int rtmp_door_port(const rtmp_door *door)
{
    return door->port;
}

void rtmp_door_free(rtmp_door *door)
{
    if (!door)
        return;
    net_timer_free(door->sweep);
    for (guint i = 0; i < door->connections->len; i++) {
        connection *c = g_ptr_array_index(door->connections, i);
        publisher_close(&c->publisher, "the server is going down");
        tell_gone(c, false, "the server is going down");
        c->door = NULL;
    }
    g_ptr_array_unref(door->connections);
    g_free(door);
}

static void metric(GString *out, const char *name, const char *type, uint64_t value)
{
    g_string_append_printf(out, "# TYPE %s %s\n%s %" G_GUINT64_FORMAT "\n", name, type, name,
                           value);
}

void rtmp_door_metrics(const rtmp_door *door, GString *out)
{
    metric(out, "jiangtang_rtmp_connections", "gauge", door->connections->len);
    metric(out, "jiangtang_rtmp_connections_total", "counter", door->opened);
    metric(out, "jiangtang_rtmp_refused_total", "counter", door->refused);
    metric(out, "jiangtang_rtmp_bytes_total", "counter", door->bytes);
}
