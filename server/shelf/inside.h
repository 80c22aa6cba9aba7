/*
 * What the files of shelf share; no other room reads it.
 *
 * A shelved title is an index and one view per rendition; a view keeps the playlists as they stand
 * and the queue of those who wait for more. A waiter is in its view's queue until its wish is met,
 * is overdue or the title goes, then in the shelf's ready queue until its turn comes.
 *
 * Runs on: the loop.
 * Memory:  the shelf owns titles, views and waiters.
 */
#ifndef SHELF_INSIDE_H
#define SHELF_INSIDE_H

#include <sys/types.h>

#include "shelf/playlist.h"
#include "shelf/shelf.h"

#define TITLE_ID_MAX 32

typedef struct shelved shelved;

/* How far a rendition has come: what a waiter compares with. */
typedef struct {
    int64_t msn; /* of its last segment; -1: none */
    int32_t parts;
    bool closed;
    guint lost; /* given up behind it */
} view_edge;

typedef struct {
    shelved *title;
    guint rendition; /* its place in the index */
    view_edge edge;
    GBytes *text[SHELF_WHOLE + 1][2]; /* by span and delta; NULL: to be written */
    playlist_past past;               /* of the whole one, while the title goes on */
    GQueue waiters; /* of shelf_waiter; one patience per title, so in order of their deadlines */
} view;

struct shelved {
    shelf *shelf;
    char id[TITLE_ID_MAX + 1];
    char *dir;
    title_index *index;
    GArray *breaks;                /* of int64_t: msns behind a discontinuity, rising */
    GArray *chapters;              /* of title_chapter */
    GArray *captions;              /* of title_captions */
    GPtrArray *views;              /* of view, as the index counts renditions */
    GBytes *main[SHELF_WHOLE + 1]; /* by span; NULL: to be written */
    GBytes *subtitles;             /* of every language; NULL: to be written */
    int64_t read_to;               /* bytes of the journal taken */
    ino_t inode;                   /* of the journal that was read */
    int64_t looked_ms;             /* monotonic, when it was last read */
    bool broken;                   /* its journal cannot be understood further */
    bool unreadable;               /* the last look: the disk or the system refused */
    GList use;                     /* link in shelf.by_use */
    bool on_shelf;                 /* else it is being loaded, perhaps on another thread */
};

struct shelf {
    char *root;
    base_clock *clock;
    GHashTable *titles;    /* id -> shelved */
    GHashTable *withdrawn; /* ids nothing is shown of */
    GHashTable *removed;   /* id > int64_t, UTC ms; both owned */
    GQueue by_use;         /* of shelved, the latest used first */
    GQueue ready;          /* of shelf_waiter */
    guint waiting;         /* waiters in all */
    int64_t journal_bytes; /* read, of all titles on the shelf */
    void (*bell)(gpointer data);
    gpointer bell_data;
    GHashTable *files;     /* of shelf_file, by their keys: open */
    GQueue files_by_use;   /* of shelf_file, the latest used first */
    GHashTable *delivered; /* of learner_spans, by themselves */
    bool delivered_full;   /* told once */
};

/* The title, read as far as its journal goes. MISSING or STORAGE error. */
shelved *shelved_find(shelf *shelf, const char *title_id, GError **error);
/* The same for viewers: DENIED when it was withdrawn. */
shelved *shelved_shown(shelf *shelf, const char *title_id, GError **error);
/* MISSING when there is no such rendition. */
view *view_find(shelved *title, const char *rendition, GError **error);
const title_rendition *view_rendition(const view *view);
/* Borrowed until the rendition moves on. */
GBytes *view_text(view *view, shelf_form form);

/* The names of files: "init-<n>.mp4", "<msn>.m4s", "<msn>.<part>.m4s". */
typedef struct {
    enum { FILE_INIT, FILE_SEGMENT, FILE_PART } kind;
    int64_t number; /* n or msn */
    int32_t part;
} file_name;
bool file_name_parse(const char *text, file_name *name);

/*
 * The rendition moved (or will not any more, `over`): whoever got what he waits for becomes ready.
 */
void waiters_review(view *view, bool over);
void waiters_wake(shelf *shelf); /* a slice of the ready ones; rings when some are left */

void delivered_start(shelf *shelf);

/* ---- open files (files.c): a part is asked for by a thousand viewers, and opened once ---- */

void files_start(shelf *shelf);
void files_stop(shelf *shelf);
void files_forget(shelved *title);
/*
 * A new reference to a rendition's init or segment file; NULL if it is not there or has fewer bytes
 * than that.
 */
shelf_file *file_borrow(const view *view, bool init, int64_t number, int64_t least_bytes);
int file_descriptor(const shelf_file *file);
int64_t file_size(const shelf_file *file);
void shelf_file_unref(shelf_file *file); /* NULL is fine */

#endif
