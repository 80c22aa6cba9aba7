#include "transcode/job_page.h"

#include <string.h>

void job_page_clear(job_page *page)
{
    g_clear_pointer(&page->jobs, g_array_unref);
}

static bool waits(job_state state)
{
    return state == JOB_QUEUED || state == JOB_PAUSED;
}

/* One more for the page, or for those behind it. */
static bool add(records *db, const char *id, int64_t nth, job_page *page, GError **error)
{
    job_listed one = {.nth = nth};
    if (page->jobs->len >= JOBS_PAGE_MAX) {
        page->more++;
        return true;
    }
    if (!job_read(db, id, &one.is, error))
        return false;
    g_array_append_val(page->jobs, one);
    return true;
}

static void page_begin(job_page *page)
{
    *page = (job_page){.jobs = g_array_new(FALSE, FALSE, sizeof(job_listed))};
}

/* Places are counted among all of a kind, also those of others. */
bool jobs_open_page(records *db, int64_t owner, int64_t from, job_page *page, GError **error)
{
    int64_t places[] = {[JOB_PROBE] = 0, [JOB_TRANSCODE] = 0}, passed = 0;
    query_step_result step;
    page_begin(page);
    query *rows = records_query(db, SQL_JOB_LOOK, "i", (int64_t)JOBS_OPEN_MAX);
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        job_kind kind =
            strcmp(query_text(rows, 1), job_kind_word(JOB_PROBE)) == 0 ? JOB_PROBE : JOB_TRANSCODE;
        job_state state;
        job_state_parse(query_text(rows, 2), &state);
        int64_t nth = waits(state) ? ++places[kind] : 0;
        if ((owner && owner != query_int(rows, 3)) || passed++ < from)
            continue;
        if (!add(db, query_text(rows, 0), nth, page, error))
            break;
    }
    query_end(rows);
    return step == QUERY_END;
}

bool jobs_ended_page(records *db, int64_t owner, int64_t from, job_page *page, GError **error)
{
    const int64_t most = JOBS_PAGE_MAX + JOBS_COUNTED_MAX;
    query_step_result step;
    page_begin(page);
    query *rows = owner ? records_query(db, SQL_JOB_ENDED_OF_OWNER, "iii", most, from, owner)
                        : records_query(db, SQL_JOB_ENDED, "ii", most, from);
    while ((step = query_step(rows, error)) == QUERY_ROW)
        if (!add(db, query_text(rows, 0), 0, page, error))
            break;
    query_end(rows);
    return step == QUERY_END;
}

bool job_nth(records *db, const job *is, int64_t *nth, GError **error)
{
    *nth = 0;
    if (!waits(is->state))
        return true;
    query *rows = records_query(db, SQL_JOB_NTH, "tiit", job_kind_word(is->kind),
                                (int64_t)is->priority, is->place, is->id);
    query_step_result step = query_step(rows, error);
    *nth = step == QUERY_ROW ? query_int(rows, 0) : 0;
    query_end(rows);
    return step == QUERY_ROW;
}
