/*
 * The classification of occupations: what courses are courses of.
 *
 * An occupation is (edition, code): codes move between editions of the classification. Its file is the operator's own; the one
 * that comes with the house (config/occupations.csv) has those most courses need. It knows no courses.
 *
 * Runs on: the clerk's thread; reads on any connection.
 * Memory:  values; arrays are yours.
 */
#ifndef CATALOGUE_OCCUPATION_H
#define CATALOGUE_OCCUPATION_H

#include "base/clock.h"
#include "records/records.h"

#define OCCUPATION_EDITION_MAX 8 /* letters and digits: "2022" */
#define OCCUPATION_CODE_CHARS 10 /* "4-14-01-02" */
#define OCCUPATION_NAME_MAX 40   /* characters, at least 1 */
#define OCCUPATION_TAGS_BYTES 64
#define OCCUPATION_FILE_BYTES                                                                      \
    (2 << 20)                     /* of an imported file; the whole classification has a tenth */
#define OCCUPATION_ERRORS_MAX 200 /* told of one file; the rest is only counted */
#define OCCUPATIONS_PAGE 500      /* in one list */

typedef struct {
    int64_t n;
    char edition[OCCUPATION_EDITION_MAX + 1];
    char code[OCCUPATION_CODE_CHARS + 1];
    char name[OCCUPATION_NAME_MAX * 4 + 1];
    char levels
        [6]; /* of "54321" (5 is the lowest: 五级/初级工) those there are; "" : none are told */
    char tags
        [OCCUPATION_TAGS_BYTES]; /* of "urgent", "mass", "new", "green", "digital", a blank between */
} occupation;

/* "4-14-01-02": a large, a middle, a small and a fine class. */
bool occupation_code_ok(const char *code);
bool occupation_edition_ok(const char *edition);
/* '5' to '1' of "5", "五级", "初级工", "初级" and the like; '\0': it is none. */
char occupation_level(const char *word);

typedef struct {
    int line; /* from 1 */
    char code[24];
    char text[200];
} occupation_error;

typedef struct {
    int added, changed, unchanged;
    int refused;    /* lines; may be more than errors has */
    GArray *errors; /* of occupation_error, by line */
} occupation_report;
void occupation_report_clear(occupation_report *report);

/*
 * Reads a file (charset.h): edition,code,name,levels,tags with these or the Chinese names of columns in its first
 * line. Good lines are taken, each of the others is told with its line; the same file again changes nothing. INPUT, and nothing
 * taken, when it is no text, has no head or is too large. The caller holds the frame.
 */
bool occupation_import(records *db, base_clock *clock, const char *bytes, gsize length,
                       occupation_report *report, GError **error);
/* The sample file, when there are none yet. */
bool occupation_seed(records *db, base_clock *clock, GError **error);

/* MISSING "occupation_missing". */
bool occupation_read(records *db, const char *edition, const char *code, occupation *is,
                     GError **error);
/*
 * By edition (latest first) and code, behind *after (NULL: from the beginning), at most `limit`; edition "": all. asked: words, Chinese,
 * pinyin or a code; then in no pages, at most `limit` by likeness.
 */
GArray *occupation_list(records *db, const char *asked, const char *edition,
                        const occupation *after, int limit, GError **error);
/* How many there are, and distinct codes among them. */
bool occupation_count(records *db, int64_t *all, int64_t *codes, GError **error);

#endif
