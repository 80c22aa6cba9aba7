/*
 * The storyboard of a title: small pictures of it, many on a sheet, for whoever looks for a place.
 *
 * A file `board` beside the journal says what is on the sheets `board-<n>.jpg`, one fact per line:
 *
 *   sheet <n> <columns> <rows> <tile width> <tile height>
 *   tile <at_ms>
 *
 * Tiles belong to the sheet before them, from left to right and top to bottom. A sheet is written before the line of
 * its newest tile, and whole by renaming; a torn last line is none. `poster.jpg` is one picture for the whole title.
 * It knows no JPEG and no journal.
 *
 * Runs on: any thread; one writer per title, the one that has the journal.
 * Memory:  what is given is yours.
 */
#ifndef TITLE_BOARD_H
#define TITLE_BOARD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BOARD_BYTES_MAX (1 << 20) /* of the file: 50,000 tiles, three days; full: no more tiles */
#define BOARD_SHEETS_MAX 9999
#define BOARD_SIDE_MAX 16 /* tiles in a row, and rows */

typedef struct {
    int32_t n, columns, rows;
    int32_t width, height; /* of a tile, pixels */
    GArray *tiles;         /* of int64_t: title time in ms, rising */
} title_sheet;

/* What whole lines say: array of title_sheet *. Lines that cannot be are passed over. */
GPtrArray *board_parse(const char *text, gsize length);
/* The same of a title's file; empty when there is none. STORAGE error. */
GPtrArray *board_read(const char *dir, GError **error);
/* Adds whole lines; a torn end before them is closed. STORAGE error. */
bool board_append(const char *dir, const char *lines, GError **error);
/* Puts a picture in its place, whole or not at all: "board-<n>.jpg", "poster.jpg". STORAGE error. */
bool board_put(const char *dir, const char *name, GBytes *picture, GError **error);

#endif
