/* The public page behind the QR code. */
#include "award/award.h"

#include <string.h>

static award_certificate sample(void)
{
    award_certificate is = {.form = AWARD_LIVE, .minutes = 96, .hour_minutes = 45};
    strcpy(is.serial, "JT-2026-0000123");
    strcpy(is.token, "3f9ac01277de4b0c9a1e5d6f70818293");
    strcpy(is.person_name, "王建国");
    strcpy(is.course_title, "焊工 <初级> & \"平角焊\"");
    strcpy(is.issuer, "江城技师学院");
    memset(is.evidence, 'a', 64);
    is.from_ms = 1772300000000;
    is.to_ms = 1773900000000;
    is.issued_ms = 1773910000000;
    return is;
}

static void a_valid_certificate_shows_its_facts_and_a_masked_name(void)
{
    award_certificate is = sample();
    g_autofree char *html = award_verify_html(&is, false);
    const char *const expected[] = {"<!doctype html>",
                                    "lang=\"zh-CN\"",
                                    "证明有效",
                                    "王**",
                                    "JT-2026-0000123",
                                    "2026年3月1日 – 2026年3月19日",
                                    "96 分钟，计 2 学时 6 分钟",
                                    "江城技师学院",
                                    is.evidence,
                                    "noindex"};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_nonnull(strstr(html, expected[i]));
    g_assert_null(strstr(html, "王建国"));
    g_assert_null(strstr(html, is.token));
    g_assert_null(strstr(html, "已撤销"));
}

static void a_revoked_one_says_so_and_is_not_called_valid(void)
{
    award_certificate is = sample();
    is.revoked_ms = is.issued_ms + 86400000;
    g_autofree char *html = award_verify_html(&is, false);
    g_assert_nonnull(strstr(html, "证明已撤销"));
    g_assert_nonnull(strstr(html, "2026年3月20日"));
    g_assert_null(strstr(html, "证明有效"));
}

static void words_from_outside_cannot_become_markup(void)
{
    award_certificate is = sample();
    strcpy(is.person_name, "<img src=x>");
    strcpy(is.issuer, "\"><script>alert(1)</script>");
    g_autofree char *html = award_verify_html(&is, false);
    g_assert_null(strstr(html, "<script"));
    g_assert_null(strstr(html, "<img"));
    g_assert_nonnull(strstr(html, "&lt;初级&gt; &amp; &quot;平角焊&quot;"));
}

static void an_unknown_token_tells_nothing(void)
{
    g_autofree char *html = award_verify_html(NULL, false);
    g_assert_nonnull(strstr(html, "没有找到这份证明"));
    g_assert_null(strstr(html, "<dl>"));
    g_assert_nonnull(strstr(html, "</html>"));
}

static void english_comes_first_when_asked_for(void)
{
    award_certificate is = sample();
    g_autofree char *html = award_verify_html(&is, true);
    g_assert_nonnull(strstr(html, "<html lang=\"en\">"));
    g_assert_nonnull(strstr(html, "<h1>This certificate is valid"));
    g_assert_nonnull(strstr(html, "1 March 2026 – 19 March 2026"));
    g_assert_nonnull(strstr(html, "证明有效"));
}

static void the_page_is_small_and_needs_nothing_inline(void)
{
    award_certificate is = sample();
    g_autofree char *html = award_verify_html(&is, false);
    g_assert_cmpuint(strlen(html) + strlen(award_verify_style()), <, 100 * 1024);
    static const char *const inlined[] = {
        "<script", "<style", " style=", "javascript:", " onclick", "http:"};
    for (gsize i = 0; i < G_N_ELEMENTS(inlined); i++)
        g_assert_null(strstr(html, inlined[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/award/a_valid_certificate_shows_its_facts_and_a_masked_name",
                    a_valid_certificate_shows_its_facts_and_a_masked_name);
    g_test_add_func("/award/a_revoked_one_says_so_and_is_not_called_valid",
                    a_revoked_one_says_so_and_is_not_called_valid);
    g_test_add_func("/award/words_from_outside_cannot_become_markup",
                    words_from_outside_cannot_become_markup);
    g_test_add_func("/award/an_unknown_token_tells_nothing", an_unknown_token_tells_nothing);
    g_test_add_func("/award/english_comes_first_when_asked_for",
                    english_comes_first_when_asked_for);
    g_test_add_func("/award/the_page_is_small_and_needs_nothing_inline",
                    the_page_is_small_and_needs_nothing_inline);
    return g_test_run();
}
