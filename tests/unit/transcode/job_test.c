/* The queue in the database: lawful moves, order, what people say, what a worker's end means. */
#include "ground.h"

static void a_job_moves_only_where_it_may(void)
{
    static const char *const lawful[] = {"queued running",   "queued paused",   "queued done",
                                         "queued cancelled", "running queued",  "running paused",
                                         "running done",     "running failed",  "running cancelled",
                                         "paused queued",    "paused done",     "paused cancelled",
                                         "failed queued",    "cancelled queued"};
    guint count = 0;
    for (job_state from = JOB_QUEUED; from <= JOB_CANCELLED; from++)
        for (job_state to = JOB_QUEUED; to <= JOB_CANCELLED; to++) {
            g_autofree char *move =
                g_strdup_printf("%s %s", job_state_word(from), job_state_word(to));
            bool said = false;
            for (guint i = 0; i < G_N_ELEMENTS(lawful); i++)
                said = said || strcmp(lawful[i], move) == 0;
            g_assert_cmpint(job_move_is_lawful(from, to), ==, said);
            count += said;
        }
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(lawful));
}

static void words_are_read_back_as_they_are_written(void)
{
    for (int i = JOB_QUEUED; i <= JOB_CANCELLED; i++) {
        job_state state;
        g_assert_true(job_state_parse(job_state_word((job_state)i), &state));
        g_assert_cmpint(state, ==, i);
    }
    for (int i = ASSET_PROBING; i <= ASSET_CANCELLED; i++) {
        asset_state state;
        g_assert_true(asset_state_parse(asset_state_word((asset_state)i), &state));
        g_assert_cmpint(state, ==, i);
    }
    job_priority priority;
    g_assert_false(job_priority_parse("urgent", &priority));
}

/* The names of what waits, in order. */
static char *order(ground *g)
{
    GString *names = g_string_new(NULL);
    g_autoptr(GArray) open = jobs_open(g->db, NULL);
    for (guint i = 0; i < open->len; i++)
        g_string_append(names, g_array_index(open, job, i).name);
    return g_string_free(names, FALSE);
}

static void assert_order(ground *g, const char *wanted)
{
    g_autofree char *is = order(g);
    g_assert_cmpstr(is, ==, wanted);
}

static void looks_come_before_work_and_then_priority_and_then_place(void)
{
    ground g = ground_new();
    job a = ground_file(&g, "a", JOB_TRANSCODE), b = ground_file(&g, "b", JOB_TRANSCODE);
    ground_file(&g, "c", JOB_TRANSCODE);
    ground_file(&g, "p", JOB_PROBE);
    assert_order(&g, "pabc");
    g_assert_true(job_prioritise(g.db, &b, PRIORITY_HIGH, NULL));
    assert_order(&g, "pbac");
    g_assert_true(job_prioritise(g.db, &a, PRIORITY_LOW, NULL));
    assert_order(&g, "pbca");
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "b");
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "c");
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "a");
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "");
    g_assert_cmpstr(ground_take(&g, JOB_PROBE).name, ==, "p");
    ground_end(&g);
}

static void a_job_is_put_to_any_place_and_takes_the_priority_there(void)
{
    ground g = ground_new();
    job a = ground_file(&g, "a", JOB_TRANSCODE), b = ground_file(&g, "b", JOB_TRANSCODE);
    job c = ground_file(&g, "c", JOB_TRANSCODE), d = ground_file(&g, "d", JOB_TRANSCODE);
    g_assert_true(job_place(g.db, &d, 1, NULL));
    assert_order(&g, "dabc");
    g_assert_true(job_place(g.db, &a, 99, NULL));
    assert_order(&g, "dbca");
    g_assert_true(job_place(g.db, &b, 3, NULL));
    assert_order(&g, "dcba");
    g_assert_true(job_prioritise(g.db, &c, PRIORITY_HIGH, NULL));
    g_assert_true(job_place(g.db, &a, 1, NULL));
    assert_order(&g, "acdb");
    g_assert_cmpint(a.priority, ==, PRIORITY_HIGH);
    g_assert_true(job_place(g.db, &a, 4, NULL));
    assert_order(&g, "cdba");
    g_assert_cmpint(a.priority, ==, PRIORITY_NORMAL);
    ground_end(&g);
}

static void two_hundred_jobs_survive_a_restart_in_order_and_who_ran_is_first(void)
{
    ground g = ground_new();
    char name[16];
    for (int i = 0; i < 200; i++) {
        g_snprintf(name, sizeof name, "%03d", i);
        ground_file(&g, name, JOB_TRANSCODE);
    }
    job first = ground_take(&g, JOB_TRANSCODE), second = ground_take(&g, JOB_TRANSCODE);
    g_assert_cmpstr(first.title_id, !=, "");
    ground_fall(&g);
    for (int i = 0; i < 200; i++) {
        g_snprintf(name, sizeof name, "%03d", i);
        job taken = ground_take(&g, JOB_TRANSCODE);
        g_assert_cmpstr(taken.name, ==, name);
        g_assert_cmpint(taken.attempts, ==, 1);
        if (i == 0)
            g_assert_cmpstr(taken.title_id, ==, first.title_id);
        if (i == 1)
            g_assert_cmpstr(taken.title_id, ==, second.title_id);
    }
    ground_end(&g);
}

static void files_that_were_looked_at_one_after_the_other_are_made_in_that_order(void)
{
    ground g = ground_new();
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) { /* each before the next one has come */
        job is = ground_file(&g, names[i], JOB_PROBE);
        ground_take(&g, JOB_PROBE);
        ground_settle(&g, &is, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    }
    assert_order(&g, "abcdef");
    ground_end(&g);
}

static void what_was_begun_last_is_first_after_a_restart_also_before_who_was_put_before_it(void)
{
    ground g = ground_new();
    ground_file(&g, "a", JOB_TRANSCODE);
    job b = ground_file(&g, "b", JOB_TRANSCODE);
    ground_take(&g, JOB_TRANSCODE);
    g_assert_true(job_place(g.db, &b, 1, NULL));
    ground_fall(&g);
    assert_order(&g, "ab");
    ground_end(&g);
}

static void a_probe_leads_to_the_work_at_its_place_or_to_a_refusal_in_words(void)
{
    ground g = ground_new();
    job good = ground_file(&g, "good", JOB_PROBE), bad = ground_file(&g, "bad", JOB_PROBE);
    job later = ground_file(&g, "later", JOB_PROBE), found;
    bool there;
    ground_take(&g, JOB_PROBE);
    ground_take(&g, JOB_PROBE);
    ground_take(&g, JOB_PROBE);
    ground_settle(&g, &later, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    ground_settle(&g, &good, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    ground_settle(&g, &bad,
                  (job_outcome){.end = OUTCOME_PROBED,
                                .facts = "{\"refused\":{\"code\":\"image\",\"found\":\"PNG\"}}"});
    assert_order(&g, "goodlater");
    asset refused = ground_asset(&g, bad.asset_id);
    g_assert_cmpint(refused.state, ==, ASSET_REFUSED);
    g_assert_cmpstr(refused.trouble.code, ==, "image");
    g_assert_cmpstr(refused.trouble.found, ==, "PNG");
    asset_clear(&refused);
    g_assert_true(job_of_asset(g.db, good.asset_id, &found, &there, NULL));
    g_assert_cmpint(found.kind, ==, JOB_TRANSCODE);
    g_assert_cmpint(found.length_ms, ==, 60000);
    ground_end(&g);
}

static void a_probe_that_says_nonsense_counts_as_a_death(void)
{
    ground g = ground_new();
    static const char *const nonsense[] = {"",
                                           "[]",
                                           "{}",
                                           "{\"refused\":{}}",
                                           "{\"video\":1}",
                                           "{\"video\":{},\"duration_ms\":-1}",
                                           "{\"refused\":{\"code\":\"<b>\"}}"};
    for (guint i = 0; i < G_N_ELEMENTS(nonsense); i++) {
        job is = ground_file(&g, "x", JOB_PROBE);
        ground_take(&g, JOB_PROBE);
        ground_settle(&g, &is, (job_outcome){.end = OUTCOME_PROBED, .facts = nonsense[i]});
        g_assert_cmpint(is.state, ==, JOB_QUEUED);
        g_assert_cmpint(is.deaths, ==, 1);
        g_assert_cmpstr(is.trouble.code, ==, "worker_lost");
        g_assert_true(job_cancel(g.db, g.clock, &is, NULL));
    }
    ground_end(&g);
}

static job_outcome death_at(int64_t ms)
{
    return (job_outcome){.end = OUTCOME_DIED, .done_ms = ms, .why = "signal 11"};
}

static void a_file_that_kills_two_workers_at_one_place_has_failed_with_the_cause(void)
{
    ground g = ground_new();
    job is = ground_file(&g, "a", JOB_TRANSCODE);
    ground_take(&g, JOB_TRANSCODE);
    ground_settle(&g, &is, death_at(500));
    g_assert_cmpint(is.state, ==, JOB_QUEUED);
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "");
    clock_advance_ms(g.clock, JOB_AGAIN_FIRST_MS);
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "a");
    ground_settle(&g, &is, death_at(900));
    g_assert_cmpint(is.state, ==, JOB_FAILED);
    g_assert_cmpstr(is.trouble.code, ==, "worker_failed");
    g_assert_cmpstr(is.trouble.detail, ==, "signal 11");
    g_assert_cmpint(ground_state(&g, is.asset_id), ==, ASSET_FAILED);
    ground_end(&g);
}

static void a_death_far_behind_the_one_before_is_a_first_one_up_to_a_bound(void)
{
    ground g = ground_new();
    job is = ground_file(&g, "a", JOB_TRANSCODE);
    for (int i = 1; i <= JOB_ATTEMPTS_MAX; i++) {
        clock_advance_ms(g.clock, JOB_AGAIN_MAX_MS);
        is = ground_take(&g, JOB_TRANSCODE);
        g_assert_cmpstr(is.name, ==, "a");
        ground_settle(&g, &is, death_at(i * (JOB_SAME_PLACE_MS + 1LL)));
        g_assert_cmpint(is.deaths, ==, 1);
    }
    g_assert_cmpint(is.state, ==, JOB_FAILED);
    g_assert_true(job_retry(g.db, g.clock, &is, NULL));
    g_assert_cmpint(is.attempts, ==, 0);
    g_assert_cmpstr(is.trouble.code, ==, "");
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).title_id, ==, is.title_id);
    ground_end(&g);
}

static void what_people_said_stands_when_the_worker_leaves(void)
{
    ground g = ground_new();
    job is = ground_file(&g, "a", JOB_TRANSCODE);
    is = ground_take(&g, JOB_TRANSCODE);
    g_assert_true(job_pause(g.db, g.clock, &is, NULL));
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_LEFT, .done_ms = 7000});
    g_assert_cmpint(is.state, ==, JOB_PAUSED);
    g_assert_cmpint(is.done_ms, ==, 7000);
    g_assert_cmpint(ground_state(&g, is.asset_id), ==, ASSET_PAUSED);
    g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "");
    g_assert_true(job_resume(g.db, g.clock, &is, NULL));
    is = ground_take(&g, JOB_TRANSCODE);
    g_assert_true(job_pause(g.db, g.clock, &is, NULL));
    ground_settle(&g, &is,
                  (job_outcome){.end = OUTCOME_DONE, .length_ms = 60000, .rungs = "480p,audio"});
    g_assert_cmpint(is.state, ==, JOB_DONE); /* it was done before it heard */
    asset ready = ground_asset(&g, is.asset_id);
    g_assert_cmpint(ready.state, ==, ASSET_READY);
    g_assert_cmpstr(ready.rungs, ==, "480p,audio");
    g_assert_cmpint(ready.duration_ms, ==, 60000);
    asset_clear(&ready);
    ground_end(&g);
}

static void a_cancelled_job_leaves_nothing_of_its_title_and_begins_anew(void)
{
    ground g = ground_new();
    job is = ground_file(&g, "a", JOB_TRANSCODE);
    is = ground_take(&g, JOB_TRANSCODE);
    g_autofree char *title = g_strdup(is.title_id), *path = g_strdup_printf("titles/%s", title);
    g_assert_true(job_cancel(g.db, g.clock, &is, NULL));
    query *rows = records_query(g.db, SQL_DISCARD_LIST, "i", (int64_t)10);
    g_assert_cmpint(query_step(rows, NULL), ==, QUERY_ROW);
    g_assert_cmpstr(query_text(rows, 0), ==, path);
    query_end(rows);
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_LEFT, .done_ms = 7000});
    g_assert_cmpint(is.state, ==, JOB_CANCELLED);
    g_assert_true(job_retry(g.db, g.clock, &is, NULL));
    g_assert_cmpint(is.done_ms, ==, 0);
    job again = ground_take(&g, JOB_TRANSCODE);
    g_assert_cmpstr(again.title_id, !=, "");
    g_assert_cmpstr(again.title_id, !=, title);
    ground_end(&g);
}

static void what_a_worker_says_of_a_title_that_was_dropped_counts_for_nothing(void)
{
    ground g = ground_new();
    ground_file(&g, "a", JOB_TRANSCODE);
    job is = ground_take(&g, JOB_TRANSCODE);
    job_outcome done = {.end = OUTCOME_DONE, .length_ms = 60000, .drop_source = true};
    job_outcome left = {.end = OUTCOME_LEFT, .done_ms = 7000};
    g_strlcpy(done.title_id, is.title_id, sizeof done.title_id);
    g_strlcpy(left.title_id, is.title_id, sizeof left.title_id);
    g_assert_true(job_cancel(g.db, g.clock, &is, NULL));
    g_assert_true(job_retry(g.db, g.clock, &is, NULL));
    ground_settle(&g, &is, left);
    ground_settle(&g, &is, done);
    g_assert_cmpint(is.state, ==, JOB_QUEUED);
    g_assert_cmpint(is.done_ms, ==, 0);
    is = ground_take(&g, JOB_TRANSCODE);
    ground_settle(&g, &is, done); /* begun anew, with another title */
    g_assert_cmpint(is.state, ==, JOB_QUEUED);
    g_assert_cmpint(is.attempts, ==, 0);
    asset of = ground_asset(&g, is.asset_id);
    g_assert_cmpint(of.state, ==, ASSET_QUEUED);
    g_assert_true(of.source_kept);
    asset_clear(&of);
    is = ground_take(&g, JOB_TRANSCODE);
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_DONE, .length_ms = 60000});
    g_assert_cmpint(ground_state(&g, is.asset_id), ==, ASSET_READY);
    ground_end(&g);
}

static void a_title_in_other_hands_is_no_death_and_is_tried_again_soon(void)
{
    ground g = ground_new();
    ground_file(&g, "a", JOB_TRANSCODE);
    job is = ground_take(&g, JOB_TRANSCODE);
    for (int i = 0; i < JOB_ATTEMPTS_MAX + 1; i++) {
        ground_settle(&g, &is, (job_outcome){.end = OUTCOME_LATER});
        g_assert_cmpint(is.state, ==, JOB_QUEUED);
        g_assert_cmpint(is.deaths + is.attempts, ==, 0);
        g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).name, ==, "");
        clock_advance_ms(g.clock, JOB_AGAIN_FIRST_MS);
        g_assert_cmpstr(ground_take(&g, JOB_TRANSCODE).title_id, ==, is.title_id);
    }
    ground_end(&g);
}

static void what_cannot_be_done_now_is_a_conflict_and_changes_nothing(void)
{
    ground g = ground_new();
    g_autoptr(GError) error = NULL;
    job is = ground_file(&g, "a", JOB_PROBE);
    g_assert_false(job_resume(g.db, g.clock, &is, &error));
    g_assert_cmpstr(error_code(error), ==, "job_state");
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_false(job_retry(g.db, g.clock, &is, NULL));
    ground_take(&g, JOB_PROBE);
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    g_assert_false(job_pause(g.db, g.clock, &is, NULL));
    g_assert_false(job_cancel(g.db, g.clock, &is, NULL));
    g_assert_false(job_place(g.db, &is, 1, NULL));
    g_assert_false(job_prioritise(g.db, &is, PRIORITY_HIGH, NULL));
    g_assert_cmpint(is.state, ==, JOB_DONE);
    ground_end(&g);
}

static void a_job_waits_for_room_says_so_once_and_begins_when_there_is(void)
{
    ground g = ground_new();
    job is = ground_file(&g, "a", JOB_PROBE), taken;
    bool found;
    ground_take(&g, JOB_PROBE);
    ground_settle(&g, &is, (job_outcome){.end = OUTCOME_PROBED, .facts = FACTS});
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, 1000, &taken, &found, NULL));
    g_assert_false(found);
    asset waits = ground_asset(&g, is.asset_id);
    g_assert_cmpint(waits.state, ==, ASSET_QUEUED);
    g_assert_cmpstr(waits.trouble.code, ==, "disk_full");
    asset_clear(&waits);
    int64_t needed = 60000LL * JOB_OUTPUT_BPS / 8000;
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, needed, &taken, &found, NULL));
    g_assert_true(found);
    g_assert_cmpstr(taken.trouble.code, ==, "");
    ground_settle(&g, &taken,
                  (job_outcome){.end = OUTCOME_NO_ROOM, .done_ms = 30000, .why = "full"});
    g_assert_cmpint(taken.state, ==, JOB_QUEUED);
    g_assert_cmpint(taken.attempts, ==, 0);
    g_assert_cmpstr(taken.trouble.code, ==, "disk_full");
    g_assert_cmpint(job_needs(&taken), ==, needed / 2);
    ground_end(&g);
}

static void a_long_file_that_has_no_room_is_passed_over_and_says_why(void)
{
    ground g = ground_new();
    g_autoptr(GError) error = NULL;
    job taken, named[3];
    static const int64_t lengths[] = {600000, 60000, 600000};
    bool found;
    for (guint i = 0; i < G_N_ELEMENTS(named); i++) {
        named[i] = ground_file(&g, i == 1 ? "short" : "long", JOB_TRANSCODE);
        asset of = ground_asset(&g, named[i].asset_id);
        of.duration_ms = lengths[i];
        g_assert_true(asset_save(g.db, &of, NULL));
        asset_clear(&of);
    }
    const int64_t room = 60000LL * JOB_OUTPUT_BPS / 8000;
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, room - 1, &taken, &found, NULL));
    g_assert_false(found);
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, room, &taken, &found, &error));
    g_assert_no_error(error);
    g_assert_true(found);
    g_assert_cmpstr(taken.id, ==, named[1].id);
    g_assert_cmpint(taken.state, ==, JOB_RUNNING);
    g_assert_true(job_read(g.db, named[0].id, &named[0], NULL));
    g_assert_true(job_read(g.db, named[2].id, &named[2], NULL));
    g_assert_cmpstr(named[0].trouble.code, ==, "disk_full");
    g_assert_cmpstr(named[2].trouble.code, ==, ""); /* it waits for the first one */
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, -1, &taken, &found, NULL));
    g_assert_false(found);
    g_assert_true(job_take(g.db, g.clock, JOB_TRANSCODE, 10 * room, &taken, &found, NULL));
    g_assert_cmpstr(taken.id, ==, named[0].id);
    ground_end(&g);
}

static job_page open_page(ground *g, int64_t owner, int64_t from)
{
    job_page page;
    g_autoptr(GError) error = NULL;
    jobs_open_page(g->db, owner, from, &page, &error);
    g_assert_no_error(error);
    return page;
}

static void assert_page(job_page *page, guint jobs, int64_t more, int64_t first_nth)
{
    g_assert_cmpuint(page->jobs->len, ==, jobs);
    g_assert_cmpint(page->more, ==, more);
    if (jobs > 0)
        g_assert_cmpint(g_array_index(page->jobs, job_listed, 0).nth, ==, first_nth);
    job_page_clear(page);
}

static void a_long_queue_is_told_a_page_at_a_time_with_places_among_all(void)
{
    ground g = ground_new();
    for (int i = 0; i < JOBS_PAGE_MAX + 20; i++)
        ground_file(&g, "a", JOB_TRANSCODE);
    g.owner = g.other.id;
    job theirs = ground_file(&g, "b", JOB_TRANSCODE);
    job_page page = open_page(&g, 0, 0);
    assert_page(&page, JOBS_PAGE_MAX, 21, 1);
    page = open_page(&g, 0, JOBS_PAGE_MAX);
    assert_page(&page, 21, 0, JOBS_PAGE_MAX + 1);
    page = open_page(&g, g.other.id, 0);
    assert_page(&page, 1, 0, JOBS_PAGE_MAX + 21);
    int64_t nth;
    g_assert_true(job_nth(g.db, &theirs, &nth, NULL));
    g_assert_cmpint(nth, ==, JOBS_PAGE_MAX + 21);
    ground_take(&g, JOB_TRANSCODE); /* who is at work is first, and has no place */
    page = open_page(&g, 0, 0);
    assert_page(&page, JOBS_PAGE_MAX, 21, 0);
    g_assert_true(job_nth(g.db, &theirs, &nth, NULL));
    g_assert_cmpint(nth, ==, JOBS_PAGE_MAX + 20);
    ground_end(&g);
}

static void what_ended_is_told_to_its_owner_however_much_of_others_ended_since(void)
{
    ground g = ground_new();
    job_page page;
    g.owner = g.other.id;
    job first = ground_file(&g, "theirs", JOB_PROBE);
    g_assert_true(job_cancel(g.db, g.clock, &first, NULL));
    g.owner = 0;
    for (int i = 0; i < JOBS_PAGE_MAX + 5; i++) {
        job is = ground_file(&g, "a", JOB_PROBE);
        g_assert_true(job_cancel(g.db, g.clock, &is, NULL));
    }
    g_assert_true(jobs_ended_page(g.db, g.other.id, 0, &page, NULL));
    g_assert_cmpuint(page.jobs->len, ==, 1);
    g_assert_cmpstr(g_array_index(page.jobs, job_listed, 0).is.id, ==, first.id);
    job_page_clear(&page);
    g_assert_true(jobs_ended_page(g.db, 0, 0, &page, NULL));
    assert_page(&page, JOBS_PAGE_MAX, 6, 0);
    g_assert_true(jobs_ended_page(g.db, 0, JOBS_PAGE_MAX, &page, NULL));
    g_assert_cmpstr(g_array_index(page.jobs, job_listed, 5).is.id, ==, first.id);
    assert_page(&page, 6, 0, 0);
    ground_end(&g);
}

static void the_whole_queue_rests_over_a_restart(void)
{
    ground g = ground_new();
    bool paused = true;
    g_assert_true(queue_read(g.db, &paused, NULL) && !paused);
    g_assert_true(queue_set(g.db, true, NULL));
    ground_fall(&g);
    g_assert_true(queue_read(g.db, &paused, NULL) && paused);
    ground_end(&g);
}

#define TEST(name) g_test_add_func("/job/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_job_moves_only_where_it_may);
    TEST(words_are_read_back_as_they_are_written);
    TEST(looks_come_before_work_and_then_priority_and_then_place);
    TEST(a_job_is_put_to_any_place_and_takes_the_priority_there);
    TEST(two_hundred_jobs_survive_a_restart_in_order_and_who_ran_is_first);
    TEST(files_that_were_looked_at_one_after_the_other_are_made_in_that_order);
    TEST(what_was_begun_last_is_first_after_a_restart_also_before_who_was_put_before_it);
    TEST(a_probe_leads_to_the_work_at_its_place_or_to_a_refusal_in_words);
    TEST(a_probe_that_says_nonsense_counts_as_a_death);
    TEST(a_file_that_kills_two_workers_at_one_place_has_failed_with_the_cause);
    TEST(a_death_far_behind_the_one_before_is_a_first_one_up_to_a_bound);
    TEST(what_people_said_stands_when_the_worker_leaves);
    TEST(a_cancelled_job_leaves_nothing_of_its_title_and_begins_anew);
    TEST(what_a_worker_says_of_a_title_that_was_dropped_counts_for_nothing);
    TEST(a_title_in_other_hands_is_no_death_and_is_tried_again_soon);
    TEST(what_cannot_be_done_now_is_a_conflict_and_changes_nothing);
    TEST(a_job_waits_for_room_says_so_once_and_begins_when_there_is);
    TEST(a_long_file_that_has_no_room_is_passed_over_and_says_why);
    TEST(a_long_queue_is_told_a_page_at_a_time_with_places_among_all);
    TEST(what_ended_is_told_to_its_owner_however_much_of_others_ended_since);
    TEST(the_whole_queue_rests_over_a_restart);
    return g_test_run();
}
