/* Files as rows: search, names, who may, their end. */
#include "ground.h"
#include "school/draft.h"

static GArray *search(ground *g, asset_search is, char next[ASSET_CURSOR_MAX])
{
    g_autoptr(GError) error = NULL;
    GArray *found = asset_list(g->db, &is, next, &error);
    g_assert_no_error(error);
    return found;
}

static void a_list_is_paged_newest_first_without_a_gap_or_a_double(void)
{
    ground g = ground_new();
    char name[16], next[ASSET_CURSOR_MAX] = "";
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 120; i++) {
        g_snprintf(name, sizeof name, "%03d", i);
        ground_file(&g, name, JOB_PROBE);
    }
    int wanted = 119;
    do {
        g_autofree char *after = g_strdup(next);
        g_autoptr(GArray) page =
            search(&g, (asset_search){.state = -1, .kind = -1, .after = after}, next);
        for (guint i = 0; i < page->len; i++) {
            g_snprintf(name, sizeof name, "%03d", wanted--);
            g_assert_cmpstr(g_array_index(page, asset, i).name, ==, name);
            g_assert_true(g_hash_table_add(seen, g_strdup(name)));
        }
    } while (*next);
    g_assert_cmpuint(g_hash_table_size(seen), ==, 120);
    ground_end(&g);
}

static void a_page_goes_on_though_the_file_it_ended_with_is_gone(void)
{
    ground g = ground_new();
    char next[ASSET_CURSOR_MAX];
    for (int i = 0; i < ASSET_PAGE_MAX + 3; i++)
        ground_file(&g, "a", JOB_PROBE);
    const asset_search all = {.state = -1, .kind = -1};
    g_autoptr(GArray) first = search(&g, all, next);
    const asset *last = &g_array_index(first, asset, first->len - 1);
    g_assert_true(asset_remove(g.db, g.clock, last, NULL));
    g_autofree char *after = g_strdup(next);
    g_autoptr(GArray) second =
        search(&g, (asset_search){.state = -1, .kind = -1, .after = after}, next);
    g_assert_cmpuint(second->len, ==, 3);
    g_assert_cmpstr(next, ==, "");
    static const char *const wrong[] = {"x", "1", "x.y", "-1.a"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        asset_search bad = {.state = -1, .kind = -1, .after = wrong[i]};
        g_assert_null(asset_list(g.db, &bad, next, &error));
        g_assert_cmpstr(error_code(error), ==, "bad_after");
    }
    ground_end(&g);
}

static void what_a_search_finds_is_told_whole(void)
{
    ground g = ground_new();
    char next[ASSET_CURSOR_MAX];
    job is = ground_file(&g, "a", JOB_PROBE);
    ground_take(&g, JOB_PROBE);
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    g_autoptr(GArray) found =
        search(&g, (asset_search){.state = -1, .kind = -1, .words = "A"}, next);
    g_assert_cmpstr(g_array_index(found, asset, 0).facts, ==, FACTS);
    g_assert_cmpstr(g_array_index(found, asset, 0).owner_name, ==, "赵铁柱");
    ground_end(&g);
}

static void a_search_finds_part_of_a_name_whatever_the_case_and_only_ones_own(void)
{
    ground g = ground_new();
    char next[ASSET_CURSOR_MAX];
    ground_file(&g, "平角焊 Lesson.MP4", JOB_PROBE);
    ground_file(&g, "立焊.mov", JOB_PROBE);
    g_autoptr(GArray) latin =
        search(&g, (asset_search){.state = -1, .kind = -1, .words = "lesson"}, next);
    g_assert_cmpuint(latin->len, ==, 1);
    g_autoptr(GArray) chinese =
        search(&g, (asset_search){.state = -1, .kind = -1, .words = "焊"}, next);
    g_assert_cmpuint(chinese->len, ==, 2);
    g_autoptr(GArray) others =
        search(&g, (asset_search){.owner = g.other.id, .state = -1, .kind = -1}, next);
    g_assert_cmpuint(others->len, ==, 0);
    g_autoptr(GArray) ready = search(&g, (asset_search){.state = ASSET_READY, .kind = -1}, next);
    g_assert_cmpuint(ready->len, ==, 0);
    g_assert_cmpstr(next, ==, "");
    ground_end(&g);
}

static void an_owner_staff_and_admins_may_and_nobody_else(void)
{
    ground g = ground_new();
    person staff = {.id = 5, .role = ROLE_STAFF}, admin = {.id = 6, .role = ROLE_ADMIN};
    person nobody = {.role = ROLE_ADMIN};
    g_assert_true(asset_may(&g.master, g.master.id));
    g_assert_true(asset_may(&staff, g.master.id));
    g_assert_true(asset_may(&admin, g.master.id));
    g_assert_false(asset_may(&g.other, g.master.id));
    g_assert_false(asset_may(&nobody, g.master.id));
    ground_end(&g);
}

static void a_name_is_some_words_and_not_too_many(void)
{
    ground g = ground_new();
    job of = ground_file(&g, "a", JOB_PROBE);
    asset is = ground_asset(&g, of.asset_id);
    g_autofree char *long_name = g_strnfill(ASSET_NAME_CHARS + 1, 'x');
    g_assert_true(asset_rename(g.db, &is, "  平角焊 ", NULL));
    g_assert_cmpstr(is.name, ==, "平角焊");
    g_assert_false(asset_rename(g.db, &is, "   ", NULL));
    g_assert_false(asset_rename(g.db, &is, long_name, NULL));
    asset_clear(&is);
    is = ground_asset(&g, of.asset_id);
    g_assert_cmpstr(is.name, ==, "平角焊");
    asset_clear(&is);
    ground_end(&g);
}

static bool removed(ground *g, const char *id, char **code)
{
    g_autoptr(GError) error = NULL;
    asset is = ground_asset(g, id);
    bool done = asset_remove(g->db, g->clock, &is, &error);
    *code = done ? NULL : g_strdup(error_code(error));
    asset_clear(&is);
    return done;
}

static void a_file_goes_with_its_title_unless_a_course_has_it_or_a_worker_is_at_it(void)
{
    ground g = ground_new();
    g_autofree char *busy = NULL, *used = NULL, *none = NULL;
    school_rule rule = {900, 0};
    school_course course;
    school_lesson lesson;
    ground_file(&g, "a", JOB_TRANSCODE);
    job is = ground_take(&g, JOB_TRANSCODE);
    g_assert_false(removed(&g, is.asset_id, &busy));
    g_assert_cmpstr(busy, ==, "asset_busy");
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_DONE, .length_ms = 60000});
    g_assert_true(school_course_add(g.db, g.clock, "焊工", "", g.master.id, &rule, &course, NULL));
    g_assert_true(
        school_lesson_add(g.db, course.id, "平焊", is.title_id, "", 60000, &lesson, NULL));
    g_assert_false(removed(&g, is.asset_id, &used));
    g_assert_cmpstr(used, ==, "asset_used");
    job free_one = ground_file(&g, "b", JOB_PROBE);
    g_assert_true(removed(&g, free_one.asset_id, &none));
    g_assert_false(job_read(g.db, free_one.id, &free_one, NULL));
    ground_end(&g);
}

static void a_file_that_is_still_being_taken_in_is_not_removed(void)
{
    ground g = ground_new();
    g_autofree char *busy = NULL, *none = NULL;
    g_autoptr(GError) error = NULL;
    records_run(g.db, &error, SQL_ASSET_ADD, "ttttitiit", "asset2", "upload", "a", "video",
                (int64_t)9, "00", g.master.id, clock_utc_ms(g.clock), "probing");
    g_assert_no_error(error);
    g_assert_false(removed(&g, "asset2", &busy));
    g_assert_cmpstr(busy, ==, "asset_busy");
    asset is = ground_asset(&g, "asset2");
    is.state = ASSET_FAILED; /* its file was lost */
    g_assert_true(asset_save(g.db, &is, NULL));
    asset_clear(&is);
    g_assert_true(removed(&g, "asset2", &none));
    ground_end(&g);
}

/* Writes the draft of a course of this name anew: one lesson of this kind made of this file; "" for none. */
static void draft_of(ground *g, school_course *course, const char *kind, const char *field,
                     const char *id)
{
    course_draft was, saved;
    json_t *given = json_pack("{s:s, s:[{s:[{s:s, s:s, s:s}]}]}", "title", course->title,
                              "chapters", "lessons", "title", "平焊", "kind", kind, field, id);
    json_t *body = draft_shape(given, NULL);
    g_assert_true(draft_read(g->db, course, &was, NULL));
    g_assert_true(draft_save(g->db, g->clock, course, was.edit, body, g->master.id, &saved, NULL));
    course_draft_clear(&was);
    course_draft_clear(&saved);
    json_decref(given);
    json_decref(body);
}

static void a_file_that_a_draft_has_stays_until_it_is_taken_out_there(void)
{
    static const struct {
        const char *kind, *field;
        asset_kind of;
    } table[] = {{"video", "asset_id", ASSET_VIDEO}, {"document", "handout_id", ASSET_HANDOUT}};
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        ground g = ground_new();
        g_autofree char *used = NULL, *none = NULL;
        school_rule rule = {900, 0};
        school_course course;
        g_assert_true(
            school_draft_add(g.db, g.clock, "焊工", "", g.master.id, &rule, &course, NULL));
        job of = ground_file(&g, "a", JOB_PROBE);
        asset is = ground_asset(&g, of.asset_id);
        is.kind = table[i].of;
        g_assert_true(asset_save(g.db, &is, NULL));
        draft_of(&g, &course, table[i].kind, table[i].field, is.id);
        g_assert_false(removed(&g, is.id, &used));
        g_assert_cmpstr(used, ==, "asset_in_draft");
        g_autoptr(GArray) uses = asset_uses(g.db, &is, NULL);
        g_assert_cmpuint(uses->len, ==, 1);
        g_assert_true(g_array_index(uses, school_use, 0).draft);
        g_assert_cmpstr(g_array_index(uses, school_use, 0).lesson_title, ==, "平焊");
        draft_of(&g, &course, "link", table[i].field, is.id);
        g_assert_true(removed(&g, is.id, &none));
        asset_clear(&is);
        ground_end(&g);
    }
}

#define TEST(name) g_test_add_func("/asset/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_list_is_paged_newest_first_without_a_gap_or_a_double);
    TEST(a_page_goes_on_though_the_file_it_ended_with_is_gone);
    TEST(what_a_search_finds_is_told_whole);
    TEST(a_search_finds_part_of_a_name_whatever_the_case_and_only_ones_own);
    TEST(an_owner_staff_and_admins_may_and_nobody_else);
    TEST(a_name_is_some_words_and_not_too_many);
    TEST(a_file_goes_with_its_title_unless_a_course_has_it_or_a_worker_is_at_it);
    TEST(a_file_that_is_still_being_taken_in_is_not_removed);
    TEST(a_file_that_a_draft_has_stays_until_it_is_taken_out_there);
    return g_test_run();
}
