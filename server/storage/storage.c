#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/metric.h"
#include "storage/inside.h"

static const char *const folders[] = {"titles", "sources", "handouts"};

#define WALK_FILES 16 /* directories open at a time */

/* ---- places ---- */

char *storage_path(const storage *s, storage_kind kind, const char *id)
{
    return g_build_filename(s->data_dir, folders[kind], id, NULL);
}

bool storage_discard(records *db, base_clock *clock, storage_kind kind, const char *id,
                     GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s", folders[kind], id);
    return records_run(db, error, SQL_DISCARD_ADD, "ti", path, clock_utc_ms(clock));
}

bool storage_disk_read(const storage *s, storage_disk *disk, GError **error)
{
    struct statvfs is;
    if (statvfs(s->data_dir, &is) != 0) {
        error_set(error, ERROR_STORAGE, "disk", NULL, "%s cannot be asked for its room: %s",
                  s->data_dir, g_strerror(errno));
        return false;
    }
    disk->total_bytes = (int64_t)is.f_blocks * (int64_t)is.f_frsize;
    disk->free_bytes = (int64_t)is.f_bavail * (int64_t)is.f_frsize;
    return true;
}

/* ---- removing what was said to be: list on the clerk, remove on the thread, strike out on the clerk ---- */

typedef struct {
    storage *storage;
    char *data_dir;
    GPtrArray *paths; /* of char * */
} sweep;

static sweep *sweep_new(storage *s)
{
    sweep *is = g_new0(sweep, 1);
    is->storage = s;
    is->data_dir = g_strdup(s->data_dir);
    is->paths = g_ptr_array_new_with_free_func(g_free);
    return is;
}

static void sweep_free(gpointer data)
{
    sweep *is = data;
    g_free(is->data_dir);
    g_ptr_array_unref(is->paths);
    g_free(is);
}

static bool list_discarded(records *db, gpointer data, GError **error)
{
    sweep *is = data;
    query_step_result step;
    query *rows = records_query(db, SQL_DISCARD_LIST, "i", (int64_t)STORAGE_SWEEP_MAX);
    while ((step = query_step(rows, error)) == QUERY_ROW)
        g_ptr_array_add(is->paths, g_strdup(query_text(rows, 0)));
    return step == QUERY_END;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

/* A row of ours, "titles/<id>": nothing else is ever removed. */
static bool is_ours(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 3);
    return g_strv_length(parts) == 2 && g_strv_contains(folders, parts[0]) && *parts[1] &&
           strspn(parts[1], "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(parts[1]);
}

static bool remove_tree(const char *data_dir, const char *path)
{
    g_autofree char *whole = g_build_filename(data_dir, path, NULL);
    if (!is_ours(path))
        log_error("storage", "%s is not ours to remove", path);
    else if (nftw(whole, remove_one, WALK_FILES, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        log_warn("storage", "%s cannot be removed yet: %s", whole, g_strerror(errno));
        return false;
    }
    return true;
}

/* On the thread. What could not be removed stays on the list. */
static void remove_all(gpointer data)
{
    sweep *is = data;
    for (guint i = is->paths->len; i-- > 0;)
        if (!remove_tree(is->data_dir, is->paths->pdata[i]))
            g_ptr_array_remove_index(is->paths, i);
}

static bool strike_out(records *db, gpointer data, GError **error)
{
    sweep *is = data;
    for (guint i = 0; i < is->paths->len; i++)
        if (!records_run(db, error, SQL_DISCARD_DONE, "t", is->paths->pdata[i]))
            return false;
    return true;
}

static void sweep_over(storage *s)
{
    s->sweeping = false;
    if (s->again)
        storage_sweep(s);
}

static void struck_out(gpointer data, const GError *error)
{
    sweep *is = data;
    if (error)
        log_warn("storage", "what was removed could not be noted: %s", error->message);
    is->storage->removed += is->paths->len;
    is->storage->again = is->storage->again || is->paths->len == STORAGE_SWEEP_MAX;
    sweep_over(is->storage);
    sweep_free(is);
}

/* Its own copy goes on: the errand's is freed with it. */
static void removed(gpointer data)
{
    sweep *is = data, *done = sweep_new(is->storage);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < is->paths->len; i++)
        g_ptr_array_add(done->paths, g_strdup(is->paths->pdata[i]));
    if (clerk_post(is->storage->clerk, strike_out, struck_out, done, &error))
        return;
    sweep_free(done);
    sweep_over(is->storage);
}

static void listed(gpointer data, const GError *error)
{
    sweep *is = data;
    storage *s = is->storage;
    if (!error && is->paths->len > 0 &&
        errand_post(s->errands, remove_all, removed, is, sweep_free, NULL))
        return;
    sweep_free(is);
    sweep_over(s);
}

void storage_sweep(storage *s)
{
    s->again = s->sweeping;
    if (s->sweeping)
        return;
    sweep *is = sweep_new(s);
    s->sweeping = clerk_post(s->clerk, list_discarded, listed, is, NULL);
    if (!s->sweeping)
        sweep_free(is);
}

/* ---- retention ---- */

typedef struct {
    storage *storage;
    GPtrArray *titles; /* of char *: gone from now on */
} look;

static bool look_for_old(records *db, gpointer data, GError **error)
{
    look *is = data;
    return retention_apply(db, is->storage->clock, &is->storage->retention, is->titles, error);
}

static void looked(gpointer data, const GError *error)
{
    look *is = data;
    if (error)
        log_warn("storage", "retention could not be looked after: %s", error->message);
    for (guint i = 0; !error && i < is->titles->len; i++)
        shelf_removed(is->storage->shelf, is->titles->pdata[i], clock_utc_ms(is->storage->clock));
    if (!error && is->titles->len > 0)
        storage_sweep(is->storage);
    g_ptr_array_unref(is->titles);
    g_free(is);
}

static void on_hour(gpointer data)
{
    storage *s = data;
    look *is = g_new0(look, 1);
    is->storage = s;
    is->titles = g_ptr_array_new_with_free_func(g_free);
    if (clerk_post(s->clerk, look_for_old, looked, is, NULL))
        return;
    g_ptr_array_unref(is->titles);
    g_free(is);
}

/* ---- the whole ---- */

storage *storage_new(net *loop, clerk *records_clerk, shelf *titles, base_clock *clock,
                     const char *data_dir, const storage_retention *retention)
{
    storage *s = g_new0(storage, 1);
    s->net = loop;
    s->clerk = records_clerk;
    s->shelf = titles;
    s->clock = clock;
    s->data_dir = g_strdup(data_dir);
    s->retention = *retention;
    s->errands = errands_new(loop);
    s->measurers = errands_new(loop);
    s->measure = measure_new();
    return s;
}

void storage_free(storage *s)
{
    if (!s)
        return;
    net_timer_free(s->hourly);
    errands_free(s->errands);
    errands_free(s->measurers);
    measure_free(s->measure);
    g_free(s->data_dir);
    g_free(s);
}

void storage_start(storage *s)
{
    removed_recall(s);
    storage_sweep(s);
    s->hourly = net_timer_new(s->net, 0, STORAGE_RETENTION_MS, on_hour, s);
}

errands *storage_errands(storage *s)
{
    return s->errands;
}

errands *storage_measurers(storage *s)
{
    return s->measurers;
}

const storage_retention *storage_kept(const storage *s)
{
    return &s->retention;
}

void storage_metrics(const storage *s, GString *out)
{
    storage_disk disk;
    if (storage_disk_read(s, &disk, NULL)) {
        metric_gauge(out, "jiangtang_disk_bytes", "Size of the data directory's disk",
                     (double)disk.total_bytes);
        metric_gauge(out, "jiangtang_disk_free_bytes", "Room left on it", (double)disk.free_bytes);
    }
    metric_counter(out, "jiangtang_storage_removed_total", "Titles and files removed",
                   (double)s->removed);
}
