/*
 * Who has earned a certificate, the certificate, and its verification.
 *
 * Eligible: the enrolment's frozen rule holds over all lessons of the course. A certificate is immutable but for its
 * revocation; it has a printed serial and a random 128-bit token that is the only way to its public page.
 *
 * Runs on: the clerk's thread for all that takes `records`; any thread for the rest. award_pdf is slow (fonts) and
 * belongs on the pool.
 * Memory:  values; strings and bytes returned are yours unless told otherwise.
 */
#ifndef AWARD_AWARD_H
#define AWARD_AWARD_H

#include "base/clock.h"
#include "records/records.h"
#include "school/school.h"

#define AWARD_LIST_MAX 500 /* certificates of one person that are listed */
#define AWARD_BATCH_MAX                                                                            \
    200 /* learners looked at in one award_consider_ended(): a few ms of the clerk */
#define AWARD_ISSUER_MAX 40  /* characters of who issues, at least 1 */
#define AWARD_REASON_MAX 200 /* characters of why a certificate was revoked */

/* What the lessons of the course were when the certificate was issued. */
typedef enum { AWARD_LIVE, AWARD_RECORDED, AWARD_MIXED } award_form;

typedef struct {
    char id[33];
    char serial[40];
    char token[33]; /* 128 bits, hex */
    int64_t person;
    char person_name[204];
    char course_id[33];
    char course_title[256];
    char issuer[AWARD_ISSUER_MAX * 4 + 1];
    char evidence
        [65]; /* head of the ledger's chain when it was issued, hex; zeros before the first record */
    award_form form;
    int32_t minutes;                               /* credited */
    int32_t hour_minutes;                          /* of one 学时, as the enrolment froze it */
    int64_t from_ms, to_ms, issued_ms, revoked_ms; /* UTC; revoked 0: valid */
} award_certificate;

typedef struct {
    int64_t covered_ms, credited_ms,
        content_ms; /* sums over the lessons; content of lessons that have ended */
    int32_t coverage_permille, minutes_needed, coverage_needed_permille;
    int32_t hour_minutes; /* of one 学时, frozen as the rule is */
    int32_t lessons, lessons_with_end;
    int64_t from_ms, to_ms; /* first and last learning; 0: none */
    bool lessons_ended;     /* there is a lesson and all have an end */
    bool eligible;
} award_standing;

/*
 * What one learner has of one lesson: of the version they completed (of several, the one with the most credit, the
 * newest of equals); of the current one when they completed none. So a lesson once completed stays so, whatever takes
 * its place, and no more learning makes it less. Zeros for a document or a link.
 */
typedef struct {
    int32_t version; /* the record is of this one */
    char title_id[33];
    int64_t covered_ms, credited_ms, content_ms; /* content_ms 0 until it has ended */
    int64_t first_ms, last_ms;
    bool ended, complete;
} award_lesson;
bool award_lesson_read(records *db, int64_t person, const school_lesson *lesson, award_lesson *is,
                       GError **error);

/* The rule alone: fills coverage_permille, lessons_ended and eligible from the sums and needs. Pure. */
void award_judge(award_standing *standing);
/* Where a learner stands in a course (by the frozen rule, or the course's own when not enrolled). */
bool award_stand(records *db, int64_t person, const school_course *course, award_standing *standing,
                 GError **error);

/*
 * After news about a title: issues what has become due in every enrolled course with that title (array of
 * award_certificate, maybe empty; yours). One certificate per person and course, revoked ones included: asking
 * again changes nothing. The ledger must have been flushed.
 */
GArray *award_consider(records *db, base_clock *clock, int64_t person, const char *title_id,
                       const char *issuer, GError **error);
/* The same for one course; false in *issued when there was nothing to issue. issued may be NULL. */
bool award_consider_course(records *db, base_clock *clock, int64_t person, const char *course_id,
                           const char *issuer, bool *issued, award_certificate *certificate,
                           GError **error);
/*
 * After a title has ended: the same for everybody enrolled, at most AWARD_BATCH_MAX learners above `after` a call.
 * *next is where to go on, 0 when all were looked at.
 */
bool award_consider_ended(records *db, base_clock *clock, const char *title_id, const char *issuer,
                          int64_t after, int64_t *next, GError **error);

bool award_by_id(records *db, const char *id, award_certificate *certificate,
                 GError **error); /* MISSING */
bool award_by_token(records *db, const char *token, award_certificate *certificate,
                    GError **error); /* MISSING */
/* The one of this person for this course; false without error: there is none. */
bool award_of_course(records *db, int64_t person, const char *course_id,
                     award_certificate *certificate, GError **error);
GArray *award_of(records *db, int64_t person, GError **error); /* newest first */
/* From now on its public page says revoked. INPUT without a reason, CONFLICT "revoked_already", MISSING. */
bool award_revoke(records *db, base_clock *clock, const char *id, int64_t by, const char *reason,
                  GError **error);

/*
 * What certificates keep of the ledger's chain: evidence > the serial of one of them, for ledger_verify(). Yours; counts
 * told.
 */
GHashTable *award_evidence(records *db, int64_t *certificates, GError **error);
/* Of what ledger_verify() left of it: CONFLICT "evidence_damaged" naming a certificate, unless that is nothing. */
bool award_evidence_found(GHashTable *left, GError **error);

/* One A4 page, Chinese, QR to verify_url. PEER error when cairo fails. */
GBytes *award_pdf(const award_certificate *certificate, const char *verify_url, GError **error);
/* How many characters of this text no font of the sheet can draw (they would be empty boxes). */
int award_missing_glyphs(const char *text);

/* The public page, complete HTML without JS; certificate NULL: the same neutral page for unknown and wrong tokens. */
char *award_verify_html(const award_certificate *certificate, bool english);
/* Its stylesheet, served beside it so that the page needs no inline style. Static. */
const char *award_verify_style(void);

/* "张*", "阿**·买**": first character of each part, then one or two stars, so that no length is told. */
char *award_mask_name(const char *name);
/* "30 分钟", "1 学时（45 分钟/学时）", "2 学时 10 分钟（45 分钟/学时）". */
char *award_hours_text(int32_t minutes, int32_t hour_minutes);
/* Civil date in Asia/Shanghai: "2026年3月9日", "9 March 2026". */
char *award_date_text(int64_t utc_ms, bool english);
/*
 * The first word in the text that a private certificate may not carry (人社部函〔2022〕25号), also when spread out
 * by spaces, marks or full-width forms. NULL: none. Static.
 */
const char *award_lint(const char *text);

#endif
