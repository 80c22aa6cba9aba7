#include "ingest/srt/door.h"

#include <string.h>

#include "ingest/srt/inlet.h"
#include "ingest/srt/passphrase.h"

#define KEY "k5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j"

static door_answer ask(door *d, const char *streamid)
{
    char key[STREAMID_KEY_MAX + 1], passphrase[DOOR_PASSPHRASE_MAX + 1];
    return door_ask(d, streamid, key, passphrase);
}

static void only_keys_that_were_admitted_come_in(void)
{
    door *d = door_new();
    g_assert_cmpint(ask(d, "publish:" KEY), ==, DOOR_UNKNOWN);
    door_admit(d, KEY, NULL);
    g_assert_cmpint(ask(d, "publish:" KEY), ==, DOOR_OPEN);
    g_assert_cmpint(ask(d, KEY "x"), ==, DOOR_UNKNOWN);
    g_assert_cmpint(ask(d, ""), ==, DOOR_NONSENSE);
    g_assert_cmpint(ask(d, "#!::r=" KEY ",m=request"), ==, DOOR_ONLY_PUBLISH);
    door_expel(d, KEY);
    door_expel(d, KEY);
    g_assert_cmpint(ask(d, "publish:" KEY), ==, DOOR_UNKNOWN);
    door_free(d);
}

static void the_passphrase_of_a_key_is_told_only_with_the_key(void)
{
    char key[STREAMID_KEY_MAX + 1], passphrase[DOOR_PASSPHRASE_MAX + 1];
    door *d = door_new();
    door_admit(d, KEY, "0123456789abcdef");
    g_assert_cmpint(door_ask(d, KEY, key, passphrase), ==, DOOR_OPEN);
    g_assert_cmpstr(key, ==, KEY);
    g_assert_cmpstr(passphrase, ==, "0123456789abcdef");
    g_assert_cmpint(door_ask(d, "other", key, passphrase), ==, DOOR_UNKNOWN);
    g_assert_cmpstr(key, ==, "");
    g_assert_cmpstr(passphrase, ==, "");
    door_admit(d, KEY, NULL);
    g_assert_cmpint(door_ask(d, KEY, key, passphrase), ==, DOOR_OPEN);
    g_assert_cmpstr(passphrase, ==, "");
    door_free(d);
}

static gpointer ask_much(gpointer data)
{
    guint open = 0;
    for (int i = 0; i < 20000; i++)
        open += ask(data, KEY) == DOOR_OPEN;
    return GUINT_TO_POINTER(open);
}

static void another_thread_may_ask_while_the_table_changes(void)
{
    door *d = door_new();
    GThread *asking = g_thread_new("asking", ask_much, d);
    for (int i = 0; i < 20000; i++) {
        door_admit(d, KEY, i % 2 ? NULL : "0123456789abcdef");
        door_expel(d, KEY);
    }
    g_thread_join(asking);
    door_free(d);
}

static void a_passphrase_depends_on_key_and_secret_and_fits_srt(void)
{
    g_autoptr(GBytes) secret = g_bytes_new("0123456789abcdef0123456789abcdef", 32);
    g_autoptr(GBytes) other = g_bytes_new("0123456789abcdef0123456789abcdeF", 32);
    g_autofree char *one = srt_passphrase(secret, KEY), *again = srt_passphrase(secret, KEY),
                    *key = srt_passphrase(secret, KEY "x"), *house = srt_passphrase(other, KEY);
    g_assert_cmpstr(one, ==, again);
    g_assert_cmpstr(one, !=, key);
    g_assert_cmpstr(one, !=, house);
    g_assert_cmpuint(strlen(one), ==, SRT_PASSPHRASE_CHARS);
    g_assert_null(strstr(one, KEY));
}

static void an_inlet_is_full_at_its_bound_and_empty_once_taken(void)
{
    inlet *i = inlet_new(KEY, "192.0.2.1");
    static uint8_t bytes[INLET_BYTES_MAX];
    g_assert_true(inlet_has_room(i, INLET_BYTES_MAX));
    inlet_put(i, bytes, INLET_BYTES_MAX - 100);
    g_assert_true(inlet_has_room(i, 100));
    g_assert_false(inlet_has_room(i, 101));
    g_autoptr(GByteArray) taken = inlet_take(i);
    g_assert_cmpuint(taken->len, ==, INLET_BYTES_MAX - 100);
    g_assert_true(inlet_has_room(i, INLET_BYTES_MAX));
    g_assert_null(inlet_take(i));
    inlet_unref(i);
}

static void an_inlet_ends_only_when_its_bytes_were_taken(void)
{
    bool orderly;
    const char *why;
    inlet *i = inlet_new(KEY, "192.0.2.1");
    g_assert_false(inlet_ended(i, &orderly, &why));
    inlet_put(i, (const uint8_t *)"G", 1);
    inlet_end(i, true, "it said goodbye");
    g_assert_false(inlet_ended(i, &orderly, &why));
    g_byte_array_unref(inlet_take(i));
    g_assert_true(inlet_ended(i, &orderly, &why));
    g_assert_true(orderly);
    g_assert_cmpstr(why, ==, "it said goodbye");
    g_assert_false(inlet_unwanted(i));
    inlet_close(i);
    g_assert_true(inlet_unwanted(i));
    inlet_unref(i);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/door/" #name, name)
    TEST(only_keys_that_were_admitted_come_in);
    TEST(the_passphrase_of_a_key_is_told_only_with_the_key);
    TEST(another_thread_may_ask_while_the_table_changes);
    TEST(a_passphrase_depends_on_key_and_secret_and_fits_srt);
    TEST(an_inlet_is_full_at_its_bound_and_empty_once_taken);
    TEST(an_inlet_ends_only_when_its_bytes_were_taken);
    return g_test_run();
}
