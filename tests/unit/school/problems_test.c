/* What keeps a draft from being published, and the numbers that are told. */
#include "school/problems.h"

#include <string.h>

#define MINUTE 60000

/* JSON with ' for ", in the shape of a draft. */
static json_t *draft_of(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    json_t *given = json_loads(quoted, 0, NULL);
    if (!given)
        g_error("no JSON: %s", quoted);
    json_t *made = draft_shape(given, &error);
    g_assert_no_error(error);
    json_decref(given);
    return made;
}

/*
 * One lesson a word: "45" that many minutes, ended; "p45" a class to come planned so long; "g10" a class on air with
 * so much; "?" not there; "f45" another master's; "n45" not ready; "x45" failed; "0" empty; "-" nothing (links and documents);
 * "=45" the same title as the one before.
 */
static draft_facts facts_of(const char *words)
{
    draft_facts facts = {.lessons = g_array_new(FALSE, TRUE, sizeof(lesson_facts))};
    g_auto(GStrv) all = g_strsplit(words, " ", -1);
    for (int i = 0; all[i] && *all[i]; i++) {
        const char *at = all[i];
        lesson_facts is = {.found = true, .ready = true, .ended = true};
        if (!g_ascii_isdigit(*at))
            at++;
        int64_t ms = g_ascii_strtoll(at, NULL, 10) * MINUTE;
        g_snprintf(is.title_id, sizeof is.title_id, "title%d", *all[i] == '=' ? i - 1 : i);
        is.foreign = *all[i] == 'f';
        is.failed = *all[i] == 'x';
        is.ready = *all[i] != 'n' && !is.failed;
        is.ended = *all[i] != 'p' && *all[i] != 'g';
        is.planned_ms = *all[i] == 'p' ? ms : 0;
        is.content_ms = *all[i] == 'p' ? 0 : ms;
        if (*all[i] == '?' || *all[i] == '-')
            is = (lesson_facts){.found = *all[i] == '-', .ready = *all[i] == '-'};
        g_array_append_val(facts.lessons, is);
    }
    return facts;
}

/* "code@path have/need; ..." */
static char *told(const json_t *draft, const draft_facts *facts)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GArray) problems = draft_problems(draft, facts);
    for (guint i = 0; i < problems->len; i++) {
        const draft_problem *is = &g_array_index(problems, draft_problem, i);
        g_assert_cmpuint(strlen(is->text), >, 5);
        g_string_append_printf(out, "%s%s@%s %d/%d", i ? "; " : "", is->code, is->path,
                               (int)is->have, (int)is->need);
    }
    return g_string_free(out, FALSE);
}

#define ONE "{'title': '焊', 'title_id': 'aaaa'}"
#define TWO ONE ", " ONE
#define WITH(more) "{'title': '焊工', " more ", 'chapters': [{'lessons': [" ONE "]}]}"
#define LESSON(more) "{'title': '焊工', 'chapters': [{'lessons': [{'title': '焊'" more "}]}]}"
#define SAFETY "{'title': '安', 'title_id': 'bbbb', 'module': 'safety'}"
#define HEALTH "{'title': '健', 'title_id': 'cccc', 'module': 'health'}"
#define COURSE(more, lessons)                                                                      \
    "{'title': '焊工', " more ", 'chapters': [{'lessons': [" lessons "]}]}"

typedef struct {
    const char *draft, *facts, *problems;
} row;

static void check_table(const row *table, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        json_t *draft = draft_of(table[i].draft);
        draft_facts facts = facts_of(table[i].facts);
        g_autofree char *is = told(draft, &facts);
        if (strcmp(is, table[i].problems) != 0)
            g_test_message("%s | %s", table[i].draft, table[i].facts);
        g_assert_cmpstr(is, ==, table[i].problems);
        draft_facts_clear(&facts);
        json_decref(draft);
    }
}

static void words_lessons_and_places_are_judged(void)
{
    static const row table[] = {
        {LESSON(", 'title_id': 'aaaa'"), "45", ""},
        {"{}", "", "title_missing@title 0/1; no_lessons@chapters 0/1"},
        {"{'title': ' ', 'chapters': [{'title': '一'}]}", "",
         "title_missing@title 0/1; no_lessons@chapters 0/1"},
        {LESSON(""), "?", "lesson_source_missing@chapters.0.lessons.0 0/1"},
        {LESSON(", 'class_id': 'aaaa'"), "?", "lesson_source_missing@chapters.0.lessons.0 0/1"},
        {LESSON(", 'kind': 'live', 'title_id': 'aaaa'"), "?",
         "lesson_source_missing@chapters.0.lessons.0 0/1"},
        {LESSON(", 'asset_id': 'aaaa'"), "?", "lesson_source_unknown@chapters.0.lessons.0 0/0"},
        {LESSON(", 'asset_id': 'aaaa'"), "n9", "lesson_not_ready@chapters.0.lessons.0 0/0"},
        {LESSON(", 'asset_id': 'aaaa'"), "x9", "lesson_failed@chapters.0.lessons.0 0/0"},
        {LESSON(", 'asset_id': 'aaaa'"), "f9", "lesson_not_yours@chapters.0.lessons.0 0/0"},
        {LESSON(", 'asset_id': 'aaaa'"), "0", "lesson_empty@chapters.0.lessons.0 0/1"},
        {LESSON(", 'kind': 'live', 'class_id': 'aaaa'"), "p45", ""},
        {LESSON(", 'kind': 'document', 'handout_id': 'aaaa'"), "-", ""},
        {LESSON(", 'kind': 'document'"), "-", "lesson_source_missing@chapters.0.lessons.0 0/1"},
        {LESSON(", 'kind': 'link', 'url': 'https://a.example/x'"), "-", ""},
        {LESSON(", 'kind': 'link'"), "-", "lesson_source_missing@chapters.0.lessons.0 0/1"},
        {LESSON(", 'kind': 'link', 'url': 'javascript:alert(1)'"), "-",
         "lesson_link_wrong@chapters.0.lessons.0 0/0"},
        {LESSON(", 'kind': 'link', 'url': 'https:/x'"), "-",
         "lesson_link_wrong@chapters.0.lessons.0 0/0"},
        {"{'title': '焊工', 'chapters': [{'lessons': [{'title_id': 'aaaa'}]}]}", "9",
         "lesson_title_missing@chapters.0.lessons.0 0/1"},
        {"{'title': '焊工', 'chapters': [{'lessons': [" TWO "]}]}", "9 =9",
         "lesson_twice@chapters.0.lessons.1 0/0"},
        {"{'title': '焊工', 'chapters': [{'title': '一', 'lessons': [" ONE "]}, {'lessons': [" ONE
         "]}]}",
         "9 n9", "chapter_title_missing@chapters.1 0/1; lesson_not_ready@chapters.1.lessons.0 0/0"},
        {WITH("'tags': ['urgent', '一二三四五六七八九十一二三四五六七八九十']"), "9", ""},
        {WITH("'tags': ['', 'x\\ny', '一二三四五六七八九十一二三四五六七八九十多']"), "9",
         "wrong_tag@tags.0 0/20; wrong_tag@tags.1 3/20; wrong_tag@tags.2 21/20"},
        {WITH("'free_from_ms': 5, 'free_until_ms': 5"), "9", "free_window_wrong@free_until_ms 5/5"},
        {WITH("'free_from_ms': 5, 'free_until_ms': 6"), "9", ""},
        {WITH("'viewing': {'who': 'institution'}"), "9",
         "institution_missing@viewing.institution 0/1"},
        {WITH("'viewing': {'who': 'institution', 'institution': 'jc'}"), "9", ""},
    };
    check_table(table, G_N_ELEMENTS(table));
}

static void declared_hours_are_held_against_what_was_measured(void)
{
    static const row table[] = {
        {WITH("'declared_hours': 0"), "0", "lesson_empty@chapters.0.lessons.0 0/1"},
        {WITH("'declared_hours': 1"), "45", ""},
        {WITH("'declared_hours': 1"), "44", "hours_over_declared@declared_hours 44/45"},
        {WITH("'declared_hours': 1.1"), "49", "hours_over_declared@declared_hours 49/50"},
        {WITH("'declared_hours': 1.1"), "50", ""},
        {WITH("'declared_hours': 1, 'hour_minutes': 30"), "30", ""},
        {WITH("'declared_hours': 1.5, 'hour_minutes': 30"), "44",
         "hours_over_declared@declared_hours 44/45"},
        {WITH("'hour_minutes': 9"), "45", "hour_minutes_wrong@hour_minutes 9/45"},
        {WITH("'hour_minutes': 121"), "45", "hour_minutes_wrong@hour_minutes 121/45"},
        {COURSE("'declared_hours': 2", TWO), "45 44", "hours_over_declared@declared_hours 89/90"},
        {COURSE("'declared_hours': 2", ONE ", {'title': '讲', 'kind': 'live', 'class_id': 'a'}"),
         "45 p45", ""},
        {COURSE("'declared_hours': 2", ONE ", {'title': '讲', 'kind': 'live', 'class_id': 'a'}"),
         "45 10", "hours_over_declared@declared_hours 55/90"},
        {COURSE("'declared_hours': 1",
                ONE ", {'title': '书', 'kind': 'document', 'handout_id': 'a'}"),
         "44 -", "hours_over_declared@declared_hours 44/45"},
        {WITH("'rule': {'minutes': 45}"), "45", ""},
        {WITH("'rule': {'minutes': 46}"), "45", "rule_minutes_over@rule.minutes 45/46"},
        {WITH("'rule': {'coverage_permille': 0}"), "45",
         "coverage_wrong@rule.coverage_permille 0/1"},
    };
    check_table(table, G_N_ELEMENTS(table));
}

static void general_modules_are_required_and_bounded(void)
{
    static const row table[] = {
        {COURSE("'modules_required': ['safety']", ONE), "45",
         "module_missing@modules_required.0 0/1"},
        {COURSE("'modules_required': ['safety']", ONE ", " SAFETY), "45 5", ""},
        {COURSE("'modules_required': ['safety', 'health']", ONE ", " SAFETY), "45 5",
         "module_missing@modules_required.1 0/1"},
        {COURSE("'modules_required': ['', 'fun']", ONE), "45",
         "module_unknown@modules_required.0 0/0; module_unknown@modules_required.1 0/0"},
        {COURSE("'rule': {'general_max_permille': 200}", ONE ", " SAFETY), "40 10", ""},
        {COURSE("'rule': {'general_max_permille': 200}", ONE ", " SAFETY), "39 10",
         "general_share_over@rule.general_max_permille 205/200"},
        {COURSE("'rule': {'general_max_permille': 200}", ONE ", " SAFETY ", " HEALTH), "40 9 2",
         "general_share_over@rule.general_max_permille 216/200"},
        {COURSE("'rule': {'general_max_permille': 0}", SAFETY), "5",
         "general_share_over@rule.general_max_permille 1000/0"},
        {COURSE("'rule': {'general_max_permille': 1000}", SAFETY), "5", ""},
        {COURSE("'rule': {}", SAFETY), "5", ""},
    };
    check_table(table, G_N_ELEMENTS(table));
}

/* What the house asks for binds whoever types the draft: they may ask for more, not for less. */
static void the_house_asks_whatever_the_draft_says(void)
{
    static const house_rule house = {.modules = MODULE_BIT(MODULE_SAFETY), .general_permille = 200};
    static const row table[] = {
        {COURSE("'level': ''", ONE), "45", "module_missing@modules_required 0/1"},
        {COURSE("'level': ''", ONE ", " SAFETY), "45 5", ""},
        {COURSE("'level': ''", ONE ", " SAFETY), "39 10",
         "general_share_over@rule.general_max_permille 205/200"},
        {COURSE("'rule': {'general_max_permille': 1000}", ONE ", " SAFETY), "39 10",
         "general_share_over@rule.general_max_permille 205/200"},
        {COURSE("'rule': {'general_max_permille': 100}", ONE ", " SAFETY), "40 10",
         "general_share_over@rule.general_max_permille 200/100"},
        {COURSE("'modules_required': ['safety', 'health']", ONE), "45",
         "module_missing@modules_required.0 0/1; module_missing@modules_required.1 0/1"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        json_t *draft = draft_of(table[i].draft);
        draft_facts facts = facts_of(table[i].facts);
        facts.house = &house;
        g_autofree char *is = told(draft, &facts);
        g_assert_cmpstr(is, ==, table[i].problems);
        draft_facts_clear(&facts);
        json_decref(draft);
    }
}

static void a_master_of_a_kind_has_a_proof(void)
{
    static const row table[] = {
        {WITH("'masters': [{'name': '王', 'kind': 'heritage', 'proof': '证'}]"), "9", ""},
        {WITH("'masters': [{'name': '王', 'kind': 'other'}]"), "9", ""},
        {WITH("'masters': [{'name': '王', 'kind': 'heritage', 'proof': ' '}]"), "9",
         "master_proof_missing@masters.0 0/1"},
        {WITH("'masters': [{'name': '王'}, {}]"), "9", "master_name_missing@masters.1 0/1"},
    };
    check_table(table, G_N_ELEMENTS(table));
}

static void what_others_know_is_told(void)
{
    json_t *draft = draft_of(WITH("'level': '5'"));
    draft_facts facts = facts_of("9");
    facts.occupation_unknown = facts.institution_unknown = true;
    facts.forbidden = "中国";
    g_autofree char *is = told(draft, &facts);
    g_assert_cmpstr(is, ==,
                    "forbidden_words@title 0/0; occupation_unknown@occupation 0/0;"
                    " institution_unknown@viewing.institution 0/0");
    draft_facts_clear(&facts);
    json_decref(draft);
}

static void what_is_too_long_is_counted(void)
{
    g_autofree char *long_title = g_strnfill(COURSE_TITLE_MAX + 1, 'x');
    g_autofree char *text = g_strdup_printf(
        "{'title': '%s', 'summary': 'a\\u0001', 'chapters': [{'title': '%s', 'lessons': [{'title':"
        " '%s', 'title_id': 'aaaa'}]}]}",
        long_title, long_title, long_title);
    json_t *draft = draft_of(text);
    draft_facts facts = facts_of("9");
    g_autofree char *is = told(draft, &facts);
    g_assert_cmpstr(is, ==,
                    "title_too_long@title 61/60; not_text@summary 0/0;"
                    " chapter_title_too_long@chapters.0 61/60;"
                    " lesson_title_too_long@chapters.0.lessons.0 61/60");
    draft_facts_clear(&facts);
    json_decref(draft);
}

static void facts_that_are_short_of_the_document_are_nothing(void)
{
    json_t *draft = draft_of(COURSE("'level': ''", TWO));
    draft_facts facts = facts_of("9");
    g_autofree char *is = told(draft, &facts);
    g_assert_cmpstr(is, ==, "lesson_source_unknown@chapters.0.lessons.1 0/0");
    draft_facts_clear(&facts);
    json_decref(draft);
}

#define ADD(name) g_test_add_func("/problems/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(words_lessons_and_places_are_judged);
    ADD(declared_hours_are_held_against_what_was_measured);
    ADD(general_modules_are_required_and_bounded);
    ADD(the_house_asks_whatever_the_draft_says);
    ADD(a_master_of_a_kind_has_a_proof);
    ADD(what_others_know_is_told);
    ADD(what_is_too_long_is_counted);
    ADD(facts_that_are_short_of_the_document_are_nothing);
    return g_test_run();
}
