/*
 * Which seconds of learning count, for whom, and the chain that proves it.
 *
 * Judges beats against the server's clock, the delivered spans, the lesson's content and the one lease a learner has;
 * keeps coverage and credit per (person, title) in memory and writes them once a second as absolute values, each
 * with a record on the chain. It knows no sockets and no courses.
 *
 * Runs on: the clerk's thread, all of it.
 * Memory:  you own what ledger_new() returns; verdicts are values, their spans are yours to free.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ledger/coverage.h"
#include "records/records.h"

#define LEDGER_INTERVAL_MS 5000 /* between beats, as told to the player */
#define LEDGER_SLACK_MS 5000    /* once a learner, not per session */
#define LEDGER_SLACK_PERMILLE                                                                      \
    10 /* so much faster than its rate a player's clock may run; credit never */
#define LEDGER_RATE_MAX_PERMILLE 2000
#define LEDGER_CACHE_MAX 200000 /* (person, title) in memory; written ones idle longest go first */

typedef enum {
    REFUSED_LEASE,
    REFUSED_SEQUENCE,
    REFUSED_NONCE,
    REFUSED_CLOCK,
    REFUSED_NOT_DELIVERED,
    REFUSED_RATE,
    REFUSED_HIDDEN,
    REFUSED_PAUSED,
    REFUSED_NOT_CONTENT,
    REFUSED_COUNT
} ledger_reason;
const char *ledger_reason_word(ledger_reason reason); /* "not_delivered" */

typedef struct ledger ledger;
ledger *ledger_new(base_clock *clock);
void ledger_free(ledger *ledger); /* flush first */

/* What the loop knows about a title and gives along by value. */
typedef struct {
    char title_id[33];
    bool ended;      /* its content will not grow */
    GArray *content; /* of ledger_span, sorted */
} ledger_title;
typedef struct {
    char session[33];
    char nonce[33];
    int64_t covered_ms, credited_ms, content_ms, resume_ms;
    GArray *covered;         /* of ledger_span; yours */
    char ousted_session[33]; /* the session that held the learner's lease until now, or "" */
    bool complete;
} ledger_lease;
/* Takes the learner-wide lease for this title. With nobody's lease known (a restart), a beat is out of sequence. */
bool ledger_watch(ledger *ledger, records *db, int64_t person, const ledger_title *title,
                  ledger_lease *lease, GError **error);

typedef struct {
    char session[33], nonce[33];
    int64_t seq; /* from 1 */
    int64_t from_ms, to_ms;
    int32_t rate_permille;
    bool visible, playing;
} ledger_beat;
typedef struct {
    int64_t seq;
    char nonce[33]; /* for the next beat */
    int64_t gained_ms, credited_ms, covered_ms, content_ms;
    int64_t refused_ms[REFUSED_COUNT];
    bool lease_lost; /* this session earns nothing any more */
    bool complete;   /* all content is covered within LEDGER tolerance (title ended) */
    bool completed_now;
} ledger_verdict;
/* delivered: spans newly delivered to this person for this title (array of ledger_span, may be NULL). */
bool ledger_judge(ledger *ledger, records *db, int64_t person, const ledger_title *title,
                  const GArray *delivered, const ledger_beat *beat, ledger_verdict *verdict,
                  GError **error);
/* Spans delivered outside a beat (once a second for everybody). */
bool ledger_delivered(ledger *ledger, records *db, int64_t person, const char *title_id,
                      int64_t from_ms, int64_t to_ms, GError **error);

/*
 * Writes everything dirty, each with its chain record. Called once a second in a clerk job, and before reading. What a
 * transaction that is rolled back took with it is written again by the next flush. STORAGE error.
 */
bool ledger_flush(ledger *ledger, records *db, GError **error);

/* As flushed: zeros when nothing was learnt. first and last: UTC of the records that gave credit. Any connection. */
typedef struct {
    int64_t covered_ms, credited_ms, resume_ms, first_ms, last_ms;
    GArray *covered; /* of ledger_span; yours (g_array_unref) */
    int64_t refused_ms[REFUSED_COUNT];
} ledger_progress;
bool ledger_read(records *db, int64_t person, const char *title_id, ledger_progress *progress,
                 GError **error);
/* Everything one person has learnt of any title: array of ledger_learnt, at most `limit`; yours. NULL on error. */
typedef struct {
    char title_id[33];
    int64_t credited_ms, covered_ms, last_ms;
} ledger_learnt;
GArray *ledger_of_person(records *db, int64_t person, int limit, GError **error);
/* Who has learnt something of a title: array of int64_t person ids above after_person, rising, at most `limit`. */
GArray *ledger_people_of(records *db, const char *title_id, int64_t after_person, int limit,
                         GError **error);
/* Is so much of a title's content all of it, but for what a player misses at the ends? Pure; award uses it too. */
bool ledger_whole(int64_t covered_ms, int64_t content_ms);
/* The newest chain hash of all, hex, for certificates and exports; of an empty chain 64 zeros. You own it. */
char *ledger_head(records *db, GError **error);

/*
 * Recomputes the chain, every balance, and its first and last moment. False with *error on damage, naming the first wrong
 * record; counts told. heads (may be NULL): ledger_head()s somebody keeps, the text as key; those the chain has had are
 * taken out of it.
 */
bool ledger_verify(records *db, GHashTable *heads, int64_t *records_checked,
                   int64_t *balances_checked, GError **error);

#endif
