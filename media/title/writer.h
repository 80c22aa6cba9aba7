/*
 * Writes a title: media bytes into segment files first, then the journal line that makes them true.
 *
 * Opening an existing title recovers it: a torn last line is cut off, half-written bytes behind the last
 * journalled part are cut off, open segments are closed with what they have, renditions that lag get a gap,
 * and a discontinuity stands before the next segment. It knows no codecs and rings no bell.
 *
 * Runs on: one thread per object.
 * Memory:  you own what title_writer_open() returns; bytes are borrowed for the call.
 */
#ifndef TITLE_WRITER_H
#define TITLE_WRITER_H

#include "title/title.h"

typedef struct title_writer title_writer;

/*
 * Creates `dir` with a journal of this head, or opens what is there (then `head` only has to agree in its
 * targets; the epoch that stands stays). STORAGE error when the disk refuses; CONFLICT "title_ended" when it has ended,
 * "title_in_use" when another writer has it.
 */
title_writer *title_writer_open(const char *dir, const journal_head *head, GError **error);

/*
 * The same for a title whose segments are each written whole, and that goes on where it was left: nothing is filled with
 * gaps, no discontinuity is said. Each rendition goes on behind its own last segment.
 */
title_writer *title_writer_resume(const char *dir, const journal_head *head, GError **error);
void title_writer_free(title_writer *writer); /* NULL is fine; closes nothing in the journal */

/* What stands in the journal, kept up to date with every call below. */
const title_index *title_writer_index(const title_writer *writer);
const journal_head *title_writer_head(const title_writer *writer);

/* The first msn and the earliest title time (1/90000 s) that new media may have. */
int64_t title_writer_next_msn(const title_writer *writer);
int64_t title_writer_next_start(const title_writer *writer);

/* Each writes, then journals; STORAGE error when the disk refuses (what was journalled before still stands). */
bool title_writer_rendition(title_writer *writer, const journal_rendition *rendition,
                            GError **error);
bool title_writer_init(title_writer *writer, const char *rendition, GBytes *init, GError **error);
bool title_writer_part(title_writer *writer, const char *rendition, int64_t msn, int64_t start,
                       int64_t duration, bool independent, GBytes *part, GError **error);
bool title_writer_segment(title_writer *writer, const char *rendition, int64_t msn, GError **error);

/* A part of a segment that is written whole. */
typedef struct {
    int64_t start, duration; /* 1/90000 s */
    bool independent;
    GBytes *bytes;
} title_piece;

/*
 * A whole segment at once, at least one piece: all bytes, then all of its lines by one write. Whoever dies in between leaves
 * nothing of it. After a STORAGE error the writer can only be freed.
 */
bool title_writer_whole(title_writer *writer, const char *rendition, int64_t msn,
                        const title_piece *pieces, guint count, GError **error);

/* Is this the init that the rendition has now? */
bool title_writer_init_stands(const title_writer *writer, const char *rendition, GBytes *init);
bool title_writer_gap(title_writer *writer, const char *rendition, int64_t msn, int64_t start,
                      int64_t duration, GError **error);
/* A gap for the next segment of `behind`, which `guide` has: from where its media broke off, so that no time is missing. */
bool title_writer_fill(title_writer *writer, const title_rendition *behind,
                       const title_segment *guide, GError **error);
bool title_writer_discontinuity(title_writer *writer, int64_t msn, GError **error);
bool title_writer_end(title_writer *writer, GError **error);

#define TITLE_ROOM_BYTES (512LL << 20)         /* free on the disk: less than that is too little */
#define TITLE_KEPT_TIME (60 * TITLE_TIMESCALE) /* of the newest media: never given up */
/*
 * For a live title: with less than so many bytes free on its disk, each closed segment gives up the four oldest files of
 * its rendition, so that a class goes on in a window instead of ending. They become gaps (journal first, then the file).
 */
void title_writer_keep_room(title_writer *writer, int64_t free_bytes);
/* How many files were given up since this writer was opened. */
guint title_writer_lost(const title_writer *writer);

/* Path of a file inside a title, newly allocated: "<dir>/<rendition>/init-<n>.mp4", "<dir>/<rendition>/<msn>.m4s". */
char *title_path_journal(const char *dir);
char *title_path_init(const char *dir, const char *rendition, int32_t n);
char *title_path_segment(const char *dir, const char *rendition, int64_t msn);

#endif
