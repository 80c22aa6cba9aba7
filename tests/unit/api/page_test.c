/* The built page as browsers get it: addresses, codings, caching, policy. */
#include "api/api.h"

#include "asking.h"

typedef struct {
    base_clock *clock;
    net *net;
    api *api;
    GThread *loop;
    char *dir;
} house;

static void put(const house *h, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(h->dir, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void put_page(const house *h)
{
    g_autofree char *assets = g_build_filename(h->dir, "assets", NULL);
    g_mkdir(assets, 0700);
    put(h, "index.html", "<html>shell</html>");
    put(h, "index.html.br", "br shell");
    put(h, "icon.svg", "<svg/>");
    put(h, "csp.txt", "'sha256-abc='\n");
    put(h, "assets/main-1.js", "plain code");
    put(h, "assets/main-1.js.br", "br code");
    put(h, "assets/main-1.js.gz", "gz code");
    put(h, "assets/main-1.js.map", "map");
}

static void open_net(house *h)
{
    const net_options at = {.bind = "127.0.0.1"};
    g_autoptr(GError) error = NULL;
    h->clock = clock_new_system();
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    const api_parts parts = {.net = h->net, .clock = h->clock, .web_dir = h->dir};
    h->api = api_new(&parts);
    api_page(h->api);
    h->loop = g_thread_new("loop", run_net, h->net);
}

static void setup(house *h, gconstpointer built)
{
    h->dir = g_dir_make_tmp("page-test-XXXXXX", NULL);
    if (built)
        put_page(h);
    open_net(h);
}

static void teardown(house *h, gconstpointer built)
{
    (void)built;
    net_stop(h->net);
    g_thread_join(h->loop);
    net_free(h->net);
    api_free(h->api);
    clock_free(h->clock);
    remove_dir(h->dir);
    g_free(h->dir);
}

static void assert_answer(house *h, const char *path, const char *lines, int status,
                          const char *body)
{
    answer a = ask(h->net, "GET", path, lines, NULL);
    g_assert_cmpint(a.status, ==, status);
    g_assert_cmpstr(a.body, ==, body);
    answer_clear(&a);
}

static void every_address_of_the_page_gives_the_shell(house *h, gconstpointer data)
{
    (void)data;
    static const char *const paths[] = {
        "/",          "/c/abc",     "/courses/abc", "/lessons/abc",
        "/sign-in",   "/sign-up",   "/setup",       "/learning",
        "/teach",     "/teach/abc", "/teach?x=1",   "/certificates/abc",
        "/index.html"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        assert_answer(h, paths[i], NULL, 200, "<html>shell</html>");
}

static void an_address_that_cannot_be_gives_the_shell_as_404(house *h, gconstpointer data)
{
    (void)data;
    static const char *const paths[] = {"/nowhere",      "/c/",      "/sign-in/x",
                                        "/wp-admin.php", "/csp.txt", "/index.html.br"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        assert_answer(h, paths[i], NULL, 404, "<html>shell</html>");
}

static void a_program_gets_a_problem_not_the_shell(house *h, gconstpointer data)
{
    (void)data;
    static const char *const paths[] = {"/api/v1/nowhere", "/media/x/y", "/assets/gone.js",
                                        "/assets/main-1.js.map"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        answer a = ask(h->net, "GET", paths[i], NULL, NULL);
        g_autofree char *type = header(&a, "content-type");
        g_assert_cmpint(a.status, ==, 404);
        g_assert_cmpstr(type, ==, "application/problem+json");
        answer_clear(&a);
    }
}

static void the_coding_follows_what_the_browser_accepts(house *h, gconstpointer data)
{
    (void)data;
    static const char path[] = "/assets/main-1.js";
    assert_answer(h, path, NULL, 200, "plain code");
    assert_answer(h, path, "Accept-Encoding: gzip, deflate, br\r\n", 200, "br code");
    assert_answer(h, path, "Accept-Encoding: gzip\r\n", 200, "gz code");
    assert_answer(h, path, "Accept-Encoding: br;q=0, gzip;q=0.5\r\n", 200, "gz code");
    assert_answer(h, path, "Accept-Encoding: brotli\r\n", 200, "plain code");
    answer a = ask(h->net, "GET", path, "Accept-Encoding: br\r\n", NULL);
    g_autofree char *coding = header(&a, "content-encoding");
    g_autofree char *vary = header(&a, "vary");
    g_autofree char *type = header(&a, "content-type");
    g_assert_cmpstr(coding, ==, "br");
    g_assert_cmpstr(vary, ==, "Accept-Encoding");
    g_assert_cmpstr(type, ==, "text/javascript; charset=utf-8");
    answer_clear(&a);
}

static void what_the_browser_has_is_not_sent_again(house *h, gconstpointer data)
{
    (void)data;
    static const char *const paths[] = {"/", "/assets/main-1.js", "/icon.svg", "/api/openapi.json"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        answer a = ask(h->net, "GET", paths[i], NULL, NULL);
        g_autofree char *etag = header(&a, "etag");
        g_assert_cmpint(a.status, ==, 200);
        g_assert_nonnull(etag);
        g_autofree char *had = g_strdup_printf("If-None-Match: \"x\", %s\r\n", etag);
        assert_answer(h, paths[i], had, 304, "");
        answer_clear(&a);
    }
    answer br = ask(h->net, "GET", "/assets/main-1.js", "Accept-Encoding: br\r\n", NULL);
    g_autofree char *etag = header(&br, "etag");
    g_autofree char *had = g_strdup_printf("If-None-Match: %s\r\n", etag);
    assert_answer(h, "/assets/main-1.js", had, 200, "plain code");
    answer_clear(&br);
}

static void assets_stay_and_the_shell_is_asked_for_anew(house *h, gconstpointer data)
{
    (void)data;
    answer shell = ask(h->net, "GET", "/", NULL, NULL);
    answer asset = ask(h->net, "GET", "/assets/main-1.js", NULL, NULL);
    g_autofree char *shell_cache = header(&shell, "cache-control");
    g_autofree char *asset_cache = header(&asset, "cache-control");
    g_autofree char *policy = header(&shell, "content-security-policy");
    g_assert_cmpstr(shell_cache, ==, "no-cache");
    g_assert_cmpstr(asset_cache, ==, "public, max-age=31536000, immutable");
    g_assert_true(g_str_has_prefix(policy, "default-src 'self'; "));
    g_assert_true(g_str_has_suffix(policy, "style-src 'self' 'sha256-abc='"));
    answer_clear(&shell);
    answer_clear(&asset);
}

static void head_is_an_answer_without_its_body(house *h, gconstpointer data)
{
    (void)data;
    answer a = ask(h->net, "HEAD", "/", NULL, NULL);
    g_autofree char *length = header(&a, "content-length");
    g_assert_cmpint(a.status, ==, 200);
    g_assert_cmpstr(length, ==, "18");
    g_assert_cmpuint(a.length, ==, 0);
    answer_clear(&a);
}

static void without_a_built_page_there_is_a_problem(house *h, gconstpointer data)
{
    (void)data;
    answer a = ask(h->net, "GET", "/", NULL, NULL);
    g_assert_cmpint(a.status, ==, 404);
    answer_clear(&a);
}

#define TEST(name, built) g_test_add("/api/" #name, house, built, setup, name, teardown)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(every_address_of_the_page_gives_the_shell, "built");
    TEST(an_address_that_cannot_be_gives_the_shell_as_404, "built");
    TEST(a_program_gets_a_problem_not_the_shell, "built");
    TEST(the_coding_follows_what_the_browser_accepts, "built");
    TEST(what_the_browser_has_is_not_sent_again, "built");
    TEST(assets_stay_and_the_shell_is_asked_for_anew, "built");
    TEST(head_is_an_answer_without_its_body, "built");
    TEST(without_a_built_page_there_is_a_problem, NULL);
    return g_test_run();
}
