#include "worker/recipe.h"

#define QUEUE "queue max-size-buffers=%d max-size-bytes=0 max-size-time=0"
#define RAW_QUEUE 4     /* raw pictures: 1.4 MB each at 720 lines */
#define SOUND_QUEUE 200 /* raw sound: never the bound; that is the coded input */
#define SINK "appsink name=%s%d sync=false async=false max-buffers=8 enable-last-sample=false "
#define SIZED                                                                                      \
    "videoconvertscale ! video/x-raw,format=I420,width=%d,height=%d,pixel-aspect-ratio=1/1 "
#define VBV_MS 1000
#define KEYINT_NEVER 100000 /* pictures; only marks and the grid make keyframes */

static bool is_pattern(const pipeline_plan *plan)
{
    return plan->head == HEAD_PATTERN || plan->head == HEAD_PATTERN_LIVE;
}

static int64_t pattern_pictures(const pipeline_plan *plan)
{
    return plan->head == HEAD_PATTERN_LIVE ? -1
                                           : plan->length_ms * plan->fps_num / plan->fps_den / 1000;
}

static int64_t pattern_frames(const pipeline_plan *plan)
{
    return plan->head == HEAD_PATTERN_LIVE
               ? -1
               : plan->length_ms * PLAN_RATE / 1000 / CODEC_AAC_FRAME + 1;
}

static void add_overlay(const pipeline_plan *plan, GString *to)
{
    g_string_append(to,
                    "! textoverlay name=" RECIPE_WORDS " valignment=top font-desc=\"Sans 22\" ");
    g_string_append_printf(to,
                           "! %s valignment=bottom halignment=right font-desc=\"Monospace 26\" ",
                           plan->head == HEAD_PATTERN_LIVE ? "clockoverlay" : "timeoverlay");
}

static void add_pattern(const pipeline_plan *plan, bool overlay, GString *to)
{
    g_string_append_printf(
        to,
        "videotestsrc name=" RECIPE_HEAD " is-live=%s num-buffers=%" G_GINT64_FORMAT
        " pattern=ball motion=sweep foreground-color=0xfff2c14e background-color=0xff17324d "
        "! video/x-raw,format=I420,width=%d,height=%d,framerate=%d/%d ",
        plan->head == HEAD_PATTERN_LIVE ? "true" : "false", pattern_pictures(plan), plan->width,
        plan->height, plan->fps_num, plan->fps_den);
    if (overlay)
        add_overlay(plan, to);
}

static void add_video_head(const pipeline_plan *plan, bool overlay, GString *to)
{
    if (is_pattern(plan))
        add_pattern(plan, overlay, to);
    else
        g_string_append(to, "appsrc name=" RECIPE_VIDEO_IN " format=time max-bytes=0 "
                            "! avdec_h264 name=" RECIPE_HEAD " max-threads=1 ");
    g_string_append(to, "! tee name=raw_0 ");
}

static void add_encoder(const pipeline_rung *rung, int32_t i, GString *to)
{
    g_string_append_printf(
        to,
        "! x264enc name=" RECIPE_ENCODER "%d speed-preset=superfast tune=zerolatency threads=1 "
        "bitrate=%d vbv-buf-capacity=%d key-int-max=%d aud=false option-string=\"scenecut=0\" "
        "! video/x-h264,stream-format=avc,alignment=au,profile=high ! " SINK,
        i, rung->video_bps / 1000, VBV_MS, KEYINT_NEVER, RECIPE_PICTURES, i);
}

/* Each rung is scaled from the one above it. */
static void add_rung(const pipeline_plan *plan, int32_t i, GString *to)
{
    const pipeline_rung *rung = &plan->rung[i];
    g_string_append_printf(to, "raw_%d. ! " QUEUE " ! " SIZED, i, RAW_QUEUE, rung->width,
                           rung->height);
    g_string_append_printf(to, "! tee name=raw_%d raw_%d. ", i + 1, i + 1);
    add_encoder(rung, i, to);
}

/* The smallest rung's pictures once more, or the head's; whoever is late misses one, and holds nobody. */
static void add_stills(const pipeline_plan *plan, GString *to)
{
    g_string_append_printf(to,
                           "raw_%d. ! queue leaky=downstream max-size-buffers=1 max-size-bytes=0 "
                           "max-size-time=0 ! ",
                           plan->rungs);
    if (!plan->rungs)
        g_string_append_printf(to, SIZED "! ", plan->still.width, plan->still.height);
    g_string_append(to,
                    "appsink name=" RECIPE_STILLS
                    " sync=false async=false max-buffers=1 drop=true enable-last-sample=false ");
}

static void add_audio_head(const pipeline_plan *plan, GString *to)
{
    if (is_pattern(plan))
        g_string_append_printf(to,
                               "audiotestsrc is-live=%s num-buffers=%" G_GINT64_FORMAT
                               " samplesperbuffer=%d "
                               "wave=ticks freq=880 volume=0.25 ! audio/x-raw,rate=%d ",
                               plan->head == HEAD_PATTERN_LIVE ? "true" : "false",
                               pattern_frames(plan), CODEC_AAC_FRAME, PLAN_RATE);
    else
        g_string_append(to, "appsrc name=" RECIPE_AUDIO_IN " format=time max-bytes=0 ! avdec_aac ");
    g_string_append_printf(
        to,
        "! audioconvert ! audioresample ! audioconvert "
        "! audio/x-raw,format=F32LE,layout=interleaved,rate=%d,channels=2 ! tee name=sound ",
        PLAN_RATE);
}

static void add_sound(int32_t bps, int32_t i, GString *to)
{
    g_string_append_printf(to, "sound. ! " QUEUE " ! avenc_aac bitrate=%d aac-coder=fast ! " SINK,
                           SOUND_QUEUE, bps, RECIPE_SOUNDS, i);
}

char *recipe_write(const pipeline_plan *plan, bool overlay)
{
    GString *to = g_string_new(NULL);
    bool shows = plan->rungs || plan->still.width;
    if (shows)
        add_video_head(plan, overlay, to);
    for (int i = 0; i < plan->rungs; i++)
        add_rung(plan, i, to);
    if (shows)
        add_stills(plan, to);
    if (plan->audios)
        add_audio_head(plan, to);
    for (int i = 0; i < plan->audios; i++)
        add_sound(plan->audio_bps[i], i, to);
    return g_string_free(to, FALSE);
}
