/*
 * The verdict on one beat: pure, no clock, no database, no session.
 *
 * A claim [from, to) loses what is not content, what was not delivered, and what the clock does not allow; the rest
 * is accepted. Only what is new is gained.
 *
 * A purse holds the time a learner may still claim. It begins with LEDGER_SLACK_MS; time that passes fills it up to
 * JUDGE_PURSE_MS, claims empty it. So all that is ever credited is at most the time that passed and the slack, once,
 * however the claims are cut; and an honest beat that a bad network held up for some intervals loses nothing. The
 * purse belongs to the learner, not to the session: a new session is no new purse.
 *
 * Runs on: any thread.
 * Memory:  the accepted coverage in a judgement is yours.
 */
#ifndef LEDGER_JUDGE_H
#define LEDGER_JUDGE_H

#include "ledger/coverage.h"
#include "ledger/ledger.h"

#define JUDGE_EDGE_MS                                                                              \
    50 /* media times are rounded on their way: so much beside what was delivered is delivered */
#define JUDGE_BEATS_KEPT 3 /* a claim may reach back so many intervals, and the slack */
#define JUDGE_PURSE_MS (JUDGE_BEATS_KEPT * LEDGER_INTERVAL_MS + LEDGER_SLACK_MS)

typedef struct {
    int64_t media_us;  /* title time that may still be claimed, 1/1000 ms */
    int64_t credit_ms; /* credit, which never runs faster than the clock */
} judge_purse;

typedef struct {
    int64_t from_ms, to_ms;
    int64_t passed_ms; /* by the server's clock since this learner's purse was last filled */
    int32_t rate_permille;
    bool visible, playing;
    const coverage *content, *delivered, *covered;
} judge_claim;

typedef struct {
    coverage *accepted; /* to be added to what is covered; may overlap it */
    int64_t gained_ms;  /* credit */
    int64_t refused_ms[REFUSED_COUNT];
} judgement;

judge_purse judge_purse_new(void);
judgement judge(const judge_claim *claim, judge_purse *purse);

#endif
