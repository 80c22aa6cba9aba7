/*
 * Courses, their lessons, and who is enrolled by which rule.
 *
 * A lesson points at a title (live or recorded) and carries its content length once the title has ended. An enrolment
 * freezes the course's completion rule. It knows no watch time.
 *
 * Runs on: the clerk's thread; school_id_new() anywhere.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_SCHOOL_H
#define SCHOOL_SCHOOL_H

#include "base/clock.h"
#include "records/records.h"

#define COURSE_TITLE_MAX 60      /* characters, at least 1 */
#define COURSE_SUMMARY_MAX 500   /* characters */
#define COURSES_MAX 100          /* in one list */
#define LESSONS_MAX 500          /* in one course */
#define LESSONS_OF_TITLE_MAX 100 /* courses one title counts for */
#define ENROLMENTS_MAX 200       /* of one person that are listed */
#define RULE_MINUTES_MAX 100000  /* more than any course has */

#define SCHOOL_ID_CHARS 12
/* 12 random characters of [a-z2-7] with a NUL behind: how courses, lessons and certificates are called. */
void school_id_new(char id[33]);

typedef struct {
    int32_t coverage_permille; /* of the lessons' content, 1..1000 */
    int32_t minutes;           /* credited minutes needed, 0: none */
} school_rule;

typedef struct {
    char id[33];
    char title[COURSE_TITLE_MAX * 4 + 1];
    char summary[COURSE_SUMMARY_MAX * 4 + 1];
    int64_t owner;
    char owner_name[204];
    school_rule rule;
    int64_t created_ms;
} school_course;

typedef struct {
    char id[33];
    char course_id[33];
    char title[COURSE_TITLE_MAX * 4 + 1];
    char title_id[33];
    char class_id[33];  /* "" : recorded */
    int32_t position;   /* from 1, without holes */
    int64_t content_ms; /* 0 until its title has ended */
    bool ended;         /* its title: the content will not change any more */
} school_lesson;

/* INPUT errors name the field; MISSING when there is no such thing. Blanks round a title are cut off. */
bool school_course_add(records *db, base_clock *clock, const char *title, const char *summary,
                       int64_t owner, const school_rule *rule, school_course *made, GError **error);
bool school_course_read(records *db, const char *id, school_course *course, GError **error);
GArray *school_courses(records *db, int limit,
                       GError **error); /* newest first; at most COURSES_MAX */
/*
 * Behind the last lesson; content_ms 0: its title goes on. CONFLICT "course_full", and "title_in_course" when the course has this title already.
 */
bool school_lesson_add(records *db, const char *course_id, const char *title, const char *title_id,
                       const char *class_id, int64_t content_ms, school_lesson *made,
                       GError **error);
bool school_lesson_read(records *db, const char *id, school_lesson *lesson, GError **error);
GArray *school_lessons(records *db, const char *course_id, GError **error); /* in order */
GArray *school_lessons_of_title(records *db, const char *title_id, GError **error);
/* Its lessons may be completed from now on; said again it changes nothing but a corrected length. */
bool school_title_ended(records *db, const char *title_id, int64_t content_ms, GError **error);

/*
 * Freezes the rule; enrolling twice changes nothing. DENIED "enrolment_withdrawn" when somebody else made this person
 * leave.
 */
bool school_enrol(records *db, base_clock *clock, int64_t person, const char *course_id,
                  GError **error);
/* What a counted minute of a title does by itself: enrols in every course that has it and was not left. */
bool school_enrol_by_title(records *db, base_clock *clock, int64_t person, const char *title_id,
                           GError **error);
/*
 * Leaves the course; what was learnt stays on record. by: who wants it. CONFLICT "not_enrolled". school_readmit()
 * lets somebody enrol again whom another made leave.
 */
bool school_withdraw(records *db, base_clock *clock, int64_t person, const char *course_id,
                     int64_t by, GError **error);
bool school_readmit(records *db, int64_t person, const char *course_id, GError **error);

typedef struct {
    int64_t person;
    char login[65];
    char name[204];
    int64_t since_ms; /* enrolled, or withdrawn */
    bool withdrawn;
} school_pupil;
/* Of school_pupil, by id behind `after`, at most PUPILS_PAGE: who is enrolled, or who was made to leave. */
#define PUPILS_PAGE 100
GArray *school_pupils(records *db, const char *course_id, bool withdrawn, int64_t after,
                      GError **error);

/* False without error: not enrolled. rule and since_ms may be NULL. */
bool school_enrolment(records *db, int64_t person, const char *course_id, school_rule *rule,
                      int64_t *since_ms, GError **error);
GArray *school_enrolments(records *db, int64_t person,
                          GError **error); /* of school_course, latest first */
/* Person ids (int64_t) above `after`, rising, at most `limit`. */
GArray *school_enrolled(records *db, const char *course_id, int64_t after, int limit,
                        GError **error);

#endif
