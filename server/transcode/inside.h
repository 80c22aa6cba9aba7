/*
 * What the files of this room share: one job at work. Inside of transcode only.
 *
 * Runs on: the loop.
 * Memory:  a work belongs to its transcode, from its job's being taken until its end is in the database.
 */
#ifndef TRANSCODE_INSIDE_H
#define TRANSCODE_INSIDE_H

#include "transcode/facts.h"
#include "transcode/transcode.h"

typedef struct {
    transcode *owner;
    job is;
    file_facts facts; /* of a transcode */
    crew_hand *hand;  /* NULL: gone, its end is being recorded */
    char title_id
        [33]; /* what the hand writes: not is.title_id once the job was cancelled and taken anew */
    bool leaving; /* we asked it to */
    bool no_room; /* because of the disk */
    bool stalled; /* it was killed for that */
    bool later;   /* another worker, of an earlier run of the house, still writes its title */
    bool held;
    bool again;      /* taken again, as `is` says, while the hand before was still leaving */
    bool reading;    /* its title is being read, to tell what came of it */
    bool settling;   /* its end is on its way to the clerk */
    job_outcome end; /* of a hand that is gone */
    int64_t order;   /* the later begun, the sooner held */
    char *probed;    /* JSON; NULL: not told; end.facts */
    int64_t hired_ms, moved_ms; /* monotonic: when it came, when it was last heard to be further */
    int64_t first_ms, first_done_ms; /* where its speed is measured from; -1: not yet */
    int64_t done_ms;
} work;

struct transcode {
    transcode_parts parts;
    transcode_news news;
    GHashTable *works; /* job id > work, owned */
    net_timer *turn;
    GHashTable *intakes;    /* upload id > intake, owned */
    bool asking, ask_again; /* the clerk is asked who is next */
    bool quiet;             /* nobody waits: no need to ask until something changes */
    bool measuring;         /* the room on the disk */
    int64_t measured_ms;    /* monotonic; when it was last */
    bool draining, stopped;
    bool paused; /* the whole queue, as the clerk said last */
    bool no_room;
    int64_t free_bytes;
    int64_t orders;
    uint64_t taken, done, failed, lost; /* since the start */
};

/* ---- work.c: one worker at one job ---- */
/* Its job is running in the database. False: no worker is to be had. */
bool work_hire(work *w, GError **error);
void work_leave(work *w); /* on its way already: nothing */
void work_hold(work *w, bool held);
void work_look(work *w); /* now and then: does it hang? */
void work_free(work *w);
void work_progress(const work *w, transcode_progress *progress);

/* ---- transcode.c ---- */
/* Its hand is gone. */
void transcode_settle(work *w, const job_outcome *outcome);
/* Something may be begun. */
void transcode_kick(transcode *t);

/* ---- disk.c: how much there is on the disk ---- */
void disk_look(transcode *t);          /* now and then; what is at work leaves when there is none */
int64_t disk_left(const transcode *t); /* bytes that may be filled */

/* ---- intake.c: from an uploaded file to an asset with a job ---- */
GHashTable *intakes_new(void);

#endif
