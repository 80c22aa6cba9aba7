/*
 * The audit as those read it who watch over the house.
 */
#include "api/api.h"
#include "people/audit.h"

/* Nobody who may change things: no one role both acts and audits. */
#define READERS (ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_SUPERVISOR))

typedef struct {
    int64_t before;
    GArray *entries;
} audit_query;

static void audit_query_free(gpointer data)
{
    audit_query *q = data;
    g_clear_pointer(&q->entries, g_array_unref);
    g_free(q);
}

static bool list_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    const char *before = request_query(call->request, "before");
    audit_query *q = g_new0(audit_query, 1);
    call->data = q;
    call->free_data = audit_query_free;
    if (!before || g_ascii_string_to_signed(before, 10, 1, G_MAXINT64, &q->before, NULL))
        return true;
    error_set(error, ERROR_INPUT, "bad_number", "before", "before is the id of an entry");
    return false;
}

static bool list(api_call *call, records *db, GError **error)
{
    audit_query *q = call->data;
    q->entries = audit_list(db, q->before, error);
    return q->entries != NULL;
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const audit_query *q = call->data;
    json_t *all = json_array();
    for (guint i = 0; i < q->entries->len; i++) {
        const audit_entry *is = &g_array_index(q->entries, audit_entry, i);
        json_array_append_new(
            all, json_pack("{s:I, s:I, s:{s:I, s:s, s:s}, s:s, s:s, s:s}", "id", (json_int_t)is->id,
                           "at_ms", (json_int_t)is->at_ms, "person", "id", (json_int_t)is->person,
                           "name", is->person_name, "role", is->role, "action", is->action,
                           "object", is->object, "reason", is->reason));
    }
    call->answer = json_pack("{s:o}", "entries", all);
    return true;
}

void api_audit(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/audit", READERS, 0, .before = list_begin, .work = list, .after = listed},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
