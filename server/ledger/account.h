/*
 * What one learner has of one title: covered, delivered, credited, refused; as stored and as changed since.
 *
 * Runs on: the clerk's thread.
 * Memory:  you own what account_load() returns.
 */
#ifndef LEDGER_ACCOUNT_H
#define LEDGER_ACCOUNT_H

#include "ledger/chain.h"
#include "ledger/coverage.h"
#include "ledger/ledger.h"
#include "records/records.h"

typedef struct {
    int64_t person;
    char title_id[33];
    coverage *covered, *delivered;
    int64_t credited_ms, resume_ms;
    /* UTC of the first and the last record that gave credit; 0: none yet */
    int64_t first_ms, last_ms;
    int64_t refused_ms[REFUSED_COUNT];
    /* since the last record on the chain */
    coverage *new_covered;
    int64_t new_credit_ms;
    int64_t new_refused_ms[REFUSED_COUNT];
    bool earned;      /* a record is due */
    bool touched;     /* the row is behind */
    bool complete;    /* as last told to its learner */
    int64_t record_n; /* of the last record this memory wrote; 0: none */
    int64_t used_ms;  /* monotonic: for the cache */
} account;

/* From its row, or empty. STORAGE error. */
account *account_load(records *db, int64_t person, const char *title_id, GError **error);
void account_free(account *is); /* NULL is fine */
/* What was written did not hold: all that this memory has beyond the row is new again. STORAGE error: nothing changed. */
bool account_rebase(account *is, records *db, GError **error);

void account_refuse(account *is, ledger_reason reason, int64_t ms);
/*
 * Adds what is new of it; returns the credit given: gained_ms, or less when the account has so many stretches that it
 * takes no more. What is not remembered as covered is not credited: it could be claimed again.
 */
int64_t account_accept(account *is, const coverage *accepted, int64_t gained_ms);

/* Writes the row; with a record on the chain behind *head when one is due, and moves the head. */
bool account_write(account *is, records *db, int64_t utc_ms, int64_t *head_n, chain_hash *head,
                   GError **error);

/* "2:5000,3:40", reason numbers; and back (unknown text gives zeros). */
char *account_refused_text(const int64_t refused_ms[REFUSED_COUNT]);
void account_refused_parse(const char *text, int64_t refused_ms[REFUSED_COUNT]);

#endif
