#include "ingest/srt/door.h"

struct door {
    GMutex lock;
    GHashTable *keys; /* key > passphrase ("": none) */
};

const char *door_answer_word(door_answer answer)
{
    switch (answer) {
    case DOOR_OPEN:
        return "welcome";
    case DOOR_NONSENSE:
        return "no key in its stream id";
    case DOOR_UNKNOWN:
        return "unknown key";
    case DOOR_FULL:
        return "too many callers";
    case DOOR_ONLY_PUBLISH:
        return "it wants to receive";
    }
    return "?";
}

door *door_new(void)
{
    door *d = g_new0(door, 1);
    g_mutex_init(&d->lock);
    d->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return d;
}

void door_free(door *d)
{
    if (!d)
        return;
    g_hash_table_unref(d->keys);
    g_mutex_clear(&d->lock);
    g_free(d);
}

void door_admit(door *d, const char *key, const char *passphrase)
{
    g_mutex_lock(&d->lock);
    g_hash_table_replace(d->keys, g_strdup(key), g_strdup(passphrase ? passphrase : ""));
    g_mutex_unlock(&d->lock);
}

void door_expel(door *d, const char *key)
{
    g_mutex_lock(&d->lock);
    g_hash_table_remove(d->keys, key);
    g_mutex_unlock(&d->lock);
}

static bool look_up(door *d, const char *key, char passphrase[DOOR_PASSPHRASE_MAX + 1])
{
    g_mutex_lock(&d->lock);
    const char *kept = g_hash_table_lookup(d->keys, key);
    if (kept)
        g_strlcpy(passphrase, kept, DOOR_PASSPHRASE_MAX + 1);
    g_mutex_unlock(&d->lock);
    return kept != NULL;
}

door_answer door_ask(door *d, const char *streamid, char key[STREAMID_KEY_MAX + 1],
                     char passphrase[DOOR_PASSPHRASE_MAX + 1])
{
    passphrase[0] = '\0';
    switch (streamid_read(streamid, key)) {
    case STREAMID_PUBLISH:
        break;
    case STREAMID_NONSENSE:
        return DOOR_NONSENSE;
    case STREAMID_WANTS_MORE:
        return DOOR_ONLY_PUBLISH;
    }
    if (look_up(d, key, passphrase))
        return DOOR_OPEN;
    key[0] = '\0';
    return DOOR_UNKNOWN;
}
