/*
 * Who has earned a certificate, the certificate, and its verification.
 *
 * Eligible: the enrolment's frozen rule holds over all lessons of the course. A certificate is immutable; it has a
 * printed serial and a random 128-bit token that is the only way to its public page.
 *
 * Runs on: the clerk's thread, but for award_pdf, which is slow and belongs on the pool.
 * Memory:  values; strings and bytes returned are yours.
 */
#ifndef AWARD_AWARD_H
#define AWARD_AWARD_H

#include "base/clock.h"
#include "records/records.h"
#include "school/school.h"

typedef struct {
    char id[33];
    char serial[40];
    char token[33]; /* 128 bits, hex */
    int64_t person;
    char person_name[204];
    char course_id[33];
    char course_title[256];
    char issuer[128];
    char evidence[65]; /* head of the ledger's chain when it was issued, hex */
    int32_t minutes;   /* credited */
    int64_t from_ms, to_ms, issued_ms, revoked_ms; /* UTC; revoked 0: valid */
} award_certificate;

typedef struct {
    int64_t covered_ms, credited_ms, content_ms;
    int32_t coverage_permille, minutes_needed, coverage_needed_permille;
    bool lessons_ended; /* all lessons have an end */
    bool eligible;
} award_standing;

/* Where a learner stands in a course (by the frozen rule, or the course's own when not enrolled). */
bool award_stand(records *db, int64_t person, const school_course *course, award_standing *standing, GError **error);
/*
 * After news about a title: issues what has become due in every enrolled course with that title (array of
 * award_certificate, maybe empty; yours). One certificate per person and course.
 */
GArray *award_consider(records *db, base_clock *clock, int64_t person, const char *title_id, const char *issuer,
                       GError **error);
bool award_by_id(records *db, const char *id, award_certificate *certificate, GError **error);
bool award_by_token(records *db, const char *token, award_certificate *certificate, GError **error);
GArray *award_of(records *db, int64_t person, GError **error);

/* One A4 page, Chinese, QR to verify_url. PEER error when cairo fails. */
GBytes *award_pdf(const award_certificate *certificate, const char *verify_url, GError **error);
/* The public page, complete HTML without JS; certificate NULL: the same neutral page for unknown and wrong tokens. */
char *award_verify_html(const award_certificate *certificate, bool english);
/* "张*", "阿**·买**": first character of each part, then stars. */
char *award_mask_name(const char *name);

#endif
