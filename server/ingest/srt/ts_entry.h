/*
 * Where a reader may begin in an MPEG transport stream: at a keyframe, after the tables that say
 * what is in it.
 *
 * Of all a stream carries it reads the first program's PAT and PMT, and of its picture the bit that
 * marks a place of random access; without a picture any beginning of a sound will do. Encoders that
 * never set the bit have no such place.
 * Source: ISO/IEC 13818-1, 2.4.3 (packets, adaptation field) and 2.4.4 (tables).
 *
 * Runs on: any thread, one at a time.
 * Memory:  you own what ts_entry_new() returns.
 */
#ifndef SRT_TS_ENTRY_H
#define SRT_TS_ENTRY_H

#include <glib.h>
#include <stdint.h>

#define TS_PACKET 188 /* bytes */

typedef struct ts_entry ts_entry;

ts_entry *ts_entry_new(void);
void ts_entry_free(ts_entry *e); /* NULL is fine */

/* Reads on; appends to `found` (of gsize) where in these bytes a reader may begin, ascending. */
void ts_entry_read(ts_entry *e, const uint8_t *data, gsize size, GArray *found);

/* The tables read last, packet by packet, as bytes to read before such a place; 0: none as yet. */
gsize ts_entry_tables(const ts_entry *e, const uint8_t **tables);

#endif
