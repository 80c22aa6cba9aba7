/*
 * The chain of records: each hash is SHA-256 over the hash before it and the record's text.
 *
 * Pure: it stores nothing. The first record stands on 32 zero bytes. A record's text carries its day, so the first
 * record of a day is bound to the last of the day before.
 *
 * Runs on: any thread.
 * Memory:  values.
 */
#ifndef LEDGER_CHAIN_H
#define LEDGER_CHAIN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/coverage.h"

#define CHAIN_HASH_BYTES 32
#define CHAIN_REFUSED_MAX 16 /* reasons there may ever be */
#define CHAIN_TITLE_MAX 33

typedef struct {
    guint8 bytes[CHAIN_HASH_BYTES];
} chain_hash;

chain_hash chain_start(void);
chain_hash chain_next(const chain_hash *before, const char *body);
bool chain_equal(const chain_hash *a, const chain_hash *b);
char *chain_hex(const chain_hash *hash); /* you own it */

/* What one record says: what this learner gained on this title since the record before. */
typedef struct {
    int64_t n;     /* from 1, no number missing */
    int64_t at_ms; /* UTC */
    int64_t person;
    char title_id[CHAIN_TITLE_MAX];
    coverage *gained;                      /* new stretches; owned by the record */
    int64_t gained_ms;                     /* credit added */
    int64_t credited_ms, covered_ms;       /* totals with this record */
    int64_t refused_ms[CHAIN_REFUSED_MAX]; /* added since, by reason */
} chain_record;

/* Canonical JSON: fixed order of keys, no white space. You own it. */
char *chain_body(const chain_record *record);
/* The reverse; INPUT error unless chain_body would write exactly this text. */
bool chain_read(const char *body, chain_record *record, GError **error);
void chain_record_clear(chain_record *record);

/* "2026-11-23": the civil date in China (UTC+8), by which days are counted. */
void chain_day(int64_t utc_ms, char day[11]);

#endif
