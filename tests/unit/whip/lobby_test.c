/* The lobby with real sockets: a publisher outside, a receiver inside, the loop on its own thread. */
#include "ingest/whip/lobby.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "requests.h"

#define PASSWORD "receiverPasswordOfTheTest"
#define PATIENCE_MS 5000
#define NOTHING_MS 150 /* long enough for a packet that should not come */

typedef struct {
    base_clock *clock;
    net *net;
    GThread *thread;
    lobby *lobby;
    int port;
    int receiver; /* its socket */
    uint16_t receiver_port;
    lobby_guest *guest;
} stage;

typedef struct {
    void (*fn)(stage *s);
    stage *stage;
    GMutex lock;
    GCond done;
    bool over;
} errand;

static void run_errand(gpointer data)
{
    errand *e = data;
    e->fn(e->stage);
    g_mutex_lock(&e->lock);
    e->over = true;
    g_cond_signal(&e->done);
    g_mutex_unlock(&e->lock);
}

/* On the loop, and waits for it. */
static void on_loop(stage *s, void (*fn)(stage *s))
{
    errand e = {.fn = fn, .stage = s};
    g_mutex_init(&e.lock);
    g_cond_init(&e.done);
    g_assert_true(net_post(s->net, run_errand, &e));
    g_mutex_lock(&e.lock);
    while (!e.over)
        g_cond_wait(&e.done, &e.lock);
    g_mutex_unlock(&e.lock);
    g_mutex_clear(&e.lock);
    g_cond_clear(&e.done);
}

static int udp_socket(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    const struct timeval patience = {PATIENCE_MS / 1000, 0};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&at, &size), ==, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    *port = ntohs(at.sin_port);
    return fd;
}

static gpointer run_loop(gpointer data)
{
    net_run(data);
    return NULL;
}

static void admit(stage *s)
{
    g_autoptr(GError) error = NULL;
    s->guest = lobby_admit(s->lobby, "us", PASSWORD, s->receiver_port, &error);
    g_assert_no_error(error);
}

static void dismiss(stage *s)
{
    lobby_dismiss(s->guest);
    s->guest = NULL;
}

static void stage_begin(stage *s)
{
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    g_autoptr(GError) error = NULL;
    *s = (stage){.clock = clock_new_system()};
    s->net = net_new(&at, s->clock, &error);
    s->lobby = lobby_new(s->net, "127.0.0.1", 0, &s->port, &error);
    g_assert_no_error(error);
    s->receiver = udp_socket(&s->receiver_port);
    s->thread = g_thread_new("loop", run_loop, s->net);
    on_loop(s, admit);
}

static void stage_end(stage *s)
{
    net_stop(s->net);
    g_thread_join(s->thread);
    lobby_free(s->lobby);
    net_free(s->net);
    clock_free(s->clock);
    close(s->receiver);
}

static int publisher(const stage *s)
{
    uint16_t port;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = udp_socket(&port);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    return fd;
}

static void say(int fd, const void *bytes, gsize size)
{
    g_assert_cmpint(send(fd, bytes, size, 0), ==, (ssize_t)size);
}

static void knock(int fd, const char *user, const char *password)
{
    guint8 packet[512];
    say(fd, packet, make_request(packet, user, password));
}

/* What the receiver hears next, and whom to answer. */
static gsize hear(const stage *s, void *bytes, gsize size, struct sockaddr_in *from)
{
    socklen_t length = sizeof *from;
    ssize_t got = recvfrom(s->receiver, bytes, size, 0, (struct sockaddr *)from, &length);
    g_assert_cmpint(got, >, 0);
    return (gsize)got;
}

static bool hears_nothing(const stage *s)
{
    char byte;
    const struct timeval moment = {0, NOTHING_MS * 1000}, patience = {PATIENCE_MS / 1000, 0};
    setsockopt(s->receiver, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
    bool silent = recv(s->receiver, &byte, 1, 0) < 0;
    setsockopt(s->receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return silent;
}

static void a_signed_request_opens_the_way_both_ways(void)
{
    stage s;
    struct sockaddr_in from;
    char bytes[600];
    stage_begin(&s);
    int outside = publisher(&s);
    knock(outside, "us:them", PASSWORD);
    hear(&s, bytes, sizeof bytes, &from);
    say(outside, "media", 5);
    g_assert_cmpuint(hear(&s, bytes, sizeof bytes, &from), ==, 5);
    g_assert_cmpmem(bytes, 5, "media", 5);
    sendto(s.receiver, "answer", 6, 0, (struct sockaddr *)&from, sizeof from);
    g_assert_cmpint(recv(outside, bytes, sizeof bytes, 0), ==, 6);
    close(outside);
    stage_end(&s);
}

static void a_stranger_is_not_let_in(void)
{
    stage s;
    stage_begin(&s);
    int outside = publisher(&s);
    say(outside, "media", 5);
    knock(outside, "us:them", "a password nobody has told");
    knock(outside, "somebody:else", PASSWORD);
    g_assert_true(hears_nothing(&s));
    say(outside, "media", 5);
    g_assert_true(hears_nothing(&s));
    close(outside);
    stage_end(&s);
}

static void two_publishers_are_two_addresses_to_the_receiver(void)
{
    stage s;
    struct sockaddr_in one, other;
    char bytes[600];
    stage_begin(&s);
    int first = publisher(&s), second = publisher(&s);
    knock(first, "us:them", PASSWORD);
    hear(&s, bytes, sizeof bytes, &one);
    knock(second, "us:them", PASSWORD);
    hear(&s, bytes, sizeof bytes, &other);
    g_assert_cmpuint(one.sin_port, !=, other.sin_port);
    sendto(s.receiver, "to the second", 13, 0, (struct sockaddr *)&other, sizeof other);
    g_assert_cmpint(recv(second, bytes, sizeof bytes, 0), ==, 13);
    close(first);
    close(second);
    stage_end(&s);
}

static void more_addresses_than_a_guest_may_have_push_the_quietest_out(void)
{
    stage s;
    struct sockaddr_in from;
    char bytes[600];
    int many[LOBBY_PATHS_MAX + 1];
    stage_begin(&s);
    for (gsize i = 0; i < G_N_ELEMENTS(many); i++) {
        many[i] = publisher(&s);
        knock(many[i], "us:them", PASSWORD);
        hear(&s, bytes, sizeof bytes, &from);
        g_usleep(2000); /* heard one after another, by the millisecond */
    }
    say(many[0], "gone", 4);
    g_assert_true(hears_nothing(&s));
    say(many[LOBBY_PATHS_MAX], "here", 4);
    g_assert_cmpuint(hear(&s, bytes, sizeof bytes, &from), ==, 4);
    for (gsize i = 0; i < G_N_ELEMENTS(many); i++)
        close(many[i]);
    stage_end(&s);
}

static void who_is_dismissed_is_a_stranger_again(void)
{
    stage s;
    struct sockaddr_in from;
    char bytes[600];
    stage_begin(&s);
    int outside = publisher(&s);
    knock(outside, "us:them", PASSWORD);
    hear(&s, bytes, sizeof bytes, &from);
    on_loop(&s, dismiss);
    say(outside, "media", 5);
    knock(outside, "us:them", PASSWORD);
    g_assert_true(hears_nothing(&s));
    on_loop(&s, admit); /* and the same name may come again */
    knock(outside, "us:them", PASSWORD);
    hear(&s, bytes, sizeof bytes, &from);
    close(outside);
    stage_end(&s);
}

static void admit_twice(stage *s)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(lobby_admit(s->lobby, "us", "another", 9, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
}

static void a_name_is_had_by_one_guest(void)
{
    stage s;
    stage_begin(&s);
    on_loop(&s, admit_twice);
    stage_end(&s);
}

static void check_round_trip(stage *s)
{
    g_assert_cmpint(lobby_round_trip_ms(s->guest), >=, 0);
}

static void the_round_trip_is_read_from_answered_questions(void)
{
    stage s;
    struct sockaddr_in from;
    guint8 packet[600];
    stage_begin(&s);
    int outside = publisher(&s);
    knock(outside, "us:them", PASSWORD);
    hear(&s, packet, sizeof packet, &from);
    gsize size = make_request(packet, "them:us", "the publisher's password");
    sendto(s.receiver, packet, size, 0, (struct sockaddr *)&from, sizeof from);
    g_assert_cmpint(recv(outside, packet, sizeof packet, 0), ==, (ssize_t)size);
    packet[0] = 1; /* a response with the same transaction */
    say(outside, packet, size);
    hear(&s, packet, sizeof packet, &from);
    on_loop(&s, check_round_trip);
    close(outside);
    stage_end(&s);
}

static void a_taken_port_is_said(void)
{
    stage s;
    g_autoptr(GError) error = NULL;
    int bound;
    stage_begin(&s);
    g_assert_null(lobby_new(s.net, "127.0.0.1", s.port, &bound, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    stage_end(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/lobby/" #name, name)
    TEST(a_signed_request_opens_the_way_both_ways);
    TEST(a_stranger_is_not_let_in);
    TEST(two_publishers_are_two_addresses_to_the_receiver);
    TEST(more_addresses_than_a_guest_may_have_push_the_quietest_out);
    TEST(who_is_dismissed_is_a_stranger_again);
    TEST(a_name_is_had_by_one_guest);
    TEST(the_round_trip_is_read_from_answered_questions);
    TEST(a_taken_port_is_said);
    return g_test_run();
}
