/*
 * What a learner writes down beside a lesson, at a time of it. Nobody else ever reads it.
 *
 * Runs on: the clerk's thread.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_NOTE_H
#define SCHOOL_NOTE_H

#include "school/school.h"

#define NOTES_MAX 500      /* of one person in one lesson; full: CONFLICT "notes_full" */
#define NOTE_TEXT_MAX 1000 /* characters, at least 1 */
#define NOTE_AT_MAX_MS (30LL * 24 * 3600 * 1000) /* longer than any title */

typedef struct {
    int64_t id; /* random, below 2^53 */
    char lesson_id[33];
    int64_t at_ms; /* title time */
    char text[NOTE_TEXT_MAX * 4 + 1];
    int64_t changed_ms;
} school_note;

/* Of school_note, by their times, also when the lesson left its course. MISSING: there are none, and no such lesson. */
GArray *note_list(records *db, int64_t person, const char *lesson_id, GError **error);
/* MISSING: no such lesson, or it is somebody else's note: that is the same to whoever asks. INPUT names the field. */
bool note_add(records *db, base_clock *clock, int64_t person, const char *lesson_id, int64_t at_ms,
              const char *text, school_note *made, GError **error);
/* at_ms NULL, text NULL: as it was. */
bool note_change(records *db, base_clock *clock, int64_t person, int64_t id, const int64_t *at_ms,
                 const char *text, school_note *changed, GError **error);
bool note_drop(records *db, int64_t person, int64_t id, GError **error);

#endif
