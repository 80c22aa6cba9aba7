/*
 * Passes from strangers. The input is tried as a whole pass, and as a payload signed with the right
 * key: behind the signature the parser must stand by itself. What is accepted must be spelled
 * exactly as we would spell it.
 */
#include <glib.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <string.h>

#include "people/pass.h"
#include "people/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[32] = {7};

static void check(const pass_key *key, const char *text)
{
    pass is;
    if (!pass_check(key, text, 0, &is, NULL))
        return;
    g_autofree char *again = pass_issue(key, &is);
    g_assert_cmpstr(text, ==, again);
}

static void check_signed(const pass_key *key, const uint8_t *payload, size_t size)
{
    uint8_t mac[32];
    g_autofree char *body = base64url_encode(payload, size);
    HMAC(EVP_sha256(), secret, sizeof secret, (const uint8_t *)body, strlen(body), mac, NULL);
    g_autofree char *end = base64url_encode(mac, sizeof mac);
    g_autofree char *text = g_strdup_printf("%s.%s", body, end);
    check(key, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(secret, sizeof secret);
    pass_key *key = pass_key_new(bytes);
    g_autofree char *text = g_strndup((const char *)data, size);
    check(key, text);
    if (size > 0 && size < 1000)
        check_signed(key, data, size);
    pass_key_free(key);
    return 0;
}
