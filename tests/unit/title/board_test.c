#include "title/board.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* "0:0,5000 1:9000": sheets and their tiles. */
static char *told(const GPtrArray *sheets)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < sheets->len; i++) {
        const title_sheet *sheet = g_ptr_array_index(sheets, i);
        g_string_append_printf(text, "%s%d:", i ? " " : "", sheet->n);
        for (guint tile = 0; tile < sheet->tiles->len; tile++)
            g_string_append_printf(text, "%s%d", tile ? "," : "",
                                   (int)g_array_index(sheet->tiles, int64_t, tile));
    }
    return g_string_free(text, FALSE);
}

static void assert_told(const char *lines, const char *expected)
{
    g_autoptr(GPtrArray) sheets = board_parse(lines, strlen(lines));
    g_autofree char *is = told(sheets);
    g_assert_cmpstr(is, ==, expected);
}

static void tiles_belong_to_the_sheet_before_them(void)
{
    assert_told("sheet 0 5 5 160 90\ntile 0\ntile 5000\nsheet 1 5 5 160 90\ntile 9000\n",
                "0:0,5000 1:9000");
    assert_told("", "");
}

static void lines_that_cannot_be_are_passed_over(void)
{
    assert_told("tile 1\nsheet 0 5 5 160\nsheet 0 99 5 160 90\nsheet 2 1 1 160 90\ntile -1\n"
                "tile 7x\ntile \ntile 8\ntile 9\nwhat\ntile 10",
                "2:8");
}

static void a_torn_line_does_not_swallow_the_next_one(void)
{
    g_autofree char *dir = g_dir_make_tmp("board-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "board", NULL);
    g_assert_true(g_file_set_contents(file, "sheet 0 5 5 160 90\ntile 0\ntile 50", -1, NULL));
    g_assert_true(board_append(dir, "tile 9000\n", NULL));
    g_autoptr(GPtrArray) sheets = board_read(dir, NULL);
    g_autofree char *is = told(sheets);
    g_assert_cmpstr(is, ==, "0:0,50,9000");
    g_unlink(file);
    g_rmdir(dir);
}

static void a_picture_is_put_whole_or_not_at_all(void)
{
    g_autofree char *dir = g_dir_make_tmp("board-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "poster.jpg", NULL), *text = NULL;
    g_autoptr(GBytes) picture = g_bytes_new_static("new", 3);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(file, "old one", -1, NULL));
    g_assert_true(board_put(dir, "poster.jpg", picture, NULL));
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "new");
    g_assert_false(board_put("/nonexistent/title", "poster.jpg", picture, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_unlink(file);
    g_assert_cmpint(g_rmdir(dir), ==, 0); /* no draft is left */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/title/board/" #name, name)
    TEST(tiles_belong_to_the_sheet_before_them);
    TEST(lines_that_cannot_be_are_passed_over);
    TEST(a_torn_line_does_not_swallow_the_next_one);
    TEST(a_picture_is_put_whole_or_not_at_all);
    return g_test_run();
}
