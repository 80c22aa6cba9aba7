/*
 * The lines of a title's journal: one fact per line, read and written here and nowhere else.
 *
 *   jiangtang 1 <part_target> <segment_target> <target_duration_s> <epoch_utc_ms>
 *   rendition <name> <kind> <codecs> <width> <height> <fps_milli> <bandwidth>
 *   init <name> <n> <bytes>
 *   part <name> <msn> <part> <offset> <bytes> <start> <duration> <independent>
 *   segment <name> <msn> <start> <duration> <bytes>
 *   gap <name> <msn> <start> <duration>
 *   lost <name> <msn>                      its file was given up to a full disk: a gap from now on
 *   discontinuity <msn>
 *   end <duration>
 *
 * Times are in 1/90000 s on the title's own line: 0 is the first frame, and programme time in UTC is
 * epoch_utc_ms + time / 90. An interruption stays on that line as a stretch nobody filled. In the media files
 * every timestamp is TITLE_EPOCH later (audio priming would make the first one negative).
 *
 * It knows no files. A line without its '\n' does not exist yet.
 *
 * Runs on: any thread.
 * Memory:  a journal_line holds copies, no pointers.
 */
#ifndef TITLE_JOURNAL_H
#define TITLE_JOURNAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define TITLE_TIMESCALE 90000
#define TITLE_EPOCH (10 * TITLE_TIMESCALE)
#define JOURNAL_VERSION 1
#define JOURNAL_NAME_MAX                                                                           \
    16 /* a rendition's name: [a-z0-9]+, it is also a folder and a part of a URL */
#define JOURNAL_CODECS_MAX 64 /* RFC 6381, comma separated: "avc1.64001f,mp4a.40.2" */
#define JOURNAL_LINE_MAX 256  /* bytes with the '\n'; a longer line is refused */

typedef enum {
    JOURNAL_HEAD,
    JOURNAL_RENDITION,
    JOURNAL_INIT,
    JOURNAL_PART,
    JOURNAL_SEGMENT,
    JOURNAL_GAP,
    JOURNAL_LOST,
    JOURNAL_DISCONTINUITY,
    JOURNAL_END,
} journal_kind;

typedef enum { RENDITION_AV, RENDITION_VIDEO, RENDITION_AUDIO } rendition_kind;

typedef struct {
    int32_t part_target;       /* 1/90000 s; fixed for the life of the title */
    int32_t segment_target;    /* 1/90000 s */
    int32_t target_duration_s; /* EXT-X-TARGETDURATION: no segment is longer; fixed */
    int64_t epoch_utc_ms;      /* programme time of title time 0 */
} journal_head;

typedef struct {
    char name[JOURNAL_NAME_MAX];
    rendition_kind kind;
    char codecs[JOURNAL_CODECS_MAX];
    int32_t width, height; /* 0 for audio */
    int32_t fps_milli;     /* 30000 = 30 fps; 0 for audio */
    int32_t bandwidth;     /* bits per second, declared peak */
} journal_rendition;

typedef struct {
    journal_kind kind;
    char rendition[JOURNAL_NAME_MAX]; /* INIT PART SEGMENT GAP LOST */
    int64_t msn;                      /* PART SEGMENT GAP LOST DISCONTINUITY; n of an INIT */
    int32_t part;                     /* PART: from 0 in its segment */
    int64_t offset, bytes;            /* PART (offset in the segment file), SEGMENT, INIT: bytes */
    int64_t start, duration;          /* 1/90000 s; END: duration of the whole title line */
    bool independent;                 /* PART: begins with a keyframe */
    journal_head head;                /* HEAD */
    journal_rendition described;      /* RENDITION */
} journal_line;

/* Reads one line (without '\n', not NUL-terminated). INPUT error, *line undefined, if it is not exactly one. */
bool journal_parse(const char *text, gsize length, journal_line *line, GError **error);

/* Appends the line with its '\n'. */
void journal_format(const journal_line *line, GString *out);

#endif
