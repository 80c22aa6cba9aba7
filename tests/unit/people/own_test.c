/*
 * One's own account: where one is signed in, and another password.
 */
#include <string.h>

#include "ground.h"
#include "people/own.h"
#include "people/revoked.h"

#define HOUR_MS (3600 * 1000LL)
#define HERE "192.0.2.1"
#define NEXT "焊工学习要更认真"
#define CURL "curl/7.88.1"

static char *begin(ground *g, const person *who, const char *user_agent)
{
    char *token = NULL;
    g_assert_true(people_session_start(g->db, g->clock, who->id, &token, NULL));
    g_assert_true(own_session_tell(g->db, token, user_agent, NULL));
    return token;
}

static int64_t whose(ground *g, const char *token)
{
    person who;
    g_assert_true(people_session(g->db, g->clock, token, &who, NULL));
    return who.id;
}

static own_session nth(ground *g, const person *who, const char *token, guint n, guint of)
{
    g_autoptr(GArray) all = own_sessions(g->db, g->clock, who->id, token, NULL);
    g_assert_cmpuint(all->len, ==, of);
    return g_array_index(all, own_session, n);
}

/* Passes of this person given up to now are void. */
static bool passes_are_void(ground *g, int64_t person)
{
    revoked *list = revoked_new();
    g_assert_true(revoked_load(list, g->db, g->clock, NULL));
    const pass shown = {.person = person, .title_id = "aaaa", .issued_ms = clock_utc_ms(g->clock)};
    bool is = !revoked_check(list, &shown, NULL);
    revoked_free(list);
    return is;
}

/* ---- sessions ---- */

static void the_present_session_comes_first_and_no_id_is_a_token(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER),
           zhou = ground_person(g, "zhou", ROLE_LEARNER);
    int64_t begun_ms = clock_utc_ms(g->clock);
    g_autofree char *desk = begin(g, &chen, NULL), *other = begin(g, &zhou, NULL);
    clock_advance_ms(g->clock, 2 * HOUR_MS);
    g_autofree char *phone = begin(g, &chen, CURL);
    own_session first = nth(g, &chen, desk, 0, 2), second = nth(g, &chen, desk, 1, 2);
    g_assert_true(first.present);
    g_assert_cmpint(first.begun_ms, ==, begun_ms);
    g_assert_cmpint(first.used_ms, ==, begun_ms);
    g_assert_cmpstr(first.browser, ==, "");
    g_assert_false(second.present);
    g_assert_cmpstr(second.browser, ==, "program");
    g_assert_cmpint(second.used_ms, ==, begun_ms + 2 * HOUR_MS);
    g_assert_cmpuint(strlen(first.id), ==, OWN_SESSION_ID);
    g_assert_null(strstr(desk, first.id));
    g_assert_cmpint(whose(g, first.id), ==, 0);
    g_assert_cmpint(whose(g, other), ==, zhou.id);
    g_assert_cmpint(whose(g, desk), ==, chen.id);
    g_assert_cmpint(nth(g, &chen, phone, 1, 2).used_ms, ==, begun_ms + 2 * HOUR_MS);
}

static void a_session_that_is_over_is_not_listed(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *old = begin(g, &chen, NULL);
    own_session is = nth(g, &chen, old, 0, 1);
    g_autoptr(GError) error = NULL;
    clock_advance_ms(g->clock, PEOPLE_SESSION_MS);
    g_autoptr(GArray) none = own_sessions(g->db, g->clock, chen.id, old, NULL);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_false(own_session_end(g->db, g->clock, chen.id, is.id, &error));
    g_assert_cmpstr(error_code(error), ==, "session_missing");
}

static void one_session_is_ended_by_its_owner_only(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER),
           zhou = ground_person(g, "zhou", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *phone = begin(g, &chen, CURL);
    own_session is = nth(g, &chen, desk, 1, 2);
    g_autoptr(GError) error = NULL;
    g_assert_false(own_session_end(g->db, g->clock, zhou.id, is.id, &error));
    g_assert_cmpstr(error_code(error), ==, "session_missing");
    g_assert_cmpint(whose(g, phone), ==, chen.id);
    g_assert_false(passes_are_void(g, chen.id));
    g_assert_true(own_session_end(g->db, g->clock, chen.id, is.id, NULL));
    g_assert_cmpint(whose(g, phone), ==, 0);
    g_assert_cmpint(whose(g, desk), ==, chen.id);
    g_assert_true(passes_are_void(g, chen.id));
    g_assert_false(own_session_end(g->db, g->clock, chen.id, is.id, NULL));
    g_assert_false(own_session_end(g->db, g->clock, chen.id, "", NULL));
}

static void ending_all_others_leaves_the_present_and_other_people(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER),
           zhou = ground_person(g, "zhou", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *phone = begin(g, &chen, CURL),
                    *tablet = begin(g, &chen, NULL), *other = begin(g, &zhou, NULL);
    g_assert_true(own_sessions_end_others(g->db, g->clock, chen.id, phone, NULL));
    g_assert_cmpint(whose(g, desk), ==, 0);
    g_assert_cmpint(whose(g, tablet), ==, 0);
    g_assert_cmpint(whose(g, phone), ==, chen.id);
    g_assert_cmpint(whose(g, other), ==, zhou.id);
    g_assert_true(passes_are_void(g, chen.id));
    g_assert_false(passes_are_void(g, zhou.id));
}

/* ---- the password ---- */

typedef enum { CHANGED, WRONG, TOO_MANY } outcome;

/* The clerk's order: each step a transaction of its own, rolled back when it fails. */
static outcome change(ground *g, const person *who, const char *token, bool right)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *encoded = NULL;
    bool changed;
    g_assert_true(records_begin(g->db, NULL));
    if (!own_password_begin(g->db, g->clock, who, HERE, NEXT, &encoded, &error)) {
        g_assert_cmpstr(error_code(error), ==, "too_many_attempts");
        records_rollback(g->db);
        return TOO_MANY;
    }
    const own_password is = {.who = who,
                             .address = HERE,
                             .token = token,
                             .verified = right ? encoded : NULL,
                             .hash = right ? "another hash" : NULL};
    g_assert_true(own_password_end(g->db, g->clock, &is, &changed, &error));
    g_assert_true(records_commit(g->db, NULL));
    return changed ? CHANGED : WRONG;
}

static char *hash_of(ground *g, const char *login)
{
    char *encoded;
    person who;
    g_assert_true(people_sign_in_begin(g->db, g->clock, login, HERE, &encoded, &who, NULL));
    return encoded;
}

static void a_new_password_keeps_the_session_that_gave_it_and_ends_the_others(ground *g,
                                                                              gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *phone = begin(g, &chen, NULL);
    g_assert_cmpint(change(g, &chen, desk, false), ==, WRONG);
    g_autofree char *before = hash_of(g, "chen");
    g_assert_cmpstr(before, ==, "hash");
    g_assert_cmpint(whose(g, phone), ==, chen.id);
    g_assert_false(passes_are_void(g, chen.id));
    g_assert_cmpint(change(g, &chen, desk, true), ==, CHANGED);
    g_autofree char *after = hash_of(g, "chen");
    g_assert_cmpstr(after, ==, "another hash");
    g_assert_cmpint(whose(g, desk), ==, chen.id);
    g_assert_cmpint(whose(g, phone), ==, 0);
    g_assert_true(passes_are_void(g, chen.id));
}

static void guesses_are_counted_with_those_at_the_door(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER), who;
    g_autofree char *desk = begin(g, &chen, NULL), *encoded = NULL;
    for (int i = 0; i < PEOPLE_ATTEMPTS_PAIR; i++)
        g_assert_cmpint(change(g, &chen, desk, false), ==, WRONG);
    g_assert_cmpint(change(g, &chen, desk, true), ==, TOO_MANY);
    g_assert_false(people_sign_in_begin(g->db, g->clock, "chen", HERE, &encoded, &who, NULL));
}

static void success_forgives_wrong_ones(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i < PEOPLE_ATTEMPTS_PAIR; i++)
            g_assert_cmpint(change(g, &chen, desk, false), ==, WRONG);
        g_assert_cmpint(change(g, &chen, desk, true), ==, CHANGED);
    }
}

static void the_next_password_obeys_the_rules_of_sign_up(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char *const refused[][2] = {{"short", "password_too_short"},
                                             {"chen.jing", "password_too_easy"},
                                             {"88888888", "password_too_easy"}};
    person chen = ground_person(g, "chen.jing", ROLE_LEARNER);
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *encoded = NULL;
        g_assert_false(
            own_password_begin(g->db, g->clock, &chen, HERE, refused[i][0], &encoded, &error));
        g_assert_true(error_is(error, ERROR_INPUT));
        g_assert_cmpstr(error_code(error), ==, refused[i][1]);
        g_assert_cmpstr(error_field(error), ==, "next");
    }
}

static void a_session_that_ended_meanwhile_changes_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *encoded = NULL;
    g_autoptr(GError) error = NULL;
    bool changed;
    g_assert_true(own_password_begin(g->db, g->clock, &chen, HERE, NEXT, &encoded, NULL));
    g_assert_true(people_sign_out(g->db, desk, NULL));
    const own_password is = {&chen, HERE, desk, encoded, "another hash"};
    g_assert_false(own_password_end(g->db, g->clock, &is, &changed, &error));
    g_assert_cmpstr(error_code(error), ==, "sign_in");
    g_autofree char *still = hash_of(g, "chen");
    g_assert_cmpstr(still, ==, "hash");
}

static void of_two_at_once_the_second_is_wrong(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *encoded = NULL;
    bool changed;
    g_assert_true(own_password_begin(g->db, g->clock, &chen, HERE, NEXT, &encoded, NULL));
    const own_password first = {&chen, HERE, desk, encoded, "first hash"},
                       second = {&chen, HERE, desk, encoded, "second hash"};
    g_assert_true(own_password_end(g->db, g->clock, &first, &changed, NULL));
    g_assert_true(changed);
    g_assert_true(own_password_end(g->db, g->clock, &second, &changed, NULL));
    g_assert_false(changed);
}

static void without_memory_for_a_hash_nothing_changes(ground *g, gconstpointer unused)
{
    (void)unused;
    person chen = ground_person(g, "chen", ROLE_LEARNER);
    g_autofree char *desk = begin(g, &chen, NULL), *encoded = NULL;
    g_autoptr(GError) error = NULL;
    bool changed;
    g_assert_true(own_password_begin(g->db, g->clock, &chen, HERE, NEXT, &encoded, NULL));
    const own_password is = {&chen, HERE, desk, encoded, NULL};
    g_assert_false(own_password_end(g->db, g->clock, &is, &changed, &error));
    g_assert_true(error_is(error, ERROR_BUSY));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GROUND_TEST("/own/", the_present_session_comes_first_and_no_id_is_a_token);
    GROUND_TEST("/own/", a_session_that_is_over_is_not_listed);
    GROUND_TEST("/own/", one_session_is_ended_by_its_owner_only);
    GROUND_TEST("/own/", ending_all_others_leaves_the_present_and_other_people);
    GROUND_TEST("/own/", a_new_password_keeps_the_session_that_gave_it_and_ends_the_others);
    GROUND_TEST("/own/", guesses_are_counted_with_those_at_the_door);
    GROUND_TEST("/own/", success_forgives_wrong_ones);
    GROUND_TEST("/own/", the_next_password_obeys_the_rules_of_sign_up);
    GROUND_TEST("/own/", a_session_that_ended_meanwhile_changes_nothing);
    GROUND_TEST("/own/", of_two_at_once_the_second_is_wrong);
    GROUND_TEST("/own/", without_memory_for_a_hash_nothing_changes);
    return g_test_run();
}
