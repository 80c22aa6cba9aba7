/*
 * SRT's way in with real callers: libsrt's own on a thread, or ffmpeg.
 */
#include "ingest/srt/srt_ingest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <srt/srt.h>

#include "ingest/srt/passphrase.h"
#include "ingest/srt/ts_entry.h"

#define GOOD_KEY "k5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j"
#define OTHER_KEY "m5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j"
#define PATIENCE_MS 30000
#define PACKET 1316
#define HOLD_MS 1500
#define LATENCY_MS 120

/* ---- a transport stream: its tables and a picture, of which every tenth message may be marked ---- */

#define PICTURE_PID 0x100
#define MARK_EVERY 10

static const uint8_t *pmt_packet(void)
{
    static uint8_t packet[TS_PACKET] = {0x47, 0x50, 0x00, 0x10, 0,    0x02, 0xb0, 0x12,
                                        0,    1,    0xc1, 0,    0,    0xe1, 0,    0xf0,
                                        0,    0x1b, 0xe1, 0,    0xf0, 0};
    return packet;
}

static void fill_ts(char *message, guint i, bool marks)
{
    static const uint8_t pat[TS_PACKET] = {0x47, 0x40, 0, 0x10, 0, 0, 0xb0, 0x0d, 0,
                                           1,    0xc1, 0, 0,    0, 1, 0xf0, 0};
    static const uint8_t marked[] = {0x47, 0x41, 0, 0x30, 1, 0x40}, plain[] = {0x47, 0x01, 0, 0x10};
    for (int at = 0; at < PACKET; at += TS_PACKET) {
        memset(message + at, 0xff, TS_PACKET);
        memcpy(message + at, plain, sizeof plain);
    }
    memcpy(message, pat, TS_PACKET);
    memcpy(message + TS_PACKET, pmt_packet(), TS_PACKET);
    if (marks && i % MARK_EVERY == 0)
        memcpy(message + 3L * TS_PACKET, marked, sizeof marked);
}

static bool is_marked(const uint8_t *packet)
{
    return packet[0] == 0x47 && packet[1] == 0x41 && packet[5] == 0x40;
}

/* The house behind the door: takes GOOD_KEY, counts what comes. */
typedef struct {
    net *net;
    base_clock *clock;
    srt_ingest *ingest;
    ingest_ops table;
    GBytes *secret;
    int port;
    net_timer *guard, *later;
    ingest_publisher *publisher;
    gsize bytes;
    uint8_t next; /* what the next packet must begin with */
    const char *refuse, *close_with;
    bool pauses, gone, orderly;
    gsize bytes_when_paused;
    bool ts;                      /* a transport stream comes, not numbered packets */
    int64_t entryless_ms;         /* 0: as ever */
    guint entries, tabled, begun; /* pieces; with tables; with a packet of the picture marked */
    char *why;
    ingest_health health;
} house;

static bool on_publish(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why)
{
    house *h = user;
    *why = h->refuse;
    g_assert_cmpstr(key, ==, GOOD_KEY);
    g_assert_cmpstr(publisher->peer(publisher), ==, "127.0.0.1");
    if (!h->refuse)
        h->publisher = publisher;
    return !h->refuse;
}

static void go_on(gpointer data)
{
    house *h = data;
    g_assert_cmpuint(h->bytes, ==, h->bytes_when_paused);
    h->publisher->pause(h->publisher, false);
}

static void note_entry(house *h, const ingest_piece *piece)
{
    if (!piece->entry)
        return;
    h->entries++;
    h->begun += is_marked(piece->data);
    if (piece->tables_size != 2 * TS_PACKET)
        return;
    g_assert_cmpmem(piece->tables + TS_PACKET, TS_PACKET, pmt_packet(), TS_PACKET);
    h->tabled++;
}

static void on_data(gpointer user, ingest_publisher *publisher, const ingest_piece *piece)
{
    house *h = user;
    g_assert_cmpuint(piece->size, <=, WIRE_DATA_MAX);
    note_entry(h, piece);
    for (gsize i = 0; !h->ts && i < piece->size; i++)
        if ((h->bytes + i) % PACKET == 0)
            g_assert_cmpuint(piece->data[i], ==, h->next++);
    h->bytes += piece->size;
    if (publisher->health)
        publisher->health(publisher, &h->health);
    if (h->close_with)
        publisher->close(publisher, h->close_with);
    if (!h->pauses)
        return;
    h->pauses = false;
    h->bytes_when_paused = h->bytes;
    publisher->pause(publisher, true);
    h->later = net_timer_new(h->net, HOLD_MS, 0, go_on, h);
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
    h->table =
        (ingest_ops){.user = h, .on_publish = on_publish, .on_data = on_data, .on_gone = on_gone};
    const srt_ingest_options options = {.bind = "127.0.0.1",
                                        .port = 0,
                                        .latency_ms = LATENCY_MS,
                                        .secret = h->secret,
                                        .entryless_ms = h->entryless_ms};
    h->ingest = srt_ingest_new(h->net, &options, &h->table, &h->port, &error);
    g_assert_no_error(error);
    srt_ingest_admit(h->ingest, GOOD_KEY);
    h->guard = net_timer_new(h->net, PATIENCE_MS, 0, too_long, NULL);
}

static void house_close(house *h)
{
    net_timer_free(h->later);
    net_timer_free(h->guard);
    srt_ingest_free(h->ingest);
    net_free(h->net);
    clock_free(h->clock);
    g_clear_pointer(&h->secret, g_bytes_unref);
    g_free(h->why);
}

/* ---- a caller, on a thread of its own ---- */

typedef struct {
    house *house;
    const char *streamid, *passphrase;
    guint packets, pace_us;
    bool marks;   /* keyframes, in a transport stream */
    bool lingers; /* until the house hangs up */
    int reason;   /* why it was refused; 0: it was not */
    bool hung_up;
    GThread *thread;
} caller;

static void stop_loop(gpointer data)
{
    net_stop(data);
}

static void send_packets(caller *c, SRTSOCKET socket)
{
    char packet[PACKET] = {0};
    for (guint i = 0; i < c->packets && !c->hung_up; i++) {
        packet[0] = (char)i;
        if (c->house->ts)
            fill_ts(packet, i, c->marks);
        c->hung_up = srt_sendmsg(socket, packet, PACKET, -1, 1) != PACKET;
        g_usleep(c->pace_us);
    }
    while (c->lingers && !c->hung_up) {
        c->hung_up = srt_getsockstate(socket) != SRTS_CONNECTED;
        g_usleep(5000);
    }
    if (!c->hung_up) /* what is younger than the latency would be lost with the goodbye */
        g_usleep(5 * LATENCY_MS * 1000);
}

static gpointer call(gpointer data)
{
    caller *c = data;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->house->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SRTSOCKET socket = srt_create_socket();
    if (c->streamid)
        srt_setsockflag(socket, SRTO_STREAMID, c->streamid, (int)strlen(c->streamid));
    if (c->passphrase)
        srt_setsockflag(socket, SRTO_PASSPHRASE, c->passphrase, (int)strlen(c->passphrase));
    bool in = srt_connect(socket, (struct sockaddr *)&at, sizeof at) == 0;
    c->reason = in ? 0 : srt_getrejectreason(socket);
    if (in)
        send_packets(c, socket);
    srt_close(socket);
    if (!in || c->lingers)
        net_post(c->house->net, stop_loop, c->house->net);
    return NULL;
}

/* Runs the loop until the house, or the caller, is through. */
static void call_and_run(caller *c)
{
    c->thread = g_thread_new("caller", call, c);
    net_run(c->house->net);
    g_thread_join(c->thread);
}

/* ---- what must hold ---- */

static void what_a_caller_sends_arrives_whole_and_in_order(void)
{
    house h = {0};
    house_open(&h);
    caller c = {.house = &h, .streamid = "publish:" GOOD_KEY, .packets = 1500, .pace_us = 1000};
    call_and_run(&c);
    g_assert_cmpint(c.reason, ==, 0);
    g_assert_cmpuint(h.bytes, ==, 1500 * PACKET);
    g_assert_true(h.gone);
    g_assert_true(h.orderly);
    g_assert_cmpstr(h.why, ==, "it said goodbye");
    g_assert_cmpuint(h.health.packets, >, 100);
    g_assert_cmpint(h.health.latency_ms, ==, LATENCY_MS);
    g_assert_cmpint(h.health.bitrate_bps, >, 0);
    GString *numbers = g_string_new(NULL);
    srt_ingest_metrics(h.ingest, numbers);
    g_assert_nonnull(strstr(numbers->str, "\njiangtang_srt_connections_total 1\n"));
    g_assert_nonnull(strstr(numbers->str, "\njiangtang_srt_bytes_total 1974000\n"));
    g_string_free(numbers, TRUE);
    house_close(&h);
}

static void each_keyframe_of_a_transport_stream_begins_a_piece_with_its_tables(void)
{
    house h = {.ts = true};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 300, .pace_us = 1000, .marks = true};
    call_and_run(&c);
    g_assert_cmpuint(h.bytes, ==, 300 * PACKET);
    g_assert_cmpuint(h.entries, ==, 300 / MARK_EVERY);
    g_assert_cmpuint(h.begun, ==, h.entries);
    g_assert_cmpuint(h.tabled, ==, h.entries);
    house_close(&h);
}

static void who_marks_no_keyframe_may_be_begun_with_anywhere_after_a_while(void)
{
    house h = {.ts = true, .entryless_ms = 200};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 600, .pace_us = 1000};
    call_and_run(&c);
    g_assert_cmpuint(h.bytes, ==, 600 * PACKET);
    g_assert_cmpuint(h.entries, >, 0);
    g_assert_cmpuint(h.begun, ==, 0);
    house_close(&h);
}

static void refused_with(const char *streamid, int reason)
{
    house h = {0};
    house_open(&h);
    caller c = {.house = &h, .streamid = streamid};
    call_and_run(&c);
    g_assert_cmpint(c.reason, ==, reason);
    g_assert_null(h.publisher);
    house_close(&h);
}

static void a_wrong_key_is_refused_in_the_handshake_with_its_reason(void)
{
    refused_with("publish:" OTHER_KEY, 1401);
    refused_with("#!::r=" GOOD_KEY ",m=request", 1405);
    refused_with("a b", 1400);
    refused_with(NULL, 1400);
}

static void a_key_is_good_only_until_it_is_expelled(void)
{
    house h = {0};
    house_open(&h);
    srt_ingest_expel(h.ingest, GOOD_KEY);
    caller c = {.house = &h, .streamid = GOOD_KEY};
    call_and_run(&c);
    g_assert_cmpint(c.reason, ==, 1401);
    house_close(&h);
}

static void without_the_right_passphrase_nobody_comes_in(void)
{
    static const char *const wrong[] = {NULL, "a wrong passphrase"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        house h = {.secret = g_bytes_new("0123456789abcdef0123456789abcdef", 32)};
        house_open(&h);
        caller c = {.house = &h, .streamid = GOOD_KEY, .passphrase = wrong[i]};
        call_and_run(&c);
        g_assert_cmpint(c.reason, ==, wrong[i] ? SRT_REJ_BADSECRET : SRT_REJ_UNSECURE);
        g_assert_null(h.publisher);
        house_close(&h);
    }
}

static void with_the_right_passphrase_bytes_arrive(void)
{
    house h = {.secret = g_bytes_new("0123456789abcdef0123456789abcdef", 32)};
    house_open(&h);
    g_autofree char *passphrase = srt_passphrase(h.secret, GOOD_KEY);
    caller c = {.house = &h,
                .streamid = GOOD_KEY,
                .passphrase = passphrase,
                .packets = 200,
                .pace_us = 1000};
    call_and_run(&c);
    g_assert_cmpuint(h.bytes, ==, 200 * PACKET);
    house_close(&h);
}

static void one_the_house_refuses_is_hung_up_on(void)
{
    house h = {.refuse = "the server is restarting"};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .lingers = true};
    call_and_run(&c);
    g_assert_true(c.hung_up);
    g_assert_false(h.gone);
    house_close(&h);
}

static void a_publisher_the_house_closes_is_gone_for_that_reason(void)
{
    house h = {.close_with = "another encoder took over"};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 2000, .pace_us = 1000};
    call_and_run(&c);
    g_assert_true(c.hung_up);
    g_assert_false(h.orderly);
    g_assert_cmpstr(h.why, ==, "another encoder took over");
    house_close(&h);
}

static void one_who_is_paused_waits_and_loses_nothing(void)
{
    house h = {.pauses = true};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 2500, .pace_us = 1000};
    call_and_run(&c);
    g_assert_cmpuint(h.bytes_when_paused, >, 0);
    g_assert_cmpuint(h.bytes, ==, 2500 * PACKET);
    house_close(&h);
}

static void going_down_tells_of_the_publisher_that_is_there(void)
{
    house h = {0};
    house_open(&h);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 3000, .pace_us = 1000};
    c.thread = g_thread_new("caller", call, &c);
    net_timer *soon = net_timer_new(h.net, 1000, 0, stop_loop, h.net);
    net_run(h.net);
    net_timer_free(soon);
    g_assert_nonnull(h.publisher);
    g_assert_false(h.gone);
    net *loop = h.net;
    srt_ingest_free(g_steal_pointer(&h.ingest));
    g_assert_true(h.gone);
    g_assert_true(loop == h.net);
    g_thread_join(c.thread);
    house_close(&h);
}

static void garbage_on_the_port_is_no_caller(void)
{
    house h = {0};
    house_open(&h);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)h.port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 3000; i++) {
        uint8_t bytes[1472];
        gsize size = (gsize)g_test_rand_int_range(0, sizeof bytes);
        for (gsize b = 0; b < size; b++)
            bytes[b] = (uint8_t)g_test_rand_int();
        static const uint8_t handshake[] = {0x80, 0, 0, 0};
        if (i % 2 && size >= sizeof handshake) /* a control packet */
            memcpy(bytes, handshake, sizeof handshake);
        sendto(fd, bytes, size, 0, (struct sockaddr *)&at, sizeof at);
    }
    close(fd);
    caller c = {.house = &h, .streamid = GOOD_KEY, .packets = 100, .pace_us = 1000};
    call_and_run(&c);
    g_assert_cmpuint(h.bytes, ==, 100 * PACKET);
    house_close(&h);
}

static void a_taken_port_is_a_conflict(void)
{
    house h = {0};
    house_open(&h);
    g_autoptr(GError) error = NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), port;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    getsockname(fd, (struct sockaddr *)&at, &size);
    const srt_ingest_options options = {
        .bind = "127.0.0.1", .port = ntohs(at.sin_port), .latency_ms = LATENCY_MS};
    g_assert_null(srt_ingest_new(h.net, &options, &h.table, &port, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    close(fd);
    house_close(&h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    srt_startup(); /* the callers' side outlives each house */
    srt_setloglevel(2);
#define TEST(name) g_test_add_func("/srt_ingest/" #name, name)
    TEST(what_a_caller_sends_arrives_whole_and_in_order);
    TEST(each_keyframe_of_a_transport_stream_begins_a_piece_with_its_tables);
    TEST(who_marks_no_keyframe_may_be_begun_with_anywhere_after_a_while);
    TEST(a_wrong_key_is_refused_in_the_handshake_with_its_reason);
    TEST(a_key_is_good_only_until_it_is_expelled);
    TEST(without_the_right_passphrase_nobody_comes_in);
    TEST(with_the_right_passphrase_bytes_arrive);
    TEST(one_the_house_refuses_is_hung_up_on);
    TEST(a_publisher_the_house_closes_is_gone_for_that_reason);
    TEST(one_who_is_paused_waits_and_loses_nothing);
    TEST(going_down_tells_of_the_publisher_that_is_there);
    TEST(garbage_on_the_port_is_no_caller);
    TEST(a_taken_port_is_a_conflict);
    int failed = g_test_run();
    srt_cleanup();
    return failed;
}
