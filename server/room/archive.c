#include "room/archive.h"

#include "base/log.h"

struct archive {
    clerk *clerk;
    GQueue *waiting; /* of said *, oldest first */
    guint writing;   /* messages the clerk has */
    guint64 lost;
};

typedef struct {
    archive *archive; /* counted: a job may outlive archive_free() */
    GPtrArray *messages;
} batch;

typedef struct {
    archive *archive;
    char title_id[33];
    int most;
    archive_fn fn;
    gpointer data;
    GPtrArray *messages;
} reading;

void said_free(said *s)
{
    if (!s)
        return;
    g_free(s->words);
    g_free(s);
}

static void free_said(gpointer s)
{
    said_free(s);
}

static said *said_copy(const said *s)
{
    said *copy = g_memdup2(s, sizeof *s);
    copy->words = g_strdup(s->words);
    return copy;
}

archive *archive_new(clerk *to)
{
    archive *a = g_rc_box_new0(archive);
    a->clerk = to;
    a->waiting = g_queue_new();
    return a;
}

static void archive_clear(gpointer data)
{
    archive *a = data;
    g_queue_free_full(a->waiting, free_said);
}

static void archive_release(archive *a)
{
    g_rc_box_release_full(a, archive_clear);
}

static void keep_within_bound(archive *a)
{
    while (a->waiting->length > ARCHIVE_WAITING_MAX) {
        said_free(g_queue_pop_head(a->waiting));
        if (a->lost++ % 1000 == 0)
            log_error("room", "messages are being lost: the records do not take them");
    }
}

void archive_add(archive *a, const said *s)
{
    g_queue_push_tail(a->waiting, said_copy(s));
    keep_within_bound(a);
}

/* ---- writing ---- */

static void batch_free(batch *b)
{
    g_ptr_array_unref(b->messages);
    archive_release(b->archive);
    g_free(b);
}

static bool write_job(records *db, gpointer data, GError **error)
{
    batch *b = data;
    for (guint i = 0; i < b->messages->len; i++) {
        const said *s = b->messages->pdata[i];
        if (!records_run(db, error, SQL_ROOM_MESSAGE_ADD, "tiiiitit", s->title_id, s->seq, s->at_ms,
                         s->programme_ms, s->person, s->name, (int64_t)s->host, s->words))
            return false;
    }
    return true;
}

/* Back to the head of the list, in order. */
static void put_back(archive *a, GPtrArray *messages)
{
    while (messages->len > 0)
        g_queue_push_head(a->waiting, g_ptr_array_steal_index(messages, messages->len - 1));
    keep_within_bound(a);
}

static void write_done(gpointer data, const GError *error)
{
    batch *b = data;
    b->archive->writing -= b->messages->len;
    if (error) {
        log_error("room", "messages were not written, trying again: %s", error->message);
        put_back(b->archive, b->messages);
    }
    batch_free(b);
}

static GPtrArray *take_messages(archive *a)
{
    GPtrArray *messages = g_ptr_array_new_with_free_func(free_said);
    while (messages->len < ARCHIVE_BATCH_MAX && a->waiting->length > 0)
        g_ptr_array_add(messages, g_queue_pop_head(a->waiting));
    return messages;
}

static batch *batch_take(archive *a)
{
    batch *b = g_new0(batch, 1);
    b->archive = g_rc_box_acquire(a);
    b->messages = take_messages(a);
    a->writing += b->messages->len;
    return b;
}

bool archive_flush(archive *a)
{
    while (a->waiting->length > 0 && a->clerk) {
        batch *b = batch_take(a);
        if (!clerk_post(a->clerk, write_job, write_done, b, NULL)) {
            a->writing -= b->messages->len;
            put_back(a, b->messages);
            batch_free(b);
            return false;
        }
    }
    return a->waiting->length == 0;
}

/* The loop may not turn any more when this is done: nobody is told, and the job cleans up after itself. */
static bool write_last_job(records *db, gpointer data, GError **error)
{
    bool written = write_job(db, data, error);
    g_ptr_array_unref(((batch *)data)->messages);
    g_free(data);
    return written;
}

static void write_the_rest(archive *a)
{
    while (a->waiting->length > 0) {
        batch *last = g_new0(batch, 1);
        last->messages = take_messages(a);
        guint count = last->messages->len;
        if (clerk_post(a->clerk, write_last_job, NULL, last, NULL))
            continue;
        log_error("room", "%u messages could not be written at the end",
                  count + a->waiting->length);
        g_ptr_array_unref(last->messages);
        g_free(last);
        return;
    }
}

void archive_free(archive *a)
{
    if (!a)
        return;
    write_the_rest(a);
    a->clerk = NULL;
    archive_release(a);
}

/* ---- reading ---- */

static void reading_free(reading *r)
{
    g_ptr_array_unref(r->messages);
    archive_release(r->archive);
    g_free(r);
}

static said *said_from_row(const char *title_id, query *row)
{
    said *s = g_new0(said, 1);
    g_strlcpy(s->title_id, title_id, sizeof s->title_id);
    s->seq = query_int(row, 0);
    s->at_ms = query_int(row, 1);
    s->programme_ms = query_int(row, 2);
    s->person = query_int(row, 3);
    g_strlcpy(s->name, query_text(row, 4), sizeof s->name);
    s->host = query_int(row, 5) != 0;
    s->words = g_strdup(query_text(row, 6));
    return s;
}

static bool read_job(records *db, gpointer data, GError **error)
{
    reading *r = data;
    g_ptr_array_set_size(r->messages, 0);
    query *rows = records_query(db, SQL_ROOM_MESSAGES_LAST, "ti", r->title_id, (int64_t)r->most);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW)
        g_ptr_array_insert(r->messages, 0, said_from_row(r->title_id, rows));
    return step == QUERY_END;
}

static void read_done(gpointer data, const GError *error)
{
    reading *r = data;
    if (r->archive->clerk) /* else: nobody is waiting any more */
        r->fn(r->title_id, r->messages, error, r->data);
    reading_free(r);
}

bool archive_read(archive *a, const char *title_id, int most, archive_fn fn, gpointer data,
                  GError **error)
{
    if (!archive_flush(a)) {
        error_set(error, ERROR_BUSY, "busy", NULL, "The records are busy");
        return false;
    }
    reading *r = g_new0(reading, 1);
    r->archive = g_rc_box_acquire(a);
    g_strlcpy(r->title_id, title_id, sizeof r->title_id);
    r->most = most;
    r->fn = fn;
    r->data = data;
    r->messages = g_ptr_array_new_with_free_func(free_said);
    if (clerk_post(a->clerk, read_job, read_done, r, error))
        return true;
    reading_free(r);
    return false;
}

guint archive_waiting(const archive *a)
{
    return a->waiting->length + a->writing;
}

guint64 archive_lost(const archive *a)
{
    return a->lost;
}
