/*
 * How a publisher is doing, in jiangtang.v1's words (PROTOCOL.md, "health").
 *
 * Runs on: the loop.
 * Memory:  the message is yours.
 */
#ifndef API_HEALTH_H
#define API_HEALTH_H

#include <jansson.h>

#include "live/live.h"

/* NULL: nobody publishes any more. */
json_t *health_message(const live_vitals *vitals);

#endif
