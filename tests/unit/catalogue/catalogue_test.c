/* Listings: put, changed, dropped; found by filters and words, page after page. */
#include "catalogue/catalogue.h"

#include <string.h>

#include "ground.h"

/* A course of which only some facts matter. */
static listing_facts course(const char *id, const char *title)
{
    return (listing_facts){.course_id = id,
                           .title = title,
                           .summary = "",
                           .edition = "",
                           .code = "",
                           .trade = "",
                           .level = "",
                           .people = "赵铁柱",
                           .lesson_titles = "",
                           .master_name = "赵铁柱",
                           .cover_title = "",
                           .owner = 7};
}

static void put(ground *g, const listing_facts *facts)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(listing_put(g->db, facts, &error));
    g_assert_no_error(error);
}

static catalogue_query everything(void)
{
    return (catalogue_query){
        .asked = "", .occupation = "", .level = "", .tag = "", .module = "", .limit = 100};
}

/* Ids of what is found, a blank between. */
static char *find(ground *g, const catalogue_query *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) found = catalogue_find(g->db, wanted, &error);
    g_assert_no_error(error);
    g_autoptr(GString) ids = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(ids, "%s%s", i ? " " : "",
                               g_array_index(found, listing, i).course_id);
    return g_strdup(ids->str);
}

static void expect(ground *g, const catalogue_query *wanted, const char *ids)
{
    g_autofree char *found = find(g, wanted);
    g_assert_cmpstr(found, ==, ids);
}

static void expect_words(ground *g, const char *asked, const char *ids)
{
    catalogue_query wanted = everything();
    wanted.asked = asked;
    wanted.sort = CATALOGUE_LIKE;
    expect(g, &wanted, ids);
}

static void a_listing_is_found_changed_and_dropped(ground *g, gconstpointer unused)
{
    (void)unused;
    listing_facts a = course("a", "焊工"), b = course("b", "电工");
    put(g, &a);
    put(g, &b);
    expect_words(g, "焊工", "a");
    expect_words(g, "ztz", "b a");
    a.title = "铆工";
    put(g, &a);
    expect_words(g, "焊工", "");
    expect_words(g, "mg", "a");
    catalogue_query all = everything();
    expect(g, &all, "b a");
    g_assert_true(listing_drop(g->db, "a", NULL));
    g_assert_true(listing_drop(g->db, "a", NULL));
    expect(g, &all, "b");
    expect_words(g, "mg", "");
}

static void numbers_change_without_new_words(ground *g, gconstpointer unused)
{
    (void)unused;
    listing_facts a = course("a", "焊工");
    catalogue_query all = everything();
    put(g, &a);
    a.minutes = 90;
    a.hours_tenths = 20;
    put(g, &a);
    g_autoptr(GArray) found = catalogue_find(g->db, &all, NULL);
    g_assert_cmpint(g_array_index(found, listing, 0).minutes, ==, 90);
    expect_words(g, "焊", "a");
}

static void a_title_counts_more_than_a_summary_and_that_more_than_lessons(ground *g,
                                                                          gconstpointer unused)
{
    (void)unused;
    g_autoptr(GString) lessons = g_string_new(NULL);
    listing_facts title = course("title", "焊接"), summary = course("summary", "综合"),
                  many = course("many", "其他"), none = course("none", "无关");
    for (int i = 0; i < 200; i++)
        g_string_append(lessons, "焊接焊接\n");
    summary.summary = "焊接入门";
    many.lesson_titles = lessons->str;
    put(g, &title);
    put(g, &summary);
    put(g, &many);
    put(g, &none);
    expect_words(g, "焊接", "title summary many");
}

static void filters_narrow_together(ground *g, gconstpointer unused)
{
    (void)unused;
    const char *urgent[] = {"urgent", "平角焊", NULL}, *safety[] = {"safety", NULL};
    listing_facts a = course("a", "焊工"), b = course("b", "焊接安全"), c = course("c", "护理");
    a.edition = b.edition = c.edition = "2022";
    a.code = b.code = "6-18-02-04";
    c.code = "4-10-01-05";
    a.level = "5";
    b.level = "4";
    a.tags = urgent;
    b.modules = safety;
    put(g, &a);
    put(g, &b);
    put(g, &c);
    struct {
        const char *occupation, *level, *tag, *module, *asked, *ids;
    } rows[] = {{"6", "", "", "", "", "b a"},
                {"6-18", "", "", "", "", "b a"},
                {"6-18-02", "5", "", "", "", "a"},
                {"6-18-02-04", "", "", "safety", "", "b"},
                {"2022:6-18-02-04", "", "", "", "", "b a"},
                {"2015:6-18-02-04", "", "", "", "", ""},
                {"4-10-01-05", "", "", "", "", "c"},
                {"", "", "urgent", "", "", "a"},
                {"", "", "平角焊", "", "", "a"},
                {"", "", "urgent", "safety", "", ""},
                {"6-18", "", "", "", "anquan", "b"},
                {"", "", "", "", "6-18-02-04", "b a"}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        catalogue_query wanted = everything();
        wanted.occupation = rows[i].occupation;
        wanted.level = rows[i].level;
        wanted.tag = rows[i].tag;
        wanted.module = rows[i].module;
        wanted.asked = rows[i].asked;
        expect(g, &wanted, rows[i].ids);
    }
}

static void a_wrong_filter_is_refused_by_its_field(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char *const wrong[][2] = {
        {"occupation", "9"}, {"occupation", "6-1"}, {"occupation", ":6"}, {"occupation", "6-18-"},
        {"level", "6"},      {"level", "54"},       {"module", "\"x"}};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        catalogue_query wanted = everything();
        g_autoptr(GError) error = NULL;
        const char *field = wrong[i][0];
        if (*field == 'o')
            wanted.occupation = wrong[i][1];
        if (*field == 'l')
            wanted.level = wrong[i][1];
        if (*field == 'm')
            wanted.module = wrong[i][1];
        g_assert_null(catalogue_find(g->db, &wanted, &error));
        g_assert_cmpstr(error_field(error), ==, field);
    }
}

static void what_is_free_now_is_told_from_what_was_or_will_be(ground *g, gconstpointer unused)
{
    (void)unused;
    listing_facts always = course("always", "甲"), past = course("past", "乙"),
                  to_come = course("later", "丙"), now = course("now", "丁");
    past.until_ms = 1000;
    to_come.from_ms = 1001;
    now.from_ms = 500;
    now.until_ms = 1001;
    put(g, &always);
    put(g, &past);
    put(g, &to_come);
    put(g, &now);
    catalogue_query wanted = everything();
    wanted.free_at_ms = 1000;
    expect(g, &wanted, "now always");
}

static void pages_have_each_once_in_every_order(ground *g, gconstpointer unused)
{
    (void)unused;
    static const catalogue_sort sorts[] = {CATALOGUE_NEW, CATALOGUE_HOURS, CATALOGUE_LIKE};
    for (int i = 0; i < 50; i++) {
        g_autofree char *id = g_strdup_printf("c%02d", i);
        g_autofree char *title = g_strdup_printf("焊工 %d", i % 7);
        listing_facts is = course(id, title);
        is.hours_tenths = i % 5;
        put(g, &is);
    }
    for (gsize s = 0; s < G_N_ELEMENTS(sorts); s++) {
        catalogue_query wanted = everything();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        wanted.asked = "焊";
        wanted.sort = sorts[s];
        wanted.limit = 7;
        for (int page = 0; page < 8; page++) {
            g_autoptr(GArray) found = catalogue_find(g->db, &wanted, NULL);
            for (guint i = 0; i < found->len; i++) {
                const listing *is = &g_array_index(found, listing, i);
                g_assert_true(g_hash_table_add(seen, g_strdup(is->course_id)));
                wanted.after_score = is->score;
                wanted.after_n = is->n;
                wanted.goes_on = true;
            }
        }
        g_assert_cmpuint(g_hash_table_size(seen), ==, 50);
    }
}

static void facets_count_courses(ground *g, gconstpointer unused)
{
    (void)unused;
    const char *urgent[] = {"urgent", NULL};
    listing_facts a = course("a", "甲"), b = course("b", "乙");
    occupation_seed(g->db, g->clock, NULL);
    a.tags = b.tags = urgent;
    a.edition = "2022";
    a.code = "6-18-02-04";
    put(g, &a);
    put(g, &b);
    listing_drop(g->db, "b", NULL);
    g_autoptr(GArray) facets = catalogue_facets(g->db, NULL);
    g_assert_cmpuint(facets->len, ==, 2);
    const catalogue_facet *trade = &g_array_index(facets, catalogue_facet, 0);
    g_assert_cmpstr(trade->value, ==, "2022:6-18-02-04");
    g_assert_cmpstr(trade->name, ==, "焊工");
    g_assert_cmpint(g_array_index(facets, catalogue_facet, 1).courses, ==, 1);
}

static void anything_typed_finds_or_does_not_and_breaks_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char letters[] = "\"*():{}^-+ANDORNEAR 焊工a1'\\%;";
    listing_facts a = course("a", "焊工");
    put(g, &a);
    for (int i = 0; i < 3000; i++) {
        g_autoptr(GString) asked = g_string_new(NULL);
        for (int n = g_test_rand_int_range(0, 20); n > 0; n--) {
            gsize at = (gsize)g_test_rand_int_range(0, sizeof letters - 1);
            g_string_append_c(asked, letters[at]);
        }
        catalogue_query wanted = everything();
        wanted.asked = wanted.tag = asked->str;
        wanted.sort = CATALOGUE_LIKE;
        g_free(find(g, &wanted)); /* no error of SQL */
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/catalogue/a_listing_is_found_changed_and_dropped",
         a_listing_is_found_changed_and_dropped);
    TEST("/catalogue/numbers_change_without_new_words", numbers_change_without_new_words);
    TEST("/catalogue/a_title_counts_more_than_a_summary_and_that_more_than_lessons",
         a_title_counts_more_than_a_summary_and_that_more_than_lessons);
    TEST("/catalogue/filters_narrow_together", filters_narrow_together);
    TEST("/catalogue/a_wrong_filter_is_refused_by_its_field",
         a_wrong_filter_is_refused_by_its_field);
    TEST("/catalogue/what_is_free_now_is_told_from_what_was_or_will_be",
         what_is_free_now_is_told_from_what_was_or_will_be);
    TEST("/catalogue/pages_have_each_once_in_every_order", pages_have_each_once_in_every_order);
    TEST("/catalogue/facets_count_courses", facets_count_courses);
    TEST("/catalogue/anything_typed_finds_or_does_not_and_breaks_nothing",
         anything_typed_finds_or_does_not_and_breaks_nothing);
    return g_test_run();
}
