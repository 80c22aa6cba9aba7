/*
 * One thread for slow deeds on the disk: moving, removing, measuring.
 *
 * Errands run one after the other, in the order posted. It knows nothing of what they do.
 *
 * Runs on: the loop; `work` on the thread.
 * Memory:  you own what errands_new() returns; an errand's data is freed by its own function, once, in any case.
 */
#ifndef STORAGE_ERRAND_H
#define STORAGE_ERRAND_H

#include "net/net.h"

#define ERRANDS_MAX 1000 /* waiting: BUSY */

typedef struct errands errands;

errands *errands_new(net *net);
/* Waits for the one that runs; the others are not begun, their data is freed. NULL is fine. */
void errands_free(errands *errands);

/* work on the thread, then done (may be NULL) on the loop, then free_data. BUSY: nothing is called, data stays yours. */
bool errand_post(errands *errands, void (*work)(gpointer data), void (*done)(gpointer data),
                 gpointer data, GDestroyNotify free_data, GError **error);

#endif
