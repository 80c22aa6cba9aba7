#include "title/chapters.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static char *dir_new(void)
{
    return g_dir_make_tmp("chapters-XXXXXX", NULL);
}

static void dir_free(char *dir)
{
    g_autofree char *file = g_build_filename(dir, "chapters", NULL);
    g_unlink(file);
    g_rmdir(dir);
    g_free(dir);
}

/* "500 一|2000 二" */
static char *told(GArray *chapters)
{
    g_assert_nonnull(chapters);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < chapters->len; i++) {
        const title_chapter *is = &g_array_index(chapters, title_chapter, i);
        g_string_append_printf(text, "%s%d %s", i ? "|" : "", (int)is->at_ms, is->words);
    }
    g_array_unref(chapters);
    return g_string_free(text, FALSE);
}

#define ASSERT_TOLD(chapters, text)                                                                \
    do {                                                                                           \
        g_autofree char *is = told(chapters);                                                      \
        g_assert_cmpstr(is, ==, text);                                                             \
    } while (0)

static void chapters_come_by_their_times_and_a_changed_one_has_a_new_id(void)
{
    char *dir = dir_new();
    ASSERT_TOLD(chapters_read(dir, NULL), "");
    ASSERT_TOLD(chapters_add(dir, 2000, "二", NULL), "2000 二");
    ASSERT_TOLD(chapters_add(dir, 500, "一 \"引\"", NULL), "500 一 \"引\"|2000 二");
    ASSERT_TOLD(chapters_change(dir, 2, 3000, "三", NULL), "2000 二|3000 三");
    g_autoptr(GArray) now = chapters_read(dir, NULL);
    g_assert_cmpint(g_array_index(now, title_chapter, 1).id, ==, 3);
    ASSERT_TOLD(chapters_drop(dir, 3, NULL), "2000 二");
    g_autoptr(GArray) more = chapters_add(dir, 9, "九", NULL);
    g_assert_cmpint(g_array_index(more, title_chapter, 0).id, ==, 4);
    dir_free(dir);
}

static void what_cannot_be_a_chapter_is_refused_and_changes_nothing(void)
{
    static const struct {
        int64_t at_ms;
        const char *words;
    } wrong[] = {{-1, "一"}, {0, ""}, {0, "a\nchapter 9 9 b"}, {0, "\xff"}, {0, "a\x7f"}};
    char *dir = dir_new();
    ASSERT_TOLD(chapters_add(dir, 1, "一", NULL), "1 一");
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(chapters_add(dir, wrong[i].at_ms, wrong[i].words, &error));
        g_assert_true(error_is(error, ERROR_INPUT));
    }
    g_autoptr(GError) missing = NULL;
    g_assert_null(chapters_drop(dir, 2, &missing));
    g_assert_true(error_is(missing, ERROR_MISSING));
    ASSERT_TOLD(chapters_read(dir, NULL), "1 一");
    dir_free(dir);
}

static void a_torn_last_line_is_none_and_is_cut_by_the_next_change(void)
{
    char *dir = dir_new();
    g_autofree char *file = g_build_filename(dir, "chapters", NULL);
    g_assert_true(
        g_file_set_contents(file, "chapter 1 100 一\nwhat is this\nchapter 2 2", -1, NULL));
    ASSERT_TOLD(chapters_read(dir, NULL), "100 一");
    ASSERT_TOLD(chapters_add(dir, 200, "二", NULL), "100 一|200 二");
    ASSERT_TOLD(chapters_read(dir, NULL), "100 一|200 二");
    dir_free(dir);
}

static void a_title_has_so_many_chapters_and_not_one_more(void)
{
    char *dir = dir_new();
    for (int i = 0; i < CHAPTERS_MAX; i++)
        g_array_unref(chapters_add(dir, i, "章", NULL));
    g_autoptr(GError) full = NULL;
    g_assert_null(chapters_add(dir, 1, "多", &full));
    g_assert_true(error_is(full, ERROR_CONFLICT));
    g_autoptr(GArray) changed = chapters_change(dir, 1, 5, "改", NULL);
    g_assert_cmpuint(changed->len, ==, CHAPTERS_MAX);
    dir_free(dir);
}

static void a_title_that_does_not_exist_has_none_and_takes_none(void)
{
    g_autoptr(GError) error = NULL;
    ASSERT_TOLD(chapters_read("/nonexistent/title", NULL), "");
    g_assert_null(chapters_add("/nonexistent/title", 0, "一", &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/title/chapters/" #name, name)
    TEST(chapters_come_by_their_times_and_a_changed_one_has_a_new_id);
    TEST(what_cannot_be_a_chapter_is_refused_and_changes_nothing);
    TEST(a_torn_last_line_is_none_and_is_cut_by_the_next_change);
    TEST(a_title_has_so_many_chapters_and_not_one_more);
    TEST(a_title_that_does_not_exist_has_none_and_takes_none);
    return g_test_run();
}
