#include "worker/aac.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>

#include "base/error.h"
#include "title/journal.h"
#include "worker/plan.h"

struct aac {
    AVCodecContext *context;
    AVPacket *packet;
    aac_out out;
    gpointer user;
};

static bool failed(GError **error, int code)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, why, sizeof why);
    error_set(error, ERROR_PEER, "encoder", NULL, "AAC: %s", why);
    return false;
}

aac *aac_new(int32_t bps, aac_out out, gpointer user, GError **error)
{
    aac *a = g_new0(aac, 1);
    a->out = out;
    a->user = user;
    a->packet = av_packet_alloc();
    a->context = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_AAC));
    a->context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    a->context->sample_rate = PLAN_RATE;
    a->context->bit_rate = bps;
    a->context->time_base = (AVRational){1, PLAN_RATE};
    a->context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; /* raw frames */
    av_channel_layout_default(&a->context->ch_layout, 2);
    int code = avcodec_open2(a->context, NULL, NULL);
    if (code >= 0)
        return a;
    failed(error, code);
    aac_free(a);
    return NULL;
}

void aac_free(aac *a)
{
    if (!a)
        return;
    avcodec_free_context(&a->context);
    av_packet_free(&a->packet);
    g_free(a);
}

static void give(aac *a)
{
    g_autoptr(GBytes) bytes = g_bytes_new(a->packet->data, (gsize)a->packet->size);
    int64_t pts =
        av_rescale_q(a->packet->pts, a->context->time_base, (AVRational){1, TITLE_TIMESCALE});
    a->out(a->user, unit_new(bytes, pts, pts, true));
}

bool aac_take(aac *a, const AVFrame *frame, GError **error)
{
    int code = avcodec_send_frame(a->context, frame);
    while (code >= 0 && (code = avcodec_receive_packet(a->context, a->packet)) >= 0) {
        give(a);
        av_packet_unref(a->packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF || failed(error, code);
}
