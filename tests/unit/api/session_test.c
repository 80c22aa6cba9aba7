/*
 * The session resources over real HTTP: the loop, the clerk and the pool in a thread of their own.
 */
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"

#define RIGHT "焊工学习要认真呀"

typedef struct {
    char *folder, *path, *setup_token;
    base_clock *clock;
    net *net;
    pool *pool;
    clerk *clerk;
    api *api;
    GThread *loop;
} house;

typedef struct {
    int status;
    char *head;
    json_t *body; /* NULL: none */
} answer;

/* ---- the house ---- */

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static gpointer run_loop(gpointer data)
{
    net_run(data);
    return NULL;
}

static char *take_setup_token(const char *path, base_clock *clock)
{
    char *token = NULL;
    records *db = records_open(path, RECORDS_WRITE, NULL);
    g_assert_true(people_setup_token(db, clock, &token, NULL));
    records_close(db);
    return token;
}

static void set_up(house *h, gconstpointer secure)
{
    g_autoptr(GError) error = NULL;
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    h->folder = g_dir_make_tmp("session-XXXXXX", NULL);
    h->path = g_build_filename(h->folder, "t.db", NULL);
    h->clock = clock_new_system();
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->pool = pool_new(h->net);
    h->clerk = clerk_new(h->path, deliver, h->net, &error);
    g_assert_no_error(error);
    h->setup_token = take_setup_token(h->path, h->clock);
    const api_parts parts = {.net = h->net,
                             .pool = h->pool,
                             .clerk = h->clerk,
                             .clock = h->clock,
                             .public_url = secure ? "https://example.cn" : "http://localhost",
                             .secure_cookies = secure != NULL};
    h->api = api_new(&parts);
    api_session(h->api);
    api_own(h->api);
    h->loop = g_thread_new("loop", run_loop, h->net);
}

static void tear_down(house *h, gconstpointer unused)
{
    (void)unused;
    net_stop(h->net);
    g_thread_join(h->loop);
    clerk_free(h->clerk);
    pool_free(h->pool);
    net_free(h->net);
    api_free(h->api);
    clock_free(h->clock);
    g_unlink(h->path);
    g_rmdir(h->folder);
    g_free(h->setup_token);
    g_free(h->path);
    g_free(h->folder);
}

/* ---- a client ---- */

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    return fd;
}

static answer read_answer(int fd)
{
    g_autoptr(GString) all = g_string_new(NULL);
    char piece[4096];
    for (ssize_t got; (got = read(fd, piece, sizeof piece)) > 0;)
        g_string_append_len(all, piece, got);
    close(fd);
    char *end = strstr(all->str, "\r\n\r\n");
    g_assert_nonnull(end);
    *end = '\0';
    return (answer){.status = atoi(all->str + strlen("HTTP/1.1 ")),
                    .head = g_strdup(all->str),
                    .body = json_loads(end + 4, 0, NULL)};
}

/* One request; `headers` are whole lines or "". */
static answer ask(house *h, const char *method, const char *path, const char *headers,
                  const char *body)
{
    int fd = connect_to(net_port(h->net));
    g_autofree char *text = g_strdup_printf(
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path, headers);
    g_autoptr(GString) whole = g_string_new(text);
    if (body)
        g_string_append_printf(whole, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                               strlen(body));
    g_string_append_printf(whole, "\r\n%s", body ? body : "");
    g_assert_cmpint(write(fd, whole->str, whole->len), ==, (ssize_t)whole->len);
    return read_answer(fd);
}

static void answer_clear(answer *a)
{
    g_free(a->head);
    json_decref(a->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(answer, answer_clear)

static const char *text_of(const answer *a, const char *key)
{
    return json_string_value(json_object_get(a->body, key));
}

static const char *person_text(const answer *a, const char *key)
{
    return json_string_value(json_object_get(json_object_get(a->body, "person"), key));
}

static void assert_problem(const answer *a, int status, const char *code, const char *field)
{
    g_assert_cmpint(a->status, ==, status);
    g_assert_cmpstr(text_of(a, "code"), ==, code);
    g_assert_cmpstr(text_of(a, "field"), ==, field);
    g_assert_nonnull(strstr(a->head, "application/problem+json"));
}

static answer sign_up(house *h, const char *login)
{
    g_autofree char *body =
        g_strdup_printf("{\"login\":\"%s\",\"password\":\"" RIGHT "\",\"name\":\"陈•静\"}", login);
    return ask(h, "POST", "/api/v1/people", "", body);
}

static answer sign_in(house *h, const char *login, const char *password, const char *headers)
{
    g_autofree char *body =
        g_strdup_printf("{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
    return ask(h, "POST", "/api/v1/session", headers, body);
}

static answer me(house *h, const char *kind, const char *token)
{
    g_autofree char *header = g_strdup_printf("%s%s\r\n", kind, token);
    return ask(h, "GET", "/api/v1/me", token ? header : "", NULL);
}

#define BEARER "Authorization: Bearer "
#define COOKIE "Cookie: jt_session="

/* ---- promises ---- */

static void signing_up_signs_in_at_once(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "Chen");
    g_assert_cmpint(up.status, ==, 201);
    g_assert_cmpstr(person_text(&up, "login"), ==, "chen");
    g_assert_cmpstr(person_text(&up, "name"), ==, "陈·静");
    g_assert_cmpstr(person_text(&up, "role"), ==, "learner");
    g_autofree char *cookie = g_strdup_printf(
        "Set-Cookie: jt_session=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000\r\n",
        text_of(&up, "token"));
    g_assert_nonnull(strcasestr(up.head, cookie));
    g_auto(answer) who = me(h, COOKIE, text_of(&up, "token"));
    g_assert_cmpstr(person_text(&who, "login"), ==, "chen");
}

static void a_taken_login_and_bad_fields_are_told_by_code_and_field(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) first = sign_up(h, "chen"), again = sign_up(h, "ＣＨＥＮ"),
                   bad = sign_up(h, "陈静");
    g_assert_cmpint(first.status, ==, 201);
    assert_problem(&again, 409, "login_taken", "login");
    assert_problem(&bad, 400, "login_invalid", "login");
    g_auto(answer) easy = ask(h, "POST", "/api/v1/people", "",
                              "{\"login\":\"zhou\",\"password\":\"12345678\",\"name\":\"周\"}");
    assert_problem(&easy, 400, "password_too_easy", "password");
    g_auto(answer) nameless =
        ask(h, "POST", "/api/v1/people", "", "{\"login\":\"zhou\",\"password\":\"" RIGHT "\"}");
    assert_problem(&nameless, 400, "missing", "name");
    g_auto(answer) empty = ask(h, "POST", "/api/v1/people", "", NULL);
    g_assert_cmpint(empty.status, ==, 400);
}

static void a_right_password_opens_and_a_wrong_one_says_nothing_more(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    g_auto(answer) in = sign_in(h, "ＣＨＥＮ", RIGHT, ""), wrong = sign_in(h, "chen", "wrong", "");
    g_auto(answer) nobody = sign_in(h, "nobody", RIGHT, "");
    g_assert_cmpint(in.status, ==, 200);
    g_assert_cmpstr(text_of(&in, "token"), !=, text_of(&up, "token"));
    assert_problem(&wrong, 401, "sign_in_failed", NULL);
    g_assert_true(json_equal(wrong.body, nobody.body));
    g_auto(answer) who = me(h, BEARER, text_of(&in, "token"));
    g_assert_cmpstr(person_text(&who, "login"), ==, "chen");
    g_assert_null(strcasestr(who.head, "set-cookie")); /* a program needs none */
}

static void guessing_is_answered_503_with_a_time_to_wait(house *h, gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++) {
        g_auto(answer) wrong = sign_in(h, "zhao", "wrong", "");
        g_assert_cmpint(wrong.status, ==, 401);
    }
    g_auto(answer) late = sign_in(h, "zhao", "wrong", "");
    assert_problem(&late, 503, "too_many_attempts", NULL);
    g_assert_nonnull(strcasestr(late.head, "Retry-After: "));
}

static void behind_a_proxy_of_this_machine_its_word_for_the_address_counts(house *h,
                                                                           gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++) {
        g_auto(answer) wrong =
            sign_in(h, "zhao", "wrong", "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n");
        g_assert_cmpint(wrong.status, ==, 401);
    }
    g_auto(answer) same = sign_in(h, "zhao", "wrong", "X-Forwarded-For: 7.7.7.7,192.0.2.1\r\n");
    g_auto(answer) other = sign_in(h, "zhao", "wrong", "X-Forwarded-For: 192.0.2.2\r\n");
    g_assert_cmpint(same.status, ==, 503);
    g_assert_cmpint(other.status, ==, 401);
}

static void signing_out_ends_the_session_and_clears_the_cookie(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    g_autofree char *header = g_strconcat(COOKIE, text_of(&up, "token"), "\r\n", NULL);
    g_auto(answer) out = ask(h, "DELETE", "/api/v1/session", header, NULL);
    g_assert_cmpint(out.status, ==, 204);
    g_assert_nonnull(
        strcasestr(out.head, "jt_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    g_auto(answer) who = me(h, COOKIE, text_of(&up, "token"));
    g_assert_true(json_is_null(json_object_get(who.body, "person")));
    g_assert_nonnull(strcasestr(who.head, "jt_session=; ")); /* a stale cookie is taken away */
    g_auto(answer) again = ask(h, "DELETE", "/api/v1/session", "", NULL);
    g_assert_cmpint(again.status, ==, 204);
}

static void a_foreign_page_can_not_sign_anybody_out(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    g_autofree char *header =
        g_strconcat(COOKIE, text_of(&up, "token"), "\r\nOrigin: https://evil.example\r\n", NULL);
    g_auto(answer) out = ask(h, "DELETE", "/api/v1/session", header, NULL);
    assert_problem(&out, 403, "origin", NULL);
    g_auto(answer) who = me(h, COOKIE, text_of(&up, "token"));
    g_assert_cmpstr(person_text(&who, "login"), ==, "chen");
}

static void the_setup_link_makes_the_first_admin_once(house *h, gconstpointer unused)
{
    (void)unused;
    static const char form[] =
        "{\"token\":\"%s\",\"login\":\"admin\",\"password\":\"" RIGHT "\",\"name\":\"何芳\"}";
    g_auto(answer) before = me(h, "", NULL);
    g_assert_true(json_is_true(json_object_get(before.body, "setup_needed")));
    g_autofree char *wrong_body = g_strdup_printf(form, "wrong"),
                    *body = g_strdup_printf(form, h->setup_token);
    g_auto(answer) wrong = ask(h, "POST", "/api/v1/setup", "", wrong_body);
    assert_problem(&wrong, 403, "setup_invalid", NULL);
    g_auto(answer) made = ask(h, "POST", "/api/v1/setup", "", body);
    g_assert_cmpint(made.status, ==, 201);
    g_assert_cmpstr(person_text(&made, "role"), ==, "admin");
    g_auto(answer) twice = ask(h, "POST", "/api/v1/setup", "", body);
    assert_problem(&twice, 403, "setup_invalid", NULL);
    g_auto(answer) after = me(h, COOKIE, text_of(&made, "token"));
    g_assert_false(json_is_true(json_object_get(after.body, "setup_needed")));
}

/* ---- one's own account ---- */

#define NEXT "焊工学习要更认真"

static answer as(house *h, const char *method, const char *path, const char *token,
                 const char *body)
{
    g_autofree char *header = g_strconcat(BEARER, token, "\r\nUser-Agent: curl/7.88.1\r\n", NULL);
    return ask(h, method, path, header, body);
}

static answer change(house *h, const char *token, const char *current, const char *next)
{
    g_autofree char *body = g_strdup_printf("{\"current\":\"%s\",\"next\":\"%s\"}", current, next);
    return as(h, "POST", "/api/v1/me/password", token, body);
}

static bool is_signed_in(house *h, const char *token)
{
    g_auto(answer) who = me(h, BEARER, token);
    return !json_is_null(json_object_get(who.body, "person"));
}

static void a_password_is_changed_by_who_knows_it_and_ends_other_sessions(house *h,
                                                                          gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen"), other = sign_in(h, "chen", RIGHT, "");
    const char *token = text_of(&up, "token");
    g_auto(answer) wrong = change(h, token, "wrong", NEXT), small = change(h, token, RIGHT, "abc"),
                   none = change(h, token, RIGHT, "");
    assert_problem(&wrong, 403, "password_wrong", "current");
    assert_problem(&small, 400, "password_too_short", "next");
    assert_problem(&none, 400, "too_short", "next");
    g_assert_true(is_signed_in(h, text_of(&other, "token")));
    g_auto(answer) done = change(h, token, RIGHT, NEXT);
    g_assert_cmpint(done.status, ==, 204);
    g_assert_true(is_signed_in(h, token));
    g_assert_false(is_signed_in(h, text_of(&other, "token")));
    g_auto(answer) old = sign_in(h, "chen", RIGHT, ""), fresh = sign_in(h, "chen", NEXT, "");
    assert_problem(&old, 401, "sign_in_failed", NULL);
    g_assert_cmpint(fresh.status, ==, 200);
}

static void a_password_is_not_guessed_from_a_session(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++) {
        g_auto(answer) wrong = change(h, text_of(&up, "token"), "wrong", NEXT);
        g_assert_cmpint(wrong.status, ==, 403);
    }
    g_auto(answer) late = change(h, text_of(&up, "token"), RIGHT, NEXT);
    assert_problem(&late, 503, "too_many_attempts", NULL);
    g_assert_nonnull(strcasestr(late.head, "Retry-After: "));
}

static void a_foreign_page_and_a_guest_change_no_password(house *h, gconstpointer unused)
{
    (void)unused;
    static const char body[] = "{\"current\":\"" RIGHT "\",\"next\":\"" NEXT "\"}";
    g_auto(answer) up = sign_up(h, "chen");
    g_autofree char *header =
        g_strconcat(COOKIE, text_of(&up, "token"), "\r\nOrigin: https://evil.example\r\n", NULL);
    g_auto(answer) foreign = ask(h, "POST", "/api/v1/me/password", header, body);
    assert_problem(&foreign, 403, "origin", NULL);
    g_auto(answer) guest = ask(h, "POST", "/api/v1/me/password", "", body);
    assert_problem(&guest, 401, "sign_in", NULL);
    g_auto(answer) list = ask(h, "GET", "/api/v1/me/sessions", "", NULL);
    assert_problem(&list, 401, "sign_in", NULL);
    g_auto(answer) in = sign_in(h, "chen", RIGHT, "");
    g_assert_cmpint(in.status, ==, 200);
}

static json_t *nth_session(const answer *list, size_t n)
{
    return json_array_get(json_object_get(list->body, "sessions"), n);
}

static void sessions_are_listed_and_ended_one_by_one_or_all_others(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    g_auto(answer) phone = sign_in(h, "chen", RIGHT, "User-Agent: curl/7.88.1\r\n");
    const char *token = text_of(&up, "token");
    g_auto(answer) list = as(h, "GET", "/api/v1/me/sessions", token, NULL);
    g_assert_cmpuint(json_array_size(json_object_get(list.body, "sessions")), ==, 2);
    g_assert_true(json_is_true(json_object_get(nth_session(&list, 0), "present")));
    g_assert_true(json_is_null(json_object_get(nth_session(&list, 0), "browser")));
    const json_t *other = nth_session(&list, 1);
    g_assert_cmpstr(json_string_value(json_object_get(other, "browser")), ==, "program");
    g_autofree char *path =
        g_strconcat("/api/v1/me/sessions/", json_string_value(json_object_get(other, "id")), NULL);
    g_auto(answer) ended = as(h, "DELETE", path, token, NULL),
                   twice = as(h, "DELETE", path, token, NULL);
    g_assert_cmpint(ended.status, ==, 204);
    assert_problem(&twice, 404, "session_missing", NULL);
    g_assert_false(is_signed_in(h, text_of(&phone, "token")));
    g_auto(answer) again = sign_in(h, "chen", RIGHT, "");
    g_auto(answer) all = as(h, "DELETE", "/api/v1/me/sessions", token, NULL);
    g_assert_cmpint(all.status, ==, 204);
    g_assert_true(is_signed_in(h, token));
    g_assert_false(is_signed_in(h, text_of(&again, "token")));
}

static void behind_https_the_cookie_is_secure(house *h, gconstpointer unused)
{
    (void)unused;
    g_auto(answer) up = sign_up(h, "chen");
    g_assert_nonnull(strcasestr(up.head, "; Max-Age=2592000; Secure\r\n"));
}

#define ADD(name) g_test_add("/session/" #name, house, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(signing_up_signs_in_at_once);
    ADD(a_taken_login_and_bad_fields_are_told_by_code_and_field);
    ADD(a_right_password_opens_and_a_wrong_one_says_nothing_more);
    ADD(guessing_is_answered_503_with_a_time_to_wait);
    ADD(behind_a_proxy_of_this_machine_its_word_for_the_address_counts);
    ADD(signing_out_ends_the_session_and_clears_the_cookie);
    ADD(a_foreign_page_can_not_sign_anybody_out);
    ADD(the_setup_link_makes_the_first_admin_once);
    ADD(a_password_is_changed_by_who_knows_it_and_ends_other_sessions);
    ADD(a_password_is_not_guessed_from_a_session);
    ADD(a_foreign_page_and_a_guest_change_no_password);
    ADD(sessions_are_listed_and_ended_one_by_one_or_all_others);
    g_test_add("/session/behind_https_the_cookie_is_secure", house, "https", set_up,
               behind_https_the_cookie_is_secure, tear_down);
    return g_test_run();
}
