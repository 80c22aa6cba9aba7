/* Any stream id from a stranger: a key within its bounds and alphabet, or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/srt/streamid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char key[STREAMID_KEY_MAX + 1];
    streamid_wish wish = streamid_read(text, key);
    gsize length = strlen(key);
    if ((wish == STREAMID_PUBLISH) != (length > 0) || !strstr(text, key))
        abort();
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(key[i]) && key[i] != '-' && key[i] != '_')
            abort();
    return 0;
}
