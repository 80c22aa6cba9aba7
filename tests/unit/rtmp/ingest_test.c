#include "ingest/rtmp/rtmp_ingest.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define GOOD_KEY "k5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j"
#define PATIENCE_MS 30000

/* The house behind the door: takes one key, counts what comes. */
typedef struct {
    net *net;
    base_clock *clock;
    rtmp_ingest *ingest;
    ingest_ops table;
    int port;
    net_timer *guard;
    ingest_publisher *publisher;
    guint tracks[2], frames[2], keys;
    int64_t last_dts_ms;
    guint stop_after; /* picture frames */
    const char *close_with;
    bool gone, orderly;
    char *why, *peer;
} house;

static bool on_publish(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why)
{
    house *h = user;
    *why = "bad key";
    if (strcmp(key, GOOD_KEY) != 0)
        return false;
    h->publisher = publisher;
    h->peer = g_strdup(publisher->peer(publisher));
    return true;
}

static void on_track(gpointer user, ingest_publisher *publisher, wire_track track, wire_codec codec,
                     const uint8_t *config, gsize size)
{
    (void)publisher;
    g_assert_cmpint(codec, ==, track == WIRE_VIDEO ? WIRE_CODEC_H264 : WIRE_CODEC_AAC);
    g_assert_cmpuint(size, >=, 2);
    g_assert_true(track == WIRE_AUDIO || config[0] == 1);
    ((house *)user)->tracks[track]++;
}

static void on_frame(gpointer user, ingest_publisher *publisher, wire_track track, bool key,
                     int64_t pts_ms, int64_t dts_ms, const uint8_t *data, gsize size)
{
    house *h = user;
    g_assert_cmpuint(h->tracks[track], ==, 1);
    g_assert_nonnull(data);
    g_assert_cmpuint(size, >, 0);
    g_assert_cmpint(pts_ms, >=, dts_ms);
    h->frames[track]++;
    if (track != WIRE_VIDEO)
        return;
    h->keys += key;
    g_assert_cmpint(dts_ms, >=, h->last_dts_ms);
    h->last_dts_ms = dts_ms;
    if (h->frames[WIRE_VIDEO] == h->stop_after && h->close_with)
        publisher->close(publisher, h->close_with);
    else if (h->frames[WIRE_VIDEO] == h->stop_after)
        net_stop(h->net);
}

static void on_gone(gpointer user, ingest_publisher *publisher, bool orderly, const char *why)
{
    house *h = user;
    g_assert_true(publisher == h->publisher);
    g_assert_false(h->gone);
    h->gone = true;
    h->orderly = orderly;
    h->why = g_strdup(why);
    net_stop(h->net);
}

static void too_long(gpointer data)
{
    (void)data;
    g_error("waited too long");
}

static void house_open(house *h)
{
    g_autoptr(GError) error = NULL;
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    h->clock = clock_new_system();
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->table = (ingest_ops){.user = h,
                            .on_publish = on_publish,
                            .on_track = on_track,
                            .on_frame = on_frame,
                            .on_gone = on_gone};
    h->ingest = rtmp_ingest_new(h->net, "127.0.0.1", 0, &h->table, &h->port, &error);
    g_assert_no_error(error);
    h->guard = net_timer_new(h->net, PATIENCE_MS, 0, too_long, NULL);
}

static void house_close(house *h)
{
    net_timer_free(h->guard);
    rtmp_ingest_free(h->ingest);
    net_free(h->net);
    clock_free(h->clock);
    g_free(h->why);
    g_free(h->peer);
}

static GSubprocess *encoder_start(const house *h, const char *key, const char *seconds)
{
    g_autofree char *url = g_strdup_printf("rtmp://127.0.0.1:%d/live/%s", h->port, key);
    GSubprocess *process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
                         "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
                         "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440",
                         "-t", seconds, "-c:v", "libx264", "-preset", "ultrafast", "-g", "25",
                         "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", url, NULL);
    g_assert_nonnull(process);
    return process;
}

static void encoder_end(GSubprocess *process)
{
    g_subprocess_force_exit(process);
    g_subprocess_wait(process, NULL, NULL);
    g_object_unref(process);
}

static void a_real_encoder_brings_two_tracks_and_their_frames(void)
{
    house h = {.stop_after = 40};
    house_open(&h);
    GSubprocess *process = encoder_start(&h, GOOD_KEY "?token=1", "20");
    net_run(h.net);
    g_assert_cmpuint(h.tracks[WIRE_VIDEO], ==, 1);
    g_assert_cmpuint(h.tracks[WIRE_AUDIO], ==, 1);
    g_assert_cmpuint(h.frames[WIRE_AUDIO], >, 30);
    g_assert_cmpuint(h.keys, ==, 2);
    g_assert_true(g_str_has_prefix(h.peer, "127.0.0.1 FMLE/3.0"));
    house_close(&h);
    g_assert_true(h.gone);
    encoder_end(process);
}

static void a_real_encoder_says_goodbye(void)
{
    house h = {.stop_after = 0};
    house_open(&h);
    GSubprocess *process = encoder_start(&h, GOOD_KEY, "1");
    net_run(h.net);
    g_assert_true(h.gone);
    g_assert_true(h.orderly);
    g_assert_cmpuint(h.frames[WIRE_VIDEO], ==, 25);
    house_close(&h);
    encoder_end(process);
}

static void a_publisher_the_house_closes_is_gone_afterwards(void)
{
    house h = {.stop_after = 10, .close_with = "another encoder took over"};
    house_open(&h);
    GSubprocess *process = encoder_start(&h, GOOD_KEY, "20");
    net_run(h.net);
    g_assert_true(h.gone);
    g_assert_false(h.orderly);
    g_assert_cmpstr(h.why, ==, "another encoder took over");
    g_assert_cmpuint(h.frames[WIRE_VIDEO], ==, 10);
    house_close(&h);
    encoder_end(process);
}

static void on_encoder_exit(GObject *process, GAsyncResult *result, gpointer data)
{
    g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
    net_stop(data);
}

static void turn_glib(gpointer data)
{
    (void)data;
    g_main_context_iteration(NULL, FALSE);
}

static void a_wrong_key_ends_the_encoder(void)
{
    house h = {.stop_after = 1};
    house_open(&h);
    GSubprocess *process = encoder_start(&h, "wrong", "20");
    g_subprocess_wait_async(process, NULL, on_encoder_exit, h.net);
    net_timer *turn = net_timer_new(h.net, 20, 20, turn_glib, NULL);
    net_run(h.net);
    g_assert_false(g_subprocess_get_successful(process));
    g_assert_cmpuint(h.tracks[WIRE_VIDEO], ==, 0);
    g_assert_false(h.gone);
    net_timer_free(turn);
    house_close(&h);
    encoder_end(process);
}

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    return fd;
}

typedef struct {
    net *net;
    bool closed;
} quiet;

static void on_quiet_socket(guint events, gpointer data)
{
    (void)events;
    quiet *q = data;
    q->closed = true;
    net_stop(q->net);
}

static void one_who_never_publishes_is_closed(void)
{
    house h = {0};
    house_open(&h);
    int fd = connect_to(h.port);
    quiet q = {.net = h.net};
    net_watch *watch = net_watch_new(h.net, fd, NET_READ, on_quiet_socket, &q);
    int64_t began = g_get_monotonic_time();
    net_run(h.net);
    char byte;
    g_assert_true(q.closed);
    g_assert_cmpint(read(fd, &byte, 1), <=, 0);
    g_assert_cmpint(g_get_monotonic_time() - began, >=, (RTMP_PUBLISH_MS - 1000) * 1000);
    net_watch_free(watch);
    close(fd);
    house_close(&h);
}

static void a_taken_port_is_a_conflict(void)
{
    house h = {0};
    house_open(&h);
    g_autoptr(GError) error = NULL;
    int port;
    g_assert_null(rtmp_ingest_new(h.net, "127.0.0.1", h.port, &h.table, &port, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    house_close(&h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/rtmp_ingest/" #name, name)
    TEST(a_real_encoder_brings_two_tracks_and_their_frames);
    TEST(a_real_encoder_says_goodbye);
    TEST(a_publisher_the_house_closes_is_gone_afterwards);
    TEST(a_wrong_key_ends_the_encoder);
    TEST(one_who_never_publishes_is_closed);
    TEST(a_taken_port_is_a_conflict);
    return g_test_run();
}
