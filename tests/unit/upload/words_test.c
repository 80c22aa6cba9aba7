/* The header fields of tus clients. */
#include "upload/words.h"

#include <string.h>

#define ID "abcdefghij23"
#define ID2 "klmnopqrst45"

typedef struct {
    const char *text, *name;
    upload_kind kind;
} good_case;

static void metadata_give_a_name_and_a_kind_and_are_kept_as_they_came(void)
{
    static const good_case cases[] = {
        {NULL, "upload", UPLOAD_MEDIA},
        {"", "upload", UPLOAD_MEDIA},
        {"filename d29ybGQ=", "world", UPLOAD_MEDIA},
        {"filename 54SK5o6lLm1wNA==,kind aGFuZG91dA==", "焊接.mp4", UPLOAD_HANDOUT},
        {"kind bWVkaWE=,filetype dmlkZW8vbXA0,last", "upload", UPLOAD_MEDIA},
        {"filename", "upload", UPLOAD_MEDIA},
        {"filename Li4vLi4vZXRjL3Bhc3N3ZA==", "passwd", UPLOAD_MEDIA}, /* ../../etc/passwd */
        {"filename Qzpcb25lXHR3by5tcDQ=", "two.mp4", UPLOAD_MEDIA},    /* C:\one\two.mp4 */
        {"filename YQ1iCg==", "ab", UPLOAD_MEDIA},                     /* a\rb\n */
        {"filename /w==", "\xef\xbf\xbd", UPLOAD_MEDIA},               /* not UTF-8 */
        {"filename AA==", "\xef\xbf\xbd", UPLOAD_MEDIA},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        upload_wish wish = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(words_metadata(cases[i].text, &wish, &error));
        g_assert_cmpstr(wish.name, ==, cases[i].name);
        g_assert_cmpint(wish.kind, ==, cases[i].kind);
        g_assert_cmpstr(wish.metadata, ==, cases[i].text ? cases[i].text : "");
    }
}

static void a_long_name_is_cut_between_characters(void)
{
    g_autofree char *name = g_strdup("焊");
    for (int i = 0; i < 7; i++) {
        char *twice = g_strconcat(name, name, NULL);
        g_free(name);
        name = twice;
    }
    g_autofree char *coded = g_base64_encode((const guchar *)name, strlen(name));
    g_autofree char *text = g_strconcat("filename ", coded, NULL);
    upload_wish wish = {0};
    g_assert_true(words_metadata(text, &wish, NULL));
    g_assert_cmpuint(strlen(wish.name), ==, 255); /* 85 characters of three bytes */
    g_assert_true(g_utf8_validate(wish.name, -1, NULL));
}

static void assert_refused(bool good, GError *error, const char *code, const char *text)
{
    if (good || !error || strcmp(error_code(error), code) != 0)
        g_error("\"%s\" was not refused as %s", text, code);
    g_error_free(error);
}

static void metadata_that_can_be_read_in_two_ways_are_refused(void)
{
    static const char *const cases[] = {
        ",",
        "a b c",
        "filename d29ybGQ",
        "filename d29=ybGQ",
        "filename d2 9ybGQ=",
        "a YQ==,a YQ==",
        "filename ====",

        "a YQ==,",
        "filename d29ybGQ=\xff",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        upload_wish wish = {0};
        GError *error = NULL;
        bool good = words_metadata(cases[i], &wish, &error);
        assert_refused(good, error, "upload_metadata", cases[i]);
    }
    upload_wish wish = {0};
    GError *error = NULL;
    bool good = words_metadata("kind dmlkZW8=", &wish, &error);
    assert_refused(good, error, "upload_kind", "kind video");
    g_autofree char *pad = g_strnfill(UPLOAD_METADATA_MAX, 'a');
    error = NULL;
    good = words_metadata(pad, &wish, &error);
    g_assert_true(good); /* one key without a value */
    g_autofree char *more = g_strconcat(pad, "a", NULL);
    good = words_metadata(more, &wish, &error);
    assert_refused(good, error, "upload_metadata", "too long");
}

static void a_mark_is_read_from_what_was_kept(void)
{
    static const char *const table[][2] = {{"", ""},
                                           {"filename YS5tcDQ=,mark YWJj", "abc"},
                                           {" mark  YWJj ,kind bWVkaWE=", "abc"},
                                           {"mark", ""},
                                           {"mark ???", ""},
                                           {"marks YWJj", ""}};
    char mark[WORDS_MARK_MAX + 1];
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        words_mark(table[i][0], mark);
        g_assert_cmpstr(mark, ==, table[i][1]);
    }
    g_autofree char *bytes = g_strnfill(WORDS_MARK_MAX + 1, 'x');
    g_autofree char *code = g_base64_encode((guint8 *)bytes, WORDS_MARK_MAX + 1);
    g_autofree char *longer = g_strconcat("mark ", code, NULL);
    words_mark(longer, mark);
    g_assert_cmpstr(mark, ==, "");
}

static void parts_are_found_by_address_or_path(void)
{
    upload_wish wish = {0};
    g_assert_true(words_concat(NULL, &wish, NULL));
    g_assert_cmpint(wish.shape, ==, UPLOAD_SINGLE);
    g_assert_true(words_concat("partial", &wish, NULL));
    g_assert_cmpint(wish.shape, ==, UPLOAD_PARTIAL);
    g_assert_true(words_concat("final;/files/" ID " https://host:1/files/" ID2, &wish, NULL));
    g_assert_cmpint(wish.shape, ==, UPLOAD_FINAL);
    g_assert_cmpuint(wish.part_count, ==, 2);
    g_assert_cmpstr(wish.parts[0], ==, ID);
    g_assert_cmpstr(wish.parts[1], ==, ID2);
}

static void other_words_about_parts_are_refused(void)
{
    static const char *const cases[] = {
        "",
        "Partial",
        "final",
        "final;",
        "final; ",
        "final;" ID,
        "final;/files/",
        "final;/files/abc",
        "final;/files/ABCDEFGHIJ23",
        "final;/files/" ID "x",
        "final;/files/" ID ",/files/" ID2,
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        upload_wish wish = {0};
        GError *error = NULL;
        bool good = words_concat(cases[i], &wish, &error);
        assert_refused(good, error, "upload_concat", cases[i]);
    }
    g_autoptr(GString) many = g_string_new("final;");
    for (int i = 0; i <= UPLOAD_PARTS_MAX; i++)
        g_string_append(many, "/files/" ID " ");
    upload_wish wish = {0};
    GError *error = NULL;
    bool good = words_concat(many->str, &wish, &error);
    assert_refused(good, error, "upload_concat", "one part too many");
}

static void a_checksum_has_the_length_of_its_algorithm(void)
{
    words_checksum sum;
    g_assert_true(words_checksum_read("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &sum, NULL));
    g_assert_cmpint(sum.kind, ==, DIGEST_SHA1);
    g_assert_cmpuint(sum.length, ==, 20);
    g_assert_cmpuint(sum.bytes[0], ==, 0x2a);
    g_assert_true(words_checksum_read("md5 XUFAKrxLKna5cZ2REBfFkg==", &sum, NULL));
    static const char *const cases[] = {
        "",
        "sha1",
        "sha1 ",
        "sha1 AAAA",
        "crc32 AAAAAA==",
        "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        bool good = words_checksum_read(cases[i], &sum, &error);
        assert_refused(good, error, "upload_checksum", cases[i]);
    }
}

static void a_number_is_digits_below_two_to_the_63(void)
{
    int64_t value = 0;
    g_assert_true(words_number("Upload-Offset", "0", &value, NULL));
    g_assert_cmpint(value, ==, 0);
    g_assert_true(words_number("Upload-Offset", "9223372036854775807", &value, NULL));
    g_assert_cmpint(value, ==, G_MAXINT64);
    static const char *const cases[] = {NULL, "",    "-1",   "+1",  " 1",
                                        "1 ", "1.5", "0x10", "1e3", "9223372036854775808"};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        bool good = words_number("Upload-Offset", cases[i], &value, &error);
        assert_refused(good, error, "bad_number", cases[i]);
    }
}

static void a_digest_can_be_copied_and_goes_on_after_its_sum(void)
{
    static const struct {
        digest_kind kind;
        const char *hex; /* of "abc" */
    } known[] = {
        {DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        digest *one = digest_new(known[i].kind);
        digest_add(one, "ab", 2);
        g_autofree char *early = digest_hex(one);
        digest *two = digest_copy(one);
        digest_add(one, "c", 1);
        digest_add(two, "c", 1);
        g_autofree char *a = digest_hex(one), *b = digest_hex(two);
        g_assert_cmpstr(a, ==, known[i].hex);
        g_assert_cmpstr(b, ==, known[i].hex);
        g_assert_cmpstr(early, !=, a);
        digest_free(one);
        digest_free(two);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/words/" #name, name)
    TEST(metadata_give_a_name_and_a_kind_and_are_kept_as_they_came);
    TEST(a_long_name_is_cut_between_characters);
    TEST(metadata_that_can_be_read_in_two_ways_are_refused);
    TEST(a_mark_is_read_from_what_was_kept);
    TEST(parts_are_found_by_address_or_path);
    TEST(other_words_about_parts_are_refused);
    TEST(a_checksum_has_the_length_of_its_algorithm);
    TEST(a_number_is_digits_below_two_to_the_63);
    TEST(a_digest_can_be_copied_and_goes_on_after_its_sum);
    return g_test_run();
}
