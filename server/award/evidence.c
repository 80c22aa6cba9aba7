#include <string.h>

#include "award/award.h"

#define ROWS_AT_ONCE 512

/* Rows read; -1: *error is set. Moves *after to the last one. */
static int read_some(records *db, char **after, GHashTable *kept, GError **error)
{
    query *row = records_query(db, SQL_CERTIFICATES_AFTER, "ti", *after, (int64_t)ROWS_AT_ONCE);
    query_step_result step;
    int count = 0;
    for (; (step = query_step(row, error)) == QUERY_ROW; count++) {
        g_free(*after);
        *after = g_strdup(query_text(row, 0));
        g_hash_table_insert(kept, g_strdup(query_text(row, 2)), g_strdup(query_text(row, 1)));
    }
    return step == QUERY_END ? count : -1;
}

GHashTable *award_evidence(records *db, int64_t *certificates, GError **error)
{
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *after = g_strdup("");
    *certificates = 0;
    for (int got = ROWS_AT_ONCE; got == ROWS_AT_ONCE; *certificates += got) {
        got = read_some(db, &after, kept, error);
        if (got < 0)
            return NULL;
    }
    return g_steal_pointer(&kept);
}

bool award_evidence_found(GHashTable *left, GError **error)
{
    const char *first = NULL;
    GHashTableIter each;
    gpointer serial;
    g_hash_table_iter_init(&each, left);
    while (g_hash_table_iter_next(&each, NULL, &serial)) {
        if (!first || strcmp(serial, first) < 0)
            first = serial;
    }
    if (first)
        error_set(error, ERROR_CONFLICT, "evidence_damaged", NULL,
                  "certificate %s: the records it stands on are not on the chain", first);
    return !first;
}
