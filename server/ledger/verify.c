/* The check anybody can run on a copy of the database: the chain, and every balance against it. */
#include <string.h>

#include "ledger/account.h"
#include "ledger/chain.h"
#include "ledger/ledger.h"

#define ROWS_AT_ONCE 512
/* Rows of before 2026-12 keep the moment of the beat itself: its record came with the next flush. */
#define MOMENT_EARLY_MS 60000

/* A page of the chain, copied out so that other statements may run. */
typedef struct {
    int64_t n, person;
    char *title_id, *body;
    GBytes *hash;
} chain_link;

static void link_clear(gpointer data)
{
    chain_link *is = data;
    g_free(is->title_id);
    g_free(is->body);
    g_clear_pointer(&is->hash, g_bytes_unref);
}

static GArray *read_links(records *db, int64_t after, GError **error)
{
    GArray *links = g_array_new(FALSE, TRUE, sizeof(chain_link));
    g_array_set_clear_func(links, link_clear);
    query *row = records_query(db, SQL_CHAIN_AFTER, "ii", after, (int64_t)ROWS_AT_ONCE);
    query_step_result step;
    while ((step = query_step(row, error)) == QUERY_ROW) {
        chain_link one = {.n = query_int(row, 0),
                          .person = query_int(row, 1),
                          .title_id = g_strdup(query_text(row, 2)),
                          .body = g_strdup(query_text(row, 3)),
                          .hash = query_blob(row, 4)};
        g_array_append_val(links, one);
    }
    if (step == QUERY_END)
        return links;
    g_array_unref(links);
    return NULL;
}

static bool damaged(GError **error, int64_t n, const char *what)
{
    error_set(error, ERROR_CONFLICT, "chain_damaged", NULL, "record %" G_GINT64_FORMAT ": %s", n,
              what);
    return false;
}

static bool check_link(const chain_link *is, int64_t before, chain_hash *head, GError **error)
{
    chain_record record;
    if (is->n != before + 1)
        return damaged(error, before + 1, "it is missing");
    if (!is->body || !chain_read(is->body, &record, NULL))
        return damaged(error, is->n, "its text is not that of a record");
    bool own = record.n == is->n && record.person == is->person &&
               g_strcmp0(record.title_id, is->title_id) == 0;
    chain_record_clear(&record);
    if (!own)
        return damaged(error, is->n, "its text is that of another record");
    *head = chain_next(head, is->body);
    if (!is->hash || g_bytes_get_size(is->hash) != CHAIN_HASH_BYTES ||
        memcmp(g_bytes_get_data(is->hash, NULL), head->bytes, CHAIN_HASH_BYTES) != 0)
        return damaged(error, is->n,
                       "its hash does not follow from its text and the record before");
    return true;
}

/* Somebody's evidence is found where the chain once ended. */
static void find_head(GHashTable *heads, const chain_hash *head)
{
    g_autofree char *hex = heads ? chain_hex(head) : NULL;
    if (hex)
        g_hash_table_remove(heads, hex);
}

static bool check_chain(records *db, GHashTable *heads, int64_t *checked, GError **error)
{
    chain_hash head = chain_start();
    find_head(heads, &head);
    for (guint got = ROWS_AT_ONCE; got == ROWS_AT_ONCE;) {
        g_autoptr(GArray) links = read_links(db, *checked, error);
        if (!links)
            return false;
        got = links->len;
        for (guint i = 0; i < got; i++, ++*checked) {
            if (!check_link(&g_array_index(links, chain_link, i), *checked, &head, error))
                return false;
            find_head(heads, &head);
        }
    }
    return true;
}

/* ---- balances ---- */

typedef struct {
    int64_t person;
    char title_id[33];
    char *covered, *refused;
    int64_t covered_ms, credited_ms, first_ms, last_ms;
} balance;

static void balance_clear(gpointer data)
{
    balance *is = data;
    g_free(is->covered);
    g_free(is->refused);
}

static GArray *read_balances(records *db, const balance *after, GError **error)
{
    GArray *balances = g_array_new(FALSE, TRUE, sizeof(balance));
    g_array_set_clear_func(balances, balance_clear);
    query *row = records_query(db, SQL_ACCOUNTS_AFTER, "iti", after->person, after->title_id,
                               (int64_t)ROWS_AT_ONCE);
    query_step_result step;
    while ((step = query_step(row, error)) == QUERY_ROW) {
        balance one = {.person = query_int(row, 0),
                       .covered = g_strdup(query_text(row, 2)),
                       .covered_ms = query_int(row, 3),
                       .credited_ms = query_int(row, 4),
                       .refused = g_strdup(query_text(row, 5)),
                       .first_ms = query_int(row, 6),
                       .last_ms = query_int(row, 7)};
        g_strlcpy(one.title_id, query_text(row, 1), sizeof one.title_id);
        g_array_append_val(balances, one);
    }
    if (step == QUERY_END)
        return balances;
    g_array_unref(balances);
    return NULL;
}

/* What the records of one account add up to. */
typedef struct {
    coverage *covered;
    int64_t credited_ms;
    int64_t refused_ms[CHAIN_REFUSED_MAX];
    int64_t first_ms, last_ms; /* of the records that gave credit */
    int64_t last_n, count;
} sum;

static void add_record(sum *of, const char *body)
{
    chain_record record;
    if (!chain_read(body, &record, NULL))
        return; /* the chain's own check has named it already */
    coverage_add_all(of->covered, record.gained);
    of->credited_ms += record.gained_ms;
    if (record.gained_ms > 0) {
        of->first_ms = of->first_ms ? of->first_ms : record.at_ms;
        of->last_ms = record.at_ms;
    }
    for (int i = 0; i < CHAIN_REFUSED_MAX; i++)
        of->refused_ms[i] += record.refused_ms[i];
    of->last_n = record.n;
    of->count++;
    chain_record_clear(&record);
}

static bool add_up(records *db, const balance *is, sum *of, GError **error)
{
    for (int got = ROWS_AT_ONCE; got == ROWS_AT_ONCE;) {
        query_step_result step;
        query *row = records_query(db, SQL_CHAIN_OF_ACCOUNT, "itii", is->person, is->title_id,
                                   of->last_n, (int64_t)ROWS_AT_ONCE);
        for (got = 0; (step = query_step(row, error)) == QUERY_ROW; got++)
            add_record(of, query_text(row, 0));
        if (step != QUERY_END)
            return false;
    }
    return true;
}

static bool same_balance(const balance *is, const sum *of)
{
    g_autofree char *covered = coverage_text(of->covered);
    g_autofree char *refused = account_refused_text(of->refused_ms);
    return g_strcmp0(covered, is->covered) == 0 && g_strcmp0(refused, is->refused) == 0 &&
           of->credited_ms == is->credited_ms && coverage_total(of->covered) == is->covered_ms;
}

static bool same_moment(int64_t kept_ms, int64_t record_ms)
{
    return kept_ms <= record_ms && kept_ms >= record_ms - MOMENT_EARLY_MS;
}

/* NULL: nothing. */
static const char *what_differs(const balance *is, const sum *of)
{
    if (!same_balance(is, of))
        return "balance";
    if (!same_moment(is->first_ms, of->first_ms))
        return "first moment of learning";
    return same_moment(is->last_ms, of->last_ms) ? NULL : "last moment of learning";
}

static bool check_balance(records *db, const balance *is, int64_t *records_used, GError **error)
{
    sum of = {.covered = coverage_new()};
    bool added = add_up(db, is, &of, error);
    const char *wrong = added ? what_differs(is, &of) : NULL;
    coverage_free(of.covered);
    *records_used += of.count;
    if (wrong)
        error_set(error, ERROR_CONFLICT, "balance_damaged", NULL,
                  "the %s of person %" G_GINT64_FORMAT
                  " for title %s is not what its records say (the last one is %" G_GINT64_FORMAT
                  ")",
                  wrong, is->person, is->title_id, of.last_n);
    return added && !wrong;
}

static bool check_balances(records *db, int64_t *checked, int64_t *records_used, GError **error)
{
    balance last = {0};
    for (guint got = ROWS_AT_ONCE; got == ROWS_AT_ONCE;) {
        g_autoptr(GArray) balances = read_balances(db, &last, error);
        if (!balances)
            return false;
        got = balances->len;
        for (guint i = 0; i < got; i++, ++*checked) {
            const balance *is = &g_array_index(balances, balance, i);
            if (!check_balance(db, is, records_used, error))
                return false;
            last.person = is->person;
            g_strlcpy(last.title_id, is->title_id, sizeof last.title_id);
        }
    }
    return true;
}

static bool has_balance(records *db, const chain_link *is, GError **error)
{
    query *row = records_query(db, SQL_ACCOUNT_READ, "it", is->person, is->title_id);
    query_step_result found = query_step(row, error);
    return found == QUERY_ROW ||
           (found == QUERY_END && damaged(error, is->n, "its balance is missing"));
}

/* Some record is of no balance: says which one comes first. */
static bool name_orphan(records *db, GError **error)
{
    int64_t last = 0;
    for (guint got = ROWS_AT_ONCE; got == ROWS_AT_ONCE;) {
        g_autoptr(GArray) links = read_links(db, last, error);
        if (!links)
            return false;
        got = links->len;
        for (guint i = 0; i < got; i++) {
            const chain_link *is = &g_array_index(links, chain_link, i);
            if (!has_balance(db, is, error))
                return false;
            last = is->n;
        }
    }
    return damaged(error, last, "records and balances do not meet");
}

bool ledger_verify(records *db, GHashTable *heads, int64_t *records_checked,
                   int64_t *balances_checked, GError **error)
{
    int64_t records_used = 0;
    *records_checked = *balances_checked = 0;
    return check_chain(db, heads, records_checked, error) &&
           check_balances(db, balances_checked, &records_used, error) &&
           (records_used == *records_checked || name_orphan(db, error));
}
