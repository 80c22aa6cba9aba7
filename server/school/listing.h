/*
 * A course as the catalogue lists it.
 *
 * Said in the transaction that changes the course, its lessons or the length of one of them. It knows no words and no filters: those
 * are the catalogue's.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef SCHOOL_LISTING_H
#define SCHOOL_LISTING_H

#include "school/school.h"

/* Lists the course as it stands now, or takes it out when it is not published (any more). MISSING: no such course. */
bool listing_refresh(records *db, const char *course_id, GError **error);
/* The same of every course that has this title. */
bool listing_refresh_title(records *db, const char *title_id, GError **error);
/* All of them, when the catalogue makes its words in another way than these were made. In frames of its own. */
bool listing_rebuild(records *db, GError **error);

#endif
