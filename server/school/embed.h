/*
 * Links that show one class on a page elsewhere, until a day, to whoever visits that page.
 *
 * The link itself is signed where it is made (api); here is its row, so that it can be listed and taken back.
 *
 * Runs on: the clerk's thread.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_EMBED_H
#define SCHOOL_EMBED_H

#include "base/clock.h"
#include "records/records.h"

#define EMBED_SITE_MAX 120         /* bytes of an origin */
#define EMBED_HOURS_MAX (366 * 24) /* how long a link may be good for */
#define EMBEDS_MAX 50 /* of one class that are good; one more: CONFLICT "embeds_full" */
#define EMBEDS_LISTED 100

typedef struct {
    int64_t id; /* random, below 2^53 */
    char class_id[33];
    char site[EMBED_SITE_MAX + 1]; /* "https://school.example"; "": any page */
    int64_t made_by;
    int64_t made_ms, until_ms, revoked_ms; /* UTC; revoked_ms 0: not */
} embed_link;

/* INPUT names the field: site is an origin in lower case, hours from 1 to EMBED_HOURS_MAX. */
bool embed_add(records *db, base_clock *clock, const char *class_id, const char *site,
               int64_t hours, int64_t by, embed_link *made, GError **error);
bool embed_read(records *db, int64_t id, embed_link *is, GError **error);      /* MISSING */
GArray *embed_list(records *db, const char *class_id, GError **error);         /* newest first */
bool embed_revoke(records *db, base_clock *clock, int64_t id, GError **error); /* CONFLICT: was */

#endif
