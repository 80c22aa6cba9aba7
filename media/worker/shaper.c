#include "worker/shaper.h"

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>

#include "base/error.h"
#include "title/journal.h"

#define SCALING "bicubic"
/* zimg's, at a third of swscale's cost; the same curve, and chroma in step with luma as there. */
#define STEP_SCALING "f=bicubic:param_a=0:param_b=0.6:cin=center:c=center"
#define HD_LINES 720 /* from here on unnamed colours are BT.709 */

struct shaper {
    shaper_plan plan;
    shaper_out out;
    gpointer user;
    AVFilterGraph *graph;
    AVFilterContext *in, *sinks[WIRE_RUNGS_MAX];
    int width, height, format; /* of the pictures the graph is for */
    bool woven;
};

shaper *shaper_new(const shaper_plan *plan, shaper_out out, gpointer user)
{
    shaper *s = g_new0(shaper, 1);
    s->plan = *plan;
    s->out = out;
    s->user = user;
    return s;
}

void shaper_free(shaper *s)
{
    if (!s)
        return;
    avfilter_graph_free(&s->graph);
    g_free(s);
}

/* ---- the graph's text ---- */

static void add_turn(GString *to, int turns)
{
    static const char *const turn[] = {"", ",transpose=cclock", ",hflip,vflip", ",transpose=clock"};
    g_string_append(to, turn[turns]);
}

static bool is_hdr(const AVFrame *like)
{
    return like->color_trc == AVCOL_TRC_SMPTE2084 || like->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

static bool is_full(const AVFrame *like)
{
    return like->color_range == AVCOL_RANGE_JPEG || like->format == AV_PIX_FMT_YUVJ420P ||
           like->format == AV_PIX_FMT_YUVJ422P || like->format == AV_PIX_FMT_YUVJ444P;
}

static bool is_rgb(const AVFrame *like)
{
    const AVPixFmtDescriptor *is = av_pix_fmt_desc_get(like->format);
    return is && is->flags & AV_PIX_FMT_FLAG_RGB;
}

/* Scaled before it is turned: fewer pixels to turn. */
static void add_first(const shaper *s, const AVFrame *like, GString *to)
{
    bool lying = s->plan.turns % 2;
    plan_shape shape = s->plan.output[0];
    g_string_append_printf(to, "scale=%d:%d:flags=" SCALING, lying ? shape.height : shape.width,
                           lying ? shape.width : shape.height);
    if (is_full(like))
        g_string_append(to, ":out_range=tv"); /* said without need it costs a copy */
    if (is_rgb(like))
        g_string_append_printf(to, ":out_color_matrix=%s",
                               like->height >= HD_LINES ? "bt709" : "bt601");
    if (is_hdr(like))
        g_string_append(to, ",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
                            "tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv");
    g_string_append(to, ",format=yuv420p");
    add_turn(to, s->plan.turns);
    g_string_append(to, ",setsar=1");
}

/* Every output is made of the highest: a picture scaled twice is not the same any more. */
static void add_steps(const shaper *s, GString *to)
{
    g_string_append_printf(to, ",split=%d[out0]", s->plan.outputs);
    for (int32_t i = 1; i < s->plan.outputs; i++)
        g_string_append_printf(to, "[for%d]", i);
    for (int32_t i = 1; i < s->plan.outputs; i++)
        g_string_append_printf(to, ";[for%d]zscale=%d:%d:" STEP_SCALING ",setsar=1[out%d]", i,
                               s->plan.output[i].width, s->plan.output[i].height, i);
}

static char *text_for(const shaper *s, const AVFrame *like)
{
    GString *to = g_string_new("[in]");
    if (like->interlaced_frame)
        g_string_append(to, "yadif=mode=send_frame,");
    add_first(s, like, to);
    add_steps(s, to);
    return g_string_free(to, FALSE);
}

/* ---- the graph ---- */

static bool open_in(shaper *s, const AVFrame *like)
{
    AVBufferSrcParameters *is = av_buffersrc_parameters_alloc();
    s->in = avfilter_graph_alloc_filter(s->graph, avfilter_get_by_name("buffer"), "in");
    is->format = like->format;
    is->width = like->width;
    is->height = like->height;
    is->time_base = (AVRational){1, TITLE_TIMESCALE};
    is->sample_aspect_ratio = like->sample_aspect_ratio;
    bool ok =
        s->in && av_buffersrc_parameters_set(s->in, is) >= 0 && avfilter_init_str(s->in, NULL) >= 0;
    av_free(is);
    return ok;
}

static bool open_sink(shaper *s, int32_t i, AVFilterInOut **to)
{
    g_autofree char *name = g_strdup_printf("out%d", i);
    if (avfilter_graph_create_filter(&s->sinks[i], avfilter_get_by_name("buffersink"), name, NULL,
                                     NULL, s->graph) < 0)
        return false;
    AVFilterInOut *end = avfilter_inout_alloc();
    *end = (AVFilterInOut){av_strdup(name), s->sinks[i], 0, *to};
    *to = end;
    return true;
}

static bool build(shaper *s, const AVFrame *like)
{
    AVFilterInOut *from = avfilter_inout_alloc(), *to = NULL;
    g_autofree char *text = text_for(s, like);
    bool ok = open_in(s, like);
    for (int32_t i = 0; ok && i < s->plan.outputs; i++)
        ok = open_sink(s, i, &to);
    if (ok) {
        *from = (AVFilterInOut){av_strdup("in"), s->in, 0, NULL};
        ok = avfilter_graph_parse_ptr(s->graph, text, &to, &from, NULL) >= 0 &&
             avfilter_graph_config(s->graph, NULL) >= 0;
    }
    avfilter_inout_free(&from);
    avfilter_inout_free(&to);
    return ok;
}

static bool is_for(const shaper *s, const AVFrame *picture)
{
    return s->graph && s->width == picture->width && s->height == picture->height &&
           s->format == picture->format && (s->woven || !picture->interlaced_frame);
}

/*
 * Everything that came through the graph goes out, the highest rung first. False: a filter could not
 * do it, which some say with the first picture only.
 */
static bool give(shaper *s)
{
    AVFrame *picture = av_frame_alloc();
    bool ok = true;
    for (int32_t i = 0; i < s->plan.outputs && s->sinks[i]; i++) {
        int code;
        while ((code = av_buffersink_get_frame(s->sinks[i], picture)) >= 0) {
            picture->pts = av_rescale_q(picture->pts, av_buffersink_get_time_base(s->sinks[i]),
                                        (AVRational){1, TITLE_TIMESCALE});
            s->out(s->user, i, picture);
            picture = av_frame_alloc();
        }
        ok = ok && (code == AVERROR(EAGAIN) || code == AVERROR_EOF);
    }
    av_frame_free(&picture);
    return ok;
}

static void empty(shaper *s)
{
    if (!s->graph)
        return;
    if (av_buffersrc_add_frame_flags(s->in, NULL, 0) >= 0)
        give(s);
    avfilter_graph_free(&s->graph);
    memset(s->sinks, 0, sizeof s->sinks);
}

static bool prepare(shaper *s, const AVFrame *picture)
{
    if (is_for(s, picture))
        return true;
    empty(s);
    s->graph = avfilter_graph_alloc();
    s->graph->nb_threads = 1;
    s->width = picture->width;
    s->height = picture->height;
    s->format = picture->format;
    s->woven = picture->interlaced_frame;
    return build(s, picture);
}

/* Colours nobody named are those players guess at the source's size: a smaller rung must not change them. */
static void name_colours(AVFrame *picture)
{
    bool hd = MIN(picture->width, picture->height) >= HD_LINES;
    if (is_hdr(picture) && picture->color_primaries == AVCOL_PRI_UNSPECIFIED)
        picture->color_primaries = AVCOL_PRI_BT2020;
    if (is_hdr(picture) && picture->colorspace == AVCOL_SPC_UNSPECIFIED && !is_rgb(picture))
        picture->colorspace = AVCOL_SPC_BT2020_NCL;
    if (picture->colorspace != AVCOL_SPC_UNSPECIFIED || is_rgb(picture))
        return;
    picture->colorspace = hd ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    if (picture->color_primaries == AVCOL_PRI_UNSPECIFIED)
        picture->color_primaries = hd ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    if (picture->color_trc == AVCOL_TRC_UNSPECIFIED)
        picture->color_trc = hd ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
}

bool shaper_take(shaper *s, AVFrame *picture, GError **error)
{
    if (!picture) {
        empty(s);
        return true;
    }
    name_colours(picture);
    if (prepare(s, picture) &&
        av_buffersrc_add_frame_flags(s->in, picture, AV_BUFFERSRC_FLAG_KEEP_REF) >= 0 && give(s))
        return true;
    error_set(error, ERROR_INPUT, "unsupported_codec", NULL,
              "Pictures of format %s cannot be shown", av_get_pix_fmt_name(picture->format));
    return false;
}
