#include "net/router.h"

#include <string.h>

static router *sample(void)
{
    static const char *const patterns[][2] = {
        {"GET", "/"},
        {"GET", "/a"},
        {"POST", "/a"},
        {"GET", "/a/{x}"},
        {"GET", "/a/{x}/end"},
        {"GET", "/a/literal"},
        {"DELETE", "/a/literal"},
        {"GET", "/a/b/c"},
        {"GET", "/m/{title}/{rest...}"},
        {"GET", "/m/{title}/special"},
        {"HEAD", "/own"},
        {"GET", "/own"},
    };
    router *r = router_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++)
        router_add(r, patterns[i][0], patterns[i][1], (gpointer)patterns[i][1]);
    return r;
}

typedef struct {
    const char *method, *path, *pattern, *values; /* pattern NULL: none, "-": other method */
} route_case;

static void the_most_literal_route_is_found(void)
{
    static const route_case cases[] = {
        {"GET", "/", "/", ""},
        {"GET", "/a", "/a", ""},
        {"POST", "/a", "/a", ""},
        {"HEAD", "/a", "/a", ""},
        {"PUT", "/a", "-", ""},
        {"GET", "/a/1", "/a/{x}", "1"},
        {"GET", "/a/literal", "/a/literal", ""},
        {"DELETE", "/a/literal", "/a/literal", ""},
        {"DELETE", "/a/other", "-", ""},
        {"GET", "/a/b/c", "/a/b/c", ""},
        {"GET", "/a/b/end", "/a/{x}/end", "b"}, /* the literal branch is a dead end */
        {"GET", "/a/b", "/a/{x}", "b"},
        {"GET", "/a/", NULL, ""},
        {"GET", "/a//end", NULL, ""},
        {"GET", "/a/1/2/3", NULL, ""},
        {"GET", "/m/t1/480p/index.m3u8", "/m/{title}/{rest...}", "t1 480p/index.m3u8"},
        {"GET", "/m/t1/special", "/m/{title}/special", "t1"},
        {"GET", "/m/t1/special/x", "/m/{title}/{rest...}", "t1 special/x"},
        {"GET", "/m/t1/", "/m/{title}/{rest...}", "t1 "},
        {"GET", "/m/t1", NULL, ""},
        {"GET", "/m//x", NULL, ""},
        {"GET", "/none", NULL, ""},
        {"GET", "none", NULL, ""},
        {"GET", "", NULL, ""},
    };
    router *r = sample();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const route_case *c = &cases[i];
        router_match match;
        router_verdict verdict = router_find(r, c->method, c->path, &match);
        if (!c->pattern || strcmp(c->pattern, "-") == 0) {
            g_assert_cmpint(verdict, ==, c->pattern ? ROUTER_OTHER_METHOD : ROUTER_NONE);
            continue;
        }
        g_assert_cmpint(verdict, ==, ROUTER_FOUND);
        g_assert_cmpstr(match.target, ==, c->pattern);
        g_autoptr(GString) values = g_string_new(NULL);
        for (guint v = 0; match.names[v]; v++) {
            g_string_append(values, v > 0 ? " " : "");
            g_string_append_len(values, match.values[v].text, match.values[v].length);
        }
        g_assert_cmpstr(values->str, ==, c->values);
    }
    router_free(r);
}

static void allow_names_every_method_of_the_path(void)
{
    router *r = sample();
    g_autofree char *a = router_allow(r, "/a");
    g_assert_cmpstr(a, ==, "GET, HEAD, POST");
    g_autofree char *literal = router_allow(r, "/a/literal");
    g_assert_nonnull(strstr(literal, "DELETE"));
    g_autofree char *none = router_allow(r, "/none");
    g_assert_cmpstr(none, ==, "");
    router_free(r);
    router_free(NULL);
}

static void a_very_deep_path_ends_in_a_rest_or_nowhere(void)
{
    router *r = sample();
    GString *path = g_string_new("/m/t");
    for (int i = 0; i < 500; i++)
        g_string_append(path, "/x");
    router_match match;
    g_assert_cmpint(router_find(r, "GET", path->str, &match), ==, ROUTER_FOUND);
    g_string_erase(path, 0, 4);
    g_assert_cmpint(router_find(r, "GET", path->str, &match), ==, ROUTER_NONE);
    g_string_free(path, TRUE);
    router_free(r);
}

typedef struct {
    const char *path;
    gsize length;
    bool ok;
} path_case;

static void paths_we_are_willing_to_look_at(void)
{
#define P(text, ok)                                                                                \
    {                                                                                              \
        text, sizeof text - 1, ok                                                                  \
    }
    static const path_case cases[] = {
        P("/", true),          P("/a/b.c", true),  P("/匠堂/课", true), P("/a/..b/c..", true),
        P("/a/...", true),     P("", false),       P("a", false),       P("/a/..", false),
        P("/../a", false),     P("/a/./b", false), P("/a\0b", false),   P("/a\nb", false),
        P("/a\x7f", false),    P("/\xff", false),  P("/.", false),      P("/a/../b", false),
        P("/\xe5\x8c", false),
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(router_path_ok(cases[i].path, cases[i].length), ==, cases[i].ok);
    g_autofree char *limit = g_strnfill(ROUTER_PATH_MAX + 1, 'a');
    limit[0] = '/';
    g_assert_true(router_path_ok(limit, ROUTER_PATH_MAX));
    g_assert_false(router_path_ok(limit, ROUTER_PATH_MAX + 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/router/" #name, name)
    TEST(the_most_literal_route_is_found);
    TEST(allow_names_every_method_of_the_path);
    TEST(a_very_deep_path_ends_in_a_rest_or_nowhere);
    TEST(paths_we_are_willing_to_look_at);
    return g_test_run();
}
