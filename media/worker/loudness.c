#include "worker/loudness.h"

#include <glib.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/samplefmt.h>
#include <math.h>

#define NOTHING (-69.0) /* LUFS: the gate lets nothing through */
#define METER                                                                                      \
    "aformat=sample_rates=48000:channel_layouts=stereo,"                                           \
    "ebur128=peak=sample:metadata=1:framelog=verbose"

struct loudness {
    AVFilterGraph *graph;
    AVFilterContext *in, *out;
    AVFrame *frame;
    double lufs, peak; /* peak: linear */
};

static bool add_ends(loudness *l, const AVFrame *like)
{
    char layout[64] = "", args[192];
    av_channel_layout_describe(&like->ch_layout, layout, sizeof layout);
    g_snprintf(args, sizeof args, "time_base=1/%d:sample_rate=%d:sample_fmt=%s:channel_layout=%s",
               like->sample_rate, like->sample_rate, av_get_sample_fmt_name(like->format), layout);
    return avfilter_graph_create_filter(&l->in, avfilter_get_by_name("abuffer"), "in", args, NULL,
                                        l->graph) >= 0 &&
           avfilter_graph_create_filter(&l->out, avfilter_get_by_name("abuffersink"), "out", NULL,
                                        NULL, l->graph) >= 0;
}

static bool build(loudness *l, const AVFrame *like)
{
    AVFilterInOut *from = avfilter_inout_alloc(), *to = avfilter_inout_alloc();
    bool ok = add_ends(l, like);
    if (ok) {
        *from = (AVFilterInOut){av_strdup("in"), l->in, 0, NULL};
        *to = (AVFilterInOut){av_strdup("out"), l->out, 0, NULL};
        ok = avfilter_graph_parse_ptr(l->graph, METER, &to, &from, NULL) >= 0 &&
             avfilter_graph_config(l->graph, NULL) >= 0;
    }
    avfilter_inout_free(&from);
    avfilter_inout_free(&to);
    return ok;
}

loudness *loudness_new(const AVFrame *like)
{
    loudness *l = g_new0(loudness, 1);
    l->graph = avfilter_graph_alloc();
    l->graph->nb_threads = 1;
    l->frame = av_frame_alloc();
    l->lufs = NOTHING;
    if (build(l, like))
        return l;
    loudness_free(l);
    return NULL;
}

void loudness_free(loudness *l)
{
    if (!l)
        return;
    avfilter_graph_free(&l->graph);
    av_frame_free(&l->frame);
    g_free(l);
}

static double number(const AVFrame *frame, const char *key, double without)
{
    const AVDictionaryEntry *entry = av_dict_get(frame->metadata, key, NULL, 0);
    return entry ? g_ascii_strtod(entry->value, NULL) : without;
}

static void take(loudness *l)
{
    l->lufs = number(l->frame, "lavfi.r128.I", l->lufs);
    l->peak = MAX(l->peak, number(l->frame, "lavfi.r128.sample_peaks_ch0", 0));
    l->peak = MAX(l->peak, number(l->frame, "lavfi.r128.sample_peaks_ch1", 0));
}

void loudness_add(loudness *l, AVFrame *frame)
{
    if (av_buffersrc_add_frame_flags(l->in, frame, AV_BUFFERSRC_FLAG_KEEP_REF) < 0)
        return;
    while (av_buffersink_get_frame(l->out, l->frame) >= 0) {
        take(l);
        av_frame_unref(l->frame);
    }
}

bool loudness_read(const loudness *l, int32_t *mlufs, int32_t *peak_mdb)
{
    if (l->lufs <= NOTHING || l->peak <= 0)
        return false;
    *mlufs = (int32_t)lround(l->lufs * 1000);
    *peak_mdb = (int32_t)lround(20000 * log10(l->peak));
    return true;
}
