/*
 * What the files of this room share: the stage of one class, and the moves on it. Inside of live
 * only.
 *
 * Runs on: the loop.
 * Memory:  a stage belongs to its live; a closed one is freed at the next sweep, so that callers
 *          may finish.
 */
#ifndef LIVE_INSIDE_H
#define LIVE_INSIDE_H

#include "live/live.h"

typedef enum { HAND_NONE, HAND_WORKING, HAND_LEAVING, HAND_FINISHING } hand_mood;

/* Where one encoder sits. A class has two: on air, and beside it. */
typedef struct {
    ingest_publisher *publisher; /* NULL: nobody */
    bool backup;                 /* it came with the backup key */
    bool container;              /* it brings a transport stream instead of tracks and frames */
    GBytes *track[2];            /* its tracks as wire messages, by wire_track; NULL: none */
    int64_t heard_ms;  /* monotonic: its last frame, or when it came, or was paused last */
    int64_t steady_ms; /* monotonic: since when it has sent without a break, beside */
    bool barren;       /* it left the air because nothing it sent became media */
} seat;

/* One class that is not closed: its facts, its encoders, its worker. */
typedef struct {
    live *live;
    live_class is;
    bool unsaved; /* the database does not have `is` yet */
    guint saving; /* recordings on their way */

    seat on, by; /* on air, and standing by; nobody stands by while nobody is on */
    bool paused; /* who is on air */
    bool silent; /* it has sent nothing for LIVE_SILENT_MS */
    GQueue
        held; /* of frames or pieces, from a keyframe on: read before the next worker was there */
    wire_gauge gauge; /* what its worker measured last */
    int64_t gauge_ms; /* monotonic; 0: nothing yet */
    bool watched;     /* of this publisher's health somebody was told */

    crew_hand *hand; /* NULL: none */
    hand_mood mood;
    int64_t hired_ms;       /* monotonic */
    int64_t duration_hired; /* of the title when the hand was hired, 1/90000 s */
    bool media_seen;        /* this hand has added to the title */
    bool reduced;           /* this hand makes only what costs next to nothing */
    char note[256];         /* what this hand had to say; "": nothing, or too long ago */
    int64_t note_ms;        /* monotonic: when it said so last */
    int64_t media_ms;       /* monotonic: when it added to the title last, or was hired */

    int64_t deaths_ms[LIVE_DEATHS_MAX]; /* monotonic; a ring */
    guint deaths;
    int64_t backoff_ms;
    int64_t failed_ms; /* monotonic */
    int64_t alone_ms;  /* monotonic: since when what was on air has no media any more; 0: it has */
    net_timer *rehire;
} stage;

struct live {
    net *net;
    clerk *clerk;
    crew *crew;
    shelf *shelf;
    base_clock *clock;
    live_news news;
    int64_t window_ms;   /* interrupted or failed for longer: closed */
    int32_t part_target; /* of titles that begin from now on, 1/90000 s */
    ingest_ops ingest;
    GHashTable *by_id;    /* id > stage, owned */
    GHashTable *by_key;   /* key > stage */
    GHashTable *by_title; /* title id > stage */
    GHashTable *saves;    /* recordings on their way, so that they can be disowned */
    GThreadPool *writers; /* one thread: the ENDs that live writes itself */
    GHashTable *endings;  /* those on their way */
    GPtrArray *closed;    /* of stage, owned, until they are recorded */
    GPtrArray *patterns;  /* of pattern, being made, owned */
    net_timer *sweep;
    int64_t widened_ms; /* monotonic: when a reduced class was last hired for anew */
    bool draining;
    uint64_t hires, losses, refusals;
};

/* ---- state.c: the lawful moves ---- */
bool class_move_is_lawful(class_state from, class_state to);

/* ---- class.c ---- */
/* Fills `size` - 1 characters of [a-z2-7] from the kernel's random source, and a NUL. */
void random_text(char *out, gsize size);
/* Copies what fits, cut between characters. */
void text_copy(char *out, gsize size, const char *text);
bool class_check_title(const char *title, GError **error);
bool class_check_plan(int64_t planned_ms, int64_t now_ms, GError **error);
bool class_save(records *db, const live_class *is, GError **error);
GArray *class_list_state(records *db, class_state state, int64_t master, int limit, GError **error);

/* ---- stage.c: moves, worker, end ---- */
stage *stage_new(live *live, const live_class *is);
void stage_free(stage *s);
void stage_save(stage *s);
void saves_disown(live *live);
void stage_move(stage *s, class_state to);
void stage_trouble(stage *s, const char *sentence); /* "" clears */
void stage_hire(stage *s);                          /* no hand may be there */
void stage_leave(stage *s);                         /* the hand, if working, flushes and goes */
/* Nobody publishes: interrupted if it was on air. What has been on air ends after the window. */
void stage_interrupt(stage *s);
/* Worth knowing for now: it goes when it is not said again for LIVE_NOTE_MS. */
void stage_note(stage *s, const char *sentence);
void stage_forget_note(stage *s); /* if it is time to */
/* A class that was reduced gets all its renditions, once the machine can carry them. */
void stage_widen(stage *s);
/* Whatever media comes next is news of the class being on air. */
void stage_await_media(stage *s);
void stage_hire_if_wanted(stage *s);
/* The worker has measured what the publisher sends. */
void stage_measured(stage *s, const wire_gauge *gauge);
bool stage_vitals(const stage *s, live_vitals *vitals); /* false: nobody publishes */
bool stage_is_over(const stage *s);                     /* alone for the window: to be closed */
void stage_close(stage *s);
void stage_ended(stage *s,
                 const GError *error); /* END stands in the journal, or cannot be written */
void stage_drain(stage *s);

/* ---- seats.c: two encoders of one class ---- */
seat *stage_seat(stage *s, const ingest_publisher *publisher); /* NULL: none of them */
bool stage_has_role(const stage *s, bool backup);
/* Takes the place of who came with the same key; beside, when the other one is on air. */
void stage_attach(stage *s, ingest_publisher *publisher, bool backup);
/* Who stands by goes on air; who was on air, if anybody, stands by. */
void stage_switch(stage *s);
/* The worker goes; the next one begins with what comes meanwhile. */
void stage_change_hand(stage *s);
void stage_detach(stage *s, const char *why); /* closes both; they say no more */
void stage_gone(stage *s, seat *from); /* its publisher is: the other one goes on air, or nobody */
void stage_pause(stage *s, bool paused); /* who is on air */
/* A frame came from who is on air. */
void stage_heard(stage *s);
/* From who stands by; entry: a worker can begin with it. */
void stage_heard_beside(stage *s, bool entry);
/* Tells a publisher that sends nothing any more: first interrupted, then let go. */
void stage_listen(stage *s);
/* A frame that no worker is there for, while its publisher is paused. */
void stage_hold(stage *s, bool key, GBytes *frame);
void stage_drop_held(stage *s);

/* ---- job.c ---- */
/* All renditions. */
void job_live(const stage *s, wire_job *job);
/* For a machine that cannot carry them: only the copy, or 360 lines where there can be none, and sound are left. */
void job_reduce(wire_job *job);
/* What its source adds to the job's cost, as far as it was seen: nothing when it is copied. */
int32_t job_source_cost(const stage *s, bool reduced);
/* Does its title have one of the encoded renditions already? Who watches that must not lose it. */
bool job_is_begun_whole(const stage *s, const wire_job *job);
void job_pattern(const char *dir, const char *label, int64_t length_ms, int64_t epoch_utc_ms,
                 wire_job *job);

/*
 * ---- ending.c: END behind what a title has, written by a thread of its own: it waits for the disk
 * ----
 */
typedef enum { ENDING_NONE_NEEDED, ENDING_BEGUN, ENDING_IMPOSSIBLE } ending_begun;
/* Nothing to end, or it stands already: NONE_NEEDED. BEGUN: stage_ended() follows on the loop. */
ending_begun ending_begin(stage *s, GError **error);
void endings_start(live *live);
void endings_stop(live *live); /* waits for what is being written */

/* ---- publish.c ---- */
ingest_ops publish_table(live *live);

/* ---- pattern.c ---- */
void patterns_disown(live *live);
void patterns_clear_left(const live *live); /* hidden directories an earlier run left */

/* ---- live.c ---- */
void live_forget(stage *s); /* it is closed: out of the tables, freed at the next sweep */

#endif
