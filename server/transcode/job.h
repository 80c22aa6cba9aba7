/*
 * Jobs: the queue as the database has it, and every move a job may make.
 *
 * The order is: probes before transcodes, then priority, then place. A job that a worker began keeps its place, so that it
 * is the first to go on. Whoever moves a job moves its asset with it, in one transaction. It knows no workers.
 *
 * Runs on: the clerk's thread, but for the pure ones.
 * Memory:  values.
 */
#ifndef TRANSCODE_JOB_H
#define TRANSCODE_JOB_H

#include "transcode/asset.h"

#define JOBS_OPEN_MAX 5000      /* one more upload waits until there is room: BUSY */
#define JOB_DEATHS_MAX 2        /* workers lost at the same place: failed */
#define JOB_ATTEMPTS_MAX 10     /* in all, until a person says retry */
#define JOB_SAME_PLACE_MS 30000 /* title time: a death this much later is another one's first */
#define JOB_AGAIN_FIRST_MS 5000 /* after a death; four times as long after the next */
#define JOB_AGAIN_MAX_MS 300000

typedef enum { JOB_PROBE, JOB_TRANSCODE } job_kind;
const char *job_kind_word(job_kind kind);

typedef enum { JOB_QUEUED, JOB_RUNNING, JOB_PAUSED, JOB_DONE, JOB_FAILED, JOB_CANCELLED } job_state;
const char *job_state_word(job_state state);
bool job_state_parse(const char *word, job_state *state);

/* Pure: the lawful moves. */
bool job_move_is_lawful(job_state from, job_state to);
/* Pure: what its asset is then. A probe that is done says so by itself. */
asset_state job_asset_state(job_kind kind, job_state state);

typedef enum { PRIORITY_HIGH, PRIORITY_NORMAL, PRIORITY_LOW } job_priority;
const char *job_priority_word(job_priority priority);
bool job_priority_parse(const char *word, job_priority *priority);

typedef struct {
    char id[33];
    char asset_id[33];
    char name[ASSET_NAME_CHARS * 4 + 1];
    int64_t owner;
    job_kind kind;
    job_state state;
    job_priority priority;
    int64_t place;
    int32_t attempts, deaths;
    int64_t done_ms, length_ms; /* title time */
    int64_t wait_until_ms;
    trouble trouble;
    int64_t created_ms, started_ms, ended_ms;
    char title_id[33];
    int64_t bytes; /* of the file */
} job;

/* Behind the others. BUSY "queue_full". */
bool job_add(records *db, base_clock *clock, const char *asset_id, job_kind kind, job *made,
             GError **error);
bool job_read(records *db, const char *id, job *is, GError **error); /* MISSING "job_missing" */
bool job_of_asset(records *db, const char *asset_id, job *is, bool *found,
                  GError **error);              /* the newest */
GArray *jobs_open(records *db, GError **error); /* of job: who is at work, then in order */

/* ---- what people do; CONFLICT "job_state" when it is not possible now; *is becomes what it says ---- */
bool job_pause(records *db, base_clock *clock, job *is, GError **error);
bool job_resume(records *db, base_clock *clock, job *is, GError **error);
/* What was failed or cancelled begins again: behind the last finished segment, or anew. */
bool job_retry(records *db, base_clock *clock, job *is, GError **error);
/* What there is of its title goes; is->title_id still says which. */
bool job_cancel(records *db, base_clock *clock, job *is, GError **error);
bool job_prioritise(records *db, job *is, job_priority priority, GError **error);
/* To the n-th place of those that wait (from 1), with the priority of whom it stands before. */
bool job_place(records *db, job *is, int64_t n, GError **error);

bool queue_read(records *db, bool *paused, GError **error);
bool queue_set(records *db, bool paused, GError **error);

/* ---- what the scheduler does ---- */

#define JOB_OUTPUT_BPS 6000000 /* what a lesson takes, all renditions */
/* Pure: bytes of the disk a job will take, about. */
int64_t job_needs(const job *is);

/*
 * The next one of this kind that needs no more than `room` bytes of the disk is running from now on. The head of the queue,
 * passed over because it needs more, says so. *found false: there is none to be begun now.
 */
bool job_take(records *db, base_clock *clock, job_kind kind, int64_t room, job *taken, bool *found,
              GError **error);
/* Is anything queued? */
bool jobs_wait(records *db, bool *wait, GError **error);

typedef enum {
    OUTCOME_DONE,    /* the title has ended */
    OUTCOME_PROBED,  /* facts */
    OUTCOME_LEFT,    /* we asked it to leave: nobody's fault */
    OUTCOME_NO_ROOM, /* the disk is full: waits, nobody's fault */
    OUTCOME_NO_HAND, /* no worker was to be had: soon again */
    OUTCOME_LATER,   /* an earlier worker still writes its title: soon again, nobody's fault */
    OUTCOME_DIED     /* why */
} job_end;

typedef struct {
    job_end end;
    char title_id[33]; /* what it was about: "" for a probe */
    int64_t done_ms;   /* of the title */
    char why[512];     /* DIED, NO_ROOM, NO_HAND: a sentence */
    const char *facts; /* PROBED: JSON, borrowed */
    int64_t length_ms; /* DONE: of the title */
    char rungs[129];   /* DONE */
    bool drop_source;  /* DONE: the file is not wanted any more */
} job_outcome;

/* Pure: was it about a title that is this job's no more? */
bool job_outcome_is_stale(const job *is, const job_outcome *outcome);

/*
 * Its worker is gone. What a person said meanwhile (paused, cancelled) stands; else the outcome moves it on. What was
 * about another title than the job has now (it was cancelled, and perhaps begun anew) counts for nothing. *is becomes
 * what the job is now.
 */
bool job_settle(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                GError **error);

/* At the start: what was running when the house fell goes back to the head of the queue, in its order. */
bool jobs_take_up(records *db, GError **error);

#endif
