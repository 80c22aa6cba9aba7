#include "storage/errand.h"

typedef struct {
    errands *owner; /* NULL: gone; touched on the loop only */
    net *net;
    void (*work)(gpointer data);
    void (*done)(gpointer data);
    gpointer data;
    GDestroyNotify free_data;
    bool untold; /* its work was done when the loop was over */
} errand;

struct errands {
    net *net;
    GThreadPool *thread;
    GHashTable *posted; /* of errand: not done yet */
    gint closing;       /* atomic: none is begun any more */
};

static void errand_free(errand *e)
{
    if (e->free_data)
        e->free_data(e->data);
    g_free(e);
}

/* On the loop again. */
static void told(gpointer data)
{
    errand *e = data;
    if (e->owner) {
        g_hash_table_remove(e->owner->posted, e);
        if (e->done)
            e->done(e->data);
    }
    errand_free(e);
}

/* On the thread. */
static void run(gpointer data, gpointer user)
{
    errand *e = data;
    errands *all = user;
    if (!g_atomic_int_get(&all->closing))
        e->work(e->data);
    if (!net_post(e->net, told, e))
        e->untold = true;
}

errands *errands_new(net *loop)
{
    errands *all = g_new0(errands, 1);
    all->net = loop;
    all->posted = g_hash_table_new(NULL, NULL);
    all->thread = g_thread_pool_new(run, all, 1, FALSE, NULL);
    return all;
}

void errands_free(errands *all)
{
    GHashTableIter at;
    gpointer e;
    if (!all)
        return;
    g_atomic_int_set(&all->closing, 1);
    g_thread_pool_free(all->thread, FALSE, TRUE);
    g_hash_table_iter_init(&at, all->posted);
    while (g_hash_table_iter_next(&at, &e, NULL)) {
        if (((errand *)e)->untold)
            errand_free(e);
        else
            ((errand *)e)->owner = NULL; /* its letter is on the way */
    }
    g_hash_table_unref(all->posted);
    g_free(all);
}

bool errand_post(errands *all, void (*work)(gpointer data), void (*done)(gpointer data),
                 gpointer data, GDestroyNotify free_data, GError **error)
{
    if (g_hash_table_size(all->posted) >= ERRANDS_MAX) {
        error_set(error, ERROR_BUSY, "disk_busy", NULL, "The disk is busy; try again soon");
        return false;
    }
    errand *e = g_new0(errand, 1);
    *e = (errand){all, all->net, work, done, data, free_data, false};
    g_hash_table_add(all->posted, e);
    g_thread_pool_push(all->thread, e, NULL);
    return true;
}
