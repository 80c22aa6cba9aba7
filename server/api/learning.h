/*
 * What the person signed in has learnt: /api/v1/learning and /api/v1/learning/{title_id}.
 *
 * Runs on: the loop, once, at the start; see api.h for its steps.
 * Memory:  nothing is handed out.
 */
#ifndef API_LEARNING_H
#define API_LEARNING_H

#include "api/api.h"

void api_learning(api *api);

/*
 * What this person has just learnt counts in what they are about to read. As a route's `work`, with the reading in
 * `store`: a flush that is rolled back because something else in its job failed is lost for all learners.
 */
bool learning_flush(api_call *call, records *db, GError **error);

#endif
