/* The shape of a draft: what is filled in, and what is refused at which place. */
#include <string.h>

#include "school/draft.h"

/* JSON with ' for ". */
static json_t *json_of(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    json_error_t where;
    json_t *value = json_loads(quoted, JSON_DECODE_ANY, &where);
    if (!value)
        g_error("%s: %s", where.text, quoted);
    return value;
}

static json_t *shape_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    json_t *given = json_of(text), *made = draft_shape(given, &error);
    g_assert_no_error(error);
    json_decref(given);
    return made;
}

static void an_empty_draft_has_every_field(void)
{
    json_t *made = shape_of("{}");
    json_t *wanted = json_of(
        "{'title': '', 'summary': '', 'occupation': null, 'level': '', 'tags': [],"
        " 'declared_hours': 0, 'hour_minutes': 45, 'rule': {'coverage_permille': 950, 'minutes': 0,"
        " 'general_max_permille': null}, 'modules_required': [], 'masters': [],"
        " 'free_from_ms': null, 'free_until_ms': null, 'cover_asset': '', 'viewing': null,"
        " 'chapters': []}");
    g_assert_true(json_equal(made, wanted));
    json_decref(made);
    json_decref(wanted);
}

static void null_is_as_good_as_nothing(void)
{
    json_t *made = shape_of("{'title': null, 'rule': null, 'tags': null, 'chapters': [{'id': null,"
                            " 'lessons': [{'kind': null, 'asset_id': null}]}]}");
    g_autoptr(GPtrArray) lessons = draft_lessons(made);
    g_assert_cmpuint(lessons->len, ==, 1);
    g_assert_cmpstr(draft_word(lessons->pdata[0], "kind"), ==, "video");
    g_assert_cmpuint(strlen(draft_word(lessons->pdata[0], "id")), ==, SCHOOL_ID_CHARS);
    json_decref(made);
}

static void a_shape_once_right_stays_as_it_is(void)
{
    json_t *once = shape_of(
        "{'title': '焊工', 'declared_hours': 1.5, 'tags': ['a'], 'level': '5', 'occupation': {},"
        " 'masters': [{'name': '王', 'kind': 'heritage'}], 'viewing': {'who': 'enrolled'},"
        " 'chapters': [{'lessons': [{'title': '一', 'module': 'safety'}, {}]}, {}]}");
    json_t *twice = draft_shape(once, NULL);
    g_assert_true(json_equal(once, twice));
    g_assert_cmpint(draft_declared_tenths(once), ==, 15);
    json_decref(once);
    json_decref(twice);
}

static void a_wrong_shape_is_refused_at_its_place(void)
{
    static const struct {
        const char *text, *field, *code;
    } table[] = {
        {"[]", "draft", "wrong_type"},
        {"7", "draft", "wrong_type"},
        {"{'titel': ''}", "draft.titel", "unknown_field"},
        {"{'title': 1}", "draft.title", "wrong_type"},
        {"{'level': '6'}", "draft.level", "unknown_word"},
        {"{'level': 5}", "draft.level", "wrong_type"},
        {"{'tags': 'a'}", "draft.tags", "wrong_type"},
        {"{'tags': [1]}", "draft.tags.0", "wrong_type"},
        {"{'tags': ['','','','','','','','','','','','','','','','','','','','','']}", "draft.tags",
         "too_long"},
        {"{'declared_hours': '1'}", "draft.declared_hours", "wrong_type"},
        {"{'declared_hours': -1}", "draft.declared_hours", "out_of_range"},
        {"{'declared_hours': 1.25}", "draft.declared_hours", "out_of_range"},
        {"{'declared_hours': 1e99}", "draft.declared_hours", "out_of_range"},
        {"{'hour_minutes': 45.0}", "draft.hour_minutes", "wrong_type"},
        {"{'hour_minutes': 1001}", "draft.hour_minutes", "out_of_range"},
        {"{'rule': []}", "draft.rule", "wrong_type"},
        {"{'rule': {'coverage_permille': 1001}}", "draft.rule.coverage_permille", "out_of_range"},
        {"{'rule': {'minutes': -1}}", "draft.rule.minutes", "out_of_range"},
        {"{'rule': {'more': 1}}", "draft.rule.more", "unknown_field"},
        {"{'occupation': '6-18'}", "draft.occupation", "wrong_type"},
        {"{'masters': [{'kind': 'great'}]}", "draft.masters.0.kind", "unknown_word"},
        {"{'viewing': {'who': 'friends'}}", "draft.viewing.who", "unknown_word"},
        {"{'free_until_ms': 'never'}", "draft.free_until_ms", "wrong_type"},
        {"{'chapters': {}}", "draft.chapters", "wrong_type"},
        {"{'chapters': [1]}", "draft.chapters.0", "wrong_type"},
        {"{'chapters': [{'id': 'abc'}]}", "draft.chapters.0.id", "bad_id"},
        {"{'chapters': [{'id': 'ABCDEFGHIJ23'}]}", "draft.chapters.0.id", "bad_id"},
        {"{'chapters': [{'id': 'abcdefghij23'}, {'lessons': [{'id': 'abcdefghij23'}]}]}",
         "draft.chapters.1.lessons.0.id", "id_twice"},
        {"{'chapters': [{}, {'lessons': [{}, {'kind': 'game'}]}]}",
         "draft.chapters.1.lessons.1.kind", "unknown_word"},
        {"{'chapters': [{'lessons': [{'asset_id': 3}]}]}", "draft.chapters.0.lessons.0.asset_id",
         "wrong_type"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        json_t *given = json_of(table[i].text);
        g_assert_null(draft_shape(given, &error));
        g_assert_cmpstr(error_field(error), ==, table[i].field);
        g_assert_cmpstr(error_code(error), ==, table[i].code);
        json_decref(given);
    }
}

static void a_name_without_end_does_not_make_a_path_without_end(void)
{
    g_autofree char *name = g_strnfill(100000, 'x');
    g_autofree char *text = g_strdup_printf("{'%s': 1}", name);
    g_autoptr(GError) error = NULL;
    json_t *given = json_of(text);
    g_assert_null(draft_shape(given, &error));
    g_assert_cmpuint(strlen(error_field(error)), <, 200);
    json_decref(given);
}

static void words_are_counted_in_characters(void)
{
    GString *words = g_string_new(NULL);
    for (int i = 0; i < DRAFT_WORDS_MAX; i++)
        g_string_append(words, "焊");
    json_t *given = json_pack("{s:s}", "title", words->str), *made = draft_shape(given, NULL);
    g_assert_nonnull(made);
    json_decref(made);
    json_decref(given);
    g_string_append(words, "焊");
    given = json_pack("{s:s}", "title", words->str);
    g_assert_null(draft_shape(given, NULL));
    json_decref(given);
    g_string_free(words, TRUE);
}

#define ADD(name) g_test_add_func("/shape/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(an_empty_draft_has_every_field);
    ADD(null_is_as_good_as_nothing);
    ADD(a_shape_once_right_stays_as_it_is);
    ADD(a_wrong_shape_is_refused_at_its_place);
    ADD(a_name_without_end_does_not_make_a_path_without_end);
    ADD(words_are_counted_in_characters);
    return g_test_run();
}
