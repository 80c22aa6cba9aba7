/*
 * The titles on disk as viewers see them: playlists, slices of files, and what was delivered to
 * whom.
 *
 * An index of each title made only from its journal; playlists are built once per change and
 * shared; a request for a part that does not exist yet waits here. It knows no HTTP and no people
 * beyond a number.
 *
 * Runs on: the loop.
 * Memory:  you own what shelf_new() returns; GBytes are counted; titles belong to the shelf.
 */
#ifndef SHELF_SHELF_H
#define SHELF_SHELF_H

#include "base/clock.h"
#include "base/error.h"
#include "title/captions.h"
#include "title/chapters.h"
#include "title/title.h"

/*
 * Parts _HLS_part may be ahead; or as many as make 3 s, or are in the longest segment; then INPUT. RFC 8216bis 6.2.5.2 knows no
 * segment here, but hls.js without low latency asks for the next segment's last part by the number of the one before.
 */
#define SHELF_WAIT_PARTS_MAX 3
#define SHELF_PART_LEAST_PERCENT 85 /* of the part target at least: RFC 8216bis 4.4.4.9 */
#define SHELF_WAIT_MSN_MAX 2        /* the same for _HLS_msn */
#define SHELF_WAITERS_MAX 20000     /* parked requests in all; full: BUSY */
/* indexes in memory; the least lately used ones nobody waits for go first */
#define SHELF_TITLES_MAX 4096
/* bytes of journals in memory (an index takes about as much); over it they go the same way */
#define SHELF_JOURNAL_BYTES_MAX (256LL << 20)
/* waiters answered in one go (4 ms); the rest in the next: chat wants its turn too */
#define SHELF_WAKES_PER_TURN 250
#define SHELF_WINDOW_S 40 /* a live index.m3u8 reaches back this far */
/* a lost bell is made up for: a journal not looked at for so long is read again */
#define SHELF_LOOK_MS 500
/* files held open; the least lately used is closed */
#define SHELF_FILES_MAX 256
/* (learner, title) pairs with spans not yet taken; full: nothing new is noted */
#define SHELF_DELIVERED_MAX 200000

typedef struct shelf shelf;

shelf *shelf_new(const char *titles_dir, base_clock *clock, GError **error);
void shelf_free(shelf *shelf); /* NULL is fine */
/*
 * Newly allocated path of a title's directory; the id is checked ([a-z0-9]{4,32}), NULL if it is
 * not one.
 */
char *shelf_title_dir(const shelf *shelf, const char *title_id);

/*
 * The bell: reads what the journal has more, rebuilds what changed, wakes who waited. Unknown
 * titles are fine.
 */
void shelf_ring(shelf *shelf, const char *title_id);
/*
 * From now on nothing of this title is given to anybody (DENIED error), and who waits is let go: staff
 * cut it off.
 */
void shelf_withdraw(shelf *shelf, const char *title_id);
/*
 * Its chapters were changed: they are read again and stand in the playlists from now on. Unknown titles are
 * fine.
 */
void shelf_chapters(shelf *shelf, const char *title_id);
/* Its captions were changed to these (of title_captions, copied): no file is read. Unknown titles are fine. */
void shelf_captions(shelf *shelf, const char *title_id, const GArray *now);
/* Viewers may have it. DENIED error when it was withdrawn, MISSING when there is none. */
bool shelf_shown(shelf *shelf, const char *title_id, GError **error);
/* UTC ms of when its poster was made, for its address; 0: it has none (yet). */
int64_t shelf_poster_ms(const shelf *shelf, const char *title_id);
/* Of title_chapter, by their times; borrowed until the next call. MISSING, DENIED when withdrawn. */
const GArray *shelf_chapters_of(shelf *shelf, const char *title_id, GError **error);
/* Of title_captions, by language; borrowed until the next call. MISSING, DENIED when withdrawn. */
const GArray *shelf_captions_of(shelf *shelf, const char *title_id, GError **error);
/* Drops the index (title removed or replaced on disk). */
void shelf_forget(shelf *shelf, const char *title_id);
/* The same of one that was removed for good at that time (UTC): from now on it is GONE "removed" instead of MISSING. */
void shelf_removed(shelf *shelf, const char *title_id, int64_t at_ms);

/*
 * The index, loaded from disk when needed; MISSING error when there is no such title, STORAGE when it is
 * there but cannot be read. What cannot be read on stays as it was. Borrowed until the next call.
 */
const title_index *shelf_index(shelf *shelf, const char *title_id, GError **error);

/*
 * A long journal takes tens of milliseconds to read. shelf_has() tells whether the title is in
 * memory; if not, a load may be run on another thread and then taken, after which everything else
 * is quick. Nobody has to: all calls below read what they need by themselves.
 */
typedef struct shelf_load shelf_load;
bool shelf_has(const shelf *shelf, const char *title_id);
shelf_load *shelf_load_new(shelf *shelf, const char *title_id); /* NULL: that is no id */
/* any thread; the shelf must outlive it */
void shelf_load_run(shelf_load *load);
/* frees it; also when there was no such title */
void shelf_load_take(shelf *shelf, shelf_load *load);
/* instead of taking it; also after the shelf */
void shelf_load_free(shelf_load *load);

/*
 * index.m3u8 is a live window, dvr.m3u8 all of it. Once ended all of it is told to whoever asks anew;
 * who has followed the window by blocking reloads is told its end only: a media sequence number
 * never decreases (RFC 8216bis 6.2.1), players would begin again where the window stood.
 */
typedef enum { SHELF_WINDOW, SHELF_WHOLE } shelf_span;

/*
 * Multivariant playlist: main.m3u8 leads to the windows, dvr.m3u8 to all of each rendition. MISSING until
 * the first part of any rendition exists. New reference.
 */
GBytes *shelf_main_playlist(shelf *shelf, const char *title_id, shelf_span span, GError **error);

/*
 * Captions as HLS tells them, once a title has ended (until then MISSING, and the multivariant playlist names none):
 * the media playlist of a language, whose pieces are <n>.vtt beside it, and which part of the title piece n is; its
 * words are captions_piece()'s. MISSING, too, when there are no captions in this language or no such piece. The
 * playlist is a new reference.
 */
GBytes *shelf_subtitles(shelf *shelf, const char *title_id, const char *lang, GError **error);
bool shelf_subtitles_piece(shelf *shelf, const char *title_id, const char *lang, uint64_t n,
                           cues_piece *piece, GError **error);

/*
 * What a media playlist is asked for. `delta`: a Playlist Delta Update (RFC 8216bis 6.2.5.1), for a
 * player that has the rest; where nothing may be skipped it is the full playlist.
 */
typedef struct {
    shelf_span span;
    bool delta;
} shelf_form;

/* Media playlist as it stands. New reference. */
GBytes *shelf_playlist(shelf *shelf, const char *title_id, const char *rendition, shelf_form form,
                       GError **error);

typedef struct shelf_waiter shelf_waiter;
/*
 * Blocking reload (part -1: the whole segment msn). If it is there already: *now is set (new
 * reference) and NULL is returned. Otherwise a waiter: fn is called once, with the playlist, or
 * with NULL after the deadline (3 target durations) or when the title goes. NULL with *error on
 * INPUT, MISSING, BUSY.
 */
shelf_waiter *shelf_wait(shelf *shelf, const char *title_id, const char *rendition, shelf_form form,
                         int64_t msn, int32_t part, void (*fn)(GBytes *playlist, gpointer data),
                         gpointer data, GBytes **now, GError **error);
/*
 * The part a playlist hinted at, before it exists (EXT-X-PRELOAD-HINT). fn is called once: there is
 * it, or (false) it will not come. NULL with MISSING unless `name` is exactly the next part of a
 * title that goes on.
 */
shelf_waiter *shelf_wait_part(shelf *shelf, const char *title_id, const char *rendition,
                              const char *name, void (*fn)(bool there, gpointer data),
                              gpointer data, GError **error);
void shelf_waiter_cancel(shelf_waiter *waiter); /* fn will not be called */

/*
 * The shelf has no timers. Answers what is overdue or was left over, a slice of it; true: call
 * again next turn.
 */
bool shelf_turn(shelf *shelf);
/* `bell` rings when shelf_turn() has something to do at once. */
void shelf_on_left_over(shelf *shelf, void (*bell)(gpointer data), gpointer data);

typedef struct shelf_file shelf_file;

/* A file or slice of it, ready to be sent. */
typedef struct {
    shelf_file *file;         /* yours to give back: shelf_slice_clear() */
    int fd;                   /* the file's: borrowed, shared, read by offset only */
    int64_t offset, length;   /* bytes */
    int64_t from_ms, to_ms;   /* title time it carries; equal for an init */
    const char *content_type; /* static */
    /* its bytes under this name will never change; true for all there is so far */
    bool immutable;
} shelf_slice;
/* name: "init-0.mp4", "12.m4s", "12.3.m4s". MISSING if it is not there (yet). */
bool shelf_open(shelf *shelf, const char *title_id, const char *rendition, const char *name,
                shelf_slice *slice, GError **error);

void shelf_slice_clear(shelf_slice *slice);

/*
 * Makes a slice that shelf_open() gave under this name smaller: its bytes [from, from + length),
 * and of its title time what stands in parts that are wholly inside. The range must be inside the
 * slice.
 */
void shelf_slice_narrow(shelf *shelf, const char *title_id, const char *rendition, const char *name,
                        shelf_slice *slice, int64_t from, int64_t length);

/* Delivered: title milliseconds [from, to) really sent to this person. Kept merged until taken. */
void shelf_note_delivered(shelf *shelf, int64_t person, const char *title_id, int64_t from_ms,
                          int64_t to_ms);
typedef struct {
    int64_t person;
    char title_id[33];
    int64_t from_ms, to_ms;
} shelf_delivery;
/* All that was noted since the last call: array of shelf_delivery, yours. */
GArray *shelf_take_delivered(shelf *shelf);
/* The same for one learner and title only. */
GArray *shelf_take_delivered_to(shelf *shelf, int64_t person, const char *title_id);

#endif
