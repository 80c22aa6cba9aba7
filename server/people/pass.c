#include "people/pass.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "people/token.h"

/*
 * payload: "2 <viewer> <person> <v|h|e> <issued_ms> <until_ms> <title_id>"; the MAC is taken of its base64url
 * text, so that what is decoded and parsed is what was signed.
 */
#define SECRET_BYTES 32
#define HMAC_BLOCK 64 /* of SHA-256 */
#define MAC_BYTES 32
#define MAC_CHARS 43
#define PAYLOAD_MAX 140

static const char role_letters[] = {[PASS_VIEWER] = 'v', [PASS_HOST] = 'h', [PASS_EMBED] = 'e'};

/* HMAC-SHA256 (RFC 2104) with the key's two blocks digested already: each request asks for one. */
struct pass_key {
    EVP_MD_CTX *inner, *outer;
};

static EVP_MD_CTX *digest_of_block(const uint8_t *secret, uint8_t pad)
{
    uint8_t block[HMAC_BLOCK];
    memset(block, pad, sizeof block);
    for (gsize i = 0; i < SECRET_BYTES; i++)
        block[i] ^= secret[i];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool done = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(digest, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
    g_assert(done);
    return digest;
}

pass_key *pass_key_new(GBytes *secret)
{
    g_assert_cmpuint(g_bytes_get_size(secret), ==, SECRET_BYTES);
    const uint8_t *bytes = g_bytes_get_data(secret, NULL);
    pass_key *key = g_new(pass_key, 1);
    key->inner = digest_of_block(bytes, 0x36);
    key->outer = digest_of_block(bytes, 0x5c);
    return key;
}

void pass_key_free(pass_key *key)
{
    if (!key)
        return;
    EVP_MD_CTX_free(key->inner); /* which cleanses it */
    EVP_MD_CTX_free(key->outer);
    g_free(key);
}

static bool digest_on(EVP_MD_CTX *work, const EVP_MD_CTX *begun, const void *bytes, gsize length,
                      uint8_t *digest)
{
    return EVP_MD_CTX_copy_ex(work, begun) && EVP_DigestUpdate(work, bytes, length) &&
           EVP_DigestFinal_ex(work, digest, NULL);
}

static char *mac_of(const pass_key *key, const char *text, gsize length)
{
    uint8_t mac[MAC_BYTES];
    EVP_MD_CTX *work = EVP_MD_CTX_new();
    bool done = work && digest_on(work, key->inner, text, length, mac) &&
                digest_on(work, key->outer, mac, sizeof mac, mac);
    EVP_MD_CTX_free(work);
    g_assert(done);
    return base64url_encode(mac, sizeof mac);
}

static bool title_is_sane(const char *title)
{
    gsize length = strspn(title, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && length < sizeof((pass *)0)->title_id && title[length] == '\0';
}

char *pass_issue(const pass_key *key, const pass *is)
{
    g_assert(is->viewer >= 0 && is->person >= 0 && is->issued_ms >= 0 && is->until_ms >= 0 &&
             title_is_sane(is->title_id));
    g_autofree char *payload = g_strdup_printf("2 %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                               " %c %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s",
                                               is->viewer, is->person, role_letters[is->role],
                                               is->issued_ms, is->until_ms, is->title_id);
    g_autofree char *text = base64url_encode(payload, strlen(payload));
    g_autofree char *mac = mac_of(key, text, strlen(text));
    return g_strdup_printf("%s.%s", text, mac);
}

static bool mac_is_right(const pass_key *key, const char *text, const char *dot)
{
    if (strlen(dot + 1) != MAC_CHARS)
        return false;
    g_autofree char *mac = mac_of(key, text, (gsize)(dot - text));
    return CRYPTO_memcmp(mac, dot + 1, MAC_CHARS) == 0;
}

/*
 * A number as pass_issue() writes it: digits only, no leading zero. Moves *at behind it and one
 * space.
 */
static bool take_number(const char **at, int64_t *value)
{
    gsize digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 18 || (digits > 1 && **at == '0') || (*at)[digits] != ' ')
        return false;
    *value = g_ascii_strtoll(*at, NULL, 10);
    *at += digits + 1;
    return true;
}

static bool take_role(const char **at, pass_role *role)
{
    const char *letter = memchr(role_letters, **at, sizeof role_letters);
    if (!letter || (*at)[1] != ' ')
        return false;
    *role = (pass_role)(letter - role_letters);
    *at += 2;
    return true;
}

static bool parse_payload(const char *at, pass *is)
{
    int64_t version;
    if (!take_number(&at, &version) || version != 2 || !take_number(&at, &is->viewer) ||
        !take_number(&at, &is->person) || !take_role(&at, &is->role) ||
        !take_number(&at, &is->issued_ms) || !take_number(&at, &is->until_ms) || !title_is_sane(at))
        return false;
    g_strlcpy(is->title_id, at, sizeof is->title_id);
    return true;
}

static bool decode(const char *text, const char *dot, pass *is)
{
    char payload[PAYLOAD_MAX + 1];
    gsize length;
    g_autoptr(GBytes) bytes = base64url_decode(text, (gsize)(dot - text));
    if (!bytes)
        return false;
    const char *data = g_bytes_get_data(bytes, &length);
    if (length > PAYLOAD_MAX || memchr(data, '\0', length))
        return false;
    memcpy(payload, data, length);
    payload[length] = '\0';
    return parse_payload(payload, is);
}

bool pass_check(const pass_key *key, const char *text, int64_t now_ms, pass *is, GError **error)
{
    *is = (pass){0};
    const char *dot = text && strlen(text) <= PASS_TEXT_MAX ? strchr(text, '.') : NULL;
    if (!dot || !mac_is_right(key, text, dot) || !decode(text, dot, is)) {
        *is = (pass){0};
        error_set(error, ERROR_DENIED, "pass_invalid", NULL, "The pass is not valid");
        return false;
    }
    if (now_ms < is->until_ms)
        return true;
    *is = (pass){0};
    error_set(error, ERROR_DENIED, "pass_expired", NULL, "The pass has expired");
    return false;
}

char *pass_sign(const pass_key *key, const char *text)
{
    g_assert(strchr(text, ' '));
    return mac_of(key, text, strlen(text));
}

bool pass_secret_is(const char *right, const char *shown)
{
    gsize length = strlen(right);
    return strlen(shown) == length && CRYPTO_memcmp(right, shown, length) == 0;
}
