/* Captions kept beside a journal. */
#include "title/captions.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"

static const char srt[] = "1\n00:00:01,000 --> 00:00:02,000\n焊\n";

static char *title_dir(void)
{
    return g_dir_make_tmp("captions-XXXXXX", NULL);
}

static void remove_dir(const char *dir)
{
    g_autofree char *folder = g_build_filename(dir, "captions", NULL);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_rmdir(dir);
}

static GArray *put(const char *dir, const char *lang, const char *label, GError **error)
{
    g_autoptr(GArray) cues = cues_parse(srt, strlen(srt), NULL);
    return captions_put(dir, lang, label, cues, error);
}

static const title_captions *at(const GArray *list, guint i)
{
    return &g_array_index(list, title_captions, i);
}

static void what_was_given_is_listed_by_language(void)
{
    g_autofree char *dir = title_dir();
    g_autoptr(GArray) none = captions_list(dir, NULL);
    g_assert_cmpuint(none->len, ==, 0);
    g_autoptr(GArray) one = put(dir, "zh-Hans", "", NULL);
    g_autoptr(GArray) two = put(dir, "en", "By hand", NULL);
    g_assert_cmpuint(one->len, ==, 1);
    g_assert_cmpuint(two->len, ==, 2);
    g_assert_cmpstr(at(two, 0)->label, ==, "By hand");
    g_assert_cmpstr(at(two, 1)->label, ==, "中文");
    g_assert_cmpint(at(two, 1)->cues, ==, 1);
    g_autoptr(GArray) left = captions_drop(dir, "en", NULL);
    g_assert_cmpuint(left->len, ==, 1);
    remove_dir(dir);
}

static void a_move_is_kept_and_undone_without_loss(void)
{
    g_autofree char *dir = title_dir();
    int64_t away = -60000, back = 500;
    g_array_unref(put(dir, "zh", "", NULL));
    g_autoptr(GArray) moved = captions_change(dir, "zh", NULL, &away, NULL);
    g_assert_cmpint(at(moved, 0)->offset_ms, ==, -60000);
    g_autofree char *nothing = captions_vtt(dir, "zh", NULL, NULL, NULL);
    g_assert_cmpstr(nothing, ==, "WEBVTT\n\n");
    g_autoptr(GArray) again = captions_change(dir, "zh", "普通话", &back, NULL);
    g_assert_cmpstr(at(again, 0)->label, ==, "普通话");
    g_autofree char *text = captions_vtt(dir, "zh", NULL, NULL, NULL);
    g_assert_cmpstr(text, ==, "WEBVTT\n\n00:00:01.500 --> 00:00:02.500\n焊\n\n");
    g_autofree char *piece =
        captions_piece(dir, "zh", &(cues_piece){0, 9000, 0, 9000, 10000}, NULL);
    g_assert_cmpstr(piece, ==,
                    "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000\n\n00:00:11.500 --> "
                    "00:00:12.500\n焊\n\n");
    g_autoptr(GArray) anew = put(dir, "zh", "", NULL);
    g_assert_cmpint(at(anew, 0)->offset_ms, ==, 0);
    remove_dir(dir);
}

static void refuse(const char *dir, const char *lang, const char *label, const char *code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(put(dir, lang, label, &error));
    g_assert_cmpstr(error_code(error), ==, code);
}

static void a_wrong_language_label_or_title_is_refused(void)
{
    static const char *const wrong[] = {"", "z", "chinese", "../zh", "zh/..", "zh-", "ZH", "zh\n"};
    g_autofree char *dir = title_dir();
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        refuse(dir, wrong[i], "x", "captions_words");
    refuse(dir, "zh", "a\nb", "captions_words");
    refuse("/nonexistent", "zh", "", "no_title");
    g_autoptr(GError) error = NULL;
    g_assert_null(captions_vtt(dir, "../../x", NULL, NULL, &error));
    g_assert_cmpstr(error_code(error), ==, "captions_missing");
    remove_dir(dir);
}

static void a_title_has_so_many_languages_and_files_of_others_are_passed_over(void)
{
    g_autofree char *dir = title_dir();
    for (int i = 0; i < CAPTIONS_MAX; i++) {
        char lang[4] = {'a', (char)('a' + i), '\0'};
        g_autoptr(GArray) list = put(dir, lang, "", NULL);
        g_assert_cmpuint(list->len, ==, i + 1);
    }
    refuse(dir, "zh", "", "captions_full");
    g_autoptr(GArray) same = put(dir, "aa", "again", NULL);
    g_assert_nonnull(same);
    g_autofree char *stray = g_build_filename(dir, "captions", "fr", NULL);
    g_assert_true(g_file_set_contents(stray, "WEBVTT\n", -1, NULL));
    g_autoptr(GArray) list = captions_list(dir, NULL);
    g_assert_cmpuint(list->len, ==, CAPTIONS_MAX);
    remove_dir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/captions/what_was_given_is_listed_by_language",
                    what_was_given_is_listed_by_language);
    g_test_add_func("/captions/a_move_is_kept_and_undone_without_loss",
                    a_move_is_kept_and_undone_without_loss);
    g_test_add_func("/captions/a_wrong_language_label_or_title_is_refused",
                    a_wrong_language_label_or_title_is_refused);
    g_test_add_func("/captions/a_title_has_so_many_languages_and_files_of_others_are_passed_over",
                    a_title_has_so_many_languages_and_files_of_others_are_passed_over);
    return g_test_run();
}
