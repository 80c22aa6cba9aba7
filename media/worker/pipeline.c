#include "worker/pipeline.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "base/error.h"
#include "worker/recipe.h"

/* Pushed stamps start here: a sound encoder's first one is earlier than its input. */
#define LEAD (10 * GST_SECOND)
#define KEYS_KEPT 64 /* keyframe instants remembered for encoders that lag */
#define RUN_AHEAD                                                                                  \
    (5 * TITLE_TIMESCALE)    /* one output before the slowest, where nobody interleaves */
#define SOUND_QUEUE_FULL 200 /* coded frames of sound: 4 s */
#define THIN_BELOW 2700      /* 30 ms: pictures nearer than this are left out of encoded rungs */

typedef struct {
    pipeline *pipeline;
    outbox_kind kind;
    int32_t index;
    bool configured;
    int64_t reached; /* title time; locked */
} sink;

struct pipeline {
    pipeline_plan plan;
    outbox *outbox;
    GstElement *top;
    GstAppSrc *video_in, *audio_in; /* FRAMES */
    sink sinks[WIRE_RUNGS_MAX + PIPELINE_AUDIOS_MAX];
    int32_t outputs;
    GMutex lock;   /* marks and keys: owner's thread, decoder's, encoders' */
    GArray *marks; /* of int64_t: keyframes asked for, not met yet */
    GArray *keys;  /* of int64_t: pictures that become keyframes, the last KEYS_KEPT */
    int64_t next_line, last_shown;
    int64_t next_still; /* the stills' thread alone */
    GCond moved;        /* an output has reached further */
    bool closing;
};

static bool gst_failed(GError **error, const char *step, const char *why)
{
    error_set(error, ERROR_PEER, "pipeline", NULL, "%s: %s", step, why);
    return false;
}

bool pipeline_start(GError **error)
{
    g_setenv("GST_REGISTRY_FORK", "no", TRUE);
    return pipeline_scan(error);
}

bool pipeline_scan(GError **error)
{
    g_autoptr(GError) why = NULL;
    return gst_init_check(NULL, NULL, &why) ||
           gst_failed(error, "GStreamer", why ? why->message : "no start");
}

void pipeline_warm(void)
{
    static const char *const needed[] = {"appsrc",       "avdec_h264",        "avenc_aac",
                                         "audioconvert", "audioresample",     "queue",
                                         "x264enc",      "videoconvertscale", NULL};
    for (int i = 0; needed[i]; i++) {
        GstElementFactory *found = gst_element_factory_find(needed[i]);
        GstPluginFeature *loaded =
            found ? gst_plugin_feature_load(GST_PLUGIN_FEATURE(found)) : NULL;
        g_clear_object(&found);
        g_clear_object(&loaded);
    }
}

/* Between the title's line and GStreamer's. */
static GstClockTime to_gst(const pipeline *p, int64_t title)
{
    return LEAD + (GstClockTime)(((title - p->plan.origin) * 100000 + 4) / 9);
}

static int64_t to_title(const pipeline *p, int64_t running)
{
    int64_t lead = p->plan.head == HEAD_FRAMES ? (int64_t)LEAD : 0;
    int64_t ns = running - lead, half = ns < 0 ? -50000 : 50000;
    return p->plan.origin + (ns * 9 + half) / 100000;
}

static int64_t running_time(const GstSegment *segment, GstClockTime time)
{
    guint64 running = 0;
    int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, time, &running);
    return sign < 0 ? -(int64_t)running : (int64_t)running;
}

static bool pad_time(const pipeline *p, GstPad *pad, GstBuffer *buffer, int64_t *title)
{
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    if (!event || !GST_BUFFER_PTS_IS_VALID(buffer))
        return false;
    const GstSegment *segment;
    gst_event_parse_segment(event, &segment);
    *title = to_title(p, running_time(segment, GST_BUFFER_PTS(buffer)));
    return true;
}

/*
 * Must this picture become a keyframe? Asked once per picture, in the order they are shown. Locked.
 */
static bool falls_on_mark(pipeline *p, int64_t time)
{
    bool met = false;
    while (p->marks->len && g_array_index(p->marks, int64_t, 0) <= time) {
        g_array_remove_index(p->marks, 0);
        met = true;
    }
    return met;
}

static bool falls_on_line(pipeline *p, int64_t time)
{
    if (time < p->next_line)
        return false;
    int64_t from = p->next_line == INT64_MIN ? time : p->next_line;
    p->next_line = from + ((time - from) / p->plan.grid + 1) * p->plan.grid;
    return true;
}

static void remember_key(pipeline *p, int64_t time)
{
    g_array_append_val(p->keys, time);
    if (p->keys->len > KEYS_KEPT)
        g_array_remove_index(p->keys, 0);
}

/* At the head: leaves out what must not be seen, thins what is too fast, settles the keyframes. */
static GstPadProbeReturn on_raw_picture(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    pipeline *p = user;
    int64_t time = 0;
    if (!pad_time(p, pad, GST_PAD_PROBE_INFO_BUFFER(info), &time) || time < p->plan.show_from)
        return GST_PAD_PROBE_DROP;
    g_mutex_lock(&p->lock);
    bool key = p->plan.follow ? falls_on_mark(p, time) : falls_on_line(p, time);
    bool show = key || p->last_shown == INT64_MIN || time - p->last_shown >= THIN_BELOW;
    if (key)
        remember_key(p, time);
    if (show)
        p->last_shown = time;
    g_mutex_unlock(&p->lock);
    return show ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/*
 * Says by name which colours an unnamed picture has. GStreamer guesses from the height, so that a
 * scaled picture would be taken for another kind and converted: most of the scaler's work.
 */
static GstPadProbeReturn on_raw_caps(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    GstCaps *caps = NULL;
    GstVideoInfo is;
    (void)pad;
    (void)user;
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(event, &caps);
    if (gst_structure_has_field(gst_caps_get_structure(caps, 0), "colorimetry") ||
        !gst_video_info_from_caps(&is, caps))
        return GST_PAD_PROBE_OK;
    g_autoptr(GstCaps) named = gst_caps_copy(caps);
    g_autofree char *colours = gst_video_colorimetry_to_string(&is.colorimetry);
    gst_caps_set_simple(named, "colorimetry", G_TYPE_STRING, colours, NULL);
    GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(named);
    gst_event_unref(event);
    return GST_PAD_PROBE_OK;
}

static bool is_key(pipeline *p, int64_t time)
{
    bool found = false;
    g_mutex_lock(&p->lock);
    for (guint i = p->keys->len; i > 0 && !found; i--)
        found = g_array_index(p->keys, int64_t, i - 1) == time;
    g_mutex_unlock(&p->lock);
    return found;
}

/* Before each encoder: the request travels right in front of the picture it is for. */
static GstPadProbeReturn on_encoder_picture(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    int64_t time = 0;
    if (pad_time(user, pad, GST_PAD_PROBE_INFO_BUFFER(info), &time) && is_key(user, time))
        gst_pad_send_event(
            pad, gst_video_event_new_downstream_force_key_unit(
                     GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, FALSE, 0));
    return GST_PAD_PROBE_OK;
}

static GBytes *codec_data(GstCaps *caps)
{
    const GValue *value =
        caps ? gst_structure_get_value(gst_caps_get_structure(caps, 0), "codec_data") : NULL;
    GstBuffer *buffer = value ? gst_value_get_buffer(value) : NULL;
    gpointer copy = NULL;
    gsize size = 0;
    if (!buffer)
        return NULL;
    gst_buffer_extract_dup(buffer, 0, (gsize)-1, &copy, &size);
    return g_bytes_new_take(copy, size);
}

static void put(sink *s, outbox_kind kind, unit *u, GBytes *config)
{
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = kind;
    item->index = s->index;
    item->unit = u;
    item->config = config;
    outbox_put(s->pipeline->outbox, item);
}

static unit *sample_unit(const pipeline *p, GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    const GstSegment *segment = gst_sample_get_segment(sample);
    gpointer copy = NULL;
    gsize size = 0;
    if (!GST_BUFFER_PTS_IS_VALID(buffer))
        return NULL;
    gst_buffer_extract_dup(buffer, 0, (gsize)-1, &copy, &size);
    g_autoptr(GBytes) bytes = g_bytes_new_take(copy, size);
    int64_t pts = to_title(p, running_time(segment, GST_BUFFER_PTS(buffer))), dts = pts;
    if (GST_BUFFER_DTS_IS_VALID(buffer))
        dts = to_title(p, running_time(segment, GST_BUFFER_DTS(buffer)));
    return unit_new(bytes, pts, dts, !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT));
}

/* Where the others are: the slowest output. Locked. */
static int64_t slowest(const pipeline *p)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < p->outputs; i++)
        least = MIN(least, p->sinks[i].reached);
    return least;
}

/*
 * This output has reached `time`. A head that makes its own tracks has nobody who interleaves them:
 * the output that is RUN_AHEAD in front waits for the slowest.
 */
static void run_on(sink *s, int64_t time)
{
    pipeline *p = s->pipeline;
    if (p->plan.head == HEAD_FRAMES)
        return;
    g_mutex_lock(&p->lock);
    s->reached = MAX(s->reached, time);
    g_cond_broadcast(&p->moved);
    while (!p->closing && time != INT64_MAX && time > slowest(p) + RUN_AHEAD)
        g_cond_wait(&p->moved, &p->lock);
    g_mutex_unlock(&p->lock);
}

static GstFlowReturn on_sample(GstAppSink *from, gpointer user)
{
    sink *s = user;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(from);
    if (!sample)
        return GST_FLOW_EOS;
    if (s->kind == OUTBOX_PICTURE && !s->configured) {
        GBytes *config = codec_data(gst_sample_get_caps(sample));
        if (config)
            put(s, OUTBOX_VIDEO_CONFIG, NULL, config);
        s->configured = config != NULL;
    }
    unit *u = sample_unit(s->pipeline, sample);
    if (!u)
        return GST_FLOW_OK;
    run_on(s, u->pts);
    put(s, s->kind, u, NULL);
    return GST_FLOW_OK;
}

static void on_end(GstAppSink *from, gpointer user)
{
    sink *s = user;
    (void)from;
    run_on(s, INT64_MAX);
    put(s, s->kind == OUTBOX_PICTURE ? OUTBOX_PICTURES_END : OUTBOX_SOUNDS_END, NULL, NULL);
}

/* ---- stills ---- */

/* Copies the planes row by row: what is between them is GStreamer's. */
static GBytes *tight(const GstVideoFrame *frame)
{
    GByteArray *bytes = g_byte_array_new();
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(frame); plane++) {
        const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA(frame, plane);
        for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(frame, plane); y++) {
            g_byte_array_append(bytes, row, (guint)GST_VIDEO_FRAME_COMP_WIDTH(frame, plane));
            row += GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
        }
    }
    return g_byte_array_free_to_bytes(bytes);
}

static void put_still(pipeline *p, GstSample *sample, int64_t time)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
        return;
    g_autoptr(GBytes) bytes = tight(&frame);
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = OUTBOX_STILL;
    item->index = GST_VIDEO_FRAME_WIDTH(&frame);
    item->unit = unit_new(bytes, time, time, true);
    gst_video_frame_unmap(&frame);
    outbox_put(p->outbox, item);
}

static GstFlowReturn on_still(GstAppSink *from, gpointer user)
{
    pipeline *p = user;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(from);
    if (!sample)
        return GST_FLOW_EOS;
    GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
    if (!GST_CLOCK_TIME_IS_VALID(pts))
        return GST_FLOW_OK;
    int64_t time = to_title(p, running_time(gst_sample_get_segment(sample), pts));
    if (time < p->next_still)
        return GST_FLOW_OK;
    p->next_still = time + PIPELINE_STILL_EVERY;
    put_still(p, sample, time);
    return GST_FLOW_OK;
}

static GstBusSyncReply on_bus(GstBus *bus, GstMessage *message, gpointer user)
{
    pipeline *p = user;
    (void)bus;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) why = NULL;
        gst_message_parse_error(message, &why, NULL);
        outbox_item *item = g_new0(outbox_item, 1);
        item->kind = OUTBOX_TROUBLE;
        item->sentence =
            g_strdup_printf("%s: %s", GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), why->message);
        outbox_put(p->outbox, item);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

static bool half_empty(GstAppSrc *in, guint64 full)
{
    return gst_app_src_get_current_level_buffers(in) == full / 2;
}

static GstPadProbeReturn on_fed_picture(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    pipeline *p = user;
    (void)pad;
    (void)info;
    if (half_empty(p->video_in, PIPELINE_QUEUE))
        outbox_wake(p->outbox);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_fed_sound(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    pipeline *p = user;
    (void)pad;
    (void)info;
    if (half_empty(p->audio_in, SOUND_QUEUE_FULL))
        outbox_wake(p->outbox);
    return GST_PAD_PROBE_OK;
}

static void *element(const pipeline *p, const char *name)
{
    return gst_bin_get_by_name(GST_BIN(p->top), name); /* new reference */
}

static void probe_for(const pipeline *p, const char *name, const char *pad_name,
                      GstPadProbeType what, GstPadProbeCallback fn, gpointer user)
{
    g_autoptr(GstElement) found = element(p, name);
    g_autoptr(GstPad) pad = found ? gst_element_get_static_pad(found, pad_name) : NULL;
    if (pad)
        gst_pad_add_probe(pad, what, fn, user, NULL);
}

static void probe(const pipeline *p, const char *name, const char *pad_name, GstPadProbeCallback fn,
                  gpointer user)
{
    probe_for(p, name, pad_name, GST_PAD_PROBE_TYPE_BUFFER, fn, user);
}

static void hook_sink(pipeline *p, const char *prefix, outbox_kind kind, int32_t index)
{
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample, .eos = on_end};
    g_autofree char *name = g_strdup_printf("%s%d", prefix, index);
    g_autoptr(GstElement) found = element(p, name);
    sink *s = &p->sinks[p->outputs++];
    *s = (sink){.pipeline = p, .kind = kind, .index = index, .reached = p->plan.origin};
    gst_app_sink_set_callbacks(GST_APP_SINK(found), &callbacks, s, NULL);
}

static void hook_stills(pipeline *p)
{
    g_autoptr(GstElement) stills = element(p, RECIPE_STILLS);
    GstAppSinkCallbacks callbacks = {.new_sample = on_still};
    if (stills)
        gst_app_sink_set_callbacks(GST_APP_SINK(stills), &callbacks, p, NULL);
}

static void hook_outputs(pipeline *p)
{
    for (int i = 0; i < p->plan.rungs; i++) {
        g_autofree char *encoder = g_strdup_printf(RECIPE_ENCODER "%d", i);
        probe(p, encoder, "sink", on_encoder_picture, p);
        hook_sink(p, RECIPE_PICTURES, OUTBOX_PICTURE, i);
    }
    for (int i = 0; i < p->plan.audios; i++)
        hook_sink(p, RECIPE_SOUNDS, OUTBOX_SOUND, i);
    if (p->plan.rungs || p->plan.still.width) {
        probe(p, RECIPE_HEAD, "src", on_raw_picture, p);
        probe_for(p, RECIPE_HEAD, "src", GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_raw_caps, p);
    }
    hook_stills(p);
}

static void set_config(GstAppSrc *to, GstCaps *caps, GBytes *config)
{
    g_autoptr(GstBuffer) buffer = gst_buffer_new_wrapped_bytes(config);
    gst_caps_set_simple(caps, "codec_data", GST_TYPE_BUFFER, buffer, NULL);
    gst_app_src_set_caps(to, caps);
    gst_caps_unref(caps);
}

static void hook_inputs(pipeline *p)
{
    const pipeline_plan *is = &p->plan;
    p->video_in = element(p, RECIPE_VIDEO_IN);
    p->audio_in = element(p, RECIPE_AUDIO_IN);
    if (p->video_in) {
        GstCaps *caps = gst_caps_new_simple(
            "video/x-h264", "stream-format", G_TYPE_STRING, "avc", "alignment", G_TYPE_STRING, "au",
            "width", G_TYPE_INT, is->width, "height", G_TYPE_INT, is->height, "framerate",
            GST_TYPE_FRACTION, is->fps_num, is->fps_den, NULL);
        set_config(p->video_in, caps, is->avcc);
        probe(p, RECIPE_VIDEO_IN, "src", on_fed_picture, p);
    }
    if (p->audio_in) {
        GstCaps *caps = gst_caps_new_simple(
            "audio/mpeg", "mpegversion", G_TYPE_INT, 4, "stream-format", G_TYPE_STRING, "raw",
            "rate", G_TYPE_INT, is->rate, "channels", G_TYPE_INT, is->channels, NULL);
        set_config(p->audio_in, caps, is->asc);
        probe(p, RECIPE_AUDIO_IN, "src", on_fed_sound, p);
    }
}

static void set_words(pipeline *p)
{
    g_autoptr(GstElement) words = element(p, RECIPE_WORDS);
    if (words)
        g_object_set(words, "text", p->plan.label, NULL);
}

static bool build(pipeline *p, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GstElementFactory) overlay = gst_element_factory_find("clockoverlay");
    g_autofree char *recipe = recipe_write(&p->plan, overlay != NULL);
    p->top = gst_parse_launch_full(recipe, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &why);
    if (!p->top)
        return gst_failed(error, "pipeline", why ? why->message : "refused");
    g_autoptr(GstBus) bus = gst_element_get_bus(p->top);
    gst_bus_set_sync_handler(bus, on_bus, p, NULL);
    hook_inputs(p);
    hook_outputs(p);
    set_words(p);
    if (gst_element_set_state(p->top, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return gst_failed(error, "pipeline", "does not start");
    return true;
}

pipeline *pipeline_new(const pipeline_plan *plan, GError **error)
{
    pipeline *p = g_new0(pipeline, 1);
    p->plan = *plan;
    p->outbox = outbox_new();
    p->marks = g_array_new(FALSE, FALSE, sizeof(int64_t));
    p->keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
    p->next_line = p->last_shown = p->next_still = INT64_MIN;
    g_mutex_init(&p->lock);
    g_cond_init(&p->moved);
    bool ready = gst_is_initialized() || gst_failed(error, "pipeline", "GStreamer is not started");
    if (ready && build(p, error))
        return p;
    pipeline_free(p);
    return NULL;
}

void pipeline_free(pipeline *p)
{
    if (!p)
        return;
    g_mutex_lock(&p->lock);
    p->closing = true;
    g_cond_broadcast(&p->moved);
    g_mutex_unlock(&p->lock);
    outbox_shut(p->outbox);
    if (p->top)
        gst_element_set_state(p->top, GST_STATE_NULL);
    g_clear_object(&p->video_in);
    g_clear_object(&p->audio_in);
    g_clear_object(&p->top);
    outbox_free(p->outbox);
    g_array_unref(p->marks);
    g_array_unref(p->keys);
    g_mutex_clear(&p->lock);
    g_cond_clear(&p->moved);
    g_free(p);
}

outbox *pipeline_outbox(pipeline *p)
{
    return p->outbox;
}

int32_t pipeline_outputs(const pipeline *p)
{
    return p->outputs;
}

static GstBuffer *wrap(const pipeline *p, const unit *u)
{
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes(u->bytes);
    GST_BUFFER_PTS(buffer) = to_gst(p, u->pts);
    GST_BUFFER_DTS(buffer) = to_gst(p, u->dts);
    if (!u->key)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
}

void pipeline_picture(pipeline *p, const unit *picture, bool mark)
{
    if (!p->video_in)
        return;
    if (mark) {
        g_mutex_lock(&p->lock);
        g_array_append_val(p->marks, picture->pts);
        g_mutex_unlock(&p->lock);
    }
    gst_app_src_push_buffer(p->video_in, wrap(p, picture));
}

void pipeline_sound(pipeline *p, const unit *frame)
{
    if (p->audio_in)
        gst_app_src_push_buffer(p->audio_in, wrap(p, frame));
}

static bool is_full(GstAppSrc *in, guint64 full)
{
    return in && gst_app_src_get_current_level_buffers(in) >= full;
}

bool pipeline_full(const pipeline *p)
{
    return is_full(p->video_in, PIPELINE_QUEUE) || is_full(p->audio_in, SOUND_QUEUE_FULL);
}

void pipeline_end(pipeline *p)
{
    if (p->video_in)
        gst_app_src_end_of_stream(p->video_in);
    if (p->audio_in)
        gst_app_src_end_of_stream(p->audio_in);
    if (!p->video_in && !p->audio_in)
        gst_element_send_event(p->top, gst_event_new_eos());
}
