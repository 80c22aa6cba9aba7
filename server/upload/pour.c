/*
 * One body on its way into its file: two pieces of memory in turns, one being filled by the net while the other is
 * written on the pool; from time to time what was written is synced and the row says so.
 *
 * pour_step() looks at what is the case and starts whatever can be started; every event ends in it. At most one read,
 * one task of the pool and one of the clerk are under way.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "upload/inside.h"

typedef enum { SLAB_FREE, SLAB_FILLING, SLAB_FULL, SLAB_WRITING } slab_state;

typedef struct {
    guint8 *bytes;
    gsize length;
    slab_state state;
} slab;

/* What one trip to the pool does. Touched by the pool between post and done. */
typedef struct {
    slab *slab; /* to be written; NULL: nothing */
    bool sync, seal;
    GError *error;
} chore;

typedef struct {
    upload_done on_done;
    gpointer user;
    int64_t target; /* to be certain first */
} asker;

struct pour {
    upload_desk *desk;
    GList link;
    request *request;
    char id[UPLOAD_ID_CHARS + 1];
    int64_t owner, offset; /* as the client says */
    bool checked;          /* it has a checksum: all or nothing */
    words_checksum checksum;
    upload_done on_done;
    gpointer user;

    upload is;                    /* the row as it was when this began; nothing before has_turn */
    bool has_turn, looked, flows; /* so far it has come */
    spool_file file;
    slab slabs[2];
    gsize room;       /* of a slab */
    digest *sum;      /* SHA-256 of everything up to `written`; NULL: not known */
    digest *body_sum; /* for the checksum */
    digest *sum_before;
    int64_t came, written, synced,
        settled; /* offsets: from the net, in the file, on disk, in the row */
    int64_t settling;
    int64_t settled_ms;
    bool ended, sealed; /* no more comes; the checksum was looked at */
    bool dropped;       /* nothing more of it is wanted */
    bool at_pool, at_clerk;
    chore chore;
    GQueue askers; /* of asker */
    GError *error;
};

GError *upload_busy(const char *id)
{
    GError *error = NULL;
    error_set(&error, ERROR_CONFLICT, "upload_busy", NULL,
              "Upload %s is being sent by another connection", id);
    return error;
}

static void pour_step(pour *p);

/* ---- the end ---- */

static void tell_askers(pour *p, int64_t up_to)
{
    upload is = p->is;
    is.received = p->settled;
    for (asker *a; (a = g_queue_peek_head(&p->askers)) && a->target <= up_to;) {
        g_queue_pop_head(&p->askers);
        a->on_done(a->user, &is, NULL);
        g_free(a);
    }
}

static void pour_clear(pour *p)
{
    for (guint i = 0; i < G_N_ELEMENTS(p->slabs); i++)
        free(p->slabs[i].bytes);
    spool_close(&p->file);
    digest_free(p->sum);
    digest_free(p->body_sum);
    digest_free(p->sum_before);
    g_clear_error(&p->chore.error);
    g_clear_error(&p->error);
    request_unref(p->request);
    g_free(p);
}

static void tell(pour *p)
{
    p->is.received = p->settled;
    tell_askers(p, G_MAXINT64);
    p->on_done(p->user, p->error ? NULL : &p->is, p->error);
}

static void pour_end(pour *p)
{
    upload_desk *desk = p->desk;
    char id[UPLOAD_ID_CHARS + 1];
    memcpy(id, p->id, sizeof id);
    bool whole = p->looked && p->is.state == UPLOAD_OPEN && p->settled == p->is.bytes;
    bool had_turn = p->has_turn;
    g_queue_unlink(&desk->pours, &p->link);
    if (p->checked && p->dropped)
        sum_keep(desk, id, g_steal_pointer(&p->sum_before), p->offset);
    else if (!p->dropped && p->written == p->settled)
        sum_keep(desk, id, g_steal_pointer(&p->sum), p->settled);
    if (whole)
        p->is.state = UPLOAD_WHOLE;
    tell(p);
    if (whole && p->is.shape != UPLOAD_PARTIAL)
        finish_later(desk, id);
    pour_clear(p);
    if (had_turn)
        turn_end(desk, id);
}

void pour_free(gpointer data)
{
    pour *p = data;
    if (!p->error)
        error_set(&p->error, ERROR_BUSY, "stopping", NULL, "The server is stopping");
    g_queue_unlink(&p->desk->pours, &p->link);
    tell(p);
    pour_clear(p);
}

/* Takes the error; the first one stays. */
static void fail(pour *p, GError *error)
{
    if (p->error)
        g_error_free(error);
    else
        p->error = error;
    p->dropped = true;
}

/* ---- on the pool ---- */

static bool sum_is_right(const pour *p)
{
    guint8 sum[DIGEST_BYTES_MAX];
    digest_sum(p->body_sum, sum);
    return memcmp(sum, p->checksum.bytes, p->checksum.length) == 0;
}

/* All or nothing: what cannot be compared, or is wrong, is cut off again. */
static bool seal(pour *p, GError **error)
{
    bool all = request_unread(p->request) == 0;
    if (all && sum_is_right(p))
        return true;
    if (!spool_cut(&p->file, p->offset, error) || !all)
        return false;
    error_set(error, ERROR_CONFLICT, "checksum_mismatch", "Upload-Checksum",
              "The bytes do not have this checksum; nothing of them was kept");
    return false;
}

static bool write_slab(pour *p, const slab *s, GError **error)
{
    if (!spool_write(&p->file, s->bytes, s->length, p->written, error))
        return false;
    if (p->sum)
        digest_add(p->sum, s->bytes, s->length);
    if (p->body_sum)
        digest_add(p->body_sum, s->bytes, s->length);
    return true;
}

/* What is not certain is not told and will be sent again: a disk that is full gets its room back at once. */
static void give_back(const pour *p)
{
    g_autoptr(GError) error = NULL;
    if (!spool_cut(&p->file, p->synced, &error))
        log_warn("upload", "%s: %s", p->id, error->message);
}

static void chore_work(gpointer data)
{
    pour *p = data;
    chore *c = &p->chore;
    bool good = (!c->slab || write_slab(p, c->slab, &c->error)) &&
                (!c->seal || seal(p, &c->error)) && (!c->sync || spool_sync(&p->file, &c->error));
    if (!good && !c->error)
        error_set(&c->error, ERROR_PEER, "left", NULL,
                  "The sender left before the checksum could be compared");
    if (error_is(c->error, ERROR_STORAGE))
        give_back(p);
}

static void chore_done(gpointer data)
{
    pour *p = data;
    chore c = p->chore;
    p->chore = (chore){0};
    p->at_pool = false;
    if (c.slab) {
        p->written += (int64_t)c.slab->length;
        p->desk->counts.bytes += c.slab->length;
        c.slab->state = SLAB_FREE;
    }
    p->sealed |= c.seal;
    if (c.error)
        fail(p, c.error);
    else if (c.sync)
        p->synced = p->written;
    pour_step(p);
}

static void post_chore(pour *p, slab *s, bool sync, bool seals)
{
    GError *error = NULL;
    p->chore = (chore){.slab = s, .sync = sync, .seal = seals};
    p->at_pool = true;
    if (s)
        s->state = SLAB_WRITING;
    if (pool_post(p->desk->pool, chore_work, chore_done, p, &error))
        return;
    p->at_pool = false;
    fail(p, error);
}

/* ---- by the clerk ---- */

static bool settle_job(records *db, gpointer data, GError **error)
{
    pour *p = data;
    return upload_settle(db, p->desk->parts.clock, &p->desk->parts.limits, p->id, p->settling,
                         p->is.bytes, error);
}

static void settle_done(gpointer data, const GError *error)
{
    pour *p = data;
    p->at_clerk = false;
    if (p->desk->stopped)
        return;
    if (error)
        fail(p, g_error_copy(error));
    else
        p->settled = p->settling;
    tell_askers(p, p->settled);
    pour_step(p);
}

static void post_settle(pour *p)
{
    GError *error = NULL;
    p->settling = p->synced;
    p->settled_ms = clock_mono_ms(p->desk->parts.clock);
    p->at_clerk = true;
    if (clerk_post(p->desk->parts.clerk, settle_job, settle_done, p, &error))
        return;
    p->at_clerk = false;
    fail(p, error);
}

/* ---- from the net ---- */

static void take_piece(pour *p, gsize got)
{
    for (guint i = 0; i < G_N_ELEMENTS(p->slabs); i++) {
        slab *s = &p->slabs[i];
        if (s->state != SLAB_FILLING)
            continue;
        s->length = got;
        s->state = got > 0 ? SLAB_FULL : SLAB_FREE;
        p->came += (int64_t)got;
    }
}

static void on_piece(request *r, gsize got, gpointer user)
{
    pour *p = user;
    take_piece(p, got);
    p->ended = p->ended || request_gone(r) || request_unread(r) == 0;
    pour_step(p);
}

static guint8 *slab_new(gsize room)
{
    void *bytes = aligned_alloc(SPOOL_ALIGN, room);
    if (!bytes)
        g_error("upload: no memory for %zu bytes", room);
    return bytes;
}

/* A piece ends where the next one can go past the page cache. */
static void read_into(pour *p, slab *s)
{
    gsize room = p->room - (gsize)(p->came % SPOOL_ALIGN);
    if (!s->bytes)
        s->bytes = slab_new(p->room);
    s->state = SLAB_FILLING;
    if (request_read(p->request, s->bytes, room, on_piece, p))
        return;
    s->state = SLAB_FREE;
    p->ended = true;
}

static slab *slab_in(pour *p, slab_state state)
{
    for (guint i = 0; i < G_N_ELEMENTS(p->slabs); i++)
        if (p->slabs[i].state == state)
            return &p->slabs[i];
    return NULL;
}

/* ---- what next? ---- */

static bool is_due(const pour *p)
{
    return p->ended || p->askers.length > 0 || p->came - p->synced >= UPLOAD_SETTLE_BYTES ||
           clock_mono_ms(p->desk->parts.clock) - p->settled_ms >= UPLOAD_SETTLE_MS;
}

static void next_read(pour *p)
{
    slab *s = p->ended || slab_in(p, SLAB_FILLING) ? NULL : slab_in(p, SLAB_FREE);
    if (s)
        read_into(p, s);
}

/* With a checksum nothing is synced before it was compared. */
static void next_chore(pour *p)
{
    slab *s = slab_in(p, SLAB_FULL);
    int64_t after = p->written + (s ? (int64_t)s->length : 0);
    bool last = p->ended && !slab_in(p, SLAB_FILLING);
    bool seals = p->checked && last && !p->sealed;
    bool sync = after > p->synced && is_due(p) && (!p->checked || last);
    if (!p->at_pool && (s || sync || seals))
        post_chore(p, s, sync, seals);
}

static bool is_over(const pour *p)
{
    return p->ended && !p->at_pool && !p->at_clerk && p->settled == p->came;
}

/* Nothing more is wanted: wait for what is under way, then end. */
static void wind_down(pour *p)
{
    request_read_end(p->request);
    p->ended = true;
    if (!p->at_pool && !p->at_clerk)
        pour_end(p);
}

static void pour_step(pour *p)
{
    if (p->desk->stopped)
        return;
    if (!p->dropped)
        next_chore(p);
    if (!p->dropped)
        next_read(p);
    if (!p->dropped && !p->at_pool)
        next_chore(p); /* the read may have learnt that nothing more comes */
    if (!p->dropped && !p->at_clerk && p->synced > p->settled)
        post_settle(p);
    if (p->dropped)
        wind_down(p);
    else if (is_over(p))
        pour_end(p);
}

bool pour_flows(const pour *p)
{
    return p->flows;
}

/* Before the piece is full: what has come. */
static void take_early(pour *p)
{
    if (request_read_got(p->request) > 0)
        take_piece(p, request_read_end(p->request));
    pour_step(p);
}

void pour_tick(pour *p)
{
    if (pour_flows(p) && !p->ended && !p->dropped && is_due(p))
        take_early(p);
}

void pour_ask(pour *p, upload_done on_done, gpointer user)
{
    int64_t all = p->came + (int64_t)request_read_got(p->request);
    asker *a = g_new0(asker, 1);
    *a = (asker){on_done, user, p->checked ? p->settled : all};
    g_queue_push_tail(&p->askers, a);
    tell_askers(p, p->settled);
    if (p->askers.length > 0)
        take_early(p);
}

void pour_cut(pour *p, bool keep, GError *why)
{
    if (p->dropped) {
        g_error_free(why);
        return;
    }
    if (!keep || !pour_flows(p)) {
        fail(p, why);
        if (p->has_turn)
            pour_step(p);
        return;
    }
    take_piece(p, request_read_end(p->request));
    p->ended = true;
    if (!p->error)
        p->error = why;
    else
        g_error_free(why);
    pour_step(p);
}

/* ---- how it begins: its turn, the row, the file ---- */

static bool may_pour(const pour *p, GError **error)
{
    const upload *is = &p->is;
    int64_t length = request_unread(p->request);
    if (is->shape == UPLOAD_FINAL)
        error_set(error, ERROR_DENIED, "upload_final", NULL, "A final upload takes no bytes");
    else if (is->received != p->offset)
        error_set(error, ERROR_CONFLICT, "upload_offset", "Upload-Offset",
                  "This upload goes on at %" G_GINT64_FORMAT, is->received);
    else if (length > is->bytes - is->received)
        error_set(error, ERROR_TOO_LARGE, "upload_longer", NULL,
                  "The body is longer than what is missing: %" G_GINT64_FORMAT " bytes",
                  is->bytes - is->received);
    else
        return true;
    return false;
}

/* The disk may have filled since the upload was promised its room. */
static bool has_room(const pour *p, GError **error)
{
    int64_t room;
    if (!spool_room(p->desk->spool, &room, error))
        return false;
    if (room - p->desk->parts.limits.reserve_bytes >= request_unread(p->request))
        return true;
    error_set(error, ERROR_TOO_LARGE, "disk_reserve", NULL,
              "The disk has no room for this now; staff have to make some");
    return false;
}

static void open_work(gpointer data)
{
    pour *p = data;
    if (has_room(p, &p->chore.error))
        spool_take(p->desk->spool, p->id, p->offset, &p->file, &p->chore.error);
}

static void begin(pour *p)
{
    int64_t pages = request_unread(p->request) / SPOOL_ALIGN + 2; /* it may begin within one */
    p->room = (gsize)MIN(pages * SPOOL_ALIGN, UPLOAD_PIECE_BYTES);
    p->came = p->written = p->synced = p->settled;
    p->settled_ms = clock_mono_ms(p->desk->parts.clock);
    if (p->is.shape != UPLOAD_PARTIAL)
        p->sum = sum_take(p->desk, p->id, p->offset);
    if (p->checked) {
        p->body_sum = digest_new(p->checksum.kind);
        p->sum_before = p->sum ? digest_copy(p->sum) : NULL;
    }
    p->desk->counts.poured++;
    p->flows = true;
    pour_step(p);
}

static void open_done(gpointer data)
{
    pour *p = data;
    p->at_pool = false;
    GError *error = g_steal_pointer(&p->chore.error);
    if (error)
        fail(p, error);
    if (p->dropped)
        pour_step(p);
    else
        begin(p);
}

static void post_open(pour *p)
{
    GError *error = NULL;
    p->at_pool = true;
    if (pool_post(p->desk->pool, open_work, open_done, p, &error))
        return;
    p->at_pool = false;
    fail(p, error);
    pour_step(p);
}

static bool look_job(records *db, gpointer data, GError **error)
{
    pour *p = data;
    return upload_read(db, p->id, p->owner, &p->is, error) && may_pour(p, error);
}

static void look_done(gpointer data, const GError *error)
{
    pour *p = data;
    p->at_clerk = false;
    if (p->desk->stopped)
        return;
    if (error)
        fail(p, g_error_copy(error));
    p->looked = !p->dropped;
    p->settled = p->looked ? p->is.received : 0;
    if (p->dropped || request_unread(p->request) == 0) { /* an empty body changes nothing */
        p->ended = true;
        p->came = p->settled;
        pour_step(p);
    } else {
        post_open(p);
    }
}

static void on_turn(gpointer data)
{
    pour *p = data;
    GError *error = NULL;
    p->has_turn = true;
    if (p->dropped) {
        pour_step(p);
        return;
    }
    p->at_clerk = true;
    if (clerk_post(p->desk->parts.clerk, look_job, look_done, p, &error))
        return;
    p->at_clerk = false;
    fail(p, error);
    pour_step(p);
}

/* ---- at the door ---- */

pour *pour_of(const upload_desk *desk, const char *id)
{
    for (GList *at = desk->pours.head; at; at = at->next) {
        pour *p = at->data;
        if (p->has_turn && strcmp(p->id, id) == 0)
            return p;
    }
    return NULL;
}

int64_t pour_owner(const pour *p)
{
    return p->owner;
}

static guint pours_of(const upload_desk *desk, int64_t owner)
{
    guint count = 0;
    for (GList *at = desk->pours.head; at; at = at->next)
        count += ((pour *)at->data)->owner == owner;
    return count;
}

/* `leaving`: one that gives its place to the new one; NULL: none does. */
static bool is_free(const upload_desk *desk, int64_t owner, const pour *leaving, GError **error)
{
    guint gone = leaving != NULL;
    bool own = pours_of(desk, owner) - gone >= UPLOAD_PERSON_POURS_MAX;
    if (!own && desk->pours.length - gone < UPLOAD_POURS_MAX)
        return true;
    error_set(error, ERROR_BUSY, "uploads_parallel", NULL,
              own ? "You are sending %d files at once already; wait for one of them"
                  : "Too many files are being sent at once; try again soon",
              UPLOAD_PERSON_POURS_MAX);
    return false;
}

/* A sender that is gone without a word, or going, gives way; one that moves does not. */
static bool gives_way(const pour *p, int64_t owner)
{
    return p->owner == owner && (p->ended || request_silent_ms(p->request) >= UPLOAD_SILENT_MS);
}

static bool admit(upload_desk *desk, const upload_body *body, GError **error)
{
    pour *other = pour_of(desk, body->id);
    if (other && !gives_way(other, body->owner)) {
        g_propagate_error(error, upload_busy(body->id));
        return false;
    }
    if (!is_free(desk, body->owner, other, error))
        return false;
    if (other && !other->ended)
        pour_cut(other, true, upload_busy(other->id));
    return true;
}

void upload_pour(upload_desk *desk, const upload_body *body, upload_done on_done, gpointer user)
{
    g_autoptr(GError) error = NULL;
    if (!admit(desk, body, &error)) {
        on_done(user, NULL, error);
        return;
    }
    pour *p = g_new0(pour, 1);
    p->desk = desk;
    p->link.data = p;
    p->request = request_ref(body->request);
    g_strlcpy(p->id, body->id, sizeof p->id);
    p->owner = body->owner;
    p->offset = body->offset;
    p->checked = body->checksum != NULL;
    if (p->checked)
        p->checksum = *body->checksum;
    p->on_done = on_done;
    p->user = user;
    p->file = SPOOL_CLOSED;
    g_queue_push_tail_link(&desk->pours, &p->link);
    if (turn_take(desk, p->id, on_turn, p))
        return;
    fail(p, upload_busy(p->id));
    pour_end(p);
}
