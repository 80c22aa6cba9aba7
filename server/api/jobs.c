/*
 * The queue: masters see and steer what is done with their own files, staff all of it.
 */
#include <string.h>

#include "api/asset_view.h"
#include "people/audit.h"
#include "transcode/job_page.h"

#define BODY_MAX 1024
#define JOBS_FROM_MAX 100000 /* of those that are over there are many */
#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define KEEPERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

typedef struct {
    char id[33];
    bool ended;   /* those that are over are asked for */
    int64_t from; /* so many are passed over */
    bool paused;
    int64_t owner; /* only theirs; 0: all */
    job_listed one;
    job_page page;
} job_query;

static void job_query_free(gpointer data)
{
    job_query *q = data;
    job_page_clear(&q->page);
    g_free(q);
}

static job_query *query_begin(api_call *call)
{
    job_query *q = g_new0(job_query, 1);
    call->data = q;
    call->free_data = job_query_free;
    return q;
}

/* ---- GET /jobs ---- */

static bool read_from(const api_call *call, job_query *q, GError **error)
{
    const char *from = request_query(call->request, "from");
    if (!from || g_ascii_string_to_signed(from, 10, 0, JOBS_FROM_MAX, &q->from, NULL))
        return true;
    error_set(error, ERROR_INPUT, "out_of_range", "from", "from is 0 to %d", JOBS_FROM_MAX);
    return false;
}

static bool list_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    const char *state = request_query(call->request, "state");
    job_query *q = query_begin(call);
    q->ended = state && strcmp(state, "ended") == 0;
    if (!state || q->ended || strcmp(state, "open") == 0)
        return read_from(call, q, error);
    error_set(error, ERROR_INPUT, "unknown_state", "state", "state is open or ended");
    return false;
}

static bool read_list(const api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    q->owner = call->who.role == ROLE_MASTER ? call->who.id : 0;
    return queue_read(db, &q->paused, error) &&
           (q->ended ? jobs_ended_page(db, q->owner, q->from, &q->page, error)
                     : jobs_open_page(db, q->owner, q->from, &q->page, error));
}

/* Beside the clerk: the page asks every two seconds. */
static bool list(api_call *call, records *unused, GError **error)
{
    (void)unused;
    records *db = readers_take(call->parts->readers, error);
    bool good = db && read_list(call, db, error);
    if (db)
        readers_give(call->parts->readers, db);
    return good;
}

static json_t *jobs_json(const api_call *call)
{
    const job_query *q = call->data;
    json_t *all = json_array();
    for (guint i = 0; i < q->page.jobs->len; i++) {
        const job_listed *one = &g_array_index(q->page.jobs, job_listed, i);
        json_array_append_new(all, job_json(call->parts, &one->is, one->nth));
    }
    return all;
}

/* Why nothing is begun. */
static json_t *queue_trouble(const transcode_state *is)
{
    if (!is->no_room)
        return json_null();
    g_autofree char *found = g_format_size((guint64)MAX(is->free_bytes, 0));
    return json_pack("{s:s, s:s, s:s}", "code", "disk_full", "found", found, "detail", "");
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const job_query *q = call->data;
    transcode_state is = transcode_state_of(call->parts->transcode);
    call->answer =
        json_pack("{s:o, s:I, s:b, s:i, s:i, s:i, s:o}", "jobs", jobs_json(call), "more",
                  (json_int_t)q->page.more, "paused", q->paused, "running", (int)is.running, "held",
                  (int)is.held, "cores", is.cores, "trouble", queue_trouble(&is));
    return true;
}

/* ---- one job ---- */

static bool one_begin(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    job_query *q = query_begin(call);
    g_strlcpy(q->id, request_param(call->request, "id"), sizeof q->id);
    return true;
}

/* What is done to somebody else's is told. */
static bool read_mine(const api_call *call, records *db, const char *action, GError **error)
{
    job_query *q = call->data;
    if (!job_read(db, q->id, &q->one.is, error))
        return false;
    if (q->one.is.owner == call->who.id)
        return true;
    if (asset_may(&call->who, q->one.is.owner))
        return audit_add(db, call->parts->clock, &call->who, action, q->one.is.id, q->one.is.name,
                         error);
    error_set(error, ERROR_DENIED, "not_your_file", NULL,
              "Only whoever brought the file and the staff may do this");
    return false;
}

static bool read_place(const api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return job_nth(db, &q->one.is, &q->one.nth, error);
}

static bool pause_it(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return read_mine(call, db, "job_paused", error) &&
           job_pause(db, call->parts->clock, &q->one.is, error) && read_place(call, db, error);
}

static bool resume_it(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return read_mine(call, db, "job_resumed", error) &&
           job_resume(db, call->parts->clock, &q->one.is, error) && read_place(call, db, error);
}

static bool retry_it(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return read_mine(call, db, "job_retried", error) &&
           job_retry(db, call->parts->clock, &q->one.is, error) && read_place(call, db, error);
}

static bool cancel_it(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return read_mine(call, db, "job_cancelled", error) &&
           job_cancel(db, call->parts->clock, &q->one.is, error) && read_place(call, db, error);
}

static bool set_priority(const api_call *call, records *db, job *is, GError **error)
{
    job_priority wanted;
    const char *word = api_text(call, "priority", 1, 10, error);
    if (!word)
        return false;
    if (job_priority_parse(word, &wanted))
        return job_prioritise(db, is, wanted, error);
    error_set(error, ERROR_INPUT, "unknown_priority", "priority", "high, normal or low");
    return false;
}

static bool set_place(const api_call *call, records *db, job *is, GError **error)
{
    int64_t place;
    return api_integer(call, "place", 1, JOBS_OPEN_MAX, &place, error) &&
           job_place(db, is, place, error);
}

static bool arrange(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return read_mine(call, db, "job_moved", error) &&
           (!api_has(call, "priority") || set_priority(call, db, &q->one.is, error)) &&
           (!api_has(call, "place") || set_place(call, db, &q->one.is, error)) &&
           read_place(call, db, error);
}

static bool changed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const job_query *q = call->data;
    transcode_changed(call->parts->transcode, &q->one.is);
    call->answer = job_json(call->parts, &q->one.is, q->one.nth);
    return true;
}

/* ---- POST /queue ---- */

static bool switch_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    job_query *q = query_begin(call);
    const json_t *paused = json_object_get(call->body, "paused");
    q->paused = json_is_true(paused);
    if (json_is_boolean(paused))
        return true;
    error_set(error, ERROR_INPUT, "missing", "paused", "paused is true or false");
    return false;
}

static bool switch_queue(api_call *call, records *db, GError **error)
{
    job_query *q = call->data;
    return queue_set(db, q->paused, error) &&
           audit_add(db, call->parts->clock, &call->who,
                     q->paused ? "queue_paused" : "queue_resumed", "queue", "", error);
}

static bool switched(api_call *call, records *db, GError **error)
{
    transcode_rest(call->parts->transcode, ((job_query *)call->data)->paused);
    return listed(call, db, error);
}

void api_jobs(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/jobs", MAKERS, 0, .before = list_begin, .slow = list, .after = listed},
        {"PATCH", "/api/v1/jobs/{id}", KEEPERS, BODY_MAX, .before = one_begin, .work = arrange,
         .after = changed},
        {"POST", "/api/v1/jobs/{id}/pause", MAKERS, BODY_MAX, .before = one_begin, .work = pause_it,
         .after = changed},
        {"POST", "/api/v1/jobs/{id}/resume", MAKERS, BODY_MAX, .before = one_begin,
         .work = resume_it, .after = changed},
        {"POST", "/api/v1/jobs/{id}/retry", MAKERS, BODY_MAX, .before = one_begin, .work = retry_it,
         .after = changed},
        {"POST", "/api/v1/jobs/{id}/cancel", MAKERS, BODY_MAX, .before = one_begin,
         .work = cancel_it, .after = changed},
        {"POST", "/api/v1/queue", KEEPERS, BODY_MAX, .before = switch_begin, .work = switch_queue,
         .slow = list, .after = switched},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
