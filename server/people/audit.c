#include "people/audit.h"

bool audit_add(records *db, base_clock *clock, const person *who, const char *action,
               const char *object, const char *reason, GError **error)
{
    return records_run(db, error, SQL_AUDIT_ADD, "iittttt", clock_utc_ms(clock), who->id, who->name,
                       person_role_word(who->role), action, object, reason);
}

GArray *audit_list(records *db, int64_t before, GError **error)
{
    query *rows = records_query(db, SQL_AUDIT_LIST, "ii", before > 0 ? before : G_MAXINT64,
                                (int64_t)AUDIT_LIST_MAX);
    GArray *list = g_array_new(FALSE, TRUE, sizeof(audit_entry));
    query_step_result result;
    while ((result = query_step(rows, error)) == QUERY_ROW) {
        audit_entry entry = {
            .id = query_int(rows, 0), .at_ms = query_int(rows, 1), .person = query_int(rows, 2)};
        g_strlcpy(entry.person_name, query_text(rows, 3), sizeof entry.person_name);
        g_strlcpy(entry.role, query_text(rows, 4), sizeof entry.role);
        g_strlcpy(entry.action, query_text(rows, 5), sizeof entry.action);
        g_strlcpy(entry.object, query_text(rows, 6), sizeof entry.object);
        g_strlcpy(entry.reason, query_text(rows, 7), sizeof entry.reason);
        g_array_append_val(list, entry);
    }
    if (result == QUERY_END)
        return list;
    g_array_unref(list);
    return NULL;
}
