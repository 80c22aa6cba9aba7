/* Small tasks that go to the clerk and perhaps to the pool: asking, ending, expiring, telling. */
#include <string.h>

#include "base/log.h"
#include "upload/inside.h"

typedef struct {
    upload_desk *desk;
    GList link;
    char id[UPLOAD_ID_CHARS + 1];
    int64_t owner;
    upload_done on_done; /* NULL: nobody asks */
    gpointer user;
    upload is;
    bool has_turn;
    GPtrArray *ids;   /* whose files go */
    GArray *complete; /* of upload */
    GError *error;
} errand;

static errand *errand_new(upload_desk *desk, const char *id, int64_t owner, upload_done on_done,
                          gpointer user)
{
    errand *e = g_new0(errand, 1);
    e->desk = desk;
    e->link.data = e;
    g_strlcpy(e->id, id, sizeof e->id);
    e->owner = owner;
    e->on_done = on_done;
    e->user = user;
    g_queue_push_tail_link(&desk->errands, &e->link);
    return e;
}

static void errand_clear(errand *e)
{
    g_clear_pointer(&e->ids, g_ptr_array_unref);
    g_clear_pointer(&e->complete, g_array_unref);
    g_clear_error(&e->error);
    g_free(e);
}

static void errand_end(errand *e)
{
    upload_desk *desk = e->desk;
    char id[UPLOAD_ID_CHARS + 1];
    memcpy(id, e->id, sizeof id);
    bool had_turn = e->has_turn;
    g_queue_unlink(&desk->errands, &e->link);
    if (e->on_done)
        e->on_done(e->user, e->error ? NULL : &e->is, e->error);
    else if (e->error)
        log_error("upload", "%s", e->error->message);
    errand_clear(e);
    if (had_turn)
        turn_end(desk, id);
}

void errand_free(gpointer data)
{
    errand *e = data;
    if (!e->error)
        error_set(&e->error, ERROR_BUSY, "stopping", NULL, "The server is stopping");
    g_queue_unlink(&e->desk->errands, &e->link);
    if (e->on_done)
        e->on_done(e->user, NULL, e->error);
    errand_clear(e);
}

/* To the clerk; `done` as a clerk_done. */
static void ask_clerk(errand *e, clerk_job job, clerk_done done)
{
    if (!clerk_post(e->desk->parts.clerk, job, done, e, &e->error))
        errand_end(e);
}

/* Back from the clerk: false when nothing follows. */
static bool goes_on(errand *e, const GError *error)
{
    if (e->desk->stopped)
        return false;
    if (error)
        e->error = g_error_copy(error);
    if (!error)
        return true;
    errand_end(e);
    return false;
}

/* ---- files go ---- */

static void drop_work(gpointer data)
{
    errand *e = data;
    for (guint i = 0; i < e->ids->len; i++)
        spool_drop(e->desk->spool, g_ptr_array_index(e->ids, i));
}

static void drop_done(gpointer data)
{
    errand_end(data);
}

static void drop_files(errand *e)
{
    for (guint i = 0; i < e->ids->len; i++)
        g_hash_table_remove(e->desk->sums, g_ptr_array_index(e->ids, i));
    if (!pool_post(e->desk->pool, drop_work, drop_done, e, &e->error))
        errand_end(e);
}

/* ---- asking ---- */

static bool ask_job(records *db, gpointer data, GError **error)
{
    errand *e = data;
    return upload_read(db, e->id, e->owner, &e->is, error);
}

static void ask_done(gpointer data, const GError *error)
{
    if (goes_on(data, error))
        errand_end(data);
}

void upload_ask(upload_desk *desk, const char *id, int64_t owner, upload_done on_done,
                gpointer user)
{
    pour *p = pour_of(desk, id);
    if (p && pour_owner(p) == owner && pour_flows(p))
        pour_ask(p, on_done, user);
    else
        ask_clerk(errand_new(desk, id, owner, on_done, user), ask_job, ask_done);
}

/* ---- ending one ---- */

static bool remove_job(records *db, gpointer data, GError **error)
{
    errand *e = data;
    return upload_read(db, e->id, e->owner, &e->is, error) && upload_end(db, &e->is, error);
}

static void remove_done(gpointer data, const GError *error)
{
    errand *e = data;
    if (!goes_on(e, error))
        return;
    e->ids = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(e->ids, g_strdup(e->id));
    drop_files(e);
}

static void remove_on_turn(gpointer data)
{
    errand *e = data;
    e->has_turn = true;
    ask_clerk(e, remove_job, remove_done);
}

static GError *upload_gone(const char *id)
{
    GError *error = NULL;
    error_set(&error, ERROR_MISSING, "upload_missing", NULL, "Upload %s has been ended", id);
    return error;
}

void upload_remove(upload_desk *desk, const char *id, int64_t owner, upload_done on_done,
                   gpointer user)
{
    pour *p = pour_of(desk, id);
    errand *e = errand_new(desk, id, owner, on_done, user);
    if (p && pour_owner(p) == owner)
        pour_cut(p, false, upload_gone(id));
    if (turn_take(desk, id, remove_on_turn, e))
        return;
    e->error = upload_busy(id);
    errand_end(e);
}

/* ---- what nobody goes on with ---- */

static bool sweep_job(records *db, gpointer data, GError **error)
{
    errand *e = data;
    e->ids = upload_expire(db, e->desk->parts.clock, DESK_SWEEP_MAX, error);
    return e->ids != NULL;
}

static void sweep_done(gpointer data, const GError *error)
{
    errand *e = data;
    if (!goes_on(e, error))
        return;
    e->desk->counts.expired += e->ids->len;
    for (guint i = 0; i < e->ids->len; i++)
        log_info("upload", "upload %s has expired", (const char *)g_ptr_array_index(e->ids, i));
    if (e->ids->len > 0)
        drop_files(e);
    else
        errand_end(e);
}

void errand_sweep(gpointer data)
{
    ask_clerk(errand_new(data, "", 0, NULL, NULL), sweep_job, sweep_done);
}

/* ---- the fact, until it is taken ---- */

static bool tell_job(records *db, gpointer data, GError **error)
{
    errand *e = data;
    e->complete = upload_in_state(db, UPLOAD_COMPLETE, "", DESK_SWEEP_MAX, error);
    return e->complete != NULL;
}

static void tell_done(gpointer data, const GError *error)
{
    errand *e = data;
    if (!goes_on(e, error))
        return;
    const upload_desk_parts *parts = &e->desk->parts;
    for (guint i = 0; i < e->complete->len; i++) {
        const upload *is = &g_array_index(e->complete, upload, i);
        g_autofree char *path = spool_path(e->desk->spool, is->id);
        parts->on_complete(parts->user, is, path);
    }
    errand_end(e);
}

void errand_tell(gpointer data)
{
    ask_clerk(errand_new(data, "", 0, NULL, NULL), tell_job, tell_done);
}
