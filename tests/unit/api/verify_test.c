/* The public page of certificates: how often one may look. */
#include "api/verify.h"

#include "asking.h"

#define LOOK "/verify/0123456789abcdef0123456789abcdef"

typedef struct {
    base_clock *clock;
    net *net;
    clerk *clerk;
    api *api;
    GThread *loop;
    char *dir;
} house;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static void setup(house *h, gconstpointer data)
{
    (void)data;
    const net_options at = {.bind = "127.0.0.1"};
    g_autoptr(GError) error = NULL;
    h->clock = clock_new_fake(1000, 1790000000000);
    h->dir = g_dir_make_tmp("verify-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(h->dir, "jiangtang.db", NULL);
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->clerk = clerk_new(path, deliver, h->net, &error);
    g_assert_no_error(error);
    const api_parts parts = {.net = h->net, .clerk = h->clerk, .clock = h->clock};
    h->api = api_new(&parts);
    api_verify(h->api);
    h->loop = g_thread_new("loop", run_net, h->net);
}

static void teardown(house *h, gconstpointer data)
{
    (void)data;
    net_stop(h->net);
    g_thread_join(h->loop);
    clerk_free(h->clerk);
    net_free(h->net);
    api_free(h->api);
    clock_free(h->clock);
    remove_dir(h->dir);
    g_free(h->dir);
}

/* As a proxy on this machine hands it on. */
static int look_from(house *h, const char *address)
{
    g_autofree char *lines = g_strdup_printf("X-Forwarded-For: %s\r\n", address);
    answer a = ask(h->net, "GET", LOOK, lines, NULL);
    answer_clear(&a);
    return a.status;
}

static void all_addresses_of_one_network_share_their_looks(house *h, gconstpointer data)
{
    (void)data;
    for (int i = 0; i < VERIFY_BURST; i++) {
        g_autofree char *address = g_strdup_printf("2001:db8:1:2::%x", i);
        g_assert_cmpint(look_from(h, address), ==, 404);
    }
    g_assert_cmpint(look_from(h, "2001:db8:1:2:ffff::1"), ==, 503);
    g_assert_cmpint(look_from(h, "2001:db8:1:3::1"), ==, 404);
    clock_advance_ms(h->clock, VERIFY_REFILL_MS);
    g_assert_cmpint(look_from(h, "2001:db8:1:2:ffff::1"), ==, 404);
}

#define TEST(name) g_test_add("/api/" #name, house, NULL, setup, name, teardown)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(all_addresses_of_one_network_share_their_looks);
    return g_test_run();
}
