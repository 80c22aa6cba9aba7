/*
 * What can be found: courses as they are listed, by filters and by words.
 *
 * A listing is what a card shows and the words it is found by; it is put and dropped in the transaction that changes
 * the course. It knows no drafts, no rights and no media.
 *
 * Runs on: changes on the clerk's thread; reads on any connection.
 * Memory:  values; arrays are yours.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include "catalogue/occupation.h"
#include "records/records.h"

/* How words are made; raise it when words.c, pinyin.c or the columns change: all listings are put anew at start. */
#define CATALOGUE_VERSION 1
#define CATALOGUE_PAGE 24 /* listings of a page unless told */
#define CATALOGUE_PAGE_MAX 100
#define CATALOGUE_TAGS_MAX 20
#define CATALOGUE_TAG_CHARS 20   /* of one tag */
#define CATALOGUE_FACETS_MAX 500 /* values told of one kind */

/* Texts are borrowed. */
typedef struct {
    const char *course_id, *title, *summary;
    const char *edition, *code, *trade; /* of the occupation; "" for none */
    const char *level;                  /* "" or "5" to "1" */
    const char *const *tags;            /* NULL-terminated; NULL for none */
    const char *const *modules;         /* of its lessons; likewise */
    const char *people;                 /* names of its masters, anything between */
    const char *lesson_titles;          /* one a line */
    const char *master_name;
    const char *cover_title; /* whose poster it shows; "" for none */
    int64_t owner;
    int64_t minutes, hours_tenths, lessons;
    int64_t from_ms, until_ms; /* free window; 0: open on that side */
} listing_facts;

/* Listed from now on, or changed where it stands. Costs milliseconds only when its words changed. */
bool listing_put(records *db, const listing_facts *facts, GError **error);
/* Nobody finds it any more; nothing happens when nobody did. */
bool listing_drop(records *db, const char *course_id, GError **error);

/* The words of listings are of another CATALOGUE_VERSION, or none was ever put. */
bool catalogue_outdated(records *db, bool *is, GError **error);
bool catalogue_up_to_date(records *db, GError **error);

typedef struct {
    int64_t n;
    char course_id[33];
    char title[241], summary[2001];
    char edition[OCCUPATION_EDITION_MAX + 1], code[OCCUPATION_CODE_CHARS + 1];
    char trade[OCCUPATION_NAME_MAX * 4 + 1];
    char level[2];
    char tags[CATALOGUE_TAGS_MAX * (CATALOGUE_TAG_CHARS * 4 + 1) + 1]; /* one a line */
    int64_t minutes, hours_tenths, lessons, owner;
    char master_name[204];
    char cover_title[33];
    int64_t from_ms, until_ms; /* free window; 0: open on that side */
    int64_t score;             /* of its order: what the next page begins behind */
} listing;

typedef enum { CATALOGUE_NEW, CATALOGUE_HOURS, CATALOGUE_LIKE } catalogue_sort;

/* "" and 0 do not filter. */
typedef struct {
    const char *asked;      /* words: Chinese characters, pinyin, initials, Latin */
    const char *occupation; /* "4", "4-14", "4-14-01-02"; with "2022:" before it, of that edition */
    const char *level, *tag, *module;
    int64_t free_at_ms;  /* only what is free at that time */
    catalogue_sort sort; /* CATALOGUE_LIKE without words is CATALOGUE_NEW */
    bool goes_on;        /* behind after_score and after_n */
    int64_t after_score, after_n;
    int limit;
} catalogue_query;

/* INPUT "bad_occupation" or "out_of_range" naming the field. At most limit listings. */
GArray *catalogue_find(records *db, const catalogue_query *wanted, GError **error);

typedef struct {
    char kind[12];                           /* "occupation", "level", "tag", "module" */
    char value[CATALOGUE_TAG_CHARS * 4 + 1]; /* of an occupation "2022:4-14-01-02" */
    char name[OCCUPATION_NAME_MAX * 4 + 1];  /* of an occupation */
    int64_t courses;
} catalogue_facet;
/* How many courses each value has, most first. Of catalogue_facet. */
GArray *catalogue_facets(records *db, GError **error);

#endif
