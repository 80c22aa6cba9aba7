/*
 * A course and its lessons as one person sees them: read from the rooms on the clerk, told as JSON on the loop, where
 * it is known what is on air and how much of it there is so far.
 *
 * Runs on: the _read functions on the clerk's thread, the _json functions on the loop.
 * Memory:  values, but for a course_view's array: course_view_clear(). JSON returned is a new reference.
 */
#ifndef API_COURSE_VIEW_H
#define API_COURSE_VIEW_H

#include "api/api.h"
#include "award/award.h"
#include "catalogue/occupation.h"
#include "school/publish.h"
#include "school/viewing.h"

typedef struct {
    school_lesson is;
    class_state state; /* of its class, as recorded; memory is fresher */
    int64_t person;    /* 0: nobody, and no progress */
    award_lesson learnt;
    char *file_name; /* of a document, as it was uploaded; NULL: none. Owned */
    int64_t file_bytes;
} lesson_view;

typedef struct {
    school_course is;
    bool enrolled;
    award_standing standing; /* when enrolled */
    bool certified;
    award_certificate certificate; /* when certified */
    GArray *lessons;               /* of lesson_view */
    GArray *chapters;              /* of school_chapter */
    GArray *masters;               /* of course_master */
    occupation trade;              /* name "": no catalogue knows it (any more) */
    viewing right;
    viewing_verdict verdict; /* for this person */
    bool mine;               /* whoever asks may change it */
} course_view;

void lesson_view_clear(gpointer view); /* GDestroyNotify of an array's element; zeros are fine */
bool lesson_view_read(records *db, int64_t person, const school_lesson *lesson, lesson_view *view,
                      GError **error);
/* The ledger must have been flushed. On error nothing is left to clear. */
bool course_view_read(records *db, const person *who, const school_course *course,
                      course_view *view, GError **error);
void course_view_clear(gpointer view); /* GDestroyNotify of an array's element */

json_t *lesson_view_json(const lesson_view *view, const viewing_verdict *verdict,
                         const api_parts *parts);
json_t *course_view_json(const course_view *view, const api_parts *parts);
/* Sums over the lessons, content of what is on air included, and what is missing for the certificate. */
json_t *course_progress_json(const course_view *view, const api_parts *parts);
json_t *certificate_json(const award_certificate *certificate, const api_parts *parts);

/* Until when whoever looks now may learn for nothing (exclusive); null outside that time, or when it never ends. */
json_t *free_until_json(const api_parts *parts, int64_t from_ms, int64_t until_ms);

/* The content of a title so far, from the shelf; false: there is no such title. duration_ms, ended may be NULL. */
bool title_content(const api_parts *parts, const char *title_id, int64_t *content_ms,
                   int64_t *duration_ms, bool *ended);

#endif
