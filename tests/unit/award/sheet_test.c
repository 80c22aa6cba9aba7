/* The printed sheet, read back by the tools a stranger would use: pdftotext, pdftoppm, zbarimg. */
#include "award/award.h"

#include <glib/gstdio.h>
#include <string.h>

#define URL "https://learn.example.org/verify/3f9ac01277de4b0c9a1e5d6f70818293"

static award_certificate sample(void)
{
    award_certificate is = {.form = AWARD_LIVE, .minutes = 96, .hour_minutes = 45};
    strcpy(is.serial, "JT-2026-0000123");
    strcpy(is.token, "3f9ac01277de4b0c9a1e5d6f70818293");
    strcpy(is.person_name, "阿卜杜拉·买买提");
    strcpy(is.course_title, "焊工（初级）· 平角焊实操");
    strcpy(is.issuer, "江城技师学院");
    memset(is.evidence, 'a', 64);
    is.from_ms = 1772300000000;
    is.to_ms = 1773900000000;
    is.issued_ms = 1773910000000;
    return is;
}

typedef struct {
    char *folder, *pdf, *png;
} printed;

static void print_sheet(printed *p, const award_certificate *is)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = award_pdf(is, URL, &error);
    g_assert_no_error(error);
    p->folder = g_dir_make_tmp("sheet-XXXXXX", NULL);
    p->pdf = g_build_filename(p->folder, "sheet.pdf", NULL);
    p->png = g_build_filename(p->folder, "sheet.png", NULL);
    g_file_set_contents(p->pdf, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes),
                        &error);
    g_assert_no_error(error);
}

static void throw_away(printed *p)
{
    g_unlink(p->pdf);
    g_unlink(p->png);
    g_rmdir(p->folder);
    g_free(p->pdf);
    g_free(p->png);
    g_free(p->folder);
}

/* What the tool says; NULL, and the test skipped, where it is not installed. */
static char *ask(const char *const *words)
{
    g_autofree char *program = g_find_program_in_path(words[0]);
    char *said = NULL;
    int status = 0;
    g_autoptr(GError) error = NULL;
    if (!program) {
        g_test_skip("a tool to read the sheet with is not installed");
        return NULL;
    }
    g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                 NULL, &said, NULL, &status, &error);
    g_assert_no_error(error);
    return said;
}

static char *text_of(const award_certificate *is)
{
    printed p;
    print_sheet(&p, is);
    const char *const words[] = {"pdftotext", "-layout", p.pdf, "-", NULL};
    char *text = ask(words);
    throw_away(&p);
    return text;
}

static void assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        g_test_message("The sheet does not say \"%s\" but:\n%s", words, text);
    g_assert_nonnull(strstr(text, words));
}

static void the_sheet_says_who_learnt_what_when_and_how_long(void)
{
    award_certificate is = sample();
    g_autofree char *text = text_of(&is);
    if (!text)
        return;
    static const char *const expected[] = {"培训合格证明",
                                           "阿卜杜拉·买买提",
                                           "JT-2026-0000123",
                                           "焊工（初级）· 平角焊实操",
                                           "线上直播",
                                           "2026年3月1日至2026年3月19日",
                                           "认定学习时间 96 分钟，计 2 学时 6 分钟（45 分钟/学时）",
                                           "江城技师学院",
                                           "96 credited minutes",
                                           "learn.example.org/verify/"};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_says(text, expected[i]);
    g_assert_null(strstr(text, "已撤销"));
}

static void words_of_public_titles_stand_only_in_the_line_that_denies_them(void)
{
    award_certificate is = sample();
    g_autofree char *text = text_of(&is);
    if (!text)
        return;
    char *line = strstr(text, "不是职业资格证书，也不是职业技能等级证书");
    g_assert_nonnull(line);
    memset(line, ' ', strlen("不是职业资格证书，也不是职业技能等级证书"));
    g_assert_null(award_lint(text));
}

static void one_day_is_not_printed_as_a_period(void)
{
    award_certificate is = sample();
    is.to_ms = is.from_ms + 60000;
    is.minutes = 30;
    g_autofree char *text = text_of(&is);
    if (!text)
        return;
    assert_says(text, "于2026年3月1日参加");
    assert_says(text, "认定学习时间 30 分钟");
    g_assert_null(strstr(text, "学时"));
}

static void a_revoked_certificate_is_printed_as_revoked(void)
{
    award_certificate is = sample();
    is.revoked_ms = is.issued_ms + 1000;
    g_autofree char *with = text_of(&is);
    if (with)
        assert_says(with, "撤");
}

static void rare_characters_have_glyphs(void)
{
    static const char *const names[] = {
        "𬭎", "㛃", "𠮷", "䶮", "阿卜杜拉·买买提", "王建国", "José Núñez", "𫟹𬭳𫓧"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_cmpint(award_missing_glyphs(names[i]), ==, 0);
}

static void a_character_nobody_draws_is_counted(void)
{
    g_assert_cmpint(award_missing_glyphs("王\U0010FFFD\U0010FFFC"), ==, 2);
}

static void the_code_leads_to_the_public_page(void)
{
    award_certificate is = sample();
    printed p;
    print_sheet(&p, &is);
    g_autofree char *stem = g_build_filename(p.folder, "sheet", NULL);
    const char *const draw[] = {"pdftoppm", "-r", "110", "-png", "-singlefile", p.pdf, stem, NULL};
    const char *const scan[] = {"zbarimg", "-q", "--raw", p.png, NULL};
    g_autofree char *drawn = ask(draw), *scanned = drawn ? ask(scan) : NULL;
    if (scanned)
        g_assert_cmpstr(g_strstrip(scanned), ==, URL);
    throw_away(&p);
}

static void the_longest_words_still_make_one_page(void)
{
    award_certificate is = sample();
    g_autofree char *name = g_strnfill(50, 'W'), *issuer = g_strnfill(48, 'M');
    GString *title = g_string_new(NULL);
    for (int i = 0; i < 60; i++)
        g_string_append(title, "焊");
    g_strlcpy(is.person_name, name, sizeof is.person_name);
    g_strlcpy(is.issuer, issuer, sizeof is.issuer);
    g_strlcpy(is.course_title, title->str, sizeof is.course_title);
    g_string_free(title, TRUE);
    g_autofree char *text = text_of(&is);
    if (!text)
        return;
    assert_says(text, name);
    g_assert_true(strchr(text, '\f') == text + strlen(text) - 1);
}

static void an_address_too_long_for_a_code_is_an_error(void)
{
    award_certificate is = sample();
    g_autofree char *url = g_strnfill(5000, 'u');
    g_autoptr(GError) error = NULL;
    g_assert_null(award_pdf(&is, url, &error));
    g_assert_true(error_is(error, ERROR_PEER));
}

static gpointer print_some(gpointer failures)
{
    award_certificate is = sample();
    for (int i = 0; i < 3; i++) {
        g_autoptr(GBytes) pdf = award_pdf(&is, URL, NULL);
        if (!pdf)
            g_atomic_int_inc((int *)failures);
    }
    return NULL;
}

static void several_threads_may_print_at_once(void)
{
    GThread *threads[3];
    int failures = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("print", print_some, &failures);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(failures, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/award/the_sheet_says_who_learnt_what_when_and_how_long",
                    the_sheet_says_who_learnt_what_when_and_how_long);
    g_test_add_func("/award/words_of_public_titles_stand_only_in_the_line_that_denies_them",
                    words_of_public_titles_stand_only_in_the_line_that_denies_them);
    g_test_add_func("/award/one_day_is_not_printed_as_a_period",
                    one_day_is_not_printed_as_a_period);
    g_test_add_func("/award/a_revoked_certificate_is_printed_as_revoked",
                    a_revoked_certificate_is_printed_as_revoked);
    g_test_add_func("/award/rare_characters_have_glyphs", rare_characters_have_glyphs);
    g_test_add_func("/award/a_character_nobody_draws_is_counted",
                    a_character_nobody_draws_is_counted);
    g_test_add_func("/award/the_code_leads_to_the_public_page", the_code_leads_to_the_public_page);
    g_test_add_func("/award/the_longest_words_still_make_one_page",
                    the_longest_words_still_make_one_page);
    g_test_add_func("/award/an_address_too_long_for_a_code_is_an_error",
                    an_address_too_long_for_a_code_is_an_error);
    g_test_add_func("/award/several_threads_may_print_at_once", several_threads_may_print_at_once);
    return g_test_run();
}
