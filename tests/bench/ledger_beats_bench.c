/*
 * Beats per second through the clerk: many learners, each beat a job of its own, a flush a second, SQLite on disk at
 * full durability. Prints one JSON line.
 *
 *   ledger_beats_bench FOLDER LEARNERS BEATS
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "ledger/ledger.h"
#include "records/clerk.h"

#define LESSON_MS 3600000

typedef struct {
    int64_t person, at_ms;
    ledger_lease lease;
    char nonce[33];
    int64_t seq;
} learner;

typedef struct {
    clerk *clerk;
    base_clock *clock; /* fake: every learner's five seconds pass at once */
    ledger *ledger;
    ledger_title title;
    learner *learners;
    _Atomic int64_t taken;
} stage;

static stage s;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    (void)loop;
    fn(data); /* on the clerk's thread: the answers only count */
}

static void count(gpointer data, const GError *error)
{
    (void)data;
    if (error)
        g_error("a job failed: %s", error->message);
    s.taken++;
}

static bool begin(records *db, gpointer data, GError **error)
{
    learner *who = data;
    if (!ledger_delivered(s.ledger, db, who->person, s.title.title_id, 0, LESSON_MS, error) ||
        !ledger_watch(s.ledger, db, who->person, &s.title, &who->lease, error))
        return false;
    g_array_unref(who->lease.covered);
    g_strlcpy(who->nonce, who->lease.nonce, sizeof who->nonce);
    return true;
}

static bool beat(records *db, gpointer data, GError **error)
{
    learner *who = data;
    ledger_verdict verdict;
    ledger_beat is = {
        .seq = who->seq + 1, .from_ms = who->at_ms, .to_ms = who->at_ms + LEDGER_INTERVAL_MS};
    is.rate_permille = 1000;
    is.visible = is.playing = true;
    g_strlcpy(is.session, who->lease.session, sizeof is.session);
    g_strlcpy(is.nonce, who->nonce, sizeof is.nonce);
    if (!ledger_judge(s.ledger, db, who->person, &s.title, NULL, &is, &verdict, error))
        return false;
    if (verdict.gained_ms != LEDGER_INTERVAL_MS)
        g_error("a beat earned %d ms", (int)verdict.gained_ms);
    who->seq = verdict.seq;
    who->at_ms = (who->at_ms + LEDGER_INTERVAL_MS) % (LESSON_MS - LEDGER_INTERVAL_MS);
    g_strlcpy(who->nonce, verdict.nonce, sizeof who->nonce);
    return true;
}

static bool flush(records *db, gpointer data, GError **error)
{
    (void)data;
    return ledger_flush(s.ledger, db, error);
}

static void post(clerk_job job, gpointer data)
{
    while (!clerk_post(s.clerk, job, count, data, NULL))
        g_usleep(200); /* BUSY: the mailbox is full, as it should be here */
}

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void run(int64_t people, int64_t beats)
{
    gint64 start_us = g_get_monotonic_time(), flushed_us = start_us;
    double cpu = cpu_seconds();
    int64_t begun = s.taken;
    for (int64_t i = 0; i < beats; i++) {
        if (i % people == 0)
            clock_advance_ms(s.clock, LEDGER_INTERVAL_MS);
        post(beat, &s.learners[i % people]);
        if (g_get_monotonic_time() - flushed_us > G_USEC_PER_SEC) {
            flushed_us += G_USEC_PER_SEC;
            post(flush, NULL);
            begun++;
        }
    }
    post(flush, NULL);
    while (s.taken - begun < beats + 1)
        g_usleep(1000);
    double wall = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
    cpu = cpu_seconds() - cpu;
    printf("{\"learners\":%ld,\"beats\":%ld,\"wall_s\":%.2f,\"beats_per_s\":%.0f,\"cpu_us_per_"
           "beat\":%.1f}\n",
           (long)people, (long)beats, wall, (double)beats / wall, cpu / (double)beats * 1e6);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "ledger_beats_bench FOLDER LEARNERS BEATS\n");
        return 2;
    }
    int64_t people = atoll(argv[2]), beats = atoll(argv[3]);
    g_autofree char *path = g_build_filename(argv[1], "beats.db", NULL);
    ledger_span whole = {0, LESSON_MS};
    s.clock = clock_new_fake(1000, 1700000000000);
    s.ledger = ledger_new(s.clock);
    s.clerk = clerk_new(path, deliver, NULL, NULL);
    s.title = (ledger_title){.title_id = "aaaabbbbcccc",
                             .content = g_array_new(FALSE, FALSE, sizeof(ledger_span))};
    g_array_append_val(s.title.content, whole);
    s.learners = g_new0(learner, people);
    for (int64_t i = 0; i < people; i++) {
        s.learners[i].person = 1000 + i;
        post(begin, &s.learners[i]);
    }
    post(flush, NULL);
    while (s.taken < people + 1)
        g_usleep(1000);
    run(people, beats);
    clerk_free(s.clerk);
    return 0;
}
