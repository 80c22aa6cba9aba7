#include "ingest/srt/streamid.h"

#include <stdbool.h>
#include <string.h>

static bool is_key(const char *text, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (!g_ascii_isalnum(text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return size > 0 && size <= STREAMID_KEY_MAX;
}

static streamid_wish take_key(const char *text, gsize size, char *key)
{
    key[0] = '\0';
    if (!is_key(text, size))
        return STREAMID_NONSENSE;
    memcpy(key, text, size);
    key[size] = '\0';
    return STREAMID_PUBLISH;
}

/* "name=value,name=value": values hold no commas. No mode is the only one there is here. */
static streamid_wish read_fields(const char *text, char *key)
{
    streamid_wish wish = STREAMID_NONSENSE;
    bool more = false;
    while (*text) {
        gsize size = strcspn(text, ",");
        if (size >= 2 && strncmp(text, "r=", 2) == 0)
            wish = take_key(text + 2, size - 2, key);
        if (size >= 2 && strncmp(text, "m=", 2) == 0)
            more = size != strlen("m=publish") || strncmp(text, "m=publish", size) != 0;
        text += size + (text[size] == ',');
    }
    if (!more)
        return wish;
    key[0] = '\0';
    return STREAMID_WANTS_MORE;
}

streamid_wish streamid_read(const char *text, char key[STREAMID_KEY_MAX + 1])
{
    key[0] = '\0';
    if (!text || strlen(text) > STREAMID_MAX)
        return STREAMID_NONSENSE;
    if (g_str_has_prefix(text, "#!::"))
        return read_fields(text + strlen("#!::"), key);
    if (g_str_has_prefix(text, "publish:"))
        text += strlen("publish:");
    return take_key(text, strlen(text), key);
}
