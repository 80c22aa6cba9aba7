/*
 * Requests for titles that are not in memory yet: they wait while the pool reads the journal.
 *
 * One reading per title, however many ask. It knows nothing of what is asked.
 *
 * Runs on: the loop; the reading on the pool.
 * Memory:  you own what warm_new() returns; requests are counted.
 */
#ifndef API_WARM_H
#define API_WARM_H

#include "net/net.h"
#include "net/pool.h"
#include "shelf/shelf.h"

typedef struct warm warm;
warm *warm_new(pool *pool, shelf *shelf);
void warm_free(warm *warm); /* after the net has stopped; NULL is fine */

typedef enum { WARM_READY, WARM_LATER, WARM_FULL } warm_state;
/*
 * READY: go on at once. LATER: then(request, user) is called when the title has been read (or is
 * not there after all), unless the client leaves before. FULL: *error is BUSY.
 */
warm_state warm_up(warm *warm, const char *title_id, request *request, request_fn then,
                   gpointer user, GError **error);

#endif
