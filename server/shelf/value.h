/*
 * Values as the attributes and tags of a playlist spell them (RFC 8216bis 4.2).
 *
 * Pure: a number or words in, text appended. It knows no playlist.
 *
 * Runs on: any thread.
 * Memory:  everything is borrowed.
 */
#ifndef SHELF_VALUE_H
#define SHELF_VALUE_H

#include <glib.h>

/* 1/90000 s as seconds with five decimals. */
void value_seconds(GString *out, int64_t ticks);
/* "2023-11-14T22:13:20.000Z" (ISO 8601). */
void value_date(GString *out, int64_t utc_ms);
/* In quotes; a quotation mark among the words becomes another one. They have no control characters. */
void value_quoted(GString *out, const char *words);

#endif
