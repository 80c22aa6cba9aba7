/*
 * The people of a course: listed, made to leave, let in again; and leaving by oneself.
 *
 * Runs on: the loop; see api.h.
 * Memory:  keeps nothing.
 */
#ifndef API_PUPILS_H
#define API_PUPILS_H

#include "api/api.h"

void api_pupils(api *api);

#endif
