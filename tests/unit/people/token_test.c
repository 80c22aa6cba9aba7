/* base64url: one spelling for all bytes, and no bytes for any other spelling. */
#include "people/token.h"

#include <string.h>

typedef struct {
    const char *bytes, *text;
} spelling;

static void bytes_are_spelt_as_the_standard_says(void)
{
    static const spelling cases[] = {
        /* RFC 4648 10, without padding */
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = base64url_encode(cases[i].bytes, strlen(cases[i].bytes));
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void any_bytes_come_back_and_agree_with_glib(void)
{
    for (int round = 0; round < 5000; round++) {
        guint8 bytes[100];
        gsize length = (gsize)g_test_rand_int_range(1, 100), back_length;
        for (gsize i = 0; i < length; i++)
            bytes[i] = (guint8)g_test_rand_int();
        g_autofree char *text = base64url_encode(bytes, length);
        g_autofree char *standard = g_base64_encode(bytes, length);
        g_strdelimit(g_strdelimit(standard, "+", '-'), "/", '_');
        standard[strcspn(standard, "=")] = '\0';
        g_assert_cmpstr(text, ==, standard);
        g_autoptr(GBytes) back = base64url_decode(text, strlen(text));
        const void *same = g_bytes_get_data(back, &back_length);
        g_assert_cmpmem(same, back_length, bytes, length);
    }
}

static void other_spellings_are_refused(void)
{
    static const char *const cases[] = {"",      "Z",    "Zh",   "Zg=",  "Zg==",  "Zm9",   "Zm8=",
                                        "Zm9vY", "Zm9+", "Zm9/", "Zm 9", "Zm9\n", "Zm9v.", "匠"};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_null(base64url_decode(cases[i], strlen(cases[i])));
    g_assert_null(base64url_decode("Zm\0v", 4));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/token/" #name, name)
    TEST(bytes_are_spelt_as_the_standard_says);
    TEST(any_bytes_come_back_and_agree_with_glib);
    TEST(other_spellings_are_refused);
    return g_test_run();
}
