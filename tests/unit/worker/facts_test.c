/* What a file is, in words: the JSON the server keeps, the gain, and what is said of files that are no films. */
#include <string.h>

#include "worker/facts.h"
#include "worker/sniff.h"

static void a_lesson_is_told_in_full(void)
{
    facts is = {.container = "mp4",
                .bytes = 1000,
                .duration_ms = 61000,
                .measured = true,
                .has_video = true,
                .video = {.codec = "h264", .width = 1080, .height = 1920, .rotation = 90},
                .has_audio = true,
                .audio = {.codec = "aac", .rate = 48000, .channels = 2, .tracks = 1}};
    is.audio.loudness_mlufs = -23040;
    is.audio.gain_mdb = 7040;
    facts_warn(&is, "cut_short", "59 s of \"60\" s\n");
    g_autofree char *json = facts_json(&is);
    g_assert_nonnull(strstr(json, "\"width\":1080,\"height\":1920,\"rotation\":90"));
    g_assert_nonnull(strstr(json, "\"loudness_lufs\":-23.04,"));
    g_assert_nonnull(strstr(json, "\"gain_db\":7.04}"));
    g_assert_nonnull(strstr(json, "\"refused\":null,\"warnings\":[{\"code\":\"cut_short\","));
    g_assert_nonnull(strstr(json, "59 s of \\\"60\\\" s\\u000a"));
}

static void a_refusal_says_what_was_found(void)
{
    facts is = {0};
    facts_say(&is.refused, "image", "PNG image %d x %d", 800, 600);
    g_autofree char *json = facts_json(&is);
    g_assert_nonnull(strstr(json, "\"video\":null,\"audio\":null,"));
    g_assert_nonnull(strstr(json, "{\"code\":\"image\",\"found\":\"PNG image 800 x 600\"}"));
}

static void words_are_cut_between_characters(void)
{
    facts_word word;
    g_autoptr(GString) much = g_string_new("x");
    while (much->len < 2 * sizeof word.found)
        g_string_append(much, "讲");
    facts_say(&word, "not_media", "%s", much->str);
    g_assert_true(g_utf8_validate(word.found, -1, NULL));
    g_assert_cmpuint(strlen(word.found), >, sizeof word.found - 5);
    facts_say(&word, "not_media", "%s", "broken \xff byte");
    g_assert_true(g_utf8_validate(word.found, -1, NULL));
}

static void sound_is_brought_to_one_loudness_and_never_clips(void)
{
    g_assert_cmpint(facts_gain_mdb(-23000, -12000), ==, 7000);
    g_assert_cmpint(facts_gain_mdb(-23000, -4000), ==, 3000);
    g_assert_cmpint(facts_gain_mdb(-23000, 0), ==, 0);
    g_assert_cmpint(facts_gain_mdb(-10000, 0), ==, -6000);
    g_assert_cmpint(facts_gain_mdb(-16500, -8000), ==, 0);
    g_assert_cmpint(facts_gain_mdb(-50000, -40000), ==, 20000);
    g_assert_cmpint(facts_gain_mdb(-65000, -60000), ==, 0);
    g_assert_cmpint(facts_gain_mdb(FACTS_NOT_HEARD, 0), ==, 0);
}

static void sniffed(const char *bytes, gsize size, int64_t whole, const char *code,
                    const char *found)
{
    facts_word says;
    sniff((const uint8_t *)bytes, size, whole, &says);
    g_assert_cmpstr(says.code, ==, code);
    if (!strstr(says.found, found))
        g_error("%s is not in: %s", found, says.found);
}

static void files_that_are_no_films_are_recognised(void)
{
#define SNIFF(bytes, code, found) sniffed(bytes, sizeof(bytes) - 1, sizeof(bytes) - 1, code, found)
    SNIFF("", "empty", "0 bytes");
    SNIFF("%PDF-1.7\n", "not_media", "PDF");
    SNIFF("PK\3\4........", "not_media", "Office");
    SNIFF("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\3\x20\0\0\2\x58........", "image", "800 x 600");
    SNIFF("GIF89a\x40\1\xF0\0...", "image", "320 x 240");
    SNIFF("\xFF\xD8\xFF\xC0\0\x11\x08\2\x58\3\x20.....", "image", "800 x 600");
    SNIFF("\xFF\xD8\xFF", "image", "JPEG");
    SNIFF("RIFF....WEBPVP8 ", "image", "WebP");
    SNIFF("第一课：焊接安全", "not_media", "text");
    SNIFF("\xB5\xDA\xD2\xBB\xBF\xCE: welding, \xBA\xB8\xBD\xD3 and more", "not_media", "text");
    SNIFF("\1\2\3\4\5\6\7\x08\x0e", "not_media", "unknown");
}

static void a_film_without_its_end_says_how_much_is_here(void)
{
    static const char half[] = "\0\0\0\x18"
                               "ftypisom........"
                               "\0\0\0\0"
                               "\x05\xF5\xE1\0"
                               "mdat........";
    sniffed(half, sizeof half - 1, 60000000, "truncated", "60.0 MB are here, of at least 100.0");
    static const char whole[] = "\0\0\0\x18"
                                "ftypisom............"
                                "\0\0\0\x10"
                                "mdat........";
    sniffed(whole, sizeof whole - 1, sizeof whole - 1, "truncated", "without an index");
}

/* Whatever the bytes are, something is said and nothing is read past them. */
static void any_bytes_get_a_verdict(void)
{
    for (int round = 0; round < 20000; round++) {
        gsize size = (gsize)g_test_rand_int_range(1, 64);
        g_autofree uint8_t *bytes = g_malloc(size);
        for (gsize i = 0; i < size; i++)
            bytes[i] = (uint8_t)g_test_rand_int();
        if (round % 3 == 0 && size >= 8)
            memcpy(bytes, "\xFF\xD8\xFF\xE0", 4);
        if (round % 3 == 1 && size >= 8)
            memcpy(bytes + 4, "mdat", 4);
        facts_word says;
        sniff(bytes, size, (int64_t)size, &says);
        g_assert_true(*says.code && *says.found);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/facts/" #name, name)
    TEST(a_lesson_is_told_in_full);
    TEST(a_refusal_says_what_was_found);
    TEST(words_are_cut_between_characters);
    TEST(sound_is_brought_to_one_loudness_and_never_clips);
    TEST(files_that_are_no_films_are_recognised);
    TEST(a_film_without_its_end_says_how_much_is_here);
    TEST(any_bytes_get_a_verdict);
    return g_test_run();
}
