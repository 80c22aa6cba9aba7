#include "running.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* ---- routes the tests talk to ---- */

static void echo(request *r, gpointer user)
{
    (void)user;
    GString *out = g_string_new(NULL);
    const char *item = request_param(r, "item");
    const char *rest = request_param(r, "rest");
    const char *q = request_query(r, "q");
    const char *cookie = request_cookie(r, "jt");
    const char *odd = request_header(r, "x-odd");
    g_string_printf(out, "%s %s item=%s rest=%s q=%s cookie=%s odd=%s agent=%s body=%zu peer=%s",
                    request_method(r), request_path(r), item, rest, q, cookie, odd,
                    request_header(r, "user-agent"), g_bytes_get_size(request_body(r)),
                    request_peer(r));
    g_autoptr(GBytes) body = g_string_free_to_bytes(out);
    request_reply(r, 200, "text/plain", "X-Mine: 1\r\n", body);
}

static void blob(request *r, gpointer user)
{
    request_reply_blob(r, user);
}

static GBytes *blob_make(void)
{
    g_autoptr(GBytes) body = g_bytes_new_static("shared", 6);
    return net_blob(200, "text/plain", "Cache-Control: no-cache\r\n", body);
}

static running *start(GBytes *shared)
{
    running *s = running_new(clock_new_system());
    net_route(s->net, "GET", "/echo/{item}", 0, echo, NULL);
    net_route(s->net, "POST", "/echo/{item}", 1000, echo, NULL);
    net_route(s->net, "GET", "/files/{rest...}", 0, echo, NULL);
    net_route(s->net, "DELETE", "/echo/{item}", 0, echo, NULL);
    if (shared)
        net_route(s->net, "GET", "/blob", 0, blob, shared);
    running_go(s);
    return s;
}

static char *get(running *s, const char *text)
{
    return ask(s->port, text);
}

static void count(request *r, gpointer user)
{
    g_atomic_int_inc((gint *)user);
    request_reply(r, 200, "text/plain", NULL, NULL);
}

/* Of a sanitizer, if there is one: what the program holds, without what was freed and waits in quarantine. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static gint64 used_bytes(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return (gint64)__sanitizer_get_current_allocated_bytes();
    g_autofree char *text = NULL;
    g_file_get_contents("/proc/self/statm", &text, NULL, NULL);
    return g_ascii_strtoll(strchr(text, ' '), NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* ---- tests ---- */

static void a_request_is_understood_and_answered(void)
{
    running *s = start(NULL);
    g_autofree char *a = get(
        s, "GET /echo/w%C3%BC?x=1&q=a%26b+c HTTP/1.1\r\nHost: x\r\nCookie: a=1; jt=pass.1; z\r\n"
           "X-Odd: yes\r\nUser-Agent: t\r\n\r\n");
    assert_begins(a, "HTTP/1.1 200 OK\r\nDate: ");
    assert_has(a, "\r\nX-Mine: 1\r\n");
    assert_has(a, "\r\nX-Content-Type-Options: nosniff\r\n");
    assert_has(a, "\r\nReferrer-Policy: same-origin\r\n");
    assert_has(a, "GET /echo/wü item=wü rest=(null) q=a&b c cookie=pass.1 odd=yes agent=t body=0 "
                  "peer=127.0.0.1");
    g_autofree char *b = get(s, GET("/files/a/b/c.txt"));
    assert_has(b, "rest=a/b/c.txt");
    running_stop(s);
}

static void a_connection_serves_many_requests_also_when_they_come_at_once(void)
{
    g_autoptr(GBytes) shared = blob_make();
    running *s = start(shared);
    int fd = client(s->port);
    say(fd, GET("/echo/1") GET("/blob") GET("/echo/2") GET("/echo/3"));
    const char *expected[] = {"item=1", "shared", "item=2", "item=3"};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *a = hear_one(fd, NULL);
        assert_has(a, expected[i]);
    }
    for (int i = 0; i < 100; i++) {
        say(fd, GET("/blob"));
        g_autofree char *a = hear_one(fd, NULL);
        assert_begins(a, "HTTP/1.1 200 OK\r\nDate: ");
        assert_has(a, "\r\n\r\nshared");
    }
    close(fd);
    running_stop(s);
}

static void a_request_in_small_pieces_is_one_request(void)
{
    running *s = start(NULL);
    const char text[] = "POST /echo/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    int fd = client(s->port);
    for (gsize i = 0; i < sizeof text - 1; i++) {
        say_bytes(fd, text + i, 1);
        if (i % 7 == 0)
            g_usleep(500);
    }
    g_autofree char *a = hear_one(fd, NULL);
    assert_has(a, "POST /echo/7 item=7");
    assert_has(a, "body=5");
    close(fd);
    running_stop(s);
}

static void bodies_may_come_pipelined(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    say(fd, GET("/echo/1") "POST /echo/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" GET(
                "/echo/3") "POST /echo/4 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
    const char *expected[] = {"item=1", "item=2", "item=3", "item=4"};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        if (i == 3)
            say(fd, "lo");
        g_autofree char *a = hear_one(fd, NULL);
        assert_has(a, expected[i]);
        assert_has(a, i % 2 ? "body=5" : "body=0");
    }
    close(fd);
    running_stop(s);
}

static void head_has_the_length_and_no_body(void)
{
    g_autoptr(GBytes) shared = blob_make();
    running *s = start(shared);
    const char *paths[] = {"/blob", "/echo/1"};
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        int fd = client(s->port);
        g_autofree char *text =
            g_strdup_printf("HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", paths[i]);
        say(fd, text);
        g_autofree char *a = hear_all(fd);
        assert_begins(a, "HTTP/1.1 200 OK\r\n");
        assert_has(a, "\r\nContent-Length: ");
        g_assert_false(strstr(a, "Content-Length: 0") != NULL);
        g_assert_true(g_str_has_suffix(a, "\r\n\r\n"));
        close(fd);
    }
    running_stop(s);
}

static void a_known_path_with_another_method_is_405_with_allow(void)
{
    running *s = start(NULL);
    g_autofree char *a = get(s, "PUT /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    assert_begins(a, "HTTP/1.1 405 ");
    assert_has(a, "\r\nAllow: GET, HEAD, POST, DELETE\r\n");
    assert_has(a, "\"code\":\"method_not_allowed\"");
    running_stop(s);
}

static void an_unknown_path_is_404(void)
{
    running *s = start(NULL);
    g_autofree char *a = get(s, GET("/nothing/here"));
    assert_begins(a, "HTTP/1.1 404 ");
    running_stop(s);
}

static void a_post_needs_no_body(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    say(fd, "POST /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n"
            "POST /echo/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" GET("/echo/3"));
    const char *expected[] = {"item=1", "item=2", "item=3"};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *a = hear_one(fd, NULL);
        assert_has(a, expected[i]);
        assert_has(a, "body=0");
    }
    close(fd);
    running_stop(s);
}

static void a_body_over_the_route_is_413_and_the_answer_arrives(void)
{
    running *s = start(NULL);
    g_autofree char *small =
        get(s, "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    assert_begins(small, "HTTP/1.1 413 ");
    int fd = client(s->port);
    say(fd, "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
    g_autofree char *junk = g_malloc0(1 << 20);
    send(fd, junk, 1 << 20, MSG_NOSIGNAL);
    g_autofree char *a = hear_all(fd);
    assert_begins(a, "HTTP/1.1 413 ");
    assert_has(a, "\r\nConnection: close\r\n");
    close(fd);
    running_stop(s);
}

static void a_small_refused_body_leaves_the_connection_usable(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    g_autofree char *body = g_strnfill(2000, 'x');
    g_autofree char *text =
        g_strdup_printf("POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n%s%s",
                        body, GET("/echo/2"));
    say(fd, text);
    g_autofree char *a = hear_one(fd, NULL);
    g_autofree char *b = hear_one(fd, NULL);
    assert_begins(a, "HTTP/1.1 413 ");
    assert_has(b, "item=2");
    close(fd);
    running_stop(s);
}

typedef struct {
    const char *text, *status;
} bad_case;

static void what_is_no_request_of_ours_is_refused(void)
{
    static const bad_case cases[] = {
        {"GET /echo/%00 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /%00a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/a%0Ab HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/%ff HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/1 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"BREW /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "},
        {"GET /echo/1 HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/1 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/1 HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /echo/1 HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 400 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", "HTTP/1.1 400 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\n", "HTTP/1.1 400 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
         "HTTP/1.1 400 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "HTTP/1.1 411 "},
    };
    running *s = start(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *a = get(s, cases[i].text);
        assert_begins(a, cases[i].status);
        g_autofree char *b = get(s, GET("/echo/still"));
        assert_has(b, "item=still");
    }
    running_stop(s);
}

static void dots_never_climb_out(void)
{
    running *s = start(NULL);
    const char *texts[] = {GET("/files/../../../etc/passwd"),
                           GET("/files/%2e%2e/%2e%2e/etc/passwd"),
                           GET("/files/..%2f..%2fetc/passwd"),
                           GET("/files/a/.."),
                           GET("/files/./x"),
                           GET("/files/.%2e")};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *a = get(s, texts[i]);
        assert_begins(a, "HTTP/1.1 400 ");
    }
    running_stop(s);
}

static void upgrades_we_do_not_know_are_not_heard(void)
{
    static const char *const wanted[] = {"h2c", "websocket", "gopher"};
    running *s = start(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *text = g_strdup_printf(
            "GET /echo/1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n",
            wanted[i]);
        g_autofree char *a = get(s, text);
        assert_begins(a, "HTTP/1.1 200 OK\r\n");
    }
    running_stop(s);
}

static void headers_over_the_limit_are_431(void)
{
    running *s = start(NULL);
    for (int used = 0; used < 2; used++) {
        int fd = client(s->port);
        if (used) {
            say(fd, GET("/echo/1"));
            skip_one(fd);
        }
        g_autofree char *long_value = g_strnfill(NET_HEADERS_MAX + 100, 'h');
        g_autofree char *text =
            g_strdup_printf("GET /echo/1 HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", long_value);
        say(fd, text);
        g_autofree char *a = hear_all(fd);
        assert_begins(a, "HTTP/1.1 431 ");
        assert_has(a, "\"code\":\"headers_too_large\"");
        close(fd);
    }
    running_stop(s);
}

/* A head of so many bytes, its empty line among them. */
static char *head_of(gsize bytes)
{
    const char begin[] = "GET /echo/1 HTTP/1.1\r\nHost: x\r\nX-Odd: ", end[] = "\r\n\r\n";
    g_autofree char *value = g_strnfill(bytes - strlen(begin) - strlen(end), 'h');
    return g_strconcat(begin, value, end, NULL);
}

static void a_head_may_be_as_long_as_the_limit_and_no_longer(void)
{
    running *s = start(NULL);
    for (int over = 0; over < 2; over++)
        for (int used = 0; used < 3; used++) {
            int fd = client(s->port);
            g_autofree char *text = head_of(NET_HEADERS_MAX + over);
            if (used)
                say(fd, GET("/echo/0"));
            if (used == 1)
                skip_one(fd);
            say_bytes(fd, text, 5000);
            g_usleep(5000);
            say(fd, text + 5000);
            if (used == 2)
                skip_one(fd);
            g_autofree char *a = hear_one(fd, NULL);
            assert_begins(a, over ? "HTTP/1.1 431 " : "HTTP/1.1 200 ");
            close(fd);
        }
    running_stop(s);
}

/* What stands behind it would otherwise be read as a request by one of two, not by the other. */
static void behind_a_body_of_unclear_length_nothing_is_read(void)
{
    static const bad_case cases[] = {
        {"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 411 "},
        {"Transfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 411 "},
        {"Transfer-Encoding: identity\r\n\r\n", "HTTP/1.1 411 "},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 "},
        {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 0\r\nContent-Length: 30\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 5, 5\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 0x5\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 18446744073709551616\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 18446744073709551615\r\n\r\n", "HTTP/1.1 400 "},
        {"Content-Length: 9223372036854775807\r\n\r\n", "HTTP/1.1 413 "},
        {"A: b\r\n\tContent-Length: 5\r\n\r\n", "HTTP/1.1 400 "},
    };
    running *s = start(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int fd = client(s->port);
        g_autofree char *text = g_strconcat("POST /echo/1 HTTP/1.1\r\nHost: x\r\n", cases[i].text,
                                            GET("/echo/smuggled"), NULL);
        say(fd, text);
        g_autofree char *a = hear_all(fd);
        assert_begins(a, cases[i].status);
        assert_has(a, "\r\nConnection: close\r\n");
        g_assert_null(strstr(a, "smuggled"));
        g_assert_null(strstr(a + 8, "HTTP/1.1"));
        close(fd);
    }
    running_stop(s);
}

static void many_requests_at_once_are_answered_in_their_order(void)
{
    enum { COUNT = 1000 };
    running *s = start(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < COUNT; i++)
        g_string_append_printf(text,
                               i % 3 ? "GET /echo/n%d HTTP/1.1\r\nHost: x\r\n\r\n"
                                     : "POST /echo/n%d HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                       "7\r\n\r\nGET / H",
                               i);
    int fd = client(s->port);
    say(fd, text->str);
    for (int i = 0; i < COUNT; i++) {
        g_autofree char *a = hear_one(fd, NULL);
        g_autofree char *expected = g_strdup_printf("item=n%d ", i);
        assert_has(a, expected);
    }
    close(fd);
    running_stop(s);
}

static void a_head_request_leaves_the_next_answer_where_it_belongs(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    say(fd, "HEAD /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n"
            "HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /echo/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_autofree char *a = hear_all(fd);
    assert_begins(a, "HTTP/1.1 200 ");
    assert_has(a, "\r\n\r\nHTTP/1.1 404 ");
    assert_has(a, "\r\n\r\nHTTP/1.1 200 ");
    assert_has(a, "item=2");
    g_assert_null(strstr(a, "item=1"));
    g_assert_null(strstr(a, "not_found"));
    close(fd);
    running_stop(s);
}

static void blank_lines_before_a_request_are_dropped_and_not_kept(void)
{
    enum { BYTES = 32 << 20, MOST = 12 << 20 };
    running *s = start(NULL);
    g_autofree char *blank = g_strnfill(1 << 20, '\r');
    for (gsize i = 1; i < 1 << 20; i += 2)
        blank[i] = '\n';
    int fd = client(s->port);
    say(fd, "\r\n\r\n" GET("/echo/0"));
    skip_one(fd);
    gint64 before = used_bytes();
    for (gsize sent = 0; sent < BYTES; sent += 1 << 20)
        say_bytes(fd, blank, 1 << 20);
    g_assert_cmpint(used_bytes() - before, <, MOST);
    say(fd, GET("/echo/1"));
    g_autofree char *a = hear_one(fd, NULL);
    assert_has(a, "item=1");
    close(fd);
    running_stop(s);
}

static void half_a_request_reaches_no_handler(void)
{
    static const char *const halves[] = {
        "G",
        "GET /count HTTP/1.1\r\nHost: x\r\n",
        "GET /count HTTP/1.1\r\nHost: x\r\n\r",
        "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello",
        "\r\n\r\n\r",
    };
    gint calls = 0;
    running *s = running_new(clock_new_system());
    net_route(s->net, "GET", "/count", 0, count, &calls);
    net_route(s->net, "POST", "/count", 1000, count, &calls);
    running_go(s);
    for (guint i = 0; i < G_N_ELEMENTS(halves); i++)
        for (int used = 0; used < 2; used++) {
            int fd = client(s->port);
            say(fd, used ? GET("/none") : "");
            if (used)
                skip_one(fd);
            say(fd, halves[i]);
            shutdown(fd, SHUT_WR);
            g_autofree char *a = hear_all(fd);
            g_assert_cmpstr(a, ==, "");
            close(fd);
        }
    g_autofree char *a = get(s, GET("/count"));
    assert_begins(a, "HTTP/1.1 200 ");
    g_assert_cmpint(g_atomic_int_get(&calls), ==, 1);
    running_stop(s);
}

static void a_whole_request_behind_which_the_client_shuts_is_answered(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    say(fd, GET("/echo/1") GET("/echo/2"));
    shutdown(fd, SHUT_WR);
    g_autofree char *a = hear_all(fd);
    assert_has(a, "item=1");
    assert_has(a, "item=2");
    close(fd);
    running_stop(s);
}

static void a_client_that_says_close_or_http_1_0_is_closed_after_the_answer(void)
{
    running *s = start(NULL);
    const char *texts[] = {"GET /echo/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                           "GET /echo/1 HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n",
                           "GET /echo/1 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        int fd = client(s->port);
        say(fd, texts[i]);
        g_autofree char *a = hear_all(fd);
        assert_has(a, "item=1");
        assert_has(a, "\r\nConnection: close\r\n");
        close(fd);
    }
    running_stop(s);
}

static void an_expected_100_is_sent_before_the_body(void)
{
    running *s = start(NULL);
    int fd = client(s->port);
    say(fd,
        "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    g_autofree char *a = hear_one(fd, NULL);
    g_assert_cmpstr(a, ==, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "abc");
    g_autofree char *b = hear_one(fd, NULL);
    assert_has(b, "body=3");
    close(fd);
    running_stop(s);
}

static void a_100_is_not_sent_where_it_would_be_wrong(void)
{
    static const bad_case cases[] = {
        /* nobody wants that body */
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: "
         "100-continue\r\n\r\n",
         "HTTP/1.1 413 "},
        {"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: "
         "100-continue\r\n\r\n",
         "HTTP/1.1 404 "},
        {"PUT /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: "
         "100-continue\r\n\r\n",
         "HTTP/1.1 405 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: "
         "100-continue\r\n\r\n",
         "HTTP/1.1 411 "},
        /* there is none, or the client is too old, or wants something else */
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 200 "},
        {"POST /echo/1 HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
         "HTTP/1.1 200 "},
        {"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: tea\r\n\r\nabc",
         "HTTP/1.1 200 "},
    };
    running *s = start(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *a = get(s, cases[i].text);
        assert_begins(a, cases[i].status);
    }
    running_stop(s);
}

static void a_taken_port_is_one_clear_error(void)
{
    running *s = start(NULL);
    g_autoptr(GError) error = NULL;
    net *second = net_new(&(net_options){.bind = "127.0.0.1", .port = s->port}, s->clock, &error);
    g_assert_null(second);
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_cmpstr(error_code(error), ==, "port_taken");
    g_autofree char *number = g_strdup_printf("%d", s->port);
    assert_has(error->message, number);
    g_clear_error(&error);
    g_assert_null(net_new(&(net_options){.bind = "not an address"}, s->clock, &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    running_stop(s);
}

static void both_families_are_served_on_one_port(void)
{
    base_clock *clock = clock_new_system();
    net *n = net_new(&(net_options){.bind = "::"}, clock, NULL);
    if (!n) {
        clock_free(clock);
        g_test_skip("no IPv6 here");
        return;
    }
    net_route(n, "GET", "/echo/{item}", 0, echo, NULL);
    GThread *thread = g_thread_new("net", running_loop, n);
    g_autofree char *a = ask(net_port(n), GET("/echo/4"));
    assert_has(a, "peer=127.0.0.1");
    net_stop(n);
    g_thread_join(thread);
    net_free(n);
    clock_free(clock);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/http/" #name, name)
    TEST(a_request_is_understood_and_answered);
    TEST(a_connection_serves_many_requests_also_when_they_come_at_once);
    TEST(a_request_in_small_pieces_is_one_request);
    TEST(bodies_may_come_pipelined);
    TEST(head_has_the_length_and_no_body);
    TEST(a_known_path_with_another_method_is_405_with_allow);
    TEST(an_unknown_path_is_404);
    TEST(a_post_needs_no_body);
    TEST(a_body_over_the_route_is_413_and_the_answer_arrives);
    TEST(a_small_refused_body_leaves_the_connection_usable);
    TEST(what_is_no_request_of_ours_is_refused);
    TEST(dots_never_climb_out);
    TEST(upgrades_we_do_not_know_are_not_heard);
    TEST(headers_over_the_limit_are_431);
    TEST(a_head_may_be_as_long_as_the_limit_and_no_longer);
    TEST(behind_a_body_of_unclear_length_nothing_is_read);
    TEST(many_requests_at_once_are_answered_in_their_order);
    TEST(a_head_request_leaves_the_next_answer_where_it_belongs);
    TEST(blank_lines_before_a_request_are_dropped_and_not_kept);
    TEST(half_a_request_reaches_no_handler);
    TEST(a_whole_request_behind_which_the_client_shuts_is_answered);
    TEST(a_client_that_says_close_or_http_1_0_is_closed_after_the_answer);
    TEST(an_expected_100_is_sent_before_the_body);
    TEST(a_100_is_not_sent_where_it_would_be_wrong);
    TEST(a_taken_port_is_one_clear_error);
    TEST(both_families_are_served_on_one_port);
    return g_test_run();
}
