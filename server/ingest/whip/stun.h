/*
 * As much of STUN as a lobby needs: whose is this packet, and did its sender know the password?
 *
 * Pure; bytes from anybody. It answers nothing.
 * Source: RFC 8489 (STUN), RFC 8445 section 7 (ICE's use of it).
 *
 * Runs on: any thread.
 * Memory:  borrows the bytes.
 */
#ifndef WHIP_STUN_H
#define WHIP_STUN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STUN_HEAD 20
#define STUN_USER_MAX 256 /* characters of one half of a user name, as ICE allows */
#define STUN_TRANSACTION 12

typedef enum { STUN_NONE, STUN_REQUEST, STUN_RESPONSE, STUN_OTHER } stun_kind;

/* A binding request, a successful response to one, other STUN, or no STUN at all. */
stun_kind stun_read(const uint8_t *bytes, gsize size);

/* Of any STUN: STUN_TRANSACTION bytes. */
const uint8_t *stun_transaction(const uint8_t *bytes);

/* Of a request: the first half of its user name ("us:them"), who it is for. False: it has none. */
bool stun_user(const uint8_t *bytes, gsize size, char user[STUN_USER_MAX + 1]);

/* Does its MESSAGE-INTEGRITY (HMAC-SHA1) hold under this password? */
bool stun_is_signed(const uint8_t *bytes, gsize size, const char *password);

#endif
