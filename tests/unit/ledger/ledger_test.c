/* The ledger on a real SQLite file and a fake clock: what is credited, what is refused, what survives. */
#include "ledger/ledger.h"

#include <glib/gstdio.h>
#include <string.h>

#define PERSON 4711
#define LESSON_MS 600000

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    ledger *ledger;
    ledger_title title;
    ledger_lease lease;
    char nonce[33];
    int64_t seq;
} desk;

static void desk_open(desk *d)
{
    g_autoptr(GError) error = NULL;
    d->db = records_open(d->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    d->ledger = ledger_new(d->clock);
}

static void desk_close(desk *d)
{
    ledger_free(d->ledger);
    records_close(d->db);
}

static void set_up(desk *d, gconstpointer data)
{
    (void)data;
    ledger_span whole = {0, LESSON_MS};
    memset(d, 0, sizeof *d);
    d->folder = g_dir_make_tmp("ledger-XXXXXX", NULL);
    d->path = g_build_filename(d->folder, "test.db", NULL);
    d->clock = clock_new_fake(1000, 1700000000000);
    g_strlcpy(d->title.title_id, "aaaabbbbcccc", sizeof d->title.title_id);
    d->title.ended = true;
    d->title.content = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    g_array_append_val(d->title.content, whole);
    desk_open(d);
}

static void tear_down(desk *d, gconstpointer data)
{
    (void)data;
    desk_close(d);
    g_array_unref(d->title.content);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", d->folder);
    g_assert_cmpint(system(command), ==, 0);
    clock_free(d->clock);
    g_free(d->folder);
    g_free(d->path);
}

static void watch(desk *d)
{
    g_clear_pointer(&d->lease.covered, g_array_unref);
    g_assert_true(ledger_watch(d->ledger, d->db, PERSON, &d->title, &d->lease, NULL));
    g_array_unref(g_steal_pointer(&d->lease.covered));
    g_strlcpy(d->nonce, d->lease.nonce, sizeof d->nonce);
    d->seq = 0;
}

static void deliver(desk *d, int64_t from_ms, int64_t to_ms)
{
    g_assert_true(
        ledger_delivered(d->ledger, d->db, PERSON, d->title.title_id, from_ms, to_ms, NULL));
}

static ledger_beat beat_of(const desk *d, int64_t from_ms, int64_t to_ms, double rate)
{
    ledger_beat beat = {
        .seq = d->seq + 1, .from_ms = from_ms, .to_ms = to_ms, .visible = true, .playing = true};
    beat.rate_permille = (int32_t)(rate * 1000);
    g_strlcpy(beat.session, d->lease.session, sizeof beat.session);
    g_strlcpy(beat.nonce, d->nonce, sizeof beat.nonce);
    return beat;
}

static ledger_verdict send(desk *d, const ledger_beat *beat)
{
    ledger_verdict verdict;
    g_autoptr(GError) error = NULL;
    g_assert_true(ledger_judge(d->ledger, d->db, PERSON, &d->title, NULL, beat, &verdict, &error));
    g_assert_no_error(error);
    if (!verdict.lease_lost) {
        d->seq = verdict.seq;
        g_strlcpy(d->nonce, verdict.nonce, sizeof d->nonce);
    }
    return verdict;
}

/* After wait_ms on the clock. */
static ledger_verdict beat_after(desk *d, int64_t wait_ms, int64_t from_ms, int64_t to_ms,
                                 double rate)
{
    clock_advance_ms(d->clock, wait_ms);
    ledger_beat beat = beat_of(d, from_ms, to_ms, rate);
    return send(d, &beat);
}

static void flush(desk *d)
{
    g_assert_true(records_begin(d->db, NULL));
    g_assert_true(ledger_flush(d->ledger, d->db, NULL));
    g_assert_true(records_commit(d->db, NULL));
}

static ledger_progress progress(desk *d)
{
    ledger_progress is;
    g_assert_true(ledger_read(d->db, PERSON, d->title.title_id, &is, NULL));
    g_array_unref(g_steal_pointer(&is.covered));
    return is;
}

static void honest_minutes_are_all_credited(desk *d, gconstpointer data)
{
    (void)data;
    ledger_verdict verdict = {0};
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < 300000; at += 5000) /* the timer trembles by up to 80 ms either way */
        verdict = beat_after(d, 5000 + g_test_rand_int_range(-80, 81), at, at + 5000, 1.0);
    g_assert_cmpint(verdict.covered_ms, ==, 300000);
    g_assert_cmpint(verdict.credited_ms, >=, 300000 * 995 / 1000);
}

static void one_and_a_half_times_covers_all_and_credits_the_clock(desk *d, gconstpointer data)
{
    (void)data;
    ledger_verdict verdict = {0};
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < 300000; at += 7500)
        verdict = beat_after(d, 5000, at, at + 7500, 1.5);
    g_assert_cmpint(verdict.covered_ms, ==, 300000);
    g_assert_cmpint(verdict.credited_ms, >=, 200000);
    g_assert_cmpint(verdict.credited_ms, <=, 200000 + LEDGER_SLACK_MS);
}

static void what_was_not_delivered_earns_nothing(desk *d, gconstpointer data)
{
    (void)data;
    watch(d);
    ledger_verdict verdict = beat_after(d, 5000, 0, 5000, 1.0);
    g_assert_cmpint(verdict.credited_ms, ==, 0);
    g_assert_cmpint(verdict.refused_ms[REFUSED_NOT_DELIVERED], ==, 5000);
    deliver(d, 5000, 7000);
    verdict = beat_after(d, 5000, 5000, 10000, 1.0);
    g_assert_cmpint(verdict.covered_ms, ==, 2050); /* rounding at an edge */
    g_assert_cmpint(verdict.refused_ms[REFUSED_NOT_DELIVERED], ==, 2950);
}

static void delivered_parts_with_rounded_edges_are_one_stretch(desk *d, gconstpointer data)
{
    (void)data;
    for (int64_t at = 0; at < 10000; at += 333)
        deliver(d, at, at + 332);
    watch(d);
    g_assert_cmpint(beat_after(d, 5000, 0, 5000, 1.0).covered_ms, ==, 5000);
}

static void sixteen_times_the_speed_earns_no_more_than_the_clock_and_the_slack(desk *d,
                                                                               gconstpointer data)
{
    (void)data;
    ledger_verdict verdict = {0};
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int i = 0; i < 6; i++)
        verdict = beat_after(d, 5000, i * 80000, (i + 1) * 80000, 16.0);
    g_assert_cmpint(verdict.credited_ms, <=, 30000 + LEDGER_SLACK_MS);
    g_assert_cmpint(verdict.covered_ms, <=, 2 * 30000 + LEDGER_SLACK_MS + 30000 / 100);
    g_assert_cmpint(verdict.refused_ms[REFUSED_RATE], >, 0);
}

static void hidden_or_paused_earns_nothing(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    clock_advance_ms(d->clock, 5000);
    ledger_beat hidden = beat_of(d, 0, 5000, 1.0);
    hidden.visible = false;
    g_assert_cmpint(send(d, &hidden).refused_ms[REFUSED_HIDDEN], ==, 5000);
    clock_advance_ms(d->clock, 5000);
    ledger_beat paused = beat_of(d, 5000, 10000, 1.0);
    paused.playing = false;
    ledger_verdict verdict = send(d, &paused);
    g_assert_cmpint(verdict.refused_ms[REFUSED_PAUSED], ==, 5000);
    g_assert_cmpint(verdict.credited_ms, ==, 0);
}

static void a_replayed_beat_gets_the_same_answer_and_adds_nothing(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    clock_advance_ms(d->clock, 5000);
    ledger_beat beat = beat_of(d, 0, 5000, 1.0);
    ledger_verdict first = send(d, &beat);
    for (int i = 0; i < 1000; i++) {
        clock_advance_ms(d->clock, 100);
        ledger_verdict again = send(d, &beat);
        g_assert_cmpint(again.credited_ms, ==, first.credited_ms);
        g_assert_cmpstr(again.nonce, ==, first.nonce);
    }
}

static void a_foreign_nonce_or_a_skipped_number_ends_the_lease(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    for (int skip = 0; skip < 2; skip++) {
        watch(d);
        clock_advance_ms(d->clock, 5000);
        ledger_beat bent = beat_of(d, 0, 5000, 1.0);
        if (skip)
            bent.seq++;
        else
            bent.nonce[0] = bent.nonce[0] == 'a' ? 'b' : 'a';
        g_assert_true(send(d, &bent).lease_lost);
        ledger_beat right = beat_of(d, 0, 5000, 1.0);
        g_assert_true(send(d, &right).lease_lost);
    }
    flush(d);
    g_assert_cmpint(progress(d).credited_ms, ==, 0);
}

static void a_second_session_takes_the_lease_and_is_told_whose(desk *d, gconstpointer data)
{
    (void)data;
    char older[33];
    deliver(d, 0, LESSON_MS);
    watch(d);
    g_strlcpy(older, d->lease.session, sizeof older);
    ledger_beat late = beat_of(d, 0, 5000, 1.0);
    watch(d);
    g_assert_cmpstr(d->lease.ousted_session, ==, older);
    clock_advance_ms(d->clock, 5000);
    g_assert_true(send(d, &late).lease_lost);
    g_assert_cmpint(beat_after(d, 0, 0, 5000, 1.0).credited_ms, ==, 5000);
}

static void new_sessions_are_no_new_purse(desk *d, gconstpointer data)
{
    (void)data;
    ledger_verdict verdict = {0};
    deliver(d, 0, LESSON_MS);
    for (int i = 0; i < 100; i++) {
        watch(d);
        verdict = beat_after(d, 10, i * 5000, (i + 1) * 5000, 1.0);
    }
    g_assert_cmpint(verdict.credited_ms, <=, 1000 + LEDGER_SLACK_MS);
    g_assert_cmpint(verdict.covered_ms, <=, 1000 + 1000 / 100 + LEDGER_SLACK_MS);
}

static void random_claims_never_beat_the_clock_the_lesson_or_what_is_covered(desk *d,
                                                                             gconstpointer data)
{
    (void)data;
    int64_t start_ms = clock_mono_ms(d->clock), last_credit = 0;
    for (int at = 0; at < LESSON_MS; at += 2000)
        if (g_test_rand_int_range(0, 4))
            deliver(d, at, at + 2000);
    watch(d);
    for (int i = 0; i < 2000; i++) {
        if (g_test_rand_int_range(0, 20) == 0)
            watch(d);
        int64_t from = g_test_rand_int_range(0, LESSON_MS + 5000);
        int64_t to = from + g_test_rand_int_range(1, 30000);
        ledger_verdict verdict = beat_after(d, g_test_rand_int_range(0, 6000), from, to,
                                            g_test_rand_double_range(0.1, 16.0));
        int64_t elapsed = clock_mono_ms(d->clock) - start_ms;
        g_assert_cmpint(verdict.credited_ms, <=, elapsed + LEDGER_SLACK_MS);
        g_assert_cmpint(verdict.credited_ms, <=, verdict.covered_ms);
        g_assert_cmpint(verdict.covered_ms, <=, LESSON_MS);
        g_assert_cmpint(verdict.credited_ms, >=, last_credit);
        last_credit = verdict.credited_ms;
    }
    flush(d);
    int64_t records_checked, balances_checked;
    g_autoptr(GError) error = NULL;
    g_assert_true(ledger_verify(d->db, NULL, &records_checked, &balances_checked, &error));
    g_assert_cmpint(balances_checked, ==, 1);
}

/* Stretches of 1 ms, 1 ms apart: as many as an account takes. */
static void fill_account(desk *d)
{
    coverage *covered = coverage_new();
    for (int64_t i = 0; i < COVERAGE_SPANS_MAX; i++)
        coverage_add(covered, 2 * i, 2 * i + 1);
    g_autofree char *text = coverage_text(covered);
    int64_t ms = coverage_total(covered);
    coverage_free(covered);
    g_assert_true(records_run(d->db, NULL, SQL_ACCOUNT_WRITE, "itttiiiiit", (int64_t)PERSON,
                              d->title.title_id, text, "0-600000", ms, ms, (int64_t)0, (int64_t)1,
                              (int64_t)1, ""));
}

static void what_a_full_account_cannot_remember_it_does_not_credit(desk *d, gconstpointer data)
{
    (void)data;
    fill_account(d);
    watch(d);
    for (int i = 0; i < 3; i++) {
        ledger_verdict verdict = beat_after(d, 5000, 100000, 105000, 1);
        g_assert_cmpint(verdict.gained_ms, ==, 0);
        g_assert_cmpint(verdict.credited_ms, ==, COVERAGE_SPANS_MAX);
    }
    g_assert_cmpint(beat_after(d, 5000, 39990, 39999, 1).gained_ms, ==, 4); /* between others */
    flush(d);
    g_assert_cmpint(progress(d).credited_ms, ==, COVERAGE_SPANS_MAX + 4);
}

static void a_crash_loses_what_was_not_flushed_and_gains_nothing(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    int64_t kept = beat_after(d, 5000, 0, 5000, 1.0).credited_ms;
    flush(d);
    beat_after(d, 5000, 5000, 10000, 1.0);
    desk_close(d); /* no flush: as kill -9 */
    desk_open(d);
    g_assert_cmpint(progress(d).credited_ms, ==, kept);
    watch(d);
    g_assert_cmpint(beat_after(d, 5000, 5000, 10000, 1.0).credited_ms, ==, 10000);
}

static void a_rolled_back_flush_is_written_again_once(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    beat_after(d, 5000, 0, 5000, 1.0);
    g_assert_true(records_begin(d->db, NULL));
    g_assert_true(ledger_flush(d->ledger, d->db, NULL));
    records_rollback(d->db);
    flush(d);
    flush(d);
    int64_t records_checked, balances_checked;
    g_assert_cmpint(progress(d).credited_ms, ==, 5000);
    g_assert_true(ledger_verify(d->db, NULL, &records_checked, &balances_checked, NULL));
}

static void two_flushes_in_one_lost_transaction_are_both_written_again(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    beat_after(d, 5000, 0, 5000, 1.0);
    flush(d);
    g_assert_true(records_begin(d->db, NULL));
    beat_after(d, 5000, 5000, 10000, 1.0);
    g_assert_true(ledger_flush(d->ledger, d->db, NULL));
    beat_after(d, 5000, 10000, 15000, 1.0);
    g_assert_true(ledger_flush(d->ledger, d->db, NULL));
    records_rollback(d->db);
    beat_after(d, 5000, 15000, 20000, 1.0);
    flush(d);
    beat_after(d, 5000, 20000, 25000, 1.0);
    flush(d);
    int64_t records_checked, balances_checked;
    g_autoptr(GError) error = NULL;
    g_assert_true(ledger_verify(d->db, NULL, &records_checked, &balances_checked, &error));
    g_assert_cmpint(progress(d).credited_ms, ==, 25000);
}

static void what_was_delivered_outlives_a_lost_transaction(desk *d, gconstpointer data)
{
    (void)data;
    watch(d);
    g_assert_true(records_begin(d->db, NULL));
    deliver(d, 0, 30000);
    beat_after(d, 5000, 0, 5000, 1.0);
    g_assert_true(ledger_flush(d->ledger, d->db, NULL));
    records_rollback(d->db);
    beat_after(d, 5000, 5000, 10000, 1.0);
    flush(d);
    desk_close(d);
    desk_open(d);
    watch(d);
    g_assert_cmpint(beat_after(d, 5000, 10000, 15000, 1.0).credited_ms, ==, 15000);
}

static void what_was_delivered_outlives_a_crash(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, 30000); /* in the player's buffer */
    flush(d);
    desk_close(d);
    desk_open(d);
    watch(d);
    g_assert_cmpint(beat_after(d, 5000, 0, 5000, 1.0).credited_ms, ==, 5000);
}

static void a_beat_after_a_restart_is_out_of_sequence_and_not_elsewhere(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    desk_close(d);
    desk_open(d);
    ledger_verdict verdict = beat_after(d, 5000, 0, 5000, 1.0);
    g_assert_true(verdict.lease_lost);
    g_assert_cmpint(verdict.refused_ms[REFUSED_LEASE], ==, 0);
    g_assert_cmpint(verdict.refused_ms[REFUSED_SEQUENCE], ==, 5000);
}

static void the_end_of_the_lesson_completes_it_once(desk *d, gconstpointer data)
{
    (void)data;
    int told = 0;
    ledger_verdict verdict = {0};
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < LESSON_MS - 400; at += 5000) {
        verdict = beat_after(d, 5000, at, MIN(at + 5000, LESSON_MS - 400), 1.0);
        told += verdict.completed_now;
    }
    g_assert_true(verdict.complete);
    g_assert_cmpint(told, ==, 1);
}

/* ---- damage ---- */

static void run_sql(const desk *d, const char *sql)
{
    const char *const words[] = {"sqlite3", d->path, sql, NULL};
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
}

static void expect_damage(desk *d, const char *sql, const char *named)
{
    int64_t records_checked, balances_checked;
    g_autoptr(GError) error = NULL;
    run_sql(d, sql);
    if (ledger_verify(d->db, NULL, &records_checked, &balances_checked, &error))
        g_error("not found: %s", sql);
    if (!strstr(error->message, named))
        g_error("%s: %s", sql, error->message);
}

/* Flips one byte of record 2, sees it named, and puts it back. */
static void flip(desk *d, const char *column, int at)
{
    g_autofree char *harm = g_strdup_printf(
        "UPDATE ledger_chain SET %s = CAST(substr(%s, 1, %d) || CASE substr(%s, %d, 1) WHEN x'7e'"
        " THEN '!' ELSE '~' END || substr(%s, %d) AS %s) WHERE n = 2",
        column, column, at - 1, column, at, column, at + 1,
        g_str_equal(column, "body") ? "TEXT" : "BLOB");
    expect_damage(d, harm, "record 2");
    run_sql(d, "UPDATE ledger_chain SET body = (SELECT body FROM kept), chain_hash = (SELECT "
               "chain_hash FROM kept)"
               " WHERE n = 2");
}

static void any_flipped_byte_is_found_and_its_record_named(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < 15000; at += 5000) {
        beat_after(d, 5000, at, at + 5000, 1.0);
        flush(d);
    }
    run_sql(d, "CREATE TABLE kept AS SELECT body, chain_hash FROM ledger_chain WHERE n = 2");
    for (int at = 1; at <= 150; at += 4)
        flip(d, "body", at);
    for (int at = 1; at <= 32; at += 3)
        flip(d, "chain_hash", at);
    int64_t records_checked, balances_checked;
    g_assert_true(ledger_verify(d->db, NULL, &records_checked, &balances_checked, NULL));
}

static void each_kind_of_damage_is_found_and_named(desk *d, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *harm, *mend, *named;
    } cases[] = {
        {"UPDATE ledger_chain SET body = replace(body, '\"gained\":5000', '\"gained\":5001') WHERE "
         "n = 2",
         "UPDATE ledger_chain SET body = replace(body, '\"gained\":5001', '\"gained\":5000') WHERE "
         "n = 2",
         "record 2"},
        {"UPDATE ledger_chain SET person = 4712 WHERE n = 4",
         "UPDATE ledger_chain SET person = 4711 WHERE n = 4", "record 4"},
        {"UPDATE ledger_chain SET body = body || ' ' WHERE n = 3",
         "UPDATE ledger_chain SET body = rtrim(body) WHERE n = 3", "record 3"},
        {"UPDATE ledger_account SET credited_ms = credited_ms + 60000",
         "UPDATE ledger_account SET credited_ms = credited_ms - 60000", "balance"},
        {"UPDATE ledger_account SET refused = '2:1'", "UPDATE ledger_account SET refused = ''",
         "balance"},
        {"UPDATE ledger_account SET first_ms = first_ms - 86400000",
         "UPDATE ledger_account SET first_ms = first_ms + 86400000", "first moment"},
        {"UPDATE ledger_account SET last_ms = last_ms + 1",
         "UPDATE ledger_account SET last_ms = last_ms - 1", "last moment"},
    };
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < 30000; at += 5000) {
        beat_after(d, 5000, at, at + 5000, 1.0);
        flush(d);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_damage(d, cases[i].harm, cases[i].named);
        run_sql(d, cases[i].mend);
        int64_t records_checked, balances_checked;
        g_assert_true(ledger_verify(d->db, NULL, &records_checked, &balances_checked, NULL));
        g_assert_cmpint(records_checked, ==, 6);
    }
    run_sql(d, "CREATE TABLE kept AS SELECT * FROM ledger_account");
    expect_damage(d, "DELETE FROM ledger_account", "record 1");
    run_sql(d, "INSERT INTO ledger_account SELECT * FROM kept");
    expect_damage(d, "DELETE FROM ledger_chain WHERE n = 6", "balance"); /* the tail */
    expect_damage(d, "DELETE FROM ledger_chain WHERE n = 2", "record 2");
}

static void assert_sound(desk *d)
{
    int64_t records_checked, balances_checked;
    g_autoptr(GError) error = NULL;
    ledger_verify(d->db, NULL, &records_checked, &balances_checked, &error);
    g_assert_no_error(error);
}

static void the_moments_of_a_balance_are_those_of_its_records(desk *d, gconstpointer data)
{
    (void)data;
    deliver(d, 0, LESSON_MS);
    watch(d);
    beat_after(d, 5000, 0, 5000, 1.0);
    clock_advance_ms(d->clock, 3 * 3600 * 1000); /* nothing could be written for so long */
    flush(d);
    int64_t first_ms = clock_utc_ms(d->clock);
    watch(d);
    beat_after(d, 5000, 5000, 10000, 1.0);
    flush(d);
    beat_after(d, 5000, 0, 5000, 1.0); /* gives nothing */
    flush(d);
    g_assert_cmpint(progress(d).first_ms, ==, first_ms);
    g_assert_cmpint(progress(d).last_ms, ==, first_ms + 5000);
    assert_sound(d);
    run_sql(d, "UPDATE ledger_account SET first_ms = first_ms - 1000"); /* as it was kept once */
    assert_sound(d);
}

static void a_head_somebody_keeps_is_found_on_the_chain(desk *d, gconstpointer data)
{
    (void)data;
    int64_t records_checked, balances_checked;
    g_autoptr(GHashTable) heads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(heads, ledger_head(d->db, NULL)); /* of the empty chain */
    deliver(d, 0, LESSON_MS);
    watch(d);
    for (int64_t at = 0; at < 15000; at += 5000) {
        beat_after(d, 5000, at, at + 5000, 1.0);
        flush(d);
        g_hash_table_add(heads, ledger_head(d->db, NULL));
    }
    g_hash_table_add(heads, g_strnfill(64, 'f'));
    g_assert_true(ledger_verify(d->db, heads, &records_checked, &balances_checked, NULL));
    g_autofree char *foreign = g_strnfill(64, 'f');
    g_assert_cmpuint(g_hash_table_size(heads), ==, 1);
    g_assert_true(g_hash_table_contains(heads, foreign));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/ledger/" #name, desk, NULL, set_up, name, tear_down)
    ADD(the_moments_of_a_balance_are_those_of_its_records);
    ADD(a_head_somebody_keeps_is_found_on_the_chain);
    ADD(honest_minutes_are_all_credited);
    ADD(one_and_a_half_times_covers_all_and_credits_the_clock);
    ADD(what_was_not_delivered_earns_nothing);
    ADD(delivered_parts_with_rounded_edges_are_one_stretch);
    ADD(sixteen_times_the_speed_earns_no_more_than_the_clock_and_the_slack);
    ADD(hidden_or_paused_earns_nothing);
    ADD(a_replayed_beat_gets_the_same_answer_and_adds_nothing);
    ADD(a_foreign_nonce_or_a_skipped_number_ends_the_lease);
    ADD(a_second_session_takes_the_lease_and_is_told_whose);
    ADD(new_sessions_are_no_new_purse);
    ADD(random_claims_never_beat_the_clock_the_lesson_or_what_is_covered);
    ADD(what_a_full_account_cannot_remember_it_does_not_credit);
    ADD(a_crash_loses_what_was_not_flushed_and_gains_nothing);
    ADD(a_rolled_back_flush_is_written_again_once);
    ADD(two_flushes_in_one_lost_transaction_are_both_written_again);
    ADD(what_was_delivered_outlives_a_lost_transaction);
    ADD(what_was_delivered_outlives_a_crash);
    ADD(a_beat_after_a_restart_is_out_of_sequence_and_not_elsewhere);
    ADD(any_flipped_byte_is_found_and_its_record_named);
    ADD(the_end_of_the_lesson_completes_it_once);
    ADD(each_kind_of_damage_is_found_and_named);
    return g_test_run();
}
