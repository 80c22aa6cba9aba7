#include "worker/mux.h"

#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <string.h>

#include "base/error.h"
#include "title/journal.h"
#include "worker/codec.h"

#define MUX_BUFFER_BYTES 65536
#define MUX_FLAGS "frag_custom+empty_moov+default_base_moof+frag_discont+skip_sidx+skip_trailer"

struct mux {
    AVFormatContext *format;
    AVPacket *packet;
    GByteArray *written;
    int32_t rate;
    int video, audio; /* stream indexes; -1: none */
    guint pending;    /* units since the last part */
};

static bool av_failed(GError **error, const char *step, int code)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, why, sizeof why);
    error_set(error, ERROR_PEER, "mux", NULL, "%s: %s", step, why);
    return false;
}

static int on_write(void *opaque, uint8_t *bytes, int size)
{
    mux *m = opaque;
    g_byte_array_append(m->written, bytes, (guint)size);
    return size;
}

static AVStream *add_stream(mux *m, GBytes *config, enum AVMediaType type, enum AVCodecID codec)
{
    AVStream *stream = avformat_new_stream(m->format, NULL);
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    stream->codecpar->codec_type = type;
    stream->codecpar->codec_id = codec;
    stream->codecpar->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(stream->codecpar->extradata, bytes, size);
    stream->codecpar->extradata_size = (int)size;
    return stream;
}

static void add_video(mux *m, const mux_tracks *tracks)
{
    AVStream *stream = add_stream(m, tracks->video, AVMEDIA_TYPE_VIDEO, AV_CODEC_ID_H264);
    stream->codecpar->width = tracks->width;
    stream->codecpar->height = tracks->height;
    stream->codecpar->codec_tag = MKTAG('a', 'v', 'c', '1');
    stream->time_base = (AVRational){1, TITLE_TIMESCALE};
    m->video = stream->index;
}

static void add_audio(mux *m, const mux_tracks *tracks)
{
    AVStream *stream = add_stream(m, tracks->audio, AVMEDIA_TYPE_AUDIO, AV_CODEC_ID_AAC);
    stream->codecpar->sample_rate = tracks->rate;
    stream->codecpar->frame_size = CODEC_AAC_FRAME;
    stream->codecpar->format = AV_SAMPLE_FMT_FLTP;
    av_channel_layout_default(&stream->codecpar->ch_layout, tracks->channels);
    stream->time_base = (AVRational){1, tracks->rate};
    m->audio = stream->index;
    m->rate = tracks->rate;
}

static GBytes *take_written(mux *m)
{
    avio_flush(m->format->pb);
    GBytes *bytes = g_byte_array_free_to_bytes(m->written);
    m->written = g_byte_array_new();
    return bytes;
}

static bool write_header(mux *m, GError **error)
{
    uint8_t *buffer = av_malloc(MUX_BUFFER_BYTES);
    m->format->pb = avio_alloc_context(buffer, MUX_BUFFER_BYTES, 1, m, NULL, on_write, NULL);
    m->format->pb->seekable = 0;
    m->format->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    m->format->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", MUX_FLAGS, 0);
    av_dict_set(&options, "use_editlist", "0", 0);
    av_dict_set(&options, "brand", "cmfc", 0);
    int code = avformat_write_header(m->format, &options);
    av_dict_free(&options);
    return code >= 0 || av_failed(error, "init segment", code);
}

mux *mux_new(const mux_tracks *tracks, GBytes **init, GError **error)
{
    mux *m = g_new0(mux, 1);
    m->written = g_byte_array_new();
    av_log_set_level(AV_LOG_ERROR);
    m->packet = av_packet_alloc();
    m->video = m->audio = -1;
    avformat_alloc_output_context2(&m->format, NULL, "mp4", NULL);
    if (tracks->video)
        add_video(m, tracks);
    if (tracks->audio)
        add_audio(m, tracks);
    if (!write_header(m, error)) {
        mux_free(m);
        return NULL;
    }
    *init = take_written(m);
    return m;
}

void mux_free(mux *m)
{
    if (!m)
        return;
    if (m->format->pb) {
        av_freep(&m->format->pb->buffer);
        avio_context_free(&m->format->pb);
    }
    avformat_free_context(m->format);
    av_packet_free(&m->packet);
    g_byte_array_unref(m->written);
    g_free(m);
}

static bool write_packet(mux *m, GBytes *bytes, GError **error)
{
    gsize size = 0;
    m->packet->data = (uint8_t *)g_bytes_get_data(bytes, &size);
    m->packet->size = (int)size;
    int code = av_write_frame(m->format, m->packet);
    av_packet_unref(m->packet);
    m->pending++;
    return code >= 0 || av_failed(error, "media segment", code);
}

bool mux_video(mux *m, const unit *picture, GError **error)
{
    m->packet->stream_index = m->video;
    m->packet->pts = picture->pts + TITLE_EPOCH;
    m->packet->dts = picture->dts + TITLE_EPOCH;
    m->packet->duration = picture->duration;
    m->packet->flags = picture->key ? AV_PKT_FLAG_KEY : 0;
    return write_packet(m, picture->bytes, error);
}

bool mux_audio(mux *m, GBytes *frame, int64_t sample, GError **error)
{
    m->packet->stream_index = m->audio;
    m->packet->pts = m->packet->dts = sample + (int64_t)TITLE_EPOCH / TITLE_TIMESCALE * m->rate;
    m->packet->duration = CODEC_AAC_FRAME;
    m->packet->flags = AV_PKT_FLAG_KEY;
    return write_packet(m, frame, error);
}

GBytes *mux_part(mux *m, GError **error)
{
    if (!m->pending)
        return NULL;
    m->pending = 0;
    int code = av_write_frame(m->format, NULL);
    av_opt_set(m->format->priv_data, "movflags", "+frag_discont", 0);
    if (code < 0) {
        av_failed(error, "media segment", code);
        return NULL;
    }
    return take_written(m);
}
