/*
 * One file on its way in, and the records of all of them: who may begin one, how far it is for certain, what became of
 * it.
 *
 * open > whole (all bytes are on disk) > complete (its SHA-256 is known; told to whoever wants it) > taken. It decides
 * sizes, quotas and lawful moves; it touches no file and knows no HTTP.
 *
 * Runs on: the clerk's thread, but for the words.
 * Memory:  an upload is a value; lists are yours (g_array_unref).
 */
#ifndef UPLOAD_UPLOAD_H
#define UPLOAD_UPLOAD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "records/records.h"

#define UPLOAD_ID_CHARS 12
#define UPLOAD_NAME_MAX 255      /* bytes of a file's name, in UTF-8 */
#define UPLOAD_METADATA_MAX 2048 /* bytes of Upload-Metadata: it is given back as it came */
#define UPLOAD_PARTS_MAX 64      /* partial uploads of one final */
#define UPLOAD_OPEN_MAX 200      /* uploads of one person that are not taken; more: BUSY */

typedef enum { UPLOAD_OPEN, UPLOAD_WHOLE, UPLOAD_COMPLETE, UPLOAD_TAKEN } upload_state;
typedef enum { UPLOAD_SINGLE, UPLOAD_PARTIAL, UPLOAD_FINAL } upload_shape;
typedef enum { UPLOAD_MEDIA, UPLOAD_HANDOUT } upload_kind;

const char *upload_state_word(upload_state state); /* "open" */
const char *upload_shape_word(upload_shape shape); /* "single" */
const char *upload_kind_word(upload_kind kind);    /* "media" */
bool upload_kind_parse(const char *word, upload_kind *kind);
bool upload_id_ok(const char *id); /* could be one of ours */

typedef struct {
    char id[UPLOAD_ID_CHARS + 1];
    int64_t bytes;
} upload_part;

typedef struct {
    char id[UPLOAD_ID_CHARS + 1];
    int64_t owner;
    char name[UPLOAD_NAME_MAX + 1];
    upload_kind kind;
    char metadata[UPLOAD_METADATA_MAX + 1];
    int64_t bytes, received; /* declared; on disk for certain */
    upload_state state;
    upload_shape shape;
    guint part_count; /* of a final one */
    upload_part parts[UPLOAD_PARTS_MAX];
    char into[UPLOAD_ID_CHARS + 1]; /* of a partial one: the final that takes it, or "" */
    char sha256[65];                /* hexadecimal; "" until it is complete */
    int64_t created_ms, expires_ms; /* UTC; every byte that comes puts the end off */
} upload;

typedef struct {
    int64_t max_bytes;     /* of one upload */
    int64_t handout_bytes; /* of one that is a handout */
    int64_t quota_bytes;   /* of all that are not taken */
    int64_t person_bytes;  /* of one person's */
    int64_t reserve_bytes; /* of the disk that stay free */
    int64_t expire_ms;     /* without a byte: over */
} upload_limits;

/* What somebody wants to bring. A final one has parts, and its size is theirs. */
typedef struct {
    int64_t owner;
    char name[UPLOAD_NAME_MAX + 1];
    upload_kind kind;
    char metadata[UPLOAD_METADATA_MAX + 1];
    int64_t bytes;
    upload_shape shape;
    guint part_count;
    char parts[UPLOAD_PARTS_MAX][UPLOAD_ID_CHARS + 1];
} upload_wish;

/*
 * Room for it is promised from now on. free_bytes: of the spool's disk. TOO_LARGE "upload_too_large", "handout_too_large",
 * "quota_person", "quota_house" or "disk_reserve"; BUSY "uploads_many"; of a final: MISSING "upload_missing", CONFLICT
 * "part_unfinished" or "part_joined". The same parts asked for again give the final
 * there is, also when it was taken, until its row expires.
 */
bool upload_create(records *db, base_clock *clock, const upload_limits *limits,
                   const upload_wish *wish, int64_t free_bytes, upload *made, GError **error);

/* MISSING "upload_missing", also when it is somebody else's. owner 0: whoever's. */
bool upload_read(records *db, const char *id, int64_t owner, upload *is, GError **error);

/* Of one person, those that are not taken, newest first: UPLOAD_OPEN_MAX at most. */
GArray *upload_list(records *db, int64_t owner, GError **error);
/* All of a state, in order of id, a page behind `after` ("" for the first). */
GArray *upload_in_state(records *db, upload_state state, const char *after, int limit,
                        GError **error);
/* Bytes of that person that are here or promised. */
bool upload_used(records *db, int64_t owner, int64_t *bytes, GError **error);

/* So much is on disk for certain; all of it: whole. MISSING "upload_missing" when it is over meanwhile. */
bool upload_settle(records *db, base_clock *clock, const upload_limits *limits, const char *id,
                   int64_t received, int64_t bytes, GError **error);
/* Of a whole one. MISSING as above. */
bool upload_complete(records *db, const char *id, const char *sha256, GError **error);

/*
 * Of a complete one: its file is the caller's from the commit on, and the fact is told no more. To be called in the
 * transaction that keeps what it became. Fine when it was taken before; CONFLICT "upload_unfinished".
 */
bool upload_take(records *db, base_clock *clock, const upload_limits *limits, const char *id,
                 GError **error);

/*
 * Forgets it. A final's parts are free again. CONFLICT "upload_complete" (what it became is ended elsewhere) or
 * "part_joined".
 */
bool upload_end(records *db, const upload *is, GError **error);
/* A part whose bytes stand in its final: forgotten. */
bool upload_eaten(records *db, const char *id, GError **error);
/* Forgets those that are over, at most so many at once: their ids, for the files. */
GPtrArray *upload_expire(records *db, base_clock *clock, int limit, GError **error);

#endif
