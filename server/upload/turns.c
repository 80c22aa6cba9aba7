/* Whose turn it is with an upload: bodies, removals and finishing follow each other, never meet. */
#include "upload/inside.h"

typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} waiter;

bool turn_take(upload_desk *desk, const char *id, void (*fn)(gpointer data), gpointer data)
{
    GQueue *waiting = g_hash_table_lookup(desk->turns, id);
    if (!waiting) {
        g_hash_table_insert(desk->turns, g_strdup(id), g_queue_new());
        fn(data);
        return true;
    }
    if (waiting->length >= UPLOAD_WAITERS_MAX)
        return false;
    waiter *w = g_new0(waiter, 1);
    *w = (waiter){fn, data};
    g_queue_push_tail(waiting, w);
    return true;
}

bool turn_is_taken(const upload_desk *desk, const char *id)
{
    return g_hash_table_contains(desk->turns, id);
}

bool turn_is_wanted(const upload_desk *desk, const char *id)
{
    const GQueue *waiting = g_hash_table_lookup(desk->turns, id);
    return waiting && waiting->length > 0;
}

void turn_end(upload_desk *desk, const char *id)
{
    GQueue *waiting = g_hash_table_lookup(desk->turns, id);
    g_autofree waiter *next = waiting ? g_queue_pop_head(waiting) : NULL;
    if (next)
        next->fn(next->data);
    else
        g_hash_table_remove(desk->turns, id);
}
