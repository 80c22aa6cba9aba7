/*
 * What fills the disk, and letting go of recordings: for staff.
 */
#include <string.h>

#include "api/api.h"
#include "people/audit.h"
#include "storage/storage.h"

#define BODY_MAX 1024
#define KEEPERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

typedef struct {
    char id[33], title_id[33];
    storage_report report;
    storage_disk disk;
} storage_query;

static void storage_query_free(gpointer data)
{
    storage_query *q = data;
    storage_report_clear(&q->report);
    g_free(q);
}

static bool begin(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    storage_query *q = g_new0(storage_query, 1);
    const char *id = request_param(call->request, "id");
    g_strlcpy(q->id, id ? id : "", sizeof q->id);
    call->data = q;
    call->free_data = storage_query_free;
    return true;
}

/* ---- GET /storage ---- */

/* Up to thousands of names: beside the clerk. */
static bool name(const api_call *call, GError **error)
{
    storage_query *q = call->data;
    records *db = readers_take(call->parts->readers, error);
    bool good = db && storage_name(db, storage_kept(call->parts->storage), &q->report, error);
    if (db)
        readers_give(call->parts->readers, db);
    return good;
}

static bool measure(api_call *call, records *db, GError **error)
{
    (void)db;
    storage_query *q = call->data;
    storage_measure(call->parts->storage, &q->report);
    return name(call, error) && storage_disk_read(call->parts->storage, &q->disk, error);
}

static json_t *item_json(const storage_item *is)
{
    return json_pack("{s:s, s:s, s:s?, s:s, s:I, s:I, s:b, s:s?, s:b, s:b, s:o}", "kind", is->kind,
                     "id", is->id[0] ? is->id : is->title_id, "title_id",
                     is->title_id[0] ? is->title_id : NULL, "name", is->name, "bytes",
                     (json_int_t)is->bytes, "created_ms", (json_int_t)is->created_ms, "used",
                     is->used, "used_by", is->used ? is->used_by : NULL, "used_by_draft",
                     is->used_by_draft, "deletable", is->deletable, "kept_until_ms",
                     is->kept_until_ms ? json_integer(is->kept_until_ms) : json_null());
}

static bool told(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const storage_query *q = call->data;
    const storage_used *used = &q->report.used;
    json_t *all = json_array();
    for (guint i = 0; i < q->report.largest->len; i++)
        json_array_append_new(all, item_json(&g_array_index(q->report.largest, storage_item, i)));
    call->answer = json_pack(
        "{s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:{s:i}, s:I}", "disk",
        "total_bytes", (json_int_t)q->disk.total_bytes, "free_bytes",
        (json_int_t)q->disk.free_bytes, "used", "recordings", (json_int_t)used->recordings,
        "live_replays", (json_int_t)used->live_replays, "sources", (json_int_t)used->sources,
        "spool", (json_int_t)used->spool, "handouts", (json_int_t)used->handouts, "database",
        (json_int_t)used->database, "largest", all, "retention", "live_days",
        storage_kept(call->parts->storage)->live_days, "measured_ms",
        (json_int_t)q->report.measured_ms);
    return true;
}

/* ---- DELETE /classes/{id}/recording ---- */

static bool let_go(api_call *call, records *db, GError **error)
{
    storage_query *q = call->data;
    return storage_remove_replay(db, call->parts->clock, q->id, q->title_id, error) &&
           audit_add(db, call->parts->clock, &call->who, "recording_removed", q->id, "", error);
}

static bool gone(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    shelf_removed(call->parts->shelf, ((storage_query *)call->data)->title_id,
                  clock_utc_ms(call->parts->clock));
    storage_sweep(call->parts->storage);
    call->status = 204;
    return true;
}

void api_storage(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/storage", KEEPERS, 0, .before = begin, .slow = measure,
         .slow_on = API_ON_MEASURE, .after = told},
        {"DELETE", "/api/v1/classes/{id}/recording", KEEPERS, 0, .before = begin, .work = let_go,
         .after = gone},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
