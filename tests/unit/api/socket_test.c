/* The rooms' door: who gets in, who is shown out and with which code. */
#include "api/api.h"

#include <sys/resource.h>

#include "../room/client.h"
#include "api/callers.h"
#include "asking.h"
#include "people/revoked.h"

#define TITLE "klmnopqrst45"

typedef struct {
    base_clock *clock;
    net *net;
    clerk *clerk;
    room_hall *hall;
    pass_key *key;
    revoked *revoked;
    api *api;
    GThread *loop;
    char *dir;
    person li;
} house;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static void add_person(house *h, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = people_hash("a long password");
    records *db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    people_add(db, h->clock, "li.mei", "李梅", ROLE_LEARNER, hash, &h->li, &error);
    g_assert_no_error(error);
    records_close(db);
}

/* Both ends of many sockets are ours. */
static void raise_limits(void)
{
    struct rlimit files;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
    files.rlim_cur = files.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &files), ==, 0);
}

static void setup(house *h, gconstpointer data)
{
    (void)data;
    const net_options at = {.bind = "127.0.0.1"};
    const room_news news = {0};
    g_autoptr(GBytes) secret = g_bytes_new("01234567890123456789012345678901", 32);
    g_autoptr(GError) error = NULL;
    raise_limits();
    h->clock = clock_new_fake(1000, 1790000000000);
    h->dir = g_dir_make_tmp("socket-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(h->dir, "jiangtang.db", NULL);
    add_person(h, path);
    h->key = pass_key_new(secret);
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->clerk = clerk_new(path, deliver, h->net, &error);
    g_assert_no_error(error);
    h->hall = room_hall_new(h->net, h->clerk, h->clock, &news);
    h->revoked = revoked_new();
    const api_parts parts = {.net = h->net,
                             .clerk = h->clerk,
                             .clock = h->clock,
                             .hall = h->hall,
                             .pass_key = h->key,
                             .revoked = h->revoked};
    h->api = api_new(&parts);
    api_socket(h->api);
    h->loop = g_thread_new("loop", run_net, h->net);
}

static void teardown(house *h, gconstpointer data)
{
    (void)data;
    net_stop(h->net);
    g_thread_join(h->loop);
    room_hall_free(h->hall);
    clerk_free(h->clerk);
    net_free(h->net);
    api_free(h->api);
    pass_key_free(h->key);
    revoked_free(h->revoked);
    clock_free(h->clock);
    remove_dir(h->dir);
    g_free(h->dir);
}

static char *join_with(const house *h, int64_t person, pass_role role, const char *title,
                       int64_t lasts_ms)
{
    pass given = {.viewer = 1, .person = person, .role = role};
    given.issued_ms = clock_utc_ms(h->clock);
    given.until_ms = given.issued_ms + lasts_ms;
    g_strlcpy(given.title_id, TITLE, sizeof given.title_id);
    g_autofree char *text = pass_issue(h->key, &given);
    return g_strdup_printf("{\"t\":\"join\",\"title\":\"%s\",\"pass\":\"%s\"}", title, text);
}

static void assert_closed(client *c, int code)
{
    while (c->closed == 0)
        json_decref(hear_any(c));
    g_assert_cmpint(c->closed, ==, code);
    client_free(c);
}

static void assert_shown_out(house *h, const char *first, int code)
{
    client *c = client_new(h->net, "/ws", NULL, 0);
    say_raw(c, first);
    assert_closed(c, code);
}

/* ---- what is promised ---- */

static void a_pass_opens_its_room_under_the_persons_name(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *join = join_with(h, h->li.id, PASS_HOST, TITLE, 1000);
    client *c = client_new(h->net, "/ws", "Origin: http://localhost\r\n", 0);
    say_raw(c, join);
    json_t *welcome = hear(c, "welcome");
    const json_t *you = json_object_get(welcome, "you");
    g_assert_cmpint(number(you, "person"), ==, h->li.id);
    g_assert_cmpstr(word(you, "name"), ==, "李梅");
    g_assert_true(json_is_true(json_object_get(you, "host")));
    json_decref(welcome);
    client_free(c);
}

static void a_guest_is_nobody_and_hosts_nothing(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *join = join_with(h, 0, PASS_HOST, TITLE, 1000);
    client *c = client_new(h->net, "/ws", NULL, 0);
    say_raw(c, join);
    json_t *welcome = hear(c, "welcome");
    const json_t *you = json_object_get(welcome, "you");
    g_assert_cmpint(number(you, "person"), ==, 0);
    g_assert_true(json_is_false(json_object_get(you, "host")));
    json_decref(welcome);
    client_free(c);
}

static void a_pass_that_does_not_fit_is_4403(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *foreign = join_with(h, h->li.id, PASS_VIEWER, "anothertitle", 1000);
    g_autofree char *late = join_with(h, h->li.id, PASS_VIEWER, TITLE, -1);
    g_autofree char *unknown = join_with(h, 12345, PASS_VIEWER, TITLE, 1000);
    assert_shown_out(h, foreign, ROOM_CLOSE_PASS);
    assert_shown_out(h, late, ROOM_CLOSE_PASS);
    assert_shown_out(h, unknown, ROOM_CLOSE_PASS);
    assert_shown_out(h, "{\"t\":\"join\",\"title\":\"" TITLE "\",\"pass\":\"a.b\"}",
                     ROOM_CLOSE_PASS);
    assert_shown_out(h, "{\"t\":\"join\",\"title\":\"" TITLE "\"}", ROOM_CLOSE_PASS);
}

static void who_does_not_join_is_shown_out(house *h, gconstpointer data)
{
    (void)data;
    assert_shown_out(h, "{\"t\":\"say\",\"text\":\"x\"}", ROOM_CLOSE_NO_JOIN);
    assert_shown_out(h, "hello", ROOM_CLOSE_BAD_MESSAGE);
    client *silent = client_new(h->net, "/ws", NULL, 0);
    settle(h->net); /* it has been opened by the clock as it stood */
    clock_advance_ms(h->clock, 10000);
    assert_closed(silent, ROOM_CLOSE_NO_JOIN);
}

static void a_foreign_page_gets_no_socket(house *h, gconstpointer data)
{
    (void)data;
    g_assert_null(client_new(h->net, "/ws", "Origin: https://evil.example\r\n", 0));
}

static bool wait_at_gate(records *db, gpointer gate, GError **error)
{
    (void)db, (void)error;
    g_async_queue_pop(gate);
    return true;
}

static void take_back(gpointer data)
{
    const house *h = data;
    revoked_add(h->revoked, revoked_person(h->li.id), clock_utc_ms(h->clock));
}

static void a_pass_taken_back_while_the_name_is_looked_up_opens_nothing(house *h,
                                                                        gconstpointer data)
{
    (void)data;
    GAsyncQueue *gate = g_async_queue_new();
    g_autofree char *join = join_with(h, h->li.id, PASS_VIEWER, TITLE, 60000);
    g_assert_true(clerk_post(h->clerk, wait_at_gate, NULL, gate, NULL));
    client *c = client_new(h->net, "/ws", NULL, 0);
    say_raw(c, join);
    say_raw(c, "{\"t\":\"say\",\"text\":\"x\"}");
    json_t *refusal = hear(c, "error"); /* it was let through the door and is being looked up */
    g_assert_cmpstr(word(refusal, "code"), ==, "not_ready");
    json_decref(refusal);
    g_assert_true(net_post(h->net, take_back, h));
    settle(h->net);
    g_async_queue_push(gate, gate);
    assert_closed(c, ROOM_CLOSE_PASS);
    g_async_queue_unref(gate);
}

/* As a proxy on this machine hands it on. */
static client *call_from(house *h, const char *network, int host)
{
    g_autofree char *lines = g_strdup_printf("X-Forwarded-For: %s::%x\r\n", network, host);
    client *c = client_new(h->net, "/ws", lines, 0);
    g_assert_nonnull(c);
    return c;
}

static void an_address_with_too_many_sockets_is_told_to_close_some(house *h, gconstpointer data)
{
    (void)data;
    static client *crowd[CALLERS_ADDRESS_MAX];
    for (int i = 0; i < CALLERS_ADDRESS_MAX; i++)
        crowd[i] = call_from(h, "2001:db8:1:2", i);
    assert_closed(call_from(h, "2001:db8:1:2", CALLERS_ADDRESS_MAX), ROOM_CLOSE_FULL);
    client *other = call_from(h, "2001:db8:1:3", 1);
    g_autofree char *join = join_with(h, h->li.id, PASS_VIEWER, TITLE, 1000);
    say_raw(other, join);
    json_decref(hear(other, "welcome"));
    say_raw(crowd[0], "nothing of ours");
    assert_closed(crowd[0], ROOM_CLOSE_BAD_MESSAGE);
    settle(h->net);
    client *next = call_from(h, "2001:db8:1:2", 1);
    say_raw(next, join);
    json_decref(hear(next, "welcome"));
    client_free(next);
    client_free(other);
    for (int i = 1; i < CALLERS_ADDRESS_MAX; i++)
        client_free(crowd[i]);
}

static void leaving_while_the_name_is_looked_up_hurts_nobody(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *join = join_with(h, h->li.id, PASS_VIEWER, TITLE, 60000);
    for (int i = 0; i < 40; i++) {
        client *c = client_new(h->net, "/ws", NULL, 0);
        say_raw(c, join);
        say_raw(c, "{\"t\":\"say\",\"text\":\"x\"}");
        client_free(c);
    }
    client *c = client_new(h->net, "/ws", NULL, 0);
    say_raw(c, join);
    json_decref(hear(c, "welcome"));
    client_free(c);
}

#define TEST(name) g_test_add("/api/" #name, house, NULL, setup, name, teardown)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_pass_opens_its_room_under_the_persons_name);
    TEST(a_guest_is_nobody_and_hosts_nothing);
    TEST(a_pass_that_does_not_fit_is_4403);
    TEST(who_does_not_join_is_shown_out);
    TEST(a_foreign_page_gets_no_socket);
    TEST(a_pass_taken_back_while_the_name_is_looked_up_opens_nothing);
    TEST(an_address_with_too_many_sockets_is_told_to_close_some);
    TEST(leaving_while_the_name_is_looked_up_hurts_nobody);
    return g_test_run();
}
