/* Bodies, fields, error kinds and the page's policy: the parts of the kit without a loop. */
#include "api/api.h"

#include <string.h>

#include "api/body.h"
#include "api/policy.h"

static void a_body_is_one_object_without_doubles(void)
{
    static const struct {
        const char *text, *code;
    } table[] = {
        {"{}", NULL},
        {"{\"a\":{\"b\":[1]}}", NULL},
        {"{\"a\":1,\"a\":2}", "duplicate_key"},
        {"[]", "body_not_object"},
        {"1", "body_not_json"},
        {"{", "body_not_json"},
        {"{} {}", "body_not_json"},
        {"{\"a\":\"\\u0000\"}", "body_not_json"},
        {"{\"a\":\"\xc3\x28\"}", "body_not_json"},
        {"{\"a\":[[[[[[[1]]]]]]]}", NULL},
        {"{\"a\":[[[[[[[[1]]]]]]]]}", "body_not_object"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        json_t *body = body_parse(table[i].text, strlen(table[i].text), &error);
        g_assert_cmpstr(error ? error_code(error) : NULL, ==, table[i].code);
        g_assert_true((body != NULL) == (table[i].code == NULL));
        json_decref(body);
    }
}

static void assert_text(json_t *body, const char *field, const char *code)
{
    const api_call call = {.body = body};
    g_autoptr(GError) error = NULL;
    const char *text = api_text(&call, field, 2, 4, &error);
    g_assert_true((text != NULL) == (code == NULL));
    if (!code)
        return;
    g_assert_cmpstr(error_code(error), ==, code);
    g_assert_cmpstr(error_field(error), ==, field);
    g_assert_cmpint(api_status(error), ==, 400);
}

static void text_is_counted_in_characters_and_named_when_wrong(void)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:i, s:n}", "good", "焊工基础", "long", "焊工基础课",
                             "short", "焊", "number", 1, "null");
    assert_text(body, "good", NULL);
    assert_text(body, "long", "too_long");
    assert_text(body, "short", "too_short");
    assert_text(body, "number", "wrong_type");
    assert_text(body, "null", "wrong_type");
    assert_text(body, "other", "missing");
    assert_text(NULL, "other", "missing");
    json_decref(body);
}

static void assert_integer(json_t *body, const char *field, const char *code)
{
    const api_call call = {.body = body};
    g_autoptr(GError) error = NULL;
    int64_t value = 0;
    g_assert_true(api_integer(&call, field, 1, 1000, &value, &error) == (code == NULL));
    g_assert_cmpstr(error ? error_code(error) : NULL, ==, code);
}

static void whole_numbers_have_a_range(void)
{
    json_t *body = json_pack("{s:i, s:i, s:i, s:i, s:f, s:s}", "least", 1, "most", 1000, "under", 0,
                             "over", 1001, "real", 1.0, "text", "1");
    assert_integer(body, "least", NULL);
    assert_integer(body, "most", NULL);
    assert_integer(body, "under", "out_of_range");
    assert_integer(body, "over", "out_of_range");
    assert_integer(body, "real", "wrong_type");
    assert_integer(body, "text", "wrong_type");
    assert_integer(body, "other", "missing");
    json_decref(body);
}

static void every_kind_of_error_has_its_status(void)
{
    static const struct {
        error_kind kind;
        int status;
    } table[] = {{ERROR_INPUT, 400},   {ERROR_UNKNOWN_PERSON, 401}, {ERROR_DENIED, 403},
                 {ERROR_MISSING, 404}, {ERROR_CONFLICT, 409},       {ERROR_TOO_LARGE, 413},
                 {ERROR_PEER, 502},    {ERROR_BUSY, 503},           {ERROR_STORAGE, 507}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        error_set(&error, table[i].kind, "code", NULL, "A sentence");
        g_assert_cmpint(api_status(error), ==, table[i].status);
    }
    g_autoptr(GError) foreign =
        g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
    g_assert_cmpint(api_status(foreign), ==, 500);
}

static void a_problem_tells_the_person_and_hides_the_house(void)
{
    g_autoptr(GError) input = NULL;
    g_autoptr(GError) disk = NULL;
    error_set(&input, ERROR_INPUT, "too_long", "title", "title is too long");
    error_set(&disk, ERROR_STORAGE, "disk", NULL, "/var/lib/secret.db: disk I/O error");
    g_autoptr(GBytes) told = api_problem(input, 400);
    g_autoptr(GBytes) hidden = api_problem(disk, 507);
    json_t *problem = json_loadb(g_bytes_get_data(told, NULL), g_bytes_get_size(told), 0, NULL);
    g_assert_cmpstr(json_string_value(json_object_get(problem, "code")), ==, "too_long");
    g_assert_cmpstr(json_string_value(json_object_get(problem, "field")), ==, "title");
    g_assert_cmpstr(json_string_value(json_object_get(problem, "detail")), ==, "title is too long");
    g_assert_cmpint(json_integer_value(json_object_get(problem, "status")), ==, 400);
    json_decref(problem);
    g_assert_null(
        g_strstr_len(g_bytes_get_data(hidden, NULL), (gssize)g_bytes_get_size(hidden), "secret"));
}

static void the_policy_takes_hashes_and_nothing_wider(void)
{
    g_autofree char *plain = policy_text(NULL, POLICY_NOWHERE, "wss://a.example", NULL);
    g_autofree char *empty = policy_text("\n", POLICY_NOWHERE, "wss://a.example", NULL);
    g_assert_cmpstr(plain, ==, empty);
    g_assert_null(strstr(plain, "unsafe"));
    g_assert_nonnull(strstr(plain, "; connect-src 'self' wss://a.example; "));
    g_autofree char *hashed =
        policy_text("'sha256-ab+/9=='\n 'sha256-cd='\n", POLICY_NOWHERE, "wss://a.example", NULL);
    g_assert_true(g_str_has_suffix(hashed, "style-src 'self' 'sha256-ab+/9==' 'sha256-cd='"));
    static const char *const wrong[] = {
        "'unsafe-inline'",    "*",          "'sha256-a'; script-src *",
        "sha256-ab",          "'sha256-ab", "'sha256-a b'",
        "https://example.org"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(policy_text(wrong[i], POLICY_NOWHERE, "wss://a.example", &error));
        g_assert_true(error_is(error, ERROR_INPUT));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api/a_body_is_one_object_without_doubles",
                    a_body_is_one_object_without_doubles);
    g_test_add_func("/api/text_is_counted_in_characters_and_named_when_wrong",
                    text_is_counted_in_characters_and_named_when_wrong);
    g_test_add_func("/api/whole_numbers_have_a_range", whole_numbers_have_a_range);
    g_test_add_func("/api/every_kind_of_error_has_its_status", every_kind_of_error_has_its_status);
    g_test_add_func("/api/a_problem_tells_the_person_and_hides_the_house",
                    a_problem_tells_the_person_and_hides_the_house);
    g_test_add_func("/api/the_policy_takes_hashes_and_nothing_wider",
                    the_policy_takes_hashes_and_nothing_wider);
    return g_test_run();
}
