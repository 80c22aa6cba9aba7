#include "running.h"

#define HEAD(length, more)                                                                         \
    "PATCH /pour HTTP/1.1\r\nHost: x\r\nContent-Length: " length "\r\n" more "\r\n"
#define PIECE 100000 /* bytes asked for at once */

/* ---- a taker of streamed bodies; touched by the loop only, but for the counters ---- */

typedef struct {
    running *running;
    request *held;     /* until it is let go on, or answered */
    GByteArray *taken; /* of the last body */
    guint8 *piece;
    gsize room;
    bool holds, answers; /* before the first byte; as soon as the body has ended */
    gint heads, pieces, gone, ended;
} stage;

static void wait_until(gint *counter, gint at_least)
{
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (g_atomic_int_get(counter) < at_least) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_usleep(1000);
    }
}

static void answer_length(stage *s, request *r)
{
    g_autofree char *text = g_strdup_printf("took=%u", s->taken->len);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    request_reply(r, 200, "text/plain", NULL, body);
}

static void let_go(stage *s)
{
    request_unref(g_steal_pointer(&s->held));
}

static void take_on(stage *s);

static void on_piece(request *r, gsize got, gpointer user)
{
    stage *s = user;
    g_byte_array_append(s->taken, s->piece, (guint)got);
    if (request_gone(r)) {
        let_go(s);
        g_atomic_int_inc(&s->gone);
    } else if (request_unread(r) > 0) {
        take_on(s);
    } else if (s->answers) {
        answer_length(s, r);
        let_go(s);
        g_atomic_int_inc(&s->ended);
    } else {
        g_atomic_int_inc(&s->ended);
    }
    g_atomic_int_inc(&s->pieces);
}

static void take_on(stage *s)
{
    if (!request_read(s->held, s->piece, s->room, on_piece, s))
        let_go(s);
}

static void pour(request *r, gpointer user)
{
    stage *s = user;
    g_assert_null(s->held);
    s->held = request_ref(r);
    g_byte_array_set_size(s->taken, 0);
    if (!s->holds && request_unread(r) > 0)
        take_on(s);
    g_atomic_int_inc(&s->heads);
}

static void refuse(request *r, gpointer user)
{
    (void)user;
    request_reply(r, 403, NULL, NULL, NULL);
}

static void hello(request *r, gpointer user)
{
    (void)user;
    g_autoptr(GBytes) body = g_bytes_new_static("hello", 5);
    request_reply(r, 200, "text/plain", NULL, body);
}

static stage *start(base_clock *clock)
{
    stage *s = g_new0(stage, 1);
    s->running = running_new(clock);
    s->taken = g_byte_array_new();
    s->room = PIECE;
    s->piece = g_malloc(PIECE);
    s->answers = true;
    net_route_streamed(s->running->net, "PATCH", "/pour", pour, s);
    net_route_streamed(s->running->net, "PATCH", "/no", refuse, s);
    net_route(s->running->net, "GET", "/hello", 0, hello, NULL);
    return s;
}

static stage *go(void)
{
    stage *s = start(clock_new_system());
    running_go(s->running);
    return s;
}

static void stop(stage *s)
{
    running_stop(s->running);
    g_assert_null(s->held);
    g_byte_array_unref(s->taken);
    g_free(s->piece);
    g_free(s);
}

static guint8 byte_at(gsize at)
{
    return (guint8)(at * 31 + at / 251);
}

static guint8 *bytes_of(gsize length)
{
    guint8 *bytes = g_malloc(length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = byte_at(i);
    return bytes;
}

static void assert_taken(const stage *s, gsize length)
{
    g_assert_cmpuint(s->taken->len, ==, length);
    for (gsize i = 0; i < length; i++)
        g_assert_cmpuint(s->taken->data[i], ==, byte_at(i));
}

static void in_loop(gpointer data)
{
    g_async_queue_push(data, data);
}

/* The loop has done what it was at: what it wrote may be read here. */
static void settle(stage *s)
{
    GAsyncQueue *queue = g_async_queue_new();
    net_post(s->running->net, in_loop, queue);
    g_async_queue_pop(queue);
    g_async_queue_unref(queue);
}

static void take_from_outside(gpointer data)
{
    take_on(data);
}

/* ---- the body comes ---- */

static void a_streamed_body_comes_whole_and_in_order_in_pieces_of_the_size_asked_for(void)
{
    static const gsize rooms[] = {1, 7, 4096, PIECE};
    static const gsize lengths[] = {1, 50, 70000, 1000000};
    for (guint i = 0; i < G_N_ELEMENTS(rooms); i++) {
        stage *s = go();
        gsize length = lengths[i];
        g_autofree guint8 *bytes = bytes_of(length);
        g_autofree char *head = g_strdup_printf(
            "PATCH /pour HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", length);
        s->room = rooms[i];
        int fd = client(s->running->port);
        say(fd, head);
        say_bytes(fd, bytes, length);
        g_autofree char *a = hear_one(fd, NULL);
        assert_begins(a, "HTTP/1.1 200 ");
        settle(s);
        assert_taken(s, length);
        g_assert_cmpint(s->pieces, ==, (gint)((length + rooms[i] - 1) / rooms[i]));
        close(fd);
        stop(s);
    }
}

static void what_follows_a_streamed_body_is_the_next_request(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, HEAD("5", "") "helloGET /hello HTTP/1.1\r\nHost: x\r\n\r\n" HEAD("3", "") "abc");
    g_autofree char *a = hear_one(fd, NULL);
    g_autofree char *b = hear_one(fd, NULL);
    g_autofree char *c = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "took=5"));
    g_assert_true(g_str_has_suffix(b, "hello"));
    g_assert_true(g_str_has_suffix(c, "took=3"));
    close(fd);
    stop(s);
}

static void a_body_may_come_with_its_head_and_be_asked_for_later(void)
{
    stage *s = start(clock_new_system());
    s->holds = true;
    running_go(s->running);
    int fd = client(s->running->port);
    say(fd, HEAD("5", "") "hello");
    wait_until(&s->heads, 1);
    net_post(s->running->net, take_from_outside, s);
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "took=5"));
    settle(s);
    g_assert_cmpmem(s->taken->data, s->taken->len, "hello", 5);
    close(fd);
    stop(s);
}

static void nothing_is_read_before_it_is_asked_for(void)
{
    stage *s = start(clock_new_system());
    s->holds = true;
    running_go(s->running);
    int fd = client(s->running->port);
    int small = 65536;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    say(fd, HEAD("100000000", ""));
    wait_until(&s->heads, 1);
    g_autofree guint8 *bytes = bytes_of(1000000);
    gsize sent = 0;
    for (int quiet = 0; quiet < 20;
         quiet++) { /* until the kernel's buffers on both sides are full */
        ssize_t took;
        while ((took = send(fd, bytes, 1000000, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
            sent += (gsize)took;
            quiet = 0;
        }
        g_usleep(10000);
    }
    g_assert_cmpuint(sent, <, 50000000);
    settle(s);
    g_assert_cmpint(s->pieces, ==, 0);
    close(fd);
    net_post(s->running->net, take_from_outside, s);
    wait_until(&s->gone, 1);
    g_assert_cmpuint(s->taken->len, >, 0);
    stop(s);
}

/* ---- refused before it comes ---- */

static void a_body_that_is_refused_is_not_sent_by_who_waits_for_100(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, "PATCH /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    g_autofree char *a = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 403 ");
    assert_has(a, "\r\nConnection: close\r\n"); /* the five bytes might come or not */
    g_assert_true(is_closed(fd));
    close(fd);
    stop(s);
}

static void a_small_refused_body_leaves_the_connection_open(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, "PATCH /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *a = hear_one(fd, NULL);
    g_autofree char *b = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 403 ");
    g_assert_true(g_str_has_suffix(b, "hello"));
    close(fd);
    stop(s);
}

static void a_big_refused_body_is_answered_and_then_the_connection_ends(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, "PATCH /no HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
    g_autofree guint8 *bytes = bytes_of(200000);
    say_bytes(fd, bytes, 200000);
    g_autofree char *a = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 403 ");
    close(fd);
    stop(s);
}

static void an_expected_100_is_said_when_the_body_is_first_asked_for(void)
{
    stage *s = start(clock_new_system());
    s->holds = true;
    running_go(s->running);
    int fd = client(s->running->port);
    say(fd, HEAD("5", "Expect: 100-continue\r\n"));
    wait_until(&s->heads, 1);
    g_usleep(20000);
    char byte;
    g_assert_cmpint(recv(fd, &byte, 1, MSG_DONTWAIT), ==, -1);
    net_post(s->running->net, take_from_outside, s);
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_cmpstr(a, ==, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "hello");
    g_autofree char *b = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(b, "took=5"));
    close(fd);
    stop(s);
}

static void a_body_without_a_length_is_refused(void)
{
    stage *s = go();
    g_autofree char *a = ask(s->running->port, "PATCH /pour HTTP/1.1\r\nHost: x\r\n"
                                               "Transfer-Encoding: chunked\r\n\r\n");
    assert_begins(a, "HTTP/1.1 411 ");
    g_assert_cmpint(s->heads, ==, 0);
    stop(s);
}

/* ---- the client leaves, or sleeps ---- */

static void what_came_before_the_client_left_is_handed_over(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    g_autofree guint8 *bytes = bytes_of(250000);
    say(fd, HEAD("1000000", ""));
    say_bytes(fd, bytes, 250000);
    close(fd);
    wait_until(&s->gone, 1);
    settle(s);
    assert_taken(s, 250000);
    stop(s);
}

static void what_came_before_a_client_left_whom_nobody_was_reading_is_not_lost(void)
{
    stage *s = start(clock_new_system());
    s->holds = true;
    running_go(s->running);
    int fd = client(s->running->port);
    say(fd, HEAD("1000000", ""));
    g_autofree guint8 *bytes = bytes_of(50000);
    say_bytes(fd, bytes, 50000);
    wait_until(&s->heads, 1);
    close(fd);
    g_usleep(50000);
    g_assert_cmpint(s->gone, ==, 0);
    net_post(s->running->net, take_from_outside, s);
    wait_until(&s->gone, 1);
    settle(s);
    assert_taken(s, 50000);
    stop(s);
}

static void stopping_hands_over_what_has_come(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, HEAD("1000000", "") "hello");
    wait_until(&s->heads, 1);
    g_usleep(20000);
    net_stop(s->running->net);
    wait_until(&s->gone, 1);
    g_assert_cmpmem(s->taken->data, s->taken->len, "hello", 5);
    close(fd);
    stop(s);
}

static void a_sender_that_sleeps_is_cut_and_one_that_moves_is_not(void)
{
    base_clock *clock = clock_new_fake(1000, 1000);
    stage *s = start(clock);
    s->running->fake = true;
    running_go(s->running);
    int fd = client(s->running->port);
    say(fd, HEAD("1000000", ""));
    wait_until(&s->heads, 1);
    for (int i = 0; i < 4; i++) {
        say(fd, "x");
        g_usleep(600000); /* over two sweeps of the real loop */
        clock_advance_ms(clock, NET_BODY_STALL_MS - 1000);
    }
    g_assert_cmpint(s->gone, ==, 0);
    clock_advance_ms(clock, NET_BODY_STALL_MS);
    wait_until(&s->gone, 1);
    settle(s);
    g_assert_cmpuint(s->taken->len, ==, 4);
    g_assert_true(is_closed(fd));
    close(fd);
    stop(s);
}

static void a_quick_sender_that_slows_down_is_heard_as_before(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    g_autofree guint8 *bytes = bytes_of(11L * PIECE);
    say(fd, HEAD("3000000", ""));
    say_bytes(fd, bytes, 10L * PIECE);
    wait_until(&s->pieces, 10);
    say_bytes(fd, bytes + 10L * PIECE, PIECE); /* too few to wake for a quick one */
    wait_until(&s->pieces, 11);
    close(fd);
    wait_until(&s->gone, 1);
    settle(s);
    assert_taken(s, 11L * PIECE);
    stop(s);
}

/* ---- taking the memory back ---- */

static void end_and_answer(gpointer data)
{
    stage *s = data;
    g_assert_cmpint(request_silent_ms(s->held), <, WAIT_LIMIT_S * 1000);
    gsize got = request_read_end(s->held);
    g_byte_array_append(s->taken, s->piece, (guint)got);
    answer_length(s, s->held);
    let_go(s);
    g_atomic_int_inc(&s->ended);
}

static void a_reader_may_take_back_what_has_come_so_far_and_answer(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    say(fd, HEAD("1000000", "") "hello");
    wait_until(&s->heads, 1);
    g_usleep(20000);
    net_post(s->running->net, end_and_answer, s);
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "took=5"));
    assert_has(a, "\r\nConnection: close\r\n");
    g_assert_cmpint(s->pieces, ==, 0);
    close(fd);
    stop(s);
}

static void after_an_early_answer_the_next_request_is_heard_however_small(void)
{
    stage *s = go();
    int fd = client(s->running->port);
    g_autofree guint8 *bytes = bytes_of(310000);
    say(fd, HEAD("310000", ""));
    say_bytes(fd, bytes, 3L * PIECE);
    wait_until(&s->pieces, 3);
    net_post(s->running->net, end_and_answer, s);
    g_autofree char *a = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 200 ");
    say_bytes(fd, bytes + 3L * PIECE, 10000); /* the rest of the body is nobody's */
    g_usleep(20000);
    say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *b = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(b, "hello"));
    close(fd);
    stop(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/body/" #name, name)
    TEST(a_streamed_body_comes_whole_and_in_order_in_pieces_of_the_size_asked_for);
    TEST(what_follows_a_streamed_body_is_the_next_request);
    TEST(a_body_may_come_with_its_head_and_be_asked_for_later);
    TEST(nothing_is_read_before_it_is_asked_for);
    TEST(a_body_that_is_refused_is_not_sent_by_who_waits_for_100);
    TEST(a_small_refused_body_leaves_the_connection_open);
    TEST(a_big_refused_body_is_answered_and_then_the_connection_ends);
    TEST(an_expected_100_is_said_when_the_body_is_first_asked_for);
    TEST(a_body_without_a_length_is_refused);
    TEST(what_came_before_the_client_left_is_handed_over);
    TEST(what_came_before_a_client_left_whom_nobody_was_reading_is_not_lost);
    TEST(stopping_hands_over_what_has_come);
    TEST(a_quick_sender_that_slows_down_is_heard_as_before);
    TEST(after_an_early_answer_the_next_request_is_heard_however_small);
    TEST(a_sender_that_sleeps_is_cut_and_one_that_moves_is_not);
    TEST(a_reader_may_take_back_what_has_come_so_far_and_answer);
    return g_test_run();
}
