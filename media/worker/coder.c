#include "worker/coder.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "base/error.h"
#include "title/journal.h"
#include "worker/h264.h"

#define KEYINT_NEVER "100000"

struct coder {
    coder_plan plan;
    coder_out out;
    AVCodecContext *context;
    AVPacket *packet;
    h264 *stream;
};

coder *coder_new(const coder_plan *plan, const coder_out *out)
{
    coder *c = g_new0(coder, 1);
    c->plan = *plan;
    c->out = *out;
    c->packet = av_packet_alloc();
    c->stream = h264_new();
    return c;
}

/* x264 with threads, closed while it looks ahead, at times loses the picture its thread held. */
static void let_all_go(coder *c)
{
    if (!c->context || c->plan.threads == 1)
        return;
    avcodec_send_frame(c->context, NULL);
    while (avcodec_receive_packet(c->context, c->packet) >= 0)
        av_packet_unref(c->packet);
}

void coder_free(coder *c)
{
    if (!c)
        return;
    let_all_go(c);
    avcodec_free_context(&c->context);
    av_packet_free(&c->packet);
    h264_free(c->stream);
    g_free(c);
}

static bool failed(GError **error, const char *step, int code)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, why, sizeof why);
    error_set(error, ERROR_PEER, "encoder", NULL, "%s: %s", step, why);
    return false;
}

static void describe(const coder *c, const AVFrame *like)
{
    AVCodecContext *is = c->context;
    is->width = c->plan.width;
    is->height = c->plan.height;
    is->pix_fmt = AV_PIX_FMT_YUV420P;
    is->time_base = (AVRational){1, TITLE_TIMESCALE};
    is->framerate = (AVRational){c->plan.fps_num, c->plan.fps_den};
    is->sample_aspect_ratio = (AVRational){1, 1};
    is->colorspace = like->colorspace;
    is->color_primaries = like->color_primaries;
    is->color_trc = like->color_trc;
    is->color_range = AVCOL_RANGE_MPEG;
    is->thread_count = c->plan.threads;
    is->rc_max_rate = c->plan.bps;
    is->rc_buffer_size = c->plan.bps * 2;
}

static bool open_encoder(coder *c, const AVFrame *like, GError **error)
{
    const AVCodec *x264 = avcodec_find_encoder_by_name("libx264");
    if (!x264)
        return failed(error, "x264", AVERROR_ENCODER_NOT_FOUND);
    c->context = avcodec_alloc_context3(x264);
    describe(c, like);
    AVDictionary *options = NULL;
    av_dict_set(&options, "preset", CODER_PRESET, 0);
    av_dict_set(&options, "profile", "high", 0);
    av_dict_set_int(&options, "crf", CODER_CRF, 0);
    av_dict_set(&options, "g", KEYINT_NEVER, 0);
    av_dict_set(&options, "sc_threshold", "0", 0);
    av_dict_set(&options, "forced-idr", "1", 0);
    int code = avcodec_open2(c->context, x264, &options);
    av_dict_free(&options);
    return code >= 0 || failed(error, "x264", code);
}

static void give(coder *c)
{
    h264_unit is = h264_take(c->stream, c->packet->data, (gsize)c->packet->size);
    if (is.avcc)
        c->out.config(c->out.user, is.avcc);
    if (is.bytes->len) {
        g_autoptr(GBytes) bytes = g_bytes_new(is.bytes->data, is.bytes->len);
        c->out.unit(c->out.user, unit_new(bytes, c->packet->pts, c->packet->dts, is.key));
    }
}

bool coder_take(coder *c, const AVFrame *picture, GError **error)
{
    if (!c->context && (!picture || !open_encoder(c, picture, error)))
        return !picture;
    int code = avcodec_send_frame(c->context, picture);
    while (code >= 0 && (code = avcodec_receive_packet(c->context, c->packet)) >= 0) {
        give(c);
        av_packet_unref(c->packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF || failed(error, "x264", code);
}
