/* What the operator writes: addresses and ICE servers. */
#include "ingest/whip/addresses.h"
#include "ingest/whip/ice_servers.h"

#include <string.h>

static char *offered(const char *set, const char *bind, const char *host)
{
    g_auto(GStrv) all = addresses_read(set, NULL);
    g_auto(GStrv) list = addresses_to_offer((const char *const *)all, bind, host);
    return g_strjoinv(" ", list);
}

static void what_is_set_stands_alone(void)
{
    g_autofree char *list = offered(" 192.0.2.7, 2001:db8::1 ", "0.0.0.0", "198.51.100.3:8080");
    g_assert_cmpstr(list, ==, "192.0.2.7 2001:db8::1");
}

static void who_listens_on_one_address_offers_that(void)
{
    g_autofree char *list = offered("", "127.0.0.1", "198.51.100.3");
    g_assert_cmpstr(list, ==, "127.0.0.1");
}

static void who_listens_on_all_offers_the_one_that_was_used_first(void)
{
    g_autofree char *list = offered("", "0.0.0.0", "198.51.100.3:8080");
    g_assert_true(g_str_equal(list, "198.51.100.3") || g_str_has_prefix(list, "198.51.100.3 "));
    g_assert_null(strstr(list, "127.0.0.1"));
    g_autofree char *home = offered("", "0.0.0.0", "localhost:8080");
    g_assert_true(g_str_has_prefix(home, "127.0.0.1"));
    g_autofree char *named = offered("", "0.0.0.0", "class.example.org");
    g_assert_null(strstr(named, "example")); /* names are never looked up */
    g_autofree char *none = offered("", "0.0.0.0", NULL);
    g_assert_cmpuint(strlen(none), >, 0);
}

static void a_name_is_no_address(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(addresses_read("class.example.org", &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    g_assert_nonnull(strstr(error->message, "whip.address"));
    g_assert_null(addresses_read("1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,"
                                 "1.1.1.9",
                                 NULL));
}

static void servers_become_links(void)
{
    g_autofree char *none = ice_servers_read("", NULL);
    g_assert_cmpstr(none, ==, "");
    g_autofree char *two = ice_servers_read(
        "stun:stun.example.org:3478, turn:turn.example.org:3478?transport=udp|zhao|s3cret", NULL);
    g_assert_cmpstr(two, ==,
                    "Link: <stun:stun.example.org:3478>; rel=\"ice-server\"\r\n"
                    "Link: <turn:turn.example.org:3478?transport=udp>; rel=\"ice-server\"; "
                    "username=\"zhao\"; credential=\"s3cret\"; credential-type=\"password\"\r\n");
}

static void what_is_no_server_is_refused(void)
{
    static const char *const wrong[] = {
        "http://example.org",      "stun:a b",      "turn:example.org",     "turn:example.org|user",
        "stun:x\r\nSet-Cookie: y", "turn:x|a\"b|c", "stun:example.org|u|p", "turn:x||"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ice_servers_read(wrong[i], &error));
        g_assert_true(error_is(error, ERROR_INPUT));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/words/" #name, name)
    TEST(what_is_set_stands_alone);
    TEST(who_listens_on_one_address_offers_that);
    TEST(who_listens_on_all_offers_the_one_that_was_used_first);
    TEST(a_name_is_no_address);
    TEST(servers_become_links);
    TEST(what_is_no_server_is_refused);
    return g_test_run();
}
