#include "worker/receiver.h"

#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "worker/sandbox.h"
#include "worker/webrtc.h"

#define TURN_MS 100 /* how exactly the clock is read */
#define NEVER INT64_MIN

typedef struct {
    line *line;
    outbox *outbox;
    webrtc *webrtc;
    bool offered, leaving;
    bool broken;                          /* pictures are left out until a keyframe */
    bool backwards_told;                  /* the note about pictures out of order */
    int64_t last_pts;                     /* of pictures */
    int64_t key_ms, asked_ms, counted_ms; /* monotonic */
} receiver;

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static void feed(receiver *r, GBytes *message)
{
    line_feed(r->line, message, 2 * RECEIVER_OUT_MAX);
}

/* ---- up: tracks and frames ---- */

/* RTP has one stamp, the time of showing: pictures out of order cannot be put on the line. */
static bool comes_in_order(receiver *r, const unit *picture)
{
    if (r->last_pts == NEVER || picture->pts > r->last_pts)
        return true;
    if (!r->backwards_told)
        feed(r,
             wire_encode_note(WIRE_NOTE, "请在编码器里关闭B帧 (please switch off B-frames in the "
                                         "encoder)"));
    r->backwards_told = true;
    return false;
}

static void send_picture(receiver *r, const unit *picture)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(picture->bytes, &size);
    if (picture->key)
        r->key_ms = now_ms();
    r->broken = r->broken && !picture->key;
    if (r->broken || !comes_in_order(r, picture))
        return;
    r->last_pts = picture->pts;
    int64_t ms = picture->pts / 90;
    r->broken =
        !line_feed(r->line, wire_encode_frame(WIRE_VIDEO, picture->key, ms, ms, bytes, size),
                   RECEIVER_OUT_MAX);
    if (r->broken)
        log_warn("receiver", "the server does not keep up: pictures are left out");
}

static void send_sound(receiver *r, const unit *frame)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(frame->bytes, &size);
    int64_t ms = frame->pts / 90;
    line_feed(r->line, wire_encode_frame(WIRE_AUDIO, true, ms, ms, bytes, size), RECEIVER_OUT_MAX);
}

static void send_track(receiver *r, wire_track track, wire_codec codec, GBytes *config)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    if (size && size <= WIRE_CONFIG_MAX)
        feed(r, wire_encode_track(track, codec, bytes, size));
}

static bool send_answer(receiver *r, const outbox_item *answer, GError **error)
{
    gsize size = strlen(answer->sentence);
    if (!answer->index || !size || size > WIRE_SDP_MAX) {
        error_set(error, ERROR_PEER, "answer", NULL, "The answer is not usable");
        return false;
    }
    feed(r, wire_encode_answer((uint16_t)answer->index, answer->sentence, size));
    return true;
}

static bool send_item(receiver *r, const outbox_item *item, GError **error)
{
    switch (item->kind) {
    case OUTBOX_PICTURE:
        send_picture(r, item->unit);
        return true;
    case OUTBOX_SOUND:
        send_sound(r, item->unit);
        return true;
    case OUTBOX_VIDEO_CONFIG:
        send_track(r, WIRE_VIDEO, WIRE_CODEC_H264, item->config);
        return true;
    case OUTBOX_SOUND_CONFIG:
        send_track(r, WIRE_AUDIO, WIRE_CODEC_AAC, item->config);
        return true;
    case OUTBOX_ANSWER:
        return send_answer(r, item, error);
    default:
        error_set(error, ERROR_PEER, "webrtc", NULL, "%s",
                  item->sentence ? item->sentence : "trouble");
        return false;
    }
}

static bool send_items(receiver *r, GError **error)
{
    outbox_item *item;
    while ((item = outbox_take(r->outbox))) {
        bool ok = send_item(r, item, error);
        outbox_item_free(item);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- down: orders ---- */

static bool obey(receiver *r, const wire_message *m, GError **error)
{
    if (m->kind == WIRE_OFFER && !r->offered) {
        r->offered = true;
        return webrtc_offer(r->webrtc, (const char *)m->data, m->size, error);
    }
    if (m->kind == WIRE_KEYFRAME)
        r->key_ms = NEVER;
    else if (m->kind == WIRE_LEAVE || m->kind == WIRE_FINISH)
        r->leaving = true;
    return true;
}

static bool take_orders(receiver *r, GError **error)
{
    const wire_message *m;
    g_autoptr(GError) why = NULL;
    while (!r->leaving && (m = line_next(r->line, &why)))
        if (!obey(r, m, error))
            return false;
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    return !why;
}

/* ---- by the clock ---- */

static void ask_key(receiver *r, int64_t now)
{
    bool due = r->broken || r->key_ms == NEVER || now - r->key_ms >= RECEIVER_KEY_MS;
    if (!due || now - r->asked_ms < RECEIVER_ASK_MS)
        return;
    r->asked_ms = now;
    webrtc_ask_key(r->webrtc);
}

static void tell_counts(receiver *r, int64_t now)
{
    uint64_t lost, retransmitted;
    if (now - r->counted_ms < RECEIVER_COUNTS_MS)
        return;
    r->counted_ms = now;
    webrtc_counts(r->webrtc, &lost, &retransmitted);
    line_say(r->line, wire_encode_counts(lost, retransmitted));
}

static void wait_for_news(receiver *r, int fd)
{
    short out = line_owes(r->line) ? POLLOUT : 0;
    struct pollfd on[] = {{fd, (short)(POLLIN | out), 0}, {outbox_fd(r->outbox), POLLIN, 0}};
    poll(on, G_N_ELEMENTS(on), r->offered ? TURN_MS : -1);
    if (on[0].revents & POLLOUT)
        line_flush(r->line);
    if (on[0].revents & (POLLIN | POLLHUP | POLLERR))
        r->leaving = !line_read(r->line);
}

static bool turn(receiver *r, int fd, GError **error)
{
    if (!take_orders(r, error) || !send_items(r, error))
        return false;
    if (r->offered) {
        int64_t now = now_ms();
        ask_key(r, now);
        tell_counts(r, now);
    }
    if (!r->leaving)
        wait_for_news(r, fd);
    return true;
}

bool receiver_run(line *l, int fd, GError **error)
{
    receiver r = {.line = l, .last_pts = NEVER, .key_ms = NEVER};
    if (!webrtc_prepare(error))
        return false;
    sandbox_enter_receiver();
    r.outbox = outbox_new();
    r.webrtc = webrtc_new(r.outbox, error);
    bool ok = r.webrtc != NULL;
    if (ok)
        line_say(l, wire_encode_plain(WIRE_READY));
    while (ok && !r.leaving)
        ok = turn(&r, fd, error);
    outbox_shut(r.outbox);
    webrtc_free(r.webrtc);
    outbox_free(r.outbox);
    return ok;
}
