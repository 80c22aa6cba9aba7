#include "running.h"

/* ---- a room of one: echoes, and does what it is told ---- */

typedef struct {
    running *running;
    ws *last;
    gint opened, closed, later, writable, cut;
    gint64 behind_ms;
} stage;

static void wait_until(gint *counter, gint at_least)
{
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (g_atomic_int_get(counter) < at_least) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_usleep(1000);
    }
}

static bool accept_all_but_one(const request *r, gpointer user)
{
    (void)user;
    const char *cookie = request_cookie(r, "who");
    return !cookie || strcmp(cookie, "nobody") != 0;
}

static void on_open(ws *socket, const request *r, gpointer user)
{
    stage *s = user;
    s->last = socket;
    ws_set_data(socket, s);
    g_atomic_int_inc(&s->opened);
    g_autofree char *hello =
        g_strdup_printf("hello %s %s", request_query(r, "name"), ws_peer(socket));
    ws_answer(socket, hello, strlen(hello));
}

static void on_text(ws *socket, const char *text, gsize length, gpointer user)
{
    (void)user;
    g_assert_cmpuint(strlen(text), ==, length);
    if (strcmp(text, "close me") == 0) {
        ws_close(socket, 4403, "as you wish");
        g_assert_false(ws_answer(socket, "too late", 8));
        return;
    }
    ws_answer(socket, text, length);
}

static void on_writable(ws *socket, gpointer user)
{
    stage *s = user;
    g_assert_cmpint(ws_behind_ms(socket), ==, 0);
    g_atomic_int_inc(&s->writable);
}

static void on_close(ws *socket, gpointer user)
{
    stage *s = user;
    g_assert_true(ws_data(socket) == s);
    s->last = NULL;
    g_atomic_int_inc(&s->closed);
}

static const ws_ops ops = {accept_all_but_one, on_open, on_text, on_writable, on_close};

static stage *start(base_clock *clock)
{
    stage *s = g_new0(stage, 1);
    s->running = running_new(clock);
    net_ws(s->running->net, "/ws", "jiangtang.v1", &ops, s);
    running_go(s->running);
    return s;
}

static void stop(stage *s)
{
    running_stop(s->running);
    g_assert_cmpint(s->opened, ==, s->closed);
    g_free(s);
}

/* ---- a small client ---- */

#define HELLO                                                                                      \
    "GET /ws?name=li HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "          \
    "websocket\r\n"                                                                                \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define SPEAKS "Sec-WebSocket-Protocol: other, jiangtang.v1\r\n"

static void send_frame(int fd, int first, const void *payload, gsize length)
{
    GByteArray *frame = g_byte_array_new();
    guint8 head[14] = {first};
    gsize head_bytes = 2;
    if (length < 126) {
        head[1] = 0x80 | length;
    } else if (length < 65536) {
        head[1] = 0x80 | 126;
        head[2] = length >> 8;
        head[3] = length;
        head_bytes = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (guint64)length >> (56 - 8 * i);
        head_bytes = 10;
    }
    const guint8 mask[4] = {1, 2, 3, 4};
    memcpy(head + head_bytes, mask, 4);
    g_byte_array_append(frame, head, head_bytes + 4);
    for (gsize i = 0; i < length; i++) {
        guint8 byte = ((const guint8 *)payload)[i] ^ mask[i & 3];
        g_byte_array_append(frame, &byte, 1);
    }
    send(fd, frame->data, frame->len,
         MSG_NOSIGNAL); /* may be cut short by the server: some tests want that */
    g_byte_array_unref(frame);
}

static void send_text(int fd, const char *text)
{
    send_frame(fd, 0x81, text, strlen(text));
}

static bool hear_exactly(int fd, void *bytes, gsize length)
{
    while (length > 0) {
        ssize_t got = recv(fd, bytes, length, 0);
        if (got <= 0)
            return false;
        bytes = (char *)bytes + got;
        length -= got;
    }
    return true;
}

/* The next frame's payload, NUL-terminated; NULL: closed. */
static char *hear_frame(int fd, int *opcode, gsize *length)
{
    guint8 head[10];
    if (!hear_exactly(fd, head, 2))
        return NULL;
    gsize bytes = head[1];
    if (bytes == 126 && hear_exactly(fd, head + 2, 2))
        bytes = head[2] << 8 | head[3];
    else if (bytes == 127 && hear_exactly(fd, head + 2, 8))
        for (bytes = 0; bytes == 0;)
            for (int i = 0; i < 8; i++)
                bytes = bytes << 8 | head[2 + i];
    char *payload = g_malloc0(bytes + 1);
    if (!hear_exactly(fd, payload, bytes))
        g_clear_pointer(&payload, g_free);
    *opcode = head[0] & 15;
    *length = bytes;
    return payload;
}

static void expect_text(int fd, const char *text)
{
    int opcode;
    gsize length;
    g_autofree char *heard = hear_frame(fd, &opcode, &length);
    g_assert_cmpstr(heard, ==, text);
    g_assert_cmpint(opcode, ==, 1);
}

static void expect_close(int fd, int code)
{
    int opcode = 0;
    gsize length = 0;
    g_autofree char *heard = NULL;
    do {
        g_free(heard);
        heard = hear_frame(fd, &opcode, &length);
        g_assert_nonnull(heard);
    } while (opcode != 8);
    g_assert_cmpuint(length, >=, 2);
    g_assert_cmpint((guint8)heard[0] << 8 | (guint8)heard[1], ==, code);
}

static int join(stage *s)
{
    int fd = client(s->running->port);
    say(fd, HELLO SPEAKS "\r\n");
    g_autofree char *a = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 101 ");
    assert_has(a, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_has(a, "jiangtang.v1");
    expect_text(fd, "hello li 127.0.0.1");
    return fd;
}

/* ---- tests ---- */

static void a_handshake_and_an_echo(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    send_text(fd, "你好");
    expect_text(fd, "你好");
    g_autofree char *medium = g_strnfill(5000, 'm');
    send_text(fd, medium);
    expect_text(fd, medium);
    send_frame(fd, 0x89, "ping", 4);
    int opcode;
    gsize length;
    g_autofree char *pong = hear_frame(fd, &opcode, &length);
    g_assert_cmpint(opcode, ==, 10);
    g_assert_cmpstr(pong, ==, "ping");
    send_frame(fd, 0x88, "\x03\xe8", 2);
    expect_close(fd, 1000);
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

/* As nginx or Caddy send it, who keep their connections to us. */
static void a_proxys_kept_connection_may_carry_a_handshake(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    for (int i = 0; i < 2; i++) {
        say(fd, "GET /elsewhere HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n");
        g_autofree char *a = hear_one(fd, NULL);
        assert_begins(a, "HTTP/1.1 404 ");
    }
    say(fd, HELLO);
    g_usleep(50000); /* the rest of the head comes in a packet of its own */
    say(fd, SPEAKS "\r\n");
    g_autofree char *b = hear_one(fd, NULL);
    assert_begins(b, "HTTP/1.1 101 ");
    expect_text(fd, "hello li 127.0.0.1");
    send_text(fd, "你好");
    expect_text(fd, "你好");
    close(fd);
    wait_until(&s->closed, 1);
    stop(s);
}

static void fragments_are_one_message_also_around_a_ping(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    send_frame(fd, 0x01, "one ", 4);
    send_frame(fd, 0x00, "two ", 4);
    send_frame(fd, 0x89, "?", 1);
    send_frame(fd, 0x80, "three", 5);
    int opcode;
    gsize length;
    g_autofree char *first = hear_frame(fd, &opcode, &length);
    g_autofree char *second = hear_frame(fd, &opcode, &length);
    g_assert_true(strcmp(first, "one two three") == 0 || strcmp(second, "one two three") == 0);
    close(fd);
    stop(s);
}

typedef struct {
    const char *text, *status;
} handshake_case;

static void handshakes_that_are_refused(void)
{
    static const handshake_case cases[] = {
        {HELLO "\r\n", "HTTP/1.1 400 "},
        {HELLO "Sec-WebSocket-Protocol: (raw)\r\n\r\n", "HTTP/1.1 400 "},
        {HELLO SPEAKS "Cookie: who=nobody\r\n\r\n", "HTTP/1.1 403 "},
        {"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" SPEAKS
         "Sec-WebSocket-Version: 13\r\n\r\n",
         "HTTP/1.1 400 "},
        {"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" SPEAKS
         "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         "HTTP/1.1 426 "},
        {"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "},
        {"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 "},
    };
    stage *s = start(clock_new_system());
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *a = ask(s->running->port, cases[i].text);
        assert_begins(a, cases[i].status);
    }
    g_assert_cmpint(s->opened, ==, 0);
    int fd = join(s);
    close(fd);
    stop(s);
}

static void a_message_too_big_is_cut_with_1009(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    g_autofree char *limit = g_strnfill(NET_WS_MESSAGE_MAX, 'x');
    send_text(fd, limit);
    expect_text(fd, limit);
    g_autofree char *big = g_strnfill(NET_WS_MESSAGE_MAX + 1, 'x');
    send_text(fd, big);
    expect_close(fd, 1009);
    close(fd);
    fd = join(s);
    send_frame(fd, 0x01, limit, NET_WS_MESSAGE_MAX);
    send_frame(fd, 0x80, "x", 1);
    expect_close(fd, 1009);
    close(fd);
    stop(s);
}

static void binary_and_broken_text_are_refused(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    send_frame(fd, 0x82, "abc", 3);
    expect_close(fd, 1003);
    close(fd);
    fd = join(s);
    send_frame(fd, 0x81, "\xff\xfe", 2);
    expect_close(fd, 1007);
    close(fd);
    stop(s);
}

static void a_close_by_the_server_carries_its_code(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    send_text(fd, "close me");
    expect_close(fd, 4403);
    send_frame(fd, 0x88, "\x11\x33", 2);
    g_assert_true(is_closed(fd));
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

/* ---- slow readers ---- */

static void flood(gpointer data)
{
    stage *s = data;
    g_autofree char *text = g_strnfill(20000, 'f');
    g_autoptr(GBytes) frame = ws_frame(text, 20000);
    ws_sent sent = WS_SENT;
    for (int i = 0; i < 2000 && sent == WS_SENT; i++)
        sent = ws_send(s->last, frame);
    if (sent == WS_LATER)
        g_atomic_int_inc(&s->later);
    if (sent == WS_LATER && ws_behind_ms(s->last) < 1)
        g_error("it is behind, and says it is not");
}

static void a_full_socket_says_later_and_calls_when_there_is_room(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    net_post(s->running->net, flood, s);
    wait_until(&s->later, 1);
    while (g_atomic_int_get(&s->writable) == 0) {
        int opcode;
        gsize length;
        g_free(hear_frame(fd, &opcode, &length));
        g_assert_cmpuint(length, ==, 20000);
        g_assert_cmpint(opcode, ==, 1);
    }
    close(fd);
    stop(s);
}

static void answer_much(gpointer data)
{
    stage *s = data;
    g_autofree char *text = g_strnfill(10000, 'a');
    for (int i = 0; i < 2000; i++) {
        if (!ws_answer(s->last, text, 10000)) {
            g_atomic_int_inc(&s->cut);
            return;
        }
    }
}

static void a_reader_that_owes_too_much_is_cut(void)
{
    stage *s = start(clock_new_system());
    int fd = join(s);
    net_post(s->running->net, answer_much, s);
    wait_until(&s->cut, 1);
    g_usleep(50000);
    int opcode = 0;
    gsize length, frames = 0;
    char *frame;
    while (opcode != 8 && (frame = hear_frame(fd, &opcode, &length))) {
        frames++;
        g_free(frame);
    }
    g_assert_cmpuint(frames, >, 10);
    close(fd);
    wait_until(&s->closed, 1);
    stop(s);
}

static void one_that_never_reads_again_is_gone_in_the_end(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = join(s);
    net_post(s->running->net, answer_much, s);
    wait_until(&s->cut, 1);
    clock_advance_ms(s->running->clock, 6000);
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

/* ---- patience ---- */

static void a_silent_one_is_pinged_and_then_cut(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = join(s), answering = join(s);
    for (int i = 0; i < 3; i++) {
        clock_advance_ms(s->running->clock, NET_WS_PING_MS + 1);
        int opcode;
        gsize length;
        if (i < 2) {
            g_free(hear_frame(fd, &opcode, &length));
            g_assert_cmpint(opcode, ==, 9);
        }
        g_autofree char *ping = hear_frame(answering, &opcode, &length);
        g_assert_cmpint(opcode, ==, 9);
        send_frame(answering, 0x8a, ping, length);
        g_usleep(50000);
    }
    g_assert_true(is_closed(fd));
    send_text(answering, "here");
    expect_text(answering, "here");
    close(fd);
    close(answering);
    stop(s);
}

static void leaving_without_a_word_is_a_close(void)
{
    stage *s = start(clock_new_system());
    for (int i = 1; i <= 5; i++) {
        int fd = join(s);
        send_frame(fd, 0x01, "half a mess", 11);
        close(fd);
        wait_until(&s->closed, i);
    }
    int fd = join(s); /* and stopping closes the rest */
    stop(s);
    g_assert_true(is_closed(fd));
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ws/" #name, name)
    TEST(a_handshake_and_an_echo);
    TEST(a_proxys_kept_connection_may_carry_a_handshake);
    TEST(fragments_are_one_message_also_around_a_ping);
    TEST(handshakes_that_are_refused);
    TEST(a_message_too_big_is_cut_with_1009);
    TEST(binary_and_broken_text_are_refused);
    TEST(a_close_by_the_server_carries_its_code);
    TEST(a_full_socket_says_later_and_calls_when_there_is_room);
    TEST(a_reader_that_owes_too_much_is_cut);
    TEST(one_that_never_reads_again_is_gone_in_the_end);
    TEST(a_silent_one_is_pinged_and_then_cut);
    TEST(leaving_without_a_word_is_a_close);
    return g_test_run();
}
