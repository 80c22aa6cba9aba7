/*
 * Random tokens, the hashes they are stored as, and base64url.
 *
 * Not for other rooms.
 *
 * Runs on: any thread.
 * Memory:  you own what it returns.
 */
#ifndef PEOPLE_TOKEN_H
#define PEOPLE_TOKEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define TOKEN_BYTES 32 /* 43 characters */
#define TOKEN_HASH_BYTES 32

void token_random(void *bytes, gsize length);
/* 256 random bits, base64url without padding. */
char *token_new(void);
/* SHA-256 of the text: the token has full entropy, so no slow hash is needed. */
GBytes *token_hash(const char *text);
/* In a time that tells nothing of where they differ. */
bool token_equal(GBytes *a, GBytes *b);

char *base64url_encode(const void *bytes, gsize length);
/* NULL unless `text` is exactly what base64url_encode() would write. */
GBytes *base64url_decode(const char *text, gsize length);

#endif
