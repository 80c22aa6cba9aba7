#include "ledger/coverage.h"

#include <string.h>

#define LINE 400 /* ms of the random lines below: small enough to compare with one flag a ms */

static void random_fill(coverage *is, guint8 *flags, int times)
{
    for (int i = 0; i < times; i++) {
        int from = g_test_rand_int_range(0, LINE), to = g_test_rand_int_range(0, LINE);
        int64_t expected = 0;
        for (int ms = from; ms < to; ms++) {
            expected += !flags[ms];
            flags[ms] = 1;
        }
        g_assert_cmpint(coverage_add(is, from, to), ==, expected);
    }
}

static void same(const coverage *is, const guint8 *flags)
{
    guint8 got[LINE] = {0};
    const GArray *spans = coverage_spans(is);
    int64_t last = -1;
    for (guint i = 0; i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        g_assert_cmpint(span->from_ms, >, last); /* sorted, apart */
        g_assert_cmpint(span->to_ms, >, span->from_ms);
        memset(got + span->from_ms, 1, (size_t)(span->to_ms - span->from_ms));
        last = span->to_ms;
    }
    g_assert_cmpmem(got, LINE, flags, LINE);
}

static void random_spans_cover_what_flags_would(void)
{
    for (int round = 0; round < 300; round++) {
        guint8 a[LINE] = {0}, b[LINE] = {0}, both[LINE], minus[LINE];
        coverage *x = coverage_new(), *y = coverage_new();
        random_fill(x, a, g_test_rand_int_range(0, 12));
        random_fill(y, b, g_test_rand_int_range(0, 12));
        for (int i = 0; i < LINE; i++) {
            both[i] = a[i] && b[i];
            minus[i] = a[i] && !b[i];
        }
        coverage *common = coverage_common(x, y), *rest = coverage_minus(x, y);
        same(x, a);
        same(common, both);
        same(rest, minus);
        g_assert_cmpint(coverage_total(common) + coverage_total(rest), ==, coverage_total(x));
        coverage_free(x);
        coverage_free(y);
        coverage_free(common);
        coverage_free(rest);
    }
}

static void text_comes_back_as_it_went(void)
{
    for (int round = 0; round < 100; round++) {
        guint8 flags[LINE] = {0};
        coverage *is = coverage_new();
        random_fill(is, flags, g_test_rand_int_range(0, 12));
        g_autofree char *text = coverage_text(is);
        coverage *again = coverage_parse(text, NULL);
        g_assert_nonnull(again);
        same(again, flags);
        coverage_free(is);
        coverage_free(again);
    }
}

static void text_that_is_no_coverage_is_refused(void)
{
    const char *const bad[] = {"5",       "5-",      "-5",   "5-5",
                               "9-5",     "0-5,",    ",0-5", "0-5,5-9",
                               "0-5,3-9", "0-5;7-9", "a-b",  "0-99999999999999999999",
                               " 0-5",    "0-5 "};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(coverage_parse(bad[i], &error));
        g_assert_true(error_is(error, ERROR_INPUT));
    }
}

static void a_span_that_cannot_be_changes_nothing(void)
{
    coverage *is = coverage_new();
    g_assert_cmpint(coverage_add(is, 5, 5), ==, 0);
    g_assert_cmpint(coverage_add(is, 9, 5), ==, 0);
    g_assert_cmpint(coverage_add(is, -1, 5), ==, 0);
    g_assert_cmpint(coverage_add(is, 0, COVERAGE_MS_MAX + 1), ==, 0);
    g_assert_true(coverage_empty(is));
    coverage_free(is);
}

static void grown_spans_meet_over_small_holes(void)
{
    coverage *is = coverage_parse("0-100,150-200,300-400", NULL);
    coverage *grown = coverage_grown(is, 30);
    g_autofree char *text = coverage_text(grown);
    g_assert_cmpstr(text, ==, "0-230,270-430");
    coverage_free(is);
    coverage_free(grown);
}

static void the_first_of_it_ends_where_enough_is_had(void)
{
    coverage *is = coverage_parse("0-200,300-400", NULL), *first = coverage_first(is, 250);
    g_autofree char *head = coverage_text(first);
    g_assert_cmpstr(head, ==, "0-200,300-350");
    coverage_free(is);
    coverage_free(first);
}

static void one_stretch_too_many_changes_nothing(void)
{
    coverage *is = coverage_new();
    for (int64_t i = 0; i < COVERAGE_SPANS_MAX; i++)
        g_assert_cmpint(coverage_add(is, i * 10, i * 10 + 5), ==, 5);
    g_assert_cmpint(coverage_add(is, COVERAGE_SPANS_MAX * 10, COVERAGE_SPANS_MAX * 10 + 5), ==, 0);
    g_assert_cmpint(coverage_add(is, 5, 10), ==, 5); /* joins two */
    g_autofree char *text = coverage_text(is);
    coverage *again = coverage_parse(text, NULL);
    g_assert_nonnull(again);
    coverage_free(again);
    coverage_free(is);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/coverage/random_spans_cover_what_flags_would",
                    random_spans_cover_what_flags_would);
    g_test_add_func("/coverage/text_comes_back_as_it_went", text_comes_back_as_it_went);
    g_test_add_func("/coverage/text_that_is_no_coverage_is_refused",
                    text_that_is_no_coverage_is_refused);
    g_test_add_func("/coverage/a_span_that_cannot_be_changes_nothing",
                    a_span_that_cannot_be_changes_nothing);
    g_test_add_func("/coverage/grown_spans_meet_over_small_holes",
                    grown_spans_meet_over_small_holes);
    g_test_add_func("/coverage/the_first_of_it_ends_where_enough_is_had",
                    the_first_of_it_ends_where_enough_is_had);
    g_test_add_func("/coverage/one_stretch_too_many_changes_nothing",
                    one_stretch_too_many_changes_nothing);
    return g_test_run();
}
