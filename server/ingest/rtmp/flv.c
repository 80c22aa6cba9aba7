#include "ingest/rtmp/flv.h"

#include <string.h>

#define TYPE_AUDIO 8
#define TYPE_VIDEO 9
#define TRACKS 2

/* Codec numbers of the old headers. */
enum { VIDEO_AVC = 7, AUDIO_ENHANCED = 9, AUDIO_AAC = 10 };
enum { FRAME_KEY = 1, FRAME_COMMAND = 5 };
/* What an old AVC or AAC body holds. */
enum { BODY_CONFIG = 0, BODY_FRAME = 1 };
/* Packet types of the enhanced headers. */
enum {
    PACKET_START = 0,
    PACKET_FRAMES = 1,
    PACKET_FRAMES_X = 3,
    PACKET_METADATA = 4,
    PACKET_MULTITRACK_AUDIO = 5,
    PACKET_MULTITRACK_VIDEO = 6,
    PACKET_MODIFIER = 7
};

struct flv {
    const flv_ops *ops;
    gpointer user;
    GBytes *config[TRACKS]; /* NULL before the first */
    bool started;
    uint32_t last; /* the clock as it was sent */
    int64_t clock; /* and unrolled */
};

/* The rest of a tag while its header is read. */
typedef struct {
    const uint8_t *at;
    gsize left;
} tag_rest;

flv *flv_new(const flv_ops *ops, gpointer user)
{
    flv *tags = g_new0(flv, 1);
    tags->ops = ops;
    tags->user = user;
    return tags;
}

void flv_free(flv *tags)
{
    if (!tags)
        return;
    for (guint i = 0; i < TRACKS; i++)
        g_clear_pointer(&tags->config[i], g_bytes_unref);
    g_free(tags);
}

/* Audio and video share one clock: each step is the nearest way round, forward or back. */
static int64_t clock_unroll(flv *tags, uint32_t timestamp)
{
    if (!tags->started)
        tags->clock = timestamp;
    else
        tags->clock += (int32_t)(timestamp - tags->last);
    tags->started = true;
    tags->last = timestamp;
    return tags->clock;
}

static bool refuse(GError **error, const char *found)
{
    error_set(error, ERROR_INPUT, "codec_refused", NULL,
              "收到的是 %s，请把推流软件改为 H.264 视频和 AAC 音频 · "
              "It sends %s: set the encoder to H.264 and AAC",
              found, found);
    return false;
}

static bool refuse_tracks(GError **error)
{
    error_set(error, ERROR_INPUT, "tracks_refused", NULL,
              "请关闭推流软件的多轨功能，只发送一路画面和一路声音 · "
              "Only one picture and one sound are taken: switch multitrack off at the encoder");
    return false;
}

static bool rest_take(tag_rest *rest, gsize bytes)
{
    if (rest->left < bytes)
        return false;
    rest->at += bytes;
    rest->left -= bytes;
    return true;
}

static void give_config(flv *tags, wire_track track, wire_codec codec, const tag_rest *rest)
{
    if (rest->left == 0 || rest->left > WIRE_CONFIG_MAX)
        return;
    GBytes *config = g_bytes_new(rest->at, rest->left);
    if (tags->config[track] && g_bytes_equal(tags->config[track], config)) {
        g_bytes_unref(config);
        return;
    }
    g_clear_pointer(&tags->config[track], g_bytes_unref);
    tags->config[track] = config;
    tags->ops->on_track(tags->user, track, codec, rest->at, rest->left);
}

static void give_frame(flv *tags, wire_track track, bool key, int64_t dts_ms, int32_t offset_ms,
                       const tag_rest *rest)
{
    if (rest->left > 0 && tags->config[track])
        tags->ops->on_frame(tags->user, track, key, dts_ms + offset_ms, dts_ms, rest->at,
                            rest->left);
}

/* Composition offset: 24 bits, signed. */
static bool take_offset(tag_rest *rest, int32_t *offset_ms)
{
    const uint8_t *p = rest->at;
    if (!rest_take(rest, 3))
        return false;
    int32_t raw = (int32_t)((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
    *offset_ms = raw >= 0x800000 ? raw - 0x1000000 : raw;
    return true;
}

/* ---- the old headers ---- */

static const char *old_video_name(guint codec)
{
    switch (codec) {
    case 2:
        return "Sorenson H.263";
    case 4:
    case 5:
        return "VP6";
    case 12:
        return "H.265";
    case 13:
        return "AV1";
    default:
        return "video of an unknown codec";
    }
}

static bool take_old_video(flv *tags, guint frame, guint codec, int64_t dts_ms, tag_rest rest,
                           GError **error)
{
    if (frame == FRAME_COMMAND)
        return true;
    if (codec != VIDEO_AVC)
        return refuse(error, old_video_name(codec));
    int32_t offset_ms;
    const uint8_t *body = rest.at;
    if (!rest_take(&rest, 1) || !take_offset(&rest, &offset_ms))
        return true;
    if (*body == BODY_CONFIG)
        give_config(tags, WIRE_VIDEO, WIRE_CODEC_H264, &rest);
    else if (*body == BODY_FRAME)
        give_frame(tags, WIRE_VIDEO, frame == FRAME_KEY, dts_ms, offset_ms, &rest);
    return true;
}

static const char *old_audio_name(guint codec)
{
    switch (codec) {
    case 2:
    case 14:
        return "MP3";
    case 11:
        return "Speex";
    case 0:
    case 3:
        return "PCM";
    default:
        return "sound of an unknown codec";
    }
}

static bool take_old_audio(flv *tags, guint codec, int64_t dts_ms, tag_rest rest, GError **error)
{
    if (codec != AUDIO_AAC)
        return refuse(error, old_audio_name(codec));
    const uint8_t *body = rest.at;
    if (!rest_take(&rest, 1))
        return true;
    if (*body == BODY_CONFIG)
        give_config(tags, WIRE_AUDIO, WIRE_CODEC_AAC, &rest);
    else if (*body == BODY_FRAME)
        give_frame(tags, WIRE_AUDIO, true, dts_ms, 0, &rest);
    return true;
}

/* ---- the enhanced headers ---- */

/* Modifiers stand before the real packet type: a size, bytes nobody here needs, the next type. */
static bool skip_modifiers(tag_rest *rest, guint *packet)
{
    while (*packet == PACKET_MODIFIER) {
        const uint8_t *p = rest->at;
        if (!rest_take(rest, 1))
            return false;
        gsize size = (gsize)p[0] + 1;
        if (size == 256) {
            if (!rest_take(rest, 2))
                return false;
            size = ((gsize)p[1] << 8 | p[2]) + 1;
        }
        if (!rest_take(rest, size + 1))
            return false;
        *packet = rest->at[-1] & 15;
    }
    return true;
}

static const char *four_cc_name(const uint8_t *four_cc)
{
    static const struct {
        char four_cc[5];
        const char *name;
    } table[] = {{"hvc1", "H.265"}, {"av01", "AV1"},   {"vp09", "VP9"},  {"vp08", "VP8"},
                 {"vvc1", "H.266"}, {"Opus", "Opus"},  {"fLaC", "FLAC"}, {".mp3", "MP3"},
                 {"ac-3", "AC-3"},  {"ec-3", "E-AC-3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (memcmp(table[i].four_cc, four_cc, 4) == 0)
            return table[i].name;
    return "an unknown codec";
}

/* Takes the fourCC; *ours says whether it is the wanted one. False: the tag is torn. */
static bool take_four_cc(tag_rest *rest, const char *wanted, const uint8_t **four_cc, bool *ours)
{
    *four_cc = rest->at;
    if (!rest_take(rest, 4))
        return false;
    *ours = memcmp(*four_cc, wanted, 4) == 0;
    return true;
}

static bool take_new_video(flv *tags, guint frame, guint packet, int64_t dts_ms, tag_rest rest,
                           GError **error)
{
    const uint8_t *four_cc;
    bool ours;
    if (!skip_modifiers(&rest, &packet))
        return true;
    if (packet == PACKET_MULTITRACK_VIDEO)
        return refuse_tracks(error);
    if (packet == PACKET_METADATA || frame == FRAME_COMMAND ||
        !take_four_cc(&rest, "avc1", &four_cc, &ours))
        return true;
    if (!ours)
        return refuse(error, four_cc_name(four_cc));
    int32_t offset_ms = 0;
    if (packet == PACKET_START)
        give_config(tags, WIRE_VIDEO, WIRE_CODEC_H264, &rest);
    else if (packet == PACKET_FRAMES_X ||
             (packet == PACKET_FRAMES && take_offset(&rest, &offset_ms)))
        give_frame(tags, WIRE_VIDEO, frame == FRAME_KEY, dts_ms, offset_ms, &rest);
    return true;
}

static bool take_new_audio(flv *tags, guint packet, int64_t dts_ms, tag_rest rest, GError **error)
{
    const uint8_t *four_cc;
    bool ours;
    if (!skip_modifiers(&rest, &packet))
        return true;
    if (packet == PACKET_MULTITRACK_AUDIO)
        return refuse_tracks(error);
    if (!take_four_cc(&rest, "mp4a", &four_cc, &ours))
        return true;
    if (!ours)
        return refuse(error, four_cc_name(four_cc));
    if (packet == PACKET_START)
        give_config(tags, WIRE_AUDIO, WIRE_CODEC_AAC, &rest);
    else if (packet == PACKET_FRAMES)
        give_frame(tags, WIRE_AUDIO, true, dts_ms, 0, &rest);
    return true;
}

bool flv_take(flv *tags, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
              GError **error)
{
    if (size == 0 || (type != TYPE_AUDIO && type != TYPE_VIDEO))
        return true;
    int64_t dts_ms = clock_unroll(tags, timestamp);
    tag_rest rest = {data + 1, size - 1};
    guint high = data[0] >> 4, low = data[0] & 15;
    if (type == TYPE_VIDEO && (high & 8))
        return take_new_video(tags, high & 7, low, dts_ms, rest, error);
    if (type == TYPE_VIDEO)
        return take_old_video(tags, high, low, dts_ms, rest, error);
    if (high == AUDIO_ENHANCED)
        return take_new_audio(tags, low, dts_ms, rest, error);
    return take_old_audio(tags, high, dts_ms, rest, error);
}
