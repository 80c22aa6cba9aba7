/*
 * Assets and jobs in the words of the API, for the files that tell of them.
 *
 * Runs on: the loop, but asset_row_read() on the clerk or a connection that reads, and asset_row_look() on the pool.
 * Memory:  rows are cleared by asset_rows_new()'s array; json is yours.
 */
#ifndef API_ASSET_VIEW_H
#define API_ASSET_VIEW_H

#include "api/api.h"
#include "transcode/transcode.h"

#define ASSET_POSTERS 3 /* candidates a worker leaves */

typedef struct {
    asset is;
    job job; /* the newest */
    bool has_job;
    GArray *uses;  /* of school_use */
    guint posters; /* bits: candidate n is there */
} asset_row;

GArray *asset_rows_new(void);
/* Takes the asset over, and reads what belongs to it. False: cleared. */
bool asset_row_read(records *db, asset *is, asset_row *row, GError **error);
/* Which poster candidates there are. */
void asset_row_look(const api_parts *parts, asset_row *row);
json_t *asset_json(const api_parts *parts, const asset_row *row);

/* place: among those that wait, from 1; 0: it does not wait. */
json_t *job_json(const api_parts *parts, const job *is, int64_t place);

#endif
