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

#endif
