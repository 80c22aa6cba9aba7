#include "wire/wire.h"

#include <string.h>

#include "base/error.h"

/* Every message: u32 size of the body, u8 kind, u8 version, u16 zero; then the body. */
#define HEAD_BYTES 8
#define FRAME_HEAD_BYTES 18 /* track, key, pts, dts */
#define BODY_MAX (WIRE_MESSAGE_MAX - HEAD_BYTES)
#define JOB_MAX 4096
#define PIXELS_MAX 8192
#define BPS_MAX 100000000
#define MS_MAX (366LL * 86400 * 1000)
#define STAMP_MAX (1LL << 53)
#define EPOCH_MAX_MS 253402300799999LL
#define TARGET_MAX (60 * 90000)
#define GAUGE_MAX 128
#define CHANNELS_MAX 64

/* ---- putting together ---- */

static void put(GByteArray *out, uint64_t value, guint bytes)
{
    uint64_t little = GUINT64_TO_LE(value);
    g_byte_array_append(out, (const uint8_t *)&little, bytes);
}

static void put_text(GByteArray *out, const char *text)
{
    gsize length = strlen(text);
    put(out, length, 2);
    g_byte_array_append(out, (const uint8_t *)text, (guint)length);
}

static GByteArray *begin(wire_kind kind, gsize body)
{
    GByteArray *out = g_byte_array_sized_new((guint)(HEAD_BYTES + body));
    put(out, 0, 4);
    put(out, kind, 1);
    put(out, WIRE_VERSION, 1);
    put(out, 0, 2);
    return out;
}

static GBytes *finish(GByteArray *out)
{
    uint32_t size = GUINT32_TO_LE(out->len - HEAD_BYTES);
    memcpy(out->data, &size, sizeof size);
    return g_byte_array_free_to_bytes(out);
}

static void put_rung(GByteArray *out, const wire_rung *rung)
{
    put_text(out, rung->name);
    put(out, rung->copy, 1);
    put(out, rung->audio_only, 1);
    put(out, (uint64_t)rung->height, 4);
    put(out, (uint64_t)rung->video_bps, 4);
    put(out, (uint64_t)rung->audio_bps, 4);
}

GBytes *wire_encode_job(const wire_job *job)
{
    GByteArray *out = begin(WIRE_JOB, JOB_MAX);
    put(out, job->source, 1);
    put(out, job->task, 1);
    put_text(out, job->title_dir);
    put_text(out, job->path);
    put_text(out, job->label);
    put(out, (uint64_t)job->length_ms, 8);
    put(out, (uint64_t)job->part_target, 4);
    put(out, (uint64_t)job->segment_target, 4);
    put(out, (uint64_t)job->target_duration_s, 4);
    put(out, (uint64_t)job->epoch_utc_ms, 8);
    put(out, (uint64_t)job->now_ms, 8);
    put(out, (uint64_t)job->lines_max, 4);
    put(out, (uint64_t)job->gain_mdb, 4);
    put(out, job->may_copy, 1);
    put(out, (uint64_t)job->rungs, 1);
    for (int32_t i = 0; i < MIN(job->rungs, WIRE_RUNGS_MAX); i++)
        put_rung(out, &job->rung[i]);
    return finish(out);
}

GBytes *wire_encode_track(wire_track track, wire_codec codec, const uint8_t *config, gsize size)
{
    GByteArray *out = begin(WIRE_TRACK, 2 + size);
    put(out, track, 1);
    put(out, codec, 1);
    g_byte_array_append(out, config, (guint)size);
    return finish(out);
}

GBytes *wire_encode_frame(wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                          const uint8_t *data, gsize size)
{
    GByteArray *out = begin(WIRE_FRAME, FRAME_HEAD_BYTES + size);
    put(out, track, 1);
    put(out, key, 1);
    put(out, (uint64_t)pts_ms, 8);
    put(out, (uint64_t)dts_ms, 8);
    g_byte_array_append(out, data, (guint)size);
    return finish(out);
}

GBytes *wire_encode_data(const uint8_t *data, gsize size)
{
    GByteArray *out = begin(WIRE_DATA, size);
    g_byte_array_append(out, data, (guint)size);
    return finish(out);
}

GBytes *wire_encode_note(wire_kind kind, const char *sentence)
{
    g_autofree char *valid = g_utf8_make_valid(sentence, -1);
    gsize length = MIN(strlen(valid), WIRE_NOTE_MAX - 1);
    const char *end = valid + length;
    if (*end && (*end & 0xC0) == 0x80) /* in the middle of a character */
        end = g_utf8_find_prev_char(valid, end);
    GByteArray *out = begin(kind, WIRE_NOTE_MAX);
    g_byte_array_append(out, (const uint8_t *)valid, (guint)(end - valid));
    return finish(out);
}

GBytes *wire_encode_progress(int64_t done_ms)
{
    GByteArray *out = begin(WIRE_PROGRESS, 8);
    put(out, (uint64_t)done_ms, 8);
    return finish(out);
}

GBytes *wire_encode_gauge(const wire_gauge *gauge)
{
    const int32_t numbers[] = {gauge->video_bps,  gauge->audio_bps,     gauge->fps_milli,
                               gauge->key_ms,     gauge->ahead_ms,      gauge->late_ms,
                               gauge->skipped,    gauge->width,         gauge->height,
                               gauge->sound_rate, gauge->sound_channels};
    GByteArray *out = begin(WIRE_GAUGE, GAUGE_MAX);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        put(out, (uint64_t)numbers[i], 4);
    put(out, gauge->reordered, 1);
    put(out, gauge->encoded, 1);
    put_text(out, gauge->codecs);
    return finish(out);
}

GBytes *wire_encode_probed(const char *json)
{
    gsize size = strlen(json);
    GByteArray *out = begin(WIRE_PROBED, size);
    g_byte_array_append(out, (const uint8_t *)json, (guint)size);
    return finish(out);
}

GBytes *wire_encode_plain(wire_kind kind)
{
    return finish(begin(kind, 0));
}

GBytes *wire_encode_offer(const char *sdp, gsize size)
{
    GByteArray *out = begin(WIRE_OFFER, size);
    g_byte_array_append(out, (const uint8_t *)sdp, (guint)size);
    return finish(out);
}

GBytes *wire_encode_answer(uint16_t port, const char *sdp, gsize size)
{
    GByteArray *out = begin(WIRE_ANSWER, 2 + size);
    put(out, port, 2);
    g_byte_array_append(out, (const uint8_t *)sdp, (guint)size);
    return finish(out);
}

GBytes *wire_encode_counts(uint64_t lost, uint64_t retransmitted)
{
    GByteArray *out = begin(WIRE_COUNTS, 16);
    put(out, lost, 8);
    put(out, retransmitted, 8);
    return finish(out);
}

/* ---- taking apart ---- */

typedef struct {
    const uint8_t *at, *end;
    bool good; /* false from the first value on that cannot be */
} cursor;

static uint64_t get(cursor *body, guint bytes)
{
    uint64_t little = 0;
    if ((gsize)(body->end - body->at) < bytes) {
        body->good = false;
        return 0;
    }
    memcpy(&little, body->at, bytes);
    body->at += bytes;
    return GUINT64_FROM_LE(little);
}

static int64_t get_within(cursor *body, guint bytes, int64_t min, int64_t max)
{
    uint64_t raw = get(body, bytes);
    int64_t value = bytes == 4 ? (int32_t)raw : (int64_t)raw;
    if (value >= min && value <= max)
        return value;
    body->good = false;
    return min;
}

static bool get_flag(cursor *body)
{
    return get_within(body, 1, 0, 1);
}

static void get_text(cursor *body, char *text, gsize size)
{
    gsize length = get(body, 2);
    bool fits = body->good && length < size && length <= (gsize)(body->end - body->at);
    if (!fits || !g_utf8_validate((const char *)body->at, (gssize)length, NULL)) {
        body->good = false;
        return;
    }
    memcpy(text, body->at, length);
    text[length] = '\0';
    body->at += length;
}

static bool name_is_plain(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!g_ascii_isdigit(*c) && !g_ascii_islower(*c))
            return false;
    return *name;
}

static void get_rung(cursor *body, wire_rung *rung)
{
    get_text(body, rung->name, sizeof rung->name);
    rung->copy = get_flag(body);
    rung->audio_only = get_flag(body);
    rung->height = (int32_t)get_within(body, 4, 0, PIXELS_MAX);
    rung->video_bps = (int32_t)get_within(body, 4, 0, BPS_MAX);
    rung->audio_bps = (int32_t)get_within(body, 4, 0, BPS_MAX);
    body->good = body->good && name_is_plain(rung->name);
}

/* A title needs its folder and rungs, whatever reads a file its path. */
static bool job_is_whole(const wire_job *job)
{
    bool of_file = job->source == WIRE_SOURCE_FILE;
    if (job->task != WIRE_TASK_TITLE && !of_file)
        return false;
    return (!of_file || *job->path) && (job->task == WIRE_TASK_PROBE || *job->title_dir) &&
           (job->task != WIRE_TASK_TITLE || job->rungs > 0);
}

static void get_job(cursor *body, wire_message *message)
{
    wire_job *job = &message->job;
    *job = (wire_job){0};
    job->source = (wire_source)get_within(body, 1, WIRE_SOURCE_FRAMES, WIRE_SOURCE_TS);
    job->task = (wire_task)get_within(body, 1, WIRE_TASK_TITLE, WIRE_TASK_LESSON);
    get_text(body, job->title_dir, sizeof job->title_dir);
    get_text(body, job->path, sizeof job->path);
    get_text(body, job->label, sizeof job->label);
    job->length_ms = get_within(body, 8, 0, MS_MAX);
    job->part_target = (int32_t)get_within(body, 4, 1, TARGET_MAX);
    job->segment_target = (int32_t)get_within(body, 4, 1, TARGET_MAX);
    job->target_duration_s = (int32_t)get_within(body, 4, 1, 120);
    job->epoch_utc_ms = get_within(body, 8, 0, EPOCH_MAX_MS);
    job->now_ms = get_within(body, 8, 0, MS_MAX);
    job->lines_max = (int32_t)get_within(body, 4, 0, PIXELS_MAX);
    job->gain_mdb = (int32_t)get_within(body, 4, -WIRE_GAIN_MAX, WIRE_GAIN_MAX);
    job->may_copy = get_flag(body);
    job->rungs = (int32_t)get_within(body, 1, 0, WIRE_RUNGS_MAX);
    for (int32_t i = 0; body->good && i < job->rungs; i++)
        get_rung(body, &job->rung[i]);
    body->good = body->good && job_is_whole(job);
}

static void get_rest(cursor *body, wire_message *message, gsize max)
{
    message->data = body->at;
    message->size = (gsize)(body->end - body->at);
    body->at = body->end;
    body->good = body->good && message->size <= max;
}

static void get_track(cursor *body, wire_message *message)
{
    message->track = (wire_track)get_within(body, 1, WIRE_VIDEO, WIRE_AUDIO);
    message->codec = (wire_codec)get_within(body, 1, WIRE_CODEC_H264, WIRE_CODEC_AAC);
    get_rest(body, message, WIRE_CONFIG_MAX);
    body->good = body->good && message->size;
}

static void get_frame(cursor *body, wire_message *message)
{
    message->track = (wire_track)get_within(body, 1, WIRE_VIDEO, WIRE_AUDIO);
    message->key = get_flag(body);
    message->pts_ms = get_within(body, 8, -STAMP_MAX, STAMP_MAX);
    message->dts_ms = get_within(body, 8, -STAMP_MAX, STAMP_MAX);
    get_rest(body, message, BODY_MAX);
    body->good = body->good && message->size;
}

static void get_data(cursor *body, wire_message *message)
{
    get_rest(body, message, WIRE_DATA_MAX);
    body->good = body->good && message->size;
}

static void get_note(cursor *body, wire_message *message)
{
    gsize length = (gsize)(body->end - body->at);
    if (length >= WIRE_NOTE_MAX || !g_utf8_validate((const char *)body->at, (gssize)length, NULL)) {
        body->good = false;
        return;
    }
    memcpy(message->note, body->at, length);
    message->note[length] = '\0';
    body->at = body->end;
}

static void get_progress(cursor *body, wire_message *message)
{
    message->progress_ms = get_within(body, 8, 0, MS_MAX);
}

static void get_sdp(cursor *body, wire_message *message)
{
    get_rest(body, message, WIRE_SDP_MAX);
    body->good = body->good && message->size &&
                 g_utf8_validate((const char *)message->data, (gssize)message->size, NULL);
}

static void get_facts(cursor *body, wire_message *message)
{
    get_rest(body, message, WIRE_FACTS_MAX - 1);
    body->good = body->good && message->size &&
                 g_utf8_validate((const char *)message->data, (gssize)message->size, NULL);
}

static void get_answer(cursor *body, wire_message *message)
{
    message->port = (uint16_t)get(body, 2);
    get_sdp(body, message);
    body->good = body->good && message->port;
}

static void get_counts(cursor *body, wire_message *message)
{
    message->lost = get(body, 8);
    message->retransmitted = get(body, 8);
}

static void get_gauge(cursor *body, wire_message *message)
{
    wire_gauge *gauge = &message->gauge;
    *gauge = (wire_gauge){0};
    gauge->video_bps = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->audio_bps = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->fps_milli = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->key_ms = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->ahead_ms = (int32_t)get_within(body, 4, -INT32_MAX, INT32_MAX);
    gauge->late_ms = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->skipped = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->width = (int32_t)get_within(body, 4, 0, PIXELS_MAX);
    gauge->height = (int32_t)get_within(body, 4, 0, PIXELS_MAX);
    gauge->sound_rate = (int32_t)get_within(body, 4, 0, INT32_MAX);
    gauge->sound_channels = (int32_t)get_within(body, 4, 0, CHANNELS_MAX);
    gauge->reordered = get_flag(body);
    gauge->encoded = get_flag(body);
    get_text(body, gauge->codecs, sizeof gauge->codecs);
}

static void get_nothing(cursor *body, wire_message *message)
{
    (void)body;
    (void)message;
}

/* What may be said at all, how large its body may be, and how it is read. */
static const struct {
    void (*get)(cursor *body, wire_message *message);
    uint32_t body_max;
} kinds[] = {
    [WIRE_JOB] = {get_job, JOB_MAX},
    [WIRE_TRACK] = {get_track, 2 + WIRE_CONFIG_MAX},
    [WIRE_FRAME] = {get_frame, BODY_MAX},
    [WIRE_DATA] = {get_data, WIRE_DATA_MAX},
    [WIRE_LEAVE] = {get_nothing, 0},
    [WIRE_FINISH] = {get_nothing, 0},
    [WIRE_READY] = {get_nothing, 0},
    [WIRE_BELL] = {get_nothing, 0},
    [WIRE_NOTE] = {get_note, WIRE_NOTE_MAX - 1},
    [WIRE_DONE] = {get_nothing, 0},
    [WIRE_FAILED] = {get_note, WIRE_NOTE_MAX - 1},
    [WIRE_PROGRESS] = {get_progress, 8},
    [WIRE_GAUGE] = {get_gauge, GAUGE_MAX},
    [WIRE_PROBED] = {get_facts, WIRE_FACTS_MAX},
    [WIRE_LATER] = {get_nothing, 0},
    [WIRE_STAND_BY] = {get_nothing, 0},
    [WIRE_OFFER] = {get_sdp, WIRE_SDP_MAX},
    [WIRE_KEYFRAME] = {get_nothing, 0},
    [WIRE_ANSWER] = {get_answer, 2 + WIRE_SDP_MAX},
    [WIRE_COUNTS] = {get_counts, 16},
};

struct wire_reader {
    GByteArray *
        arrived; /* since the last call of wire_reader_next: a message handed out is not moved meanwhile */
    GByteArray *bytes;
    gsize taken; /* of bytes: the message handed out last, and what came before it */
    bool dead;
    wire_message message;
};

wire_reader *wire_reader_new(void)
{
    wire_reader *reader = g_new0(wire_reader, 1);
    reader->arrived = g_byte_array_new();
    reader->bytes = g_byte_array_new();
    return reader;
}

void wire_reader_free(wire_reader *reader)
{
    if (!reader)
        return;
    g_byte_array_unref(reader->arrived);
    g_byte_array_unref(reader->bytes);
    g_free(reader);
}

void wire_reader_push(wire_reader *reader, const uint8_t *bytes, gsize size)
{
    if (!reader->dead)
        g_byte_array_append(reader->arrived, bytes, (guint)size);
}

/* Bytes are moved only when those taken outweigh those left: each byte moves about once. */
static void gather(wire_reader *reader)
{
    gsize left = reader->bytes->len - reader->taken;
    if (reader->taken && left <= reader->taken) {
        g_byte_array_remove_range(reader->bytes, 0, (guint)reader->taken);
        reader->taken = 0;
    }
    g_byte_array_append(reader->bytes, reader->arrived->data, reader->arrived->len);
    g_byte_array_set_size(reader->arrived, 0);
}

static const wire_message *refuse(wire_reader *reader, GError **error, const char *what, guint kind)
{
    reader->dead = true;
    error_set(error, ERROR_PEER, "wire", NULL, "wire: %s (kind %u)", what, kind);
    return NULL;
}

static const char *check_head(const uint8_t *head, uint32_t size)
{
    guint kind = head[4];
    if (head[5] != WIRE_VERSION)
        return "another version";
    if (head[6] || head[7] || kind >= G_N_ELEMENTS(kinds) || !kinds[kind].get)
        return "not a message";
    return size <= kinds[kind].body_max ? NULL : "a message too large";
}

const wire_message *wire_reader_next(wire_reader *reader, GError **error)
{
    if (reader->dead)
        return refuse(reader, error, "nothing is read after nonsense", 0);
    gather(reader);
    gsize left = reader->bytes->len - reader->taken;
    if (left < HEAD_BYTES)
        return NULL;
    const uint8_t *head = reader->bytes->data + reader->taken;
    uint32_t size;
    memcpy(&size, head, sizeof size);
    size = GUINT32_FROM_LE(size);
    const char *wrong = check_head(head, size);
    if (wrong)
        return refuse(reader, error, wrong, head[4]);
    if (left - HEAD_BYTES < size)
        return NULL;
    cursor body = {head + HEAD_BYTES, head + HEAD_BYTES + size, true};
    reader->message.kind = head[4];
    kinds[head[4]].get(&body, &reader->message);
    if (!body.good || body.at != body.end)
        return refuse(reader, error, "a body that cannot be", head[4]);
    reader->taken += HEAD_BYTES + size;
    return &reader->message;
}
