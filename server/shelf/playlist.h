/*
 * What a title's index looks like as playlists: RFC 8216bis (HLS second edition, low latency).
 *
 * Pure: an index in, text out. It knows no files, waiting or HTTP.
 *
 * Runs on: any thread, one at a time per index.
 * Memory:  everything is borrowed; text is appended to `out`.
 */
#ifndef SHELF_PLAYLIST_H
#define SHELF_PLAYLIST_H

#include "shelf/shelf.h"

#define PLAYLIST_VERSION 9 /* RFC 8216bis 8: what low-latency clients expect to see */

/*
 * PART-HOLD-BACK is three parts (RFC 8216bis 4.4.3.8), and never less than this: shorter parts do not
 * make the way to a viewer steadier.
 */
#define PLAYLIST_HOLD_BACK_LEAST_MS 800
/* the skip boundary is so many target durations from the end (RFC 8216bis 4.4.3.8: at least six) */
#define PLAYLIST_SKIP_TARGETS 6
/* a shorter hole is no interruption worth telling */
#define PLAYLIST_INTERRUPTION_LEAST_MS 1000

/*
 * The beginning of a whole live playlist that will not be written differently any more, so that
 * three hours need not be written anew three times a second. Zeroed: nothing yet.
 */
typedef struct {
    GString *text;
    guint segments;
    int32_t init; /* of the last EXT-X-MAP in it */
    guint lost;   /* the rendition's count when it was begun: a new loss writes it anew */
} playlist_past;

/* What a playlist tells of the title besides the index. */
typedef struct {
    const GArray *breaks;   /* msns that stand behind a discontinuity, rising (of int64_t) */
    const GArray *chapters; /* of title_chapter, by their times */
} playlist_facts;

/* `past` (may be NULL) belongs to this rendition alone and is extended; you free its text. */
void playlist_media(GString *out, const title_index *index, const title_rendition *rendition,
                    shelf_form form, const playlist_facts *facts, playlist_past *past);

/* How many of these discontinuities stand before this msn: EXT-X-DISCONTINUITY-SEQUENCE. */
guint playlist_breaks_before(const GArray *breaks, int64_t msn);

/*
 * The dated ranges of a playlist that begins at this title time: chapters (of title_chapter) and
 * interruptions. All media playlists of a title tell the same ones (RFC 8216bis 6.2.4).
 */
void playlist_ranges(GString *out, const title_index *index, int64_t from_ms,
                     const GArray *chapters);

/*
 * The part that will be needed next: of the segment in hand, or the next one's first when the one
 * in hand is as long as the one before it (or, the first of all, as the segment target).
 */
void playlist_next_part(const title_index *index, const title_rendition *rendition, int64_t *msn,
                        int32_t *part);

/*
 * The variants, each as its window or as all of it, and once the title has ended its captions (of
 * title_captions). False, and nothing appended, while no rendition has a part.
 */
bool playlist_main(GString *out, const title_index *index, shelf_span span, const GArray *captions);

#endif
