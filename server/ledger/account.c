#include "ledger/account.h"

#include <string.h>

G_STATIC_ASSERT(REFUSED_COUNT <= CHAIN_REFUSED_MAX);

char *account_refused_text(const int64_t refused_ms[REFUSED_COUNT])
{
    GString *out = g_string_new(NULL);
    for (int i = 0; i < REFUSED_COUNT; i++)
        if (refused_ms[i])
            g_string_append_printf(out, "%s%d:%" G_GINT64_FORMAT, out->len ? "," : "", i,
                                   refused_ms[i]);
    return g_string_free(out, FALSE);
}

void account_refused_parse(const char *text, int64_t refused_ms[REFUSED_COUNT])
{
    g_auto(GStrv) pairs = g_strsplit(text ? text : "", ",", REFUSED_COUNT + 1);
    memset(refused_ms, 0, REFUSED_COUNT * sizeof *refused_ms);
    for (char **pair = pairs; *pair; pair++) {
        char *colon = NULL;
        guint64 reason = g_ascii_strtoull(*pair, &colon, 10);
        if (reason < REFUSED_COUNT && *colon == ':')
            refused_ms[reason] = g_ascii_strtoll(colon + 1, NULL, 10);
    }
}

static account *account_new(int64_t person, const char *title_id)
{
    account *is = g_new0(account, 1);
    is->person = person;
    g_strlcpy(is->title_id, title_id, sizeof is->title_id);
    is->new_covered = coverage_new();
    return is;
}

void account_free(account *is)
{
    if (!is)
        return;
    coverage_free(is->covered);
    coverage_free(is->delivered);
    coverage_free(is->new_covered);
    g_free(is);
}

static bool fill(account *is, query *row, GError **error)
{
    is->covered = coverage_parse(query_text(row, 0), error);
    is->delivered = is->covered ? coverage_parse(query_text(row, 1), error) : NULL;
    is->credited_ms = query_int(row, 3);
    is->resume_ms = query_int(row, 4);
    is->first_ms = query_int(row, 5);
    is->last_ms = query_int(row, 6);
    account_refused_parse(query_text(row, 7), is->refused_ms);
    return is->delivered != NULL;
}

account *account_load(records *db, int64_t person, const char *title_id, GError **error)
{
    account *is = account_new(person, title_id);
    query *row = records_query(db, SQL_ACCOUNT_READ, "it", person, title_id);
    query_step_result found = query_step(row, error);
    bool loaded = found == QUERY_ROW && fill(is, row, error);
    if (found == QUERY_END) {
        is->covered = coverage_new();
        is->delivered = coverage_new();
        loaded = true;
    }
    if (loaded)
        return is;
    account_free(is);
    return NULL;
}

bool account_rebase(account *is, records *db, GError **error)
{
    account *stored = account_load(db, is->person, is->title_id, error);
    if (!stored)
        return false;
    coverage_free(is->new_covered);
    is->new_covered = coverage_minus(is->covered, stored->covered);
    is->new_credit_ms = is->credited_ms - stored->credited_ms;
    is->earned = is->new_credit_ms > 0 || coverage_total(is->new_covered) > 0;
    for (int i = 0; i < REFUSED_COUNT; i++) {
        is->new_refused_ms[i] = is->refused_ms[i] - stored->refused_ms[i];
        is->earned = is->earned || is->new_refused_ms[i] > 0;
    }
    is->first_ms = stored->first_ms;
    is->last_ms = stored->last_ms;
    is->record_n = 0;
    is->touched = true;
    account_free(stored);
    return true;
}

void account_refuse(account *is, ledger_reason reason, int64_t ms)
{
    if (ms <= 0)
        return;
    is->refused_ms[reason] += ms;
    is->new_refused_ms[reason] += ms;
    is->earned = is->touched = true;
}

/* How many ms of them the account has taken. */
static int64_t cover(account *is, const coverage *news)
{
    const GArray *spans = coverage_spans(news);
    int64_t taken_ms = 0;
    for (guint i = 0; i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        int64_t ms = coverage_add(is->covered, span->from_ms, span->to_ms);
        if (ms > 0)
            coverage_add(is->new_covered, span->from_ms, span->to_ms);
        taken_ms += ms;
    }
    return taken_ms;
}

int64_t account_accept(account *is, const coverage *accepted, int64_t gained_ms)
{
    coverage *news = coverage_minus(accepted, is->covered);
    int64_t taken_ms = cover(is, news);
    coverage_free(news);
    is->earned = is->earned || taken_ms > 0;
    gained_ms = MIN(gained_ms, taken_ms);
    is->credited_ms += gained_ms;
    is->new_credit_ms += gained_ms;
    is->touched = true;
    return gained_ms;
}

static bool add_record(account *is, records *db, int64_t utc_ms, int64_t *head_n, chain_hash *head,
                       GError **error)
{
    chain_record record = {.n = *head_n + 1,
                           .at_ms = utc_ms,
                           .person = is->person,
                           .gained = is->new_covered,
                           .gained_ms = is->new_credit_ms,
                           .credited_ms = is->credited_ms,
                           .covered_ms = coverage_total(is->covered)};
    g_strlcpy(record.title_id, is->title_id, sizeof record.title_id);
    memcpy(record.refused_ms, is->new_refused_ms, sizeof is->new_refused_ms);
    g_autofree char *body = chain_body(&record);
    chain_hash next = chain_next(head, body);
    g_autoptr(GBytes) hash = g_bytes_new(next.bytes, sizeof next.bytes);
    if (!records_run(db, error, SQL_CHAIN_ADD, "iittb", record.n, is->person, is->title_id, body,
                     hash))
        return false;
    *head_n = record.n;
    *head = next;
    return true;
}

static bool write_row(const account *is, records *db, int64_t first_ms, int64_t last_ms,
                      GError **error)
{
    g_autofree char *covered = coverage_text(is->covered);
    g_autofree char *delivered = coverage_text(is->delivered);
    g_autofree char *refused = account_refused_text(is->refused_ms);
    return records_run(db, error, SQL_ACCOUNT_WRITE,
                       "ittt"
                       "iiiii"
                       "t",
                       is->person, is->title_id, covered, delivered, coverage_total(is->covered),
                       is->credited_ms, is->resume_ms, first_ms, last_ms, refused);
}

bool account_write(account *is, records *db, int64_t utc_ms, int64_t *head_n, chain_hash *head,
                   GError **error)
{
    if (is->earned && !add_record(is, db, utc_ms, head_n, head, error))
        return false;
    /* a credit's moment is its record's, so that the two can be compared */
    int64_t last_ms = is->new_credit_ms > 0 ? utc_ms : is->last_ms;
    int64_t first_ms = is->first_ms ? is->first_ms : last_ms;
    if (!write_row(is, db, first_ms, last_ms, error))
        return false;
    is->first_ms = first_ms;
    is->last_ms = last_ms;
    coverage_free(is->new_covered);
    is->new_covered = coverage_new();
    is->new_credit_ms = 0;
    memset(is->new_refused_ms, 0, sizeof is->new_refused_ms);
    is->record_n = is->earned ? *head_n : is->record_n;
    is->earned = is->touched = false;
    return true;
}
