/* Signing in, what slows guessing down, and sessions. */
#include "ground.h"

#include <string.h>

#define HOUR_MS (3600 * 1000LL)

typedef enum { IN, WRONG, TOO_MANY } outcome;

/* As the api does it; the slow verification in between is told, not done. */
static outcome try_sign_in(ground *g, const char *login, const char *address, bool right,
                           char **token)
{
    person who;
    g_autofree char *encoded = NULL, *made = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(records_begin(g->db, NULL));
    if (!people_sign_in_begin(g->db, g->clock, login, address, &encoded, &who, &error)) {
        records_rollback(g->db);
        g_assert_true(error_is(error, ERROR_BUSY));
        g_assert_cmpstr(error_code(error), ==, "too_many_attempts");
        return TOO_MANY;
    }
    g_assert_nonnull(encoded);
    const char *verified = right ? encoded : NULL;
    g_assert_true(people_sign_in_end(g->db, g->clock, &who, address, verified, &made, &error));
    g_assert_true(records_commit(g->db, NULL));
    outcome is = made ? IN : WRONG;
    if (token)
        *token = g_steal_pointer(&made);
    return is;
}

static int64_t whose(ground *g, const char *token)
{
    person who;
    g_autoptr(GError) error = NULL;
    g_assert_true(people_session(g->db, g->clock, token, &who, &error));
    return who.id;
}

static void a_right_password_gives_a_session(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *token = NULL;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_assert_cmpint(try_sign_in(g, "ＣＨＥＮ", "192.0.2.1", true, &token), ==, IN);
    g_assert_cmpuint(strlen(token), ==, 43);
    g_assert_cmpint(whose(g, token), ==, chen.id);
    g_assert_cmpint(whose(g, "another token"), ==, 0);
    g_assert_cmpint(whose(g, ""), ==, 0);
}

static void an_unknown_login_is_refused_like_a_wrong_password(ground *g, gconstpointer unused)
{
    (void)unused;
    person who;
    g_autofree char *encoded = NULL;
    ground_person(g, "chen", ROLE_LEARNER);
    g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", false, NULL), ==, WRONG);
    g_assert_cmpint(try_sign_in(g, "nobody", "192.0.2.1", false, NULL), ==, WRONG);
    g_assert_cmpint(try_sign_in(g, "nobody", "192.0.2.1", true, NULL), ==, WRONG);
    g_assert_cmpint(try_sign_in(g, "登录", "192.0.2.1", true, NULL), ==, WRONG);
    g_assert_true(
        people_sign_in_begin(g->db, g->clock, "nobody", "192.0.2.1", &encoded, &who, NULL));
    g_assert_true(g_str_has_prefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$")); /* takes as long */
    g_assert_false(people_verify(encoded, "password"));
}

static void ten_guesses_at_a_login_are_enough_known_or_not(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen", ROLE_LEARNER);
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++) {
        g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", false, NULL), ==, WRONG);
        g_assert_cmpint(try_sign_in(g, "nobody", "192.0.2.1", false, NULL), ==, WRONG);
    }
    g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", true, NULL), ==, TOO_MANY);
    g_assert_cmpint(try_sign_in(g, "nobody", "192.0.2.1", true, NULL), ==, TOO_MANY);
}

static void a_prankster_does_not_lock_the_owner_out_elsewhere(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "master", ROLE_MASTER);
    for (int i = 0; i < 40; i++)
        try_sign_in(g, "master", "192.0.2.1", false, NULL);
    g_assert_cmpint(try_sign_in(g, "master", "192.0.2.2", true, NULL), ==, IN);
}

static void guesses_from_many_addresses_add_up(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen", ROLE_LEARNER);
    for (int i = 0; i < PEOPLE_ATTEMPTS_LOGIN; i++) {
        g_autofree char *address = g_strdup_printf("192.0.2.%d", i);
        g_assert_cmpint(try_sign_in(g, "chen", address, false, NULL), ==, WRONG);
    }
    g_assert_cmpint(try_sign_in(g, "chen", "198.51.100.1", true, NULL), ==, TOO_MANY);
}

static void guesses_at_many_logins_add_up_for_the_address(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen", ROLE_LEARNER);
    for (int i = 0; i < PEOPLE_ATTEMPTS_ADDRESS; i++) {
        g_autofree char *login = g_strdup_printf("login%d", i);
        g_assert_cmpint(try_sign_in(g, login, "2001:db8::1", false, NULL), ==, WRONG);
    }
    /* another address of the same /64, and one of the next */
    g_assert_cmpint(try_sign_in(g, "chen", "2001:db8::ffff:2", true, NULL), ==, TOO_MANY);
    g_assert_cmpint(try_sign_in(g, "chen", "2001:db8:0:1::1", true, NULL), ==, IN);
}

static void an_ipv4_address_is_one_however_it_is_written(ground *g, gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++)
        try_sign_in(g, "chen", i % 2 ? "192.0.2.1" : "::ffff:192.0.2.1", false, NULL);
    g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", true, NULL), ==, TOO_MANY);
}

static void a_class_that_signs_in_at_once_behind_one_address_is_let_in(ground *g,
                                                                       gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < 300; i++) {
        g_autofree char *login = g_strdup_printf("pupil%d", i);
        ground_person(g, login, ROLE_LEARNER);
        g_assert_cmpint(try_sign_in(g, login, "192.0.2.1", true, NULL), ==, IN);
    }
}

static void success_forgives_mistakes(ground *g, gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen", ROLE_LEARNER);
    for (int day = 0; day < 5; day++) {
        for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR - 1; i++)
            g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", false, NULL), ==, WRONG);
        g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", true, NULL), ==, IN);
    }
}

static void waiting_a_quarter_of_an_hour_is_enough_even_when_trying_on(ground *g,
                                                                       gconstpointer unused)
{
    (void)unused;
    ground_person(g, "chen", ROLE_LEARNER);
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++)
        try_sign_in(g, "chen", "192.0.2.1", false, NULL);
    for (int minute = 0; minute < 14; minute++) {
        clock_advance_ms(g->clock, 60 * 1000);
        g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", true, NULL), ==, TOO_MANY);
    }
    clock_advance_ms(g->clock, 61 * 1000);
    g_assert_cmpint(try_sign_in(g, "chen", "192.0.2.1", true, NULL), ==, IN);
}

static void a_password_changed_meanwhile_signs_nobody_in(ground *g, gconstpointer unused)
{
    (void)unused;
    person who;
    g_autofree char *encoded = NULL, *token = NULL;
    ground_person(g, "chen", ROLE_LEARNER);
    g_assert_true(people_sign_in_begin(g->db, g->clock, "chen", "192.0.2.1", &encoded, &who, NULL));
    g_assert_true(people_set_password(g->db, g->clock, "chen", "another hash", NULL));
    g_assert_true(people_sign_in_end(g->db, g->clock, &who, "192.0.2.1", encoded, &token, NULL));
    g_assert_null(token);
}

static void sign_ups_are_limited_by_address(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < PEOPLE_SIGN_UPS_ADDRESS; i++)
        g_assert_true(people_sign_up_begin(g->db, g->clock, "192.0.2.1", NULL));
    g_assert_false(people_sign_up_begin(g->db, g->clock, "192.0.2.1", &error));
    g_assert_true(error_is(error, ERROR_BUSY));
    g_assert_true(people_sign_up_begin(g->db, g->clock, "192.0.2.2", NULL));
}

/* ---- sessions ---- */

static void a_session_lives_while_it_is_used(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *token = NULL;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &token, NULL));
    for (int i = 0; i < 4; i++) {
        clock_advance_ms(g->clock, 29 * 24 * HOUR_MS);
        g_assert_cmpint(whose(g, token), ==, chen.id);
    }
    clock_advance_ms(g->clock, PEOPLE_SESSION_MS);
    g_assert_cmpint(whose(g, token), ==, 0);
}

static void a_session_is_written_at_most_once_an_hour(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *token = NULL;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &token, NULL));
    clock_advance_ms(g->clock, HOUR_MS - 1);
    g_assert_cmpint(whose(g, token), ==, chen.id);
    clock_advance_ms(g->clock, PEOPLE_SESSION_MS - HOUR_MS + 1);
    g_assert_cmpint(whose(g, token), ==,
                    0); /* the use within the first hour did not move its end */
}

static void signing_out_ends_only_that_session(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *phone = NULL, *desk = NULL;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &phone, NULL));
    g_assert_true(people_session_start(g->db, g->clock, chen.id, &desk, NULL));
    g_assert_true(people_sign_out(g->db, phone, NULL));
    g_assert_true(people_sign_out(g->db, phone, NULL)); /* twice is fine */
    g_assert_cmpint(whose(g, phone), ==, 0);
    g_assert_cmpint(whose(g, desk), ==, chen.id);
}

static void a_person_has_so_many_sessions_and_the_oldest_end(ground *g, gconstpointer unused)
{
    (void)unused;
    char *tokens[PEOPLE_SESSIONS_MAX + 1];
    person chen = ground_person(g, "chen", ROLE_LEARNER),
           zhou = ground_person(g, "zhou", ROLE_LEARNER);
    g_autofree char *other = NULL;
    g_assert_true(people_session_start(g->db, g->clock, zhou.id, &other, NULL));
    for (int i = 0; i <= PEOPLE_SESSIONS_MAX; i++) {
        clock_advance_ms(g->clock, 1000);
        g_assert_true(people_session_start(g->db, g->clock, chen.id, &tokens[i], NULL));
    }
    for (int i = 0; i <= PEOPLE_SESSIONS_MAX; i++) {
        g_assert_cmpint(whose(g, tokens[i]), ==, i ? chen.id : 0);
        g_free(tokens[i]);
    }
    g_assert_cmpint(whose(g, other), ==, zhou.id);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GROUND_TEST("/sign_in/", a_right_password_gives_a_session);
    GROUND_TEST("/sign_in/", an_unknown_login_is_refused_like_a_wrong_password);
    GROUND_TEST("/sign_in/", ten_guesses_at_a_login_are_enough_known_or_not);
    GROUND_TEST("/sign_in/", a_prankster_does_not_lock_the_owner_out_elsewhere);
    GROUND_TEST("/sign_in/", guesses_from_many_addresses_add_up);
    GROUND_TEST("/sign_in/", guesses_at_many_logins_add_up_for_the_address);
    GROUND_TEST("/sign_in/", an_ipv4_address_is_one_however_it_is_written);
    GROUND_TEST("/sign_in/", a_class_that_signs_in_at_once_behind_one_address_is_let_in);
    GROUND_TEST("/sign_in/", success_forgives_mistakes);
    GROUND_TEST("/sign_in/", waiting_a_quarter_of_an_hour_is_enough_even_when_trying_on);
    GROUND_TEST("/sign_in/", a_password_changed_meanwhile_signs_nobody_in);
    GROUND_TEST("/sign_in/", sign_ups_are_limited_by_address);
    GROUND_TEST("/sign_in/", a_session_lives_while_it_is_used);
    GROUND_TEST("/sign_in/", a_session_is_written_at_most_once_an_hour);
    GROUND_TEST("/sign_in/", signing_out_ends_only_that_session);
    GROUND_TEST("/sign_in/", a_person_has_so_many_sessions_and_the_oldest_end);
    return g_test_run();
}
