/* Text files as people's programs save them. */
#include "base/charset.h"

#include <string.h>

#include "base/error.h"

static void expect(const char *bytes, gsize length, const char *wanted)
{
    gsize written = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = charset_to_utf8(bytes, length, &written, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, wanted);
    g_assert_cmpuint(written, ==, strlen(wanted));
}

static void the_same_words_come_from_every_charset(void)
{
    expect("焊工", strlen("焊工"), "焊工");
    expect("\xEF\xBB\xBF焊工", 3 + strlen("焊工"), "焊工");
    expect("\xBA\xB8\xB9\xA4", 4, "焊工");
    expect("\xFF\xFE\x0A\x71\xE5\x5D", 6, "焊工");
    expect("\xFE\xFF\x71\x0A\x5D\xE5", 6, "焊工");
    expect("\x82\x35\x8F\x33", 4, "\xE9\xBE\xA6"); /* four bytes of GB18030 */
    expect("", 0, "");
}

static void what_is_no_text_is_refused(void)
{
    static const struct {
        const char *bytes;
        gsize length;
    } wrong[] = {{"a\0b", 3},
                 {"\xFF\xFE\x0A", 3},             /* half a character */
                 {"\xEF\xBB\xBF\xBA\xB8", 5},     /* says UTF-8 and is not */
                 {"\x89PNG\r\n\x1A\n\0\0\0", 11}, /* a picture */
                 {"\xFF\xFF\xFF", 3}};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        gsize written;
        g_autoptr(GError) error = NULL;
        g_assert_null(charset_to_utf8(wrong[i].bytes, wrong[i].length, &written, &error));
        g_assert_cmpstr(error_code(error), ==, "not_text");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/charset/the_same_words_come_from_every_charset",
                    the_same_words_come_from_every_charset);
    g_test_add_func("/charset/what_is_no_text_is_refused", what_is_no_text_is_refused);
    return g_test_run();
}
