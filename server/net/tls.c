#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "base/log.h"

struct tls_certificate {
    char *chain_file, *key_file;
    SSL_CTX *context;
    gint64 changed[2]; /* of the files when they were read, ns */
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

/* ---- the certificate ---- */

static gint64 changed_at(const char *file)
{
    struct stat is;
    return stat(file, &is) == 0
               ? (gint64)is.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + is.st_mtim.tv_nsec
               : -1;
}

static bool refuse(const char *file, const char *what, GError **error)
{
    unsigned long reason = ERR_peek_last_error();
    error_set(error, ERROR_INPUT, "certificate", NULL, "%s is not %s: %s", file, what,
              reason ? ERR_reason_error_string(reason) : "it cannot be read");
    ERR_clear_error();
    return false;
}

static bool read_files(SSL_CTX *context, const tls_certificate *is, GError **error)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, is->chain_file) != 1)
        return refuse(is->chain_file, "a certificate in PEM", error);
    if (SSL_CTX_use_PrivateKey_file(context, is->key_file, SSL_FILETYPE_PEM) != 1)
        return refuse(is->key_file, "the key of that certificate, in PEM", error);
    return true;
}

/* NULL: the files cannot be used. */
static SSL_CTX *load(const tls_certificate *is, GError **error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (read_files(context, is, error))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

tls_certificate *tls_certificate_new(const char *chain_file, const char *key_file, GError **error)
{
    tls_certificate *is = g_new0(tls_certificate, 1);
    is->chain_file = g_strdup(chain_file);
    is->key_file = g_strdup(key_file);
    is->changed[0] = changed_at(chain_file);
    is->changed[1] = changed_at(key_file);
    is->context = load(is, error);
    if (is->context)
        return is;
    tls_certificate_free(is);
    return NULL;
}

void tls_certificate_free(tls_certificate *is)
{
    if (!is)
        return;
    SSL_CTX_free(is->context);
    g_free(is->chain_file);
    g_free(is->key_file);
    g_free(is);
}

static void look_again(tls_certificate *is)
{
    g_autoptr(GError) error = NULL;
    gint64 now[2] = {changed_at(is->chain_file), changed_at(is->key_file)};
    if (now[0] == is->changed[0] && now[1] == is->changed[1])
        return;
    is->changed[0] = now[0];
    is->changed[1] = now[1];
    SSL_CTX *fresh = load(is, &error);
    if (!fresh) {
        log_warn("net", "the certificate before stays: %s", error->message);
        return;
    }
    SSL_CTX_free(is->context); /* connections hold their own reference */
    is->context = fresh;
    log_info("net", "a new certificate was read from %s", is->chain_file);
}

/* ---- one connection ---- */

tls *tls_new(tls_certificate *certificate)
{
    tls *filter = g_new0(tls, 1);
    look_again(certificate);
    filter->ssl = SSL_new(certificate->context);
    filter->in = BIO_new(BIO_s_mem());
    filter->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(filter->in, -1);
    SSL_set_bio(filter->ssl, filter->in, filter->out);
    SSL_set_accept_state(filter->ssl);
    return filter;
}

void tls_free(tls *filter)
{
    if (!filter)
        return;
    SSL_free(filter->ssl);
    g_free(filter);
}

void tls_push(tls *filter, const uint8_t *bytes, gsize size)
{
    BIO_write(filter->in, bytes, (int)size);
}

tls_state tls_read(tls *filter, uint8_t *out, gsize size, gsize *got)
{
    ERR_clear_error();
    *got = 0;
    int result = SSL_read_ex(filter->ssl, out, size, got);
    if (result == 1)
        return TLS_GOES_ON;
    switch (SSL_get_error(filter->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_GOES_ON;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        ERR_clear_error();
        return TLS_BROKEN;
    }
}

bool tls_write(tls *filter, const uint8_t *bytes, gsize size)
{
    gsize written = 0;
    ERR_clear_error();
    return SSL_write_ex(filter->ssl, bytes, size, &written) == 1 && written == size;
}

void tls_goodbye(tls *filter)
{
    if (SSL_is_init_finished(filter->ssl))
        SSL_shutdown(filter->ssl);
    ERR_clear_error();
}

gsize tls_take(tls *filter, uint8_t *out, gsize size)
{
    int got = BIO_read(filter->out, out, (int)size);
    return got > 0 ? (gsize)got : 0;
}
