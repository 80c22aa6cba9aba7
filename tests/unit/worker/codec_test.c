/* Codec configurations of real encoders, and of nobody. */
#include <string.h>

#include "worker/codec.h"

/* x264, 1280x720 at 30 fps, high profile. */
static const uint8_t avcc_720[] = {0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x64, 0x00,
                                   0x1f, 0xac, 0xb4, 0x02, 0x80, 0x2d, 0xd8, 0x08, 0x80, 0x00, 0x00,
                                   0x03, 0x00, 0x80, 0x00, 0x00, 0x1e, 0x47, 0x8c, 0x19, 0x50, 0x01,
                                   0x00, 0x04, 0x68, 0xef, 0x3c, 0xb0, 0xfd, 0xf8, 0xf8, 0x00};

static void an_x264_configuration_is_read(void)
{
    picture_config c;
    g_assert_true(picture_config_read(avcc_720, sizeof avcc_720, &c, NULL));
    g_assert_cmpint(c.width, ==, 1280);
    g_assert_cmpint(c.height, ==, 720);
    g_assert_cmpint(c.chroma, ==, 1);
    g_assert_cmpint(c.depth, ==, 8);
    g_assert_false(c.interlaced);
    g_assert_cmpint(c.fps_num, ==, c.fps_den * 30);
    g_assert_cmpstr(c.codecs, ==, "avc1.64001f");
}

static void a_torn_configuration_is_refused(void)
{
    picture_config c;
    for (gsize n = 0; n < 30; n++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(picture_config_read(avcc_720, n, &c, &error));
        g_assert_nonnull(error);
    }
}

static void any_bytes_are_survived(void)
{
    uint8_t bytes[200];
    picture_config picture;
    sound_config sound;
    for (int round = 0; round < 20000; round++) {
        gsize size = (gsize)g_test_rand_int_range(0, sizeof bytes);
        for (gsize i = 0; i < size; i++)
            bytes[i] = (uint8_t)g_test_rand_int();
        if (size > 9)
            memcpy(bytes, avcc_720, 9);
        if (picture_config_read(bytes, size, &picture, NULL))
            g_assert_cmpint(picture.width, <=, CODEC_SIDE_MAX);
        sound_config_read(bytes, size, &sound, NULL);
    }
}

static void sound_configurations_are_read(void)
{
    static const uint8_t mono_44100[] = {0x12, 0x08}, he_aac[] = {0x2b, 0x92, 0x08, 0x00};
    sound_config c;
    g_assert_true(sound_config_read(mono_44100, 2, &c, NULL));
    g_assert_cmpint(c.object_type, ==, 2);
    g_assert_cmpint(c.rate, ==, 44100);
    g_assert_cmpint(c.channels, ==, 1);
    g_assert_true(sound_config_read(he_aac, 4, &c, NULL));
    g_assert_cmpint(c.object_type, ==, 5);
    g_autoptr(GBytes) ours = sound_config_ours();
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(ours, &size);
    g_assert_true(sound_config_read(bytes, size, &c, NULL));
    g_assert_cmpint(c.rate, ==, 48000);
    g_assert_cmpint(c.channels, ==, 2);
    g_assert_false(sound_config_read(bytes, 1, &c, NULL));
}

static void parameters_beside_a_picture_are_found(void)
{
    static const uint8_t own[] = {0, 0, 0, 2, 0x67, 0, 0, 0, 0, 3, 0x65, 1, 2},
                         none[] = {0, 0, 0, 3, 0x65, 0x67, 2};
    g_autoptr(GBytes) with = g_bytes_new_static(own, sizeof own),
                      without = g_bytes_new_static(none, sizeof none);
    g_assert_true(picture_has_parameters(4, with));
    g_assert_false(picture_has_parameters(4, without));
}

static bool is_idr(const uint8_t *bytes, gsize size, int32_t length_bytes)
{
    picture_config config = {.length_bytes = length_bytes};
    g_autoptr(GBytes) unit = g_bytes_new(bytes, size);
    return picture_is_idr(&config, unit);
}

static void only_an_idr_slice_makes_a_keyframe(void)
{
    static const uint8_t sei_idr[] = {0, 0, 0, 2, 0x06, 0, 0, 0, 0, 3, 0x65, 1, 2},
                         recovery[] = {0, 0, 0, 2, 0x06, 6, 0, 0, 0, 3, 0x41, 5, 0x65},
                         torn[] = {0, 0, 0, 9, 0x65, 0}, short_lengths[] = {0, 2, 0x65, 0};
    g_assert_true(is_idr(sei_idr, sizeof sei_idr, 4));
    g_assert_false(is_idr(recovery, sizeof recovery, 4));
    g_assert_false(is_idr(torn, sizeof torn, 4));
    g_assert_false(is_idr(sei_idr, 0, 4));
    g_assert_true(is_idr(short_lengths, sizeof short_lengths, 2));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/codec/an_x264_configuration_is_read", an_x264_configuration_is_read);
    g_test_add_func("/codec/a_torn_configuration_is_refused", a_torn_configuration_is_refused);
    g_test_add_func("/codec/any_bytes_are_survived", any_bytes_are_survived);
    g_test_add_func("/codec/sound_configurations_are_read", sound_configurations_are_read);
    g_test_add_func("/codec/only_an_idr_slice_makes_a_keyframe",
                    only_an_idr_slice_makes_a_keyframe);
    g_test_add_func("/codec/parameters_beside_a_picture_are_found",
                    parameters_beside_a_picture_are_found);
    return g_test_run();
}
