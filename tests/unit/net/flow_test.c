#include "running.h"

#include <fcntl.h>
#include <sys/mman.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define FILE_BYTES (6 * 1024 * 1024)

/* ---- what the loop keeps for the tests; written by the loop, read by both ---- */

typedef struct {
    running *running;
    request *parked;
    gint parked_count, gone_count, sent_calls;
    gint64 sent_bytes;
    int file;
} stage;

static void wait_until(gint *counter, gint at_least)
{
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (g_atomic_int_get(counter) < at_least) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_usleep(1000);
    }
}

static void on_gone(gpointer data)
{
    stage *s = data;
    request_unref(g_steal_pointer(&s->parked));
    g_atomic_int_inc(&s->gone_count);
}

static void park(request *r, gpointer user)
{
    stage *s = user;
    g_assert_null(s->parked);
    s->parked = request_ref(r);
    request_on_gone(r, on_gone, s);
    g_atomic_int_inc(&s->parked_count);
}

static void answer_parked(gpointer data)
{
    stage *s = data;
    g_autoptr(GBytes) body = g_bytes_new_static("late", 4);
    request *r = g_steal_pointer(&s->parked);
    request_reply(r, 200, "text/plain", NULL, body);
    request_unref(r);
}

static void hello(request *r, gpointer user)
{
    (void)user;
    g_autoptr(GBytes) body = g_bytes_new_static("hello", 5);
    request_reply(r, 200, "text/plain", NULL, body);
}

static void on_sent(int64_t sent, gpointer data)
{
    stage *s = data;
    s->sent_bytes = sent;
    g_atomic_int_inc(&s->sent_calls);
}

static void file(request *r, gpointer user)
{
    stage *s = user;
    const char *from = request_query(r, "from");
    int64_t offset = from ? g_ascii_strtoll(from, NULL, 10) : 0;
    request_reply_file(r, 200, "video/mp4", NULL, s->file, offset, FILE_BYTES - offset, on_sent, s);
}

static void big_body(request *r, gpointer user)
{
    (void)user;
    gsize length = 3 * 1024 * 1024;
    g_autoptr(GBytes) body = g_bytes_new_take(g_strnfill(length, 'b'), length);
    request_reply(r, 200, "text/plain", NULL, body);
}

static guint8 file_byte(gsize at)
{
    return (guint8)(at * 31 + at / 251);
}

static int file_make(void)
{
    g_autofree guint8 *bytes = g_malloc(FILE_BYTES);
    for (gsize i = 0; i < FILE_BYTES; i++)
        bytes[i] = file_byte(i);
    int fd = memfd_create("file", MFD_CLOEXEC);
    g_assert_cmpint(write(fd, bytes, FILE_BYTES), ==, FILE_BYTES);
    return fd;
}

static stage *start(base_clock *clock)
{
    stage *s = g_new0(stage, 1);
    s->file = file_make();
    s->running = running_new(clock);
    net *n = s->running->net;
    net_route(n, "GET", "/park", 0, park, s);
    net_route(n, "POST", "/park", 100, park, s);
    net_route(n, "GET", "/hello", 0, hello, NULL);
    net_route(n, "POST", "/hello", 1000000, hello, NULL);
    net_route(n, "GET", "/file", 0, file, s);
    net_route(n, "GET", "/big", 0, big_body, NULL);
    running_go(s->running);
    return s;
}

static void stop(stage *s)
{
    running_stop(s->running);
    close(s->file);
    g_free(s);
}

static void wait_to_answer(stage *s, gint parked)
{
    wait_until(&s->parked_count, parked);
    net_post(s->running->net, answer_parked, s);
}

/* ---- parked requests ---- */

static void a_parked_request_is_answered_later_and_the_connection_goes_on(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    for (gint i = 1; i <= 3; i++) {
        say(fd, GET("/park"));
        wait_to_answer(s, i);
        g_autofree char *a = hear_one(fd, NULL);
        g_assert_true(g_str_has_suffix(a, "late"));
    }
    say(fd, "POST /park HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    wait_to_answer(s, 4);
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "late"));
    say(fd, GET("/hello"));
    g_autofree char *b = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(b, "hello"));
    close(fd);
    g_assert_cmpint(s->gone_count, ==, 0);
    stop(s);
}

static void what_is_pipelined_behind_a_parked_request_waits_its_turn(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/park") GET("/hello"));
    wait_until(&s->parked_count, 1);
    say(fd, GET("/park"));
    g_usleep(50000);
    char byte;
    g_assert_cmpint(recv(fd, &byte, 1, MSG_DONTWAIT), ==, -1);
    net_post(s->running->net, answer_parked, s);
    g_autofree char *a = hear_one(fd, NULL);
    g_autofree char *b = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "late"));
    g_assert_true(g_str_has_suffix(b, "hello"));
    wait_to_answer(s, 2);
    g_autofree char *c = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(c, "late"));
    close(fd);
    stop(s);
}

static void a_client_that_leaves_while_parked_is_told_of_once(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/park"));
    wait_until(&s->parked_count, 1);
    close(fd);
    wait_until(&s->gone_count, 1);
    g_usleep(50000);
    g_assert_cmpint(s->gone_count, ==, 1);
    stop(s);
    /* and one that leaves with a request in the queue behind it, by a reset */
    s = start(clock_new_system());
    fd = client(s->running->port);
    say(fd, GET("/park") GET("/hello"));
    wait_until(&s->parked_count, 1);
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    wait_until(&s->gone_count, 1);
    stop(s);
}

static void stopping_tells_those_who_keep_parked_requests(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/park"));
    wait_until(&s->parked_count, 1);
    net_stop(s->running->net);
    g_thread_join(s->running->thread);
    g_assert_cmpint(s->gone_count, ==, 1);
    g_assert_true(is_closed(fd));
    close(fd);
    net_free(s->running->net);
    clock_free(s->running->clock);
    g_free(s->running);
    close(s->file);
    g_free(s);
}

static void park_and_forget(request *r, gpointer user)
{
    stage *s = user;
    s->parked = request_ref(r);
    g_atomic_int_inc(&s->parked_count);
}

static void check_gone(gpointer data)
{
    stage *s = data;
    if (!s->parked || !request_gone(s->parked))
        return;
    g_autoptr(GBytes) body = g_bytes_new_static("nobody", 6);
    request_reply(s->parked, 200, "text/plain", NULL, body);
    request_reply_file(s->parked, 200, "text/plain", NULL, s->file, 0, 10, on_sent, s);
    request_unref(g_steal_pointer(&s->parked));
    g_atomic_int_inc(&s->gone_count);
}

static void an_answer_to_nobody_is_dropped_in_silence(void)
{
    stage *s = start(clock_new_system());
    net_route(s->running->net, "GET", "/forget", 0, park_and_forget, s);
    int fd = client(s->running->port);
    say(fd, GET("/forget"));
    wait_until(&s->parked_count, 1);
    close(fd);
    for (int i = 0; i < 1000 && g_atomic_int_get(&s->gone_count) == 0; i++) {
        net_post(s->running->net, check_gone, s);
        g_usleep(2000);
    }
    g_assert_cmpint(s->gone_count, ==, 1);
    g_assert_cmpint(s->sent_calls, ==, 1);
    g_assert_cmpint(s->sent_bytes, ==, 0);
    stop(s);
}

/* ---- bodies ---- */

static void hear_file(int fd, gsize from, gsize pause_every)
{
    GString *head = g_string_new(NULL);
    char byte;
    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 1);
        g_string_append_c(head, byte);
    }
    assert_begins(head->str, "HTTP/1.1 200 OK\r\n");
    g_string_free(head, TRUE);
    static guint8 piece[200000];
    gsize at = from, next_pause = pause_every;
    while (at < FILE_BYTES) {
        ssize_t got = recv(fd, piece, MIN(sizeof piece, FILE_BYTES - at), 0);
        g_assert_cmpint(got, >, 0);
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] != file_byte(at + i))
                g_error("byte %zu differs", at + i);
        at += got;
        if (pause_every && at - from > next_pause) {
            next_pause += pause_every;
            g_usleep(5000);
        }
    }
}

static void a_file_reaches_a_slow_reader_whole(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/file"));
    hear_file(fd, 0, 300000);
    wait_until(&s->sent_calls, 1);
    g_assert_cmpint(s->sent_bytes, ==, FILE_BYTES);
    say(fd, GET("/file?from=5000001") GET("/hello"));
    hear_file(fd, 5000001, 0);
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_true(g_str_has_suffix(a, "hello"));
    wait_until(&s->sent_calls, 2);
    close(fd);
    stop(s);
}

static void a_big_body_from_memory_reaches_a_slow_reader_whole(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/big"));
    g_usleep(100000);
    gsize length;
    g_free(hear_one(fd, &length));
    g_assert_cmpuint(length, >, 3 * 1024 * 1024);
    close(fd);
    stop(s);
}

static void a_reader_that_leaves_halfway_counts_what_was_sent(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    char bytes[1000];
    say(fd, GET("/file"));
    g_assert_cmpint(recv(fd, bytes, sizeof bytes, 0), >, 0);
    close(fd);
    wait_until(&s->sent_calls, 1);
    g_assert_cmpint(s->sent_bytes, >, 0);
    g_assert_cmpint(s->sent_bytes, <, FILE_BYTES);
    stop(s);
}

static void head_of_a_file_sends_none_of_it(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, "HEAD /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_autofree char *a = hear_all(fd);
    assert_has(a, "\r\nContent-Length: 6291456\r\n");
    g_assert_true(g_str_has_suffix(a, "\r\n\r\n"));
    wait_until(&s->sent_calls, 1);
    g_assert_cmpint(s->sent_bytes, ==, 0);
    close(fd);
    stop(s);
}

/* ---- patience, with a clock we move ---- */

static void pass_ms(stage *s, int64_t ms)
{
    g_usleep(
        /* what was said has been heard by then, or will be heard a little late: both are fine */
        50000);
    clock_advance_ms(s->running->clock, ms);
}

static void slow_first_headers_get_408(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = client(s->running->port);
    int silent = client(s->running->port);
    say(fd, "GET /hello HTTP/1.1\r\nHos");
    pass_ms(s, NET_HEADERS_MS / 2);
    say(fd, "t: x\r\nX-Slow: ");
    pass_ms(s, NET_HEADERS_MS / 2 + 100);
    g_autofree char *a = hear_all(fd);
    assert_begins(a, "HTTP/1.1 408 ");
    assert_has(a, "\r\nDate: Tue, 14 Nov 2023 22:13:");
    g_autofree char *b = hear_all(silent);
    g_assert_cmpstr(b, ==, "");
    close(fd);
    close(silent);
    stop(s);
}

static void slow_headers_on_a_used_connection_get_408(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = client(s->running->port);
    say(fd, GET("/hello"));
    skip_one(fd);
    pass_ms(s, NET_HEADERS_MS * 2);
    say(fd, "GET /hel");
    pass_ms(s, NET_HEADERS_MS / 2);
    say(fd, "lo HTTP/1.1\r\n");
    pass_ms(s, NET_HEADERS_MS / 2 + 100);
    g_autofree char *b = hear_all(fd);
    assert_begins(b, "HTTP/1.1 408 ");
    close(fd);
    stop(s);
}

static void a_body_that_does_not_move_is_closed(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = client(s->running->port);
    say(fd, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\npart of it");
    pass_ms(s, NET_BODY_STALL_MS - 1000);
    say(fd, "more");
    pass_ms(s, 2000);
    say(fd, "still welcome");
    pass_ms(s, NET_BODY_STALL_MS + 100);
    g_assert_true(is_closed(fd));
    close(fd);
    stop(s);
}

static void a_reader_that_does_not_read_is_closed(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = client(s->running->port);
    say(fd, GET("/file"));
    pass_ms(s, NET_BODY_STALL_MS + 100);
    wait_until(&s->sent_calls, 1);
    g_assert_cmpint(s->sent_bytes, <, FILE_BYTES);
    close(fd);
    stop(s);
}

static void an_idle_connection_is_closed_and_a_parked_one_is_not(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int idle = client(s->running->port);
    int waiting = client(s->running->port);
    say(idle, GET("/hello"));
    skip_one(idle);
    say(waiting, GET("/park"));
    wait_until(&s->parked_count, 1);
    pass_ms(s, NET_IDLE_MS + 100);
    g_assert_true(is_closed(idle));
    wait_to_answer(s, 1);
    g_autofree char *b = hear_one(waiting, NULL);
    g_assert_true(g_str_has_suffix(b, "late"));
    close(idle);
    close(waiting);
    stop(s);
}

static void a_bad_request_on_a_used_connection_gets_400(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->running->port);
    say(fd, GET("/hello"));
    skip_one(fd);
    say(fd, "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *b = hear_all(fd);
    assert_begins(b, "HTTP/1.1 400 ");
    close(fd);
    stop(s);
}

static void twenty_that_park_and_leave_are_all_told_of(void)
{
    stage *s = start(clock_new_system());
    for (int round = 0; round < 20; round++) {
        int fd = client(s->running->port);
        say(fd, GET("/park"));
        wait_until(&s->parked_count, round + 1);
        close(fd);
        wait_until(&s->gone_count, round + 1);
    }
    stop(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/flow/" #name, name)
    TEST(a_parked_request_is_answered_later_and_the_connection_goes_on);
    TEST(what_is_pipelined_behind_a_parked_request_waits_its_turn);
    TEST(a_client_that_leaves_while_parked_is_told_of_once);
    TEST(stopping_tells_those_who_keep_parked_requests);
    TEST(an_answer_to_nobody_is_dropped_in_silence);
    TEST(a_file_reaches_a_slow_reader_whole);
    TEST(a_big_body_from_memory_reaches_a_slow_reader_whole);
    TEST(a_reader_that_leaves_halfway_counts_what_was_sent);
    TEST(head_of_a_file_sends_none_of_it);
    TEST(slow_first_headers_get_408);
    TEST(slow_headers_on_a_used_connection_get_408);
    TEST(a_body_that_does_not_move_is_closed);
    TEST(a_reader_that_does_not_read_is_closed);
    TEST(an_idle_connection_is_closed_and_a_parked_one_is_not);
    TEST(a_bad_request_on_a_used_connection_gets_400);
    TEST(twenty_that_park_and_leave_are_all_told_of);
    return g_test_run();
}
