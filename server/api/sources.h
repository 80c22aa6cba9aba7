/*
 * What the lessons of a draft are made of: facts about classes, titles, assets and handouts, gathered for the school,
 * which knows none of those rooms.
 *
 * Most is asked of the records; a title whose length nobody has recorded is measured by reading its journal, on the
 * pool, between two jobs of the clerk.
 *
 * Runs on: sources_read() on the clerk's thread, sources_measure() on the pool.
 * Memory:  facts own their array: draft_facts_clear().
 */
#ifndef API_SOURCES_H
#define API_SOURCES_H

#include "api/api.h"
#include "school/problems.h"

/*
 * Of a draft of this course, for who looks at it. What a course may not show is foreign to it, whoever looks: see
 * title_is_foreign().
 */
bool sources_read(records *db, const person *who, const school_course *course, const json_t *body,
                  draft_facts *facts, GError **error);
/* Fills in what is not measured yet. */
void sources_measure(const api_parts *parts, draft_facts *facts);
/* What was measured for the same draft a moment ago, of lessons that still show the same title. */
void sources_keep_measured(draft_facts *facts, const draft_facts *measured);

#endif
