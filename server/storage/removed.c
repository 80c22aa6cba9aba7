#include <string.h>

#include "base/log.h"
#include "storage/inside.h"

bool storage_remove_title(records *db, base_clock *clock, const char *title_id, bool by_policy,
                          GError **error)
{
    return records_run(db, error, SQL_TITLE_REMOVED_PUT, "tit", title_id, clock_utc_ms(clock),
                       by_policy ? "policy" : "person") &&
           storage_discard(db, clock, STORAGE_TITLE, title_id, error);
}

bool storage_removal_read(records *db, const char *title_id, storage_removal *is, GError **error)
{
    query *row = records_query(db, SQL_TITLE_REMOVED_READ, "t", title_id);
    query_step_result step = query_step(row, error);
    *is = (storage_removal){0};
    if (step == QUERY_ROW) {
        is->at_ms = query_int(row, 0);
        is->by_policy = strcmp(query_text(row, 1), "policy") == 0;
    }
    query_end(row);
    return step != QUERY_FAILED;
}

bool storage_still_there(records *db, const char *title_id, GError **error)
{
    storage_removal is;
    if (!storage_removal_read(db, title_id, &is, error))
        return false;
    if (is.at_ms == 0)
        return true;
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(is.at_ms / 1000);
    g_autofree char *day = at ? g_date_time_format(at, "%Y-%m-%d") : NULL;
    error_set(error, ERROR_GONE, "removed", NULL,
              "This recording was removed on %s (UTC) %s; what was learnt from it stays on record",
              day ? day : "an earlier day",
              is.by_policy ? "because its time to be kept was over" : "by whoever looks after it");
    return false;
}

/* ---- what earlier runs removed ---- */

typedef struct {
    char title_id[33];
    int64_t at_ms;
} removed_title;

typedef struct {
    storage *storage;
    GArray *titles; /* of removed_title */
} recall;

static bool list_removed(records *db, gpointer data, GError **error)
{
    recall *is = data;
    query_step_result step;
    query *rows = records_query(db, SQL_TITLES_REMOVED, "i", (int64_t)STORAGE_REMOVED_KNOWN);
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        removed_title one = {.at_ms = query_int(rows, 1)};
        g_strlcpy(one.title_id, query_text(rows, 0), sizeof one.title_id);
        g_array_append_val(is->titles, one);
    }
    return step == QUERY_END;
}

static void recall_free(recall *is)
{
    g_array_unref(is->titles);
    g_free(is);
}

static void recalled(gpointer data, const GError *error)
{
    recall *is = data;
    if (error)
        log_warn("storage", "what was removed before is not known: %s", error->message);
    for (guint i = 0; !error && i < is->titles->len; i++) {
        const removed_title *one = &g_array_index(is->titles, removed_title, i);
        shelf_removed(is->storage->shelf, one->title_id, one->at_ms);
    }
    recall_free(is);
}

void removed_recall(storage *s)
{
    recall *is = g_new0(recall, 1);
    is->storage = s;
    is->titles = g_array_new(FALSE, TRUE, sizeof(removed_title));
    if (!clerk_post(s->clerk, list_removed, recalled, is, NULL))
        recall_free(is);
}
