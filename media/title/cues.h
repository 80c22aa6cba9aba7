/*
 * Subtitles as cues: read from WebVTT or SRT, written as WebVTT.
 *
 * The reader takes what both formats say about words and times and nothing that could do more: of tags only b, i and
 * u stay, styles, regions and notes are left out, of a cue's settings those that place it. What cannot be read is
 * refused with its line; nothing is guessed. It knows no title and no file.
 *
 * Runs on: any thread.
 * Memory:  arrays and text are yours.
 */
#ifndef TITLE_CUES_H
#define TITLE_CUES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CUES_BYTES_MAX (1 << 20) /* of a file; four hours of dense speech have a quarter */
#define CUES_MAX 20000           /* of one file */
#define CUE_TEXT_BYTES 2000      /* of one cue, with its tags */
#define CUE_SETTINGS_BYTES 100
#define CUE_TIME_MAX_MS (100LL * 3600 * 1000)

typedef struct {
    int64_t from_ms, to_ms;
    char *text;     /* WebVTT cue text: lines with '\n' between, b/i/u balanced, the rest escaped */
    char *settings; /* "line:0 align:start"; NULL for none */
} cue;

/*
 * Of a file in any charset of base/charset.h; a first line of WEBVTT makes it WebVTT, anything else is SRT. Array of
 * cue, by their beginnings. INPUT "captions" with the line in its sentence, "not_text", "captions_empty";
 * TOO_LARGE "captions_too_large".
 */
GArray *cues_parse(const char *bytes, gsize length, GError **error);
/* The same of UTF-8 text of any length: what cues_write() wrote reads as what was written. */
GArray *cues_read(const char *text, gsize length, GError **error);

/*
 * The place of a time in what is written: the same function of media/title that maps title time to media time, or
 * anything that does not go down. NULL: as it stands.
 */
typedef int64_t (*cues_map)(int64_t ms, gpointer user);
/* WebVTT, every time moved by offset_ms and then mapped; a cue that falls out of the time from 0 on is left out or cut. */
char *cues_write(const GArray *cues, int64_t offset_ms, cues_map map, gpointer user);

/* Some minutes of captions, in title time. */
typedef struct {
    int64_t from_ms, to_ms; /* cues seen in it are told, each with all of its time */
    int64_t stretch_from_ms,
        stretch_to_ms; /* but what is seen outside of it is cut off: there the media ends */
    int64_t ahead_ms;  /* the media's time stamps are later than title time by so much */
} cues_piece;
/*
 * The same as a segment for HLS (RFC 8216bis 3.1.4), moved by offset_ms: times are the media's own stamps, and
 * X-TIMESTAMP-MAP says just that.
 */
char *cues_write_piece(const GArray *cues, int64_t offset_ms, const cues_piece *piece);

#endif
