/*
 * How many sockets each address has open, so that one address cannot take them all.
 *
 * Addresses count as people/address.h folds them; this machine's own are not counted (api/peer.h). It closes nothing.
 *
 * Runs on: the loop.
 * Memory:  you own what callers_new() returns; sockets are names to it, never looked into.
 */
#ifndef API_CALLERS_H
#define API_CALLERS_H

#include <glib.h>
#include <stdbool.h>

#define CALLERS_ADDRESS_MAX 2000 /* a whole school may sit behind one address */

typedef struct callers callers;
callers *callers_new(guint most);
void callers_free(callers *callers); /* NULL is fine */

/* False, and nothing counted: this address has as many as it may have. */
bool callers_enter(callers *callers, gconstpointer socket, const char *address);
/* One that was not counted is fine. */
void callers_leave(callers *callers, gconstpointer socket);

#endif
