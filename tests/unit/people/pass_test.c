/* Passes: what was issued is accepted as it was, and nothing else is. */
#include "people/pass.h"

#include <openssl/hmac.h>
#include <string.h>

#define NOW 1700000000000

static pass_key *key_of(int seed)
{
    guint8 secret[32];
    memset(secret, seed, sizeof secret);
    g_autoptr(GBytes) bytes = g_bytes_new(secret, sizeof secret);
    return pass_key_new(bytes);
}

static pass random_pass(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    pass is = {
        .viewer = ((int64_t)g_test_rand_int_range(0, G_MAXINT32) << 21) | 5,
        .person = g_test_rand_bit() ? g_test_rand_int_range(0, G_MAXINT32) : 0,
        .role = (pass_role)g_test_rand_int_range(PASS_VIEWER, PASS_EMBED + 1),
        .issued_ms = NOW - g_test_rand_int_range(0, 1000000),
        .until_ms = NOW + g_test_rand_int_range(1, 1000000),
    };
    int length = g_test_rand_int_range(1, 33);
    for (int i = 0; i < length; i++)
        is.title_id[i] = letters[g_test_rand_int_range(0, 32)];
    return is;
}

static bool accepted(const pass_key *key, const char *text, int64_t now, const char *code)
{
    pass is;
    g_autoptr(GError) error = NULL;
    if (pass_check(key, text, now, &is, &error))
        return true;
    g_assert_true(error_is(error, ERROR_DENIED));
    g_assert_cmpstr(error_code(error), ==, code);
    g_assert_cmpstr(is.title_id, ==, "");
    g_assert_cmpint(is.viewer, ==, 0);
    return false;
}

static void a_pass_comes_back_as_it_was_issued(void)
{
    pass_key *key = key_of(1);
    for (int round = 0; round < 2000; round++) {
        pass is = random_pass(), back;
        g_autofree char *text = pass_issue(key, &is);
        g_assert_cmpuint(strlen(text), <, PASS_TEXT_MAX);
        g_assert_true(pass_check(key, text, is.until_ms - 1, &back, NULL));
        g_assert_cmpint(back.viewer, ==, is.viewer);
        g_assert_cmpint(back.person, ==, is.person);
        g_assert_cmpint(back.role, ==, is.role);
        g_assert_cmpint(back.issued_ms, ==, is.issued_ms);
        g_assert_cmpint(back.until_ms, ==, is.until_ms);
        g_assert_cmpstr(back.title_id, ==, is.title_id);
    }
    pass_key_free(key);
}

static void any_changed_character_of_a_pass_is_refused(void)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    pass_key *key = key_of(1);
    pass is = random_pass();
    g_autofree char *text = pass_issue(key, &is);
    for (gsize at = 0; text[at]; at++)
        for (const char *letter = letters; *letter; letter++) {
            g_autofree char *changed = g_strdup(text);
            changed[at] = *letter;
            g_assert_true(accepted(key, changed, NOW, "pass_invalid") == (*letter == text[at]));
        }
    pass_key_free(key);
}

static void any_cut_or_lengthened_pass_is_refused(void)
{
    pass_key *key = key_of(1);
    pass is = random_pass();
    g_autofree char *text = pass_issue(key, &is);
    for (gsize length = 0; length < strlen(text); length++) {
        g_autofree char *cut = g_strndup(text, length);
        g_assert_false(accepted(key, cut, NOW, "pass_invalid"));
        g_assert_false(accepted(key, text + length + 1, NOW, "pass_invalid"));
    }
    for (const char *more = "A.= \n"; *more; more++) {
        g_autofree char *longer = g_strdup_printf("%s%c", text, *more);
        g_assert_false(accepted(key, longer, NOW, "pass_invalid"));
    }
    g_autofree char *huge = g_strnfill(100000, 'A');
    g_assert_false(accepted(key, huge, NOW, "pass_invalid"));
    g_assert_false(accepted(key, NULL, NOW, "pass_invalid"));
    pass_key_free(key);
}

static void a_pass_of_another_key_is_refused(void)
{
    pass_key *ours = key_of(1), *theirs = key_of(2);
    pass is = random_pass();
    g_autofree char *text = pass_issue(theirs, &is);
    g_assert_false(accepted(ours, text, NOW, "pass_invalid"));
    pass_key_free(ours);
    pass_key_free(theirs);
}

static void a_pass_ends_at_its_millisecond(void)
{
    pass_key *key = key_of(1);
    pass is = random_pass();
    g_autofree char *text = pass_issue(key, &is);
    g_assert_true(accepted(key, text, is.until_ms - 1, NULL));
    g_assert_false(accepted(key, text, is.until_ms, "pass_expired"));
    pass_key_free(key);
}

static char *web64(const guchar *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    *strchrnul(text, '=') = '\0';
    return text;
}

/* Signed with the right key, but not as pass_issue() writes it. */
static void a_signed_payload_is_still_read_strictly(void)
{
    static const char *const payloads[] = {
        "1 1 1 v 1700000000000 1800000000000 aaaa",
        "2 1 1 v 1700000000000 1800000000000 ",
        "2 1 1 v 1700000000000 1800000000000 a/b",
        "2 01 1 v 1700000000000 1800000000000 aaaa",
        "2 -1 1 v 1700000000000 1800000000000 aaaa",
        "2 +1 1 v 1700000000000 1800000000000 aaaa",
        "2 1 1 x 1700000000000 1800000000000 aaaa",
        "2 1 1 v 1700000000000 1800000000000 aaaa ",
        "2  1 1 v 1700000000000 1800000000000 aaaa",
        "2 1 1 v 1700000000000 1800000000000",
        "2 1 1 v 1700000000000 1800000000000 A",
        "2 1 1",
        "2 99999999999999999999 1 v 1700000000000 1800000000000 aaaa",
        "2 1 1 v 1700000000000 1800000000000 a\xff",
        "2 1 1 v 1700000000000 1800000000000 abcdefghijklmnopqrstuvwxyz2345678",
        "2 1 1 v 1800000000000 aaaa",
        "2 1 1 e 01 1800000000000 aaaa",
    };
    guint8 secret[32];
    memset(secret, 1, sizeof secret);
    pass_key *key = key_of(1);
    for (gsize i = 0; i <= G_N_ELEMENTS(payloads); i++) {
        const char *payload = i ? payloads[i - 1] : "2 1 1 v 1700000000000 1800000000000 aaaa";
        guint8 mac[32];
        g_autofree char *text = web64((const guchar *)payload, strlen(payload));
        HMAC(EVP_sha256(), secret, 32, (const guint8 *)text, strlen(text), mac, NULL);
        g_autofree char *end = web64(mac, sizeof mac), *whole = g_strdup_printf("%s.%s", text, end);
        g_assert_true(accepted(key, whole, NOW, "pass_invalid") == (i == 0));
    }
    pass_key_free(key);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pass/a_pass_comes_back_as_it_was_issued", a_pass_comes_back_as_it_was_issued);
    g_test_add_func("/pass/any_changed_character_of_a_pass_is_refused",
                    any_changed_character_of_a_pass_is_refused);
    g_test_add_func("/pass/any_cut_or_lengthened_pass_is_refused",
                    any_cut_or_lengthened_pass_is_refused);
    g_test_add_func("/pass/a_pass_of_another_key_is_refused", a_pass_of_another_key_is_refused);
    g_test_add_func("/pass/a_pass_ends_at_its_millisecond", a_pass_ends_at_its_millisecond);
    g_test_add_func("/pass/a_signed_payload_is_still_read_strictly",
                    a_signed_payload_is_still_read_strictly);
    return g_test_run();
}
