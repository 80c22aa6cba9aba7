/*
 * Who may keep what stands beside a title (chapters, captions), and who may see it.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef API_TITLE_RIGHT_H
#define API_TITLE_RIGHT_H

#include "api/api.h"

/* Its master, whoever leads a course that has it or brought its file, assistants, staff. DENIED "not_your_class". */
bool title_may_keep(records *db, const person *who, const char *title_id, GError **error);
/* Who may keep it, or may watch it. MISSING "title_missing": it is neither class nor lesson. */
bool title_may_see(records *db, const person *who, const char *title_id, GError **error);

#endif
