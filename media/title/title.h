/*
 * What a title's journal says so far: renditions, inits, segments and parts in order.
 *
 * A pure function of the journal's bytes: fed in any pieces it gives the same index. It opens no files and
 * knows no playlist.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what title_index_new() returns; pointers it hands out live until the next feed.
 */
#ifndef TITLE_TITLE_H
#define TITLE_TITLE_H

#include "title/journal.h"

typedef struct title_index title_index;

typedef struct {
    int64_t offset, bytes;   /* slice of <rendition>/<msn>.m4s */
    int64_t start, duration; /* 1/90000 s */
    bool independent;
} title_part;

typedef struct {
    int64_t msn;
    int64_t start, duration; /* 1/90000 s; of an open segment: so far */
    int64_t bytes;
    int32_t init;       /* n of its init-<n>.mp4; -1 for a gap */
    bool discontinuity; /* it stands behind a discontinuity */
    bool gap;           /* there is no media, or none any more: EXT-X-GAP */
    bool closed;        /* no part will be added */
    GArray *parts;      /* of title_part */
} title_segment;

typedef struct {
    int64_t from_ms, to_ms; /* title time */
} title_span;

typedef struct {
    journal_rendition is;
    int32_t last_init;   /* -1 before the first */
    GPtrArray *segments; /* of title_segment *, msn rising by one from the first */
    GArray *
        content; /* of title_span: what was in its closed segments, merged; lost ones too: it was taught */
    int64_t closed_bytes, closed_time; /* sums over closed segments; gaps count as neither */
    int64_t peak_bps, mean_bps;        /* measured over closed segments; 0 before the first */
    guint lost;                        /* segments whose files were given up to a full disk */
} title_rendition;

title_index *title_index_new(void);
void title_index_free(title_index *index); /* NULL is fine */

/*
 * Takes whole lines from `bytes`; *used is how many bytes were taken (a torn last line stays untaken: feed it
 * again with its rest). INPUT error on a line that cannot be; what came before it is kept.
 */
bool title_index_feed(title_index *index, const char *bytes, gsize length, gsize *used,
                      GError **error);

/* Would this line be taken next? INPUT error if not; the index is unchanged either way. */
bool title_index_may_add(const title_index *index, const journal_line *line, GError **error);

/* NULL before the first line. */
const journal_head *title_index_head(const title_index *index);
bool title_index_ended(const title_index *index);
/* 1/90000 s: the end of the last part of any rendition. */
int64_t title_index_duration(const title_index *index);
/* Renditions, in the order they appeared. */
guint title_index_count(const title_index *index);
const title_rendition *title_index_rendition(const title_index *index, guint i);
/* NULL: there is none. */
const title_rendition *title_index_find(const title_index *index, const char *name);
const title_segment *title_rendition_segment(const title_rendition *rendition, int64_t msn);

/*
 * The stretches that hold media, as title milliseconds, half-open, sorted, merged (touching within 50 ms): an
 * array of title_span. You own it. Read from the first rendition that is not audio, or else from audio.
 */
GArray *title_index_content(const title_index *index);
/* Where a title time stands in the media without interruptions, as players count: `content` as above. */
int64_t title_media_ms(const GArray *content, int64_t title_ms);
/* Their sum in milliseconds. */
int64_t title_index_content_ms(const title_index *index);

#endif
