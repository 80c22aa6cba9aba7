/*
 * What is left to do when all bytes are there: a final's parts are joined, the SHA-256 is completed, the file gets its
 * name, the row its sum. One upload after the other, slice by slice, so that whoever wants one gets a turn between.
 *
 * A part that stands in its final is gone from the records in the same transaction, and from the disk after it: a final
 * needs no more room than its largest part beside it, and goes on there after a start.
 */
#include <string.h>

#include "base/log.h"
#include "upload/inside.h"

#define FINISH_SLICE (64LL * 1024 * 1024) /* bytes of one task of the pool */
#define FINISH_AGAIN_MS 10000             /* after the disk or the records failed */

struct finish {
    upload_desk *desk;
    char id[UPLOAD_ID_CHARS + 1];
    upload is;
    spool_file file;                 /* of a final being joined */
    int64_t joined;                  /* bytes in it */
    char eaten[UPLOAD_ID_CHARS + 1]; /* the part that is in, and goes */
    digest *sum;
    int64_t summed;
    int64_t slice; /* of the task under way */
    GError *error; /* of it */
    char *hex;
    net_timer *again;
};

static void step(finish *f);

void finish_free(finish *f)
{
    if (!f)
        return;
    spool_close(&f->file);
    digest_free(f->sum);
    net_timer_free(f->again);
    g_clear_error(&f->error);
    g_free(f->hex);
    g_free(f);
}

static void end(finish *f)
{
    upload_desk *desk = f->desk;
    char id[UPLOAD_ID_CHARS + 1];
    memcpy(id, f->id, sizeof id);
    desk->finish = NULL;
    finish_free(f);
    turn_end(desk, id);
    finish_next(desk);
}

static void put_off(finish *f)
{
    sum_keep(f->desk, f->id, g_steal_pointer(&f->sum), f->summed);
    g_queue_push_tail(&f->desk->unfinished, g_strdup(f->id));
    end(f);
}

static void again(gpointer data)
{
    put_off(data);
}

/* One that is gone meanwhile needs nothing; else the disk or the records failed, and may not the next time. */
static void failed(finish *f, const GError *error)
{
    if (error_is(error, ERROR_MISSING)) {
        end(f);
        return;
    }
    log_error("upload", "upload %s cannot be finished yet: %s", f->id, error->message);
    f->again = net_timer_new(f->desk->parts.net, FINISH_AGAIN_MS, 0, again, f);
}

/* ---- tasks ---- */

static void to_clerk(finish *f, clerk_job job, clerk_done done)
{
    g_autoptr(GError) error = NULL;
    if (!clerk_post(f->desk->parts.clerk, job, done, f, &error))
        failed(f, error);
}

static void to_pool(finish *f, void (*work)(gpointer data), void (*done)(gpointer data))
{
    g_autoptr(GError) error = NULL;
    if (!pool_post(f->desk->pool, work, done, f, &error))
        failed(f, error);
}

/* Back from the pool: false when it failed. */
static bool worked(finish *f)
{
    g_autoptr(GError) error = g_steal_pointer(&f->error);
    if (error)
        failed(f, error);
    return !error;
}

/* ---- joining ---- */

/* The part that covers f->joined, and where in it that is. NULL: all are in. */
static const upload_part *part_now(const finish *f, int64_t *from)
{
    int64_t start = 0;
    for (guint i = 0; i < f->is.part_count; i++) {
        const upload_part *part = &f->is.parts[i];
        if (f->joined < start + part->bytes) {
            *from = f->joined - start;
            return part;
        }
        start += part->bytes;
    }
    return NULL;
}

static bool joins_all_of(const finish *f)
{
    int64_t from;
    const upload_part *part = part_now(f, &from);
    return from + f->slice == part->bytes;
}

static bool join_slice(finish *f, GError **error)
{
    int64_t from;
    const upload_part *part = part_now(f, &from);
    f->slice = MIN(FINISH_SLICE, part->bytes - from);
    if (f->file.fd < 0 && !spool_take(f->desk->spool, f->id, f->joined, &f->file, error))
        return false;
    return spool_copy(f->desk->spool, part->id, from, f->slice, &f->file, f->joined, error) &&
           (!joins_all_of(f) || spool_sync(&f->file, error));
}

static void join_work(gpointer data)
{
    finish *f = data;
    join_slice(f, &f->error);
}

static bool eat_job(records *db, gpointer data, GError **error)
{
    const finish *f = data;
    return upload_settle(db, f->desk->parts.clock, &f->desk->parts.limits, f->id, f->joined,
                         f->is.bytes, error) &&
           upload_eaten(db, f->eaten, error);
}

static void drop_work(gpointer data)
{
    const finish *f = data;
    spool_drop(f->desk->spool, f->eaten);
}

static void drop_done(gpointer data)
{
    step(data);
}

static void eat_done(gpointer data, const GError *error)
{
    finish *f = data;
    if (f->desk->stopped)
        return;
    if (error)
        failed(f, error);
    else
        to_pool(f, drop_work, drop_done);
}

static void join_done(gpointer data)
{
    finish *f = data;
    if (!worked(f))
        return;
    bool part_is_in = joins_all_of(f);
    if (part_is_in) {
        int64_t from;
        g_strlcpy(f->eaten, part_now(f, &from)->id, sizeof f->eaten);
    }
    f->joined += f->slice;
    if (part_is_in)
        to_clerk(f, eat_job, eat_done);
    else
        step(f);
}

/* ---- its sum, its name, its row ---- */

/* No body ever made its file. */
static bool make_empty(const finish *f, GError **error)
{
    spool_file file;
    bool made = spool_take(f->desk->spool, f->id, 0, &file, error);
    spool_close(&file);
    return made;
}

static bool sum_slice(finish *f, GError **error)
{
    f->slice = MIN(FINISH_SLICE, f->is.bytes - f->summed);
    if (f->is.bytes == 0 && !make_empty(f, error))
        return false;
    int64_t to = f->summed + f->slice;
    if (!spool_digest(f->desk->spool, f->id, f->sum, f->summed, to, error) ||
        (to == f->is.bytes && !spool_whole(f->desk->spool, f->id, error)))
        return false;
    if (to == f->is.bytes)
        f->hex = digest_hex(f->sum);
    return true;
}

/* A sum that may have eaten part of a slice, or all of it, is no sum of `summed` bytes: it is begun anew. */
static void sum_work(gpointer data)
{
    finish *f = data;
    if (sum_slice(f, &f->error))
        return;
    digest_free(f->sum);
    f->sum = NULL;
}

static bool complete_job(records *db, gpointer data, GError **error)
{
    const finish *f = data;
    for (guint i = 0; i < f->is.part_count; i++) /* those without a byte were never eaten */
        if (!upload_eaten(db, f->is.parts[i].id, error))
            return false;
    return upload_complete(db, f->id, f->hex, error);
}

static void complete_done(gpointer data, const GError *error)
{
    finish *f = data;
    upload_desk *desk = f->desk;
    if (desk->stopped)
        return;
    if (error) {
        failed(f, error);
        return;
    }
    desk->counts.completed++;
    log_info("upload", "upload %s is complete: %" G_GINT64_FORMAT " bytes, %s", f->id, f->is.bytes,
             upload_kind_word(f->is.kind));
    f->is.state = UPLOAD_COMPLETE;
    g_strlcpy(f->is.sha256, f->hex, sizeof f->is.sha256);
    g_autofree char *path = spool_path(desk->spool, f->id);
    desk->parts.on_complete(desk->parts.user, &f->is, path);
    end(f);
}

static void sum_done(gpointer data)
{
    finish *f = data;
    if (!worked(f))
        return;
    f->summed += f->slice;
    if (f->hex)
        to_clerk(f, complete_job, complete_done);
    else
        step(f);
}

/* ---- one after the other ---- */

static void begin_sum(finish *f)
{
    int64_t at = sum_at(f->desk, f->id);
    f->summed = CLAMP(at, 0, f->is.bytes);
    f->sum = sum_take(f->desk, f->id, f->summed);
}

static void step(finish *f)
{
    int64_t from;
    if (turn_is_wanted(f->desk, f->id)) {
        put_off(f);
        return;
    }
    if (part_now(f, &from)) {
        to_pool(f, join_work, join_done);
        return;
    }
    if (!f->sum)
        begin_sum(f);
    to_pool(f, sum_work, sum_done);
}

static bool look_job(records *db, gpointer data, GError **error)
{
    finish *f = data;
    return upload_read(db, f->id, 0, &f->is, error);
}

static bool is_unfinished(const upload *is)
{
    return is->state == UPLOAD_WHOLE ? is->shape != UPLOAD_PARTIAL
                                     : is->state == UPLOAD_OPEN && is->shape == UPLOAD_FINAL;
}

static void look_done(gpointer data, const GError *error)
{
    finish *f = data;
    if (f->desk->stopped)
        return;
    if (error) {
        failed(f, error);
    } else if (!is_unfinished(&f->is)) {
        end(f);
    } else {
        f->joined = f->is.shape == UPLOAD_FINAL ? f->is.received : 0;
        step(f);
    }
}

static void on_turn(gpointer data)
{
    to_clerk(data, look_job, look_done);
}

void finish_next(upload_desk *desk)
{
    if (desk->finish || desk->stopped)
        return;
    g_autofree char *id = g_queue_pop_head(&desk->unfinished);
    if (!id)
        return;
    finish *f = g_new0(finish, 1);
    f->desk = desk;
    f->file = SPOOL_CLOSED;
    g_strlcpy(f->id, id, sizeof f->id);
    desk->finish = f;
    if (!turn_take(desk, id, on_turn, f)) {
        g_queue_push_tail(&desk->unfinished, g_steal_pointer(&id));
        desk->finish = NULL;
        finish_free(f);
    }
}

void finish_later(upload_desk *desk, const char *id)
{
    g_queue_push_tail(&desk->unfinished, g_strdup(id));
    finish_next(desk);
}
