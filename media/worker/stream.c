#include "worker/stream.h"

#include <string.h>

#include "base/log.h"
#include "worker/adts.h"
#include "worker/h264.h"
#include "worker/ts.h"

struct stream {
    stream_ops ops;
    gpointer user;
    ts *ts;
    h264 *pictures;
    adts *sound;
    uint8_t asc[2]; /* as announced last; 0, 0: not yet */
    bool seen;      /* a programme */
    gsize blind;    /* bytes before it */
    guint losses[2];
    GError *trouble; /* what a callback said */
};

static void note(stream *s, const char *sentence)
{
    s->ops.on_note(s->user, sentence);
}

/* ---- what the encoder should change ---- */

static void note_odd(stream *s, const char *format, const char *name)
{
    g_autoptr(GString) sentence = g_string_new(format);
    g_string_replace(sentence, "{}", name, 0);
    note(s, sentence->str);
}

static void on_programme(gpointer user, const ts_programme *is)
{
    stream *s = user;
    s->seen = true;
    if (is->picture)
        s->ops.on_promise(s->user, WIRE_VIDEO);
    if (is->sound)
        s->ops.on_promise(s->user, WIRE_AUDIO);
    if (!is->picture && is->odd_picture)
        note_odd(s,
                 "不支持 {} 视频，请把推流软件的视频编码改为 H.264 "
                 "(video arrives as {}; please set the encoder to H.264)",
                 is->odd_picture);
    if (!is->sound && is->odd_sound)
        note_odd(s,
                 "不支持 {} 音频，请把推流软件的音频编码改为 AAC "
                 "(sound arrives as {}; please set the encoder to AAC)",
                 is->odd_sound);
    if (!is->picture && !is->sound && !is->odd_picture && !is->odd_sound)
        note(s, "推流中没有画面也没有声音，请发送 H.264 和 AAC "
                "(neither picture nor sound arrives; please send H.264 and AAC)");
}

static void note_blind(stream *s, gsize size)
{
    bool said = s->seen || s->blind > STREAM_BLIND_BYTES;
    s->blind += said ? 0 : size;
    if (!said && s->blind > STREAM_BLIND_BYTES)
        note(s, "收到的数据不是 MPEG-TS，请检查推流软件的封装格式 "
                "(what arrives is no MPEG-TS; please check the encoder's container)");
}

/* ---- what goes on ---- */

static void tell_track(stream *s, wire_track track, GBytes *config)
{
    if (!s->trouble)
        s->ops.on_track(s->user, track, config, &s->trouble);
}

static void tell_unit(stream *s, wire_track track, GBytes *bytes, int64_t pts, int64_t dts,
                      bool key)
{
    unit *u = unit_new(bytes, pts, dts, key);
    if (!s->trouble)
        s->ops.on_unit(s->user, track, u, &s->trouble);
    unit_free(u);
}

static void take_picture(stream *s, int64_t pts, int64_t dts, const uint8_t *data, gsize size)
{
    h264_unit is = h264_take(s->pictures, data, size);
    if (is.avcc)
        tell_track(s, WIRE_VIDEO, is.avcc);
    if (is.bytes->len == 0 || pts == TS_NO_STAMP)
        return;
    g_autoptr(GBytes) bytes = g_bytes_new(is.bytes->data, is.bytes->len);
    tell_unit(s, WIRE_VIDEO, bytes, pts, dts, is.key);
}

static void take_sound(stream *s, int64_t pts, const uint8_t *data, gsize size)
{
    adts_frame frame;
    adts_push(s->sound, pts != TS_NO_STAMP, pts, data, size);
    while (adts_next(s->sound, &frame)) {
        if (memcmp(s->asc, frame.config, sizeof s->asc) != 0) {
            memcpy(s->asc, frame.config, sizeof s->asc);
            g_autoptr(GBytes) asc = g_bytes_new(s->asc, sizeof s->asc);
            tell_track(s, WIRE_AUDIO, asc);
        }
        g_autoptr(GBytes) bytes = g_bytes_new(frame.bytes, frame.size);
        tell_unit(s, WIRE_AUDIO, bytes, frame.pts, frame.pts, true);
    }
}

static void on_packet(gpointer user, wire_track track, int64_t pts, int64_t dts,
                      const uint8_t *data, gsize size)
{
    if (track == WIRE_VIDEO)
        take_picture(user, pts, dts, data, size);
    else
        take_sound(user, pts, data, size);
}

static void on_loss(gpointer user, wire_track track)
{
    stream *s = user;
    s->losses[track]++;
    if (track == WIRE_AUDIO)
        adts_lose(s->sound);
}

/* ---- the whole ---- */

stream *stream_new(const stream_ops *ops, gpointer user)
{
    static const ts_ops below = {on_programme, on_packet, on_loss};
    stream *s = g_new0(stream, 1);
    s->ops = *ops;
    s->user = user;
    s->ts = ts_new(&below, s);
    s->pictures = h264_new();
    s->sound = adts_new();
    return s;
}

void stream_free(stream *s)
{
    if (!s)
        return;
    if (s->losses[WIRE_VIDEO] || s->losses[WIRE_AUDIO])
        log_info("worker", "packets were missing in %u pictures and %u stretches of sound",
                 s->losses[WIRE_VIDEO], s->losses[WIRE_AUDIO]);
    ts_free(s->ts);
    h264_free(s->pictures);
    adts_free(s->sound);
    g_clear_error(&s->trouble);
    g_free(s);
}

bool stream_push(stream *s, const uint8_t *bytes, gsize size, GError **error)
{
    ts_push(s->ts, bytes, size);
    note_blind(s, size);
    if (!s->trouble)
        return true;
    g_propagate_error(error, g_steal_pointer(&s->trouble));
    return false;
}
