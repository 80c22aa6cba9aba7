/*
 * Codec configurations from a stranger: read into numbers within their bounds, or refused with a
 * reason.
 */
#include "worker/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    picture_config picture;
    sound_config sound;
    g_autoptr(GError) no_picture = NULL, no_sound = NULL;
    bool read = picture_config_read(bytes, length, &picture, &no_picture);
    g_assert(read == (no_picture == NULL));
    g_assert(!read || (picture.width > 0 && picture.width <= CODEC_SIDE_MAX && picture.height > 0 &&
                       picture.height <= CODEC_SIDE_MAX));
    read = sound_config_read(bytes, length, &sound, &no_sound);
    g_assert(read == (no_sound == NULL));
    g_assert(!read || (sound.rate >= 7350 && sound.rate <= 96000 && sound.channels > 0));
    return 0;
}
