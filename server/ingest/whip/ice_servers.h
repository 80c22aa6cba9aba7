/*
 * The STUN and TURN servers a publisher is told of, as Link headers (RFC 9725 section 4.6).
 *
 * Runs on: any thread.
 * Memory:  the text is yours.
 */
#ifndef WHIP_ICE_SERVERS_H
#define WHIP_ICE_SERVERS_H

#include "base/error.h"

#define ICE_SERVERS_MAX 8

/*
 * From a setting: "stun:HOST:PORT" or "turn:HOST:PORT?transport=udp|USER|PASSWORD", with commas
 * between; "Name: value\r\n" lines, "" for none. INPUT error.
 */
char *ice_servers_read(const char *text, GError **error);

#endif
