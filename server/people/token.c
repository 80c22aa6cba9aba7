#include "people/token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>
#include <sys/random.h>

void token_random(void *bytes, gsize length)
{
    g_assert_cmpuint(length, <=, 256); /* up to here getrandom() gives all or nothing */
    ssize_t got = getrandom(bytes, length, 0);
    g_assert_cmpint(got, ==, (ssize_t)length);
}

char *token_new(void)
{
    uint8_t bytes[TOKEN_BYTES];
    token_random(bytes, sizeof bytes);
    return base64url_encode(bytes, sizeof bytes);
}

GBytes *token_hash(const char *text)
{
    uint8_t hash[TOKEN_HASH_BYTES];
    SHA256((const uint8_t *)text, strlen(text), hash);
    return g_bytes_new(hash, sizeof hash);
}

bool token_equal(GBytes *a, GBytes *b)
{
    gsize a_length, b_length;
    gconstpointer a_bytes = g_bytes_get_data(a, &a_length),
                  b_bytes = g_bytes_get_data(b, &b_length);
    return a_length == b_length && CRYPTO_memcmp(a_bytes, b_bytes, a_length) == 0;
}

/* ---- base64url (RFC 4648 5) ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_encode(const void *bytes, gsize length)
{
    const uint8_t *from = bytes;
    char *text = g_malloc(length / 3 * 4 + 5), *to = text;
    guint32 bits = 0;
    guint have = 0;
    for (gsize i = 0; i < length; i++) {
        bits = bits << 8 | from[i];
        for (have += 8; have >= 6; have -= 6)
            *to++ = letters[bits >> (have - 6) & 63];
    }
    if (have > 0)
        *to++ = letters[bits << (6 - have) & 63];
    *to = '\0';
    return text;
}

/* -1: no letter of ours. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

GBytes *base64url_decode(const char *text, gsize length)
{
    if (length == 0 || length % 4 == 1)
        return NULL;
    g_autofree uint8_t *bytes = g_malloc(length / 4 * 3 + 3);
    gsize count = 0;
    guint32 bits = 0;
    guint have = 0;
    for (gsize i = 0; i < length; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return NULL;
        bits = bits << 6 | (guint32)value;
        have += 6;
        if (have >= 8)
            bytes[count++] = (uint8_t)(bits >> (have -= 8));
    }
    if (bits & ((1u << have) - 1)) /* the same bytes have another spelling */
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&bytes), count);
}
