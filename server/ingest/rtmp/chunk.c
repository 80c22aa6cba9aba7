#include "ingest/rtmp/chunk.h"

#include <string.h>

#include "base/error.h"

#define SIZE_DEFAULT 128
#define SIZE_LIMIT 0xffffff /* a chunk larger than the largest message changes nothing */
#define HEADER_MAX 18       /* basic 3, message 11, extended timestamp 4 */
#define KEEP_MAX                                                                                   \
    (256 * 1024) /* a stream's buffer larger than this is given back after its message */
#define TIMESTAMP_EXTENDED 0xffffff

typedef struct {
    bool used;
    uint32_t id;
    uint8_t type;
    bool extended;      /* its last full header carried an extended timestamp */
    uint32_t field;     /* the timestamp field of its last full header: absolute or delta */
    uint32_t timestamp; /* of the present message */
    uint32_t length;    /* of the present message */
    uint32_t stream;
    GByteArray *payload; /* what has arrived of it */
    bool open;           /* between the first and the last chunk of a message */
} chunk_stream;

struct chunk_reader {
    chunk_stream streams[CHUNK_STREAMS_MAX];
    chunk_stream *current; /* its chunk is being read; NULL: a header comes next */
    uint32_t chunk_left;   /* payload bytes of that chunk; fixed at its header */
    uint32_t chunk_size;
    uint8_t pending[HEADER_MAX]; /* bytes looked at while reading a header */
    gsize pending_size;
    chunk_stream *delivered; /* holds the message handed out last */
    chunk_message message;
    bool media;
};

/* One chunk header, as far as the bytes at hand say. */
typedef struct {
    guint format;
    uint32_t id;
    gsize size; /* bytes of it, the extended timestamp included */
    uint32_t field;
    bool extended;
    uint32_t length;
    uint8_t type;
    uint32_t stream;
} chunk_header;

typedef enum { HEADER_WHOLE, HEADER_MORE, HEADER_BAD } header_result;

static uint32_t be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | be24(p + 1);
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

chunk_reader *chunk_reader_new(void)
{
    chunk_reader *reader = g_new0(chunk_reader, 1);
    reader->chunk_size = SIZE_DEFAULT;
    return reader;
}

void chunk_reader_free(chunk_reader *reader)
{
    if (!reader)
        return;
    for (guint i = 0; i < CHUNK_STREAMS_MAX; i++)
        if (reader->streams[i].used)
            g_byte_array_unref(reader->streams[i].payload);
    g_free(reader);
}

void chunk_reader_allow_media(chunk_reader *reader)
{
    reader->media = true;
}

static chunk_stream *stream_find(chunk_reader *reader, uint32_t id)
{
    for (guint i = 0; i < CHUNK_STREAMS_MAX; i++)
        if (reader->streams[i].used && reader->streams[i].id == id)
            return &reader->streams[i];
    return NULL;
}

static chunk_stream *stream_add(chunk_reader *reader, uint32_t id, GError **error)
{
    for (guint i = 0; i < CHUNK_STREAMS_MAX; i++) {
        chunk_stream *stream = &reader->streams[i];
        if (stream->used)
            continue;
        *stream = (chunk_stream){.used = true, .id = id, .payload = g_byte_array_new()};
        return stream;
    }
    error_set(error, ERROR_TOO_LARGE, "rtmp_chunk_streams", NULL, "more than %d chunk streams",
              CHUNK_STREAMS_MAX);
    return NULL;
}

static gsize payload_held(const chunk_reader *reader)
{
    gsize held = 0;
    for (guint i = 0; i < CHUNK_STREAMS_MAX; i++)
        if (reader->streams[i].used)
            held += reader->streams[i].payload->len;
    return held;
}

static uint32_t length_limit(const chunk_reader *reader, uint8_t type)
{
    if (type == CHUNK_COMMAND || type == CHUNK_COMMAND_AMF3 || !reader->media)
        return CHUNK_COMMAND_MAX;
    if (type == CHUNK_VIDEO || type == CHUNK_AGGREGATE)
        return CHUNK_VIDEO_MAX;
    return type == CHUNK_AUDIO ? CHUNK_AUDIO_MAX : CHUNK_DATA_MAX;
}

/* ---- headers ---- */

/* Basic header: format and chunk stream id in one to three bytes. 0: more bytes are needed. */
static gsize header_basic(const uint8_t *p, gsize size, chunk_header *header)
{
    if (size < 1)
        return 0;
    header->format = p[0] >> 6;
    header->id = p[0] & 63;
    if (header->id > 1)
        return 1;
    gsize need = header->id == 0 ? 2 : 3;
    if (size < need)
        return 0;
    header->id = 64 + p[1] + (need == 3 ? (uint32_t)p[2] << 8 : 0);
    return need;
}

/*
 * Does a type 3 chunk repeat the extended timestamp? The specification says so; librtmp and old
 * encoders leave it out. The bytes tell: a payload that begins with the very timestamp is less
 * likely than either habit.
 */
static header_result header_repeated(const chunk_stream *stream, const uint8_t *p, gsize size,
                                     chunk_header *header)
{
    const uint8_t repeated[4] = {(uint8_t)(stream->field >> 24), (uint8_t)(stream->field >> 16),
                                 (uint8_t)(stream->field >> 8), (uint8_t)stream->field};
    gsize have = MIN(size - header->size, sizeof repeated);
    if (memcmp(p + header->size, repeated, have) != 0)
        return HEADER_WHOLE;
    if (have < sizeof repeated)
        return HEADER_MORE;
    header->size += sizeof repeated;
    return HEADER_WHOLE;
}

/* Takes over from the stream's last header what this format leaves out. */
static void header_inherit(const chunk_stream *stream, chunk_header *header)
{
    header->extended = stream->extended;
    header->field = stream->field;
    header->length = stream->length;
    header->type = stream->type;
    header->stream = stream->stream;
}

static header_result header_read(chunk_reader *reader, const uint8_t *p, gsize size,
                                 chunk_header *header)
{
    static const gsize sizes[4] = {11, 7, 3, 0};
    gsize basic = header_basic(p, size, header);
    if (basic == 0)
        return HEADER_MORE;
    const chunk_stream *known = stream_find(reader, header->id);
    if (!known &&
        header->format >
            1) /* type 1 first is a habit of some encoders: the message stream is 0 then */
        return HEADER_BAD;
    header->size = basic + sizes[header->format];
    if (size < header->size)
        return HEADER_MORE;
    if (known)
        header_inherit(known, header);
    if (header->format == 3)
        return header->extended ? header_repeated(known, p, size, header) : HEADER_WHOLE;
    const uint8_t *q = p + basic;
    header->field = be24(q);
    header->extended = header->field == TIMESTAMP_EXTENDED;
    if (header->format <= 1) {
        header->length = be24(q + 3);
        header->type = q[6];
    }
    if (header->format == 0)
        header->stream = le32(q + 7);
    if (!header->extended)
        return HEADER_WHOLE;
    if (size < header->size + 4)
        return HEADER_MORE;
    header->field = be32(p + header->size);
    header->size += 4;
    return HEADER_WHOLE;
}

static void stream_drop_message(chunk_stream *stream)
{
    stream->open = false;
    if (stream->length > KEEP_MAX) {
        g_byte_array_unref(stream->payload);
        stream->payload = g_byte_array_new();
    }
    g_byte_array_set_size(stream->payload, 0);
}

/*
 * The first chunk of a message. A type 3 one repeats the last field as a delta, after a type 0
 * header too.
 */
static bool stream_begin(chunk_reader *reader, chunk_stream *stream, const chunk_header *header,
                         GError **error)
{
    uint32_t limit = length_limit(reader, header->type);
    if (header->length > limit) {
        error_set(error, ERROR_TOO_LARGE, "rtmp_message", NULL,
                  "message of %u bytes, type %u: at most %u", header->length, header->type, limit);
        return false;
    }
    stream->extended = header->extended;
    stream->field = header->field;
    stream->timestamp = header->format == 0 ? header->field : stream->timestamp + header->field;
    stream->length = header->length;
    stream->type = header->type;
    stream->stream = header->stream;
    stream->open = true;
    return true;
}

static bool chunk_begin(chunk_reader *reader, const chunk_header *header, GError **error)
{
    chunk_stream *stream = stream_find(reader, header->id);
    if (!stream)
        stream = stream_add(reader, header->id, error);
    if (!stream)
        return false;
    if (stream->open && header->format != 3)
        stream_drop_message(stream);
    if (!stream->open && !stream_begin(reader, stream, header, error))
        return false;
    reader->current = stream;
    reader->chunk_left = MIN(stream->length - stream->payload->len, reader->chunk_size);
    return true;
}

/* ---- bytes ---- */

static void pending_drop(chunk_reader *reader, gsize count)
{
    reader->pending_size -= count;
    memmove(reader->pending, reader->pending + count, reader->pending_size);
}

/*
 * Looks for a whole header in what is pending, topped up from the input. *whole false: all input
 * was taken.
 */
static bool take_header(chunk_reader *reader, const uint8_t *bytes, gsize size, gsize *used,
                        bool *whole, GError **error)
{
    gsize room = MIN(HEADER_MAX - reader->pending_size, size - *used);
    if (room > 0)
        memcpy(reader->pending + reader->pending_size, bytes + *used, room);
    reader->pending_size += room;
    *used += room;
    chunk_header header = {0};
    header_result result = header_read(reader, reader->pending, reader->pending_size, &header);
    *whole = result == HEADER_WHOLE;
    if (result == HEADER_BAD) {
        error_set(error, ERROR_INPUT, "rtmp_chunk", NULL,
                  "a chunk stream begins without a full header");
        return false;
    }
    if (!*whole)
        return true;
    pending_drop(reader, header.size);
    return chunk_begin(reader, &header, error);
}

static bool append_payload(chunk_reader *reader, const uint8_t *bytes, gsize count, GError **error)
{
    if (payload_held(reader) + count > CHUNK_MEMORY_MAX) {
        error_set(error, ERROR_TOO_LARGE, "rtmp_memory", NULL, "unfinished messages over %d bytes",
                  CHUNK_MEMORY_MAX);
        return false;
    }
    g_byte_array_append(reader->current->payload, bytes, (guint)count);
    reader->chunk_left -= (uint32_t)count;
    return true;
}

static bool take_payload(chunk_reader *reader, const uint8_t *bytes, gsize size, gsize *used,
                         GError **error)
{
    gsize early = MIN(reader->pending_size, reader->chunk_left);
    if (early > 0 && !append_payload(reader, reader->pending, early, error))
        return false;
    pending_drop(reader, early);
    gsize count = MIN(size - *used, reader->chunk_left);
    if (count > 0 && !append_payload(reader, bytes + *used, count, error))
        return false;
    *used += count;
    return true;
}

static bool obey_set_size(chunk_reader *reader, const chunk_stream *stream, GError **error)
{
    uint32_t size = stream->length < 4 ? 0 : be32(stream->payload->data) & 0x7fffffff;
    if (size == 0) {
        error_set(error, ERROR_INPUT, "rtmp_chunk_size", NULL, "a chunk size of 0 was set");
        return false;
    }
    reader->chunk_size = MIN(size, SIZE_LIMIT);
    return true;
}

static void obey_abort(chunk_reader *reader, const chunk_stream *stream)
{
    chunk_stream *aborted =
        stream->length < 4 ? NULL : stream_find(reader, be32(stream->payload->data));
    if (aborted && aborted != stream)
        stream_drop_message(aborted);
}

/* A message is whole: obeyed here, or handed out. */
static bool message_whole(chunk_reader *reader, const chunk_message **message, GError **error)
{
    chunk_stream *stream = reader->current;
    reader->current = NULL;
    reader->delivered = stream;
    if (stream->type == CHUNK_SET_SIZE)
        return obey_set_size(reader, stream, error);
    if (stream->type == CHUNK_ABORT) {
        obey_abort(reader, stream);
        return true;
    }
    reader->message = (chunk_message){.type = stream->type,
                                      .timestamp = stream->timestamp,
                                      .stream = stream->stream,
                                      .data = stream->payload->data,
                                      .size = stream->payload->len};
    *message = &reader->message;
    return true;
}

bool chunk_reader_take(chunk_reader *reader, const uint8_t *bytes, gsize size, gsize *used,
                       const chunk_message **message, GError **error)
{
    *used = 0;
    *message = NULL;
    while (!*message) {
        if (reader->delivered)
            stream_drop_message(reader->delivered);
        reader->delivered = NULL;
        bool whole = true;
        if (!reader->current && !take_header(reader, bytes, size, used, &whole, error))
            return false;
        if (!whole)
            return true;
        if (!take_payload(reader, bytes, size, used, error))
            return false;
        if (reader->chunk_left > 0)
            return true;
        if (reader->current->payload->len < reader->current->length)
            reader->current = NULL;
        else if (!message_whole(reader, message, error))
            return false;
    }
    return true;
}

void chunk_write(GByteArray *out, guint chunk_stream_id, guint chunk_size,
                 const chunk_message *message)
{
    gsize n = message->size;
    const uint8_t head[12] = {(uint8_t)chunk_stream_id,
                              0,
                              0,
                              0,
                              (uint8_t)(n >> 16),
                              (uint8_t)(n >> 8),
                              (uint8_t)n,
                              message->type,
                              (uint8_t)message->stream,
                              (uint8_t)(message->stream >> 8),
                              (uint8_t)(message->stream >> 16),
                              (uint8_t)(message->stream >> 24)};
    const uint8_t next = (uint8_t)(0xc0 | chunk_stream_id);
    g_byte_array_append(out, head, sizeof head);
    for (gsize done = 0; done < n;) {
        gsize count = MIN(n - done, chunk_size);
        if (done > 0)
            g_byte_array_append(out, &next, 1);
        g_byte_array_append(out, message->data + done, (guint)count);
        done += count;
    }
}
