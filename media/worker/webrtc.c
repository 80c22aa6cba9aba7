#include "worker/webrtc.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "wire/wire.h"
#include "worker/codec.h"
#include "worker/sandbox.h"

#define HOME "127.0.0.1"
#define AVC_LENGTH_BYTES 4 /* as h264parse writes them */
#define SINK                                                                                       \
    "appsink name=out sync=false async=false max-buffers=0 drop=false enable-last-sample=false"
#define VIDEO_CHAIN                                                                                \
    "rtph264depay request-keyframe=true wait-for-keyframe=true ! "                                 \
    "video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! "                           \
    "video/x-h264,stream-format=avc,alignment=au ! " SINK
#define AUDIO_CHAIN                                                                                \
    "rtpopusdepay ! opusdec plc=true use-inband-fec=true ! audioconvert ! audioresample ! "        \
    "audio/x-raw,rate=48000,channels=2 ! avenc_aac aac-coder=fast name=coder ! "                   \
    "audio/mpeg,mpegversion=4,stream-format=raw ! " SINK

/*
 * From gst/webrtc, whose header comes only with a hundred and fifty other packages: a public
 * structure and three numbers of the stable 1.x interface.
 */
typedef struct {
    int type;
    GstSDPMessage *sdp;
} session_description;
enum { SDP_TYPE_OFFER = 1, DIRECTION_RECVONLY = 3, GATHERING_COMPLETE = 2 };

typedef struct {
    webrtc *owner;
    wire_track track;
    GBytes *config; /* the one last told */
    bool in_band;   /* its keyframes bring their parameters along */
    bool lost;      /* those of the last one did not arrive: nothing is taken until the next */
} outlet;

struct webrtc {
    outbox *outbox;
    GstElement *top, *bin;
    gint pads;          /* made so far; atomic */
    GMutex lock;        /* what follows: the owner's thread and GStreamer's */
    GstPad *picture;    /* webrtcbin's; NULL: not yet */
    GPtrArray *buffers; /* of GstElement: jitter buffers, for their counts */
    outlet out[2];      /* by wire_track; owner set once it is taken */
    bool described;     /* our description stands */
    bool gathered, answered;
};

static bool failed(GError **error, const char *step, const char *why)
{
    error_set(error, ERROR_PEER, "webrtc", NULL, "%s: %s", step, why);
    return false;
}

/* ---- to the owner's thread ---- */

static void put_trouble(webrtc *w, const char *step, const char *why)
{
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = OUTBOX_TROUBLE;
    item->sentence = g_strdup_printf("%s: %s", step, why);
    outbox_put(w->outbox, item);
}

static void put_config(outlet *out, GBytes *config)
{
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = out->track == WIRE_VIDEO ? OUTBOX_VIDEO_CONFIG : OUTBOX_SOUND_CONFIG;
    item->config = g_bytes_ref(config);
    outbox_put(out->owner->outbox, item);
}

static GBytes *bytes_of(GstBuffer *buffer)
{
    gsize size = gst_buffer_get_size(buffer);
    uint8_t *bytes = g_malloc(size);
    gst_buffer_extract(buffer, 0, bytes, size);
    return g_bytes_new_take(bytes, size);
}

static void note_config(outlet *out, GstCaps *caps)
{
    const GValue *value = gst_structure_get_value(gst_caps_get_structure(caps, 0), "codec_data");
    if (!value || !GST_VALUE_HOLDS_BUFFER(value))
        return;
    g_autoptr(GBytes) config = bytes_of(gst_value_get_buffer(value));
    if (out->config && g_bytes_equal(out->config, config))
        return;
    g_clear_pointer(&out->config, g_bytes_unref);
    out->config = g_bytes_ref(config);
    put_config(out, config);
}

/*
 * Browsers send the parameters with every keyframe. One that comes without, since they were lost on the way, and all
 * that follow it would be shown by those before: of another size they break the viewers' decoders.
 */
static bool is_lost(outlet *out, const unit *picture)
{
    if (!picture->key)
        return out->lost;
    bool named = picture_has_parameters(AVC_LENGTH_BYTES, picture->bytes);
    out->in_band |= named;
    out->lost = out->in_band && !named;
    if (out->lost)
        webrtc_ask_key(out->owner);
    return out->lost;
}

static void put_unit(outlet *out, GstBuffer *buffer, const GstSegment *segment)
{
    guint64 running = 0;
    if (gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer),
                                         &running) <= 0)
        return; /* before the beginning: priming of the sound's encoder */
    int64_t time = (int64_t)(running * 9 / 100000);
    g_autoptr(GBytes) bytes = bytes_of(buffer);
    unit *made =
        unit_new(bytes, time, time, !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT));
    if (out->track == WIRE_VIDEO && is_lost(out, made)) {
        unit_free(made);
        return;
    }
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = out->track == WIRE_VIDEO ? OUTBOX_PICTURE : OUTBOX_SOUND;
    item->unit = made;
    outbox_put(out->owner->outbox, item);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user)
{
    outlet *out = user;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!buffer || !GST_BUFFER_PTS_IS_VALID(buffer) || gst_buffer_get_size(buffer) == 0)
        return GST_FLOW_OK;
    if (gst_sample_get_caps(sample))
        note_config(out, gst_sample_get_caps(sample));
    if (out->config)
        put_unit(out, buffer, gst_sample_get_segment(sample));
    return GST_FLOW_OK;
}

/* ---- what webrtcbin says ---- */

/* The outlet of a track that has none yet; NULL: it has, or it is nothing we take. */
static outlet *claim_outlet(webrtc *w, GstPad *pad, const char *media)
{
    bool video = !g_strcmp0(media, "video");
    if (!video && g_strcmp0(media, "audio") != 0)
        return NULL;
    outlet *out = &w->out[video ? WIRE_VIDEO : WIRE_AUDIO];
    g_mutex_lock(&w->lock);
    bool free = !out->owner;
    if (free) {
        out->owner = w;
        out->track = video ? WIRE_VIDEO : WIRE_AUDIO;
    }
    if (free && video)
        w->picture = gst_object_ref(pad);
    g_mutex_unlock(&w->lock);
    return free ? out : NULL;
}

static void watch_outlet(GstElement *chain, outlet *out)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(chain), "out");
    g_autoptr(GstElement) coder = gst_bin_get_by_name(GST_BIN(chain), "coder");
    GstAppSinkCallbacks calls = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &calls, out, NULL);
    if (coder)
        g_object_set(coder, "bitrate", WEBRTC_AUDIO_BPS, NULL);
}

#define TOO_MANY "the browser began too many streams"

static void on_pad(GstElement *bin, GstPad *pad, gpointer user)
{
    (void)bin;
    webrtc *w = user;
    g_autoptr(GError) error = NULL;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    if (g_atomic_int_add(&w->pads, 1) >= WEBRTC_SOURCES_MAX) {
        put_trouble(w, "receiver", TOO_MANY);
        return;
    }
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const GstStructure *is = caps ? gst_caps_get_structure(caps, 0) : NULL;
    outlet *out = claim_outlet(w, pad, is ? gst_structure_get_string(is, "media") : NULL);
    const char *recipe = !out                       ? "fakesink sync=false async=false"
                         : out->track == WIRE_VIDEO ? VIDEO_CHAIN
                                                    : AUDIO_CHAIN;
    GstElement *chain = gst_parse_bin_from_description(recipe, TRUE, &error);
    if (!chain) {
        put_trouble(w, "receiver", error->message);
        return;
    }
    if (out)
        watch_outlet(chain, out);
    gst_bin_add(GST_BIN(w->top), chain);
    gst_element_sync_state_with_parent(chain);
    g_autoptr(GstPad) in = gst_element_get_static_pad(chain, "sink");
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, in)))
        put_trouble(w, "receiver", "a track cannot be taken");
}

static void on_buffer_made(GstElement *rtp, GstElement *buffer, guint session, guint ssrc,
                           gpointer user)
{
    (void)rtp, (void)session, (void)ssrc;
    webrtc *w = user;
    g_mutex_lock(&w->lock);
    bool one_more = w->buffers->len < WEBRTC_SOURCES_MAX;
    if (one_more)
        g_ptr_array_add(w->buffers, gst_object_ref(buffer));
    g_mutex_unlock(&w->lock);
    if (!one_more)
        put_trouble(w, "receiver", TOO_MANY);
}

static void on_element(GstBin *top, GstBin *parent, GstElement *element, gpointer user)
{
    (void)top, (void)parent;
    if (g_str_equal(G_OBJECT_TYPE_NAME(element), "GstRtpBin"))
        g_signal_connect(element, "new-jitterbuffer", G_CALLBACK(on_buffer_made), user);
}

static GstBusSyncReply on_bus(GstBus *bus, GstMessage *message, gpointer user)
{
    (void)bus;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        put_trouble(user, GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), error->message);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* ---- the answer ---- */

/* Takes ICE's own candidates out; their port, or 0 when there is none. */
static uint16_t take_candidates(const char *sdp, GString *rest)
{
    guint port = 0;
    g_auto(GStrv) lines = g_strsplit(sdp, "\r\n", -1);
    for (int i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "a=candidate:")) {
            g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
            if (!port && g_strv_length(words) > 7 && !g_ascii_strcasecmp(words[2], "UDP") &&
                g_str_equal(words[4], HOME))
                port = (guint)g_ascii_strtoull(words[5], NULL, 10);
        } else if (*lines[i] && !g_str_equal(lines[i], "a=end-of-candidates")) {
            g_string_append_printf(rest, "%s\r\n", lines[i]);
        }
    }
    return port < 65536 ? (uint16_t)port : 0;
}

/* A keyframe arrives faster than it is read: the kernel's ordinary buffer holds a hundred packets. */
static void widen_socket(uint16_t port)
{
    const int bytes = WEBRTC_SOCKET_BYTES;
    for (int fd = 0; fd < SANDBOX_FILES; fd++) {
        struct sockaddr_in at = {0};
        socklen_t size = sizeof at;
        if (!getsockname(fd, (struct sockaddr *)&at, &size) && at.sin_family == AF_INET &&
            ntohs(at.sin_port) == port)
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
}

static void put_answer(webrtc *w)
{
    session_description *ours = NULL;
    g_object_get(w->bin, "local-description", &ours, NULL);
    if (!ours) {
        put_trouble(w, "answer", "there is none");
        return;
    }
    g_autofree char *text = gst_sdp_message_as_text(ours->sdp);
    g_boxed_free(g_type_from_name("GstWebRTCSessionDescription"), ours);
    g_autoptr(GString) rest = g_string_new(NULL);
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = OUTBOX_ANSWER;
    item->index = take_candidates(text, rest);
    item->sentence = g_strdup(rest->str);
    widen_socket((uint16_t)item->index);
    outbox_put(w->outbox, item);
}

/* Once both are true, in whatever order they come. */
static void answer_when_ready(webrtc *w, bool described, bool gathered)
{
    g_mutex_lock(&w->lock);
    w->described |= described;
    w->gathered |= gathered;
    bool now = w->described && w->gathered && !w->answered;
    w->answered |= now;
    g_mutex_unlock(&w->lock);
    if (now)
        put_answer(w);
}

static void on_gathering(GObject *bin, GParamSpec *what, gpointer user)
{
    (void)what;
    int state = 0;
    g_object_get(bin, "ice-gathering-state", &state, NULL);
    if (state == GATHERING_COMPLETE)
        answer_when_ready(user, false, true);
}

static bool promise_kept(webrtc *w, GstPromise *promise, const char *step)
{
    const GstStructure *reply = gst_promise_get_reply(promise);
    g_autoptr(GError) why = NULL;
    if (gst_promise_wait(promise) != GST_PROMISE_RESULT_REPLIED)
        return false; /* we are going */
    if (!reply || !gst_structure_has_field(reply, "error"))
        return true;
    gst_structure_get(reply, "error", G_TYPE_ERROR, &why, NULL);
    put_trouble(w, step, why ? why->message : "refused");
    return false;
}

static void on_described(GstPromise *promise, gpointer user)
{
    if (promise_kept(user, promise, "our description"))
        answer_when_ready(user, true, false);
    gst_promise_unref(promise);
}

static void on_answer(GstPromise *promise, gpointer user)
{
    webrtc *w = user;
    if (promise_kept(w, promise, "answer")) {
        const GValue *value = gst_structure_get_value(gst_promise_get_reply(promise), "answer");
        if (value)
            g_signal_emit_by_name(w->bin, "set-local-description", g_value_get_boxed(value),
                                  gst_promise_new_with_change_func(on_described, w, NULL));
        else
            put_trouble(w, "answer", "there is none");
    }
    gst_promise_unref(promise);
}

static void on_offer_set(GstPromise *promise, gpointer user)
{
    webrtc *w = user;
    if (promise_kept(w, promise, "offer"))
        g_signal_emit_by_name(w->bin, "create-answer", NULL,
                              gst_promise_new_with_change_func(on_answer, w, NULL));
    gst_promise_unref(promise);
}

/* ---- the offer ---- */

static GstCaps *wanted(const GstSDPMedia *media)
{
    bool video = g_str_equal(gst_sdp_media_get_media(media), "video");
    GstCaps *caps = gst_caps_from_string(
        video ? "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,"
                "packetization-mode=(string)1"
              : "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000");
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *is = gst_sdp_media_get_attribute(media, i);
        const char *uri = g_str_equal(is->key, "extmap") ? strchr(is->value, ' ') : NULL;
        if (!uri || !strstr(uri, "transport-wide-cc"))
            continue; /* without this one the publisher never learns what the way can bear */
        g_autofree char *name = g_strdup_printf("extmap-%d", atoi(is->value));
        gst_caps_set_simple(caps, name, G_TYPE_STRING, uri + 1, NULL);
    }
    return caps;
}

static void add_transceivers(webrtc *w, const GstSDPMessage *offer)
{
    for (guint i = 0; i < gst_sdp_message_medias_len(offer); i++) {
        g_autoptr(GstCaps) caps = wanted(gst_sdp_message_get_media(offer, i));
        g_autoptr(GstObject) transceiver = NULL;
        g_signal_emit_by_name(w->bin, "add-transceiver", DIRECTION_RECVONLY, caps, &transceiver);
        if (transceiver)
            g_object_set(transceiver, "do-nack", TRUE, NULL);
    }
}

bool webrtc_offer(webrtc *w, const char *sdp, gsize size, GError **error)
{
    GstSDPMessage *message = NULL;
    gst_sdp_message_new(&message);
    if (gst_sdp_message_parse_buffer((const guint8 *)sdp, (guint)size, message) != GST_SDP_OK) {
        gst_sdp_message_free(message);
        error_set(error, ERROR_INPUT, "sdp_broken", NULL, "The offer is not SDP");
        return false;
    }
    session_description offer = {SDP_TYPE_OFFER, message};
    add_transceivers(w, message);
    g_signal_emit_by_name(w->bin, "set-remote-description", &offer,
                          gst_promise_new_with_change_func(on_offer_set, w, NULL));
    gst_sdp_message_free(message);
    return true;
}

/* ---- the whole ---- */

bool webrtc_prepare(GError **error)
{
    static const char *const parts[] = {"webrtcbin",    "nicesrc", "dtlsdec",  "srtpdec",
                                        "rtph264depay", "opusdec", "avenc_aac"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(parts[i]);
        if (!factory)
            return failed(error, parts[i], "this GStreamer element is not installed");
    }
    g_autoptr(GstElement) dtls = gst_object_ref_sink(gst_element_factory_make("dtlsdec", NULL));
    g_autofree char *pem = NULL;
    g_object_get(dtls, "pem", &pem, NULL);
    return pem || failed(error, "dtlsdec", "makes no certificate");
}

static void stay_home(webrtc *w)
{
    g_autoptr(GObject) ice = NULL, agent = NULL;
    gboolean taken = FALSE;
    g_object_get(w->bin, "ice-agent", &ice, NULL);
    g_signal_emit_by_name(ice, "add-local-ip-address", HOME, &taken);
    g_object_get(ice, "agent", &agent, NULL);
    /* keep-alives that are answered: the server reads the round trip from them */
    g_object_set(agent, "ice-tcp", FALSE, "upnp", FALSE, "keepalive-conncheck", TRUE, NULL);
}

webrtc *webrtc_new(outbox *out, GError **error)
{
    webrtc *w = g_new0(webrtc, 1);
    g_mutex_init(&w->lock);
    w->outbox = out;
    w->buffers = g_ptr_array_new_with_free_func(gst_object_unref);
    w->top = gst_object_ref_sink(gst_pipeline_new(NULL));
    w->bin = gst_element_factory_make("webrtcbin", NULL);
    g_object_set(w->bin, "latency", WEBRTC_LATENCY_MS, NULL);
    gst_util_set_object_arg(G_OBJECT(w->bin), "bundle-policy", "max-bundle");
    stay_home(w);
    g_autoptr(GstBus) bus = gst_element_get_bus(w->top);
    gst_bus_set_sync_handler(bus, on_bus, w, NULL);
    g_signal_connect(w->top, "deep-element-added", G_CALLBACK(on_element), w);
    g_signal_connect(w->bin, "pad-added", G_CALLBACK(on_pad), w);
    g_signal_connect(w->bin, "notify::ice-gathering-state", G_CALLBACK(on_gathering), w);
    gst_bin_add(GST_BIN(w->top), w->bin);
    if (gst_element_set_state(w->top, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return w;
    failed(error, "webrtcbin", "does not start");
    webrtc_free(w);
    return NULL;
}

void webrtc_free(webrtc *w)
{
    if (!w)
        return;
    gst_element_set_state(w->top, GST_STATE_NULL);
    g_clear_object(&w->picture);
    g_ptr_array_unref(w->buffers);
    for (guint i = 0; i < G_N_ELEMENTS(w->out); i++)
        g_clear_pointer(&w->out[i].config, g_bytes_unref);
    gst_object_unref(w->top);
    g_mutex_clear(&w->lock);
    g_free(w);
}

void webrtc_ask_key(webrtc *w)
{
    g_mutex_lock(&w->lock);
    g_autoptr(GstPad) pad = w->picture ? gst_object_ref(w->picture) : NULL;
    g_mutex_unlock(&w->lock);
    if (pad)
        gst_pad_send_event(
            pad, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
}

void webrtc_counts(webrtc *w, uint64_t *lost, uint64_t *retransmitted)
{
    *lost = *retransmitted = 0;
    g_mutex_lock(&w->lock);
    for (guint i = 0; i < w->buffers->len; i++) {
        GstStructure *is = NULL;
        guint64 gone = 0, again = 0;
        g_object_get(g_ptr_array_index(w->buffers, i), "stats", &is, NULL);
        if (!is)
            continue;
        gst_structure_get_uint64(is, "num-lost", &gone);
        gst_structure_get_uint64(is, "rtx-success-count", &again);
        gst_structure_free(is);
        *lost += gone;
        *retransmitted += again;
    }
    g_mutex_unlock(&w->lock);
}
