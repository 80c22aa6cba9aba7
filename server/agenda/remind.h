/*
 * The reminders hook: a program of the operator's is told once of each class that is about to begin.
 *
 * It is given one JSON document on its stdin: {class, title, planned_ms, url, people: [{id, login, name}], more}, the
 * people enrolled in the class's course and those who set a reminder; `more` says that there were over
 * REMIND_PEOPLE_MAX. What became of it is logged and never tried again: a reminder that comes twice is worse than one
 * that does not come. A class that is moved to another time is told of again.
 *
 * One class at a time: who is read on the pool, then the clerk writes that it is told, then the program runs. What
 * waits meanwhile waits in the database. Over REMIND_LIMIT_MS the program is killed.
 *
 * Runs on: the loop.
 * Memory:  you own what remind_new() returns; the parts are borrowed, path and URL copied.
 */
#ifndef AGENDA_REMIND_H
#define AGENDA_REMIND_H

#include "agenda/agenda.h"
#include "net/pool.h"
#include "records/readers.h"

#define REMIND_LOOK_MS 5000     /* between two looks at what is due */
#define REMIND_LIMIT_MS 30000   /* the program has so long */
#define REMIND_PEOPLE_MAX 10000 /* in one document */
#define REMIND_PEOPLE_PAGE 500  /* read at a time */

typedef struct {
    net *net;
    pool *pool;
    clerk *clerk;
    readers *readers;
    base_clock *clock;
    const crew_loop *loop; /* copied */
    const char *program;   /* path */
    const char *public_url;
    int64_t lead_ms; /* how long before a class begins */
} remind_parts;

typedef struct remind remind;
/* Looks at once when the loop runs, then every REMIND_LOOK_MS. */
remind *remind_new(const remind_parts *parts);
/* When the loop is over: nothing new is begun. NULL is fine. */
void remind_stop(remind *r);
/* After pool and clerk, whose last answers it still takes. NULL is fine. */
void remind_free(remind *r);

#endif
