/* What is typed, in the one form we keep. */
#include "people/names.h"

#include <string.h>

typedef struct {
    const char *typed, *kept; /* NULL: refused */
} folding;

static void logins_are_kept_in_one_form(void)
{
    static const folding table[] = {
        {"chen", "chen"},
        {" Chen.Jing ", "chen.jing"},
        {"ＣＨＥＮ１２３", "chen123"},
        {"　zhou　", "zhou"},
        {"li.mei+a@x-y_z.cn", "li.mei+a@x-y_z.cn"},
        {"13800138000", "13800138000"},
        {"ab", NULL},
        {"", NULL},
        {"   ", NULL},
        {"chen jing", NULL},
        {"陈静静", NULL},
        {"chen\x01", NULL},
        {"chen/..", NULL},
        {"chén", NULL},
        {"\xff\xfe\xfd", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        char login[PERSON_LOGIN_MAX + 1];
        g_autoptr(GError) error = NULL;
        g_assert_true(names_login(table[i].typed, login, &error) == (table[i].kept != NULL));
        g_assert_cmpstr(login, ==, table[i].kept ? table[i].kept : "");
        if (!table[i].kept)
            g_assert_cmpstr(error_field(error), ==, "login");
    }
}

static void a_login_of_64_characters_fits_and_one_more_does_not(void)
{
    char login[PERSON_LOGIN_MAX + 1];
    g_autofree char *fits = g_strnfill(64, 'a'), *over = g_strnfill(65, 'a');
    g_assert_true(names_login(fits, login, NULL));
    g_assert_cmpstr(login, ==, fits);
    g_assert_false(names_login(over, login, NULL));
}

static void names_are_kept_as_typed_but_for_dots_and_edges(void)
{
    static const folding table[] = {
        {"陈静", "陈静"},
        {"阿卜杜拉•买买提", "阿卜杜拉·买买提"},
        {"ジョン・スミス", "ジョン·スミス"},
        {"  Anna  Maria ", "Anna  Maria"},
        {"　王　", "王"},
        {"𠮷田", "𠮷田"},                         /* extension B */
        {"\xf0\xb1\x8d\x90", "\xf0\xb1\x8d\x90"}, /* U+31350, extension H */
        {"\xef\xa4\xac", "\xef\xa4\xac"},         /* U+F92C stays itself: no normalisation */
        {"", NULL},
        {" 　 ", NULL},
        {"a\nb", NULL},
        {"a\x7f", NULL},
        {"a\xe2\x80\x8b", NULL}, /* zero width space */
        {"\xe2\x80\xae"
         "a",
         NULL},                  /* right-to-left override */
        {"a\xe2\x80\xa8", NULL}, /* line separator */
        {"\xef\xbf\xbf", NULL},  /* U+FFFF */
        {"\xc3", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        char name[PERSON_NAME_MAX * 4 + 1];
        g_autoptr(GError) error = NULL;
        g_assert_true(names_name(table[i].typed, name, &error) == (table[i].kept != NULL));
        g_assert_cmpstr(name, ==, table[i].kept ? table[i].kept : "");
        if (!table[i].kept)
            g_assert_cmpstr(error_field(error), ==, "name");
    }
}

static void fifty_characters_of_four_bytes_fit_and_one_more_does_not(void)
{
    char name[PERSON_NAME_MAX * 4 + 1];
    g_autoptr(GString) typed = g_string_new(NULL);
    for (int i = 0; i < PERSON_NAME_MAX; i++)
        g_string_append(typed, "𠮷");
    g_string_append(typed, "  ");
    g_assert_true(names_name(typed->str, name, NULL));
    g_assert_cmpuint(strlen(name), ==, PERSON_NAME_MAX * 4);
    g_string_truncate(typed, PERSON_NAME_MAX * 4);
    g_string_append(typed, "x");
    g_assert_false(names_name(typed->str, name, NULL));
}

/* Whatever comes in, what comes out is accepted again and stays as it is. */
static void folding_twice_is_folding_once(void)
{
    for (int round = 0; round < 20000; round++) {
        char typed[40], login[PERSON_LOGIN_MAX + 1], again[PERSON_LOGIN_MAX + 1];
        char name[PERSON_NAME_MAX * 4 + 1], name_again[PERSON_NAME_MAX * 4 + 1];
        gsize length = 0;
        for (int chars = g_test_rand_int_range(0, 9); chars > 0; chars--) {
            gunichar c = (gunichar)g_test_rand_int_range(1, g_test_rand_bit() ? 0x80 : 0x11000);
            if (g_unichar_validate(c))
                length += (gsize)g_unichar_to_utf8(c, typed + length);
        }
        typed[length] = '\0';
        if (names_login(typed, login, NULL)) {
            g_assert_true(names_login(login, again, NULL));
            g_assert_cmpstr(login, ==, again);
        }
        if (names_name(typed, name, NULL)) {
            g_assert_true(names_name(name, name_again, NULL));
            g_assert_cmpstr(name, ==, name_again);
        }
    }
}

static void assert_password(const char *password, const char *code)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(names_password(password, "chenjing", "password", &error) == (code == NULL));
    if (code) {
        g_assert_cmpstr(error_code(error), ==, code);
        g_assert_cmpstr(error_field(error), ==, "password");
    }
}

static void passwords_are_long_enough_and_not_the_first_guesses(void)
{
    g_autofree char *fits = g_strnfill(127, 'x'), *over = g_strnfill(129, 'x');
    g_autofree char *longest = g_strconcat(fits, "y", NULL);
    assert_password("焊工学习要认真呀", NULL);
    assert_password("a long sentence", NULL);
    assert_password(longest, NULL);
    assert_password("1234567", "password_too_short");
    assert_password(over, "password_too_long");
    assert_password("12345678", "password_too_easy");
    assert_password("88888888", "password_too_easy");
    assert_password("Password", "password_too_easy");
    assert_password("ChenJing", "password_too_easy");
    assert_password("\xff\xff\xff\xff\xff\xff\xff\xff", "password_invalid");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/names/logins_are_kept_in_one_form", logins_are_kept_in_one_form);
    g_test_add_func("/names/a_login_of_64_characters_fits_and_one_more_does_not",
                    a_login_of_64_characters_fits_and_one_more_does_not);
    g_test_add_func("/names/names_are_kept_as_typed_but_for_dots_and_edges",
                    names_are_kept_as_typed_but_for_dots_and_edges);
    g_test_add_func("/names/fifty_characters_of_four_bytes_fit_and_one_more_does_not",
                    fifty_characters_of_four_bytes_fit_and_one_more_does_not);
    g_test_add_func("/names/folding_twice_is_folding_once", folding_twice_is_folding_once);
    g_test_add_func("/names/passwords_are_long_enough_and_not_the_first_guesses",
                    passwords_are_long_enough_and_not_the_first_guesses);
    return g_test_run();
}
