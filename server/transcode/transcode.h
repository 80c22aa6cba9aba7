/*
 * The queue at work: takes in files that have arrived, and gives their jobs to workers, one after the other.
 *
 * The database has the truth (job.h): who is next is asked there each time, and a job is running there before its worker
 * is hired. Here is only who is at work just now, and how far. Classes come first: what they leave of the cores says how
 * many transcodes are at work; those beyond stand still until there is room. It knows no HTTP.
 *
 * Runs on: the loop.
 * Memory:  you own what transcode_new() returns.
 */
#ifndef TRANSCODE_TRANSCODE_H
#define TRANSCODE_TRANSCODE_H

#include "crew/crew.h"
#include "records/clerk.h"
#include "shelf/shelf.h"
#include "storage/storage.h"
#include "transcode/job.h"

#define TRANSCODE_PROBES_MAX 2 /* at a time */
#define TRANSCODE_CORES 2 /* a transcode keeps so many busy: one more at work for each so many */
#define TRANSCODE_IDLE_MIN                                                                         \
    400 /* thousandths of a core left by classes; with less all transcodes wait */
#define TRANSCODE_TURN_MS 1000    /* between two looks at the queue when nothing happens */
#define TRANSCODE_STALL_MS 600000 /* a worker that is neither further nor held: it hangs */
#define TRANSCODE_RESERVE_BYTES                                                                    \
    (1LL << 30)                /* of the disk: with less nothing is begun, what is at work leaves */
#define TRANSCODE_ROOM_MS 5000 /* between two looks at the disk */

typedef struct transcode transcode;

/* A whole file that somebody uploaded. */
typedef struct {
    const char *upload_id;
    int64_t owner;
    const char *name;
    bool handout; /* else media */
    int64_t bytes;
    const char *path;   /* it is moved away from here */
    const char *sha256; /* hex */
} transcode_source;

typedef struct {
    gpointer user;
    /* The title of an asset has ended, and its lessons with it: it is ready, and the database has it. */
    void (*on_ended)(gpointer user, const char *title_id);
    /*
     * Clerk's thread, in the transaction that keeps what it became: the file is ours from then on, the upload is
     * forgotten. Said again for one that was taken already. May be NULL.
     */
    bool (*take)(gpointer user, records *db, const char *upload_id, GError **error);
} transcode_news;

typedef struct {
    net *net;
    clerk *clerk;
    crew *crew;
    shelf *shelf;
    storage *storage;
    base_clock *clock;
    bool keep_source; /* of what is ready */
    /* Room on the disk in bytes; NULL: as storage says. For tests. */
    int64_t (*free_bytes)(gpointer user);
    gpointer free_bytes_user;
} transcode_parts;

/* Parts are borrowed, news is copied. */
transcode *transcode_new(const transcode_parts *parts, const transcode_news *news);
/* Before the loop runs: what was at work when the house fell is first in the queue. */
bool transcode_start(transcode *transcode, records *db, GError **error);
/* Workers are told to leave; nothing is begun any more. */
void transcode_drain(transcode *transcode);
/* When the loop is over, before crew_free(): workers are disowned. */
void transcode_stop(transcode *transcode);
/* After the clerk, whose last answers it still takes, and after storage, whose thread works for it. NULL is fine. */
void transcode_free(transcode *transcode);

/*
 * Takes the file: makes its asset, moves it below the data directory, puts it into the queue and takes the upload. Told
 * twice of the same upload it makes nothing new. BUSY, and whatever fails later, leaves the upload as it is: tell again.
 */
bool transcode_take(transcode *transcode, const transcode_source *source, GError **error);

/*
 * The database says something else of this job now (NULL: of others): what is at work and should not be leaves, what may
 * begin begins. In the order in which the clerk answers.
 */
void transcode_changed(transcode *transcode, const job *is);
/* So it does of the whole queue. */
void transcode_rest(transcode *transcode, bool paused);

/* How far a job at work is. */
typedef struct {
    int64_t done_ms;
    int64_t left_ms;        /* -1: not known yet */
    int32_t speed_permille; /* of real time; -1: not known yet */
    bool held;              /* it stands still: classes come first */
    bool playable;          /* its title has something to show */
} transcode_progress;
/* False: no worker is at it. */
bool transcode_progress_of(const transcode *transcode, const char *job_id,
                           transcode_progress *progress);

typedef struct {
    guint running, held;
    int cores;
    bool no_room; /* the disk is full: nothing is begun */
    int64_t free_bytes;
} transcode_state;
transcode_state transcode_state_of(const transcode *transcode);

/* Pure: how many transcodes may be at work, with so many thousandths of a core idle. */
guint transcode_seats(int32_t idle);

void transcode_metrics(const transcode *transcode, GString *out);

#endif
