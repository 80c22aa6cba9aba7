/*
 * Who may keep what stands beside a title (chapters, captions), and who may see it.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef API_TITLE_RIGHT_H
#define API_TITLE_RIGHT_H

#include "api/api.h"

/*
 * Whose a title is: the master of its class, whoever brought its file; of one that came by neither way, who leads a
 * course that has it, `asks` if they are among those. 0: nobody's, or there is no such title.
 */
bool title_owner(records *db, int64_t asks, const char *title_id, int64_t *owner, GError **error);
/*
 * May a course of `leader` show what is `owner`'s? A master's course shows no other master's material, whoever puts it
 * there, and the house's only when the house itself (`who`) says so.
 */
bool title_is_foreign(records *db, const person *who, int64_t leader, int64_t owner, bool *foreign,
                      GError **error);
/* Its owner, assistants, staff; what is the house's also whoever leads a course that has it. DENIED "not_your_class". */
bool title_may_keep(records *db, const person *who, const char *title_id, GError **error);
/* Who may keep it, or may watch it. MISSING "title_missing": it is neither class nor lesson. */
bool title_may_see(records *db, const person *who, const char *title_id, GError **error);

#endif
