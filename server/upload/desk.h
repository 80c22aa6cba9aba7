/*
 * Where files are handed in: bodies poured into the spool, one at a time per upload; what is asked, ended and expired;
 * what is left to do when all bytes are there (parts joined, SHA-256), and the fact told until somebody takes it.
 *
 * Bytes are written and synced on threads of its own, then the row says so by the clerk, then the answer goes out. It
 * knows no HTTP words and not what becomes of a file.
 *
 * Runs on: the loop.
 * Memory:  you own what upload_desk_new() returns; every upload_done is called exactly once, at the latest by
 *          upload_desk_free().
 */
#ifndef UPLOAD_DESK_H
#define UPLOAD_DESK_H

#include "net/net.h"
#include "records/clerk.h"
#include "upload/upload.h"
#include "upload/words.h"

#define UPLOAD_PERSON_POURS_MAX                                                                    \
    8 /* bodies of one person at once: a browser has six connections; more: BUSY */
#define UPLOAD_POURS_MAX 48 /* bodies at once; each holds up to two pieces of memory; more: BUSY */
#define UPLOAD_PIECE_BYTES (1024 * 1024) /* read and written at once */
#define UPLOAD_SETTLE_BYTES                                                                        \
    (64LL * 1024 * 1024)      /* at most so many bytes are not acknowledged yet, */
#define UPLOAD_SETTLE_MS 2000 /* and none for longer than this: what kill -9 may lose */
#define UPLOAD_SILENT_MS 2000 /* a sender that has been silent so long gives way to the next */
#define UPLOAD_WAITERS_MAX 8  /* who wait for one upload to be free; more: CONFLICT "upload_busy" */
#define UPLOAD_TELL_MS 30000  /* a complete upload nobody took is told again */

typedef struct upload_desk upload_desk;

typedef struct {
    net *net;
    clerk *clerk;
    base_clock *clock;
    const char *data_dir;
    upload_limits limits;
    gpointer user;
    /*
     * A complete upload, its file at `path`. Told again every UPLOAD_TELL_MS and after a start, until upload_take() has
     * been committed; who takes it owns the file. Borrowed for the call.
     */
    void (*on_complete)(gpointer user, const upload *is, const char *path);
} upload_desk_parts;

/* STORAGE error when there is no folder to write to. */
upload_desk *upload_desk_new(const upload_desk_parts *parts, GError **error);
/* Before the loop: files are cut to what was acknowledged, strays go, what was being finished goes on. */
bool upload_desk_start(upload_desk *desk, records *db, GError **error);
/* Bodies end where they are, what came of them is kept; their senders are told to come again. */
void upload_desk_drain(upload_desk *desk);
/* The loop is over: nothing goes on. */
void upload_desk_stop(upload_desk *desk);
void upload_desk_free(upload_desk *desk); /* NULL is fine; after the clerk, before the net */

const upload_limits *upload_desk_limits(const upload_desk *desk);
/* Bytes the disk has for us. Any thread; it may wait for the disk. */
bool upload_desk_room(const upload_desk *desk, int64_t *bytes, GError **error);

/* `is` is NULL when there is an error; both are borrowed. */
typedef void (*upload_done)(gpointer user, const upload *is, const GError *error);

/*
 * The body of a streamed request goes into the upload at `offset`. on_done comes when all of it is on disk for certain,
 * or when it cannot be: MISSING; CONFLICT "upload_offset"; CONFLICT "upload_busy" while another body of it is moving;
 * DENIED "upload_final"; TOO_LARGE "upload_longer" or "disk_reserve"; BUSY; STORAGE, "disk_full" too; CONFLICT
 * "checksum_mismatch", nothing changed. All but the last two before a byte is read. When the client leaves, what came
 * is kept, but with a checksum: that could not be compared.
 */
typedef struct {
    request *request;
    const char *id;
    int64_t owner, offset;
    const words_checksum *checksum; /* NULL: none */
} upload_body;
void upload_pour(upload_desk *desk, const upload_body *body, upload_done on_done, gpointer user);

/* How far it is. What its body has sent so far is made certain first. MISSING. */
void upload_ask(upload_desk *desk, const char *id, int64_t owner, upload_done on_done,
                gpointer user);
/* Ends it: a body that is coming is cut off, file and row go. MISSING; CONFLICT as upload_end(). */
void upload_remove(upload_desk *desk, const char *id, int64_t owner, upload_done on_done,
                   gpointer user);
/* One was created that wants no body: a final, or an empty one. */
void upload_created(upload_desk *desk, const upload *is);

void upload_metrics(const upload_desk *desk, GString *out);

#endif
