/* The walk of a request: steps in their order and on their threads, who may, and what a failure looks like. */
#include "api/api.h"

#include "asking.h"
#include "storage/storage.h"
#include "title/writer.h"

typedef struct {
    base_clock *clock;
    net *net;
    clerk *clerk;
    pool *pool;
    shelf *shelf;
    storage *storage;
    api *api;
    GThread *loop;
    char *dir;
    char *learner, *admin; /* session tokens */
} house;

/* ---- routes of this test's own ---- */

static GThread *loop_thread; /* the steps know no house */

static void free_trail(gpointer trail)
{
    g_string_free(trail, TRUE);
}

/* Leaves its name in the trail; fails where the path says so. */
static bool step(api_call *call, const char *name, bool on_loop, GError **error)
{
    g_assert_true((g_thread_self() == loop_thread) == on_loop);
    if (!call->data) {
        call->data = g_string_new(NULL);
        call->free_data = free_trail;
    }
    GString *trail = call->data;
    g_string_append_printf(trail, "%s ", name);
    if (g_strcmp0(request_param(call->request, "where"), name) != 0)
        return true;
    g_string_append(call->headers, "X-Half-Done: yes\r\n");
    error_set(error, ERROR_CONFLICT, "stopped_here", NULL, "Stopped at %s", name);
    return false;
}

static bool before(api_call *call, records *db, GError **error)
{
    g_assert_null(db);
    return step(call, "before", true, error);
}

static bool work(api_call *call, records *db, GError **error)
{
    g_assert_nonnull(db);
    return step(call, "work", false, error);
}

static bool slow(api_call *call, records *db, GError **error)
{
    g_assert_null(db);
    return step(call, "slow", false, error);
}

static bool store(api_call *call, records *db, GError **error)
{
    g_assert_nonnull(db);
    return step(call, "store", false, error);
}

static bool after(api_call *call, records *db, GError **error)
{
    g_assert_null(db);
    if (!step(call, "after", true, error))
        return false;
    const GString *trail = call->data;
    call->status = 201;
    call->answer = json_pack("{s:s}", "trail", trail->str);
    return true;
}

static bool who(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer = json_pack("{s:s, s:b}", "login", call->who.login, "body", call->body != NULL);
    return true;
}

static bool nothing(api_call *call, records *db, GError **error)
{
    (void)call, (void)db, (void)error;
    return true;
}

static bool wrong_disk(api_call *call, records *db, GError **error)
{
    (void)call, (void)db;
    error_set(error, ERROR_STORAGE, "storage", NULL, "secret.db is full");
    return false;
}

static bool busy(api_call *call, records *db, GError **error)
{
    (void)call, (void)db;
    error_set(error, ERROR_BUSY, "busy", NULL, "Too much to do");
    return false;
}

/* One that measures for as long as the test wants. */
static GAsyncQueue *measured;

static bool hold(api_call *call, records *db, GError **error)
{
    (void)call, (void)db, (void)error;
    g_async_queue_pop(measured);
    return true;
}

static bool pooled(api_call *call, records *db, GError **error)
{
    (void)call, (void)db, (void)error;
    return g_thread_self() != loop_thread;
}

static const api_route routes[] = {
    {"POST", "/walk/{where}", 0, 100, before, work, slow, store, after},
    {"GET", "/who", .after = who},
    {"POST", "/who", 0, 100, .after = who},
    {"GET", "/admins", ROLE_BIT(ROLE_ADMIN), .after = who},
    {"GET", "/nothing", .before = nothing},
    {"GET", "/disk", .work = wrong_disk},
    {"GET", "/busy", .before = busy},
    {"GET", "/measured", .slow = hold, .slow_on = API_ON_MEASURE},
    {"GET", "/removed", .slow = pooled, .slow_on = API_ON_DISK},
    {"GET", "/pooled", .slow = pooled},
};

/* ---- the house ---- */

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static char *sign_in(house *h, records *db, const char *login, person_role role)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = people_hash("a long password");
    person added;
    char *token = NULL;
    people_add(db, h->clock, login, "张三", role, hash, &added, &error);
    g_assert_no_error(error);
    people_sign_in_end(db, h->clock, &added, "127.0.0.1", hash, &token, &error);
    g_assert_no_error(error);
    return token;
}

static void setup(house *h, gconstpointer data)
{
    (void)data;
    const net_options at = {.bind = "127.0.0.1"};
    g_autoptr(GError) error = NULL;
    h->clock = clock_new_system();
    h->dir = g_dir_make_tmp("api-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(h->dir, "jiangtang.db", NULL);
    records *db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    h->learner = sign_in(h, db, "li.mei", ROLE_LEARNER);
    h->admin = sign_in(h, db, "admin", ROLE_ADMIN);
    records_close(db);
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->pool = pool_new(h->net);
    h->clerk = clerk_new(path, deliver, h->net, &error);
    g_assert_no_error(error);
    const storage_retention kept = {0};
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    h->shelf = shelf_new(titles, h->clock, &error);
    g_assert_no_error(error);
    h->storage = storage_new(h->net, h->clerk, h->shelf, h->clock, h->dir, &kept);
    const api_parts parts = {.net = h->net,
                             .pool = h->pool,
                             .clerk = h->clerk,
                             .shelf = h->shelf,
                             .storage = h->storage,
                             .clock = h->clock,
                             .public_url = "https://school.example"};
    h->api = api_new(&parts);
    api_routes(h->api, routes, G_N_ELEMENTS(routes));
    api_captions(h->api);
    h->loop = loop_thread = g_thread_new("loop", run_net, h->net);
}

static void teardown(house *h, gconstpointer data)
{
    (void)data;
    net_stop(h->net);
    g_thread_join(h->loop);
    clerk_free(h->clerk);
    storage_free(h->storage);
    pool_free(h->pool);
    shelf_free(h->shelf);
    net_free(h->net);
    api_free(h->api);
    clock_free(h->clock);
    remove_dir(h->dir);
    g_free(h->dir);
    g_free(h->learner);
    g_free(h->admin);
}

static json_t *json_of(const answer *a)
{
    json_t *json = json_loadb(a->body, a->length, 0, NULL);
    g_assert_nonnull(json);
    return json;
}

static void assert_word(const answer *a, const char *field, const char *want)
{
    json_t *json = json_of(a);
    g_assert_cmpstr(json_string_value(json_object_get(json, field)), ==, want);
    json_decref(json);
}

static void assert_problem(house *h, const char *method, const char *path, const char *lines,
                           const char *body, int status, const char *code)
{
    answer a = ask(h->net, method, path, lines, body);
    g_autofree char *type = header(&a, "content-type");
    g_assert_cmpint(a.status, ==, status);
    g_assert_cmpstr(type, ==, "application/problem+json");
    assert_word(&a, "code", code);
    answer_clear(&a);
}

static char *bearer(const char *token)
{
    return g_strdup_printf("Authorization: Bearer %s\r\n", token);
}

/* ---- what is promised ---- */

static void steps_run_in_order_each_on_its_thread(house *h, gconstpointer data)
{
    (void)data;
    answer a = ask(h->net, "POST", "/walk/nowhere", NULL, NULL);
    g_autofree char *cache = header(&a, "cache-control");
    g_assert_cmpint(a.status, ==, 201);
    assert_word(&a, "trail", "before work slow store after ");
    g_assert_cmpstr(cache, ==, "no-store");
    answer_clear(&a);
}

static void a_step_that_fails_ends_the_walk_and_its_headers_are_gone(house *h, gconstpointer data)
{
    (void)data;
    static const char *const steps[] = {"before", "work", "slow", "store", "after"};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *path = g_strdup_printf("/walk/%s", steps[i]);
        g_autofree char *detail = g_strdup_printf("Stopped at %s", steps[i]);
        answer a = ask(h->net, "POST", path, NULL, NULL);
        g_autofree char *half = header(&a, "x-half-done");
        g_assert_cmpint(a.status, ==, 409);
        g_assert_null(half);
        assert_word(&a, "detail", detail);
        answer_clear(&a);
    }
}

static void a_role_is_asked_for_and_checked(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *learner = bearer(h->learner);
    g_autofree char *admin = bearer(h->admin);
    g_autofree char *nobody = bearer("0000000000000000000000000000000000000000000");
    assert_problem(h, "GET", "/admins", NULL, NULL, 401, "sign_in");
    assert_problem(h, "GET", "/admins", nobody, NULL, 401, "sign_in");
    assert_problem(h, "GET", "/admins", learner, NULL, 403, "role");
    answer a = ask(h->net, "GET", "/admins", admin, NULL);
    g_assert_cmpint(a.status, ==, 200);
    assert_word(&a, "login", "admin");
    answer_clear(&a);
}

static void a_cookie_and_a_bearer_token_say_who_asks(house *h, gconstpointer data)
{
    (void)data;
    g_autofree char *cookie = g_strdup_printf("Cookie: a=b; jt_session=%s\r\n", h->learner);
    g_autofree char *both = g_strdup_printf("%sAuthorization: Bearer %s\r\n", cookie, h->admin);
    const struct {
        const char *lines, *login;
    } table[] = {
        {NULL, ""}, {cookie, "li.mei"}, {both, "admin"}, {"Cookie: jt_session=old\r\n", ""}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        answer a = ask(h->net, "GET", "/who", table[i].lines, NULL);
        g_assert_cmpint(a.status, ==, 200);
        assert_word(&a, "login", table[i].login);
        answer_clear(&a);
    }
}

static void a_foreign_page_may_not_use_the_visitors_cookie(house *h, gconstpointer data)
{
    (void)data;
    const struct {
        const char *origin;
        bool by_bearer;
        int status;
    } table[] = {
        {NULL, false, 200},
        {"http://localhost", false, 200},
        {"https://localhost", false, 200},
        {"https://school.example", false, 200},
        {"http://localhost:81", false, 403},
        {"http://localhost.evil.example", false, 403},
        {"ftp://localhost", false, 403},
        {"null", false, 403},
        {"https://evil.example", false, 403},
        {"https://evil.example", true, 200},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *origin =
            table[i].origin ? g_strdup_printf("Origin: %s\r\n", table[i].origin) : g_strdup("");
        g_autofree char *lines =
            table[i].by_bearer
                ? g_strdup_printf("%sAuthorization: Bearer %s\r\n", origin, h->learner)
                : g_strdup_printf("%sCookie: jt_session=%s\r\n", origin, h->learner);
        answer a = ask(h->net, "POST", "/who", lines, NULL);
        g_assert_cmpint(a.status, ==, table[i].status);
        answer_clear(&a);
        answer read = ask(h->net, "GET", "/who", lines, NULL);
        g_assert_cmpint(read.status, ==, 200);
        answer_clear(&read);
    }
}

static void a_body_is_json_or_is_refused(house *h, gconstpointer data)
{
    (void)data;
    static const char json[] = "Content-Type: application/json\r\n";
    answer a = ask(h->net, "POST", "/who", "Content-Type: application/json; charset=utf-8\r\n",
                   "{\"a\":1}");
    g_assert_cmpint(a.status, ==, 200);
    answer_clear(&a);
    assert_problem(h, "POST", "/who", json, "{\"a\":1", 400, "body_not_json");
    assert_problem(h, "POST", "/who", json, "[]", 400, "body_not_object");
    assert_problem(h, "POST", "/who", json, "{\"a\":1,\"a\":1}", 400, "duplicate_key");
    assert_problem(h, "POST", "/who", "Content-Type: text/plain\r\n", "{}", 400, "content_type");
    assert_problem(h, "POST", "/who", NULL, "{}", 400, "content_type");
}

static void an_answer_without_content_is_204(house *h, gconstpointer data)
{
    (void)data;
    answer a = ask(h->net, "GET", "/nothing", NULL, NULL);
    g_assert_cmpint(a.status, ==, 204);
    g_assert_cmpuint(a.length, ==, 0);
    answer_clear(&a);
}

static void busy_says_when_to_come_back_and_a_disk_is_not_talked_about(house *h, gconstpointer data)
{
    (void)data;
    answer a = ask(h->net, "GET", "/busy", NULL, NULL);
    g_autofree char *retry = header(&a, "retry-after");
    g_assert_cmpint(a.status, ==, 503);
    g_assert_cmpstr(retry, ==, "1");
    answer_clear(&a);
    a = ask(h->net, "GET", "/disk", NULL, NULL);
    g_assert_cmpint(a.status, ==, 507);
    g_assert_null(strstr(a.body, "secret"));
    answer_clear(&a);
}

/* By a command of the house, say. The clerk waits its ENGINE_BUSY_MS, then says so. */
static void a_database_in_use_is_a_503_that_says_so(house *h, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(h->dir, "jiangtang.db", NULL);
    records *holder = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g_assert_true(records_begin(holder, &error));
    answer a = ask(h->net, "POST", "/walk/nowhere", NULL, NULL);
    g_autofree char *retry = header(&a, "retry-after");
    g_assert_cmpint(a.status, ==, 503);
    assert_word(&a, "code", "database_busy");
    g_assert_cmpstr(retry, ==, "1");
    answer_clear(&a);
    records_rollback(holder);
    records_close(holder);
    a = ask(h->net, "POST", "/walk/nowhere", NULL, NULL);
    g_assert_cmpint(a.status, ==, 201);
    answer_clear(&a);
}

static gpointer ask_measured(gpointer data)
{
    answer a = ask(data, "GET", "/measured", NULL, NULL);
    int status = a.status;
    answer_clear(&a);
    return GINT_TO_POINTER(status);
}

static void what_measures_for_long_keeps_nobody_waiting(house *h, gconstpointer data)
{
    (void)data;
    GThread *clients[POOL_THREADS + 1];
    static const char *const others[] = {"/pooled", "/removed", "/pooled"};
    measured = g_async_queue_new();
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
        clients[i] = g_thread_new("client", ask_measured, h->net);
    while (g_async_queue_length(measured) >= 0) /* until one is at it */
        g_usleep(1000);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        answer a = ask(h->net, "GET", others[i], NULL, NULL);
        g_assert_cmpint(a.status, ==, 204);
        answer_clear(&a);
    }
    g_assert_cmpint(g_async_queue_length(measured), ==, -1); /* one after the other */
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
        g_async_queue_push(measured, h);
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
        g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(clients[i])), ==, 204);
    g_async_queue_unref(measured);
}

static void captions_are_judged_before_anything_of_their_title_is_read(house *h, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    const journal_head head = {360000, 360000, 11, 1700000000000};
    g_autofree char *dir = shelf_title_dir(h->shelf, "title234abcd");
    g_autofree char *admin = bearer(h->admin);
    title_writer_free(title_writer_open(dir, &head, &error));
    g_assert_no_error(error);
    assert_problem(h, "GET", "/api/v1/titles/title234abcd/captions", NULL, NULL, 404,
                   "title_missing");
    assert_problem(h, "GET", "/api/v1/titles/other234abcd/captions", admin, NULL, 404, "no_title");
    assert_problem(h, "GET", "/api/v1/titles/NoId/captions", admin, NULL, 404, "no_title");
    answer a = ask(h->net, "GET", "/api/v1/titles/title234abcd/captions", admin, NULL);
    g_assert_cmpint(a.status, ==, 200);
    answer_clear(&a);
    settle(h->net);
    g_assert_false(shelf_has(h->shelf, "title234abcd"));
}

#define TEST(name) g_test_add("/api/" #name, house, NULL, setup, name, teardown)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(steps_run_in_order_each_on_its_thread);
    TEST(a_step_that_fails_ends_the_walk_and_its_headers_are_gone);
    TEST(a_role_is_asked_for_and_checked);
    TEST(a_cookie_and_a_bearer_token_say_who_asks);
    TEST(a_foreign_page_may_not_use_the_visitors_cookie);
    TEST(a_body_is_json_or_is_refused);
    TEST(an_answer_without_content_is_204);
    TEST(busy_says_when_to_come_back_and_a_disk_is_not_talked_about);
    TEST(a_database_in_use_is_a_503_that_says_so);
    TEST(what_measures_for_long_keeps_nobody_waiting);
    TEST(captions_are_judged_before_anything_of_their_title_is_read);
    return g_test_run();
}
