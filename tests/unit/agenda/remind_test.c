/* The reminders hook: told once of a class and a time, over restarts too, of the right people. */
#include "agenda/remind.h"

#include <signal.h>

#include "crew_on_net.h"
#include "ground.h"

#define LEAD_MS (15 * MINUTE_MS)
#define TURN_MS 20
#define PATIENCE_US (30 * G_USEC_PER_SEC)

/* A loop with a clerk, a pool and the hook, on a ground. */
typedef struct {
    ground *ground;
    net *net;
    clerk *clerk;
    pool *pool;
    readers *readers;
    remind *remind;
    guint wanted; /* calls of the hook */
    int rests;    /* turns that it was left alone after them */
    int64_t began_us;
} house;

static void deliver(gpointer net, void (*fn)(gpointer data), gpointer data)
{
    net_post(net, fn, data);
}

/* A hook that keeps what it is given in call-<n>, whole only. */
static char *hook_of(const ground *g, const char *end)
{
    char *path = g_build_filename(g->dir, "hook.sh", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd '%s'\nt=$(mktemp part-XXXXXX)\ncat >$t\n"
                                            "n=$(ls | grep -c '^call-')\nmv $t call-$n\n%s\n",
                                            g->dir, end);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0700);
    return path;
}

static guint calls(const ground *g)
{
    guint n = 0;
    g_autoptr(GDir) folder = g_dir_open(g->dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));)
        n += g_str_has_prefix(name, "call-");
    return n;
}

static char *call_of(const ground *g, guint n)
{
    g_autofree char *path = g_strdup_printf("%s/call-%u", g->dir, n);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void turn(gpointer data)
{
    house *h = data;
    if (g_get_monotonic_time() - h->began_us > PATIENCE_US)
        g_error("waited too long for %u calls: %u", h->wanted, calls(h->ground));
    if (calls(h->ground) >= h->wanted && h->rests-- == 0)
        net_stop(h->net);
}

/* A whole life of the house: until the hook was called so often in all, and a while longer. */
static void live_until(ground *g, const char *program, guint wanted)
{
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    house h = {.ground = g, .wanted = wanted, .rests = 15, .began_us = g_get_monotonic_time()};
    h.net = net_new(&at, g->clock, NULL);
    h.clerk = clerk_new(g->path, deliver, h.net, NULL);
    h.pool = pool_new(h.net);
    h.readers = readers_new(g->path);
    const crew_loop loop = crew_on_net(h.net);
    const remind_parts parts = {.net = h.net,
                                .pool = h.pool,
                                .clerk = h.clerk,
                                .readers = h.readers,
                                .clock = g->clock,
                                .loop = &loop,
                                .program = program,
                                .public_url = "http://h",
                                .lead_ms = LEAD_MS};
    h.remind = remind_new(&parts);
    net_timer *turns = net_timer_new(h.net, TURN_MS, TURN_MS, turn, &h);
    net_run(h.net);
    net_timer_free(turns);
    remind_stop(h.remind);
    clerk_free(h.clerk);
    pool_free(h.pool);
    remind_free(h.remind);
    readers_free(h.readers);
    net_free(h.net);
    g_assert_cmpuint(calls(g), ==, wanted);
}

static void a_class_is_told_of_once_also_over_a_restart(void)
{
    ground g = ground_open();
    g_autofree char *hook = hook_of(&g, "exit 0");
    live_class is = ground_class(&g, "平焊", COURSE, NOW_MS + 10 * MINUTE_MS);
    g_assert_true(reminder_set(g.db, g.clock, is.id, LI, NULL));
    g_assert_true(reminder_set(g.db, g.clock, is.id, CHEN, NULL)); /* enrolled, too: told of once */
    live_until(&g, hook, 1);
    live_until(&g, hook, 1);
    g_autofree char *text = call_of(&g, 0);
    g_autofree char *wanted = g_strdup_printf(
        "{\"class\":\"%s\",\"title\":\"平焊\",\"planned_ms\":%" G_GINT64_FORMAT
        ",\"url\":\"http://h/c/%s\",\"people\":[{\"id\":11,\"login\":\"chen\",\"name\":\"陈静\"},"
        "{\"id\":12,\"login\":\"li\",\"name\":\"李梅\"}],\"more\":false}",
        is.id, is.planned_ms, is.id);
    g_assert_cmpstr(text, ==, wanted);
    ground_close(&g);
}

static void a_moved_class_is_told_of_again(void)
{
    ground g = ground_open();
    g_autofree char *hook = hook_of(&g, "exit 0");
    live_class is = ground_class(&g, "平焊", COURSE, NOW_MS + 10 * MINUTE_MS);
    live_until(&g, hook, 1);
    ground_move(&g, &is, NOW_MS + 12 * MINUTE_MS);
    live_until(&g, hook, 2);
    ground_move(&g, &is, NOW_MS + 60 * MINUTE_MS);
    live_until(&g, hook, 2);
    ground_close(&g);
}

static void only_what_is_planned_and_near_is_told_of(void)
{
    ground g = ground_open();
    g_autofree char *hook = hook_of(&g, "exit 0");
    ground_class(&g, "远", COURSE, NOW_MS + LEAD_MS + 1);
    live_class begun = ground_class(&g, "早", COURSE, NOW_MS + MINUTE_MS);
    live_class cut = ground_class(&g, "停", COURSE, NOW_MS + MINUTE_MS);
    ground_state(&g, &begun, CLASS_ON_AIR);
    g_assert_true(live_class_cut(g.db, g.clock, cut.id, "x", NULL));
    live_until(&g, hook, 0);
    clock_advance_ms(g.clock, 1);
    live_until(&g, hook, 1);
    clock_advance_ms(g.clock, 60 * MINUTE_MS);
    live_until(&g, hook, 1);
    ground_close(&g);
}

static void a_hook_that_fails_is_not_called_again_and_the_next_class_has_its_turn(void)
{
    ground g = ground_open();
    g_autofree char *hook = hook_of(&g, "exit 3");
    ground_class(&g, "一", COURSE, NOW_MS + MINUTE_MS);
    ground_class(&g, "二", COURSE, NOW_MS + 2 * MINUTE_MS);
    live_until(&g, hook, 2);
    live_until(&g, "/nonexistent/hook", 2);
    live_until(&g, hook, 2);
    ground_class(&g, "三", COURSE, NOW_MS + 3 * MINUTE_MS);
    live_until(&g, "/nonexistent/hook", 2);
    live_until(&g, hook, 2);
    ground_close(&g);
}

static void many_people_come_by_pages_and_only_so_many(void)
{
    ground g = ground_open();
    g_autofree char *hook = hook_of(&g, "exit 0");
    g_assert_true(records_begin(g.db, NULL));
    for (int64_t i = 0; i < REMIND_PEOPLE_MAX + REMIND_PEOPLE_PAGE; i++) {
        g_autofree char *login = g_strdup_printf("p%" G_GINT64_FORMAT, i);
        ground_person(&g, 1000 + i, login, "众");
        ground_enrol(&g, 1000 + i);
    }
    g_assert_true(records_commit(g.db, NULL));
    ground_class(&g, "大课", COURSE, NOW_MS + MINUTE_MS);
    live_until(&g, hook, 1);
    g_autofree char *text = call_of(&g, 0);
    g_auto(GStrv) people = g_strsplit(text, "\"login\":", -1);
    guint told = g_strv_length(people) - 1;
    g_assert_cmpuint(told, ==, REMIND_PEOPLE_MAX);
    g_assert_nonnull(strstr(text, "\"login\":\"chen\""));
    g_assert_null(strstr(text, "\"login\":\"zhou\""));
    g_assert_true(g_str_has_suffix(text, "\"more\":true}"));
    ground_close(&g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN); /* as the server does */
#define TEST(name) g_test_add_func("/remind/" #name, name)
    TEST(a_class_is_told_of_once_also_over_a_restart);
    TEST(a_moved_class_is_told_of_again);
    TEST(only_what_is_planned_and_near_is_told_of);
    TEST(a_hook_that_fails_is_not_called_again_and_the_next_class_has_its_turn);
    TEST(many_people_come_by_pages_and_only_so_many);
    return g_test_run();
}
