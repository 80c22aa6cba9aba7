/* The roll: institutions, membership, and who is shut out. */
#include "people/roll.h"

#include "ground.h"

static guint found(ground *g, const char *search, const char *after)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = roll_list(g->db, search, after, &error);
    g_assert_no_error(error);
    return list->len;
}

static void people_are_found_by_the_beginning_of_login_or_name(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen.jing", ROLE_LEARNER);
    ground_person(g, "cheng", ROLE_LEARNER);
    ground_person(g, "zhou", ROLE_LEARNER);
    g_assert_cmpuint(found(g, "", ""), ==, 3);
    g_assert_cmpuint(found(g, "chen", ""), ==, 2);
    g_assert_cmpuint(found(g, "CHEN.", ""), ==, 1);
    g_assert_cmpuint(found(g, "", "cheng"), ==, 1);
    g_assert_cmpuint(found(g, "陈", ""), ==, 0);
}

static void somebody_belongs_only_to_what_there_is(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    institution own;
    roll_entry entry;
    g_autoptr(GError) error = NULL;
    g_assert_false(roll_set_institution(g->db, chen.id, "HB-07", &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_assert_true(institution_put(g->db, "HB-07", " 湖北焊接学校 ", NULL));
    g_assert_true(roll_set_institution(g->db, chen.id, "HB-07", NULL));
    g_assert_true(institution_of(g->db, chen.id, &own, NULL));
    g_assert_cmpstr(own.name, ==, "湖北焊接学校");
    g_assert_true(institution_put(g->db, "HB-07", "焊接学院", NULL));
    g_assert_true(roll_read(g->db, chen.id, &entry, NULL));
    g_assert_cmpstr(entry.of.name, ==, "焊接学院");
    g_assert_true(roll_set_institution(g->db, chen.id, "", NULL));
    g_assert_true(institution_of(g->db, chen.id, &own, NULL));
    g_assert_cmpstr(own.code, ==, "");
}

static void a_code_has_letters_digits_and_hyphens(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char *const wrong[] = {"", "a b", "学校", "a/b",
                                        "123456789012345678901234567890123"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(institution_put(g->db, wrong[i], "x", &error));
        g_assert_true(error_is(error, ERROR_INPUT));
    }
    g_assert_false(institution_put(g->db, "a", " ", NULL));
}

static void who_is_blocked_loses_all_sessions_and_gets_none(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER), who;
    g_autofree char *token = NULL, *again = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &token, NULL));
    g_assert_true(roll_set_blocked(g->db, g->clock, chen.id, true, NULL));
    g_assert_true(people_session(g->db, g->clock, token, &who, NULL));
    g_assert_cmpint(who.id, ==, 0);
    g_assert_false(people_session_start(g->db, g->clock, chen.id, &again, &error));
    g_assert_cmpstr(error_code(error), ==, "person_blocked");
    g_assert_null(again);
    g_assert_true(roll_set_blocked(g->db, g->clock, chen.id, false, NULL));
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &again, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GROUND_TEST("/roll/", people_are_found_by_the_beginning_of_login_or_name);
    GROUND_TEST("/roll/", somebody_belongs_only_to_what_there_is);
    GROUND_TEST("/roll/", a_code_has_letters_digits_and_hyphens);
    GROUND_TEST("/roll/", who_is_blocked_loses_all_sessions_and_gets_none);
    return g_test_run();
}
