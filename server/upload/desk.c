#include "upload/desk.h"

#include "base/log.h"
#include "base/metric.h"
#include "upload/inside.h"

#define START_PAGE 256 /* rows read at once */

static void waiting_free(gpointer data)
{
    g_queue_free_full(data, g_free);
}

upload_desk *upload_desk_new(const upload_desk_parts *parts, GError **error)
{
    upload_desk *desk = g_new0(upload_desk, 1);
    desk->parts = *parts;
    desk->turns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, waiting_free);
    desk->sums = sums_new();
    desk->spool = spool_open(parts->data_dir, error);
    if (!desk->spool) {
        upload_desk_free(desk);
        return NULL;
    }
    desk->pool = pool_new(parts->net);
    return desk;
}

void upload_desk_stop(upload_desk *desk)
{
    if (!desk)
        return;
    desk->stopped = true;
    g_clear_pointer(&desk->tick, net_timer_free);
    g_clear_pointer(&desk->sweep, net_timer_free);
    g_clear_pointer(&desk->tell, net_timer_free);
}

void upload_desk_free(upload_desk *desk)
{
    if (!desk)
        return;
    upload_desk_stop(desk);
    pool_free(desk->pool);
    while (desk->pours.head)
        pour_free(desk->pours.head->data);
    while (desk->errands.head)
        errand_free(desk->errands.head->data);
    finish_free(desk->finish);
    g_queue_clear_full(&desk->unfinished, g_free);
    g_hash_table_unref(desk->turns);
    g_hash_table_unref(desk->sums);
    spool_free(desk->spool);
    g_free(desk);
}

const upload_limits *upload_desk_limits(const upload_desk *desk)
{
    return &desk->parts.limits;
}

bool upload_desk_room(const upload_desk *desk, int64_t *bytes, GError **error)
{
    return spool_room(desk->spool, bytes, error);
}

/* ---- time passes ---- */

/* Each once, though some may end on the way. */
static void each_pour(upload_desk *desk, void (*fn)(pour *p))
{
    for (guint i = desk->pours.length; i > 0 && desk->pours.length > 0; i--) {
        GList *link = g_queue_pop_head_link(&desk->pours);
        g_queue_push_tail_link(&desk->pours, link);
        fn(link->data);
    }
}

static void on_tick(gpointer data)
{
    upload_desk *desk = data;
    each_pour(desk, pour_tick);
    finish_next(desk);
}

static void drain_one(pour *p)
{
    GError *why = NULL;
    error_set(&why, ERROR_BUSY, "stopping", NULL, "The server is stopping; come again");
    pour_cut(p, true, why);
}

void upload_desk_drain(upload_desk *desk)
{
    each_pour(desk, drain_one);
}

/* ---- as it was left ---- */

/* Cut to what was acknowledged: what lies behind it was never promised, and may be anything. */
static void mend(upload_desk *desk, const upload *is)
{
    g_autoptr(GError) error = NULL;
    spool_file file = SPOOL_CLOSED;
    if (is->received > 0)
        spool_take(desk->spool, is->id, is->received, &file, &error);
    spool_close(&file);
    if (error)
        log_error("upload", "upload %s: %s", is->id, error->message);
}

static void wake_one(upload_desk *desk, const upload *is, GHashTable *known)
{
    g_hash_table_add(known, g_strdup(is->id));
    if (is->state == UPLOAD_OPEN)
        mend(desk, is);
    if (is->shape == UPLOAD_FINAL || (is->state == UPLOAD_WHOLE && is->shape == UPLOAD_SINGLE))
        g_queue_push_tail(&desk->unfinished, g_strdup(is->id));
}

static bool wake_all(upload_desk *desk, records *db, upload_state state, GHashTable *known,
                     GError **error)
{
    g_autofree char *after = g_strdup("");
    guint got;
    do {
        g_autoptr(GArray) page = upload_in_state(db, state, after, START_PAGE, error);
        if (!page)
            return false;
        got = page->len;
        for (guint i = 0; i < got; i++)
            wake_one(desk, &g_array_index(page, upload, i), known);
        g_free(after);
        after = g_strdup(got ? g_array_index(page, upload, got - 1).id : "");
    } while (got == START_PAGE);
    return true;
}

bool upload_desk_start(upload_desk *desk, records *db, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!wake_all(desk, db, UPLOAD_OPEN, known, error) ||
        !wake_all(desk, db, UPLOAD_WHOLE, known, error))
        return false;
    guint strays = spool_tidy(desk->spool, known);
    if (strays > 0)
        log_info("upload", "%u unfinished files belonged to nobody and were removed", strays);
    net *n = desk->parts.net;
    desk->tick = net_timer_new(n, DESK_TICK_MS, DESK_TICK_MS, on_tick, desk);
    desk->sweep = net_timer_new(n, DESK_TICK_MS, DESK_SWEEP_MS, errand_sweep, desk);
    desk->tell = net_timer_new(n, DESK_TICK_MS, UPLOAD_TELL_MS, errand_tell, desk);
    return true;
}

void upload_created(upload_desk *desk, const upload *is)
{
    if (is->shape == UPLOAD_FINAL || (is->state == UPLOAD_WHOLE && is->shape == UPLOAD_SINGLE))
        finish_later(desk, is->id);
}

void upload_metrics(const upload_desk *desk, GString *out)
{
    metric_gauge(out, "jiangtang_upload_bodies", "Bodies being received", desk->pours.length);
    metric_counter(out, "jiangtang_upload_bytes_total", "Bytes written to the spool",
                   (double)desk->counts.bytes);
    metric_counter(out, "jiangtang_upload_completed_total", "Uploads completed",
                   (double)desk->counts.completed);
    metric_counter(out, "jiangtang_upload_expired_total", "Uploads nobody went on with",
                   (double)desk->counts.expired);
    metric_gauge(out, "jiangtang_upload_unfinished", "Uploads whose sum is being completed",
                 desk->unfinished.length + (desk->finish ? 1 : 0));
}
