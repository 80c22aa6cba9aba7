/*
 * What keeps a draft from being published: a pure function of the document and of what others know about it.
 *
 * A problem has a code, the place in the document it is about, and numbers where there are any: what is there and what
 * is needed. The facts come from outside: how long the media of each lesson are, whether they may be used at all.
 *
 * Runs on: any thread.
 * Memory:  facts own their array (draft_facts_clear()); lists of problems are yours.
 */
#ifndef SCHOOL_PROBLEMS_H
#define SCHOOL_PROBLEMS_H

#include "school/draft.h"

/* What others know about one lesson's media, class or handout. All zero: there is no such thing. */
typedef struct {
    bool found;
    bool foreign;      /* it belongs to another master */
    bool failed;       /* nothing will come of it as it is: refused, broken off, cut off */
    bool ready;        /* nothing is missing that publishing needs; a class to come is ready, too */
    bool measured;     /* by its journal: the records tell no length */
    bool ended;        /* its content will not grow */
    char title_id[33]; /* "": none */
    char class_id[33]; /* "": no class */
    int64_t content_ms; /* as measured; of what has not ended, what there is so far */
    int64_t planned_ms; /* of a class that is not over: how long it is to be */
} lesson_facts;

/* What the house asks of every course, whoever edits it. A draft may ask for more, never for less. */
typedef struct house_rule {
    guint modules;            /* mask of MODULE_BIT: general modules each course must have */
    int32_t general_permille; /* most of its minutes that may be general; or GENERAL_ANY */
} house_rule;
/* Both together, for a draft; house NULL: the draft's own. */
house_rule draft_general_rule(const json_t *body, const house_rule *house);

typedef struct {
    const house_rule *house; /* NULL: it asks nothing. Borrowed */
    GArray *lessons;         /* of lesson_facts, in the order of draft_lessons() */
    bool occupation_unknown, institution_unknown;
    const char *forbidden; /* word of the title no certificate may carry; NULL: none. Borrowed */
} draft_facts;
void draft_facts_clear(draft_facts *facts);

#define PROBLEM_PATH_MAX 64
#define PROBLEM_TEXT_MAX 240
typedef struct {
    const char *code;            /* static: "hours_over_declared" */
    char path[PROBLEM_PATH_MAX]; /* "chapters.0.lessons.2", "title" */
    int64_t have, need;          /* both 0 where there are no numbers */
    char text[PROBLEM_TEXT_MAX]; /* one sentence */
} draft_problem;

/* Of draft_problem, in the order of the document; empty: it may be published. */
GArray *draft_problems(const json_t *body, const draft_facts *facts);

/* Media time that counts for hours: measured, and of classes that are not over as long as they are to be. */
int64_t draft_minutes(const json_t *body, const draft_facts *facts);

#endif
