/*
 * The passphrase of a class whose callers must encrypt.
 *
 * The key travels in clear in SRT's handshake, so the passphrase cannot be the key, nor come from it
 * alone: it is an HMAC of the key with a secret of the house. Nothing is stored per class, and a new
 * key brings a new passphrase.
 *
 * Runs on: any thread.
 * Memory:  you own what is returned.
 */
#ifndef SRT_PASSPHRASE_H
#define SRT_PASSPHRASE_H

#include <glib.h>

#define SRT_PASSPHRASE_CHARS 32 /* 128 bits, hexadecimal */

char *srt_passphrase(GBytes *secret, const char *key);

#endif
