#include "ledger/judge.h"

judge_purse judge_purse_new(void)
{
    return (judge_purse){LEDGER_SLACK_MS * 1000, LEDGER_SLACK_MS};
}

/* Media runs by the rate and LEDGER_SLACK_PERMILLE more (a player's clock is not ours); credit by the clock alone. */
static void fill(judge_purse *purse, int64_t passed_ms, int32_t rate_permille)
{
    const int64_t media_max_us = JUDGE_PURSE_MS * (int64_t)LEDGER_RATE_MAX_PERMILLE;
    int64_t rate = CLAMP(rate_permille, 0, LEDGER_RATE_MAX_PERMILLE) + LEDGER_SLACK_PERMILLE;
    int64_t passed =
        CLAMP(passed_ms, 0, JUDGE_PURSE_MS); /* more than a purse holds fills it and no more */
    purse->media_us = MIN(purse->media_us + passed * rate, media_max_us);
    purse->credit_ms = MIN(purse->credit_ms + passed, JUDGE_PURSE_MS);
}

static coverage *keep(coverage *claimed, const coverage *allowed, ledger_reason reason,
                      judgement *is)
{
    coverage *kept = coverage_common(claimed, allowed);
    is->refused_ms[reason] += coverage_total(claimed) - coverage_total(kept);
    coverage_free(claimed);
    return kept;
}

static coverage *keep_delivered(coverage *claimed, const coverage *delivered, judgement *is)
{
    coverage *grown = coverage_grown(delivered, JUDGE_EDGE_MS);
    coverage *kept = keep(claimed, grown, REFUSED_NOT_DELIVERED, is);
    coverage_free(grown);
    return kept;
}

static coverage *keep_paid(coverage *claimed, const judge_claim *claim, judge_purse *purse,
                           judgement *is)
{
    int64_t wanted_ms = coverage_total(claimed);
    int64_t allowed_ms = MIN(wanted_ms, purse->media_us / 1000);
    bool too_fast = claim->rate_permille > LEDGER_RATE_MAX_PERMILLE;
    purse->media_us -= allowed_ms * 1000;
    is->refused_ms[too_fast ? REFUSED_RATE : REFUSED_CLOCK] += wanted_ms - allowed_ms;
    coverage *kept = coverage_first(claimed, allowed_ms);
    coverage_free(claimed);
    return kept;
}

static int64_t gain(const coverage *accepted, const coverage *covered, judge_purse *purse)
{
    coverage *news = coverage_minus(accepted, covered);
    int64_t gained_ms = MIN(coverage_total(news), purse->credit_ms);
    purse->credit_ms -= gained_ms;
    coverage_free(news);
    return gained_ms;
}

judgement judge(const judge_claim *claim, judge_purse *purse)
{
    judgement is = {0};
    fill(purse, claim->passed_ms, claim->rate_permille);
    if (!claim->visible || !claim->playing) {
        is.refused_ms[claim->visible ? REFUSED_PAUSED : REFUSED_HIDDEN] =
            claim->to_ms - claim->from_ms;
        is.accepted = coverage_new();
        return is;
    }
    coverage *claimed = coverage_new();
    coverage_add(claimed, claim->from_ms, claim->to_ms);
    claimed = keep(claimed, claim->content, REFUSED_NOT_CONTENT, &is);
    claimed = keep_delivered(claimed, claim->delivered, &is);
    is.accepted = keep_paid(claimed, claim, purse, &is);
    is.gained_ms = gain(is.accepted, claim->covered, purse);
    return is;
}
