/*
 * The secret address of somebody's calendar: /calendar/<person>.<serial>.<mac>.ics.
 *
 * Checked without the database: it was made by us. Whether a newer one has made it void, the serial in the database
 * knows.
 *
 * Runs on: any thread.
 * Memory:  you own the strings.
 */
#ifndef API_CALENDAR_LINK_H
#define API_CALENDAR_LINK_H

#include "api/api.h"

typedef struct {
    int64_t person, serial;
} calendar_link;

char *calendar_link_url(const api_parts *parts, const calendar_link *is);
/* The last part of an address, as it came; false: we did not sign that. */
bool calendar_link_check(const api_parts *parts, const char *name, calendar_link *is);

#endif
