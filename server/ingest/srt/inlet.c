#include "ingest/srt/inlet.h"

struct inlet {
    gatomicrefcount count;
    char *key, *peer;
    GMutex lock;       /* what follows; held for a copy, never while waiting */
    GByteArray *bytes; /* NULL: nothing */
    ingest_health health;
    bool unwanted, ended, orderly;
    const char *why;
};

inlet *inlet_new(const char *key, const char *peer)
{
    inlet *i = g_new0(inlet, 1);
    g_atomic_ref_count_init(&i->count);
    g_mutex_init(&i->lock);
    i->key = g_strdup(key);
    i->peer = g_strdup(peer);
    return i;
}

inlet *inlet_ref(inlet *i)
{
    g_atomic_ref_count_inc(&i->count);
    return i;
}

void inlet_unref(inlet *i)
{
    if (!i || !g_atomic_ref_count_dec(&i->count))
        return;
    g_clear_pointer(&i->bytes, g_byte_array_unref);
    g_mutex_clear(&i->lock);
    g_free(i->key);
    g_free(i->peer);
    g_free(i);
}

const char *inlet_key(const inlet *i)
{
    return i->key;
}

const char *inlet_peer(const inlet *i)
{
    return i->peer;
}

bool inlet_has_room(inlet *i, gsize size)
{
    g_mutex_lock(&i->lock);
    gsize have = i->bytes ? i->bytes->len : 0;
    g_mutex_unlock(&i->lock);
    return have + size <= INLET_BYTES_MAX;
}

void inlet_put(inlet *i, const uint8_t *bytes, gsize size)
{
    g_mutex_lock(&i->lock);
    if (!i->bytes)
        i->bytes = g_byte_array_new();
    g_byte_array_append(i->bytes, bytes, (guint)size);
    g_mutex_unlock(&i->lock);
}

void inlet_tell(inlet *i, const ingest_health *health)
{
    g_mutex_lock(&i->lock);
    i->health = *health;
    g_mutex_unlock(&i->lock);
}

void inlet_end(inlet *i, bool orderly, const char *why)
{
    g_mutex_lock(&i->lock);
    i->ended = true;
    i->orderly = orderly;
    i->why = why;
    g_mutex_unlock(&i->lock);
}

bool inlet_unwanted(inlet *i)
{
    g_mutex_lock(&i->lock);
    bool unwanted = i->unwanted;
    g_mutex_unlock(&i->lock);
    return unwanted;
}

GByteArray *inlet_take(inlet *i)
{
    g_mutex_lock(&i->lock);
    GByteArray *bytes = g_steal_pointer(&i->bytes);
    g_mutex_unlock(&i->lock);
    return bytes;
}

bool inlet_ended(inlet *i, bool *orderly, const char **why)
{
    g_mutex_lock(&i->lock);
    bool ended = i->ended && !i->bytes;
    *orderly = i->orderly;
    *why = i->why;
    g_mutex_unlock(&i->lock);
    return ended;
}

void inlet_close(inlet *i)
{
    g_mutex_lock(&i->lock);
    i->unwanted = true;
    g_mutex_unlock(&i->lock);
}

ingest_health inlet_health(inlet *i)
{
    g_mutex_lock(&i->lock);
    ingest_health health = i->health;
    g_mutex_unlock(&i->lock);
    return health;
}
