#include "api/warm.h"

#include <string.h>

struct warm {
    pool *pool;
    shelf *shelf;
    GHashTable *readings; /* title id -> reading */
};

typedef struct {
    warm *of;
    char *title_id;
    shelf_load *load;
    GQueue waiting; /* of caller */
} reading;

typedef struct {
    reading *of;
    request *request;
    request_fn then;
    gpointer user;
    GList link;
} caller;

static void caller_free(caller *c)
{
    request_unref(c->request);
    g_free(c);
}

static void on_gone(gpointer data)
{
    caller *c = data;
    g_queue_unlink(&c->of->waiting, &c->link);
    caller_free(c);
}

static void reading_free(gpointer data)
{
    reading *r = data;
    shelf_load_free(r->load);
    g_free(r->title_id);
    g_free(r);
}

warm *warm_new(pool *slow, shelf *titles)
{
    warm *w = g_new0(warm, 1);
    w->pool = slow;
    w->shelf = titles;
    w->readings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, reading_free);
    return w;
}

void warm_free(warm *w)
{
    if (!w)
        return;
    g_hash_table_unref(w->readings);
    g_free(w);
}

/* On a pool thread: touches the load and nothing else. */
static void read_journal(gpointer data)
{
    shelf_load_run(((reading *)data)->load);
}

static void on_read(gpointer data)
{
    reading *r = data;
    shelf_load_take(r->of->shelf, g_steal_pointer(&r->load));
    g_hash_table_steal(r->of->readings, r->title_id);
    while (r->waiting.length > 0) {
        caller *c = g_queue_pop_head_link(&r->waiting)->data;
        request_on_gone(c->request, NULL, NULL);
        c->then(c->request, c->user);
        caller_free(c);
    }
    reading_free(r);
}

/* NULL and BUSY when the pool is full. */
static reading *reading_begin(warm *w, const char *title_id, GError **error)
{
    reading *r = g_new0(reading, 1);
    r->of = w;
    r->title_id = g_strdup(title_id);
    r->load = shelf_load_new(w->shelf, title_id);
    if (!pool_post(w->pool, read_journal, on_read, r, error)) {
        reading_free(r);
        return NULL;
    }
    g_hash_table_insert(w->readings, r->title_id, r);
    return r;
}

warm_state warm_up(warm *w, const char *title_id, request *asked, request_fn then, gpointer user,
                   GError **error)
{
    if (shelf_has(w->shelf, title_id))
        return WARM_READY;
    g_autofree char *dir = shelf_title_dir(w->shelf, title_id);
    if (!dir)
        return WARM_READY; /* no id at all is found out quickly enough */
    reading *r = g_hash_table_lookup(w->readings, title_id);
    if (!r && !(r = reading_begin(w, title_id, error)))
        return WARM_FULL;
    caller *c = g_new0(caller, 1);
    *c = (caller){.of = r, .request = request_ref(asked), .then = then, .user = user};
    c->link.data = c;
    g_queue_push_tail_link(&r->waiting, &c->link);
    request_on_gone(asked, on_gone, c);
    return WARM_LATER;
}
