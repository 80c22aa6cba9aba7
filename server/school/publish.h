/*
 * From a draft to what learners see: moves of a course's state, versions with what they held, checked proofs.
 *
 * Publishing makes the document the course: its words, its rule for who enrols from now on, its chapters, its lessons
 * by their ids. A lesson whose title changed gets a version more, and what it was is kept; a lesson that is not in the
 * document any more leaves the course. Nothing here changes enrolments, learning or certificates.
 *
 * Runs on: the clerk's thread, inside the caller's transaction.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_PUBLISH_H
#define SCHOOL_PUBLISH_H

#include "people/people.h"
#include "school/problems.h"

#define VERSIONS_LISTED 200
#define NOTE_MAX 200 /* characters of a note, and of a reason */

/* SUBMIT, WITHDRAW, RETIRE; the course becomes what it says. CONFLICT "course_state". */
bool course_move(records *db, base_clock *clock, school_course *course, course_deed deed,
                 GError **error);
/* DEED_REJECT, and the reason kept for the editor until the draft is submitted again. */
bool course_reject(records *db, base_clock *clock, school_course *course, const person *by,
                   const char *reason, GError **error);

typedef struct {
    char reason[NOTE_MAX * 4 + 1], by_name[204];
    int64_t by, at_ms;
} course_review;
/* False without error: it was not given back. */
bool course_review_read(records *db, const char *course_id, course_review *review, GError **error);

/*
 * Publishes the draft, whatever is in it: the course becomes its next version. CONFLICT with the first problem's code,
 * its path as field and its sentence, when there is one; "course_state"; "lesson_id_taken".
 */
bool course_publish(records *db, base_clock *clock, school_course *course, course_draft *draft,
                    const draft_facts *facts, const person *by, const char *note, GError **error);

typedef struct {
    int32_t version;
    char note[NOTE_MAX * 4 + 1], by_name[204];
    int64_t lessons, minutes, published_ms, by;
} course_version;
/* Of course_version, the newest first, at most VERSIONS_LISTED. */
GArray *course_versions(records *db, const char *course_id, GError **error);
/* What it held: a document, a new reference. MISSING when there is no such version, or it is older than drafts. */
json_t *course_version_body(records *db, const char *course_id, int32_t version, GError **error);

typedef struct {
    char name[MASTER_NAME_MAX * 4 + 1];
    master_kind kind;
    char proof[MASTER_TEXT_MAX * 4 + 1], intro[MASTER_TEXT_MAX * 4 + 1];
    int64_t checked_ms; /* staff have seen the proof; 0: not yet, and the kind is not to be shown */
    char checked_by[204];
} course_master;
/* Of course_master, as published, in order. */
GArray *course_masters(records *db, const char *course_id, GError **error);

/* Of one entry of a draft's masters: when its proof was checked, 0: not. */
bool proof_checked(records *db, const char *course_id, const json_t *master, int64_t *at_ms,
                   char by_name[204], GError **error);
/* Marks it as checked, or takes that back. INPUT "master_proof_missing" when there is nothing to check. */
bool proof_check(records *db, base_clock *clock, const char *course_id, const json_t *master,
                 bool good, const person *by, GError **error);

#endif
