/*
 * Makes a title's storyboard and poster from pictures that are decoded anyway.
 *
 * Each still of the smallest rung (pipeline.h) becomes a tile of half its size; the sheet in hand is
 * encoded anew with each (2 ms) and put in place whole. It never fails a class: a picture that cannot be kept is told
 * to the log, once, and left out.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what board_new() returns; pictures are borrowed for the call.
 */
#ifndef WORKER_BOARD_H
#define WORKER_BOARD_H

#include <glib.h>
#include <stdint.h>

#define BOARD_COLUMNS 5
#define BOARD_ROWS 5

typedef struct board board;

/*
 * For one take: its tiles begin on a sheet of their own, behind those there are. length_ms: of a recording; then the poster is
 * chosen among `poster-1.jpg` to `poster-3.jpg`, the richest picture of each third. 0: nobody knows.
 */
board *board_new(const char *title_dir, int64_t length_ms);
void board_free(board *b); /* NULL is fine */

/* I420 without padding, video range; its height follows from its size. */
void board_still(board *b, GBytes *picture, int32_t width, int64_t at_ms);

/* The same picture, larger, of a recording: one may be kept as a poster. */
void board_poster(board *b, GBytes *picture, int32_t width, int64_t at_ms);

#endif
