/* The classification of occupations: files, their lines, and what is found. */
#include "catalogue/occupation.h"

#include <string.h>

#include "ground.h"

#define HEAD "edition,code,name,levels,tags\n"

static occupation_report import(ground *g, const char *text)
{
    occupation_report report;
    g_autoptr(GError) error = NULL;
    g_assert_true(occupation_import(g->db, g->clock, text, strlen(text), &report, &error));
    g_assert_no_error(error);
    return report;
}

static void expect(ground *g, const char *text, int added, int changed, int unchanged, int refused)
{
    occupation_report report = import(g, text);
    g_assert_cmpint(report.added, ==, added);
    g_assert_cmpint(report.changed, ==, changed);
    g_assert_cmpint(report.unchanged, ==, unchanged);
    g_assert_cmpint(report.refused, ==, refused);
    occupation_report_clear(&report);
}

static void the_same_file_again_changes_nothing_and_a_mended_one_only_its_line(ground *g,
                                                                               gconstpointer unused)
{
    (void)unused;
    occupation is;
    const char *file = HEAD "2022,6-18-02-04,焊工,5/4/3,mass\n2022,6-31-01-03,电工,,\n";
    expect(g, file, 2, 0, 0, 0);
    expect(g, file, 0, 0, 2, 0);
    expect(g, HEAD "2022,6-18-02-04,电焊工,五级、四级,大众 新职业\n", 0, 1, 0, 0);
    g_assert_true(occupation_read(g->db, "2022", "6-18-02-04", &is, NULL));
    g_assert_cmpstr(is.name, ==, "电焊工");
    g_assert_cmpstr(is.levels, ==, "54");
    g_assert_cmpstr(is.tags, ==, "mass new");
}

static void a_code_means_something_only_with_its_edition(ground *g, gconstpointer unused)
{
    (void)unused;
    occupation is;
    g_autoptr(GError) error = NULL;
    expect(g, HEAD "2019,2-02-10-09,人工智能工程技术人员,,\n2022,2-02-10-09,别的,,\n", 2, 0, 0, 0);
    g_assert_true(occupation_read(g->db, "2019", "2-02-10-09", &is, NULL));
    g_assert_cmpstr(is.name, ==, "人工智能工程技术人员");
    g_assert_false(occupation_read(g->db, "2015", "2-02-10-09", &is, &error));
    g_assert_cmpstr(error_code(error), ==, "occupation_missing");
}

static void each_wrong_line_is_told_by_its_number(ground *g, gconstpointer unused)
{
    (void)unused;
    static const struct {
        int line;
        const char *code;
    } wanted[] = {{2, "bad_code"},      {3, "bad_code"},    {4, "bad_edition"}, {5, "too_short"},
                  {6, "unknown_level"}, {7, "unknown_tag"}, {9, "duplicate"},   {10, "csv_quote"}};
    occupation_report report = import(g, HEAD "2022,9-01-01-01,x,,\n"
                                              "2022,6-1-01-01,x,,\n"
                                              "二〇二二,6-01-01-01,x,,\n"
                                              "2022,6-01-01-01,,,\n"
                                              "2022,6-01-01-02,x,八级,\n"
                                              "2022,6-01-01-03,x,,好\n"
                                              "2022,6-01-01-04,x,,\n"
                                              "2022,6-01-01-04,x,,\n"
                                              "2022,\"6-01-01-05,x,,\n"
                                              "2022,6-01-01-06,x,,\n");
    g_assert_cmpint(report.added, ==, 2);
    g_assert_cmpint(report.refused, ==, G_N_ELEMENTS(wanted));
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        const occupation_error *is = &g_array_index(report.errors, occupation_error, i);
        g_assert_cmpint(is->line, ==, wanted[i].line);
        g_assert_cmpstr(is->code, ==, wanted[i].code);
    }
    occupation_report_clear(&report);
}

static void a_file_without_its_head_is_refused_and_takes_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    int64_t all, codes;
    occupation_report report;
    g_autoptr(GError) error = NULL;
    const char *text = "2022,6-18-02-04,焊工,,\n";
    g_assert_false(occupation_import(g->db, g->clock, text, strlen(text), &report, &error));
    g_assert_cmpstr(error_code(error), ==, "csv_head");
    occupation_report_clear(&report);
    g_assert_true(occupation_count(g->db, &all, &codes, NULL));
    g_assert_cmpint(all, ==, 0);
}

static void a_new_house_begins_with_more_than_a_hundred(ground *g, gconstpointer unused)
{
    (void)unused;
    int64_t all, codes;
    g_assert_true(occupation_seed(g->db, g->clock, NULL));
    g_assert_true(occupation_seed(g->db, g->clock, NULL));
    g_assert_true(occupation_count(g->db, &all, &codes, NULL));
    g_assert_cmpint(codes, >=, 100);
    g_assert_cmpint(codes, ==, all);
}

static void they_are_found_by_characters_pinyin_and_code(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char *const questions[] = {"焊",   "焊工",       "hg",   "hangong",
                                            "HANG", "6-18-02-04", "工 焊"};
    g_assert_true(occupation_seed(g->db, g->clock, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        g_autoptr(GArray) found = occupation_list(g->db, questions[i], "2022", NULL, 20, NULL);
        bool there = false;
        for (guint n = 0; n < found->len; n++)
            there |= strcmp(g_array_index(found, occupation, n).name, "焊工") == 0;
        g_assert_true(there);
    }
    g_autoptr(GArray) none = occupation_list(g->db, "hg", "2015", NULL, 20, NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

static void pages_have_each_once_in_order(ground *g, gconstpointer unused)
{
    (void)unused;
    occupation last = {0};
    int64_t all, codes, seen = 0;
    g_assert_true(occupation_seed(g->db, g->clock, NULL));
    for (;;) {
        g_autoptr(GArray) page = occupation_list(g->db, "", "", seen ? &last : NULL, 7, NULL);
        for (guint i = 0; i < page->len; i++) {
            const occupation *is = &g_array_index(page, occupation, i);
            g_assert_cmpint(strcmp(is->code, last.code), >, 0);
            last = *is;
        }
        seen += page->len;
        if (page->len < 7)
            break;
    }
    g_assert_true(occupation_count(g->db, &all, &codes, NULL));
    g_assert_cmpint(seen, ==, all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/occupation/the_same_file_again_changes_nothing_and_a_mended_one_only_its_line",
         the_same_file_again_changes_nothing_and_a_mended_one_only_its_line);
    TEST("/occupation/a_code_means_something_only_with_its_edition",
         a_code_means_something_only_with_its_edition);
    TEST("/occupation/each_wrong_line_is_told_by_its_number",
         each_wrong_line_is_told_by_its_number);
    TEST("/occupation/a_file_without_its_head_is_refused_and_takes_nothing",
         a_file_without_its_head_is_refused_and_takes_nothing);
    TEST("/occupation/a_new_house_begins_with_more_than_a_hundred",
         a_new_house_begins_with_more_than_a_hundred);
    TEST("/occupation/they_are_found_by_characters_pinyin_and_code",
         they_are_found_by_characters_pinyin_and_code);
    TEST("/occupation/pages_have_each_once_in_order", pages_have_each_once_in_order);
    return g_test_run();
}
