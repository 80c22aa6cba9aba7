/* What members send, and the history newcomers get. */
#include "room/incoming.h"

#include <stdbool.h>
#include <string.h>

#include "room/history.h"

static void only_one_object_with_a_kind_is_a_message(void)
{
    static const struct {
        const char *text;
        bool taken;
    } table[] = {
        {"{\"t\":\"say\"}", true},
        {" {\"t\":\"x\",\"more\":[1,{}]} ", true},
        {"", false},
        {"{}", false},
        {"[\"t\"]", false},
        {"{\"t\":1}", false},
        {"{\"t\":null}", false},
        {"{\"t\":\"say\"", false},
        {"{\"t\":\"say\"}{\"t\":\"say\"}", false},
        {"{\"t\":\"say\",\"t\":\"hand\"}", false},
        {"{\"t\":\"a\\u0000b\"}", false},
        {"{\"t\":\"\xff\"}", false},
        {"{\"t\":\"say\",\"n\":99999999999999999999}", false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *kind;
        json_t *message = incoming_parse(table[i].text, strlen(table[i].text), &kind);
        g_assert_true((message != NULL) == table[i].taken);
        g_assert_true((kind != NULL) == table[i].taken || !message);
        json_decref(message);
    }
}

static void deep_nesting_is_refused_not_followed(void)
{
    GString *deep = g_string_new("{\"t\":\"x\",\"a\":");
    for (int i = 0; i < 8000; i++)
        g_string_append_c(deep, '[');
    const char *kind;
    g_assert_null(incoming_parse(deep->str, deep->len, &kind));
    g_string_free(deep, TRUE);
}

static void words_are_trimmed_or_refused_with_a_code(void)
{
    static const struct {
        const char *text, *words, *code;
    } table[] = {
        {"你好", "你好", NULL},
        {"  a b \t", "a b", NULL},
        {"\u3000两端\u3000", "两端", NULL},
        {"a", "a", NULL},
        {"👩‍🏭", "👩‍🏭", NULL},
        {"<b>&\"", "<b>&\"", NULL},
        {"", NULL, "empty"},
        {"   ", NULL, "empty"},
        {"\u200b\u200b", NULL, "empty"},
        {"a\nb", NULL, "control_character"},
        {"a\x1b[31m", NULL, "control_character"},
        {"a\xc2\x85"
         "b",
         NULL, "control_character"},
        {"a\u2028b", NULL, "control_character"},
        {"a\u202eb", NULL, "control_character"},
        {"a\u2066b", NULL, "control_character"},
        {"12345678901", NULL, "too_long"},
        {"一二三四五六七八九十百", NULL, "too_long"},
        {"一二三四五六七八九十", "一二三四五六七八九十", NULL},
        {"   1234567890   ", "1234567890", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *code;
        g_autofree char *words = incoming_words(table[i].text, 10, &code);
        g_assert_cmpstr(words, ==, table[i].words);
        g_assert_cmpstr(code, ==, table[i].code);
    }
}

static void a_reference_is_short_text_or_none(void)
{
    g_autofree char *just = g_strnfill(INCOMING_ID_MAX, 'x');
    json_t *message = json_pack("{s:s}", "id", just);
    g_assert_cmpstr(incoming_id(message), ==, just);
    g_autofree char *over = g_strconcat(just, "x", NULL);
    json_object_set_new(message, "id", json_string(over));
    g_assert_null(incoming_id(message));
    json_object_set_new(message, "id", json_integer(1));
    g_assert_null(incoming_id(message));
    json_decref(message);
}

static void history_keeps_the_newest_in_order(void)
{
    history *h = history_new(3);
    g_assert_cmpstr(history_json(h), ==, "[]");
    static const char *const texts[] = {"1", "2", "3", "4"};
    for (int i = 0; i < 4; i++)
        history_add(h, texts[i]);
    g_assert_cmpstr(history_json(h), ==, "[2,3,4]");
    history_add(h, "5");
    g_assert_cmpstr(history_json(h), ==, "[3,4,5]");
    history_free(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/room/only_one_object_with_a_kind_is_a_message",
                    only_one_object_with_a_kind_is_a_message);
    g_test_add_func("/room/deep_nesting_is_refused_not_followed",
                    deep_nesting_is_refused_not_followed);
    g_test_add_func("/room/words_are_trimmed_or_refused_with_a_code",
                    words_are_trimmed_or_refused_with_a_code);
    g_test_add_func("/room/a_reference_is_short_text_or_none", a_reference_is_short_text_or_none);
    g_test_add_func("/room/history_keeps_the_newest_in_order", history_keeps_the_newest_in_order);
    return g_test_run();
}
