#include "room/rates.h"

struct rates {
    int burst;
    int64_t refill_ms;
    GHashTable *full_ms; /* person (int64_t *) > when full (int64_t *) */
};

rates *rates_new(int burst, int64_t refill_ms)
{
    rates *r = g_new0(rates, 1);
    r->burst = burst;
    r->refill_ms = refill_ms;
    r->full_ms = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return r;
}

void rates_free(rates *r)
{
    if (!r)
        return;
    g_hash_table_unref(r->full_ms);
    g_free(r);
}

int64_t rate_take(int64_t *full_ms, int burst, int64_t refill_ms, int64_t now_ms)
{
    int64_t full = MAX(*full_ms, now_ms);
    int64_t wait = full - now_ms - (burst - 1) * refill_ms;
    if (wait > 0)
        return wait;
    *full_ms = full + refill_ms;
    return 0;
}

int64_t rates_take(rates *r, int64_t person, int64_t now_ms)
{
    int64_t *full = g_hash_table_lookup(r->full_ms, &person);
    if (!full) {
        full = g_new0(int64_t, 1);
        g_hash_table_insert(r->full_ms, g_memdup2(&person, sizeof person), full);
    }
    return rate_take(full, r->burst, r->refill_ms, now_ms);
}

static gboolean is_full(gpointer person, gpointer full_ms, gpointer now_ms)
{
    (void)person;
    return *(int64_t *)full_ms <= *(int64_t *)now_ms;
}

void rates_sweep(rates *r, int64_t now_ms)
{
    g_hash_table_foreach_remove(r->full_ms, is_full, &now_ms);
}

guint rates_count(const rates *r)
{
    return g_hash_table_size(r->full_ms);
}
