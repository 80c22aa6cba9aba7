/*
 * The life of a class on air: planned > waiting > on_air <> interrupted > closing > closed; any may
 * fail, and a failed one may be tried again. Closed is the only end: what was on air and has nobody
 * any more, interrupted or failed, is closed after a window, so that its title ends.
 *
 * Joins a publisher (ingest), a worker (crew) and a title (shelf). It owns every class that is not
 * closed, in memory; the database keeps the same facts for the next start. It decides about hiring
 * again; it knows no HTTP.
 *
 * Runs on: the loop.
 * Memory:  you own what live_new() returns; a live_class is borrowed for this turn of the loop,
 *          also when it closes in it.
 */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "base/clock.h"
#include "base/error.h"
#include "crew/crew.h"
#include "ingest/ingest.h"
#include "net/net.h"
#include "records/clerk.h"
#include "shelf/shelf.h"

#define LIVE_WINDOW_MS                                                                             \
    (10 * 60 * 1000) /* interrupted or failed for longer: closed, unless told otherwise */
/* a publisher that is there but sends nothing: interrupted, and after the second time let go */
#define LIVE_SILENT_MS 3000
#define LIVE_MUTE_MS 15000
#define LIVE_TAKEOVER_MS 1000 /* silent for so long: who stands by takes over */
#define LIVE_BARREN_MS                                                                             \
    12000 /* what it sends became no media for so long (a cold start takes up to 8 s): likewise */
#define LIVE_STEADY_MS                                                                             \
    10000 /* the main encoder is back for good: it has sent so long without a break */
#define LIVE_HELD_MAX 240         /* frames or pieces read while the worker before was leaving */
#define LIVE_GAUGE_MS 5000        /* what a worker measured is not known any more after so long */
#define LIVE_NOTE_MS 60000        /* so long a master is told what a worker has noticed */
#define LIVE_WIDEN_MS 120000      /* a reduced class stays so at least as long */
#define LIVE_WIDEN_GAP_MS 10000   /* between two of them that are not any more */
#define LIVE_REHIRE_FIRST_MS 1000 /* after a worker's death; doubles */
#define LIVE_REHIRE_MAX_MS 30000
#define LIVE_DEATHS_MAX 5    /* of one class's workers within LIVE_DEATHS_MS: failed */
#define LIVE_DEATHS_MS 60000 /* also how long a failed class takes no publisher */
/* how long ago a cut may be that the shelf must know of: longer than any pass is good for */
#define LIVE_CUT_KNOWN_MS (24 * 3600 * 1000LL)
#define LIVE_KEY_CHARS 32
#define LIVE_CLASSES_MAX 4096 /* not closed, in memory; one more: BUSY */
#define LIVE_TITLE_CHARS 60
#define LIVE_REASON_CHARS 200
#define LIVE_PLAN_MS (366 * 24 * 3600 * 1000LL) /* how far ahead a class may be planned */
#define LIVE_PLAN_MINUTES 45                    /* how long it is planned to last, unless said */
#define LIVE_PLAN_MINUTES_MIN 5
#define LIVE_PLAN_MINUTES_MAX 720

typedef enum {
    CLASS_PLANNED,
    CLASS_WAITING,
    CLASS_ON_AIR,
    CLASS_INTERRUPTED,
    CLASS_CLOSING,
    CLASS_CLOSED,
    CLASS_FAILED
} class_state;
const char *class_state_word(class_state state); /* "on_air" */
bool class_state_parse(const char *word, class_state *state);

typedef struct {
    char id[33];
    char title_id[33];
    char title[256];    /* at most 60 characters */
    char course_id[33]; /* "" : none */
    char key[LIVE_KEY_CHARS + 1];
    char backup_key[LIVE_KEY_CHARS + 1]; /* who comes with it stands by */
    int64_t master;
    char master_name[204];
    class_state state;
    int64_t planned_ms;                        /* UTC; 0: at once */
    int64_t created_ms, started_ms, closed_ms; /* UTC; 0: not yet */
    char
        trouble[256]; /* last thing the master should know: "" or a sentence, Chinese and English */
    char publisher[128]; /* "rtmp 127.0.0.1 FMLE/3.0": while one is on air */
    char standby[128];   /* likewise: while another stands by */
    bool on_backup;      /* who is on air came with the backup key */
    /* UTC: an interrupted class is closed then unless its publisher is back; 0: it has one */
    int64_t kept_until_ms;
    int64_t cut_ms; /* UTC: staff cut it off, nobody may watch it; 0: no */
    char cut_reason[LIVE_REASON_CHARS * 4 + 1]; /* why; for its master */
    bool pattern; /* the demo's own class: the worker makes the picture */
} live_class;

/* How a publisher is doing. */
typedef struct {
    const char *publisher; /* "rtmp 127.0.0.1 FMLE/3.0", borrowed for this turn */
    const char *session;   /* as ingest_publisher; may be NULL */
    bool way_known;        /* its protocol tells of its way: */
    ingest_health way;
    bool media_known; /* its worker told of its media just now: */
    wire_gauge media;
} live_vitals;

typedef struct live live;

/* Facts for other rooms; wired by main. */
typedef struct {
    gpointer user;
    void (*on_state)(gpointer user, const live_class *is); /* after every lawful move */
    /*
     * Clerk's thread, in the transaction that keeps CLOSED: what follows from the end of its title. May be called
     * again for one that was recorded. May be NULL.
     */
    bool (*record_end)(records *db, const char *title_id, int64_t content_ms, GError **error);
    /* It stands in the database. May be NULL. */
    void (*on_ended)(gpointer user, const char *title_id);
    /* A key is good for publishing from now on, or no longer. May be NULL. */
    void (*on_key)(gpointer user, const char *key, bool good);
    /* About once a second while a publisher is there, and once when it is gone. May be NULL. */
    void (*on_health)(gpointer user, const live_class *is);
} live_news;

/* All borrowed; news is copied. The clerk must be freed after live, the net after both. */
live *live_new(net *net, clerk *clerk, crew *crew, shelf *shelf, base_clock *clock,
               const live_news *news);
/* How far viewers stay behind: parts of 0.333 s, a hold-back of 1 s; or of 0.2 s and 0.8 s. */
typedef enum { LIVE_LATENCY_STANDARD, LIVE_LATENCY_LOW } live_latency;
/* For titles that begin from now on; one that has begun keeps its own. STANDARD until told. */
void live_set_latency(live *live, live_latency latency);
/* How long an interrupted or failed class waits for its publisher; from the next interruption on. */
void live_set_window(live *live, int64_t window_ms);
/* Publishers are cut, workers disowned (crew_free sees them out). NULL is fine. */
void live_free(live *live);
/*
 * Before the loop runs: loads every class that is not closed; on_air ones become interrupted, pattern
 * ones are hired again, what was closing is closed. Only reads the database.
 */
bool live_start(live *live, records *db, GError **error);

/* The table for ingest adapters. */
const ingest_ops *live_ingest(live *live);

/* Does this class take a publisher now? CONFLICT with the reason; BUSY while the server goes down. */
bool live_may_publish(live *live, const char *id, GError **error);

/* Clerk side of making a class: ids, key, row. INPUT errors name the field. */
bool live_class_insert(records *db, base_clock *clock, const char *title, int64_t master,
                       const char *master_name, const char *course_id, int64_t planned_ms,
                       bool pattern, live_class *made, GError **error);
/* Loop side, before a class is made: is there room for one more? BUSY. */
bool live_may_add(const live *live, GError **error);
/* Loop side: it may be published from now on. */
void live_add(live *live, const live_class *made);

typedef struct {
    int minutes;
    int64_t sequence;   /* how often it was changed */
    int64_t changed_ms; /* UTC */
} live_plan;
/* Clerk side. */
bool live_plan_read(records *db, const live_class *is, live_plan *plan, GError **error);
/*
 * Another title, time and length. Clerk side, *is becomes what it says; INPUT as when it was made, CONFLICT
 * "class_begun" when the time of what is or was on air is to change. Loop side, after it: a class that waited and has
 * nobody publishing may become planned again.
 */
bool live_class_edit(records *db, base_clock *clock, live_class *is, const char *title,
                     int64_t planned_ms, int minutes, GError **error);
void live_edited(live *live, const live_class *is);

/* In memory or NULL. */
const live_class *live_find(live *live, const char *id);
const live_class *live_find_title(live *live, const char *title_id);
/* The master ends it. CONFLICT if it is closed already; MISSING if unknown. */
bool live_close(live *live, const char *id, GError **error);
/*
 * Staff cut a class off. Clerk side: the fact (CONFLICT if it is one already). Loop side, after it:
 * the publisher is cut, its key is dead, and the shelf gives nothing of the title any more; also for
 * a class that is closed. `is` brings the reason.
 */
bool live_class_cut(records *db, base_clock *clock, const char *id, const char *reason,
                    GError **error);
void live_cut(live *live, const live_class *is);
/* New keys, of the class that is returned; the old ones' publishers are cut. NULL: as live_close(). */
const live_class *live_new_keys(live *live, const char *id, GError **error);
/* This master may not sign in any more: the keys of all their classes are new, and nobody is told them. */
void live_bar(live *live, int64_t master);
/* Clerk side: any class by id, closed ones too; MISSING. */
bool live_class_read(records *db, const char *id, live_class *is, GError **error);
bool live_class_read_title(records *db, const char *title_id, live_class *is, GError **error);
/*
 * Clerk side: what is on air, what waits, what is planned (the soonest first), then the rest; the newest
 * first. states: mask of 1 << class_state; master 0: everybody's; limit at most 100.
 */
GArray *live_class_list(records *db, guint states, int64_t master, int limit, GError **error);

/*
 * Has a worker make a test picture of this length as a new title, in a hidden directory until it is
 * whole. done is called once, with the title's id or an error; not at all when the house goes down
 * first.
 */
typedef void (*live_made)(gpointer user, const char *title_id, const GError *error);
bool live_make_pattern_title(live *live, const char *label, int64_t length_ms, live_made done,
                             gpointer user, GError **error);

/*
 * SIGTERM: publishers are told, workers leave in order; on_air classes stay interrupted for the
 * next start.
 */
void live_drain(live *live);
/* How the publisher is doing. False: none is there. */
bool live_health(const live *live, const char *id, live_vitals *vitals);
void live_metrics(const live *live, GString *out);

#endif
