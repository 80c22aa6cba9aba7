/*
 * Running SHA-256 sums between two bodies of one upload: a client that sends pieces has its file read once. They live in
 * memory only; after a start the file is read again at the end.
 */
#include "upload/inside.h"

typedef struct {
    digest *sum;
    int64_t at;
} running_sum;

static void running_sum_free(gpointer data)
{
    running_sum *r = data;
    digest_free(r->sum);
    g_free(r);
}

GHashTable *sums_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, running_sum_free);
}

int64_t sum_at(const upload_desk *desk, const char *id)
{
    const running_sum *r = g_hash_table_lookup(desk->sums, id);
    return r ? r->at : -1;
}

digest *sum_take(upload_desk *desk, const char *id, int64_t at)
{
    running_sum *r = g_hash_table_lookup(desk->sums, id);
    digest *sum = r && r->at == at ? g_steal_pointer(&r->sum) : NULL;
    g_hash_table_remove(desk->sums, id);
    return !sum && at == 0 ? digest_new(DIGEST_SHA256) : sum;
}

/* Any other makes room: it costs its upload a reading of the file, no more. */
static void make_room(upload_desk *desk)
{
    GHashTableIter each;
    g_hash_table_iter_init(&each, desk->sums);
    if (g_hash_table_size(desk->sums) >= SUMS_MAX && g_hash_table_iter_next(&each, NULL, NULL))
        g_hash_table_iter_remove(&each);
}

void sum_keep(upload_desk *desk, const char *id, digest *sum, int64_t at)
{
    if (!sum)
        return;
    make_room(desk);
    running_sum *r = g_new0(running_sum, 1);
    *r = (running_sum){sum, at};
    g_hash_table_insert(desk->sums, g_strdup(id), r);
}
