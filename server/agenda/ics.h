/*
 * A calendar as text (RFC 5545): CRLF, lines of at most 75 octets that part no character, escaped texts, times in UTC.
 *
 * It writes what it is given and knows no classes, people or clock: the same events give the same bytes, so a calendar
 * program that asks again sees what has changed.
 *
 * Runs on: any thread, one at a time per object.
 * Memory:  you own what ics_new() returns until ics_end(); events are borrowed.
 */
#ifndef AGENDA_ICS_H
#define AGENDA_ICS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ICS_LINE_MAX 75 /* octets without the CRLF (RFC 5545 3.1) */
#define ICS_TYPE "text/calendar; charset=utf-8"

typedef struct {
    const char *uid; /* the same for the same class for ever */
    const char *summary, *description, *url;
    int64_t begins_ms, ends_ms; /* UTC; seconds are told */
    int64_t changed_ms;         /* UTC: its last revision (3.8.7.2: DTSTAMP without a METHOD) */
    int64_t sequence;           /* rises with every revision */
    bool cancelled;
    int alarm_minutes; /* before it begins; 0: none */
} ics_event;

typedef struct ics ics;
/* name: how calendar programs call it; NULL: it is one event, not a calendar that is asked for again. */
ics *ics_new(const char *name);
void ics_add(ics *is, const ics_event *event);
GBytes *ics_end(ics *is); /* the whole; `is` is gone */

#endif
