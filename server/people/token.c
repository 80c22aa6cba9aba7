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

char *base64url_encode(const void *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

GBytes *base64url_decode(const char *text, gsize length)
{
    static const char *const paddings[] = {"", NULL, "==", "="};
    const char *padding = paddings[length % 4];
    if (length == 0 || !padding)
        return NULL;
    g_autofree char *standard = g_strdup_printf("%.*s%s", (int)length, text, padding);
    g_strdelimit(standard, "-", '+');
    g_strdelimit(standard, "_", '/');
    gsize decoded_length;
    g_autofree guchar *decoded = g_base64_decode(standard, &decoded_length);
    g_autofree char *again = base64url_encode(decoded, decoded_length);
    if (strlen(again) != length || memcmp(again, text, length) != 0)
        return NULL;
    return g_bytes_new(decoded, decoded_length);
}
