/*
 * The clerk with a real database and a loop of our own: jobs, their answers, and what is left when
 * one fails.
 */
#include "records/clerk.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "records/engine.h"

/* The loop: a list of calls, run by the test's own thread. */
typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} letter;

typedef struct {
    char *folder, *path;
    clerk *clerk;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    GArray *letters;
    guint answered;
} ground;

typedef struct {
    ground *ground;
    int64_t id;
    bool fails;
    GError *error;
    bool answered;
} errand;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    ground *g = loop;
    letter one = {fn, data};
    pthread_mutex_lock(&g->lock);
    g_array_append_val(g->letters, one);
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("clerk-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->letters = g_array_new(FALSE, FALSE, sizeof(letter));
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
    g->clerk = clerk_new(g->path, deliver, g, &error);
    g_assert_no_error(error);
}

static void run_letters(ground *g)
{
    pthread_mutex_lock(&g->lock);
    GArray *now = g->letters;
    g->letters = g_array_new(FALSE, FALSE, sizeof(letter));
    pthread_mutex_unlock(&g->lock);
    for (guint i = 0; i < now->len; i++)
        g_array_index(now, letter, i).fn(g_array_index(now, letter, i).data);
    g_array_unref(now);
}

static void wait_answers(ground *g, guint count)
{
    while (g->answered < count) {
        pthread_mutex_lock(&g->lock);
        while (g->letters->len == 0)
            pthread_cond_wait(&g->wake, &g->lock);
        pthread_mutex_unlock(&g->lock);
        run_letters(g);
    }
}

static void stop_clerk(ground *g)
{
    clerk_free(g_steal_pointer(&g->clerk));
    run_letters(g);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    stop_clerk(g);
    g_array_unref(g->letters);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
    g_unlink(g->path);
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

/* ---- errands ---- */

static bool add_person(records *db, gpointer data, GError **error)
{
    const errand *e = data;
    g_autofree char *login = g_strdup_printf("login%d", (int)e->id);
    if (!records_run(db, error, SQL_PERSON_ADD, "itttti", e->id, login, "N", "learner", "x",
                     (int64_t)1))
        return false;
    if (e->fails)
        error_set(error, ERROR_DENIED, "no", NULL, "No");
    return !e->fails;
}

static void on_done(gpointer data, const GError *error)
{
    errand *e = data;
    g_assert_false(e->answered);
    e->answered = true;
    e->error = error ? g_error_copy(error) : NULL;
    e->ground->answered++;
}

static void post(ground *g, clerk_job job, errand *e)
{
    g_autoptr(GError) error = NULL;
    e->ground = g;
    g_assert_true(clerk_post(g->clerk, job, on_done, e, &error));
    g_assert_no_error(error);
}

static bool there(const char *path, int64_t id)
{
    records *db = records_open(path, RECORDS_READ, NULL);
    query *q = records_query(db, SQL_PERSON_BY_ID, "i", id);
    bool found = query_step(q, NULL) == QUERY_ROW;
    records_close(db);
    return found;
}

/* Holds the clerk until the test lets it go, so that what follows makes one batch. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool inside, open;
} gate;

static bool stand_at_gate(records *db, gpointer data, GError **error)
{
    (void)db, (void)error;
    gate *is = data;
    pthread_mutex_lock(&is->lock);
    is->inside = true;
    pthread_cond_broadcast(&is->wake);
    while (!is->open)
        pthread_cond_wait(&is->wake, &is->lock);
    pthread_mutex_unlock(&is->lock);
    return true;
}

static void gate_close(ground *g, gate *is)
{
    pthread_mutex_init(&is->lock, NULL);
    pthread_cond_init(&is->wake, NULL);
    g_assert_true(clerk_post(g->clerk, stand_at_gate, NULL, is, NULL));
    pthread_mutex_lock(&is->lock);
    while (!is->inside)
        pthread_cond_wait(&is->wake, &is->lock);
    pthread_mutex_unlock(&is->lock);
}

static void gate_open(gate *is)
{
    pthread_mutex_lock(&is->lock);
    is->open = true;
    pthread_cond_broadcast(&is->wake);
    pthread_mutex_unlock(&is->lock);
}

static bool lose_everything(records *db, gpointer data, GError **error)
{
    (void)data, (void)error;
    sqlite3_exec(engine_of(db), "ROLLBACK", NULL, NULL,
                 NULL); /* as the engine does on a full disk */
    return true;
}

/* ---- promises ---- */

static void an_answer_means_it_is_on_disk(ground *g, gconstpointer unused)
{
    (void)unused;
    errand e = {.id = 1};
    post(g, add_person, &e);
    wait_answers(g, 1);
    g_assert_no_error(e.error);
    g_assert_true(there(g->path, 1));
}

static void a_job_that_fails_is_rolled_back_alone(ground *g, gconstpointer unused)
{
    (void)unused;
    gate is = {0};
    errand errands[5] = {0};
    gate_close(g, &is);
    for (int i = 0; i < 5; i++) {
        errands[i] = (errand){.id = i + 1, .fails = i == 2};
        post(g, add_person, &errands[i]);
    }
    gate_open(&is);
    wait_answers(g, 5);
    for (int i = 0; i < 5; i++) {
        g_assert_true((errands[i].error != NULL) == (i == 2));
        g_assert_true(there(g->path, i + 1) == (i != 2));
    }
    g_assert_cmpstr(error_code(errands[2].error), ==, "no");
    g_clear_error(&errands[2].error);
}

static void a_lost_transaction_fails_every_job_of_its_batch(ground *g, gconstpointer unused)
{
    (void)unused;
    gate is = {0};
    errand before = {.id = 1}, thief = {0}, after = {.id = 2}, later = {.id = 3};
    gate_close(g, &is);
    post(g, add_person, &before);
    post(g, lose_everything, &thief);
    post(g, add_person, &after);
    gate_open(&is);
    wait_answers(g, 3);
    g_assert_true(error_is(before.error, ERROR_STORAGE));
    g_assert_true(error_is(thief.error, ERROR_STORAGE));
    g_assert_true(error_is(after.error, ERROR_STORAGE));
    g_assert_false(there(g->path, 1));
    g_assert_false(there(g->path, 2));
    post(g, add_person, &later); /* and the clerk goes on */
    wait_answers(g, 4);
    g_assert_no_error(later.error);
    g_clear_error(&before.error);
    g_clear_error(&thief.error);
    g_clear_error(&after.error);
}

/* The kernel refuses to let any file of ours grow beyond this. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void without_room_on_disk_jobs_are_refused_until_there_is_room(ground *g,
                                                                      gconstpointer unused)
{
    (void)unused;
    enum { COUNT = 2000 };
    g_autofree errand *errands = g_new0(errand, COUNT);
    errand before = {.id = COUNT + 1}, after = {.id = COUNT + 2};
    gate is = {0};
    post(g, add_person, &before);
    wait_answers(g, 1);
    signal(SIGXFSZ, SIG_IGN);
    gate_close(g, &is);
    limit_files(64 * 1024);
    for (int i = 0; i < COUNT; i++) {
        errands[i].id = i + 1;
        post(g, add_person, &errands[i]);
    }
    gate_open(&is);
    wait_answers(g, 1 + COUNT);
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < COUNT; i++) { /* what was said is what is there */
        g_assert_true(!errands[i].error || error_is(errands[i].error, ERROR_STORAGE));
        if (i % 100 == 0)
            g_assert_true(there(g->path, i + 1) == (errands[i].error == NULL));
    }
    g_assert_nonnull(errands[COUNT - 1].error);
    for (int i = 0; i < COUNT; i++)
        g_clear_error(&errands[i].error);
    post(g, add_person, &after);
    wait_answers(g, 2 + COUNT);
    g_assert_no_error(after.error);
    g_assert_true(there(g->path, COUNT + 1) && there(g->path, COUNT + 2));
}

static void a_full_mailbox_answers_busy_and_loses_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    gate is = {0};
    g_autofree errand *errands = g_new0(errand, CLERK_MAIL_MAX);
    guint taken = 0;
    gate_close(g, &is);
    for (; taken < CLERK_MAIL_MAX; taken++) {
        errands[taken] = (errand){.ground = g, .id = taken + 1};
        if (!clerk_post(g->clerk, add_person, on_done, &errands[taken], &error))
            break;
    }
    g_assert_true(error_is(error, ERROR_BUSY));
    gate_open(&is);
    wait_answers(g, taken);
    g_assert_cmpuint(g->answered, ==, taken);
    g_assert_true(there(g->path, taken));
    g_assert_false(there(g->path, taken + 1));
}

static void stopping_finishes_what_is_in_the_mailbox(ground *g, gconstpointer unused)
{
    (void)unused;
    gate is = {0};
    errand errands[200] = {0};
    gate_close(g, &is);
    for (int i = 0; i < 200; i++) {
        errands[i].id = i + 1;
        post(g, add_person, &errands[i]);
    }
    gate_open(&is);
    stop_clerk(g);
    g_assert_cmpuint(g->answered, ==, 200);
    g_assert_true(there(g->path, 200));
}

static void answers_come_in_the_order_of_the_jobs(ground *g, gconstpointer unused)
{
    (void)unused;
    enum { COUNT = 3000 };
    g_autofree errand *errands = g_new0(errand, COUNT);
    for (int i = 0; i < COUNT; i++) {
        errands[i].id = i + 1;
        post(g, add_person, &errands[i]);
    }
    for (guint seen = 0; seen < COUNT;) {
        wait_answers(g, seen + 1);
        for (; seen < g->answered; seen++)
            g_assert_true(errands[seen].answered);
    }
}

typedef struct {
    ground *ground;
    int64_t first;
    errand errands[100];
} poster;

static void *post_many(void *data)
{
    poster *p = data;
    for (int i = 0; i < 100; i++) {
        p->errands[i].id = p->first + i;
        post(p->ground, add_person, &p->errands[i]);
    }
    return NULL;
}

static void many_threads_may_post(ground *g, gconstpointer unused)
{
    (void)unused;
    pthread_t threads[4];
    g_autofree poster *posters = g_new0(poster, 4);
    for (int i = 0; i < 4; i++) {
        posters[i].ground = g;
        posters[i].first = 1 + i * 100;
        pthread_create(&threads[i], NULL, post_many, &posters[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    wait_answers(g, 400);
    for (int i = 1; i <= 400; i += 57)
        g_assert_true(there(g->path, i));
    g_autoptr(GString) numbers = g_string_new(NULL);
    clerk_metrics(g->clerk, numbers);
    g_assert_nonnull(strstr(numbers->str, "jiangtang_clerk_jobs_total 400\n"));
}

#define ADD(name) g_test_add("/clerk/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(an_answer_means_it_is_on_disk);
    ADD(a_job_that_fails_is_rolled_back_alone);
    ADD(a_lost_transaction_fails_every_job_of_its_batch);
    ADD(without_room_on_disk_jobs_are_refused_until_there_is_room);
    ADD(a_full_mailbox_answers_busy_and_loses_nothing);
    ADD(stopping_finishes_what_is_in_the_mailbox);
    ADD(answers_come_in_the_order_of_the_jobs);
    ADD(many_threads_may_post);
    return g_test_run();
}
