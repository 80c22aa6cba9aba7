#include "ledger/ledger.h"

#include <string.h>

#include <openssl/rand.h>

#include "base/log.h"
#include "ledger/account.h"
#include "ledger/judge.h"

#define NONCE_BYTES 8
#define SESSION_BYTES 10
#define AGAIN_MS 60000           /* far more than a transaction takes */
#define IDLE_MS (10 * 60 * 1000) /* an account or learner unused so long may leave memory */
#define COMPLETE_PERMILLE 995    /* the player's last frame and the media's last sample differ */
#define COMPLETE_MISSING_MS 1000

/* One person: the lease, and the purse that outlives sessions. */
typedef struct {
    int64_t person;
    judge_purse purse;
    char session[33]; /* "": no lease */
    char title_id[33];
    char nonce[33];
    int64_t seq;         /* of the last beat taken */
    int64_t filled_ms;   /* monotonic time the purse was last filled, or begun */
    int64_t used_ms;     /* monotonic time of the last watch or beat */
    ledger_verdict last; /* told again when the beat comes again */
} learner;

struct ledger {
    base_clock *clock;
    GHashTable *learners; /* person > learner */
    GHashTable *accounts; /* "person title" > account */
    GHashTable *touched;  /* set of accounts: rows that are behind */
    int64_t head_n;       /* of the chain, if everything written so far was committed */
    int64_t swept_ms;
};

static const char *const words[REFUSED_COUNT] = {"lease",  "sequence",      "nonce",
                                                 "clock",  "not_delivered", "rate",
                                                 "hidden", "paused",        "not_content"};

const char *ledger_reason_word(ledger_reason reason)
{
    return words[reason];
}

ledger *ledger_new(base_clock *clock)
{
    ledger *is = g_new0(ledger, 1);
    is->clock = clock;
    is->learners = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    is->accounts =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)account_free);
    is->touched = g_hash_table_new(NULL, NULL);
    return is;
}

void ledger_free(ledger *is)
{
    if (!is)
        return;
    g_hash_table_unref(is->touched);
    g_hash_table_unref(is->accounts);
    g_hash_table_unref(is->learners);
    g_free(is);
}

static void random_hex(char *out, gsize bytes)
{
    guint8 raw[16];
    g_assert(bytes <= sizeof raw && RAND_bytes(raw, (int)bytes) == 1);
    for (gsize i = 0; i < bytes; i++)
        g_snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static learner *learner_of(ledger *is, int64_t person)
{
    learner *found = g_hash_table_lookup(is->learners, &person);
    if (found)
        return found;
    found = g_new0(learner, 1);
    found->person = person;
    found->purse = judge_purse_new();
    found->filled_ms = clock_mono_ms(is->clock);
    g_hash_table_insert(is->learners, &found->person, found);
    return found;
}

static char *account_key(int64_t person, const char *title_id)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", person, title_id);
}

static account *account_of(ledger *is, records *db, int64_t person, const char *title_id,
                           GError **error)
{
    char *key = account_key(person, title_id);
    account *found = g_hash_table_lookup(is->accounts, key);
    if (!found && (found = account_load(db, person, title_id, error)))
        g_hash_table_insert(is->accounts, g_steal_pointer(&key), found);
    g_free(key);
    if (found)
        found->used_ms = clock_mono_ms(is->clock);
    return found;
}

static void touch(ledger *is, account *one)
{
    if (one->touched)
        g_hash_table_add(is->touched, one);
}

/* ---- the lease ---- */

bool ledger_whole(int64_t covered_ms, int64_t content_ms)
{
    int64_t missing_ms = MAX(content_ms - covered_ms, 0);
    return content_ms > 0 && (missing_ms <= MIN(COMPLETE_MISSING_MS, content_ms / 10) ||
                              missing_ms * 1000 <= content_ms * (1000 - COMPLETE_PERMILLE));
}

static bool is_complete(const account *one, const ledger_title *title)
{
    if (!title->ended)
        return false;
    coverage *content = coverage_of(title->content);
    coverage *left = coverage_minus(content, one->covered);
    int64_t whole = coverage_total(content), missing = coverage_total(left);
    coverage_free(content);
    coverage_free(left);
    return ledger_whole(whole - missing, whole);
}

static int64_t content_ms(const ledger_title *title)
{
    coverage *content = coverage_of(title->content);
    int64_t sum = coverage_total(content);
    coverage_free(content);
    return sum;
}

static GArray *copied(const coverage *of)
{
    const GArray *spans = coverage_spans(of);
    GArray *copy = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    return g_array_append_vals(copy, spans->data, spans->len);
}

bool ledger_watch(ledger *is, records *db, int64_t person, const ledger_title *title,
                  ledger_lease *lease, GError **error)
{
    account *one = account_of(is, db, person, title->title_id, error);
    if (!one)
        return false;
    learner *who = learner_of(is, person);
    *lease = (ledger_lease){.covered_ms = coverage_total(one->covered),
                            .credited_ms = one->credited_ms,
                            .content_ms = content_ms(title),
                            .resume_ms = one->resume_ms,
                            .covered = copied(one->covered),
                            .complete = is_complete(one, title)};
    g_strlcpy(lease->ousted_session, who->session, sizeof lease->ousted_session);
    random_hex(who->session, SESSION_BYTES);
    random_hex(who->nonce, NONCE_BYTES);
    g_strlcpy(who->title_id, title->title_id, sizeof who->title_id);
    who->seq = 0;
    who->used_ms = clock_mono_ms(is->clock);
    one->complete = lease->complete;
    g_strlcpy(lease->session, who->session, sizeof lease->session);
    g_strlcpy(lease->nonce, who->nonce, sizeof lease->nonce);
    return true;
}

/* ---- beats ---- */

/* REFUSED_COUNT: it has the lease, its turn and its word. */
static ledger_reason why_not(const learner *who, const ledger_title *title, const ledger_beat *beat)
{
    if (!*who->session) /* nobody has it: the page may take it without asking its person */
        return REFUSED_SEQUENCE;
    if (!g_str_equal(who->session, beat->session) || !g_str_equal(who->title_id, title->title_id))
        return REFUSED_LEASE;
    if (beat->seq != who->seq + 1)
        return REFUSED_SEQUENCE;
    return g_str_equal(who->nonce, beat->nonce) ? REFUSED_COUNT : REFUSED_NONCE;
}

static void totals(const account *one, const ledger_title *title, ledger_verdict *verdict)
{
    verdict->credited_ms = one->credited_ms;
    verdict->covered_ms = coverage_total(one->covered);
    verdict->content_ms = content_ms(title);
}

/* Outside the lease nothing is taken and nothing recorded but the refusal; a broken sequence ends the lease. */
static void refuse(ledger *is, learner *who, account *one, const ledger_title *title,
                   const ledger_beat *beat, ledger_reason reason, ledger_verdict *verdict)
{
    int64_t ms = MIN(beat->to_ms - beat->from_ms, LEDGER_INTERVAL_MS);
    if (reason != REFUSED_LEASE)
        who->session[0] = '\0';
    account_refuse(one, reason, ms);
    touch(is, one);
    *verdict = (ledger_verdict){.seq = beat->seq, .lease_lost = true};
    verdict->refused_ms[reason] = ms;
    totals(one, title, verdict);
}

/* The row is behind when something of it is new. */
static void deliver(ledger *is, account *one, int64_t from_ms, int64_t to_ms)
{
    if (coverage_add(one->delivered, from_ms, to_ms) > 0)
        one->touched = true;
    touch(is, one);
}

static void deliver_all(ledger *is, account *one, const GArray *spans)
{
    for (guint i = 0; spans && i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        deliver(is, one, span->from_ms, span->to_ms);
    }
}

/* The credit it brought. */
static int64_t record(account *one, const judgement *judged, const ledger_beat *beat)
{
    for (int i = 0; i < REFUSED_COUNT; i++)
        account_refuse(one, (ledger_reason)i, judged->refused_ms[i]);
    one->resume_ms = beat->to_ms;
    return account_accept(one, judged->accepted, judged->gained_ms);
}

static void take(ledger *is, learner *who, account *one, const ledger_title *title,
                 const ledger_beat *beat, ledger_verdict *verdict)
{
    int64_t now_ms = clock_mono_ms(is->clock);
    coverage *content = coverage_of(title->content);
    judge_claim claim = {.from_ms = beat->from_ms,
                         .to_ms = beat->to_ms,
                         .passed_ms = now_ms - who->filled_ms,
                         .rate_permille = beat->rate_permille,
                         .visible = beat->visible,
                         .playing = beat->playing,
                         .content = content,
                         .delivered = one->delivered,
                         .covered = one->covered};
    judgement judged = judge(&claim, &who->purse);
    int64_t gained_ms = record(one, &judged, beat);
    coverage_free(judged.accepted);
    coverage_free(content);
    touch(is, one);
    who->filled_ms = who->used_ms = now_ms;
    who->seq = beat->seq;
    random_hex(who->nonce, NONCE_BYTES);
    *verdict = (ledger_verdict){.seq = beat->seq, .gained_ms = gained_ms};
    memcpy(verdict->refused_ms, judged.refused_ms, sizeof verdict->refused_ms);
    g_strlcpy(verdict->nonce, who->nonce, sizeof verdict->nonce);
    totals(one, title, verdict);
    verdict->complete = is_complete(one, title);
    verdict->completed_now = verdict->complete && !one->complete;
    one->complete = verdict->complete;
    who->last = *verdict;
    who->last.completed_now = false;
}

static bool is_sane(const ledger_beat *beat)
{
    return beat->from_ms >= 0 && beat->from_ms < beat->to_ms && beat->to_ms <= COVERAGE_MS_MAX &&
           beat->rate_permille > 0;
}

static bool comes_again(const learner *who, const ledger_beat *beat)
{
    return *who->session && g_str_equal(who->session, beat->session) && who->seq > 0 &&
           beat->seq == who->seq;
}

bool ledger_judge(ledger *is, records *db, int64_t person, const ledger_title *title,
                  const GArray *delivered, const ledger_beat *beat, ledger_verdict *verdict,
                  GError **error)
{
    if (!is_sane(beat)) {
        error_set(error, ERROR_INPUT, "bad_beat", "from_ms",
                  "a beat goes from an earlier to a later time of the title");
        return false;
    }
    account *one = account_of(is, db, person, title->title_id, error);
    if (!one)
        return false;
    learner *who = learner_of(is, person);
    deliver_all(is, one, delivered);
    if (comes_again(who, beat)) {
        *verdict = who->last;
        return true;
    }
    ledger_reason reason = why_not(who, title, beat);
    if (reason == REFUSED_COUNT)
        take(is, who, one, title, beat, verdict);
    else
        refuse(is, who, one, title, beat, reason, verdict);
    return true;
}

bool ledger_delivered(ledger *is, records *db, int64_t person, const char *title_id,
                      int64_t from_ms, int64_t to_ms, GError **error)
{
    account *one = account_of(is, db, person, title_id, error);
    if (one)
        deliver(is, one, from_ms, to_ms);
    return one != NULL;
}

/* ---- writing ---- */

static bool read_head(records *db, int64_t *n, chain_hash *head, GError **error)
{
    query *row = records_query(db, SQL_CHAIN_HEAD, "");
    query_step_result found = query_step(row, error);
    *n = 0;
    *head = chain_start();
    if (found != QUERY_ROW)
        return found == QUERY_END;
    g_autoptr(GBytes) hash = query_blob(row, 1);
    *n = query_int(row, 0);
    if (!hash || g_bytes_get_size(hash) != CHAIN_HASH_BYTES) {
        error_set(error, ERROR_STORAGE, "chain_damaged", NULL,
                  "record %" G_GINT64_FORMAT " of the ledger has no hash: run `jiangtang verify`",
                  *n);
        return false;
    }
    memcpy(head->bytes, g_bytes_get_data(hash, NULL), CHAIN_HASH_BYTES);
    return true;
}

/* One that only had spans delivered leaves no record to miss: its row is written once more. */
static bool write_again(ledger *is, account *one, records *db, int64_t head_n, GError **error)
{
    if (one->record_n > head_n && !account_rebase(one, db, error))
        return false;
    one->touched = one->touched || clock_mono_ms(is->clock) - one->used_ms < AGAIN_MS;
    touch(is, one);
    return true;
}

/*
 * A flush is in a transaction whose end we do not see. When the chain is shorter than what we wrote, that transaction
 * did not hold: what memory has beyond the rows is written again.
 */
static bool settle(ledger *is, records *db, int64_t head_n, GError **error)
{
    if (head_n >= is->head_n)
        return true;
    GHashTableIter each;
    gpointer one;
    g_hash_table_iter_init(&each, is->accounts);
    while (g_hash_table_iter_next(&each, NULL, &one))
        if (!write_again(is, one, db, head_n, error))
            return false;
    log_warn("ledger",
             "records %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
             " did not reach the disk and are written again",
             head_n + 1, is->head_n);
    return true;
}

static gboolean is_idle_account(gpointer key, gpointer value, gpointer oldest_ms)
{
    (void)key;
    const account *one = value;
    return !one->touched && one->used_ms < *(int64_t *)oldest_ms;
}

static gboolean is_idle_learner(gpointer key, gpointer value, gpointer oldest_ms)
{
    (void)key;
    const learner *who = value;
    return who->used_ms < *(int64_t *)oldest_ms;
}

/* A purse is full again long before its learner is forgotten: a new one gives nothing away. */
static void sweep(ledger *is)
{
    int64_t now_ms = clock_mono_ms(is->clock), idle_ms = IDLE_MS, oldest_ms = now_ms - IDLE_MS;
    bool full = g_hash_table_size(is->accounts) > LEDGER_CACHE_MAX;
    if (!full && now_ms - is->swept_ms < IDLE_MS / 10)
        return;
    is->swept_ms = now_ms;
    g_hash_table_foreach_remove(is->accounts, is_idle_account, &oldest_ms);
    g_hash_table_foreach_remove(is->learners, is_idle_learner, &oldest_ms);
    while (g_hash_table_size(is->accounts) > LEDGER_CACHE_MAX && idle_ms > LEDGER_INTERVAL_MS) {
        idle_ms /= 2;
        oldest_ms = now_ms - idle_ms;
        g_hash_table_foreach_remove(is->accounts, is_idle_account, &oldest_ms);
    }
}

static gint by_person_and_title(gconstpointer a, gconstpointer b)
{
    const account *one = *(account *const *)a, *other = *(account *const *)b;
    if (one->person != other->person)
        return one->person < other->person ? -1 : 1;
    return strcmp(one->title_id, other->title_id);
}

/* In the order of the table's key: neighbours on the disk are written together. */
static GPtrArray *sorted_touched(const ledger *is)
{
    GPtrArray *all = g_ptr_array_sized_new(g_hash_table_size(is->touched));
    GHashTableIter each;
    gpointer one;
    g_hash_table_iter_init(&each, is->touched);
    while (g_hash_table_iter_next(&each, &one, NULL))
        g_ptr_array_add(all, one);
    g_ptr_array_sort(all, by_person_and_title);
    return all;
}

bool ledger_flush(ledger *is, records *db, GError **error)
{
    int64_t head_n, utc_ms = clock_utc_ms(is->clock);
    chain_hash head;
    if (!read_head(db, &head_n, &head, error))
        return false;
    if (!settle(is, db, head_n, error))
        return false;
    sweep(is); /* before the writing: that may yet have to be done again */
    g_autoptr(GPtrArray) due = sorted_touched(is);
    bool written = true;
    for (guint i = 0; written && i < due->len; i++) {
        written = account_write(due->pdata[i], db, utc_ms, &head_n, &head, error);
        if (written)
            g_hash_table_remove(is->touched, due->pdata[i]);
    }
    is->head_n = head_n;
    return written;
}

/* ---- reading ---- */

bool ledger_read(records *db, int64_t person, const char *title_id, ledger_progress *progress,
                 GError **error)
{
    account *one = account_load(db, person, title_id, error);
    if (!one)
        return false;
    *progress = (ledger_progress){.covered_ms = coverage_total(one->covered),
                                  .credited_ms = one->credited_ms,
                                  .resume_ms = one->resume_ms,
                                  .first_ms = one->first_ms,
                                  .last_ms = one->last_ms,
                                  .covered = copied(one->covered)};
    memcpy(progress->refused_ms, one->refused_ms, sizeof progress->refused_ms);
    account_free(one);
    return true;
}

GArray *ledger_of_person(records *db, int64_t person, int limit, GError **error)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(ledger_learnt));
    query *row = records_query(db, SQL_ACCOUNTS_OF_PERSON, "ii", person, (int64_t)limit);
    query_step_result step;
    while ((step = query_step(row, error)) == QUERY_ROW) {
        ledger_learnt one = {.credited_ms = query_int(row, 1),
                             .covered_ms = query_int(row, 2),
                             .last_ms = query_int(row, 3)};
        g_strlcpy(one.title_id, query_text(row, 0), sizeof one.title_id);
        g_array_append_val(all, one);
    }
    if (step == QUERY_END)
        return all;
    g_array_unref(all);
    return NULL;
}

GArray *ledger_people_of(records *db, const char *title_id, int64_t after_person, int limit,
                         GError **error)
{
    GArray *people = g_array_new(FALSE, FALSE, sizeof(int64_t));
    query *row =
        records_query(db, SQL_ACCOUNTS_OF_TITLE, "tii", title_id, after_person, (int64_t)limit);
    query_step_result step;
    while ((step = query_step(row, error)) == QUERY_ROW) {
        int64_t person = query_int(row, 0);
        g_array_append_val(people, person);
    }
    if (step == QUERY_END)
        return people;
    g_array_unref(people);
    return NULL;
}

char *ledger_head(records *db, GError **error)
{
    int64_t n;
    chain_hash head;
    return read_head(db, &n, &head, error) ? chain_hex(&head) : NULL;
}
