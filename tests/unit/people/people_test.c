/* Accounts, their passwords and the first administrator. */
#include <string.h>

#include "ground.h"
#include "people/revoked.h"

static void a_person_comes_back_as_added(ground *g, gconstpointer unused)
{
    (void)unused;
    person added, back;
    g_autoptr(GError) error = NULL;
    g_assert_true(
        people_add(g->db, g->clock, " ＣＨＥＮ ", "陈•静", ROLE_MASTER, "hash", &added, &error));
    g_assert_cmpint(added.id, >, 0);
    g_assert_cmpint(added.id, <, INT64_C(1) << 53);
    g_assert_true(people_by_id(g->db, added.id, &back, &error));
    g_assert_cmpstr(back.login, ==, "chen");
    g_assert_cmpstr(back.name, ==, "陈·静");
    g_assert_cmpint(back.role, ==, ROLE_MASTER);
}

static void a_taken_login_is_a_conflict_however_it_is_typed(ground *g, gconstpointer unused)
{
    (void)unused;
    person added;
    g_autoptr(GError) error = NULL;
    ground_person(g, "chen", ROLE_LEARNER);
    g_assert_false(people_add(g->db, g->clock, "Chen ", "N", ROLE_LEARNER, "hash", &added, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_cmpstr(error_code(error), ==, "login_taken");
    g_assert_cmpstr(error_field(error), ==, "login");
}

static void nobody_is_missing(ground *g, gconstpointer unused)
{
    (void)unused;
    person who;
    g_autoptr(GError) error = NULL;
    g_assert_false(people_by_id(g->db, 42, &who, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_assert_cmpint(who.id, ==, 0);
}

static void what_is_checked_before_the_hash_is_what_add_refuses(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char *const bad[][3] = {{"x", "Name", "good password"},
                                         {"login", "\n", "good password"},
                                         {"login", "Name", "short"}};
    static const char *const fields[] = {"login", "name", "password"};
    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(people_check(bad[i][0], bad[i][1], bad[i][2], &error));
        g_assert_true(error_is(error, ERROR_INPUT));
        g_assert_cmpstr(error_field(error), ==, fields[i]);
    }
    g_assert_true(people_check("login", "Name", "good password", NULL));
    person added;
    g_autoptr(GError) error = NULL;
    g_assert_false(people_add(g->db, g->clock, "login", "N", ROLE_LEARNER, NULL, &added, &error));
    g_assert_true(error_is(error, ERROR_BUSY));
}

static void a_password_verifies_against_its_own_hash_only(ground *g, gconstpointer unused)
{
    (void)g, (void)unused;
    g_autofree char *first = people_hash("焊接 is fun"), *second = people_hash("焊接 is fun");
    g_assert_true(g_str_has_prefix(first, "$argon2id$v=19$m=19456,t=2,p=1$"));
    g_assert_cmpstr(first, !=, second);
    g_assert_true(people_verify(first, "焊接 is fun"));
    g_assert_false(people_verify(first, "焊接 is fun "));
    g_assert_false(people_verify(first, ""));
    g_assert_false(people_verify("hash", "hash"));
}

static void every_role_has_a_word_that_leads_back(ground *g, gconstpointer unused)
{
    (void)g, (void)unused;
    person_role back;
    for (int i = 0; i < ROLE_COUNT; i++) {
        g_assert_true(person_role_parse(person_role_word((person_role)i), &back));
        g_assert_cmpint(back, ==, i);
    }
    g_assert_false(person_role_parse("root", &back));
    g_assert_false(person_role_parse(NULL, &back));
}

static bool holds(ground *g, int64_t person, int64_t issued_ms)
{
    const pass is = {.person = person, .title_id = "aaaa", .issued_ms = issued_ms};
    revoked *list = revoked_new();
    g_assert_true(revoked_load(list, g->db, g->clock, NULL));
    bool good = revoked_check(list, &is, NULL);
    revoked_free(list);
    return good;
}

static void a_new_password_ends_all_sessions_and_passes(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *token = NULL;
    g_autoptr(GError) error = NULL;
    person chen = ground_person(g, "chen", ROLE_LEARNER), who;
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &token, NULL));
    person other = ground_person(g, "zhou", ROLE_LEARNER);
    int64_t now_ms = clock_utc_ms(g->clock);
    g_assert_true(holds(g, chen.id, now_ms));
    g_assert_true(people_set_password(g->db, g->clock, "CHEN", "other", &error));
    g_assert_false(holds(g, chen.id, now_ms));
    g_assert_true(holds(g, chen.id, now_ms + 1));
    g_assert_true(holds(g, other.id, now_ms));
    g_assert_true(people_session(g->db, g->clock, token, &who, NULL));
    g_assert_cmpint(who.id, ==, 0);
    g_assert_false(people_set_password(g->db, g->clock, "nobody", "other", &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

/* ---- the first administrator ---- */

static bool set_up_with(ground *g, const char *token, const char *login, const char *code)
{
    person added;
    g_autoptr(GError) error = NULL;
    bool good = people_setup(g->db, g->clock, token, login, "Name", "hash", &added, &error);
    g_assert_cmpstr(good ? NULL : error_code(error), ==, code);
    if (good)
        g_assert_cmpint(added.role, ==, ROLE_ADMIN);
    return good;
}

static void the_setup_token_makes_one_admin_once(ground *g, gconstpointer unused)
{
    (void)unused;
    bool needed;
    g_autofree char *token = NULL, *none = NULL;
    g_assert_true(people_setup_token(g->db, g->clock, &token, NULL));
    g_assert_cmpuint(strlen(token), ==, 43);
    g_assert_false(set_up_with(g, "wrong", "root", "setup_invalid"));
    g_assert_false(set_up_with(g, "", "root", "setup_invalid"));
    g_assert_false(set_up_with(g, token, "x", "login_invalid"));
    g_assert_true(set_up_with(g, token, "root", NULL)); /* a typing mistake did not spend it */
    g_assert_false(set_up_with(g, token, "root2", "setup_invalid"));
    g_assert_true(people_setup_needed(g->db, &needed, NULL));
    g_assert_false(needed);
    g_assert_true(people_setup_token(g->db, g->clock, &none, NULL));
    g_assert_null(none);
}

static void each_start_makes_the_older_setup_link_invalid(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *first = NULL, *second = NULL;
    g_assert_true(people_setup_token(g->db, g->clock, &first, NULL));
    g_assert_true(people_setup_token(g->db, g->clock, &second, NULL));
    g_assert_false(set_up_with(g, first, "root", "setup_invalid"));
    g_assert_true(set_up_with(g, second, "root", NULL));
}

static void a_setup_link_is_invalid_once_there_is_an_admin(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *token = NULL;
    g_assert_true(people_setup_token(g->db, g->clock, &token, NULL));
    ground_person(g, "other", ROLE_ADMIN);
    g_assert_false(set_up_with(g, token, "root", "setup_invalid"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GROUND_TEST("/people/", a_person_comes_back_as_added);
    GROUND_TEST("/people/", a_taken_login_is_a_conflict_however_it_is_typed);
    GROUND_TEST("/people/", nobody_is_missing);
    GROUND_TEST("/people/", what_is_checked_before_the_hash_is_what_add_refuses);
    GROUND_TEST("/people/", a_password_verifies_against_its_own_hash_only);
    GROUND_TEST("/people/", every_role_has_a_word_that_leads_back);
    GROUND_TEST("/people/", a_new_password_ends_all_sessions_and_passes);
    GROUND_TEST("/people/", the_setup_token_makes_one_admin_once);
    GROUND_TEST("/people/", each_start_makes_the_older_setup_link_invalid);
    GROUND_TEST("/people/", a_setup_link_is_invalid_once_there_is_an_admin);
    return g_test_run();
}
