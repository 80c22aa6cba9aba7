#include "ingest/srt/passphrase.h"

#include <string.h>

char *srt_passphrase(GBytes *secret, const char *key)
{
    gsize size;
    const guchar *bytes = g_bytes_get_data(secret, &size);
    char *text =
        g_compute_hmac_for_string(G_CHECKSUM_SHA256, bytes, size, key, (gssize)strlen(key));
    text[SRT_PASSPHRASE_CHARS] = '\0';
    return text;
}
