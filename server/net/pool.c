#include "net/pool.h"

#include <pthread.h> /* not GMutex: ThreadSanitizer cannot see into that */

#include "net/inside.h"

typedef struct {
    pool *pool;
    void (*work)(gpointer data);
    void (*done)(gpointer data);
    gpointer data;
} job;

struct pool {
    net *net;
    GThread *threads[POOL_THREADS];
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t more;
    GQueue waiting; /* of job */
    bool closing;
};

static void job_done(gpointer data)
{
    job *j = data;
    if (j->done)
        j->done(j->data);
    g_free(j);
}

static job *next_job(pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->closing && g_queue_is_empty(&p->waiting))
        pthread_cond_wait(&p->more, &p->lock);
    job *j = p->closing ? NULL : g_queue_pop_head(&p->waiting);
    pthread_mutex_unlock(&p->lock);
    return j;
}

static gpointer run(gpointer data)
{
    pool *p = data;
    job *j;
    while ((j = next_job(p))) {
        j->work(j->data);
        if (!mail_post(p->net->mail, job_done, j))
            g_free(j);
    }
    return NULL;
}

pool *pool_new(net *n)
{
    pool *p = g_new0(pool, 1);
    p->net = n;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    g_queue_init(&p->waiting);
    for (int i = 0; i < POOL_THREADS; i++)
        p->threads[i] = g_thread_new("pool", run, p);
    return p;
}

void pool_free(pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < POOL_THREADS; i++)
        g_thread_join(p->threads[i]);
    g_queue_clear_full(&p->waiting, g_free);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    g_free(p);
}

bool pool_post(pool *p, void (*work)(gpointer data), void (*done)(gpointer data), gpointer data,
               GError **error)
{
    pthread_mutex_lock(&p->lock);
    bool full = p->waiting.length >= POOL_QUEUE_MAX;
    if (!full) {
        job *j = g_new0(job, 1);
        *j = (job){p, work, done, data};
        g_queue_push_tail(&p->waiting, j);
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    if (full)
        error_set(error, ERROR_BUSY, "busy", NULL,
                  "too much slow work is waiting already; try again soon");
    return !full;
}
