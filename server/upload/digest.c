#include "upload/digest.h"

#include <openssl/evp.h>
#include <string.h>

struct digest {
    digest_kind kind;
    EVP_MD_CTX *state;
};

static const struct {
    const char *word;
    gsize length;
    const EVP_MD *(*algorithm)(void);
} kinds[] = {
    [DIGEST_SHA256] = {"sha256", 32, EVP_sha256},
    [DIGEST_SHA1] = {"sha1", 20, EVP_sha1},
    [DIGEST_MD5] = {"md5", 16, EVP_md5},
};

bool digest_kind_parse(const char *word, digest_kind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0) {
            *kind = (digest_kind)i;
            return true;
        }
    return false;
}

gsize digest_length(digest_kind kind)
{
    return kinds[kind].length;
}

static digest *digest_bare(digest_kind kind)
{
    digest *is = g_new0(digest, 1);
    is->kind = kind;
    is->state = EVP_MD_CTX_new();
    if (!is->state)
        g_error("upload: OpenSSL has no memory for a digest");
    return is;
}

digest *digest_new(digest_kind kind)
{
    digest *is = digest_bare(kind);
    if (!EVP_DigestInit_ex(is->state, kinds[kind].algorithm(), NULL))
        g_error("upload: OpenSSL refuses %s", kinds[kind].word);
    return is;
}

digest *digest_copy(const digest *from)
{
    digest *is = digest_bare(from->kind);
    if (!EVP_MD_CTX_copy_ex(is->state, from->state))
        g_error("upload: OpenSSL cannot copy a digest");
    return is;
}

void digest_free(digest *is)
{
    if (!is)
        return;
    EVP_MD_CTX_free(is->state);
    g_free(is);
}

void digest_add(digest *is, const void *bytes, gsize length)
{
    if (!EVP_DigestUpdate(is->state, bytes, length))
        g_error("upload: OpenSSL cannot go on with a digest");
}

void digest_sum(const digest *is, guint8 sum[DIGEST_BYTES_MAX])
{
    digest *copy = digest_copy(is);
    if (!EVP_DigestFinal_ex(copy->state, sum, NULL))
        g_error("upload: OpenSSL cannot end a digest");
    digest_free(copy);
}

char *digest_hex(const digest *is)
{
    guint8 sum[DIGEST_BYTES_MAX];
    GString *text = g_string_new(NULL);
    digest_sum(is, sum);
    for (gsize i = 0; i < kinds[is->kind].length; i++)
        g_string_append_printf(text, "%02x", sum[i]);
    return g_string_free(text, FALSE);
}
