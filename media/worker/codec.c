#include "worker/codec.h"

#include <string.h>

#include "base/error.h"

#define SPS_MAX 1024 /* bytes; real ones have 20 to 60 */
#define NAL_IDR 5
#define NAL_SPS 7

typedef struct {
    const uint8_t *bytes;
    gsize size, at; /* at: in bits */
    bool over;      /* read past the end: everything since is zero */
} bits;

static uint32_t take(bits *b, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++, b->at++) {
        if (b->at / 8 >= b->size) {
            b->over = true;
            return 0;
        }
        value = value << 1 | ((b->bytes[b->at / 8] >> (7 - b->at % 8)) & 1);
    }
    return value;
}

/* Exp-Golomb code, H.264 9.1. */
static uint32_t take_ue(bits *b)
{
    int zeros = 0;
    while (!b->over && take(b, 1) == 0 && zeros < 32)
        zeros++;
    if (b->over || zeros >= 32)
        return 0;
    return (1u << zeros) - 1 + take(b, zeros);
}

static int32_t take_se(bits *b)
{
    uint32_t code = take_ue(b);
    return code & 1 ? (int32_t)(code / 2 + 1) : -(int32_t)(code / 2);
}

/* Removes the emulation prevention bytes: 00 00 03 becomes 00 00. */
static gsize unescape(const uint8_t *from, gsize size, uint8_t *to)
{
    gsize n = 0;
    int zeros = 0;
    for (gsize i = 0; i < size; i++) {
        if (zeros >= 2 && from[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = from[i] ? 0 : zeros + 1;
        to[n++] = from[i];
    }
    return n;
}

static void skip_scaling_list(bits *b, int count)
{
    int32_t last = 8, next = 8;
    for (int i = 0; i < count && !b->over; i++) {
        if (next)
            next = (last + take_se(b) + 256) % 256;
        last = next ? next : last;
    }
}

static bool has_chroma_field(uint32_t profile)
{
    static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    return memchr(high, (int)profile, sizeof high) != NULL;
}

static void read_chroma(bits *b, picture_config *config)
{
    config->chroma = (int32_t)take_ue(b);
    if (config->chroma == 3)
        take(b, 1);
    int32_t luma = (int32_t)take_ue(b) + 8, chroma = (int32_t)take_ue(b) + 8;
    config->depth = MAX(luma, chroma);
    take(b, 1);
    if (!take(b, 1))
        return;
    for (int i = 0; i < (config->chroma == 3 ? 12 : 8); i++)
        if (take(b, 1))
            skip_scaling_list(b, i < 6 ? 16 : 64);
}

static void skip_order_count(bits *b)
{
    uint32_t type = take_ue(b);
    if (type == 0) {
        take_ue(b);
    } else if (type == 1) {
        take(b, 1);
        take_se(b);
        take_se(b);
        uint32_t cycle = take_ue(b);
        for (uint32_t i = 0; i < cycle && !b->over; i++)
            take_se(b);
    }
}

static void read_size(bits *b, picture_config *config)
{
    int64_t across = (int64_t)take_ue(b) + 1, down = (int64_t)take_ue(b) + 1;
    bool frames_only = take(b, 1);
    config->interlaced = !frames_only;
    if (!frames_only)
        take(b, 1);
    take(b, 1);
    int64_t left = 0, right = 0, top = 0, bottom = 0;
    if (take(b, 1)) {
        left = take_ue(b);
        right = take_ue(b);
        top = take_ue(b);
        bottom = take_ue(b);
    }
    int step_x = config->chroma == 1 || config->chroma == 2 ? 2 : 1;
    int step_y = (config->chroma == 1 ? 2 : 1) * (frames_only ? 1 : 2);
    int64_t width = across * 16 - (left + right) * step_x;
    int64_t height = down * 16 * (frames_only ? 1 : 2) - (top + bottom) * step_y;
    bool sane = width >= 16 && height >= 16 && width <= CODEC_SIDE_MAX && height <= CODEC_SIDE_MAX;
    config->width = sane ? (int32_t)width : 0;
    config->height = sane ? (int32_t)height : 0;
}

/* VUI, H.264 E.1.1, as far as the timing. */
static void read_timing(bits *b, picture_config *config)
{
    if (!take(b, 1))
        return;
    if (take(b, 1) && take(b, 8) == 255)
        take(b, 32);
    if (take(b, 1))
        take(b, 1);
    if (take(b, 1)) {
        take(b, 4);
        if (take(b, 1))
            take(b, 24);
    }
    if (take(b, 1)) {
        take_ue(b);
        take_ue(b);
    }
    if (!take(b, 1))
        return;
    int64_t units = take(b, 32), scale = take(b, 32);
    bool sane = !b->over && units > 0 && units < G_MAXINT32 / 2 && scale < G_MAXINT32 &&
                scale >= units * 2 && scale <= units * 2 * 120;
    config->fps_num = sane ? (int32_t)scale : 0;
    config->fps_den = sane ? (int32_t)(units * 2) : 0;
}

static bool read_sps(const uint8_t *sps, gsize size, picture_config *config)
{
    uint8_t plain[SPS_MAX];
    if (size < 4 || size > SPS_MAX || (sps[0] & 0x1f) != 7)
        return false;
    bits b = {plain, unescape(sps, size, plain), 8, false};
    uint32_t profile = take(&b, 8);
    take(&b, 16);
    take_ue(&b);
    config->chroma = 1;
    config->depth = 8;
    if (has_chroma_field(profile))
        read_chroma(&b, config);
    take_ue(&b);
    skip_order_count(&b);
    take_ue(&b);
    take(&b, 1);
    read_size(&b, config);
    if (b.over || !config->width)
        return false;
    read_timing(&b, config);
    return true;
}

bool picture_config_read(const uint8_t *avcc, gsize size, picture_config *config, GError **error)
{
    *config = (picture_config){0};
    gsize sps_size = size >= 8 ? (gsize)(avcc[6] << 8 | avcc[7]) : 0;
    if (size < 8 || avcc[0] != 1 || (avcc[5] & 0x1f) == 0 || 8 + sps_size > size ||
        !read_sps(avcc + 8, sps_size, config)) {
        error_set(error, ERROR_INPUT, "video_config", NULL,
                  "The H.264 configuration cannot be read");
        return false;
    }
    config->length_bytes = (avcc[4] & 3) + 1;
    g_snprintf(config->codecs, sizeof config->codecs, "avc1.%02x%02x%02x", avcc[1], avcc[2],
               avcc[3]);
    return true;
}

static bool has_nal(int length_bytes, GBytes *bytes, uint8_t type)
{
    gsize left, lead = (gsize)length_bytes;
    const uint8_t *at = g_bytes_get_data(bytes, &left);
    while (left > lead) {
        gsize size = 0;
        for (gsize i = 0; i < lead; i++)
            size = size << 8 | at[i];
        if (size > left - lead)
            return false;
        if (size && (at[lead] & 0x1f) == type)
            return true;
        at += lead + size;
        left -= lead + size;
    }
    return false;
}

bool picture_is_idr(const picture_config *config, GBytes *bytes)
{
    return has_nal(config->length_bytes, bytes, NAL_IDR);
}

bool picture_has_parameters(int length_bytes, GBytes *bytes)
{
    return has_nal(length_bytes, bytes, NAL_SPS);
}

static int32_t take_object_type(bits *b)
{
    int32_t type = (int32_t)take(b, 5);
    return type == 31 ? 32 + (int32_t)take(b, 6) : type;
}

static int32_t take_rate(bits *b)
{
    static const int32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                    22050, 16000, 12000, 11025, 8000,  7350};
    uint32_t index = take(b, 4);
    if (index == 15)
        return (int32_t)take(b, 24);
    return index < G_N_ELEMENTS(rates) ? rates[index] : 0;
}

bool sound_config_read(const uint8_t *asc, gsize size, sound_config *config, GError **error)
{
    static const int32_t channels[] = {0, 1, 2, 3, 4, 5, 6, 8};
    bits b = {asc, size, 0, false};
    *config = (sound_config){0};
    config->object_type = take_object_type(&b);
    config->rate = take_rate(&b);
    uint32_t layout = take(&b, 4);
    config->channels = layout < G_N_ELEMENTS(channels) ? channels[layout] : 0;
    config->short_frames = config->object_type == 2 && take(&b, 1);
    if (b.over || config->rate < 7350 || config->rate > 96000 || !config->channels) {
        error_set(error, ERROR_INPUT, "audio_config", NULL, "The AAC configuration cannot be read");
        return false;
    }
    return true;
}

GBytes *sound_config_ours(void)
{
    static const uint8_t lc_48k_stereo[] = {0x11, 0x90};
    return g_bytes_new_static(lc_48k_stereo, sizeof lc_48k_stereo);
}

GBytes *sound_silence(int32_t channels)
{
    static const uint8_t mono[] = {0x00, 0xc8, 0x00, 0x80, 0x23, 0x80};
    static const uint8_t stereo[] = {0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80};
    return channels == 1 ? g_bytes_new_static(mono, sizeof mono)
                         : g_bytes_new_static(stereo, sizeof stereo);
}
