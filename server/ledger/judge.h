/*
 * The verdict on one beat: pure, no clock, no database, no session.
 *
 * A claim [from, to) loses what is not content, what was not delivered, and what the clock does not allow; the rest
 * is accepted. Only what is new is gained. A purse holds the time a learner may still claim ahead of the clock: it
 * begins with LEDGER_SLACK_MS, time that passed unclaimed goes back into it up to that bound, and it belongs to the
 * learner, not to the session, so that a new session is no new purse.
 *
 * Runs on: any thread.
 * Memory:  the accepted coverage in a judgement is yours.
 */
#ifndef LEDGER_JUDGE_H
#define LEDGER_JUDGE_H

#include "ledger/coverage.h"
#include "ledger/ledger.h"

#define JUDGE_EDGE_MS 60     /* media times are rounded to ms; a hole this small between two parts is none */
#define JUDGE_BEATS_KEPT 3   /* a beat may stand for at most so many intervals of time */

typedef struct {
    int64_t media_ms;  /* title time that may still be claimed ahead */
    int64_t credit_ms; /* the same for credit, which never runs faster than the clock */
} judge_purse;

typedef struct {
    int64_t from_ms, to_ms;
    int64_t passed_ms; /* by the server's clock since the last beat of this session */
    int32_t rate_permille;
    bool visible, playing;
    const coverage *content, *delivered, *covered;
} judge_claim;

typedef struct {
    coverage *accepted; /* to be added to what is covered; may overlap it */
    int64_t gained_ms;  /* credit */
    int64_t refused_ms[REFUSED_COUNT];
} judgement;

judge_purse judge_purse_full(void);
judgement judge(const judge_claim *claim, judge_purse *purse);

#endif
