/* Learners as they are, on a fake clock: honest ones keep their seconds, the others get none they have not spent. */
#include "ledger/ledger.h"

#include <string.h>

#include <glib/gstdio.h>

#define STEP_MS 100
#define PERSON 4711
#define CARRY_MS 15000 /* a page takes so much of what was not acknowledged into its next session */
#define TITLES 5

typedef struct {
    char *folder;
    base_clock *clock;
    records *db;
    ledger *ledger;
} desk;

static void set_up(desk *d, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    d->folder = g_dir_make_tmp("learner-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(d->folder, "test.db", NULL);
    d->clock = clock_new_fake(1000, 1700000000000);
    d->db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    d->ledger = ledger_new(d->clock);
}

static void tear_down(desk *d, gconstpointer data)
{
    (void)data;
    ledger_free(d->ledger);
    records_close(d->db);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", d->folder);
    g_assert_cmpint(system(command), ==, 0);
    clock_free(d->clock);
    g_free(d->folder);
}

static ledger_title title_new(char letter, int64_t length_ms)
{
    ledger_title title = {.ended = true, .content = g_array_new(FALSE, FALSE, sizeof(ledger_span))};
    ledger_span whole = {0, length_ms};
    memset(title.title_id, letter, 12);
    g_array_append_val(title.content, whole);
    return title;
}

/* ---- an honest player and its page ---- */

typedef struct {
    int64_t from_ms, to_ms;
    int32_t rate;
} claim;

typedef struct {
    desk *desk;
    ledger_title title;
    int64_t length_ms;
    double at_ms; /* the playhead */
    double drift; /* of its clock against the server's */
    int32_t rate; /* permille */
    bool playing;
    int64_t loaded_ms; /* parts are there up to here */
    claim open;
    GArray *waiting; /* of claim */
    bool flying;
    ledger_beat beat;         /* in flight */
    int64_t arrives_ms;       /* when it reaches the server; the answer takes no time */
    int64_t sent_ms, line_ms; /* the line is dead until line_ms */
    char session[33], nonce[33];
    int64_t seq;
    coverage *seen;  /* what was really played */
    int64_t wall_ms; /* time spent playing what is new */
    ledger_verdict last;
} player;

static int64_t now(const player *p)
{
    return clock_mono_ms(p->desk->clock);
}

static void watch(player *p)
{
    ledger_lease lease;
    g_assert_true(ledger_watch(p->desk->ledger, p->desk->db, PERSON, &p->title, &lease, NULL));
    g_array_unref(lease.covered);
    g_strlcpy(p->session, lease.session, sizeof p->session);
    g_strlcpy(p->nonce, lease.nonce, sizeof p->nonce);
    p->seq = 0;
    p->sent_ms = now(p);
}

static player player_new(desk *d, int64_t length_ms)
{
    player p = {.desk = d, .length_ms = length_ms, .rate = 1000, .playing = true};
    p.open.rate = p.rate;
    p.title = title_new('a', length_ms);
    p.waiting = g_array_new(FALSE, FALSE, sizeof(claim));
    p.seen = coverage_new();
    p.drift = g_test_rand_double_range(0.9995, 1.0005);
    watch(&p);
    return p;
}

static void player_clear(player *p)
{
    g_array_unref(p->title.content);
    g_array_unref(p->waiting);
    coverage_free(p->seen);
}

/* Parts of a third of a second, each rounded to milliseconds on its own, up to half a minute ahead. */
static void load(player *p)
{
    for (; p->loaded_ms < p->length_ms && p->loaded_ms < p->at_ms + 30000; p->loaded_ms += 333) {
        int64_t to_ms = MIN(p->loaded_ms + 333 - g_test_rand_int_range(0, 3), p->length_ms);
        g_assert_true(ledger_delivered(p->desk->ledger, p->desk->db, PERSON, p->title.title_id,
                                       p->loaded_ms, to_ms, NULL));
    }
}

static void cut(player *p)
{
    if (p->open.to_ms > p->open.from_ms)
        g_array_append_val(p->waiting, p->open);
    p->open = (claim){(int64_t)p->at_ms, (int64_t)p->at_ms, p->rate};
}

static void play(player *p)
{
    if (!p->playing)
        return;
    double before = p->at_ms;
    p->at_ms = MIN(p->at_ms + STEP_MS * p->drift * p->rate / 1000, (double)p->length_ms);
    int64_t news = coverage_add(p->seen, (int64_t)before, (int64_t)p->at_ms);
    p->wall_ms += news * 1000 / MAX(p->rate, 1000);
    p->open.to_ms = (int64_t)p->at_ms;
}

static void send(player *p, const claim *is)
{
    p->beat = (ledger_beat){.seq = ++p->seq,
                            .from_ms = is->from_ms,
                            .to_ms = is->to_ms,
                            .rate_permille = is->rate,
                            .visible = true,
                            .playing = true};
    g_strlcpy(p->beat.session, p->session, sizeof p->beat.session);
    g_strlcpy(p->beat.nonce, p->nonce, sizeof p->beat.nonce);
    p->flying = true;
    p->sent_ms = now(p);
    p->arrives_ms = MAX(p->sent_ms, p->line_ms) + g_test_rand_int_range(10, 400);
}

static void talk(player *p)
{
    if (p->flying && now(p) >= p->arrives_ms) {
        g_assert_true(ledger_judge(p->desk->ledger, p->desk->db, PERSON, &p->title, NULL, &p->beat,
                                   &p->last, NULL));
        g_assert_false(p->last.lease_lost);
        g_strlcpy(p->nonce, p->last.nonce, sizeof p->nonce);
        p->flying = false;
    }
    if (p->flying)
        return;
    if (p->waiting->len) {
        claim first = g_array_index(p->waiting, claim, 0);
        g_array_remove_index(p->waiting, 0);
        send(p, &first);
    } else if (now(p) - p->sent_ms >= LEDGER_INTERVAL_MS && p->open.to_ms > p->open.from_ms) {
        claim is = p->open;
        p->open.from_ms = p->open.to_ms;
        send(p, &is);
    }
}

static void step(player *p)
{
    clock_advance_ms(p->desk->clock, STEP_MS);
    load(p);
    play(p);
    talk(p);
}

static void run(player *p, int64_t ms)
{
    for (; ms > 0; ms -= STEP_MS)
        step(p);
}

/* The socket broke: a new session, and the end of what was not acknowledged once more. */
static void reconnect(player *p)
{
    int64_t from_ms = p->open.from_ms;
    for (guint i = p->waiting->len;
         i-- > 0 && g_array_index(p->waiting, claim, i).to_ms == from_ms;)
        from_ms = g_array_index(p->waiting, claim, i).from_ms;
    if (p->flying && p->beat.to_ms == from_ms)
        from_ms = p->beat.from_ms;
    g_array_set_size(p->waiting, 0);
    p->flying = false;
    p->open.from_ms = MAX(from_ms, p->open.to_ms - CARRY_MS);
    watch(p);
}

static void finish(player *p)
{
    cut(p);
    p->playing = false;
    run(p, 60000);
    g_assert_cmpuint(p->waiting->len, ==, 0);
}

static void expect_kept(const player *p, int permille)
{
    int64_t seen = coverage_total(p->seen);
    if (p->last.covered_ms * 1000 < seen * permille ||
        p->last.credited_ms * 1000 < p->wall_ms * permille)
        g_error("covered %ld of %ld, credited %ld of %ld", (long)p->last.covered_ms, (long)seen,
                (long)p->last.credited_ms, (long)p->wall_ms);
    g_assert_cmpint(p->last.covered_ms, <=, seen + 2000);
    g_assert_cmpint(p->last.credited_ms, <=, p->last.covered_ms);
}

static void a_whole_hour_at_the_usual_speed_is_kept(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 3600000);
    run(&p, 3601000 + 5000);
    finish(&p);
    expect_kept(&p, 999);
    g_assert_true(p.last.complete);
    player_clear(&p);
}

static void a_lesson_at_one_and_a_half_is_covered_and_credited_by_the_clock(desk *d,
                                                                            gconstpointer data)
{
    (void)data;
    player p = player_new(d, 1800000);
    p.rate = p.open.rate = 1500;
    run(&p, 1210000);
    finish(&p);
    expect_kept(&p, 995);
    g_assert_true(p.last.complete);
    g_assert_cmpint(p.last.credited_ms, <=, 1210000 + LEDGER_SLACK_MS);
    player_clear(&p);
}

static void pauses_and_seeks_cost_nothing(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 3600000);
    for (int i = 0; i < 80; i++) {
        run(&p, g_test_rand_int_range(10, 400) * STEP_MS);
        cut(&p);
        if (g_test_rand_bit()) {
            p.playing = false;
            run(&p, g_test_rand_int_range(1, 300) * STEP_MS);
            p.playing = true;
        } else {
            p.at_ms = g_test_rand_int_range(0, 3000000);
            p.loaded_ms = (int64_t)p.at_ms;
        }
        p.open = (claim){(int64_t)p.at_ms, (int64_t)p.at_ms, p.rate};
    }
    finish(&p);
    expect_kept(&p, 995);
    player_clear(&p);
}

static void outages_of_some_seconds_cost_nothing(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 2400000);
    for (int i = 0; i < 60; i++) {
        run(&p, 30000);
        p.line_ms =
            now(&p) + g_test_rand_int_range(500, 14000); /* what is sent meanwhile comes late */
    }
    finish(&p);
    expect_kept(&p, 995);
    player_clear(&p);
}

static void broken_sockets_cost_nothing(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 2400000);
    for (int i = 0; i < 60; i++) {
        run(&p, g_test_rand_int_range(50, 600) * STEP_MS);
        p.line_ms = now(&p) + 100000; /* nothing comes through any more */
        run(&p, g_test_rand_int_range(5, 60) * STEP_MS);
        p.line_ms = 0;
        reconnect(&p);
    }
    finish(&p);
    expect_kept(&p, 995);
    player_clear(&p);
}

/* ---- others ---- */

static void seeking_to_the_end_earns_what_was_watched(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 3600000);
    run(&p, 20000);
    cut(&p);
    p.at_ms = 3590000;
    p.loaded_ms = 3590000;
    p.open = (claim){3590000, 3590000, 1000};
    run(&p, 12000);
    finish(&p);
    g_assert_cmpint(p.last.covered_ms, <=, 30100);
    g_assert_cmpint(p.last.credited_ms, <=, 30100);
    g_assert_false(p.last.complete);
    player_clear(&p);
}

/* Five tabs with five lessons, every one with the beats of an honest player, taking the lease in turns. */
static void many_tabs_earn_no_more_than_one(desk *d, gconstpointer data)
{
    (void)data;
    ledger_title titles[TITLES];
    int64_t credited[TITLES] = {0}, begun_ms = clock_mono_ms(d->clock), sum = 0;
    for (int i = 0; i < TITLES; i++) {
        titles[i] = title_new((char)('b' + i), 3600000);
        g_assert_true(
            ledger_delivered(d->ledger, d->db, PERSON, titles[i].title_id, 0, 3600000, NULL));
    }
    for (int round = 0; round < 200; round++) {
        clock_advance_ms(d->clock, LEDGER_INTERVAL_MS / TITLES);
        int i = round % TITLES;
        ledger_lease lease;
        ledger_verdict verdict;
        g_assert_true(ledger_watch(d->ledger, d->db, PERSON, &titles[i], &lease, NULL));
        g_array_unref(lease.covered);
        int64_t at = (int64_t)round / TITLES * LEDGER_INTERVAL_MS;
        ledger_beat beat = {
            .seq = 1, .from_ms = at, .to_ms = at + LEDGER_INTERVAL_MS, .rate_permille = 1000};
        beat.visible = beat.playing = true;
        g_strlcpy(beat.session, lease.session, sizeof beat.session);
        g_strlcpy(beat.nonce, lease.nonce, sizeof beat.nonce);
        g_assert_true(
            ledger_judge(d->ledger, d->db, PERSON, &titles[i], NULL, &beat, &verdict, NULL));
        credited[i] = verdict.credited_ms;
    }
    for (int i = 0; i < TITLES; i++) {
        sum += credited[i];
        g_array_unref(titles[i].content);
    }
    g_assert_cmpint(sum, <=, clock_mono_ms(d->clock) - begun_ms + LEDGER_SLACK_MS);
}

/* Beats recorded once, then played back in any order, doubled and with holes. */
static void no_order_of_old_beats_adds_anything(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 600000);
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(ledger_beat));
    for (int i = 0; i < 600; i++) {
        step(&p);
        if (p.flying &&
            (!taken->len || g_array_index(taken, ledger_beat, taken->len - 1).seq != p.beat.seq))
            g_array_append_val(taken, p.beat);
    }
    finish(&p);
    int64_t credited = p.last.credited_ms, covered = p.last.covered_ms;
    for (int i = 0; i < 500; i++) {
        clock_advance_ms(d->clock, g_test_rand_int_range(0, 5000));
        const ledger_beat *old =
            &g_array_index(taken, ledger_beat, g_test_rand_int_range(0, (gint32)taken->len));
        ledger_verdict verdict;
        g_assert_true(ledger_judge(d->ledger, d->db, PERSON, &p.title, NULL, old, &verdict, NULL));
        g_assert_cmpint(verdict.credited_ms, ==, credited);
        g_assert_cmpint(verdict.covered_ms, ==, covered);
        if (verdict.lease_lost && g_test_rand_bit())
            watch(&p);
    }
    player_clear(&p);
}

static void an_interruption_of_the_class_is_nobodys_learning(desk *d, gconstpointer data)
{
    (void)data;
    player p = player_new(d, 120000);
    ledger_span before = {0, 40000}, after = {70000, 120000};
    g_array_set_size(p.title.content, 0);
    g_array_append_val(p.title.content, before);
    g_array_append_val(p.title.content, after);
    run(&p, 125000);
    finish(&p);
    g_assert_cmpint(p.last.covered_ms, <=, 90000);
    g_assert_cmpint(p.last.covered_ms, >=, 90000 * 995 / 1000);
    g_assert_cmpint(p.last.content_ms, ==, 90000);
    player_clear(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/ledger/learner/" #name, desk, NULL, set_up, name, tear_down)
    ADD(a_whole_hour_at_the_usual_speed_is_kept);
    ADD(a_lesson_at_one_and_a_half_is_covered_and_credited_by_the_clock);
    ADD(pauses_and_seeks_cost_nothing);
    ADD(outages_of_some_seconds_cost_nothing);
    ADD(broken_sockets_cost_nothing);
    ADD(seeking_to_the_end_earns_what_was_watched);
    ADD(many_tabs_earn_no_more_than_one);
    ADD(no_order_of_old_beats_adds_anything);
    ADD(an_interruption_of_the_class_is_nobodys_learning);
    return g_test_run();
}
