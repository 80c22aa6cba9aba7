/*
 * TLS for raw sockets: a certificate, and one connection's cipher as a filter between bytes.
 *
 * The filter does no I/O: what came from the socket goes in, plain bytes come out, and what must be
 * sent lies in a buffer. A handshake therefore never waits; its cost is one signature, 0.1 ms with
 * an ECDSA key, 1 ms with RSA 2048.
 *
 * Runs on: the loop.
 * Memory:  you own what *_new() returns.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct tls_certificate tls_certificate;
typedef struct tls tls;

/* PEM files: the chain, the key. INPUT error that names the file which cannot be used. */
tls_certificate *tls_certificate_new(const char *chain_file, const char *key_file, GError **error);
void tls_certificate_free(tls_certificate *certificate); /* NULL is fine */

/* With the files as they are now: a renewed certificate needs no restart. */
tls *tls_new(tls_certificate *certificate);
void tls_free(tls *filter); /* NULL is fine */

typedef enum { TLS_GOES_ON, TLS_ENDED, TLS_BROKEN } tls_state;

void tls_push(tls *filter, const uint8_t *bytes, gsize size); /* what the socket gave */
/* Plain bytes of what was pushed: call until *got is 0. BROKEN: the peer does not speak TLS as we do. */
tls_state tls_read(tls *filter, uint8_t *out, gsize size, gsize *got);
bool tls_write(tls *filter, const uint8_t *bytes, gsize size); /* false: not before the handshake */
void tls_goodbye(tls *filter);
/* What must go to the socket now; 0: nothing. */
gsize tls_take(tls *filter, uint8_t *out, gsize size);

#endif
