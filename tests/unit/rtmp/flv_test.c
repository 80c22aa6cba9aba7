#include "ingest/rtmp/flv.h"

#include <string.h>

typedef struct {
    flv *tags;
    GString *said;
} heard;

static void on_track(gpointer user, wire_track track, wire_codec codec, const uint8_t *config,
                     gsize size)
{
    (void)config;
    g_string_append_printf(((heard *)user)->said, "track %d %d %zu\n", track, codec, size);
}

static void on_frame(gpointer user, wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                     const uint8_t *data, gsize size)
{
    (void)data;
    g_string_append_printf(((heard *)user)->said,
                           "frame %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %zu\n", track,
                           key, pts_ms, dts_ms, size);
}

static const flv_ops ops = {on_track, on_frame};

static heard heard_new(void)
{
    heard h = {.said = g_string_new(NULL)};
    return h;
}

static void heard_start(heard *h)
{
    h->tags = flv_new(&ops, h);
}

static void heard_end(heard *h)
{
    flv_free(h->tags);
    g_string_free(h->said, TRUE);
}

#define TAKE(h, type, stamp, ...)                                                                  \
    flv_take((h)->tags, type, stamp, (const uint8_t[]){__VA_ARGS__},                               \
             sizeof((const uint8_t[]){__VA_ARGS__}), NULL)

static void refused(uint8_t type, const uint8_t *data, gsize size, const char *names)
{
    heard h = heard_new();
    heard_start(&h);
    g_autoptr(GError) error = NULL;
    g_assert_false(flv_take(h.tags, type, 0, data, size, &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    g_assert_nonnull(strstr(error->message, names));
    heard_end(&h);
}

static void old_headers_become_tracks_and_frames(void)
{
    heard h = heard_new();
    heard_start(&h);
    g_assert_true(TAKE(&h, 9, 0, 0x17, 0, 0, 0, 0, 1, 100, 0, 31, 255));
    g_assert_true(TAKE(&h, 8, 0, 0xaf, 0, 0x12, 0x10));
    g_assert_true(TAKE(&h, 9, 40, 0x17, 1, 0, 0, 80, 0, 0, 0, 1, 9));
    g_assert_true(TAKE(&h, 9, 80, 0x27, 1, 0xff, 0xff, 0xf6, 1, 2));
    g_assert_true(TAKE(&h, 8, 81, 0xaf, 1, 1, 2, 3));
    g_assert_cmpstr(
        h.said->str, ==,
        "track 0 0 5\ntrack 1 1 2\nframe 0 1 120 40 5\nframe 0 0 70 80 2\nframe 1 1 81 81 3\n");
    heard_end(&h);
}

static void enhanced_headers_with_avc1_are_taken(void)
{
    heard h = heard_new();
    heard_start(&h);
    g_assert_true(TAKE(&h, 9, 0, 0x90, 'a', 'v', 'c', '1', 1, 100, 0, 31, 255));
    g_assert_true(TAKE(&h, 9, 40, 0x91, 'a', 'v', 'c', '1', 0, 0, 80, 5, 6));
    g_assert_true(TAKE(&h, 9, 80, 0xa3, 'a', 'v', 'c', '1', 5, 6, 7));
    g_assert_true(TAKE(&h, 8, 90, 0x90, 'm', 'p', '4', 'a', 0x12, 0x10));
    g_assert_true(TAKE(&h, 8, 95, 0x91, 'm', 'p', '4', 'a', 1));
    g_assert_cmpstr(
        h.said->str, ==,
        "track 0 0 5\nframe 0 1 120 40 2\nframe 0 0 80 80 3\ntrack 1 1 2\nframe 1 1 95 95 1\n");
    heard_end(&h);
}

static void modifiers_before_an_enhanced_packet_are_passed_over(void)
{
    heard h = heard_new();
    heard_start(&h);
    g_assert_true(TAKE(&h, 9, 0, 0x97, 2, 1, 2, 3, 0x00, 'a', 'v', 'c', '1', 1, 100, 0, 31, 255));
    g_assert_cmpstr(h.said->str, ==, "track 0 0 5\n");
    heard_end(&h);
}

static void other_codecs_are_refused_by_name(void)
{
    refused(9, (const uint8_t[]){0x90, 'h', 'v', 'c', '1', 1}, 6, "set the encoder to H.264");
    refused(9, (const uint8_t[]){0x90, 'h', 'v', 'c', '1', 1}, 6, "H.265");
    refused(9, (const uint8_t[]){0x90, 'a', 'v', '0', '1', 1}, 6, "AV1");
    refused(9, (const uint8_t[]){0x90, 'v', 'p', '0', '9', 1}, 6, "VP9");
    refused(9, (const uint8_t[]){0x1c, 0, 0, 0, 0}, 5, "H.265");
    refused(9, (const uint8_t[]){0x12, 0, 0, 0, 0}, 5, "Sorenson");
    refused(8, (const uint8_t[]){0x2f, 0}, 2, "MP3");
    refused(8, (const uint8_t[]){0x90, 'O', 'p', 'u', 's', 1}, 6, "Opus");
    refused(9, (const uint8_t[]){0x96, 0, 'a', 'v', 'c', '1'}, 6, "multitrack");
}

static void a_configuration_said_again_is_no_news(void)
{
    heard h = heard_new();
    heard_start(&h);
    for (int i = 0; i < 3; i++)
        g_assert_true(TAKE(&h, 8, 0, 0xaf, 0, 0x12, 0x10));
    g_assert_true(TAKE(&h, 8, 0, 0xaf, 0, 0x11, 0x90));
    g_assert_cmpstr(h.said->str, ==, "track 1 1 2\ntrack 1 1 2\n");
    heard_end(&h);
}

static void a_frame_before_its_configuration_is_passed_over(void)
{
    heard h = heard_new();
    heard_start(&h);
    g_assert_true(TAKE(&h, 9, 0, 0x17, 1, 0, 0, 0, 1, 2));
    g_assert_cmpstr(h.said->str, ==, "");
    heard_end(&h);
}

static void the_clock_goes_on_over_its_wrap(void)
{
    heard h = heard_new();
    heard_start(&h);
    g_assert_true(TAKE(&h, 8, 0xfffffff0u, 0xaf, 0, 0x12, 0x10));
    g_assert_true(TAKE(&h, 8, 0xfffffff0u, 0xaf, 1, 1));
    g_assert_true(TAKE(&h, 8, 16, 0xaf, 1, 1));
    g_assert_true(TAKE(&h, 8, 0xfffffff8u, 0xaf, 1, 1)); /* the other track, a little behind */
    g_assert_cmpstr(
        h.said->str, ==,
        "track 1 1 2\nframe 1 1 4294967280 4294967280 1\nframe 1 1 4294967312 4294967312 1\n"
        "frame 1 1 4294967288 4294967288 1\n");
    heard_end(&h);
}

static void torn_and_random_tags_are_survived(void)
{
    heard h = heard_new();
    heard_start(&h);
    for (guint round = 0; round < 20000; round++) {
        uint8_t data[16];
        for (gsize i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)g_test_rand_int();
        gsize size = (gsize)g_test_rand_int_range(0, sizeof data + 1);
        g_autofree uint8_t *exact = g_memdup2(data, size);
        flv_take(h.tags, g_test_rand_bit() ? 8 : 9, (uint32_t)g_test_rand_int(), exact, size, NULL);
    }
    heard_end(&h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/flv/" #name, name)
    TEST(old_headers_become_tracks_and_frames);
    TEST(enhanced_headers_with_avc1_are_taken);
    TEST(modifiers_before_an_enhanced_packet_are_passed_over);
    TEST(other_codecs_are_refused_by_name);
    TEST(a_configuration_said_again_is_no_news);
    TEST(a_frame_before_its_configuration_is_passed_over);
    TEST(the_clock_goes_on_over_its_wrap);
    TEST(torn_and_random_tags_are_survived);
    return g_test_run();
}
