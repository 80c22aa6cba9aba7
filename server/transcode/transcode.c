#include "transcode/transcode.h"

#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "school/school.h"
#include "transcode/inside.h"

static void on_turn(gpointer data);

guint transcode_seats(int32_t idle)
{
    if (idle < TRANSCODE_IDLE_MIN)
        return 0;
    return (guint)CLAMP(idle / (TRANSCODE_CORES * 1000), 1,
                        CREW_OFFLINE_MAX - TRANSCODE_PROBES_MAX);
}

transcode *transcode_new(const transcode_parts *parts, const transcode_news *news)
{
    transcode *t = g_new0(transcode, 1);
    t->parts = *parts;
    t->news = *news;
    t->works = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)work_free);
    t->intakes = intakes_new();
    t->turn = net_timer_new(parts->net, TRANSCODE_TURN_MS, TRANSCODE_TURN_MS, on_turn, t);
    return t;
}

void transcode_stop(transcode *t)
{
    GHashTableIter at;
    gpointer value;
    if (!t)
        return;
    t->stopped = true;
    g_clear_pointer(&t->turn, net_timer_free);
    g_hash_table_iter_init(&at, t->works);
    while (g_hash_table_iter_next(&at, NULL, &value))
        if (((work *)value)->hand)
            crew_disown(g_steal_pointer(&((work *)value)->hand));
}

void transcode_free(transcode *t)
{
    if (!t)
        return;
    transcode_stop(t);
    g_hash_table_unref(t->works);
    g_hash_table_unref(t->intakes);
    g_free(t);
}

bool transcode_start(transcode *t, records *db, GError **error)
{
    storage_disk disk = {0};
    if (!jobs_take_up(db, error) || !queue_read(db, &t->paused, error))
        return false;
    if (t->parts.free_bytes)
        t->free_bytes = t->parts.free_bytes(t->parts.free_bytes_user);
    else if (storage_disk_read(t->parts.storage, &disk, NULL))
        t->free_bytes = disk.free_bytes;
    t->no_room = t->free_bytes < TRANSCODE_RESERVE_BYTES;
    return true;
}

/* ---- those at work ---- */

static guint count_works(const transcode *t, job_kind kind)
{
    GHashTableIter at;
    gpointer value;
    guint count = 0;
    g_hash_table_iter_init(&at, t->works);
    while (g_hash_table_iter_next(&at, NULL, &value))
        count += ((work *)value)->is.kind == kind;
    return count;
}

static gint by_order(gconstpointer a, gconstpointer b)
{
    const work *left = a, *right = b;
    return left->order < right->order ? -1 : left->order > right->order ? 1 : 0;
}

/* The latest stand still first. */
static void share_cores(transcode *t)
{
    guint seats = transcode_seats(crew_idle(t->parts.crew));
    g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(t->works), by_order);
    for (GList *each = all; each; each = each->next) {
        work *w = each->data;
        if (w->is.kind != JOB_TRANSCODE)
            continue;
        work_hold(w, seats == 0);
        seats -= seats > 0;
    }
}

static void all_leave(transcode *t)
{
    GHashTableIter at;
    gpointer value;
    g_hash_table_iter_init(&at, t->works);
    while (g_hash_table_iter_next(&at, NULL, &value))
        work_leave(value);
}

void transcode_drain(transcode *t)
{
    t->draining = true;
    all_leave(t);
}

/* ---- an end, on its way to the database ---- */

typedef struct {
    transcode *owner;
    job is;
    job_outcome end;
    char *facts;
    int64_t content_ms; /* of the title */
} ending;

static void ending_free(ending *e)
{
    g_free(e->facts);
    g_free(e);
}

/* Its title is made, and wanted. */
static bool is_made(const ending *e)
{
    return e->is.state == JOB_DONE && e->end.end == OUTCOME_DONE && *e->end.title_id &&
           !job_outcome_is_stale(&e->is, &e->end);
}

/* Done and ended at once: a lesson whose video is ready waits for nothing. */
static bool settle(records *db, gpointer data, GError **error)
{
    ending *e = data;
    return job_settle(db, e->owner->parts.clock, &e->is, &e->end, error) &&
           (!is_made(e) || school_title_ended(db, e->end.title_id, e->content_ms, error));
}

static int64_t content_of(const transcode *t, const char *title_id)
{
    const title_index *index = *title_id ? shelf_index(t->parts.shelf, title_id, NULL) : NULL;
    return index ? title_index_content_ms(index) : 0;
}

static void count_end(transcode *t, const ending *e)
{
    t->done += e->is.state == JOB_DONE;
    t->failed += e->is.state == JOB_FAILED;
    t->lost += e->end.end == OUTCOME_DIED;
}

/* The database has let go of it. */
static void forget_title(transcode *t, const char *title_id)
{
    if (*title_id)
        shelf_forget(t->parts.shelf, title_id);
    storage_sweep(t->parts.storage);
}

/* What follows from it stands in the database now. dropped: nobody wants its title any more. */
static void tell_end(transcode *t, const ending *e, bool dropped)
{
    count_end(t, e);
    if (dropped)
        forget_title(t, e->end.title_id);
    else if (e->end.drop_source)
        storage_sweep(t->parts.storage);
    if (!dropped && is_made(e) && t->news.on_ended)
        t->news.on_ended(t->news.user, e->end.title_id);
}

static void work_over(work *w, ending *e, bool gone)
{
    transcode *t = w->owner;
    g_hash_table_remove(t->works, w->is.id);
    if (gone)
        e->is.state = JOB_CANCELLED;
    tell_end(t, e, gone || job_outcome_is_stale(&e->is, &e->end));
    transcode_kick(t);
}

static void settled(gpointer data, const GError *error)
{
    ending *e = data;
    transcode *t = e->owner;
    work *w = g_hash_table_lookup(t->works, e->is.id);
    if (w)
        w->settling = false;
    bool gone = error_is(error, ERROR_MISSING); /* its asset was deleted meanwhile */
    if (error && !gone)
        log_warn("transcode", "the end of job %s could not be recorded, trying again: %s", e->is.id,
                 error->message);
    else if (w && !t->stopped)
        work_over(w, e, gone);
    ending_free(e);
}

static void post_end(work *w)
{
    ending *e = g_new0(ending, 1);
    e->owner = w->owner;
    e->is = w->is;
    e->end = w->end;
    e->facts = g_strdup(w->probed);
    e->end.facts = e->facts;
    e->content_ms = content_of(w->owner, w->end.title_id);
    w->settling = clerk_post(w->owner->parts.clerk, settle, settled, e, NULL);
    if (!w->settling)
        ending_free(e);
}

static job_outcome no_hand(const work *w, const GError *error)
{
    job_outcome none = {.end = OUTCOME_NO_HAND};
    g_strlcpy(none.title_id, w->is.title_id, sizeof none.title_id);
    words_fit(none.why, sizeof none.why, error->message);
    return none;
}

/*
 * It was taken again while the one before was leaving: another hand, now. What the one before has finished is finished,
 * unless it was the title of a job that was cancelled meanwhile.
 */
static bool goes_on(work *w)
{
    g_autoptr(GError) error = NULL;
    bool stale = job_outcome_is_stale(&w->is, &w->end);
    if (!w->again || (w->end.end == OUTCOME_DONE && !stale))
        return false;
    w->again = false;
    if (stale)
        forget_title(w->owner, w->end.title_id);
    else
        w->is.done_ms = w->end.done_ms;
    if (work_hire(w, &error))
        return true;
    w->end = no_hand(w, error);
    return false;
}

void transcode_settle(work *w, const job_outcome *outcome)
{
    w->end = *outcome;
    if (!goes_on(w))
        post_end(w);
}

/* ---- who is next? ---- */

typedef struct {
    transcode *owner;
    bool probe, transcode; /* what there is a seat for */
    int64_t room;
    bool found, paused, wait;
    job taken;
    file_facts facts;
} question;

static bool read_facts(records *db, question *q, GError **error)
{
    asset of;
    g_autoptr(GError) unread = NULL;
    if (q->taken.kind == JOB_PROBE)
        return true;
    if (!asset_read(db, q->taken.asset_id, &of, error))
        return false;
    if (!facts_read(of.facts ? of.facts : "", &q->facts, &unread))
        log_warn("transcode", "%s: %s", of.id,
                 unread->message); /* an older probe's: without them */
    asset_clear(&of);
    return true;
}

static bool ask(records *db, gpointer data, GError **error)
{
    question *q = data;
    base_clock *clock = q->owner->parts.clock;
    if (!queue_read(db, &q->paused, error) || !jobs_wait(db, &q->wait, error))
        return false;
    if (q->paused || !q->wait)
        return true;
    if (q->probe && !job_take(db, clock, JOB_PROBE, G_MAXINT64, &q->taken, &q->found, error))
        return false;
    if (!q->found && q->transcode &&
        !job_take(db, clock, JOB_TRANSCODE, q->room, &q->taken, &q->found, error))
        return false;
    return !q->found || read_facts(db, q, error);
}

static void begin(transcode *t, const question *q)
{
    g_autoptr(GError) error = NULL;
    work *w = g_hash_table_lookup(t->works, q->taken.id);
    t->taken++;
    if (w) {
        w->again = true;
        w->is = q->taken;
        w->facts = q->facts;
        return;
    }
    w = g_new0(work, 1);
    w->owner = t;
    w->is = q->taken;
    w->facts = q->facts;
    w->order = t->orders++;
    g_hash_table_insert(t->works, w->is.id, w);
    if (work_hire(w, &error))
        return;
    job_outcome none = no_hand(w, error);
    transcode_settle(w, &none);
}

static void answered(gpointer data, const GError *error)
{
    question *q = data;
    transcode *t = q->owner;
    t->asking = false;
    if (error)
        log_warn("transcode", "the queue cannot be read: %s", error->message);
    else if (!t->stopped) {
        t->paused = q->paused;
        t->quiet = !q->wait && !t->ask_again;
        if (q->found)
            begin(t, q);
        if (q->found || t->ask_again)
            transcode_kick(t);
    }
    g_free(q);
}

static void ask_now(transcode *t)
{
    guint seats = transcode_seats(crew_idle(t->parts.crew));
    question *q = g_new0(question, 1);
    q->owner = t;
    q->room = disk_left(t);
    q->probe = count_works(t, JOB_PROBE) < TRANSCODE_PROBES_MAX;
    q->transcode = count_works(t, JOB_TRANSCODE) < seats;
    t->ask_again = false;
    t->asking = (q->probe || q->transcode) && clerk_post(t->parts.clerk, ask, answered, q, NULL);
    if (!t->asking)
        g_free(q);
}

void transcode_kick(transcode *t)
{
    t->quiet = false;
    if (t->stopped || t->draining)
        return;
    t->ask_again = t->asking;
    if (!t->asking)
        ask_now(t);
}

/* ---- now and then, and when people say so ---- */

static void look_after(gpointer key, gpointer value, gpointer user)
{
    (void)key, (void)user;
    work *w = value;
    work_look(w);
    if (!w->hand && !w->reading && !w->settling)
        post_end(w);
}

static void on_turn(gpointer data)
{
    transcode *t = data;
    g_hash_table_foreach(t->works, look_after, NULL);
    disk_look(t);
    share_cores(t);
    if (!t->quiet)
        transcode_kick(t);
}

void transcode_changed(transcode *t, const job *is)
{
    work *w = is ? g_hash_table_lookup(t->works, is->id) : NULL;
    if (w && is->state != JOB_RUNNING) {
        w->again = false;
        work_leave(w);
    }
    if (is && !w && is->state == JOB_CANCELLED)
        forget_title(t, is->title_id);
    transcode_kick(t);
}

void transcode_rest(transcode *t, bool paused)
{
    t->paused = paused;
    if (paused)
        all_leave(t);
    transcode_kick(t);
}

bool transcode_progress_of(const transcode *t, const char *job_id, transcode_progress *progress)
{
    const work *w = g_hash_table_lookup(t->works, job_id);
    if (w)
        work_progress(w, progress);
    return w != NULL;
}

transcode_state transcode_state_of(const transcode *t)
{
    GHashTableIter at;
    gpointer value;
    transcode_state is = {.running = g_hash_table_size(t->works),
                          .cores = crew_planned(t->parts.crew) / (10 * CREW_PLANNED_PERCENT),
                          .no_room = t->no_room,
                          .free_bytes = t->free_bytes};
    g_hash_table_iter_init(&at, t->works);
    while (g_hash_table_iter_next(&at, NULL, &value))
        is.held += ((work *)value)->held;
    return is;
}

void transcode_metrics(const transcode *t, GString *out)
{
    transcode_state is = transcode_state_of(t);
    metric_gauge(out, "jiangtang_transcode_running", "Files that workers are at", is.running);
    metric_gauge(out, "jiangtang_transcode_held", "Of those, standing still for classes", is.held);
    metric_gauge(out, "jiangtang_transcode_paused", "1: the queue rests", t->paused);
    metric_gauge(out, "jiangtang_transcode_no_room", "1: the disk is full", t->no_room);
    metric_counter(out, "jiangtang_transcode_begun_total", "Jobs begun", (double)t->taken);
    metric_counter(out, "jiangtang_transcode_done_total", "Jobs done", (double)t->done);
    metric_counter(out, "jiangtang_transcode_failed_total", "Jobs failed", (double)t->failed);
    metric_counter(out, "jiangtang_transcode_lost_total", "Workers that died at one",
                   (double)t->lost);
}
