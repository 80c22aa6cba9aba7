#include "running.h"

typedef struct {
    running *running;
    int port;
    raw *last;
    gint opened, closed;
    gint64 heard;
    gint heard_changes;
} stage;

static void wait_until(gint *counter, gint at_least)
{
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (g_atomic_int_get(counter) < at_least) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_usleep(1000);
    }
}

static void on_open(raw *socket, gpointer user)
{
    stage *s = user;
    s->last = socket;
    raw_set_data(socket, s);
    g_atomic_int_inc(&s->opened);
}

static void on_bytes(raw *socket, const uint8_t *bytes, gsize length, gpointer user)
{
    stage *s = user;
    s->heard += length;
    g_atomic_int_inc(&s->heard_changes);
    if (length >= 4 && memcmp(bytes, "echo", 4) == 0)
        raw_send(socket, bytes, length);
    if (length >= 4 && memcmp(bytes, "quit", 4) == 0) {
        g_autofree guint8 *much = g_malloc0(900000);
        raw_send(socket, much, 900000);
        raw_send(socket, (const uint8_t *)"bye", 3);
        raw_close(socket);
        raw_send(socket, (const uint8_t *)"not this", 8);
        g_assert_cmpint(s->closed, ==, 0); /* never from inside */
    }
}

static void on_close(raw *socket, gpointer user)
{
    stage *s = user;
    g_assert_true(raw_data(socket) == s);
    g_assert_cmpstr(raw_peer(socket), ==, "127.0.0.1");
    s->last = NULL;
    g_atomic_int_inc(&s->closed);
}

static const raw_ops ops = {on_open, on_bytes, on_close};

static stage *start(base_clock *clock)
{
    stage *s = g_new0(stage, 1);
    s->running = running_new(clock);
    g_assert_true(net_raw_listen(s->running->net, "127.0.0.1", 0, &ops, s, &s->port, NULL));
    running_go(s->running);
    return s;
}

static void stop(stage *s)
{
    running_stop(s->running);
    g_assert_cmpint(s->opened, ==, s->closed);
    g_free(s);
}

static void bytes_go_both_ways(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->port);
    say(fd, "echo hello");
    char heard[11] = "";
    g_assert_cmpint(recv(fd, heard, 10, MSG_WAITALL), ==, 10);
    g_assert_cmpstr(heard, ==, "echo hello");
    close(fd);
    wait_until(&s->closed, 1);
    stop(s);
}

static void what_is_queued_is_sent_before_the_close(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->port);
    say(fd, "quit");
    g_usleep(100000);
    gsize total = 0;
    char piece[65536], tail[3] = "";
    ssize_t got;
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0) {
        total += got;
        if (got >= 3)
            memcpy(tail, piece + got - 3, 3);
    }
    g_assert_cmpuint(total, ==, 900003);
    g_assert_true(memcmp(tail, "bye", 3) == 0);
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

static void pause_last(gpointer data)
{
    raw_pause(((stage *)data)->last, true);
}

static void resume_last(gpointer data)
{
    raw_pause(((stage *)data)->last, false);
}

static void a_paused_socket_holds_its_sender_back(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->port);
    wait_until(&s->opened, 1);
    net_post(s->running->net, pause_last, s);
    g_usleep(50000);
    g_autofree char *much = g_strnfill(1 << 20, 'x');
    gsize sent = 0;
    ssize_t n;
    for (int idle = 0; idle < 20;) {
        n = send(fd, much, 1 << 20, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? n : 0;
        idle = n > 0 ? 0 : idle + 1;
        g_usleep(5000);
    }
    g_assert_cmpint(s->heard, <=, 16384); /* soft by one read */
    net_post(s->running->net, resume_last, s);
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (*(volatile gint64 *)&s->heard < (gint64)sent && g_get_monotonic_time() < limit)
        g_usleep(1000);
    close(fd);
    wait_until(&s->closed, 1);
    g_assert_cmpint(s->heard, ==, sent);
    stop(s);
}

static void send_too_much(gpointer data)
{
    stage *s = data;
    g_autofree guint8 *much = g_malloc0(1 << 20);
    for (int i = 0; i < 20 && s->last; i++)
        raw_send(s->last, much, (1 << 20) - 1);
}

static void a_peer_that_does_not_read_is_closed(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->port);
    wait_until(&s->opened, 1);
    net_post(s->running->net, send_too_much, s);
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

static void close_last(gpointer data)
{
    stage *s = data;
    g_autofree guint8 *much = g_malloc0(1 << 20);
    for (int i = 0; i < 5; i++)
        raw_send(s->last, much, 1 << 19);
    raw_close(s->last);
}

static void a_closing_peer_that_does_not_read_is_dropped_in_the_end(void)
{
    stage *s = start(clock_new_fake(1000, 1700000000000));
    int fd = client(s->port);
    wait_until(&s->opened, 1);
    net_post(s->running->net, close_last, s);
    g_usleep(100000);
    clock_advance_ms(s->running->clock, 6000);
    wait_until(&s->closed, 1);
    close(fd);
    stop(s);
}

static void a_taken_port_is_one_clear_error(void)
{
    stage *s = start(clock_new_system());
    base_clock *clock = clock_new_system();
    net *other = net_new(&(net_options){.bind = "127.0.0.1"}, clock, NULL);
    g_autoptr(GError) error = NULL;
    int port = 0;
    g_assert_false(net_raw_listen(other, "127.0.0.1", s->port, &ops, s, &port, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    net_free(other);
    clock_free(clock);
    stop(s);
}

static void stopping_closes_what_is_open(void)
{
    stage *s = start(clock_new_system());
    int fd = client(s->port);
    wait_until(&s->opened, 1);
    stop(s);
    g_assert_true(is_closed(fd));
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/raw/" #name, name)
    TEST(bytes_go_both_ways);
    TEST(what_is_queued_is_sent_before_the_close);
    TEST(a_paused_socket_holds_its_sender_back);
    TEST(a_peer_that_does_not_read_is_closed);
    TEST(a_closing_peer_that_does_not_read_is_dropped_in_the_end);
    TEST(a_taken_port_is_one_clear_error);
    TEST(stopping_closes_what_is_open);
    return g_test_run();
}
