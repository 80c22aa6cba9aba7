/*
 * The address a request comes from, for limits by address.
 *
 * Runs on: the loop.
 * Memory:  borrowed from the request.
 */
#ifndef API_PEER_H
#define API_PEER_H

#include "net/net.h"

/* Behind a proxy on this machine: the address it saw itself, the last of X-Forwarded-For. Else the peer's. */
const char *peer_address(const request *request);
/* Is it this machine's own? Such a one stands for nobody: a proxy that tells no addresses, or the operator. */
bool peer_is_loopback(const char *address);

#endif
