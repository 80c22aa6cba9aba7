/* How many sockets an address may have: counted by who can have it, and freed by those that close. */
#include "api/callers.h"

static int sockets[4];

static void one_more_than_the_bound_is_refused_until_one_closes(void)
{
    callers *all = callers_new(2);
    g_assert_true(callers_enter(all, &sockets[0], "192.0.2.7"));
    g_assert_true(callers_enter(all, &sockets[1], "::ffff:192.0.2.7"));
    g_assert_false(callers_enter(all, &sockets[2], "192.0.2.7"));
    g_assert_true(callers_enter(all, &sockets[3], "192.0.2.8"));
    callers_leave(all, &sockets[2]); /* was never counted */
    g_assert_false(callers_enter(all, &sockets[2], "192.0.2.7"));
    callers_leave(all, &sockets[1]);
    g_assert_true(callers_enter(all, &sockets[2], "192.0.2.7"));
    callers_free(all);
}

static void a_network_of_ipv6_is_one_address(void)
{
    callers *all = callers_new(1);
    g_assert_true(callers_enter(all, &sockets[0], "2001:db8:1:2::1"));
    g_assert_false(callers_enter(all, &sockets[1], "2001:db8:1:2:ffff::1"));
    g_assert_true(callers_enter(all, &sockets[1], "2001:db8:1:3::1"));
    callers_free(all);
}

static void this_machines_own_are_not_counted(void)
{
    callers *all = callers_new(1);
    for (gsize i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_assert_true(callers_enter(all, &sockets[i], i % 2 ? "127.0.0.1" : "::1"));
    callers_leave(all, &sockets[0]);
    callers_free(all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/callers/" #name, name)
    TEST(one_more_than_the_bound_is_refused_until_one_closes);
    TEST(a_network_of_ipv6_is_one_address);
    TEST(this_machines_own_are_not_counted);
    return g_test_run();
}
