#include "live/inside.h"
#include "title/writer.h"

/* One END on its way. Live may be gone when it is written. */
typedef struct {
    live *live; /* NULL: gone; touched on the loop only */
    net *net;
    char id[33];
    char *dir;
    journal_head head;
    GError *error;
    bool untold; /* written when the loop was over: nobody will be told */
} ending;

static void ending_free(ending *e)
{
    g_free(e->dir);
    g_clear_error(&e->error);
    g_free(e);
}

/* On the loop again. */
static void ending_done(gpointer data)
{
    ending *e = data;
    if (e->live) {
        stage *s = g_hash_table_lookup(e->live->by_id, e->id);
        g_hash_table_remove(e->live->endings, e);
        if (s)
            shelf_ring(s->live->shelf, s->is.title_id);
        if (s)
            stage_ended(s, e->error);
    }
    ending_free(e);
}

/* On the thread. */
static void write_end(gpointer data, gpointer user)
{
    (void)user;
    ending *e = data;
    title_writer *writer = title_writer_open(e->dir, &e->head, &e->error);
    if (writer)
        title_writer_end(writer, &e->error);
    title_writer_free(writer);
    if (!net_post(e->net, ending_done, e))
        e->untold = true;
}

ending_begun ending_begin(stage *s, GError **error)
{
    g_autoptr(GError) unread = NULL;
    shelf_ring(s->live->shelf, s->is.title_id);
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, &unread);
    if (error_is(unread, ERROR_MISSING) || (index && title_index_ended(index)))
        return ENDING_NONE_NEEDED;
    if (!index) {
        g_propagate_error(error, g_steal_pointer(&unread));
        return ENDING_IMPOSSIBLE;
    }
    ending *e = g_new0(ending, 1);
    e->live = s->live;
    e->net = s->live->net;
    e->dir = shelf_title_dir(s->live->shelf, s->is.title_id);
    e->head = *title_index_head(index); /* what is on the shelf has one */
    g_strlcpy(e->id, s->is.id, sizeof e->id);
    g_hash_table_add(s->live->endings, e);
    g_thread_pool_push(s->live->writers, e, NULL);
    return ENDING_BEGUN;
}

void endings_start(live *house)
{
    house->endings = g_hash_table_new(NULL, NULL);
    house->writers = g_thread_pool_new(write_end, NULL, 1, FALSE, NULL);
}

void endings_stop(live *house)
{
    GHashTableIter at;
    gpointer e;
    g_thread_pool_free(house->writers, FALSE, TRUE);
    g_hash_table_iter_init(&at, house->endings);
    while (g_hash_table_iter_next(&at, &e, NULL)) {
        if (((ending *)e)->untold)
            ending_free(e);
        else
            ((ending *)e)->live = NULL;
    }
    g_hash_table_unref(house->endings);
}
