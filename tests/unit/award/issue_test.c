/* Who gets a certificate and who does not, on a real database with a real ledger. */
#include "award/award.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ledger/ledger.h"
#include "people/people.h"

#define MINUTE 60000
#define ISSUER "江城技师学院"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person learner;
    school_course course;
} ground;

static person add_person(ground *g, const char *login, const char *name, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, name, role, "$argon2id$none", &made, &error);
    g_assert_no_error(error);
    return made;
}

static school_course add_course(ground *g, int64_t owner, int32_t coverage_permille,
                                int32_t minutes)
{
    const school_rule rule = {coverage_permille, minutes};
    school_course made;
    g_autoptr(GError) error = NULL;
    school_course_add(g->db, g->clock, "焊工基础", "", owner, &rule, &made, &error);
    g_assert_no_error(error);
    return made;
}

static void add_lesson(ground *g, const school_course *course, const char *title_id,
                       int64_t content_ms)
{
    school_lesson made;
    g_autoptr(GError) error = NULL;
    school_lesson_add(g->db, course->id, "一课", title_id, content_ms ? NULL : "class2345abc",
                      content_ms, &made, &error);
    g_assert_no_error(error);
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("award-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    person master = add_person(g, "master", "赵铁柱", ROLE_MASTER);
    g->learner = add_person(g, "learner", "王建国", ROLE_LEARNER);
    g->course = add_course(g, master.id, 900, 0);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_autoptr(GDir) folder = g_dir_open(g->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *file = g_build_filename(g->folder, name, NULL);
        g_unlink(file);
    }
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

/* Watches [0, ms) of a title of this length honestly, beat by beat, and flushes. */
static void learn(ground *g, int64_t learner, const char *title_id, int64_t ms, int64_t length_ms)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) content = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    const ledger_span whole = {0, length_ms};
    ledger *book = ledger_new(g->clock);
    ledger_title title = {.ended = true, .content = content};
    ledger_lease lease;
    g_array_append_val(content, whole);
    g_strlcpy(title.title_id, title_id, sizeof title.title_id);
    g_assert_true(ledger_watch(book, g->db, learner, &title, &lease, &error));
    ledger_beat beat = {.rate_permille = 1000, .visible = true, .playing = true};
    g_strlcpy(beat.session, lease.session, sizeof beat.session);
    g_strlcpy(beat.nonce, lease.nonce, sizeof beat.nonce);
    while (beat.to_ms < ms) {
        ledger_verdict verdict;
        beat.seq++;
        beat.from_ms = beat.to_ms;
        beat.to_ms = MIN(beat.from_ms + LEDGER_INTERVAL_MS, ms);
        clock_advance_ms(g->clock, beat.to_ms - beat.from_ms);
        g_assert_true(ledger_judge(book, g->db, learner, &title, content, &beat, &verdict, &error));
        g_strlcpy(beat.nonce, verdict.nonce, sizeof beat.nonce);
    }
    g_assert_true(ledger_flush(book, g->db, &error));
    g_assert_no_error(error);
    g_clear_pointer(&lease.covered, g_array_unref);
    ledger_free(book);
}

static void enrol(ground *g, int64_t learner)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(school_enrol(g->db, g->clock, learner, g->course.id, &error));
}

static GArray *consider(ground *g, int64_t learner, const char *title_id)
{
    g_autoptr(GError) error = NULL;
    GArray *made = award_consider(g->db, g->clock, learner, title_id, ISSUER, &error);
    g_assert_no_error(error);
    return made;
}

static guint issued_now(ground *g, const char *title_id)
{
    g_autoptr(GArray) made = consider(g, g->learner.id, title_id);
    return made->len;
}

static void the_rule_is_met_exactly_at_its_edge(ground *g, gconstpointer unused)
{
    (void)g, (void)unused;
    static const struct {
        int64_t covered_ms, credited_ms, content_ms;
        int32_t lessons, ended;
        bool eligible;
    } table[] = {
        {900, 45 * MINUTE, 1000, 1, 1, true},      {899, 45 * MINUTE, 1000, 1, 1, false},
        {900, 45 * MINUTE - 1, 1000, 1, 1, false}, {1000, 90 * MINUTE, 1000, 2, 1, false},
        {0, 45 * MINUTE, 0, 1, 1, false},          {0, 0, 0, 0, 0, false},
        {5000, 45 * MINUTE, 1000, 1, 1, true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        award_standing standing = {.covered_ms = table[i].covered_ms,
                                   .credited_ms = table[i].credited_ms,
                                   .content_ms = table[i].content_ms,
                                   .lessons = table[i].lessons,
                                   .lessons_with_end = table[i].ended,
                                   .coverage_needed_permille = 900,
                                   .minutes_needed = 45};
        award_judge(&standing);
        g_assert_cmpint(standing.eligible, ==, table[i].eligible);
        g_assert_cmpint(standing.coverage_permille, <=, 1000);
    }
}

static void whoever_meets_the_rule_gets_one_certificate_once(ground *g, gconstpointer unused)
{
    (void)unused;
    add_lesson(g, &g->course, "title1", 3 * MINUTE);
    enrol(g, g->learner.id);
    int64_t began_ms = clock_utc_ms(g->clock);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 3 * MINUTE);
    g_autoptr(GArray) made = consider(g, g->learner.id, "title1");
    g_assert_cmpuint(made->len, ==, 1);
    const award_certificate *is = &g_array_index(made, award_certificate, 0);
    g_assert_cmpstr(is->serial, ==, "JT-2026-0000001");
    g_assert_cmpuint(strlen(is->token), ==, 32);
    g_assert_cmpuint(strlen(is->evidence), ==, 64);
    g_assert_cmpstr(is->person_name, ==, "王建国");
    g_assert_cmpstr(is->course_title, ==, "焊工基础");
    g_assert_cmpstr(is->issuer, ==, ISSUER);
    g_assert_cmpint(is->minutes, ==, 3);
    g_assert_cmpint(is->form, ==, AWARD_RECORDED);
    g_assert_cmpint(is->from_ms, >=, began_ms);
    g_assert_cmpint(is->to_ms, <=, is->issued_ms);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
    g_autoptr(GArray) mine = award_of(g->db, g->learner.id, NULL);
    g_assert_cmpuint(mine->len, ==, 1);
    g_assert_cmpmem(is, sizeof *is, mine->data, sizeof *is);
}

static void too_little_coverage_blocks(ground *g, gconstpointer unused)
{
    (void)unused;
    add_lesson(g, &g->course, "title1", 3 * MINUTE);
    add_lesson(g, &g->course, "title2", 3 * MINUTE);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
    learn(g, g->learner.id, "title2", 3 * MINUTE, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title2"), ==, 1);
}

static void too_few_minutes_block(ground *g, gconstpointer unused)
{
    (void)unused;
    g->course = add_course(g, g->course.owner, 1, 4);
    add_lesson(g, &g->course, "title1", 5 * MINUTE);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 5 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
    learn(g, g->learner.id, "title1", 5 * MINUTE, 5 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 1);
}

static void a_lesson_still_on_air_blocks_until_its_end(ground *g, gconstpointer unused)
{
    (void)unused;
    int64_t next = -1;
    add_lesson(g, &g->course, "title1", 0);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
    g_assert_true(school_title_ended(g->db, "title1", 3 * MINUTE, NULL));
    g_assert_true(award_consider_ended(g->db, g->clock, "title1", ISSUER, 0, &next, NULL));
    g_assert_cmpint(next, ==, 0);
    g_autoptr(GArray) mine = award_of(g->db, g->learner.id, NULL);
    g_assert_cmpuint(mine->len, ==, 1);
    g_assert_cmpint(g_array_index(mine, award_certificate, 0).form, ==, AWARD_LIVE);
}

static void a_class_nobody_gave_does_not_block_its_course(ground *g, gconstpointer unused)
{
    (void)unused;
    add_lesson(g, &g->course, "title1", 3 * MINUTE);
    add_lesson(g, &g->course, "title2", 0);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
    g_assert_true(school_title_ended(g->db, "title2", 0, NULL));
    g_autoptr(GArray) made = consider(g, g->learner.id, "title2");
    g_assert_cmpuint(made->len, ==, 1);
    g_assert_cmpint(g_array_index(made, award_certificate, 0).form, ==, AWARD_MIXED);
}

static void whoever_is_not_enrolled_gets_none(ground *g, gconstpointer unused)
{
    (void)unused;
    add_lesson(g, &g->course, "title1", 3 * MINUTE);
    learn(g, g->learner.id, "title1", 3 * MINUTE, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
}

static void the_last_second_a_player_misses_does_not_block(ground *g, gconstpointer unused)
{
    (void)unused;
    g->course = add_course(g, g->course.owner, 1000, 0);
    add_lesson(g, &g->course, "title1", 3 * MINUTE);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 3 * MINUTE - 900, 3 * MINUTE);
    g_assert_cmpuint(issued_now(g, "title1"), ==, 1);
}

static void everybody_due_is_found_in_batches(ground *g, gconstpointer unused)
{
    (void)unused;
    int64_t after = 0;
    guint rounds = 0, issued = 0;
    add_lesson(g, &g->course, "title1", 0);
    g_assert_true(records_begin(g->db, NULL));
    for (int i = 0; i < AWARD_BATCH_MAX + 5; i++) {
        g_autofree char *login = g_strdup_printf("learner%d", i);
        person who = add_person(g, login, "学员", ROLE_LEARNER);
        enrol(g, who.id);
        if (i % 50 == 0)
            learn(g, who.id, "title1", 20000, 20000);
    }
    g_assert_true(school_title_ended(g->db, "title1", 20000, NULL));
    do {
        g_assert_true(award_consider_ended(g->db, g->clock, "title1", ISSUER, after, &after, NULL));
        rounds++;
    } while (after != 0);
    g_assert_true(records_commit(g->db, NULL));
    g_assert_cmpuint(rounds, ==, 2);
    g_autoptr(GArray) everybody = school_enrolled(g->db, g->course.id, 0, 1000, NULL);
    for (guint i = 0; i < everybody->len; i++) {
        g_autoptr(GArray) had = award_of(g->db, g_array_index(everybody, int64_t, i), NULL);
        issued += had->len;
    }
    g_assert_cmpuint(issued, ==, 5);
}

/* One certificate of the learner; its token in `token`. */
static award_certificate earn(ground *g)
{
    add_lesson(g, &g->course, "title1", 20000);
    enrol(g, g->learner.id);
    learn(g, g->learner.id, "title1", 20000, 20000);
    g_autoptr(GArray) made = consider(g, g->learner.id, "title1");
    g_assert_cmpuint(made->len, ==, 1);
    return g_array_index(made, award_certificate, 0);
}

static void run_sql(const ground *g, const char *sql)
{
    const char *const words[] = {"sqlite3", g->path, sql, NULL};
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
}

/* Are the records that each certificate stands on there? The chain itself is sound. */
static bool stands(ground *g, GError **error)
{
    int64_t certificates, records_checked, balances_checked;
    g_autoptr(GError) failure = NULL;
    g_assert_true(records_begin(g->db, NULL)); /* what is there now */
    g_autoptr(GHashTable) kept = award_evidence(g->db, &certificates, &failure);
    g_assert_no_error(failure);
    g_assert_cmpint(certificates, ==, 1);
    ledger_verify(g->db, kept, &records_checked, &balances_checked, &failure);
    g_assert_no_error(failure);
    g_assert_true(records_commit(g->db, NULL));
    return award_evidence_found(kept, error);
}

static void a_certificate_whose_records_are_gone_or_others_is_named(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) changed = NULL, cut = NULL;
    award_certificate is = earn(g);
    g_autofree char *mend = g_strdup_printf("UPDATE certificate SET evidence = '%s'", is.evidence);
    learn(g, g->learner.id, "title2", 20000, 20000); /* the chain has gone on since */
    g_assert_true(stands(g, NULL));
    run_sql(g, "UPDATE certificate SET evidence = replace(evidence, substr(evidence, 1, 1), 'x')");
    g_assert_false(stands(g, &changed));
    g_assert_nonnull(strstr(changed->message, is.serial));
    run_sql(g, mend);
    g_assert_true(stands(g, NULL));
    run_sql(g, "DELETE FROM ledger_chain; DELETE FROM ledger_account"); /* looks whole alone */
    g_assert_false(stands(g, &cut));
    g_assert_nonnull(strstr(cut->message, is.serial));
}

static void serials_count_anew_each_year_of_shanghai(ground *g, gconstpointer unused)
{
    (void)unused;
    award_certificate first = earn(g);
    person second = add_person(g, "second", "李四", ROLE_LEARNER),
           third = add_person(g, "third", "赵六", ROLE_LEARNER);
    enrol(g, second.id);
    enrol(g, third.id);
    learn(g, second.id, "title1", 20000, 20000);
    learn(g, third.id, "title1", 20000, 20000);
    g_autoptr(GArray) two = consider(g, second.id, "title1");
    clock_advance_ms(g->clock, 1798732800000 - clock_utc_ms(g->clock)); /* 2026-12-31 16:00 UTC */
    g_autoptr(GArray) three = consider(g, third.id, "title1");
    g_assert_cmpstr(first.serial, ==, "JT-2026-0000001");
    g_assert_cmpstr(g_array_index(two, award_certificate, 0).serial, ==, "JT-2026-0000002");
    g_assert_cmpstr(g_array_index(three, award_certificate, 0).serial, ==, "JT-2027-0000001");
}

static void a_token_finds_its_certificate_and_no_other(ground *g, gconstpointer unused)
{
    (void)unused;
    award_certificate is = earn(g), found;
    g_autoptr(GError) error = NULL;
    g_assert_true(award_by_token(g->db, is.token, &found, NULL));
    g_assert_cmpstr(found.id, ==, is.id);
    is.token[0] ^= 1;
    g_assert_false(award_by_token(g->db, is.token, &found, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_false(award_by_id(g->db, is.token, &found, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

static void a_revoked_certificate_stays_and_is_not_issued_again(ground *g, gconstpointer unused)
{
    (void)unused;
    award_certificate is = earn(g), found;
    g_autoptr(GError) error = NULL;
    g_assert_false(award_revoke(g->db, g->clock, is.id, 1, "", &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    g_clear_error(&error);
    g_assert_true(award_revoke(g->db, g->clock, is.id, 1, "姓名有误", &error));
    g_assert_true(award_by_id(g->db, is.id, &found, NULL));
    g_assert_cmpint(found.revoked_ms, ==, clock_utc_ms(g->clock));
    g_assert_false(award_revoke(g->db, g->clock, is.id, 1, "再次", &error));
    g_assert_cmpstr(error_code(error), ==, "revoked_already");
    g_assert_cmpuint(issued_now(g, "title1"), ==, 0);
}

#define ADD(name) g_test_add("/award/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(the_rule_is_met_exactly_at_its_edge);
    ADD(whoever_meets_the_rule_gets_one_certificate_once);
    ADD(too_little_coverage_blocks);
    ADD(too_few_minutes_block);
    ADD(a_lesson_still_on_air_blocks_until_its_end);
    ADD(a_class_nobody_gave_does_not_block_its_course);
    ADD(whoever_is_not_enrolled_gets_none);
    ADD(the_last_second_a_player_misses_does_not_block);
    ADD(everybody_due_is_found_in_batches);
    ADD(a_certificate_whose_records_are_gone_or_others_is_named);
    ADD(serials_count_anew_each_year_of_shanghai);
    ADD(a_token_finds_its_certificate_and_no_other);
    ADD(a_revoked_certificate_stays_and_is_not_issued_again);
    return g_test_run();
}
