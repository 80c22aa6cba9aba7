#include "agenda/remind.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "crew/program.h"

/* One class on its way to the program; only one thread at a time has it. */
typedef struct {
    live_class is; /* "" id: nothing is due */
    GBytes *document;
    bool claimed;
    GError *error;
} due;

struct remind {
    remind_parts parts;
    crew_loop loop;
    char *path, *public_url;
    net_timer *looks;
    bool busy, stopped;
    due due;
    program *running;
};

static void due_clear(due *d)
{
    g_clear_pointer(&d->document, g_bytes_unref);
    g_clear_error(&d->error);
    *d = (due){0};
}

/* ---- what is due, and for whom (pool) ---- */

static bool read_due(const remind *r, records *db, live_class *is, GError **error)
{
    int64_t now_ms = clock_utc_ms(r->parts.clock);
    query *row = records_query(db, SQL_REMIND_DUE, "ii", now_ms, now_ms + r->parts.lead_ms);
    query_step_result step = query_step(row, error);
    g_autofree char *id = step == QUERY_ROW ? g_strdup(query_text(row, 0)) : NULL;
    query_end(row);
    return step != QUERY_FAILED && (!id || live_class_read(db, id, is, error));
}

/* A page of people behind `after`. */
typedef query *(*page_of)(records *db, const live_class *is, int64_t after);

static query *enrolled(records *db, const live_class *is, int64_t after)
{
    return records_query(db, SQL_REMIND_ENROLLED, "tii", is->course_id, after,
                         (int64_t)REMIND_PEOPLE_PAGE);
}

static query *others(records *db, const live_class *is, int64_t after)
{
    return records_query(db, SQL_REMIND_OTHERS, "tiit", is->course_id, after,
                         (int64_t)REMIND_PEOPLE_PAGE, is->id);
}

/* Who is shut out is told nothing. Goes on until *more would come or the page ends; *last: nobody is behind it. */
static bool add_page(query *rows, json_t *people, int64_t *after, bool *last, bool *more,
                     GError **error)
{
    int got = 0;
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW && !*more) {
        *after = query_int(rows, 0);
        got++;
        if (!query_is_null(rows, 3))
            continue;
        *more = json_array_size(people) == REMIND_PEOPLE_MAX;
        if (!*more)
            json_array_append_new(people,
                                  json_pack("{s:I, s:s, s:s}", "id", (json_int_t)*after, "login",
                                            query_text(rows, 1), "name", query_text(rows, 2)));
    }
    query_end(rows);
    *last = got < REMIND_PEOPLE_PAGE;
    return step != QUERY_FAILED;
}

static bool add_people(records *db, const live_class *is, page_of page, json_t *people, bool *more,
                       GError **error)
{
    int64_t after = 0;
    for (bool last = false; !last && !*more;)
        if (!add_page(page(db, is, after), people, &after, &last, more, error))
            return false;
    return true;
}

static bool read_people(records *db, const live_class *is, json_t *people, bool *more,
                        GError **error)
{
    *more = false;
    return add_people(db, is, enrolled, people, more, error) &&
           add_people(db, is, others, people, more, error);
}

static GBytes *document_of(const remind *r, const live_class *is, json_t *people, bool more)
{
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:o, s:O, s:b}", "class", is->id, "title", is->title,
                  "planned_ms", (json_int_t)is->planned_ms, "url",
                  json_sprintf("%s/c/%s", r->public_url, is->id), "people", people, "more", more);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

static bool look_in(remind *r, records *db, GError **error)
{
    due *d = &r->due;
    bool more;
    if (!read_due(r, db, &d->is, error))
        return false;
    if (!d->is.id[0])
        return true;
    json_t *people = json_array();
    bool read = read_people(db, &d->is, people, &more, error);
    if (read)
        d->document = document_of(r, &d->is, people, more);
    json_decref(people);
    return read;
}

static void look(gpointer data)
{
    remind *r = data;
    records *db = readers_take(r->parts.readers, &r->due.error);
    if (!db)
        return;
    look_in(r, db, &r->due.error);
    readers_give(r->parts.readers, db);
}

/* ---- told, and never again (clerk) ---- */

static bool claim(records *db, gpointer data, GError **error)
{
    remind *r = data;
    due *d = &r->due;
    if (!records_run(db, error, SQL_REMIND_CLAIM, "tii", d->is.id, d->is.planned_ms,
                     clock_utc_ms(r->parts.clock)))
        return false;
    d->claimed = records_changed(db) > 0;
    return true;
}

/* ---- the program (loop) ---- */

static void on_look(gpointer data);

/* Others may be due as well: they are looked for at once, unless this one is to be tried again later. */
static void settle(remind *r, bool on)
{
    due_clear(&r->due);
    r->busy = false;
    if (on)
        on_look(r);
}

static void on_ended(bool good, const char *why, gpointer user)
{
    remind *r = user;
    r->running = NULL;
    if (!good)
        log_warn("agenda", "the reminder hook %s failed for class %s: %s; it is not called again",
                 r->path, r->due.is.id, why);
    settle(r, true);
}

static void run(remind *r)
{
    g_autoptr(GError) error = NULL;
    log_info("agenda", "class %s is about to begin: the reminder hook is told", r->due.is.id);
    r->running =
        program_run(&r->loop, r->path, r->due.document, REMIND_LIMIT_MS, on_ended, r, &error);
    if (!r->running)
        on_ended(false, error->message, r);
}

static void claimed(gpointer data, const GError *error)
{
    remind *r = data;
    if (error)
        log_warn("agenda", "class %s could not be marked as told, trying again: %s", r->due.is.id,
                 error->message);
    if (r->stopped || error || !r->due.claimed)
        settle(r, false);
    else
        run(r);
}

static void looked(gpointer data)
{
    remind *r = data;
    due *d = &r->due;
    if (d->error)
        log_warn("agenda", "what is about to begin could not be read: %s", d->error->message);
    bool posted = !r->stopped && !d->error && d->document &&
                  clerk_post(r->parts.clerk, claim, claimed, r, NULL);
    if (!posted)
        settle(r, false);
}

static void on_look(gpointer data)
{
    remind *r = data;
    if (!r->busy && !r->stopped)
        r->busy = pool_post(r->parts.pool, look, looked, r, NULL);
}

/* ---- the whole ---- */

remind *remind_new(const remind_parts *parts)
{
    remind *r = g_new0(remind, 1);
    r->parts = *parts;
    r->loop = *parts->loop;
    r->path = g_strdup(parts->program);
    r->public_url = g_strdup(parts->public_url);
    r->looks = net_timer_new(parts->net, 0, REMIND_LOOK_MS, on_look, r);
    return r;
}

void remind_stop(remind *r)
{
    if (!r)
        return;
    r->stopped = true;
    g_clear_pointer(&r->looks, net_timer_free);
    g_clear_pointer(&r->running, program_free);
}

void remind_free(remind *r)
{
    if (!r)
        return;
    due_clear(&r->due);
    g_free(r->path);
    g_free(r->public_url);
    g_free(r);
}
