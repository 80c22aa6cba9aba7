#include <string.h>

#include "base/error.h"
#include "title/journal.h"

static const char *const good[] = {
    "jiangtang 1 30000 180000 4 1790000000000",
    "rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 2500000",
    "rendition audio audio mp4a.40.2 0 0 0 48000",
    "init src 0 812",
    "part src 12 3 40960 8192 2160000 30000 0",
    "part src 0 0 0 1 0 1 1",
    "segment src 12 2070000 180000 49152",
    "gap 480p 13 2250000 180000",
    "discontinuity 14",
    "end 2430000",
};

static const char *const bad[] = {
    "",
    " ",
    "jiangtang",
    "jiangtang 2 30000 180000 4 1790000000000",
    "jiangtang 1 30000 180000 4",
    "jiangtang 1 30000 180000 4 1790000000000 9",
    "jiangtang 1 30000  180000 4 1790000000000",
    "jiangtang 1 0 180000 4 1790000000000",
    "jiangtang 1 30000 20000 4 1790000000000",
    "jiangtang 1 30000 180000 4 -1",
    "rendition ../x av avc1.64001f 1280 720 30000 2500000",
    "rendition Src av avc1.64001f 1280 720 30000 2500000",
    "rendition abcdefghijklmnop av avc1.64001f 1280 720 30000 2500000",
    "rendition src av avc1.\"x 1280 720 30000 2500000",
    "rendition src picture avc1.64001f 1280 720 30000 2500000",
    "rendition src av avc1.64001f 0 720 30000 2500000",
    "rendition audio audio mp4a.40.2 1 0 0 48000",
    "init src 0 0",
    "init src 00 812",
    "init src +1 812",
    "init src 99999999999999999999 812",
    "part src 12 3 40960 8192 2160000 30000 2",
    "part src 12 3 40960 0 2160000 30000 0",
    "part src 12 3 40960 8192 2160000 0 0",
    "part src 12 3 40960 8192 999999999999999999 30000 0",
    "part src 1.5 3 40960 8192 2160000 30000 0",
    "segment src 12 2070000 180000",
    "gap src -1 2250000 180000",
    "discontinuity",
    "end x",
    "parts src 12 3 40960 8192 2160000 30000 0",
    "end 2430000\r",
};

static void every_kind_of_line_is_read_and_written_the_same(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        journal_line line;
        g_autoptr(GError) error = NULL;
        g_assert_true(journal_parse(good[i], strlen(good[i]), &line, &error));
        g_assert_no_error(error);
        g_autoptr(GString) out = g_string_new("before ");
        journal_format(&line, out);
        g_autofree char *expected = g_strdup_printf("before %s\n", good[i]);
        g_assert_cmpstr(out->str, ==, expected);
    }
}

static void a_line_that_cannot_be_is_refused_as_input(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        journal_line line;
        g_autoptr(GError) error = NULL;
        if (journal_parse(bad[i], strlen(bad[i]), &line, &error))
            g_error("taken: %s", bad[i]);
        g_assert_true(error_is(error, ERROR_INPUT));
    }
}

static void the_values_of_a_part_are_where_they_belong(void)
{
    journal_line line;
    g_assert_true(journal_parse(good[4], strlen(good[4]), &line, NULL));
    g_assert_cmpint(line.kind, ==, JOURNAL_PART);
    g_assert_cmpstr(line.rendition, ==, "src");
    g_assert_cmpint(line.msn, ==, 12);
    g_assert_cmpint(line.part, ==, 3);
    g_assert_cmpint(line.offset, ==, 40960);
    g_assert_cmpint(line.bytes, ==, 8192);
    g_assert_cmpint(line.start, ==, 2160000);
    g_assert_cmpint(line.duration, ==, 30000);
    g_assert_false(line.independent);
}

static void a_nul_inside_a_line_is_refused(void)
{
    char text[80];
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        for (gsize at = 0; at < strlen(good[i]); at++) {
            journal_line line;
            g_strlcpy(text, good[i], sizeof text);
            text[at] = '\0';
            g_assert_false(journal_parse(text, strlen(good[i]), &line, NULL));
        }
}

static void the_longest_lines_fit_the_limit(void)
{
    journal_line line = {.kind = JOURNAL_RENDITION};
    memset(line.described.name, 'z', JOURNAL_NAME_MAX - 1);
    memset(line.described.codecs, 'z', JOURNAL_CODECS_MAX - 1);
    line.described.width = line.described.height = 16384;
    line.described.fps_milli = 1000000;
    line.described.bandwidth = 1000000000;
    g_autoptr(GString) out = g_string_new(NULL);
    journal_format(&line, out);
    g_assert_cmpuint(out->len, <=, JOURNAL_LINE_MAX);
    g_assert_true(journal_parse(out->str, out->len - 1, &line, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/title/journal/" #name, name)
    TEST(every_kind_of_line_is_read_and_written_the_same);
    TEST(a_line_that_cannot_be_is_refused_as_input);
    TEST(the_values_of_a_part_are_where_they_belong);
    TEST(a_nul_inside_a_line_is_refused);
    TEST(the_longest_lines_fit_the_limit);
    return g_test_run();
}
