/*
 * Classes to come, as one person has them: reminders they set, their calendar, what is theirs to be told of.
 *
 * Theirs are the planned classes of courses they are enrolled in, those they lead, and those they set a reminder for.
 * Whether somebody may watch is not asked here: when a class begins anybody may know.
 *
 * Runs on: the clerk's thread; what only reads also on a reader's connection.
 * Memory:  values; arrays are yours.
 */
#ifndef AGENDA_AGENDA_H
#define AGENDA_AGENDA_H

#include "live/live.h"

#define AGENDA_REMINDERS_MAX 200 /* of one person, of classes to come; one more: CONFLICT */
#define AGENDA_LIST_MAX 200      /* classes in one calendar, the earliest */
/* A calendar begins so long ago: who asks once a day still hears that a class was cancelled. */
#define AGENDA_BEHIND_MS (24 * 3600 * 1000LL)

/*
 * Setting twice changes nothing. MISSING "class_missing"; CONFLICT "already_begun" when there is nothing to wait for any
 * more, "reminders_full".
 */
bool reminder_set(records *db, base_clock *clock, const char *class_id, int64_t person,
                  GError **error);
/* None there: fine. */
bool reminder_drop(records *db, const char *class_id, int64_t person, GError **error);
bool reminder_read(records *db, const char *class_id, int64_t person, bool *set, GError **error);

/* Of live_class, planned in (from_ms, to_ms], by time, at most AGENDA_LIST_MAX; whatever became of them. */
GArray *agenda_list(records *db, int64_t person, int64_t from_ms, int64_t to_ms, GError **error);

/* The number in the address of this person's calendar: 0 until there is a new one, which makes older ones void. */
bool calendar_serial(records *db, int64_t person, int64_t *serial, GError **error);
bool calendar_renew(records *db, int64_t person, int64_t *serial, GError **error);

/* Its plan as calendars show it. name: of the calendar, NULL for this class alone. plans: of live_plan, one each. */
GBytes *agenda_ics(const char *name, const live_class *classes, const live_plan *plans, guint count,
                   const char *public_url, int alarm_minutes);

#endif
