/* What is taken back: exactly the passes of its subject given until then, also after a restart. */
#include "people/revoked.h"

#include <string.h>

#include "ground.h"

static pass pass_of(int64_t person, const char *title, int64_t issued_ms)
{
    pass is = {.viewer = 9, .person = person, .issued_ms = issued_ms};
    g_strlcpy(is.title_id, title, sizeof is.title_id);
    return is;
}

static bool holds(const revoked *list, int64_t person, const char *title, int64_t issued_ms)
{
    pass is = pass_of(person, title, issued_ms);
    g_autoptr(GError) error = NULL;
    bool good = revoked_check(list, &is, &error);
    g_assert_true(good || error_is(error, ERROR_DENIED));
    return good;
}

static void only_the_subjects_passes_until_then_are_void(void)
{
    revoked *list = revoked_new();
    revoked_add(list, revoked_person(7), 1000);
    revoked_add(list, revoked_title("aaaa"), 2000);
    g_assert_false(holds(list, 7, "bbbb", 1000));
    g_assert_true(holds(list, 7, "bbbb", 1001));
    g_assert_true(holds(list, 77, "bbbb", 1));
    g_assert_true(holds(list, 0, "bbbb", 1));
    g_assert_false(holds(list, 77, "aaaa", 2000));
    g_assert_false(holds(list, 0, "aaaa", 2000));
    g_assert_true(holds(list, 0, "aaaa", 2001));
    revoked_free(list);
}

static void a_link_taken_back_concerns_embedded_players_only(void)
{
    revoked *list = revoked_new();
    revoked_add(list, revoked_embed(9), 1000);
    pass is = pass_of(0, "aaaa", 500);
    g_assert_true(revoked_check(list, &is, NULL));
    is.role = PASS_EMBED;
    g_assert_false(revoked_check(list, &is, NULL));
    is.viewer = 10;
    g_assert_true(revoked_check(list, &is, NULL));
    revoked_free(list);
}

static void a_full_list_voids_everything_instead_of_forgetting(void)
{
    revoked *list = revoked_new();
    for (int64_t i = 1; i <= REVOKED_MAX; i++)
        revoked_add(list, revoked_person(i), 5000 + PASS_LIFETIME_MS);
    g_assert_true(holds(list, 0, "aaaa", 5000));
    revoked_add(list, revoked_person(REVOKED_MAX + 1), 6000 + PASS_LIFETIME_MS);
    g_assert_false(holds(list, 0, "aaaa", 6000 + PASS_LIFETIME_MS));
    g_assert_true(holds(list, 1, "aaaa", 6001 + PASS_LIFETIME_MS));
    revoked_free(list);
}

static void what_no_living_pass_concerns_makes_room(void)
{
    revoked *list = revoked_new();
    for (int64_t i = 1; i <= REVOKED_MAX; i++)
        revoked_add(list, revoked_person(i), 1000);
    revoked_add(list, revoked_person(REVOKED_MAX + 1), 2000 + PASS_LIFETIME_MS);
    g_assert_true(holds(list, 3, "aaaa", 1000 + PASS_LIFETIME_MS));
    g_assert_false(holds(list, REVOKED_MAX + 1, "aaaa", 2000));
    revoked_free(list);
}

static void a_restart_forgets_nothing_that_matters(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    int64_t now_ms = clock_utc_ms(g->clock);
    g_assert_true(revoked_note(g->db, g->clock, revoked_person(7), &error));
    clock_advance_ms(g->clock, PASS_LIFETIME_MS / 2);
    g_assert_true(revoked_note(g->db, g->clock, revoked_title("aaaa"), &error));
    revoked *list = revoked_new();
    g_assert_true(revoked_load(list, g->db, g->clock, &error));
    g_assert_false(holds(list, 7, "bbbb", now_ms));
    g_assert_false(holds(list, 0, "aaaa", now_ms));
    revoked_free(list);
    clock_advance_ms(g->clock, PASS_LIFETIME_MS / 2 + 1);
    list = revoked_new();
    g_assert_true(revoked_load(list, g->db, g->clock, &error));
    g_assert_true(holds(list, 7, "bbbb", now_ms));
    revoked_free(list);
}

static void what_another_process_noted_is_learnt_once(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    int64_t now_ms = clock_utc_ms(g->clock);
    revoked *list = revoked_new();
    g_assert_true(revoked_note(g->db, g->clock, revoked_person(7), &error));
    g_autoptr(GArray) noted = revoked_since(g->db, now_ms - 1, &error);
    g_autoptr(GArray) later = revoked_since(g->db, now_ms, &error);
    g_assert_cmpuint(noted->len, ==, 1);
    g_assert_cmpuint(later->len, ==, 0);
    const revoked_entry *entry = &g_array_index(noted, revoked_entry, 0);
    g_assert_cmpint(revoked_person_of(&entry->subject), ==, 7);
    g_assert_null(revoked_title_of(&entry->subject));
    g_assert_true(revoked_learn(list, entry));
    g_assert_false(holds(list, 7, "aaaa", now_ms));
    g_assert_false(revoked_learn(list, entry));
    revoked_add(list, revoked_person(7), now_ms + 10); /* later and of our own */
    g_assert_false(revoked_learn(list, entry));
    g_assert_false(holds(list, 7, "aaaa", now_ms + 10));
    revoked_free(list);
}

static void a_subject_tells_whom_it_concerns(void)
{
    revoked_subject title = revoked_title("aaaa"), link = revoked_embed(9);
    g_assert_cmpint(revoked_person_of(&title), ==, 0);
    g_assert_cmpstr(revoked_title_of(&title), ==, "aaaa");
    g_assert_cmpint(revoked_person_of(&link), ==, 0);
    g_assert_null(revoked_title_of(&link));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/revoked/" #name, name)
    TEST(only_the_subjects_passes_until_then_are_void);
    TEST(a_link_taken_back_concerns_embedded_players_only);
    TEST(a_full_list_voids_everything_instead_of_forgetting);
    TEST(what_no_living_pass_concerns_makes_room);
    TEST(a_subject_tells_whom_it_concerns);
    GROUND_TEST("/revoked/", what_another_process_noted_is_learnt_once);
    GROUND_TEST("/revoked/", a_restart_forgets_nothing_that_matters);
    return g_test_run();
}
