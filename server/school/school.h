/*
 * Courses, their lessons, and who is enrolled by which rule.
 *
 * A lesson of a kind that is watched or heard points at a title and carries its content length once the title has
 * ended; when another title takes its place, what it was before is kept. An enrolment freezes the course's completion
 * rule. Drafts and publishing are draft.h and publish.h. It knows no watch time.
 *
 * Runs on: the clerk's thread; school_id_new() anywhere.
 * Memory:  values; arrays are yours.
 */
#ifndef SCHOOL_SCHOOL_H
#define SCHOOL_SCHOOL_H

#include "base/clock.h"
#include "records/records.h"
#include "school/kinds.h"
#include "school/state.h"

#define COURSE_TITLE_MAX 60      /* characters, at least 1 */
#define COURSE_SUMMARY_MAX 500   /* characters */
#define COURSES_MAX 100          /* in one list */
#define LESSONS_MAX 500          /* in one course */
#define LESSONS_OF_TITLE_MAX 100 /* courses one title counts for */
#define ENROLMENTS_MAX 200       /* of one person that are listed */
#define RULE_MINUTES_MAX 100000  /* more than any course has */
#define COURSE_CHAPTERS_MAX 100  /* of one course */
#define MASTERS_MAX 20           /* of one course */
#define MASTER_NAME_MAX 50       /* characters */
#define MASTER_TEXT_MAX 1000     /* characters of a proof or an introduction */
#define TAGS_MAX 10              /* of one course */
#define TAG_MAX 20               /* characters */
#define LESSON_URL_MAX 500       /* bytes */
#define LESSON_PASTS_MAX 100     /* versions of one lesson that are looked at, the newest */
#define HOUR_MINUTES 45 /* of one hour of training (学时), unless a course says otherwise */
#define HOUR_MINUTES_MIN 10
#define HOUR_MINUTES_MAX 120
#define OCCUPATION_MAX 32 /* bytes of an occupation's code, and of its edition */
#define GENERAL_ANY (-1)  /* of general_permille: no bound */

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
    course_state state;
    int32_t version;    /* how often it was published; 0: never */
    bool shown;         /* anybody may find it and enrol */
    int64_t changed_ms; /* of its state or version; 0: as it was made */
    char occupation_edition[OCCUPATION_MAX + 1], occupation[OCCUPATION_MAX + 1]; /* "": none */
    char level[2];                           /* "", or "5" (lowest) to "1" */
    char tags[TAGS_MAX * (TAG_MAX * 4 + 1)]; /* one a line */
    int32_t declared_tenths;                 /* of hours of training; 0: none declared */
    int32_t hour_minutes;
    guint modules;            /* mask of MODULE_BIT: what it must have */
    int32_t general_permille; /* most of its minutes that may be general; or GENERAL_ANY */
    int64_t free_from_ms, free_until_ms; /* 0: no bound */
    char cover[33];                      /* title whose poster it shows; "": the first lesson's */
} school_course;

typedef struct {
    char id[33];
    char course_id[33];
    char title[COURSE_TITLE_MAX * 4 + 1];
    char title_id[33];  /* "": a document or a link, which count for nothing */
    char class_id[33];  /* "" : recorded */
    int32_t position;   /* from 1, without holes; 0: it left the course */
    int64_t content_ms; /* 0 until its title has ended */
    bool ended;         /* its title: the content will not change any more */
    lesson_kind kind;
    char chapter_id[33]; /* "": none */
    int32_t version;     /* from 1; rises when another title takes its place */
    char asset_id[33], handout_id[33];
    char url[LESSON_URL_MAX + 1];
    general_module module;
} school_lesson;

/* What a lesson was before another title took its place. */
typedef struct {
    int32_t version;
    char title_id[33], class_id[33];
    int64_t content_ms;
    bool ended;
    int64_t until_ms; /* UTC: when the next one took over */
} lesson_past;

typedef struct {
    char id[33];
    char title[COURSE_TITLE_MAX * 4 + 1];
} school_chapter;

/* INPUT errors name the field; MISSING when there is no such thing. Blanks round a title are cut off. */
bool school_course_add(records *db, base_clock *clock, const char *title, const char *summary,
                       int64_t owner, const school_rule *rule, school_course *made, GError **error);
/* The same, as a draft that only its owner and staff see. */
bool school_draft_add(records *db, base_clock *clock, const char *title, const char *summary,
                      int64_t owner, const school_rule *rule, school_course *made, GError **error);
bool school_course_read(records *db, const char *id, school_course *course, GError **error);
/* What anybody may find: newest first; at most COURSES_MAX. */
GArray *school_courses(records *db, int limit, GError **error);
typedef struct {
    int64_t owner;             /* 0: everybody's */
    const course_state *state; /* NULL: any */
    const char *after;         /* id of the last one seen; NULL or "": from the newest */
    int limit;                 /* 1 to COURSES_MAX */
} school_course_search;
/* For editors: newest first, in every state. next: "" or the id to ask on from. MISSING: there is no course `after`. */
GArray *school_courses_of(records *db, const school_course_search *search, char next[33],
                          GError **error);
GArray *school_chapters(records *db, const char *course_id, GError **error); /* in order */
/*
 * Behind the last lesson; content_ms 0: its title goes on. CONFLICT "course_full", and "title_in_course" when the course has this title already.
 */
bool school_lesson_add(records *db, const char *course_id, const char *title, const char *title_id,
                       const char *class_id, int64_t content_ms, school_lesson *made,
                       GError **error);
/* What a lesson is to be: a recorded title (class_id ""), or the title of a class. content_ms 0: the title goes on. */
typedef struct {
    const char *title, *title_id, *class_id; /* borrowed */
    int64_t content_ms;
} lesson_wish;
/*
 * The same, but in the draft alone: learners see it once that is published. `made` is what it will be; errors as
 * above, and those of draft_save().
 */
bool school_lesson_propose(records *db, base_clock *clock, const school_course *course,
                           const lesson_wish *wish, int64_t by, school_lesson *made,
                           GError **error);
bool school_lesson_read(records *db, const char *id, school_lesson *lesson, GError **error);
/* One that left its course. False: there is none, or it cannot be read. */
bool school_lesson_left(records *db, const char *id, school_lesson *lesson);
GArray *school_lessons(records *db, const char *course_id, GError **error); /* in order */
/* Those that have it now or had it in an earlier version. */
GArray *school_lessons_of_title(records *db, const char *title_id, GError **error);
/* Of lesson_past, the newest first, at most LESSON_PASTS_MAX. */
GArray *school_lesson_pasts(records *db, const char *lesson_id, GError **error);
/* Its lessons may be completed from now on; said again it changes nothing but a corrected length. */
bool school_title_ended(records *db, const char *title_id, int64_t content_ms, GError **error);
/* How much a title that has ended holds; false without error: it has not, as far as is known. */
bool school_title_end(records *db, const char *title_id, int64_t *content_ms, GError **error);

/*
 * Freezes the rule and the minutes of an hour; enrolling twice changes nothing. DENIED "enrolment_withdrawn" when
 * somebody else made this person leave, CONFLICT "course_closed" when nobody may enrol (any more).
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
/* Minutes of an hour of training as they were when this person enrolled; untouched when not enrolled. */
bool school_enrolment_hour(records *db, int64_t person, const char *course_id,
                           int32_t *hour_minutes, GError **error);
GArray *school_enrolments(records *db, int64_t person,
                          GError **error); /* of school_course, latest first */
/* Person ids (int64_t) above `after`, rising, at most `limit`. */
GArray *school_enrolled(records *db, const char *course_id, int64_t after, int limit,
                        GError **error);

#endif
