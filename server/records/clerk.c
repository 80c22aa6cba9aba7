#include "records/clerk.h"

#include <pthread.h>

#include "base/log.h"
#include "base/metric.h"
#include "records/engine.h"

#define DELIVERY_MAX                                                                               \
    64 /* answers the loop runs in one go, so that a full batch does not hold it up */
#define BATCH_US                                                                                   \
    (50 * 1000) /* jobs share a commit for this long; the first one's answer waits no longer */
#define SLOW_COMMIT_US (1000 * 1000) /* a commit slower than this is worth a word */

typedef struct {
    clerk_job job;
    clerk_done done;
    gpointer data;
    GError *error;
} mail;

/* Answers on their way to the loop. */
typedef struct {
    guint count;
    mail answers[];
} delivery;

/* POSIX threads rather than GLib's: the thread sanitizer sees into these. */
struct clerk {
    records *db;
    clerk_deliver deliver;
    gpointer loop;
    pthread_t thread;

    pthread_mutex_t lock; /* what follows, down to the counters */
    pthread_cond_t wake;
    bool stopping;
    guint head, waiting; /* of the ring */
    mail *ring;
    uint64_t jobs, failed, refused, commits, lost_commits, commit_us;

    mail *batch; /* the thread's own */
};

/* ---- running a batch ---- */

static void run_one(clerk *c, mail *m)
{
    if (!records_begin(c->db, &m->error))
        return;
    int depth = engine_depth(c->db);
    bool good = m->job(c->db, m->data, &m->error);
    g_assert_cmpint(engine_depth(c->db), ==, depth); /* a job ends the frames it begins */
    if (!good) {
        records_rollback(c->db);
        if (!m->error)
            error_set(&m->error, ERROR_STORAGE, "storage", NULL, "The job failed without a word");
        return;
    }
    g_clear_error(&m->error); /* it succeeded, whatever it met on the way */
    records_commit(c->db, &m->error);
}

/* Everything of the batch is gone: say so to those who believe otherwise. */
static void fail_batch(clerk *c, guint count, const GError *why)
{
    error_kind kind = error_is(why, ERROR_BUSY) ? ERROR_BUSY : ERROR_STORAGE;
    log_error("records", "A transaction of %u jobs was lost: %s", count, why->message);
    for (guint i = 0; i < count; i++)
        if (!c->batch[i].error)
            error_set(&c->batch[i].error, kind, error_code(why), NULL, "%s", why->message);
}

/* Runs from batch[0] on until the time of a batch is over; returns how many. */
static guint run_jobs(clerk *c, guint count)
{
    int64_t end = g_get_monotonic_time() + BATCH_US;
    guint done = 0;
    do
        run_one(c, &c->batch[done++]);
    while (done < count && g_get_monotonic_time() < end);
    return done;
}

static void count_commit(clerk *c, guint count, bool lost, int64_t took_us)
{
    guint failed = 0;
    for (guint i = 0; i < count; i++)
        failed += c->batch[i].error != NULL;
    pthread_mutex_lock(&c->lock);
    c->jobs += count;
    c->failed += failed;
    c->commits++;
    c->lost_commits += lost;
    c->commit_us += (uint64_t)took_us;
    pthread_mutex_unlock(&c->lock);
    if (took_us > SLOW_COMMIT_US)
        log_warn("records", "A commit took %" G_GINT64_FORMAT " ms: the disk is slow",
                 took_us / 1000);
}

static guint run_batch(clerk *c, guint count)
{
    g_autoptr(GError) error = NULL;
    int64_t started = 0;
    guint done = count;
    if (records_begin(c->db, &error)) {
        done = run_jobs(c, count);
        started = g_get_monotonic_time();
        records_commit(c->db, &error);
    }
    if (error)
        fail_batch(c, done, error);
    count_commit(c, done, error != NULL, started ? g_get_monotonic_time() - started : 0);
    return done;
}

/* ---- answers ---- */

static void answer_all(gpointer data)
{
    delivery *d = data;
    for (guint i = 0; i < d->count; i++) {
        mail *answer = &d->answers[i];
        answer->done(answer->data, answer->error);
        g_clear_error(&answer->error);
    }
    g_free(d);
}

static void drop_silent(mail *m)
{
    if (m->error)
        log_warn("records", "A job nobody waits for failed: %s", m->error->message);
    g_clear_error(&m->error);
}

static void answer_batch(clerk *c, guint count)
{
    delivery *next = NULL;
    for (guint i = 0; i < count; i++) {
        if (!c->batch[i].done) {
            drop_silent(&c->batch[i]);
            continue;
        }
        if (!next)
            next = g_malloc0(sizeof *next + DELIVERY_MAX * sizeof(mail));
        next->answers[next->count++] = c->batch[i];
        if (next->count == DELIVERY_MAX)
            c->deliver(c->loop, answer_all, g_steal_pointer(&next));
    }
    if (next)
        c->deliver(c->loop, answer_all, next);
}

/* ---- the thread ---- */

/*
 * Waits for mail; takes up to a batch of it without removing it. 0: stopping, and nothing is left.
 */
static guint copy_mail(clerk *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->waiting == 0 && !c->stopping)
        pthread_cond_wait(&c->wake, &c->lock);
    guint count = MIN(c->waiting, CLERK_BATCH_MAX);
    for (guint i = 0; i < count; i++)
        c->batch[i] = c->ring[(c->head + i) % CLERK_MAIL_MAX];
    pthread_mutex_unlock(&c->lock);
    return count;
}

static void remove_mail(clerk *c, guint count)
{
    pthread_mutex_lock(&c->lock);
    c->head = (c->head + count) % CLERK_MAIL_MAX;
    c->waiting -= count;
    pthread_mutex_unlock(&c->lock);
}

static void *clerk_work(void *data)
{
    clerk *c = data;
    for (guint count; (count = copy_mail(c)) > 0;) {
        guint done = run_batch(c, count);
        remove_mail(c, done);
        answer_batch(c, done);
    }
    return NULL;
}

/* ---- from outside ---- */

static void clerk_drop(clerk *c)
{
    records_close(c->db);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    g_free(c->ring);
    g_free(c->batch);
    g_free(c);
}

clerk *clerk_new(const char *path, clerk_deliver deliver, gpointer loop, GError **error)
{
    records *db = records_open(path, RECORDS_WRITE, error);
    if (!db)
        return NULL;
    clerk *made = g_new0(clerk, 1);
    *made = (clerk){.db = db, .deliver = deliver, .loop = loop};
    made->ring = g_new0(mail, CLERK_MAIL_MAX);
    made->batch = g_new0(mail, CLERK_BATCH_MAX);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->wake, NULL);
    int result = pthread_create(&made->thread, NULL, clerk_work, made);
    if (result == 0)
        return made;
    error_set(error, ERROR_BUSY, "threads", NULL, "Cannot start the clerk's thread: %s",
              g_strerror(result));
    clerk_drop(made);
    return NULL;
}

void clerk_free(clerk *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    clerk_drop(c);
}

bool clerk_post(clerk *c, clerk_job job, clerk_done done, gpointer data, GError **error)
{
    pthread_mutex_lock(&c->lock);
    bool taken = c->waiting < CLERK_MAIL_MAX && !c->stopping;
    if (taken)
        c->ring[(c->head + c->waiting++) % CLERK_MAIL_MAX] =
            (mail){.job = job, .done = done, .data = data};
    else
        c->refused++;
    if (taken && c->waiting == 1)
        pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (!taken)
        error_set(error, ERROR_BUSY, "busy", NULL,
                  "The clerk has too much to do; try again shortly");
    return taken;
}

void clerk_metrics(clerk *c, GString *out)
{
    pthread_mutex_lock(&c->lock);
    metric_counter(out, "jiangtang_clerk_jobs_total", "Jobs done", (double)c->jobs);
    metric_counter(out, "jiangtang_clerk_jobs_failed_total", "Jobs that failed", (double)c->failed);
    metric_counter(out, "jiangtang_clerk_jobs_refused_total", "Jobs refused by the full mailbox",
                   (double)c->refused);
    metric_counter(out, "jiangtang_clerk_commits_total", "Commits", (double)c->commits);
    metric_counter(out, "jiangtang_clerk_commits_lost_total", "Commits that failed",
                   (double)c->lost_commits);
    metric_counter(out, "jiangtang_clerk_commit_microseconds_total", "Time spent committing",
                   (double)c->commit_us);
    metric_gauge(out, "jiangtang_clerk_waiting", "Jobs that wait", c->waiting);
    pthread_mutex_unlock(&c->lock);
}
