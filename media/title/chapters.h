/*
 * The chapters people set in a title: a file `chapters` beside the journal, one fact per line.
 *
 *   chapter <id> <at_ms> <words>
 *   drop <id>
 *
 * Lines are only ever added, each change by one write: a torn last line is none, a change made of two lines stands
 * wholly or not at all. A chapter that is changed gets a new id, so that what a player knows under an id never
 * changes. It knows no people and no journal.
 *
 * Runs on: any thread; a change locks the file against other changes.
 * Memory:  arrays are yours.
 */
#ifndef TITLE_CHAPTERS_H
#define TITLE_CHAPTERS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CHAPTERS_MAX 200                /* of a title; full: CONFLICT */
#define CHAPTERS_BYTES_MAX (256 * 1024) /* of the file with all its changes; full: CONFLICT */
#define CHAPTER_WORDS_CHARS 40
#define CHAPTER_WORDS_BYTES (CHAPTER_WORDS_CHARS * 4 + 1)

typedef struct {
    int64_t id;                      /* from 1, never used again */
    int64_t at_ms;                   /* title time */
    char words[CHAPTER_WORDS_BYTES]; /* UTF-8 without control characters */
} title_chapter;

/* What whole lines say: array of title_chapter by their times. Lines that cannot be are passed over. */
GArray *chapters_parse(const char *text, gsize length);
/* The same of a title's file; empty when there is none. STORAGE error. */
GArray *chapters_read(const char *dir, GError **error);

/*
 * Each writes and gives all chapters as they stand then. INPUT error: a time below 0, words that are empty, too long
 * or have control characters; MISSING: no such chapter (or title); CONFLICT: full; STORAGE.
 */
GArray *chapters_add(const char *dir, int64_t at_ms, const char *words, GError **error);
GArray *chapters_change(const char *dir, int64_t id, int64_t at_ms, const char *words,
                        GError **error);
GArray *chapters_drop(const char *dir, int64_t id, GError **error);

#endif
