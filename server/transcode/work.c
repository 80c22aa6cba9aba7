#include <string.h>

#include "base/log.h"
#include "transcode/inside.h"

#define SPEED_FROM_MS 3000 /* of work before a speed is told */

static int64_t now_ms(const work *w)
{
    return clock_mono_ms(w->owner->parts.clock);
}

void work_free(work *w)
{
    g_free(w->probed);
    g_free(w);
}

/* ---- what it says ---- */

static void on_progress(work *w, int64_t done_ms)
{
    w->moved_ms = now_ms(w);
    w->done_ms = MAX(w->done_ms, done_ms);
    if (w->first_ms >= 0)
        return;
    w->first_ms = w->moved_ms;
    w->first_done_ms = w->done_ms;
}

static void on_bell(work *w)
{
    w->moved_ms = now_ms(w);
    if (w->title_id[0])
        shelf_ring(w->owner->parts.shelf, w->title_id);
}

static void on_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    (void)hand;
    work *w = user;
    if (message->kind == WIRE_BELL || message->kind == WIRE_DONE)
        on_bell(w);
    if (message->kind == WIRE_PROGRESS)
        on_progress(w, message->progress_ms);
    if (message->kind == WIRE_NOTE)
        log_info("transcode", "\"%s\" (%s): %s", w->is.name, w->is.asset_id, message->note);
    w->later = w->later || message->kind == WIRE_LATER;
    if (message->kind == WIRE_PROBED) {
        g_free(w->probed);
        w->probed = g_strndup((const char *)message->data, message->size);
    }
}

/* ---- its end ---- */

static void describe_title(const work *w, job_outcome *outcome)
{
    GString *names = g_string_new(NULL);
    const title_index *index = shelf_index(w->owner->parts.shelf, w->title_id, NULL);
    for (guint i = 0; index && i < title_index_count(index); i++)
        g_string_append_printf(names, "%s%s", i ? "," : "",
                               title_index_rendition(index, i)->is.name);
    g_strlcpy(outcome->rungs, names->str, sizeof outcome->rungs);
    outcome->length_ms = index ? title_index_content_ms(index) : 0;
    g_string_free(names, TRUE);
}

static void settle(work *w, job_outcome *outcome)
{
    if (outcome->end == OUTCOME_DONE)
        describe_title(w, outcome);
    transcode_settle(w, outcome);
}

/* A title nobody has asked for yet is read on the storage's thread. */
typedef struct {
    work *work;
    shelf_load *load;
    job_outcome outcome;
} reading;

static void reading_free(gpointer data)
{
    reading *r = data;
    shelf_load_free(r->load);
    g_free(r);
}

static void on_thread(gpointer data)
{
    shelf_load_run(((reading *)data)->load);
}

static void on_read(gpointer data)
{
    reading *r = data;
    shelf_load_take(r->work->owner->parts.shelf, g_steal_pointer(&r->load));
    r->work->reading = false;
    settle(r->work, &r->outcome);
}

/* False: the thread is busy. */
static bool read_title(work *w, const job_outcome *outcome)
{
    const transcode_parts *parts = &w->owner->parts;
    reading *r = g_new0(reading, 1);
    *r = (reading){w, shelf_load_new(parts->shelf, w->title_id), *outcome};
    w->reading = r->load && errand_post(storage_errands(parts->storage), on_thread, on_read, r,
                                        reading_free, NULL);
    if (!w->reading)
        reading_free(r);
    return w->reading;
}

static job_end how_it_ended(const work *w, bool done)
{
    if (done && w->is.kind == JOB_TRANSCODE)
        return OUTCOME_DONE;
    if (w->probed)
        return OUTCOME_PROBED;
    if (w->later && !w->leaving)
        return OUTCOME_LATER;
    if (w->leaving && !w->stalled)
        return w->no_room ? OUTCOME_NO_ROOM : OUTCOME_LEFT;
    return w->owner->no_room ? OUTCOME_NO_ROOM : OUTCOME_DIED;
}

static void on_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand;
    work *w = user;
    job_outcome outcome = {.end = how_it_ended(w, done),
                           .done_ms = w->done_ms,
                           .facts = w->probed,
                           .drop_source = !w->owner->parts.keep_source};
    w->hand = NULL;
    g_strlcpy(outcome.title_id, w->title_id, sizeof outcome.title_id);
    on_bell(w);
    words_fit(outcome.why, sizeof outcome.why, w->stalled ? "it did not get any further" : why);
    if (outcome.end != OUTCOME_DONE || shelf_has(w->owner->parts.shelf, w->title_id) ||
        !read_title(w, &outcome))
        settle(w, &outcome);
}

static const crew_ops hand_ops = {on_message, NULL, on_gone};

/* ---- its beginning ---- */

static void make_order(const work *w, wire_job *order)
{
    const transcode_parts *parts = &w->owner->parts;
    g_autofree char *source = storage_path(parts->storage, STORAGE_SOURCE, w->is.asset_id);
    memset(order, 0, sizeof *order);
    order->source = WIRE_SOURCE_FILE;
    order->part_target = WIRE_LESSON_PART;
    order->segment_target = WIRE_LESSON_SEGMENT;
    order->target_duration_s = WIRE_LESSON_TARGET_S;
    order->task = w->is.kind == JOB_PROBE ? WIRE_TASK_PROBE : WIRE_TASK_LESSON;
    order->epoch_utc_ms = clock_utc_ms(parts->clock);
    g_strlcpy(order->path, source, sizeof order->path);
    words_fit(order->label, sizeof order->label, w->is.name);
    if (w->is.kind == JOB_PROBE)
        return;
    g_autofree char *title = storage_path(parts->storage, STORAGE_TITLE, w->is.title_id);
    g_strlcpy(order->title_dir, title, sizeof order->title_dir);
    order->length_ms = w->is.length_ms;
    order->gain_mdb = w->facts.gain_mdb;
    order->may_copy = w->facts.copyable;
}

bool work_hire(work *w, GError **error)
{
    wire_job order;
    make_order(w, &order);
    g_strlcpy(w->title_id, w->is.title_id, sizeof w->title_id);
    w->leaving = w->no_room = w->stalled = w->later = w->held = false;
    w->hired_ms = w->moved_ms = now_ms(w);
    w->first_ms = w->first_done_ms = -1;
    w->done_ms = w->is.done_ms;
    g_clear_pointer(&w->probed, g_free);
    w->hand = crew_hire_offline(w->owner->parts.crew, &order, &hand_ops, w, error);
    return w->hand != NULL;
}

/* ---- while it works ---- */

void work_leave(work *w)
{
    if (!w->hand || w->leaving)
        return;
    w->leaving = true;
    w->held = false;
    crew_retire(w->hand, WIRE_LEAVE);
}

void work_hold(work *w, bool held)
{
    if (!w->hand || w->leaving || w->held == held)
        return;
    w->held = held;
    w->moved_ms = now_ms(w);
    w->first_ms = -1;
    log_info("transcode", "\"%s\" (%s) %s", w->is.name, w->is.asset_id,
             held ? "stands still: classes come first" : "goes on");
    crew_hold(w->hand, held);
}

void work_look(work *w)
{
    if (!w->hand || w->held || w->leaving || now_ms(w) - w->moved_ms < TRANSCODE_STALL_MS)
        return;
    w->stalled = w->leaving = true;
    crew_kill(w->hand);
}

void work_progress(const work *w, transcode_progress *progress)
{
    int64_t worked_ms = w->first_ms < 0 ? 0 : w->moved_ms - w->first_ms;
    *progress = (transcode_progress){.done_ms = w->done_ms,
                                     .left_ms = -1,
                                     .speed_permille = -1,
                                     .held = w->held,
                                     .playable = w->done_ms > 0 && w->is.kind == JOB_TRANSCODE};
    if (worked_ms < SPEED_FROM_MS || w->done_ms <= w->first_done_ms)
        return;
    progress->speed_permille =
        (int32_t)MIN((w->done_ms - w->first_done_ms) * 1000 / worked_ms, G_MAXINT32);
    if (w->is.length_ms > 0 && progress->speed_permille > 0)
        progress->left_ms = MAX(w->is.length_ms - w->done_ms, 0) * 1000 / progress->speed_permille;
}
