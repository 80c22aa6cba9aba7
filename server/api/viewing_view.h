/*
 * Who may watch, in the words of HTTP: read from a body, told as JSON.
 *
 * Runs on: any thread.
 * Memory:  JSON returned is a new reference.
 */
#ifndef API_VIEWING_VIEW_H
#define API_VIEWING_VIEW_H

#include "api/api.h"
#include "school/viewing.h"
#include "storage/storage.h"

/* The body's optional "viewing": *given is false without it. INPUT names the field. */
bool viewing_given(const api_call *call, bool *given, viewing *is, GError **error);
json_t *viewing_json(const viewing *is, const viewing_verdict *verdict);
json_t *removal_json(const storage_removal *is); /* null while the recording is there */
json_t *institution_json(const institution *is); /* null for none */

#endif
