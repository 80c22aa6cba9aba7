/*
 * A course as somebody is editing it: one JSON document, saved while it is typed.
 *
 * Its shape is strict (fields, types, sizes), its content is not: what keeps it from being published is told by
 * problems.h. Every save raises its number `edit`; who saves upon an older one is refused. A course nobody has edited
 * yet has a draft all the same: the course as it stands, with edit 0.
 *
 *   {title, summary, occupation: {edition, code}|null, level, tags: [], declared_hours, hour_minutes,
 *    rule: {coverage_permille, minutes, general_max_permille|null}, modules_required: [], masters: [{name, kind, proof,
 *    intro}], free_from_ms|null, free_until_ms|null, cover_asset, viewing: {who, institution}|null,
 *    chapters: [{id, title, lessons: [{id, title, kind, asset_id, title_id, class_id, handout_id, url, module}]}]}
 *
 * Runs on: draft_shape() on any thread, the rest on the clerk's.
 * Memory:  json is jansson's counting; a course_draft owns its body: course_draft_clear().
 */
#ifndef SCHOOL_DRAFT_H
#define SCHOOL_DRAFT_H

#include <jansson.h>

#include "school/viewing.h"

#define DRAFT_BYTES_MAX (256 * 1024)
#define DRAFT_WORDS_MAX 400 /* characters of a line: more than may be published, less than a book */
#define DRAFT_TEXT_MAX 4000 /* of a text of several lines */

typedef struct {
    int64_t edit;
    json_t *body;
    int64_t changed_ms; /* 0: nobody has edited it yet */
} course_draft;
void course_draft_clear(course_draft *draft);

/*
 * A copy in which every field is there, and every chapter and lesson has an id; yours. INPUT naming the field by its
 * path ("draft.chapters.0.lessons.2.kind"): "wrong_type", "unknown_field", "too_long", "unknown_word",
 * "out_of_range", "bad_id", "id_twice".
 */
json_t *draft_shape(const json_t *given, GError **error);

bool draft_read(records *db, const school_course *course, course_draft *draft, GError **error);
/*
 * Saves a document that draft_shape() made; *draft is what it is now. A course that was never published is called as
 * its draft is, once that has a title that may be one. CONFLICT "edited_elsewhere" when its edit is not
 * `edit`; TOO_LARGE.
 */
bool draft_save(records *db, base_clock *clock, const school_course *course, int64_t edit,
                json_t *body, int64_t by, course_draft *draft, GError **error);
/* A lesson that came into the course beside the draft stands at its end, too. Without a draft nothing is to do. */
bool draft_append(records *db, const school_lesson *lesson, GError **error);

/* Likewise for who may watch, after viewing_write() beside the draft. */
bool draft_follow_viewing(records *db, const char *course_id, GError **error);

/*
 * For who may not change the course itself: the draft alone gets the lesson, or the right, by a save like any other.
 * CONFLICT "title_in_course", "course_full"; MISSING "institution_missing"; else as draft_save().
 */
bool draft_propose(records *db, base_clock *clock, const school_course *course,
                   const school_lesson *lesson, int64_t by, GError **error);
bool draft_propose_viewing(records *db, base_clock *clock, const school_course *course,
                           const viewing *right, int64_t by, GError **error);

/* Of a document of the right shape; "" when it is not there. Borrowed. */
const char *draft_word(const json_t *object, const char *field);
int64_t draft_number(const json_t *object, const char *field, int64_t otherwise);
/* The lessons of all chapters in order, of json_t *, borrowed; yours. */
GPtrArray *draft_lessons(const json_t *body);
/* Hours are told in tenths. */
int32_t draft_declared_tenths(const json_t *body);

#endif
