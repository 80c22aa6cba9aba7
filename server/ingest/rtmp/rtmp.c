#include "ingest/rtmp/rtmp.h"

#include <string.h>

#include "ingest/rtmp/amf0.h"
#include "ingest/rtmp/chunk.h"

#define HANDSHAKE_BYTES 1536
#define RTMP_VERSION 3
#define REPLY_CHUNK 4096
#define WINDOW_MIN 4096 /* a smaller window would answer each packet */
#define STREAMS_MAX 8   /* createStream in one connection */
#define BANDWIDTH_DYNAMIC 2
#define EVENT_STREAM_BEGIN 0
#define EVENT_PING 6
#define EVENT_PONG 7
#define TAG_HEAD 11 /* of an FLV tag inside an aggregate */
#define TAG_TAIL 4

/* Chunk streams our replies go out on. */
enum { ON_CONTROL = 2, ON_COMMAND = 3, ON_STATUS = 5 };

typedef enum { AWAIT_C0_C1, AWAIT_C2, AWAIT_MESSAGES } handshake_step;
typedef enum { STAGE_STRANGER, STAGE_CONNECTED, STAGE_PUBLISHING, STAGE_OVER } rtmp_stage;

struct rtmp {
    const rtmp_ops *ops;
    gpointer user;
    handshake_step step;
    rtmp_stage stage;
    GByteArray *greeting; /* C0 and C1, then C2, as they arrive */
    chunk_reader *reader;
    GByteArray *replies;
    uint64_t received, acknowledged;
    uint32_t window;
    guint commands, streams;
    uint32_t publish_stream;
    char app[128];
    char client[64];
};

/* The words of one command message. */
typedef struct {
    char name[64];
    double transaction;
    uint32_t stream;
    amf_reader rest;
} rtmp_command;

rtmp *rtmp_new(const rtmp_ops *ops, gpointer user)
{
    rtmp *session = g_new0(rtmp, 1);
    session->ops = ops;
    session->user = user;
    session->greeting = g_byte_array_new();
    session->replies = g_byte_array_new();
    session->reader = chunk_reader_new();
    session->window = RTMP_WINDOW;
    return session;
}

void rtmp_free(rtmp *session)
{
    if (!session)
        return;
    chunk_reader_free(session->reader);
    g_byte_array_unref(session->greeting);
    g_byte_array_unref(session->replies);
    g_free(session);
}

bool rtmp_publishing(const rtmp *session)
{
    return session->stage == STAGE_PUBLISHING;
}

const char *rtmp_client(const rtmp *session)
{
    return session->client;
}

GBytes *rtmp_take_replies(rtmp *session)
{
    if (session->replies->len == 0)
        return NULL;
    GByteArray *taken = session->replies;
    session->replies = g_byte_array_new();
    return g_byte_array_free_to_bytes(taken);
}

/* ---- replies ---- */

static void put_u32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void reply(rtmp *session, guint chunk_stream, uint8_t type, uint32_t stream,
                  const uint8_t *data, gsize size)
{
    chunk_message message = {.type = type, .stream = stream, .data = data, .size = size};
    chunk_write(session->replies, chunk_stream, REPLY_CHUNK, &message);
}

static void reply_u32(rtmp *session, uint8_t type, uint32_t value)
{
    uint8_t body[4];
    put_u32(body, value);
    reply(session, ON_CONTROL, type, 0, body, sizeof body);
}

static void reply_event(rtmp *session, uint8_t event, uint32_t value)
{
    uint8_t body[6] = {0, event};
    put_u32(body + 2, value);
    reply(session, ON_CONTROL, CHUNK_USER_CONTROL, 0, body, sizeof body);
}

static void reply_words(rtmp *session, guint chunk_stream, uint32_t stream, GByteArray *words)
{
    reply(session, chunk_stream, CHUNK_COMMAND, stream, words->data, words->len);
    g_byte_array_unref(words);
}

static GByteArray *words_begin(const char *name, double transaction)
{
    GByteArray *words = g_byte_array_new();
    amf_put_text(words, name);
    amf_put_number(words, transaction);
    return words;
}

static void put_status(GByteArray *words, const char *level, const char *code,
                       const char *description)
{
    amf_begin_object(words);
    amf_put_property(words, "level", level);
    amf_put_property(words, "code", code);
    amf_put_property(words, "description", description);
}

static void reply_status(rtmp *session, uint32_t stream, const char *level, const char *code,
                         const char *description)
{
    GByteArray *words = words_begin("onStatus", 0);
    amf_put_null(words);
    put_status(words, level, code, description);
    amf_end_object(words);
    reply_words(session, ON_STATUS, stream, words);
}

static void refuse_as(rtmp *session, const char *code, const char *why)
{
    reply_status(session, session->publish_stream, "error", code, why);
    session->stage = STAGE_OVER;
}

void rtmp_refuse(rtmp *session, const char *why)
{
    if (session->stage == STAGE_PUBLISHING)
        refuse_as(session, "NetStream.Publish.Rejected", why);
}

/* ---- commands ---- */

static void copy_text(amf_reader value, char *out, gsize size)
{
    if (!amf_read_text(&value, out, size))
        out[0] = '\0';
}

static void on_connect_property(const char *name, gsize size, amf_reader value, gpointer data)
{
    rtmp *session = data;
    if (size == 3 && memcmp(name, "app", 3) == 0)
        copy_text(value, session->app, sizeof session->app);
    if (size == 8 && memcmp(name, "flashVer", 8) == 0)
        copy_text(value, session->client, sizeof session->client);
}

/* "live", "live/" and "live?any" are one application. */
static bool app_is_ours(const char *app)
{
    gsize size = strcspn(app, "?");
    while (size > 0 && app[size - 1] == '/')
        size--;
    return size == strlen(RTMP_APP) && memcmp(app, RTMP_APP, size) == 0;
}

static bool refuse_app(rtmp *session, const rtmp_command *command, GError **error)
{
    static const char hint[] = "the address ends in /" RTMP_APP " and the key is the stream name";
    GByteArray *words = words_begin("_error", command->transaction);
    amf_put_null(words);
    put_status(words, "error", "NetConnection.Connect.Rejected", hint);
    amf_end_object(words);
    reply_words(session, ON_COMMAND, 0, words);
    error_set(error, ERROR_INPUT, "rtmp_app", NULL,
              "another application than " RTMP_APP " was asked for");
    return false;
}

static void welcome(rtmp *session, const rtmp_command *command)
{
    uint8_t bandwidth[5];
    put_u32(bandwidth, RTMP_WINDOW);
    bandwidth[4] = BANDWIDTH_DYNAMIC;
    reply_u32(session, CHUNK_WINDOW, RTMP_WINDOW);
    reply(session, ON_CONTROL, CHUNK_BANDWIDTH, 0, bandwidth, sizeof bandwidth);
    reply_u32(session, CHUNK_SET_SIZE, REPLY_CHUNK);
    GByteArray *words = words_begin("_result", command->transaction);
    amf_begin_object(words);
    amf_put_property(words, "fmsVer", "FMS/3,5,7,7009"); /* encoders look for a name they know */
    amf_put_property_number(words, "capabilities", 31);
    amf_end_object(words);
    put_status(words, "status", "NetConnection.Connect.Success", "connected");
    amf_put_property_number(words, "objectEncoding", 0);
    amf_end_object(words);
    reply_words(session, ON_COMMAND, 0, words);
}

static bool on_connect(rtmp *session, rtmp_command *command, GError **error)
{
    if (session->stage != STAGE_STRANGER ||
        !amf_read_object(&command->rest, on_connect_property, session)) {
        error_set(error, ERROR_INPUT, "rtmp_connect", NULL,
                  "connect came twice or without its object");
        return false;
    }
    for (char *p = session->client; *p; p++)
        if (!g_ascii_isprint(*p))
            *p = '?';
    if (!app_is_ours(session->app))
        return refuse_app(session, command, error);
    session->stage = STAGE_CONNECTED;
    welcome(session, command);
    return true;
}

static bool on_create_stream(rtmp *session, rtmp_command *command, GError **error)
{
    if (++session->streams > STREAMS_MAX) {
        error_set(error, ERROR_TOO_LARGE, "rtmp_streams", NULL, "more than %d streams were created",
                  STREAMS_MAX);
        return false;
    }
    GByteArray *words = words_begin("_result", command->transaction);
    amf_put_null(words);
    amf_put_number(words, session->streams);
    reply_words(session, ON_COMMAND, 0, words);
    return true;
}

/* What people paste: "key", "key?token=1", " key ". */
static void key_trim(char *name)
{
    name[strcspn(name, "?")] = '\0';
    g_strstrip(name);
}

static bool on_publish(rtmp *session, rtmp_command *command, GError **error)
{
    char key[RTMP_KEY_MAX];
    const char *why = "this key is not known";
    if (session->stage != STAGE_CONNECTED || !amf_skip(&command->rest) ||
        !amf_read_text(&command->rest, key, sizeof key)) {
        error_set(error, ERROR_INPUT, "rtmp_publish", NULL,
                  "publish came twice or without a stream name");
        return false;
    }
    key_trim(key);
    session->publish_stream = command->stream ? command->stream : 1;
    if (!session->ops->on_publish(session->user, key, &why)) {
        refuse_as(session, "NetStream.Publish.BadName", why);
        error_set(error, ERROR_DENIED, "rtmp_key", NULL, "%s", why);
        return false;
    }
    session->stage = STAGE_PUBLISHING;
    chunk_reader_allow_media(session->reader);
    reply_event(session, EVENT_STREAM_BEGIN, session->publish_stream);
    reply_status(session, session->publish_stream, "status", "NetStream.Publish.Start",
                 "publishing");
    return true;
}

static bool on_fc_publish(rtmp *session, rtmp_command *command, GError **error)
{
    (void)command;
    (void)error;
    GByteArray *words = words_begin("onFCPublish", 0);
    amf_put_null(words);
    put_status(words, "status", "NetStream.Publish.Start", "ready");
    amf_end_object(words);
    reply_words(session, ON_COMMAND, 0, words);
    return true;
}

/* Courtesies that only want an answer before the encoder goes on. */
static bool on_courtesy(rtmp *session, rtmp_command *command, GError **error)
{
    (void)error;
    GByteArray *words = words_begin("_result", command->transaction);
    amf_put_null(words);
    amf_put_null(words);
    reply_words(session, ON_COMMAND, 0, words);
    return true;
}

static bool on_unpublish(rtmp *session, rtmp_command *command, GError **error)
{
    (void)command;
    (void)error;
    if (session->stage != STAGE_PUBLISHING)
        return true;
    session->stage = STAGE_OVER;
    reply_status(session, session->publish_stream, "status", "NetStream.Unpublish.Success",
                 "goodbye");
    session->ops->on_unpublish(session->user);
    return true;
}

static bool on_play(rtmp *session, rtmp_command *command, GError **error)
{
    static const char why[] = "this address only takes streams: watch in the browser";
    reply_status(session, command->stream, "error", "NetStream.Play.Failed", why);
    error_set(error, ERROR_DENIED, "rtmp_play", NULL,
              "playing over RTMP was asked for and refused");
    return false;
}

typedef bool (*command_fn)(rtmp *session, rtmp_command *command, GError **error);

static command_fn command_of(const char *name)
{
    static const struct {
        const char *name;
        command_fn fn;
    } table[] = {
        {"connect", on_connect},
        {"createStream", on_create_stream},
        {"publish", on_publish},
        {"FCPublish", on_fc_publish},
        {"releaseStream", on_courtesy},
        {"_checkbw", on_courtesy},
        {"getStreamLength", on_courtesy},
        {"FCUnpublish", on_unpublish},
        {"deleteStream", on_unpublish},
        {"closeStream", on_unpublish},
        {"play", on_play},
        {"play2", on_play},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].fn;
    return NULL; /* _result, onBWDone and whatever else is said need no answer */
}

static bool take_command(rtmp *session, const uint8_t *data, gsize size, uint32_t stream,
                         GError **error)
{
    rtmp_command command = {.stream = stream, .rest = {data, data + size}};
    if (++session->commands > RTMP_COMMANDS_MAX) {
        error_set(error, ERROR_TOO_LARGE, "rtmp_commands", NULL, "more than %d commands",
                  RTMP_COMMANDS_MAX);
        return false;
    }
    if (!amf_read_text(&command.rest, command.name, sizeof command.name)) {
        error_set(error, ERROR_INPUT, "rtmp_command", NULL, "a command without a name");
        return false;
    }
    if (!amf_read_number(&command.rest, &command.transaction))
        command.transaction = 0; /* some encoders leave it out of FCUnpublish */
    command_fn fn = command_of(command.name);
    if (session->stage == STAGE_STRANGER && fn != on_connect) {
        error_set(error, ERROR_INPUT, "rtmp_command", NULL, "a command before connect");
        return false;
    }
    return fn ? fn(session, &command, error) : true;
}

/* ---- messages ---- */

static bool take_tag(rtmp *session, uint8_t type, uint32_t timestamp, const uint8_t *data,
                     gsize size, GError **error)
{
    if (session->stage != STAGE_PUBLISHING || size == 0)
        return true;
    GError *refused = NULL;
    if (session->ops->on_tag(session->user, type, timestamp, data, size, &refused))
        return true;
    rtmp_refuse(session, refused->message);
    g_propagate_error(error, refused);
    return false;
}

static uint32_t get_u24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* Several FLV tags in one message; their stamps are rebased onto the message's own. */
static bool take_aggregate(rtmp *session, const chunk_message *message, GError **error)
{
    const uint8_t *tag = message->data;
    gsize left = message->size;
    bool first = true;
    uint32_t base = 0;
    while (left >= TAG_HEAD) {
        uint32_t size = get_u24(tag + 1);
        uint32_t timestamp = (uint32_t)tag[7] << 24 | get_u24(tag + 4);
        if (size > left - TAG_HEAD) {
            error_set(error, ERROR_INPUT, "rtmp_aggregate", NULL,
                      "a tag is longer than the message around it");
            return false;
        }
        base = first ? timestamp : base;
        first = false;
        bool media = tag[0] == CHUNK_AUDIO || tag[0] == CHUNK_VIDEO;
        uint32_t at = message->timestamp + timestamp - base;
        if (media && !take_tag(session, tag[0], at, tag + TAG_HEAD, size, error))
            return false;
        gsize whole = TAG_HEAD + size + TAG_TAIL;
        if (whole >= left)
            return true;
        tag += whole;
        left -= whole;
    }
    return true;
}

static void take_window(rtmp *session, const chunk_message *message)
{
    if (message->size >= 4)
        session->window = CLAMP(get_u32(message->data), WINDOW_MIN, RTMP_WINDOW);
}

static void take_event(rtmp *session, const chunk_message *message)
{
    const uint8_t *p = message->data;
    if (message->size >= 6 && p[0] == 0 && p[1] == EVENT_PING)
        reply_event(session, EVENT_PONG, get_u32(p + 2));
}

static bool take_message(rtmp *session, const chunk_message *message, GError **error)
{
    switch (message->type) {
    case CHUNK_COMMAND:
        return take_command(session, message->data, message->size, message->stream, error);
    case CHUNK_COMMAND_AMF3: /* AMF 3 announced, AMF 0 spoken: one byte in front */
        return message->size == 0 ||
               take_command(session, message->data + 1, message->size - 1, message->stream, error);
    case CHUNK_AUDIO:
    case CHUNK_VIDEO:
        return take_tag(session, message->type, message->timestamp, message->data, message->size,
                        error);
    case CHUNK_AGGREGATE:
        return take_aggregate(session, message, error);
    case CHUNK_USER_CONTROL:
        take_event(session, message);
        return true;
    case CHUNK_WINDOW:
        take_window(session, message);
        return true;
    default: /* metadata, acknowledgements, bandwidth: nothing here depends on them */
        return true;
    }
}

/* ---- bytes ---- */

/* The plain handshake: S0, S1 of a fixed pattern, S2 as the echo of C1. */
static void greet(rtmp *session)
{
    uint8_t s0_s1[1 + HANDSHAKE_BYTES] = {RTMP_VERSION};
    for (gsize i = 1 + 8; i < sizeof s0_s1; i++)
        s0_s1[i] = (uint8_t)(i * 167 + (i >> 8));
    g_byte_array_append(session->replies, s0_s1, sizeof s0_s1);
    g_byte_array_append(session->replies, session->greeting->data + 1, HANDSHAKE_BYTES);
}

/* Returns how many bytes the handshake took. */
static gsize take_greeting(rtmp *session, const uint8_t *bytes, gsize size, GError **error)
{
    gsize need = session->step == AWAIT_C0_C1 ? 1 + HANDSHAKE_BYTES : HANDSHAKE_BYTES;
    gsize count = MIN(size, need - session->greeting->len);
    g_byte_array_append(session->greeting, bytes, (guint)count);
    if (session->step == AWAIT_C0_C1 && session->greeting->data[0] != RTMP_VERSION)
        error_set(error, ERROR_INPUT, "rtmp_version", NULL,
                  "this is not plain RTMP (version byte %u)", session->greeting->data[0]);
    else if (session->greeting->len == need) {
        if (session->step == AWAIT_C0_C1)
            greet(session);
        session->step++;
        g_byte_array_set_size(session->greeting, 0);
    }
    return count;
}

static void acknowledge(rtmp *session, gsize size)
{
    session->received += size;
    if (session->step != AWAIT_MESSAGES ||
        session->received - session->acknowledged < session->window / 2)
        return;
    session->acknowledged = session->received;
    reply_u32(session, CHUNK_ACKNOWLEDGE, (uint32_t)session->received);
}

static bool replies_in_bound(rtmp *session, GError **error)
{
    if (session->replies->len <= RTMP_REPLIES_MAX)
        return true;
    error_set(error, ERROR_TOO_LARGE, "rtmp_replies", NULL, "the peer asks and does not read");
    return false;
}

static bool take_messages(rtmp *session, const uint8_t *bytes, gsize size, GError **error)
{
    const chunk_message *message = NULL;
    gsize used = 0;
    do {
        if (!chunk_reader_take(session->reader, bytes, size, &used, &message, error))
            return false;
        acknowledge(session, used);
        if (message &&
            (!take_message(session, message, error) || !replies_in_bound(session, error)))
            return false;
        bytes += used;
        size -= used;
    } while (message);
    return true;
}

bool rtmp_feed(rtmp *session, const uint8_t *bytes, gsize size, GError **error)
{
    GError *failed = NULL;
    while (size > 0 && session->step != AWAIT_MESSAGES && !failed) {
        gsize used = take_greeting(session, bytes, size, &failed);
        session->received += used;
        bytes += used;
        size -= used;
    }
    if (!failed && session->step == AWAIT_MESSAGES)
        take_messages(session, bytes, size, &failed);
    if (!failed)
        return true;
    session->stage = STAGE_OVER;
    g_propagate_error(error, failed);
    return false;
}
