/*
 * A few threads for slow pure work: password hashes, PDF, exports, cold files.
 *
 * Runs on: pool_post() on the loop; `work` on a pool thread; `done` on the loop again.
 * Memory:  `data` is yours; it is not touched by others between work and done.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/net.h"

#define POOL_THREADS 2
#define POOL_QUEUE_MAX 256 /* full: BUSY */

typedef struct pool pool;
pool *pool_new(net *net);
void pool_free(pool *pool); /* waits for what runs; drops what waits, calling done for none */
/* BUSY error when full. */
bool pool_post(pool *pool, void (*work)(gpointer data), void (*done)(gpointer data), gpointer data,
               GError **error);

#endif
