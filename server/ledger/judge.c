#include "ledger/judge.h"

judge_purse judge_purse_full(void)
{
    return (judge_purse){LEDGER_SLACK_MS, LEDGER_SLACK_MS};
}

/* Keeps of `claimed` what `allowed` has, within the rounding of edges; what falls away is noted under the reason. */
static coverage *keep(coverage *claimed, const coverage *allowed, ledger_reason reason, judgement *is)
{
    coverage *closed = coverage_closed(allowed, JUDGE_EDGE_MS);
    coverage *kept = coverage_common(claimed, closed);
    int64_t lost = coverage_total(claimed) - coverage_total(kept);
    if (lost > 0)
        is->refused_ms[reason] += lost;
    coverage_free(closed);
    coverage_free(claimed);
    return kept;
}

/* Takes from the time that passed and the purse; what is not used goes back as far as the purse holds. */
static int64_t spend(int64_t wanted_ms, int64_t earned_ms, int64_t *purse_ms)
{
    int64_t available = earned_ms + *purse_ms;
    int64_t spent = MIN(wanted_ms, available);
    *purse_ms = MIN(available - spent, LEDGER_SLACK_MS);
    return spent;
}

static coverage *within_clock(coverage *claimed, const judge_claim *claim, int64_t passed_ms, judge_purse *purse,
                              judgement *is)
{
    int64_t rate = CLAMP(claim->rate_permille, 0, LEDGER_RATE_MAX_PERMILLE);
    int64_t wanted = coverage_total(claimed);
    int64_t allowed = spend(wanted, passed_ms * rate / 1000, &purse->media_ms);
    bool too_fast = claim->rate_permille > LEDGER_RATE_MAX_PERMILLE;
    is->refused_ms[too_fast ? REFUSED_RATE : REFUSED_CLOCK] += wanted - allowed;
    coverage *kept = coverage_first(claimed, allowed);
    coverage_free(claimed);
    return kept;
}

static void refuse_all(const judge_claim *claim, ledger_reason reason, judgement *is)
{
    is->refused_ms[reason] += claim->to_ms - claim->from_ms;
    is->accepted = coverage_new();
}

judgement judge(const judge_claim *claim, judge_purse *purse)
{
    judgement is = {0};
    int64_t passed_ms = CLAMP(claim->passed_ms, 0, JUDGE_BEATS_KEPT * LEDGER_INTERVAL_MS);
    if (!claim->visible || !claim->playing) {
        refuse_all(claim, claim->visible ? REFUSED_PAUSED : REFUSED_HIDDEN, &is);
        return is;
    }
    coverage *claimed = coverage_new();
    coverage_add(claimed, claim->from_ms, claim->to_ms);
    claimed = keep(claimed, claim->content, REFUSED_NOT_CONTENT, &is);
    claimed = keep(claimed, claim->delivered, REFUSED_NOT_DELIVERED, &is);
    is.accepted = within_clock(claimed, claim, passed_ms, purse, &is);
    coverage *news = coverage_minus(is.accepted, claim->covered);
    is.gained_ms = spend(coverage_total(news), passed_ms, &purse->credit_ms);
    coverage_free(news);
    return is;
}
