/*
 * The data directory: what fills it, what may go, and its removal.
 *
 * What is to be removed is said in the database first (storage_discard(), in the transaction of whoever decides) and done
 * by a thread afterwards, also by the next start. Recordings of classes go by retention, but never one that a course or a
 * draft of one has.
 * It knows no workers.
 *
 * Runs on: the loop, but for what is marked.
 * Memory:  you own what storage_new() returns; everything else is a value or borrowed.
 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include "base/clock.h"
#include "records/clerk.h"
#include "school/school.h"
#include "shelf/shelf.h"
#include "storage/errand.h"

#define STORAGE_SWEEP_MAX 500              /* removed in one go */
#define STORAGE_RETENTION_MS (3600 * 1000) /* between two looks for what has had its time */
#define STORAGE_FRESH_MS 60000             /* sizes measured so lately are told again */
#define STORAGE_LARGEST 50                 /* told of */
#define STORAGE_REMOVED_KNOWN                                                                      \
    100000 /* titles the shelf says of that they were removed: the latest */

typedef struct {
    int live_days; /* recordings of classes that no course has are kept so long; 0: for good */
} storage_retention;

typedef struct storage storage;

/* All borrowed. */
storage *storage_new(net *net, clerk *clerk, shelf *shelf, base_clock *clock, const char *data_dir,
                     const storage_retention *retention);
/* After the clerk, whose last answers it still takes, and before the net. NULL is fine. */
void storage_free(storage *storage);
/* Once, when the loop is about to run: what an earlier run left is removed, retention begins. */
void storage_start(storage *storage);

errands *storage_errands(storage *storage);
/* A thread for measuring alone: neither what is moved and removed nor the house's pool waits for it. */
errands *storage_measurers(storage *storage);
const storage_retention *storage_kept(const storage *storage);

typedef enum { STORAGE_TITLE, STORAGE_SOURCE, STORAGE_HANDOUT } storage_kind;
/* "<data>/sources/<id>", newly allocated. Any thread. */
char *storage_path(const storage *storage, storage_kind kind, const char *id);
/* Clerk side: it is to be removed once this transaction stands. */
bool storage_discard(records *db, base_clock *clock, storage_kind kind, const char *id,
                     GError **error);

/* When a title was removed for good, and whether retention did it or a person. at_ms 0: it was not. */
typedef struct {
    int64_t at_ms; /* UTC */
    bool by_policy;
} storage_removal;
/* Clerk side: the title is to be removed, and whoever asks for it later is told. */
bool storage_remove_title(records *db, base_clock *clock, const char *title_id, bool by_policy,
                          GError **error);
bool storage_removal_read(records *db, const char *title_id, storage_removal *is, GError **error);
/* GONE "removed" when it was. */
bool storage_still_there(records *db, const char *title_id, GError **error);

/* Removes what was said to be. */
void storage_sweep(storage *storage);

typedef struct {
    int64_t total_bytes, free_bytes;
} storage_disk;
/* Any thread. */
bool storage_disk_read(const storage *storage, storage_disk *disk, GError **error);

/* ---- what fills it ---- */

typedef struct {
    int64_t recordings;   /* titles made of files */
    int64_t live_replays; /* titles of classes */
    int64_t sources, spool, handouts, database;
} storage_used;

typedef struct {
    char kind[16]; /* "recording", "replay", "source", "handout", "other" */
    char id[33];   /* of the asset or the class; of the title when nobody knows it */
    char title_id[33];
    char name[512];
    int64_t bytes, created_ms, kept_until_ms; /* 0: for good */
    bool used, deletable;
    bool used_by_draft;                     /* only a draft of it has it */
    char used_by[COURSE_TITLE_MAX * 4 + 1]; /* the course that has it; "": none */
} storage_item;

typedef struct {
    int64_t measured_ms; /* UTC */
    storage_used used;
    GArray *largest; /* of storage_item, the largest first */
} storage_report;

void storage_report_clear(storage_report *report);
/* On that thread: sizes of everything below the data directory. Quick for what was measured before. */
void storage_measure(storage *storage, storage_report *report);
/* On a connection that reads: whose they are, and whether they may go. */
bool storage_name(records *db, const storage_retention *retention, storage_report *report,
                  GError **error);

/*
 * Clerk side: the recording of this class goes now. CONFLICT "recording_used" when a course has it, "recording_in_draft"
 * when the draft of one has, "class_open" while it is not closed; MISSING "class_missing", "no_recording".
 */
bool storage_remove_replay(records *db, base_clock *clock, const char *class_id, char title_id[33],
                           GError **error);

void storage_metrics(const storage *storage, GString *out);

#endif
