/*
 * An encoder for tests: writes the bytes an RTMP client would send, quirks included, into one
 * array.
 */
#ifndef TESTS_RTMP_ENCODER_H
#define TESTS_RTMP_ENCODER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ingest/rtmp/amf0.h"
#include "ingest/rtmp/chunk.h"

typedef struct {
    GByteArray *bytes;
    guint chunk_size;
    bool silent_extension; /* extended timestamps are not repeated on type 3 chunks */
} encoder;

static inline encoder encoder_new(void)
{
    return (encoder){.bytes = g_byte_array_new(), .chunk_size = 128};
}

static inline void encoder_put(encoder *e, const void *bytes, gsize size)
{
    g_byte_array_append(e->bytes, bytes, (guint)size);
}

static inline void encoder_put_number(encoder *e, uint32_t value, guint count)
{
    for (guint i = count; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        encoder_put(e, &byte, 1);
    }
}

static inline void encoder_hello(encoder *e)
{
    uint8_t c0_c1_c2[1 + 1536 + 1536] = {3};
    encoder_put(e, c0_c1_c2, sizeof c0_c1_c2);
}

/* The head of a chunk. format 0: stamp is absolute; 1 and 2: a delta; 3: not written. */
static inline void encoder_head(encoder *e, guint format, guint id, uint32_t stamp, uint8_t type,
                                gsize size, uint32_t stream)
{
    uint8_t basic = (uint8_t)(format << 6 | (id < 64 ? id : 0));
    encoder_put(e, &basic, 1);
    if (id >= 64)
        encoder_put_number(e, id - 64, 1);
    if (format < 3)
        encoder_put_number(e, MIN(stamp, 0xffffff), 3);
    if (format < 2) {
        encoder_put_number(e, (uint32_t)size, 3);
        encoder_put(e, &type, 1);
    }
    uint32_t little = GUINT32_TO_LE(stream);
    if (format == 0)
        encoder_put(e, &little, 4);
    if (format < 3 && stamp >= 0xffffff)
        encoder_put_number(e, stamp, 4);
}

/* The payload from `from` on, in chunks, the first without a head. */
static inline void encoder_body(encoder *e, guint id, uint32_t stamp, const uint8_t *data,
                                gsize from, gsize size)
{
    for (gsize done = from; done < size || done == from;) {
        if (done > from) {
            encoder_head(e, 3, id, 0, 0, 0, 0);
            if (stamp >= 0xffffff && !e->silent_extension)
                encoder_put_number(e, stamp, 4);
        }
        gsize count = MIN(size - done, e->chunk_size);
        encoder_put(e, data + done, count);
        done += count;
        if (done >= size)
            break;
    }
}

static inline void encoder_message(encoder *e, guint format, guint id, uint32_t stamp, uint8_t type,
                                   uint32_t stream, const uint8_t *data, gsize size)
{
    encoder_head(e, format, id, stamp, type, size, stream);
    encoder_body(e, id, stamp, data, 0, size);
}

static inline void encoder_set_chunk_size(encoder *e, uint32_t size)
{
    uint32_t big = GUINT32_TO_BE(size);
    encoder_message(e, 0, 2, 0, CHUNK_SET_SIZE, 0, (const uint8_t *)&big, 4);
    e->chunk_size = size;
}

static inline void encoder_words(encoder *e, uint32_t stream, GByteArray *words)
{
    encoder_message(e, 0, 3, 0, CHUNK_COMMAND, stream, words->data, words->len);
    g_byte_array_unref(words);
}

static inline GByteArray *encoder_begin(const char *name, double transaction)
{
    GByteArray *words = g_byte_array_new();
    amf_put_text(words, name);
    amf_put_number(words, transaction);
    return words;
}

static inline void encoder_connect(encoder *e, const char *app)
{
    GByteArray *words = encoder_begin("connect", 1);
    amf_begin_object(words);
    amf_put_property(words, "app", app);
    amf_put_property(words, "flashVer", "FMLE/3.0 (compatible; test)");
    amf_put_property(words, "tcUrl", "rtmp://localhost/live");
    amf_end_object(words);
    encoder_words(e, 0, words);
}

/* name null text: releaseStream, FCPublish, publish, deleteStream all look like this. */
static inline void encoder_command(encoder *e, const char *name, uint32_t stream, const char *text)
{
    GByteArray *words = encoder_begin(name, 2);
    amf_put_null(words);
    if (text)
        amf_put_text(words, text);
    encoder_words(e, stream, words);
}

static inline void encoder_publish(encoder *e, const char *key)
{
    encoder_hello(e);
    encoder_connect(e, "live");
    encoder_command(e, "releaseStream", 0, key);
    encoder_command(e, "FCPublish", 0, key);
    encoder_command(e, "createStream", 0, NULL);
    encoder_command(e, "publish", 1, key);
}

#endif
