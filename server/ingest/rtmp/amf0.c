#include "ingest/rtmp/amf0.h"

#include <string.h>

enum {
    MARK_NUMBER = 0,
    MARK_BOOLEAN = 1,
    MARK_TEXT = 2,
    MARK_OBJECT = 3,
    MARK_NULL = 5,
    MARK_UNDEFINED = 6,
    MARK_REFERENCE = 7,
    MARK_MAP = 8,
    MARK_OBJECT_END = 9,
    MARK_ARRAY = 10,
    MARK_DATE = 11,
    MARK_LONG_TEXT = 12,
    MARK_UNSUPPORTED = 13,
    MARK_XML = 15,
};

static gsize left(const amf_reader *reader)
{
    return (gsize)(reader->end - reader->at);
}

static bool step(amf_reader *reader, gsize bytes)
{
    if (left(reader) < bytes)
        return false;
    reader->at += bytes;
    return true;
}

static bool read_u16(amf_reader *reader, guint *value)
{
    const uint8_t *p = reader->at;
    if (!step(reader, 2))
        return false;
    *value = (guint)p[0] << 8 | p[1];
    return true;
}

static bool read_u32(amf_reader *reader, uint32_t *value)
{
    const uint8_t *p = reader->at;
    if (!step(reader, 4))
        return false;
    *value = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return true;
}

/* A text without its mark: length and bytes. */
static bool read_name(amf_reader *reader, const char **name, guint *size)
{
    if (!read_u16(reader, size))
        return false;
    *name = (const char *)reader->at;
    return step(reader, *size);
}

static bool skip_deep(amf_reader *reader, int depth);

static bool read_properties(amf_reader *reader, int depth, amf_property_fn fn, gpointer data)
{
    for (;;) {
        const char *name;
        guint size;
        if (!read_name(reader, &name, &size) || left(reader) < 1)
            return false;
        if (size == 0 && *reader->at == MARK_OBJECT_END)
            return step(reader, 1);
        amf_reader value = *reader;
        if (!skip_deep(reader, depth + 1))
            return false;
        value.end = reader->at;
        if (fn)
            fn(name, size, value, data);
    }
}

static bool skip_array(amf_reader *reader, int depth)
{
    uint32_t count;
    if (!read_u32(reader, &count) || count > left(reader))
        return false;
    while (count--)
        if (!skip_deep(reader, depth + 1))
            return false;
    return true;
}

static bool skip_deep(amf_reader *reader, int depth)
{
    if (depth > AMF_DEPTH_MAX || left(reader) < 1)
        return false;
    guint size;
    uint32_t long_size;
    switch (*reader->at++) {
    case MARK_NUMBER:
        return step(reader, 8);
    case MARK_BOOLEAN:
        return step(reader, 1);
    case MARK_TEXT:
        return read_u16(reader, &size) && step(reader, size);
    case MARK_OBJECT:
        return read_properties(reader, depth, NULL, NULL);
    case MARK_NULL:
    case MARK_UNDEFINED:
    case MARK_UNSUPPORTED:
        return true;
    case MARK_REFERENCE:
        return step(reader, 2);
    case MARK_MAP: /* the count is a hint only; properties end like an object's */
        return step(reader, 4) && read_properties(reader, depth, NULL, NULL);
    case MARK_ARRAY:
        return skip_array(reader, depth);
    case MARK_DATE:
        return step(reader, 10);
    case MARK_LONG_TEXT:
    case MARK_XML:
        return read_u32(reader, &long_size) && step(reader, long_size);
    default:
        return false;
    }
}

bool amf_skip(amf_reader *reader)
{
    return skip_deep(reader, 0);
}

bool amf_read_text(amf_reader *reader, char *out, gsize size)
{
    const char *text;
    guint length;
    if (left(reader) < 1)
        return false;
    switch (*reader->at++) {
    case MARK_NULL:
    case MARK_UNDEFINED:
        out[0] = '\0';
        return true;
    case MARK_TEXT:
        if (!read_name(reader, &text, &length) || length >= size || memchr(text, 0, length))
            return false;
        memcpy(out, text, length);
        out[length] = '\0';
        return true;
    default:
        return false;
    }
}

bool amf_read_number(amf_reader *reader, double *number)
{
    uint32_t high, low;
    if (left(reader) < 1 || *reader->at != MARK_NUMBER)
        return false;
    reader->at++;
    if (!read_u32(reader, &high) || !read_u32(reader, &low))
        return false;
    uint64_t bits = (uint64_t)high << 32 | low;
    memcpy(number, &bits, sizeof *number);
    return true;
}

bool amf_read_object(amf_reader *reader, amf_property_fn fn, gpointer data)
{
    if (left(reader) < 1)
        return false;
    uint8_t mark = *reader->at++;
    if (mark == MARK_MAP && !step(reader, 4))
        return false;
    if (mark != MARK_OBJECT && mark != MARK_MAP)
        return false;
    return read_properties(reader, 0, fn, data);
}

static void put_mark(GByteArray *out, uint8_t mark)
{
    g_byte_array_append(out, &mark, 1);
}

static void put_name(GByteArray *out, const char *text)
{
    gsize size = MIN(strlen(text), 65535);
    const uint8_t head[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    g_byte_array_append(out, head, sizeof head);
    g_byte_array_append(out, (const guint8 *)text, (guint)size);
}

void amf_put_text(GByteArray *out, const char *text)
{
    put_mark(out, MARK_TEXT);
    put_name(out, text);
}

void amf_put_number(GByteArray *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    bits = GUINT64_TO_BE(bits);
    put_mark(out, MARK_NUMBER);
    g_byte_array_append(out, (const guint8 *)&bits, sizeof bits);
}

void amf_put_null(GByteArray *out)
{
    put_mark(out, MARK_NULL);
}

void amf_begin_object(GByteArray *out)
{
    put_mark(out, MARK_OBJECT);
}

void amf_put_property(GByteArray *out, const char *name, const char *text)
{
    put_name(out, name);
    amf_put_text(out, text);
}

void amf_put_property_number(GByteArray *out, const char *name, double number)
{
    put_name(out, name);
    amf_put_number(out, number);
}

void amf_end_object(GByteArray *out)
{
    put_name(out, "");
    put_mark(out, MARK_OBJECT_END);
}
