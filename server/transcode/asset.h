/*
 * Assets: what became of each uploaded file.
 *
 * A row holds the file's own facts, what the probe found in it, and the title that was made of it. Its state follows
 * the moves of its jobs (job.h). It knows no workers and no HTTP.
 *
 * Runs on: the clerk's thread, but for the words and asset_fits().
 * Memory:  asset_clear() frees what a read asset holds; arrays free it themselves.
 */
#ifndef TRANSCODE_ASSET_H
#define TRANSCODE_ASSET_H

#include "base/clock.h"
#include "people/people.h"
#include "records/records.h"
#include "school/use.h"

#define ASSET_NAME_CHARS 120  /* the longer rest of a file's name is cut off */
#define ASSET_PAGE_MAX 50     /* in one list */
#define ASSET_LOOKED_MAX 5000 /* rows a search reads before it says "ask on from here" */
#define ASSET_FACTS_MAX 16384 /* bytes of a probe's JSON */
#define ASSET_HANDOUT_MAX (64LL << 20)
#define ASSET_WORDS_MAX 401 /* bytes of a trouble's sentences, cut between characters */

typedef enum { ASSET_VIDEO, ASSET_AUDIO, ASSET_HANDOUT } asset_kind;
const char *asset_kind_word(asset_kind kind); /* "video" */
bool asset_kind_parse(const char *word, asset_kind *kind);

typedef enum {
    ASSET_PROBING,
    ASSET_REFUSED, /* it cannot be used: trouble says why */
    ASSET_QUEUED,
    ASSET_TRANSCODING,
    ASSET_PAUSED,
    ASSET_READY,
    ASSET_FAILED, /* it could be tried again */
    ASSET_CANCELLED
} asset_state;
const char *asset_state_word(asset_state state); /* "probing" */
bool asset_state_parse(const char *word, asset_state *state);

/* Why something cannot go on. code "": nothing is wrong. */
typedef struct {
    char code[33];                /* a stable word, the page translates it */
    char found[ASSET_WORDS_MAX];  /* what was found, in a few words */
    char detail[ASSET_WORDS_MAX]; /* for whoever has to act, a sentence of a machine */
} trouble;

/* What fits of it, cut between characters; NULL is "". */
void words_fit(char *out, gsize size, const char *text);
void trouble_set(trouble *is, const char *code, const char *found, const char *detail);

typedef struct {
    char id[33];
    char upload_id[65];
    char name[ASSET_NAME_CHARS * 4 + 1];
    asset_kind kind;
    int64_t bytes;
    char sha256[65];
    int64_t owner;
    char owner_name[PERSON_NAME_MAX * 4 + 1];
    int64_t created_ms;
    asset_state state;
    char *facts; /* JSON of the probe; NULL: nothing yet; owned */
    trouble trouble;
    char title_id[33]; /* "": none */
    int64_t duration_ms;
    char rungs[129]; /* "720p,480p,audio" */
    bool source_kept;
} asset;

void asset_clear(asset *is);
/* Array of asset that clears them. */
GArray *assets_new(void);

/* MISSING "asset_missing". */
bool asset_read(records *db, const char *id, asset *is, GError **error);
/* *found false: there is none. */
bool asset_of_upload(records *db, const char *upload_id, asset *is, bool *found, GError **error);
bool asset_of_title(records *db, const char *title_id, asset *is, bool *found, GError **error);
bool asset_save(records *db, const asset *is, GError **error);

/* INPUT "name" when it is empty or no text. */
bool asset_rename(records *db, asset *is, const char *name, GError **error);

/* Who may see it and work with it: its owner, staff, administrators. */
bool asset_may(const person *who, int64_t owner);

typedef struct {
    int64_t owner;     /* 0: everybody's */
    int state, kind;   /* -1: any */
    const char *words; /* in the name, whatever the case; NULL: any */
    const char *after; /* what a page before gave as next; NULL, "": from the newest */
} asset_search;

bool asset_fits(const asset *is, const asset_search *search);
#define ASSET_CURSOR_MAX 64 /* bytes of a place between two pages */
/*
 * Newest first, at most ASSET_PAGE_MAX. next: "" or where to ask on from, also after an empty page. INPUT "bad_after".
 * For a connection that reads: a search looks at many rows.
 */
GArray *asset_list(records *db, const asset_search *search, char next[ASSET_CURSOR_MAX],
                   GError **error);

/* Lessons that show or give it, also in a version from before or in a draft. Array of school_use, yours. */
GArray *asset_uses(records *db, const asset *is, GError **error);

/*
 * It, its jobs, its title and its file go; the files later, by storage_sweep(). CONFLICT "asset_used" when a course has
 * it, "asset_in_draft" when the draft of one has, "asset_busy" when a worker is at it (cancel first) or it is still being
 * taken in.
 */
bool asset_remove(records *db, base_clock *clock, const asset *is, GError **error);
/* The file alone goes, its title stays. CONFLICT "asset_busy" until that is ready. */
bool asset_drop_source(records *db, base_clock *clock, asset *is, GError **error);

#endif
