/*
 * AMF 0, the notation of RTMP commands: a bounded reader and a small writer.
 *
 * It knows values and no commands. Reading never copies more than the caller has room for and never
 * goes deeper than AMF_DEPTH_MAX; every value costs at least one byte, so a message's own limit
 * bounds the work.
 * Source: Adobe, "Action Message Format -- AMF 0" (2007).
 *
 * Runs on: any thread.
 * Memory:  a reader borrows the bytes; writers append to the caller's array.
 */
#ifndef RTMP_AMF0_H
#define RTMP_AMF0_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define AMF_DEPTH_MAX 8

/* A cursor: a value small enough to copy. */
typedef struct {
    const uint8_t *at, *end;
} amf_reader;

/*
 * Each takes one value and moves on; false, and the reader is of no more use, if the next value is
 * not that. Text is NUL-terminated in `out`; null and undefined give "". Text with a NUL inside, or
 * longer than `out`, is refused.
 */
bool amf_read_text(amf_reader *reader, char *out, gsize size);
bool amf_read_number(amf_reader *reader, double *number);
bool amf_skip(amf_reader *reader); /* any value */

/* Calls fn for each property of an object; `value` is a reader on that one value. */
typedef void (*amf_property_fn)(const char *name, gsize name_size, amf_reader value, gpointer data);
bool amf_read_object(amf_reader *reader, amf_property_fn fn, gpointer data);

void amf_put_text(GByteArray *out, const char *text); /* at most 65535 bytes; the rest is cut */
void amf_put_number(GByteArray *out, double number);
void amf_put_null(GByteArray *out);
/* An object is begun, its properties are put, it is ended. */
void amf_begin_object(GByteArray *out);
void amf_put_property(GByteArray *out, const char *name, const char *text);
void amf_put_property_number(GByteArray *out, const char *name, double number);
void amf_end_object(GByteArray *out);

#endif
