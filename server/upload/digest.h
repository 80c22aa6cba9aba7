/*
 * A running sum over bytes: SHA-256, SHA-1 or MD5, by OpenSSL (it uses what the processor has).
 *
 * SHA-1 and MD5 are here because tus clients send them; they prove a line, not a person.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  you own what _new and _copy return.
 */
#ifndef UPLOAD_DIGEST_H
#define UPLOAD_DIGEST_H

#include <glib.h>
#include <stdbool.h>

#define DIGEST_BYTES_MAX 32
#define DIGEST_WORDS "sha256,sha1,md5" /* as Tus-Checksum-Algorithm says them */

typedef enum { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 } digest_kind;
bool digest_kind_parse(const char *word, digest_kind *kind);
gsize digest_length(digest_kind kind); /* bytes of its sum */

typedef struct digest digest;
digest *digest_new(digest_kind kind);
digest *digest_copy(const digest *from);
void digest_free(digest *is); /* NULL is fine */
void digest_add(digest *is, const void *bytes, gsize length);
/* The sum so far; the digest goes on. */
void digest_sum(const digest *is, guint8 sum[DIGEST_BYTES_MAX]);
/* The same as hexadecimal text you own. */
char *digest_hex(const digest *is);

#endif
