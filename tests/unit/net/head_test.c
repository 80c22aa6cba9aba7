#include "net/head.h"

#include <string.h>

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: x\r\n"

static head *parse(const char *text)
{
    gsize length = head_length(text, strlen(text));
    return length > 0 ? head_parse(text, length) : NULL;
}

static void a_head_ends_with_its_first_empty_line(void)
{
    const char text[] = LINE HOST "\r\nbody\r\n\r\n";
    g_assert_cmpuint(head_length(text, strlen(text)), ==, strlen(LINE HOST "\r\n"));
    for (gsize i = 0; i < strlen(LINE HOST "\r\n"); i++)
        g_assert_cmpuint(head_length(text, i), ==, 0);
}

typedef struct {
    const char *target, *path; /* path NULL: refused */
} target_case;

static void targets_are_decoded_or_refused(void)
{
    static const target_case cases[] = {
        {"/", "/"},
        {"/a/b?x=1", "/a/b"},
        {"/%E5%8C%A0+a%2Bb", "/匠+a+b"},
        {"/a%2fb", "/a/b"},
        {"http://host:80/a?b", "/a"},
        {"HTTPS://host/a", "/a"},
        {"http://host", NULL},
        {"*", NULL},
        {"host:443", NULL},
        {"", NULL},
        {"a", NULL},
        {"/a%", NULL},
        {"/a%2", NULL},
        {"/a%gg", NULL},
        {"/a%00b", NULL},
        {"/%00", NULL},
        {"/a%0ab", NULL},
        {"/a/../b", NULL},
        {"/a/%2e%2e", NULL},
        {"/..%2fa", NULL},
        {"/a#b", NULL},
        {"/a\tb", NULL},
        {"/%ff", NULL},
        {"/a b", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("GET %s HTTP/1.1\r\n" HOST "\r\n", cases[i].target);
        head *h = parse(text);
        g_assert_cmpint(h != NULL, ==, cases[i].path != NULL);
        if (h)
            g_assert_cmpstr(head_path(h), ==, cases[i].path);
        head_free(h);
    }
}

typedef struct {
    const char *text;
    bool ok;
} head_case;

static void what_can_be_understood_in_two_ways_is_refused(void)
{
    static const head_case cases[] = {
        {LINE HOST "\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", true},
        {LINE "\r\n", false},
        {"GET / HTTP/1.1\n" HOST "\r\n", false},
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", false},
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", false},
        {" GET / HTTP/1.1\r\n" HOST "\r\n", false},
        {"GET /\r\n" HOST "\r\n", false},
        {"GET / HTTP/1.2\r\n" HOST "\r\n", false},
        {"GET / http/1.1\r\n" HOST "\r\n", false},
        {"G(T / HTTP/1.1\r\n" HOST "\r\n", false},
        {"GETGETGETGETGETGET / HTTP/1.1\r\n" HOST "\r\n", false},
        {"M-SEARCH / HTTP/1.1\r\n" HOST "\r\n", true},
        {LINE HOST HOST "\r\n", false},
        {LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", false},
        {LINE HOST "A: b\r\n c\r\n\r\n", false},
        {LINE HOST "A : b\r\n\r\n", false},
        {LINE HOST ": b\r\n\r\n", false},
        {LINE HOST "A b\r\n\r\n", false},
        {LINE HOST "A: b\nC: d\r\n\r\n", false},
        {LINE HOST "A: b\rC: d\r\n\r\n", false},
        {LINE HOST "A: \x01\r\n\r\n", false},
        {LINE HOST "A:\r\n\r\n", true},
        {LINE HOST "A: \t b \t c \t\r\n\r\n", true},
        {LINE HOST "A: \xe5\x8c\xa0\r\n\r\n", true},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        head *h = parse(cases[i].text);
        if ((h != NULL) != cases[i].ok)
            g_error("case %u", i);
        head_free(h);
    }
    const char nul[] = LINE HOST "A: b\0c\r\n\r\n";
    g_assert_null(head_parse(nul, sizeof nul - 1));
    GString *many = g_string_new(LINE HOST);
    for (int i = 0; i < HEAD_FIELDS_MAX; i++)
        g_string_append(many, "a: b\r\n");
    g_string_append(many, "\r\n");
    g_assert_null(parse(many->str));
    g_string_free(many, TRUE);
}

static void fields_are_found_by_lower_case_names_and_joined(void)
{
    head *h = parse("POST /a HTTP/1.1\r\nHOST: x\r\nX-Many: one\r\nCookie: a=1\r\nx-many:two "
                    "\r\nCookie: b=2\r\n\r\n");
    g_assert_cmpstr(head_method(h), ==, "POST");
    g_assert_cmpstr(head_field(h, "host"), ==, "x");
    g_assert_cmpstr(head_field(h, "x-many"), ==, "one, two");
    g_assert_cmpstr(head_field(h, "cookie"), ==, "a=1; b=2");
    g_assert_null(head_field(h, "x-none"));
    head_free(h);
    head_free(NULL);
}

typedef struct {
    const char *query, *name, *value;
} query_case;

static void queries_are_cut_and_decoded(void)
{
    static const query_case cases[] = {
        {"a=1&b=2", "b", "2"},  {"a=1&b=2", "a", "1"},
        {"a=1", "b", NULL},     {"", "a", NULL},
        {"a", "a", NULL},       {"a=", "a", ""},
        {"ab=1&a=2", "a", "2"}, {"a=%26%3D+%2B", "a", "&= +"},
        {"a=1&a=2", "a", "1"},  {"a=%zz", "a", NULL},
        {"a=%00", "a", NULL},   {"a=%ff", "a", NULL},
        {"a==b", "a", "=b"},    {"&&a=1&", "a", "1"},
        {"x?a=1", "a", NULL},   {"_HLS_msn=12&_HLS_part=3", "_HLS_part", "3"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("GET /?%s HTTP/1.1\r\n" HOST "\r\n", cases[i].query);
        head *h = parse(text);
        g_autofree char *value = head_query(h, cases[i].name);
        g_assert_cmpstr(value, ==, cases[i].value);
        head_free(h);
    }
}

typedef struct {
    const char *fields;
    head_body_kind kind;
    int64_t length;
    bool open;
} body_case;

static void bodies_and_the_end_of_a_connection_are_announced(void)
{
    static const body_case cases[] = {
        {"", HEAD_BODY_NONE, 0, true},
        {"Content-Length: 0\r\n", HEAD_BODY_NONE, 0, true},
        {"Content-Length: 12\r\n", HEAD_BODY_LENGTH, 12, true},
        {"Content-Length: 9223372036854775807\r\n", HEAD_BODY_LENGTH, G_MAXINT64, true},
        {"Content-Length: 9223372036854775808\r\n", HEAD_BODY_WRONG, 0, true},
        {"Content-Length: +1\r\n", HEAD_BODY_WRONG, 0, true},
        {"Content-Length: 1, 1\r\n", HEAD_BODY_WRONG, 0, true},
        {"Content-Length:\r\n", HEAD_BODY_WRONG, 0, true},
        {"Transfer-Encoding: chunked\r\n", HEAD_BODY_CHUNKED, 0, true},
        {"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", HEAD_BODY_WRONG, 0, true},
        {"Connection: close\r\n", HEAD_BODY_NONE, 0, false},
        {"Connection: TE, Close\r\n", HEAD_BODY_NONE, 0, false},
        {"Connection: keep-alive\r\n", HEAD_BODY_NONE, 0, true},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(LINE HOST "%s\r\n", cases[i].fields);
        head *h = parse(text);
        int64_t length;
        g_assert_cmpint(head_body(h, &length), ==, cases[i].kind);
        g_assert_cmpint(length, ==, cases[i].length);
        g_assert_cmpint(head_stays_open(h), ==, cases[i].open);
        head_free(h);
    }
    head *old = parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    g_assert_false(head_stays_open(old));
    head_free(old);
}

static void a_100_is_expected_by_clients_that_know_it(void)
{
    static const head_case cases[] = {
        {LINE HOST "Expect: 100-continue\r\n\r\n", true},
        {LINE HOST "eXPECT: 100-Continue\r\n\r\n", true},
        {LINE HOST "\r\n", false},
        {LINE HOST "Expect: 100-continue2\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        head *h = parse(cases[i].text);
        g_assert_cmpint(head_expects_100(h), ==, cases[i].ok);
        head_free(h);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/head/" #name, name)
    TEST(a_head_ends_with_its_first_empty_line);
    TEST(targets_are_decoded_or_refused);
    TEST(what_can_be_understood_in_two_ways_is_refused);
    TEST(fields_are_found_by_lower_case_names_and_joined);
    TEST(queries_are_cut_and_decoded);
    TEST(bodies_and_the_end_of_a_connection_are_announced);
    TEST(a_100_is_expected_by_clients_that_know_it);
    return g_test_run();
}
