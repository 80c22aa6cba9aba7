#include "base/log.h"
#include "base/metric.h"
#include "live/inside.h"

#define SWEEP_MS 1000

static void sweep(gpointer data);

live *live_new(net *loop, clerk *records_clerk, crew *workers, shelf *titles, base_clock *clock,
               const live_news *news)
{
    live *house = g_new0(live, 1);
    house->net = loop;
    house->clerk = records_clerk;
    house->crew = workers;
    house->shelf = titles;
    house->clock = clock;
    house->news = *news;
    live_set_latency(house, LIVE_LATENCY_STANDARD);
    house->window_ms = LIVE_WINDOW_MS;
    house->ingest = publish_table(house);
    house->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)stage_free);
    house->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    house->by_title = g_hash_table_new(g_str_hash, g_str_equal);
    house->saves = g_hash_table_new(NULL, NULL);
    house->closed = g_ptr_array_new_with_free_func((GDestroyNotify)stage_free);
    house->patterns = g_ptr_array_new();
    endings_start(house);
    house->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, house);
    return house;
}

void live_free(live *house)
{
    if (!house)
        return;
    house->draining = true;
    net_timer_free(house->sweep);
    patterns_disown(house);
    g_ptr_array_unref(house->patterns);
    endings_stop(house);
    saves_disown(house);
    g_hash_table_unref(house->saves);
    g_hash_table_unref(house->by_key);
    g_hash_table_unref(house->by_title);
    g_hash_table_unref(house->by_id);
    g_ptr_array_unref(house->closed);
    g_free(house);
}

const ingest_ops *live_ingest(live *house)
{
    return &house->ingest;
}

/* ---- the tables ---- */

static void tell_keys(const stage *s, bool good)
{
    if (s->is.pattern || !s->live->news.on_key)
        return;
    s->live->news.on_key(s->live->news.user, s->is.key, good);
    s->live->news.on_key(s->live->news.user, s->is.backup_key, good);
}

/* Its keys open the door from now on. */
static void keys_admit(stage *s)
{
    g_hash_table_insert(s->live->by_key, s->is.key, s);
    g_hash_table_insert(s->live->by_key, s->is.backup_key, s);
    tell_keys(s, true);
}

static void keys_expel(stage *s)
{
    tell_keys(s, false);
    g_hash_table_remove(s->live->by_key, s->is.key);
    g_hash_table_remove(s->live->by_key, s->is.backup_key);
}

static stage *add(live *house, const live_class *is)
{
    stage *s = stage_new(house, is);
    g_hash_table_insert(house->by_id, s->is.id, s);
    g_hash_table_insert(house->by_title, s->is.title_id, s);
    if (!s->is.backup_key[0]) { /* made before there were any */
        random_text(s->is.backup_key, sizeof s->is.backup_key);
        s->unsaved = true;
    }
    keys_admit(s);
    return s;
}

void live_forget(stage *s)
{
    keys_expel(s);
    g_hash_table_remove(s->live->by_title, s->is.title_id);
    g_hash_table_steal(s->live->by_id, s->is.id);
    g_ptr_array_add(s->live->closed, s);
}

bool live_may_add(const live *house, GError **error)
{
    if (g_hash_table_size(house->by_id) + house->closed->len < LIVE_CLASSES_MAX)
        return true;
    error_set(error, ERROR_BUSY, "classes_full", NULL,
              "there are %d open classes: close some first", LIVE_CLASSES_MAX);
    return false;
}

void live_add(live *house, const live_class *made)
{
    if (g_hash_table_contains(house->by_id, made->id))
        return;
    stage *s = add(house, made);
    if (s->is.pattern)
        stage_hire(s);
}

const live_class *live_find(live *house, const char *id)
{
    stage *s = g_hash_table_lookup(house->by_id, id);
    return s ? &s->is : NULL;
}

const live_class *live_find_title(live *house, const char *title_id)
{
    stage *s = g_hash_table_lookup(house->by_title, title_id);
    return s ? &s->is : NULL;
}

static stage *find_open(live *house, const char *id, GError **error)
{
    stage *s = g_hash_table_lookup(house->by_id, id);
    if (!s)
        error_set(error, ERROR_MISSING, "class_missing", NULL, "there is no such open class");
    else if (s->is.state == CLASS_CLOSING)
        error_set(error, ERROR_CONFLICT, "class_closed", NULL, "the class is closed already");
    else
        return s;
    return NULL;
}

bool live_close(live *house, const char *id, GError **error)
{
    stage *s = find_open(house, id, error);
    if (s)
        stage_close(s);
    return s != NULL;
}

void live_cut(live *house, const live_class *is)
{
    stage *s = g_hash_table_lookup(house->by_id, is->id);
    shelf_withdraw(house->shelf, is->title_id);
    if (!s)
        return;
    s->is.cut_ms = clock_utc_ms(house->clock);
    text_copy(s->is.cut_reason, sizeof s->is.cut_reason, is->cut_reason);
    if (s->is.state != CLASS_CLOSING)
        stage_close(s);
}

static void new_keys(stage *s, const char *why)
{
    keys_expel(s);
    random_text(s->is.key, sizeof s->is.key);
    random_text(s->is.backup_key, sizeof s->is.backup_key);
    keys_admit(s);
    stage_save(s);
    if (!s->on.publisher)
        return;
    stage_detach(s, why);
    stage_leave(s);
    stage_interrupt(s);
}

void live_set_window(live *house, int64_t window_ms)
{
    house->window_ms = window_ms;
}

const live_class *live_new_keys(live *house, const char *id, GError **error)
{
    stage *s = find_open(house, id, error);
    if (!s)
        return NULL;
    new_keys(s, "this key was replaced");
    return &s->is;
}

void live_bar(live *house, int64_t master)
{
    GHashTableIter at;
    gpointer value;
    g_hash_table_iter_init(&at, house->by_id);
    while (g_hash_table_iter_next(&at, NULL, &value))
        if (((stage *)value)->is.master == master)
            new_keys(value, "its master may not sign in any more");
}

/* ---- the start ---- */

/* What a class left by an earlier run goes on as. */
static void take_up(stage *s)
{
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, NULL);
    bool ended = index && title_index_ended(index);
    if (s->is.state == CLASS_CLOSING || ended) {
        stage_close(s);
        return;
    }
    if (s->is.pattern && s->is.state == CLASS_FAILED)
        stage_move(s, s->is.started_ms ? CLASS_INTERRUPTED : CLASS_WAITING);
    stage_interrupt(s);
    if (s->is.pattern)
        stage_hire(s);
}

/* Passes given before the cut may still be shown. */
static bool withdraw_cut(const live *house, records *db, GError **error)
{
    query *rows = records_query(db, SQL_TITLES_CUT_SINCE, "i",
                                clock_utc_ms(house->clock) - LIVE_CUT_KNOWN_MS);
    query_step_result result;
    while ((result = query_step(rows, error)) == QUERY_ROW)
        shelf_withdraw(house->shelf, query_text(rows, 0));
    return result == QUERY_END;
}

bool live_start(live *house, records *db, GError **error)
{
    patterns_clear_left(house);
    if (!withdraw_cut(house, db, error))
        return false;
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++) {
        if (state == CLASS_CLOSED)
            continue;
        g_autoptr(GArray) left = class_list_state(db, state, 0, LIVE_CLASSES_MAX, error);
        if (!left)
            return false;
        for (guint i = 0; i < left->len; i++) {
            const live_class *is = &g_array_index(left, live_class, i);
            if (!g_hash_table_contains(house->by_id, is->id))
                take_up(add(house, is));
        }
    }
    return true;
}

/* ---- now and then ---- */

static void tell_health(stage *s)
{
    const live_news *news = &s->live->news;
    bool there = s->on.publisher != NULL;
    if (news->on_health && (there || s->watched))
        news->on_health(news->user, &s->is);
    s->watched = there;
}

static void look_after(stage *s)
{
    if (s->unsaved)
        stage_save(s);
    if (s->is.state == CLASS_PLANNED && clock_utc_ms(s->live->clock) >= s->is.planned_ms)
        stage_move(s, CLASS_WAITING);
    stage_listen(s);
    stage_forget_note(s);
    stage_widen(s);
    tell_health(s);
    if (stage_is_over(s)) {
        log_info("live", "class %s: nobody came back", s->is.id);
        stage_close(s);
    }
}

static void free_closed(live *house)
{
    for (guint i = house->closed->len; i-- > 0;) {
        stage *s = house->closed->pdata[i];
        if (s->unsaved)
            stage_save(s);
        if (!s->unsaved && s->saving == 0)
            g_ptr_array_remove_index_fast(house->closed, i);
    }
}

/*
 * Frees what has closed and is recorded, records what could not be recorded, opens what was planned for now, closes
 * what nobody came back to. A copy of the table: who closes leaves it.
 */
static void sweep(gpointer data)
{
    live *house = data;
    free_closed(house);
    g_autoptr(GList) all = g_hash_table_get_values(house->by_id);
    for (GList *each = all; each; each = each->next)
        look_after(each->data);
}

void live_drain(live *house)
{
    GHashTableIter at;
    gpointer s;
    house->draining = true;
    g_hash_table_iter_init(&at, house->by_id);
    while (g_hash_table_iter_next(&at, NULL, &s))
        stage_drain(s);
}

bool live_health(const live *house, const char *id, live_vitals *vitals)
{
    const stage *s = g_hash_table_lookup(house->by_id, id);
    return s && stage_vitals(s, vitals);
}

void live_metrics(const live *house, GString *out)
{
    guint count[CLASS_FAILED + 1] = {0};
    GHashTableIter at;
    gpointer value;
    g_hash_table_iter_init(&at, house->by_id);
    while (g_hash_table_iter_next(&at, NULL, &value))
        count[((stage *)value)->is.state]++;
    metric_head(out, "jiangtang_classes", "Classes in memory, by state", "gauge");
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++) {
        g_autofree char *label = g_strdup_printf("state=\"%s\"", class_state_word(state));
        metric_sample(out, "jiangtang_classes", label, count[state]);
    }
    metric_gauge(out, "jiangtang_workers", "Workers at work", crew_count(house->crew));
    metric_gauge(out, "jiangtang_workers_standing_by", "Workers started that wait for a class",
                 crew_spares(house->crew));
    metric_counter(out, "jiangtang_workers_hired_total", "Workers started", (double)house->hires);
    metric_counter(out, "jiangtang_workers_lost_total", "Workers that died at work",
                   (double)house->losses);
    metric_counter(out, "jiangtang_publishers_refused_total", "Publishers refused",
                   (double)house->refusals);
}
