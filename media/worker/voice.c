#include "worker/voice.h"

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
#include <string.h>

#include "base/error.h"
#include "title/journal.h"
#include "worker/codec.h"
#include "worker/plan.h"

#define SLACK                                                                                      \
    (PLAN_RATE / 25) /* 40 ms: stamps stray that far before samples are dropped or put in */
#define SILENCE_STEP PLAN_RATE /* samples of silence at a time */

struct voice {
    int32_t gain_mdb;
    voice_out out;
    gpointer user;
    AVFilterGraph *graph;
    AVFilterContext *in, *sink;
    AVAudioFifo *kept;
    AVFrame *filtered, *given;
    int rate, format, channels; /* what the graph is for */
    int64_t given_to;           /* samples: what is kept begins here */
    bool begun;                 /* something is kept: until then its place is exact */
};

static void make_frame(AVFrame *frame, int samples)
{
    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = PLAN_RATE;
    av_channel_layout_default(&frame->ch_layout, 2);
    frame->nb_samples = samples;
    if (av_frame_get_buffer(frame, 0) < 0)
        g_error("no memory for %d samples", samples);
}

voice *voice_new(int64_t from, int32_t gain_mdb, voice_out out, gpointer user)
{
    voice *v = g_new0(voice, 1);
    v->gain_mdb = gain_mdb;
    v->out = out;
    v->user = user;
    v->given_to = from;
    v->kept = av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, 2, 4 * CODEC_AAC_FRAME);
    v->filtered = av_frame_alloc();
    v->given = av_frame_alloc();
    return v;
}

void voice_free(voice *v)
{
    if (!v)
        return;
    avfilter_graph_free(&v->graph);
    av_audio_fifo_free(v->kept);
    av_frame_free(&v->filtered);
    av_frame_free(&v->given);
    g_free(v);
}

/* ---- the graph ---- */

static bool open_ends(voice *v, const AVFrame *like)
{
    char layout[64] = "", args[192];
    AVChannelLayout is = {0};
    if (like->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&is, like->ch_layout.nb_channels);
    else
        av_channel_layout_copy(&is, &like->ch_layout);
    av_channel_layout_describe(&is, layout, sizeof layout);
    av_channel_layout_uninit(&is);
    g_snprintf(args, sizeof args, "time_base=1/%d:sample_rate=%d:sample_fmt=%s:channel_layout=%s",
               like->sample_rate, like->sample_rate, av_get_sample_fmt_name(like->format), layout);
    return avfilter_graph_create_filter(&v->in, avfilter_get_by_name("abuffer"), "in", args, NULL,
                                        v->graph) >= 0 &&
           avfilter_graph_create_filter(&v->sink, avfilter_get_by_name("abuffersink"), "out", NULL,
                                        NULL, v->graph) >= 0;
}

static char *text_for(const voice *v)
{
    char gain[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(gain, sizeof gain, "%.2f", v->gain_mdb / 1000.0);
    return g_strdup_printf("aformat=sample_fmts=fltp:sample_rates=%d:channel_layouts=stereo%s%s%s",
                           PLAN_RATE, v->gain_mdb ? ",volume=" : "", v->gain_mdb ? gain : "",
                           v->gain_mdb ? "dB" : "");
}

static bool build(voice *v, const AVFrame *like)
{
    AVFilterInOut *from = avfilter_inout_alloc(), *to = avfilter_inout_alloc();
    g_autofree char *text = text_for(v);
    v->graph = avfilter_graph_alloc();
    v->graph->nb_threads = 1;
    bool ok = open_ends(v, like);
    if (ok) {
        *from = (AVFilterInOut){av_strdup("in"), v->in, 0, NULL};
        *to = (AVFilterInOut){av_strdup("out"), v->sink, 0, NULL};
        ok = avfilter_graph_parse_ptr(v->graph, text, &to, &from, NULL) >= 0 &&
             avfilter_graph_config(v->graph, NULL) >= 0;
    }
    avfilter_inout_free(&from);
    avfilter_inout_free(&to);
    v->rate = like->sample_rate;
    v->format = like->format;
    v->channels = like->ch_layout.nb_channels;
    return ok;
}

/* ---- frames ---- */

static int64_t kept_to(const voice *v)
{
    return v->given_to + av_audio_fifo_size(v->kept);
}

int64_t voice_end(const voice *v)
{
    return kept_to(v);
}

static void give(voice *v)
{
    while (av_audio_fifo_size(v->kept) >= CODEC_AAC_FRAME) {
        make_frame(v->given, CODEC_AAC_FRAME);
        av_audio_fifo_read(v->kept, (void **)v->given->data, CODEC_AAC_FRAME);
        v->given->pts = v->given_to;
        v->given_to += CODEC_AAC_FRAME;
        v->out(v->user, v->given);
        av_frame_unref(v->given);
    }
}

static void keep_silence(voice *v, int64_t samples)
{
    AVFrame *silence = av_frame_alloc();
    make_frame(silence, SILENCE_STEP);
    for (int i = 0; i < 2; i++)
        memset(silence->data[i], 0, SILENCE_STEP * sizeof(float));
    for (int64_t left = samples; left > 0; left -= SILENCE_STEP) {
        av_audio_fifo_write(v->kept, (void **)silence->data, (int)MIN(left, SILENCE_STEP));
        give(v);
    }
    av_frame_free(&silence);
}

/* Where it belongs: what is missing before it is filled, what of it is there already is left out. */
static void keep(voice *v, const AVFrame *frame, int64_t at)
{
    int64_t off = at - kept_to(v), slack = v->begun ? SLACK : 0;
    int skipped = 0;
    if (off > slack)
        keep_silence(v, off);
    else if (off < -slack)
        skipped = (int)MIN(-off, frame->nb_samples);
    v->begun = v->begun || skipped < frame->nb_samples;
    void *from[2] = {frame->data[0] + (gsize)skipped * sizeof(float),
                     frame->data[1] + (gsize)skipped * sizeof(float)};
    if (skipped < frame->nb_samples)
        av_audio_fifo_write(v->kept, from, frame->nb_samples - skipped);
    give(v);
}

static void take_filtered(voice *v)
{
    AVRational base = av_buffersink_get_time_base(v->sink), samples = {1, PLAN_RATE};
    while (av_buffersink_get_frame(v->sink, v->filtered) >= 0) {
        keep(v, v->filtered, av_rescale_q(v->filtered->pts, base, samples));
        av_frame_unref(v->filtered);
    }
}

static void empty(voice *v)
{
    if (v->graph && av_buffersrc_add_frame_flags(v->in, NULL, 0) >= 0)
        take_filtered(v);
    avfilter_graph_free(&v->graph);
}

static bool is_for(const voice *v, const AVFrame *frame)
{
    return v->graph && v->rate == frame->sample_rate && v->format == frame->format &&
           v->channels == frame->ch_layout.nb_channels;
}

static void finish(voice *v)
{
    empty(v);
    int rest = av_audio_fifo_size(v->kept) % CODEC_AAC_FRAME;
    if (rest)
        keep_silence(v, CODEC_AAC_FRAME - rest);
}

bool voice_take(voice *v, AVFrame *frame, int64_t at, GError **error)
{
    if (!frame) {
        finish(v);
        return true;
    }
    if (!is_for(v, frame))
        empty(v);
    if (!v->graph && !build(v, frame)) {
        avfilter_graph_free(&v->graph);
        error_set(error, ERROR_INPUT, "unsupported_codec", NULL,
                  "Sound of %d channels at %d Hz cannot be used", frame->ch_layout.nb_channels,
                  frame->sample_rate);
        return false;
    }
    frame->pts =
        av_rescale_q(at, (AVRational){1, TITLE_TIMESCALE}, (AVRational){1, frame->sample_rate});
    if (av_buffersrc_add_frame_flags(v->in, frame, AV_BUFFERSRC_FLAG_KEEP_REF) >= 0)
        take_filtered(v);
    return true;
}
