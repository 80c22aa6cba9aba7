/*
 * Passes taken back, on the loop: their media stops with the next part, their sockets are closed (4403). Whoever still
 * has a right gets a new pass and comes back. The clerk's half is revoked_note() in the deed's own transaction.
 *
 * Runs on: the loop.
 * Memory:  keeps nothing; you own what revoke_watch_new() returns.
 */
#ifndef API_REVOKE_H
#define API_REVOKE_H

#include "api/api.h"

void revoke_person(const api_parts *parts, int64_t person);
void revoke_title(const api_parts *parts, const char *title_id);
/*
 * Those of lessons (array of school_lesson; NULL: none). The first is the clerk's half, in the deed's own transaction.
 */
bool revoke_lessons_note(const api_parts *parts, records *db, const GArray *lessons,
                         GError **error);
void revoke_lessons(const api_parts *parts, const GArray *lessons);
void revoke_embed(const api_parts *parts, int64_t link);

#define REVOKE_LOOK_MS 1000 /* between looks at what other processes took back */
/* A note is looked for so long after its stamp: until then its transaction has ended, and clocks have been set. */
#define REVOKE_LATE_MS 60000

/* Looks for what other processes take back, such as `jiangtang person password`. */
typedef struct revoke_watch revoke_watch;
revoke_watch *revoke_watch_new(const api_parts *parts);
/* While the clerk still runs; an answer on its way is taken care of. NULL is fine. */
void revoke_watch_free(revoke_watch *watch);

#endif
