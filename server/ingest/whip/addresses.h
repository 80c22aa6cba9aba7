/*
 * Where a publisher is told to send its packets: the numeric addresses of an answer's candidates.
 *
 * What the operator has set stands alone. Otherwise the address this house listens on; and where it
 * listens on all, the address the publisher itself used (if it is a number) and those of this
 * machine's interfaces. Names are never looked up.
 *
 * Runs on: any thread.
 * Memory:  lists are yours.
 */
#ifndef WHIP_ADDRESSES_H
#define WHIP_ADDRESSES_H

#include <glib.h>

#include "base/error.h"

#define ADDRESSES_MAX 8

/* Reads a setting, numeric addresses with commas between; "": an empty list. INPUT error. */
GStrv addresses_read(const char *text, GError **error);

/*
 * set: from addresses_read(). bind: numeric. host: the Host header of the request ("localhost:8080")
 * or NULL.
 */
GStrv addresses_to_offer(const char *const *set, const char *bind, const char *host);

#endif
