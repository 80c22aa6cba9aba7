/* The states of a course: every move there is, and every one there is not. */
#include "school/state.h"

#include <string.h>

#include "school/kinds.h"

/* Rows are states, columns deeds in the order of course_deed; '.' is not lawful. */
static const char *const never_published[COURSE_STATES] = {"I..PR", ".DDPR", "I..PR", "...P."};
static const char *const published[COURSE_STATES] = {"I..PR", ".PPPR", "I..PR", "...P."};
static const char letters[COURSE_STATES + 1] = "DIPR";

static void check_table(const char *const *table, bool was_published)
{
    for (int from = 0; from < COURSE_STATES; from++)
        for (int deed = DEED_SUBMIT; deed <= DEED_RETIRE; deed++) {
            g_autoptr(GError) error = NULL;
            course_state to;
            bool lawful = course_state_after((course_state)from, (course_deed)deed, was_published,
                                             &to, &error);
            char wanted = table[from][deed];
            g_assert_cmpint(lawful, ==, wanted != '.');
            if (lawful)
                g_assert_cmpint(letters[to], ==, wanted);
            else
                g_assert_cmpstr(error_code(error), ==, "course_state");
        }
}

static void every_move_is_in_the_table_or_refused(void)
{
    check_table(never_published, false);
    check_table(published, true);
}

static void only_what_was_published_and_is_not_retired_is_shown(void)
{
    for (int state = 0; state < COURSE_STATES; state++) {
        g_assert_false(course_state_shows((course_state)state, false));
        g_assert_cmpint(course_state_shows((course_state)state, true), ==, state != COURSE_RETIRED);
    }
}

static void a_word_is_read_back_and_another_is_none(void)
{
    course_state state;
    lesson_kind kind;
    general_module module;
    master_kind master;
    for (int i = 0; i < COURSE_STATES; i++)
        g_assert_true(course_state_parse(course_state_word((course_state)i), &state) &&
                      state == (course_state)i);
    for (int i = 0; i < LESSON_KINDS; i++)
        g_assert_true(lesson_kind_parse(lesson_kind_words[i], &kind) && kind == (lesson_kind)i);
    for (int i = 0; i < GENERAL_MODULES; i++)
        g_assert_true(general_module_parse(general_module_words[i], &module) &&
                      module == (general_module)i);
    for (int i = 0; i < MASTER_KINDS; i++)
        g_assert_true(master_kind_parse(master_kind_words[i], &master) && master == (master_kind)i);
    g_assert_false(course_state_parse("gone", &state));
    g_assert_false(lesson_kind_parse("game", &kind));
    g_assert_false(general_module_parse("fun", &module));
    g_assert_false(master_kind_parse("", &master));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/every_move_is_in_the_table_or_refused",
                    every_move_is_in_the_table_or_refused);
    g_test_add_func("/state/only_what_was_published_and_is_not_retired_is_shown",
                    only_what_was_published_and_is_not_retired_is_shown);
    g_test_add_func("/state/a_word_is_read_back_and_another_is_none",
                    a_word_is_read_back_and_another_is_none);
    return g_test_run();
}
