#include "net/tls.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

/* ---- a certificate in a folder of its own ---- */

typedef struct {
    char *folder, *chain, *key;
} desk;

static void write_pem(const char *file, X509 *certificate, EVP_PKEY *key)
{
    FILE *out = fopen(file, "w");
    g_assert_nonnull(out);
    if (certificate)
        PEM_write_X509(out, certificate);
    else
        PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    fclose(out);
}

static void make_certificate(const desk *d, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *is = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(is), 0);
    X509_gmtime_adj(X509_getm_notAfter(is), 3600);
    X509_set_pubkey(is, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(is), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(is, X509_get_subject_name(is));
    X509_sign(is, key, EVP_sha256());
    write_pem(d->chain, is, NULL);
    write_pem(d->key, NULL, key);
    X509_free(is);
    EVP_PKEY_free(key);
}

static void desk_open(desk *d)
{
    d->folder = g_dir_make_tmp("tls-XXXXXX", NULL);
    d->chain = g_build_filename(d->folder, "chain.pem", NULL);
    d->key = g_build_filename(d->folder, "key.pem", NULL);
    make_certificate(d, "first");
}

static void desk_close(desk *d)
{
    g_remove(d->chain);
    g_remove(d->key);
    g_rmdir(d->folder);
    g_free(d->chain);
    g_free(d->key);
    g_free(d->folder);
}

/* ---- a client beside the filter; `step` bytes go over at once ---- */

typedef struct {
    SSL_CTX *context;
    SSL *ssl;
    tls *filter;
    gsize step;
    GString *plain; /* what came out of the filter */
    tls_state state;
} pair;

static void pair_open(pair *p, tls_certificate *certificate, gsize step)
{
    *p = (pair){.context = SSL_CTX_new(TLS_client_method()),
                .filter = tls_new(certificate),
                .step = step,
                .plain = g_string_new(NULL)};
    p->ssl = SSL_new(p->context);
    SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(p->ssl);
}

static void pair_close(pair *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->context);
    tls_free(p->filter);
    g_string_free(p->plain, TRUE);
}

static void read_plain(pair *p)
{
    uint8_t bytes[100];
    gsize got = 0;
    while ((p->state = tls_read(p->filter, bytes, sizeof bytes, &got)) == TLS_GOES_ON && got)
        g_string_append_len(p->plain, (const char *)bytes, (gssize)got);
}

static void carry(pair *p)
{
    uint8_t bytes[4096];
    gsize size;
    int got;
    while ((got = BIO_read(SSL_get_wbio(p->ssl), bytes, (int)MIN(p->step, sizeof bytes))) > 0) {
        tls_push(p->filter, bytes, (gsize)got);
        read_plain(p);
    }
    while ((size = tls_take(p->filter, bytes, MIN(p->step, sizeof bytes))))
        BIO_write(SSL_get_rbio(p->ssl), bytes, (int)size);
}

static void shake_hands(pair *p)
{
    for (int turn = 0; turn < 8 && SSL_do_handshake(p->ssl) != 1; turn++)
        carry(p);
    carry(p);
    g_assert_true(SSL_is_init_finished(p->ssl));
}

/* ---- promises ---- */

static void any_cutting_of_the_bytes_gives_the_same_words(void)
{
    static const gsize steps[] = {1, 7, 4096};
    desk d;
    desk_open(&d);
    tls_certificate *certificate = tls_certificate_new(d.chain, d.key, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        pair p;
        char heard[16] = {0};
        pair_open(&p, certificate, steps[i]);
        g_assert_false(tls_write(p.filter, (const uint8_t *)"too early", 9));
        shake_hands(&p);
        SSL_write(p.ssl, "from the encoder", 16);
        carry(&p);
        g_assert_cmpstr(p.plain->str, ==, "from the encoder");
        g_assert_true(tls_write(p.filter, (const uint8_t *)"from the house", 14));
        carry(&p);
        g_assert_cmpint(SSL_read(p.ssl, heard, sizeof heard), ==, 14);
        SSL_shutdown(p.ssl);
        carry(&p);
        g_assert_cmpint(p.state, ==, TLS_ENDED);
        pair_close(&p);
    }
    tls_certificate_free(certificate);
    desk_close(&d);
}

static void other_bytes_break_it_and_nothing_else(void)
{
    desk d;
    desk_open(&d);
    tls_certificate *certificate = tls_certificate_new(d.chain, d.key, NULL);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[300];
        for (gsize i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)g_test_rand_int();
        if (round % 2)
            memcpy(bytes, "\x16\x03\x01\x01\x00\x01", 6); /* a greeting, it says */
        pair p;
        pair_open(&p, certificate, 1);
        tls_push(p.filter, bytes, sizeof bytes);
        read_plain(&p);
        g_assert_cmpint(p.state, ==, TLS_BROKEN);
        g_assert_cmpuint(p.plain->len, ==, 0);
        pair_close(&p);
    }
    tls_certificate_free(certificate);
    desk_close(&d);
}

static void assert_name(tls_certificate *certificate, const char *name)
{
    char found[32];
    pair p;
    pair_open(&p, certificate, 4096);
    shake_hands(&p);
    X509 *shown = SSL_get1_peer_certificate(p.ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, found, sizeof found);
    g_assert_cmpstr(found, ==, name);
    X509_free(shown);
    pair_close(&p);
}

static void a_renewed_certificate_is_read_and_a_broken_one_is_not(void)
{
    desk d;
    desk_open(&d);
    tls_certificate *certificate = tls_certificate_new(d.chain, d.key, NULL);
    assert_name(certificate, "first");
    make_certificate(&d, "second");
    assert_name(certificate, "second");
    g_file_set_contents(d.chain, "torn", -1, NULL);
    assert_name(certificate, "second");
    make_certificate(&d, "third");
    assert_name(certificate, "third");
    tls_certificate_free(certificate);
    desk_close(&d);
}

static void files_that_cannot_be_used_are_named(void)
{
    desk d;
    g_autoptr(GError) no_chain = NULL, no_key = NULL;
    desk_open(&d);
    g_assert_null(tls_certificate_new("/nowhere/chain.pem", d.key, &no_chain));
    g_assert_true(error_is(no_chain, ERROR_INPUT));
    g_assert_nonnull(strstr(no_chain->message, "/nowhere/chain.pem"));
    g_assert_null(tls_certificate_new(d.chain, d.chain, &no_key));
    g_assert_nonnull(strstr(no_key->message, "the key of that certificate"));
    desk_close(&d);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/tls/" #name, name)
    TEST(any_cutting_of_the_bytes_gives_the_same_words);
    TEST(other_bytes_break_it_and_nothing_else);
    TEST(a_renewed_certificate_is_read_and_a_broken_one_is_not);
    TEST(files_that_cannot_be_used_are_named);
    return g_test_run();
}
