#include "records/readers.h"

struct readers {
    char *path;
    GMutex lock;
    GCond given;
    GPtrArray *idle; /* of records */
    int open;        /* idle ones and those out */
};

readers *readers_new(const char *path)
{
    readers *all = g_new0(readers, 1);
    all->path = g_strdup(path);
    all->idle = g_ptr_array_new_with_free_func((GDestroyNotify)records_close);
    g_mutex_init(&all->lock);
    g_cond_init(&all->given);
    return all;
}

void readers_free(readers *all)
{
    if (!all)
        return;
    g_assert_cmpint(all->open, ==, (int)all->idle->len);
    g_ptr_array_unref(all->idle);
    g_mutex_clear(&all->lock);
    g_cond_clear(&all->given);
    g_free(all->path);
    g_free(all);
}

/* An idle one; NULL: the caller may open one more. */
static records *take_idle(readers *all)
{
    g_mutex_lock(&all->lock);
    while (!all->idle->len && all->open == READERS_MAX)
        g_cond_wait(&all->given, &all->lock);
    records *db =
        all->idle->len ? g_ptr_array_steal_index_fast(all->idle, all->idle->len - 1) : NULL;
    all->open += db == NULL;
    g_mutex_unlock(&all->lock);
    return db;
}

/* db NULL: it could not be opened. */
static void put_back(readers *all, records *db)
{
    g_mutex_lock(&all->lock);
    if (db)
        g_ptr_array_add(all->idle, db);
    else
        all->open--;
    g_cond_signal(&all->given);
    g_mutex_unlock(&all->lock);
}

records *readers_take(readers *all, GError **error)
{
    records *db = take_idle(all);
    if (!db)
        db = records_open(all->path, RECORDS_READ, error);
    if (db && records_begin(db, error))
        return db;
    put_back(all, db);
    return NULL;
}

void readers_give(readers *all, records *db)
{
    records_rollback(db); /* ends the frame: nothing was written */
    put_back(all, db);
}
