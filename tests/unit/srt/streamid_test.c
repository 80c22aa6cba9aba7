#include "ingest/srt/streamid.h"

#include <stdbool.h>
#include <string.h>

#define KEY "k5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j"

static void each_spelling_of_a_wish_to_publish_gives_its_key(void)
{
    static const char *const spellings[] = {
        KEY,
        "publish:" KEY,
        "#!::r=" KEY ",m=publish",
        "#!::m=publish,r=" KEY,
        "#!::r=" KEY,
        "#!::u=zhao,r=" KEY ",t=stream,m=publish,x-y=,s=1",
        "#!::r=" KEY ",m=publish,",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++) {
        char key[STREAMID_KEY_MAX + 1];
        g_assert_cmpint(streamid_read(spellings[i], key), ==, STREAMID_PUBLISH);
        g_assert_cmpstr(key, ==, KEY);
    }
}

static void what_holds_no_key_is_nonsense(void)
{
    g_autofree char *long_key = g_strnfill(STREAMID_KEY_MAX + 1, 'a');
    g_autofree char *long_text = g_strnfill(STREAMID_MAX + 1, 'a');
    const char *const nonsense[] = {
        NULL,         "",       "publish:",          "publish:a b",      "live/" KEY,
        "#!::",       "#!::r=", "#!::m=publish",     "#!::r=a b",        "#!:r=" KEY,
        "#!::R=" KEY, "讲课",   "read:" KEY,         "../../etc",        long_key,
        long_text,    "#!::r",  "publish:" KEY "\n", "#!::r=" KEY ",r=",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
        char key[STREAMID_KEY_MAX + 1] = "left over";
        g_assert_cmpint(streamid_read(nonsense[i], key), ==, STREAMID_NONSENSE);
    }
}

static void one_who_wants_to_receive_is_told_apart(void)
{
    static const char *const wishes[] = {"#!::r=" KEY ",m=request", "#!::m=bidirectional,r=" KEY,
                                         "#!::r=" KEY ",m=publishing",
                                         "#!::r=" KEY ",m=", "#!::r=" KEY ",m=publis"};
    for (gsize i = 0; i < G_N_ELEMENTS(wishes); i++) {
        char key[STREAMID_KEY_MAX + 1];
        g_assert_cmpint(streamid_read(wishes[i], key), ==, STREAMID_WANTS_MORE);
        g_assert_cmpstr(key, ==, "");
    }
}

static void changed_letters_never_leave_the_bounds(void)
{
    const char *seed = "#!::u=zhao,r=" KEY ",m=publish";
    for (int round = 0; round < 20000; round++) {
        g_autofree char *text = g_strdup(seed);
        for (int i = 0; i < 3; i++)
            text[g_test_rand_int_range(0, (gint32)strlen(seed))] =
                (char)g_test_rand_int_range(1, 256);
        char key[STREAMID_KEY_MAX + 1];
        bool good = streamid_read(text, key) == STREAMID_PUBLISH;
        g_assert_cmpint(good, ==, key[0] != '\0' && strlen(key) <= STREAMID_KEY_MAX);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/streamid/" #name, name)
    TEST(each_spelling_of_a_wish_to_publish_gives_its_key);
    TEST(what_holds_no_key_is_nonsense);
    TEST(one_who_wants_to_receive_is_told_apart);
    TEST(changed_letters_never_leave_the_bounds);
    return g_test_run();
}
