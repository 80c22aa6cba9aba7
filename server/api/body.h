/*
 * A request's body as one JSON object, or a reason why not.
 *
 * Duplicate keys, deep nesting, NUL characters and anything that is not an object are refused: two readers of the
 * same bytes must see the same thing. It knows no fields; api_text() and api_integer() do.
 *
 * Runs on: any thread.
 * Memory:  you own the object returned (json_decref).
 */
#ifndef API_BODY_H
#define API_BODY_H

#include <jansson.h>

#include "net/net.h"

#define BODY_DEPTH_MAX 8 /* nested objects and arrays; ours need three */

/* INPUT "body_not_json", "duplicate_key" or "body_not_object". */
json_t *body_parse(const char *text, gsize length, GError **error);
/* *body is NULL when the request brought none. INPUT also "content_type". */
bool body_read(const request *request, json_t **body, GError **error);

#endif
