/*
 * Which stretches of one title: watched by a learner, delivered to one, or filled with media.
 *
 * A set of half-open spans in title milliseconds; spans that touch are one span. It knows no learner, clock or
 * database: the same spans in any order give the same coverage.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what the functions returning coverage * return; every other pointer is borrowed.
 */
#ifndef LEDGER_COVERAGE_H
#define LEDGER_COVERAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define COVERAGE_MS_MAX (30LL * 24 * 3600 * 1000) /* no title is longer than a month */
#define COVERAGE_SPANS_MAX 20000                  /* no honest month of watching has so many */

typedef struct {
    int64_t from_ms, to_ms;
} ledger_span;

typedef struct coverage coverage;

coverage *coverage_new(void);
coverage *coverage_copy(const coverage *of);
void coverage_free(coverage *is); /* NULL is fine */

/* Adds [from_ms, to_ms); returns how many ms of it are new. 0 and nothing changed if it is empty, outside
 * [0, COVERAGE_MS_MAX], or would be one stretch more than COVERAGE_SPANS_MAX. */
int64_t coverage_add(coverage *is, int64_t from_ms, int64_t to_ms);
void coverage_add_all(coverage *is, const coverage *other);

int64_t coverage_total(const coverage *is);       /* ms */
const GArray *coverage_spans(const coverage *is); /* of ledger_span, sorted, apart */
bool coverage_empty(const coverage *is);

/* New: what both have; what `is` has and `without` has not. */
coverage *coverage_common(const coverage *is, const coverage *with);
coverage *coverage_minus(const coverage *is, const coverage *without);
/* New: its first ms milliseconds. */
coverage *coverage_first(const coverage *is, int64_t ms);
/* New: each span begins ms earlier (not before 0) and ends ms later. */
coverage *coverage_grown(const coverage *is, int64_t ms);
/* New: from an array of ledger_span; spans that cannot be are left out. NULL gives an empty one. */
coverage *coverage_of(const GArray *spans);

/* "0-5000,7000-9000"; "" when empty. You own it. */
char *coverage_text(const coverage *is);
/* The reverse. INPUT error unless the spans rise, are apart and within bounds. */
coverage *coverage_parse(const char *text, GError **error);

#endif
