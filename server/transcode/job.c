#include "transcode/job.h"

#include <string.h>

#include "base/log.h"
#include "school/school.h"
#include "storage/storage.h"
#include "transcode/facts.h"

/* ---- rows ---- */

static void read_row(query *row, job *is)
{
    memset(is, 0, sizeof *is);
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    g_strlcpy(is->asset_id, query_text(row, 1), sizeof is->asset_id);
    g_strlcpy(is->name, query_text(row, 2), sizeof is->name);
    is->owner = query_int(row, 3);
    is->kind = strcmp(query_text(row, 4), "probe") == 0 ? JOB_PROBE : JOB_TRANSCODE;
    job_state_parse(query_text(row, 5), &is->state);
    is->priority = (job_priority)CLAMP(query_int(row, 6), PRIORITY_HIGH, PRIORITY_LOW);
    is->place = query_int(row, 7);
    is->attempts = (int32_t)query_int(row, 8);
    is->deaths = (int32_t)query_int(row, 9);
    is->done_ms = query_int(row, 10);
    is->wait_until_ms = query_int(row, 11);
    trouble_set(&is->trouble, query_text(row, 12), query_text(row, 13), query_text(row, 14));
    is->created_ms = query_int(row, 15);
    is->started_ms = query_int(row, 16);
    is->ended_ms = query_int(row, 17);
    is->length_ms = query_int(row, 18);
    g_strlcpy(is->title_id, query_text(row, 19), sizeof is->title_id);
    is->bytes = query_int(row, 20);
}

static bool read_only(query *rows, job *is, bool *found, GError **error)
{
    query_step_result step = query_step(rows, error);
    *found = step == QUERY_ROW;
    if (*found)
        read_row(rows, is);
    query_end(rows);
    return step != QUERY_FAILED;
}

static GArray *read_all(query *rows, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(job));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        job is;
        read_row(rows, &is);
        g_array_append_val(all, is);
    }
    return step == QUERY_END ? g_steal_pointer(&all) : NULL;
}

bool job_read(records *db, const char *id, job *is, GError **error)
{
    bool found;
    if (!read_only(records_query(db, SQL_JOB_BY_ID, "t", id), is, &found, error))
        return false;
    if (!found)
        error_set(error, ERROR_MISSING, "job_missing", NULL, "There is no such job");
    return found;
}

bool job_of_asset(records *db, const char *asset_id, job *is, bool *found, GError **error)
{
    return read_only(records_query(db, SQL_JOB_OF_ASSET, "t", asset_id), is, found, error);
}

GArray *jobs_open(records *db, GError **error)
{
    return read_all(records_query(db, SQL_JOB_OPEN, "i", (int64_t)JOBS_OPEN_MAX), error);
}

static bool save(records *db, const job *is, GError **error)
{
    return records_run(db, error, SQL_JOB_SAVE, "ttiiiiiitttii", is->id, job_state_word(is->state),
                       (int64_t)is->priority, is->place, (int64_t)is->attempts, (int64_t)is->deaths,
                       is->done_ms, is->wait_until_ms, is->trouble.code, is->trouble.found,
                       is->trouble.detail, is->started_ms, is->ended_ms);
}

/* ---- moves ---- */

/* The asset says the same as its job. */
static bool move_asset(records *db, const job *is, GError **error)
{
    asset of;
    if (!asset_read(db, is->asset_id, &of, error))
        return false;
    of.state = job_asset_state(is->kind, is->state);
    of.trouble = is->trouble;
    bool good = asset_save(db, &of, error);
    asset_clear(&of);
    return good;
}

static bool move(records *db, base_clock *clock, job *is, job_state to, GError **error)
{
    job_state from = is->state;
    if (!job_move_is_lawful(from, to)) {
        error_set(error, ERROR_CONFLICT, "job_state", NULL,
                  "This job is %s: that cannot be done now", job_state_word(from));
        return false;
    }
    bool ended = to == JOB_DONE || to == JOB_FAILED || to == JOB_CANCELLED;
    is->state = to;
    is->ended_ms = ended ? clock_utc_ms(clock) : 0;
    log_info("transcode", "%s of \"%s\" (%s): %s > %s%s%s%s%s", job_kind_word(is->kind), is->name,
             is->asset_id, job_state_word(from), job_state_word(to),
             is->trouble.code[0] ? ": " : "", is->trouble.code, is->trouble.detail[0] ? ", " : "",
             is->trouble.detail);
    return save(db, is, error) && move_asset(db, is, error);
}

static void no_trouble(job *is)
{
    trouble_set(&is->trouble, "", "", "");
}

/* ---- order ---- */

/* The first or last place of those that are open with this priority, looks and work alike: work takes over its look's. */
static bool end_place(records *db, records_statement which, job_priority priority, int64_t *place,
                      GError **error)
{
    query *rows = records_query(db, which, "i", (int64_t)priority);
    query_step_result step = query_step(rows, error);
    *place = step == QUERY_ROW ? query_int(rows, 0) : 0;
    query_end(rows);
    return step != QUERY_FAILED;
}

static bool go_last(records *db, job *is, GError **error)
{
    if (!end_place(db, SQL_JOB_LAST_PLACE, is->priority, &is->place, error))
        return false;
    is->place++;
    return true;
}

static bool go_first(records *db, job *is, GError **error)
{
    if (!end_place(db, SQL_JOB_FIRST_PLACE, is->priority, &is->place, error))
        return false;
    is->place--;
    return true;
}

static bool insert(records *db, base_clock *clock, const char *asset_id, job_kind kind,
                   job_priority priority, int64_t place, job *made, GError **error)
{
    char id[33];
    school_id_new(id);
    return records_run(db, error, SQL_JOB_ADD, "tttiii", id, asset_id, job_kind_word(kind),
                       (int64_t)priority, place, clock_utc_ms(clock)) &&
           job_read(db, id, made, error);
}

static bool has_room(records *db, GError **error)
{
    query *rows = records_query(db, SQL_JOB_COUNT, "");
    query_step_result step = query_step(rows, error);
    bool full = step == QUERY_ROW && query_int(rows, 0) >= JOBS_OPEN_MAX;
    query_end(rows);
    if (full)
        error_set(error, ERROR_BUSY, "queue_full", NULL, "%d files are waiting already",
                  JOBS_OPEN_MAX);
    return step == QUERY_ROW && !full;
}

bool job_add(records *db, base_clock *clock, const char *asset_id, job_kind kind, job *made,
             GError **error)
{
    job at = {.priority = PRIORITY_NORMAL};
    return has_room(db, error) && go_last(db, &at, error) &&
           insert(db, clock, asset_id, kind, at.priority, at.place, made, error);
}

bool job_prioritise(records *db, job *is, job_priority priority, GError **error)
{
    if (is->ended_ms) {
        error_set(error, ERROR_CONFLICT, "job_state", NULL, "This job is over");
        return false;
    }
    if (is->priority == priority)
        return true;
    is->priority = priority;
    return go_last(db, is, error) && save(db, is, error);
}

/* Those that wait, but for this one, in order. */
static GArray *others_waiting(records *db, const job *is, GError **error)
{
    g_autoptr(GArray) all = jobs_open(db, error);
    for (guint i = all ? all->len : 0; i-- > 0;) {
        const job *other = &g_array_index(all, job, i);
        if (other->state == JOB_RUNNING || other->kind != is->kind || !strcmp(other->id, is->id))
            g_array_remove_index(all, i);
    }
    return g_steal_pointer(&all);
}

/* New numbers for all of one priority, in the order of the array. */
static bool renumber(records *db, GArray *waiting, const job *is, GError **error)
{
    int64_t place;
    if (!end_place(db, SQL_JOB_FIRST_PLACE, is->priority, &place, error))
        return false;
    for (guint i = 0; i < waiting->len; i++) {
        job *other = &g_array_index(waiting, job, i);
        if (other->priority != is->priority)
            continue;
        other->place = place++;
        if (!save(db, other, error))
            return false;
    }
    return true;
}

bool job_place(records *db, job *is, int64_t n, GError **error)
{
    if (is->state != JOB_QUEUED && is->state != JOB_PAUSED) {
        error_set(error, ERROR_CONFLICT, "job_state", NULL, "Only a job that waits has a place");
        return false;
    }
    g_autoptr(GArray) waiting = others_waiting(db, is, error);
    if (!waiting)
        return false;
    guint at = (guint)CLAMP(n - 1, 0, (int64_t)waiting->len);
    if (waiting->len > 0)
        is->priority = g_array_index(waiting, job, MIN(at, waiting->len - 1)).priority;
    g_array_insert_val(waiting, at, *is);
    return renumber(db, waiting, is, error) && job_read(db, is->id, is, error);
}

/* ---- what people do ---- */

bool job_pause(records *db, base_clock *clock, job *is, GError **error)
{
    return move(db, clock, is, JOB_PAUSED, error);
}

static bool queue_again(records *db, base_clock *clock, job *is, GError **error)
{
    is->wait_until_ms = 0;
    is->deaths = is->attempts = 0;
    no_trouble(is);
    return move(db, clock, is, JOB_QUEUED, error);
}

bool job_resume(records *db, base_clock *clock, job *is, GError **error)
{
    if (is->state == JOB_PAUSED)
        return queue_again(db, clock, is, error);
    error_set(error, ERROR_CONFLICT, "job_state", NULL, "This job is %s, not paused",
              job_state_word(is->state));
    return false;
}

/* An older job of the same file is history. */
static bool is_newest(records *db, const job *is, GError **error)
{
    job newest;
    bool found;
    if (!job_of_asset(db, is->asset_id, &newest, &found, error))
        return false;
    if (strcmp(newest.id, is->id) == 0)
        return true;
    error_set(error, ERROR_CONFLICT, "job_state", NULL, "There is a newer job for this file");
    return false;
}

bool job_retry(records *db, base_clock *clock, job *is, GError **error)
{
    if (is->state != JOB_FAILED && is->state != JOB_CANCELLED) {
        error_set(error, ERROR_CONFLICT, "job_state", NULL, "This job is %s: nothing to try again",
                  job_state_word(is->state));
        return false;
    }
    return is_newest(db, is, error) && go_last(db, is, error) && queue_again(db, clock, is, error);
}

/* What there is of its title goes; another try makes a new one. */
static bool drop_title(records *db, base_clock *clock, job *is, GError **error)
{
    asset of;
    if (is->kind != JOB_TRANSCODE)
        return true;
    if (!asset_read(db, is->asset_id, &of, error))
        return false;
    bool good = !of.title_id[0] || storage_discard(db, clock, STORAGE_TITLE, of.title_id, error);
    of.title_id[0] = '\0';
    is->done_ms = 0;
    good = good && asset_save(db, &of, error);
    asset_clear(&of);
    return good;
}

static bool is_in_use(records *db, const job *is, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, is->title_id, error);
    if (lessons && lessons->len > 0)
        error_set(error, ERROR_CONFLICT, "asset_used", NULL,
                  "A course has this video: take it out there first");
    return !lessons || lessons->len > 0;
}

bool job_cancel(records *db, base_clock *clock, job *is, GError **error)
{
    if (is->title_id[0] && is_in_use(db, is, error))
        return false;
    return move(db, clock, is, JOB_CANCELLED, error) && drop_title(db, clock, is, error) &&
           save(db, is, error);
}

bool queue_read(records *db, bool *paused, GError **error)
{
    query *rows = records_query(db, SQL_QUEUE_READ, "");
    query_step_result step = query_step(rows, error);
    *paused = step == QUERY_ROW && query_int(rows, 0) != 0;
    query_end(rows);
    return step != QUERY_FAILED;
}

bool queue_set(records *db, bool paused, GError **error)
{
    log_info("transcode", "the queue %s", paused ? "rests" : "goes on");
    return records_run(db, error, SQL_QUEUE_SET, "i", (int64_t)paused);
}

/* ---- what the scheduler does ---- */

/* A transcode has a title from its first attempt on. */
static bool give_title(records *db, job *is, GError **error)
{
    asset of;
    if (is->kind != JOB_TRANSCODE || is->title_id[0])
        return true;
    if (!asset_read(db, is->asset_id, &of, error))
        return false;
    school_id_new(of.title_id);
    g_strlcpy(is->title_id, of.title_id, sizeof is->title_id);
    bool good = asset_save(db, &of, error);
    asset_clear(&of);
    return good;
}

#define BYTES_EACH_MS (JOB_OUTPUT_BPS / 8000)

int64_t job_needs(const job *is)
{
    return is->kind == JOB_PROBE ? 0 : MAX(is->length_ms - is->done_ms, 0) * BYTES_EACH_MS;
}

/* It stays where it is, and says why: once. */
static bool has_no_room(records *db, job *is, int64_t room, GError **error)
{
    if (strcmp(is->trouble.code, "disk_full") == 0)
        return true;
    g_autofree char *found = g_format_size((guint64)MAX(room, 0));
    g_autofree char *needed = g_format_size((guint64)job_needs(is));
    g_autofree char *detail = g_strdup_printf("%s are needed, %s may be used", needed, found);
    trouble_set(&is->trouble, "disk_full", found, detail);
    log_warn("transcode", "\"%s\" (%s) waits for room on the disk: %s", is->name, is->asset_id,
             detail);
    return save(db, is, error) && move_asset(db, is, error);
}

static bool begin(records *db, base_clock *clock, job *is, GError **error)
{
    is->attempts++;
    is->started_ms = clock_utc_ms(clock);
    no_trouble(is);
    return give_title(db, is, error) && move(db, clock, is, JOB_RUNNING, error);
}

/* The first in the queue of which no more than `room` bytes are to be made. */
static bool first_within(records *db, base_clock *clock, job_kind kind, int64_t room, job *is,
                         bool *found, GError **error)
{
    query *rows = records_query(db, SQL_JOB_NEXT, "tii", job_kind_word(kind), clock_utc_ms(clock),
                                room / BYTES_EACH_MS);
    return read_only(rows, is, found, error);
}

bool job_take(records *db, base_clock *clock, job_kind kind, int64_t room, job *taken, bool *found,
              GError **error)
{
    job head;
    bool waits, stays;
    if (!first_within(db, clock, kind, G_MAXINT64, &head, &waits, error))
        return false;
    stays = waits && job_needs(&head) > room;
    *found = waits && !stays;
    *taken = head;
    if (!stays)
        return !*found || begin(db, clock, taken, error);
    return has_no_room(db, &head, room, error) &&
           (room < 0 || first_within(db, clock, kind, room, taken, found, error)) &&
           (!*found || begin(db, clock, taken, error));
}

bool jobs_wait(records *db, bool *wait, GError **error)
{
    query *rows = records_query(db, SQL_JOB_WAITING, "");
    query_step_result step = query_step(rows, error);
    *wait = step == QUERY_ROW;
    query_end(rows);
    return step != QUERY_FAILED;
}

static bool settle_done(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                        GError **error)
{
    asset of;
    no_trouble(is);
    is->done_ms = is->length_ms = outcome->length_ms;
    if (!move(db, clock, is, JOB_DONE, error) || !asset_read(db, is->asset_id, &of, error))
        return false;
    of.duration_ms = outcome->length_ms;
    g_strlcpy(of.rungs, outcome->rungs, sizeof of.rungs);
    bool good = !outcome->drop_source || storage_discard(db, clock, STORAGE_SOURCE, of.id, error);
    of.source_kept = of.source_kept && !outcome->drop_source;
    good = good && asset_save(db, &of, error);
    asset_clear(&of);
    return good;
}

/* The work itself follows the look at it, at the same place. */
static bool queue_transcode(records *db, base_clock *clock, const job *probe, GError **error)
{
    job made;
    return insert(db, clock, probe->asset_id, JOB_TRANSCODE, probe->priority, probe->place, &made,
                  error);
}

static bool note_facts(records *db, const job *is, const char *text, const file_facts *facts,
                       GError **error)
{
    asset of;
    if (!asset_read(db, is->asset_id, &of, error))
        return false;
    g_free(of.facts);
    of.facts = g_strdup(text);
    of.duration_ms = facts->duration_ms;
    of.kind = facts->video || facts->refused[0] ? ASSET_VIDEO : ASSET_AUDIO;
    of.state = facts->refused[0] ? ASSET_REFUSED : ASSET_QUEUED;
    trouble_set(&of.trouble, facts->refused, facts->found, "");
    bool good = asset_save(db, &of, error);
    asset_clear(&of);
    return good;
}

static bool settle_death(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                         GError **error);

static bool settle_probed(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                          GError **error)
{
    file_facts facts;
    g_autoptr(GError) unread = NULL;
    if (!facts_read(outcome->facts, &facts, &unread)) {
        job_outcome bad = {.end = OUTCOME_DIED};
        g_strlcpy(bad.why, unread->message, sizeof bad.why);
        return settle_death(db, clock, is, &bad, error);
    }
    no_trouble(is);
    return move(db, clock, is, JOB_DONE, error) &&
           note_facts(db, is, outcome->facts, &facts, error) &&
           (facts.refused[0] || queue_transcode(db, clock, is, error));
}

static int64_t pause_after(int32_t deaths)
{
    int64_t pause_ms = JOB_AGAIN_FIRST_MS;
    for (int32_t i = 1; i < deaths && pause_ms < JOB_AGAIN_MAX_MS; i++)
        pause_ms *= 4;
    return MIN(pause_ms, JOB_AGAIN_MAX_MS);
}

static bool settle_death(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                         GError **error)
{
    bool went_on = outcome->done_ms > is->done_ms + JOB_SAME_PLACE_MS;
    is->deaths = went_on ? 1 : is->deaths + 1;
    is->done_ms = MAX(is->done_ms, outcome->done_ms);
    bool enough = is->deaths >= JOB_DEATHS_MAX || is->attempts >= JOB_ATTEMPTS_MAX;
    trouble_set(&is->trouble, enough ? "worker_failed" : "worker_lost", "", outcome->why);
    if (!enough)
        is->wait_until_ms = clock_utc_ms(clock) + pause_after(is->deaths);
    return move(db, clock, is, enough ? JOB_FAILED : JOB_QUEUED, error);
}

static bool settle_back(records *db, base_clock *clock, job *is, const job_outcome *outcome,
                        GError **error)
{
    is->attempts--;
    is->done_ms = MAX(is->done_ms, outcome->done_ms);
    if (outcome->end == OUTCOME_NO_ROOM)
        trouble_set(&is->trouble, "disk_full", "", outcome->why);
    if (outcome->end == OUTCOME_NO_HAND)
        trouble_set(&is->trouble, "no_worker", "", outcome->why);
    if (outcome->end == OUTCOME_NO_HAND || outcome->end == OUTCOME_LATER)
        is->wait_until_ms = clock_utc_ms(clock) + JOB_AGAIN_FIRST_MS;
    return move(db, clock, is, JOB_QUEUED, error);
}

bool job_outcome_is_stale(const job *is, const job_outcome *outcome)
{
    return is->kind == JOB_TRANSCODE && strcmp(is->title_id, outcome->title_id) != 0;
}

/* Its title was dropped meanwhile: nothing of it is kept. Taken again already, it waits for another worker. */
static bool settle_stale(records *db, base_clock *clock, job *is, GError **error)
{
    const job_outcome left = {.end = OUTCOME_LEFT};
    return is->state != JOB_RUNNING || settle_back(db, clock, is, &left, error);
}

bool job_settle(records *db, base_clock *clock, job *is, const job_outcome *outcome, GError **error)
{
    if (!job_read(db, is->id, is, error))
        return false;
    if (job_outcome_is_stale(is, outcome))
        return settle_stale(db, clock, is, error);
    if (is->state != JOB_RUNNING && outcome->end != OUTCOME_DONE) {
        is->done_ms = is->state == JOB_CANCELLED ? 0 : MAX(is->done_ms, outcome->done_ms);
        return save(db, is, error);
    }
    switch (outcome->end) {
    case OUTCOME_DONE:
        return settle_done(db, clock, is, outcome, error);
    case OUTCOME_PROBED:
        return settle_probed(db, clock, is, outcome, error);
    case OUTCOME_DIED:
        return settle_death(db, clock, is, outcome, error);
    default:
        return settle_back(db, clock, is, outcome, error);
    }
}

bool jobs_take_up(records *db, GError **error)
{
    g_autoptr(GArray) open = jobs_open(db, error);
    for (guint i = open ? open->len : 0; i-- > 0;) {
        job *is = &g_array_index(open, job, i);
        if (is->state != JOB_RUNNING)
            continue;
        is->state = JOB_QUEUED;
        is->wait_until_ms = 0;
        is->attempts--; /* the house fell, not the job */
        if (!go_first(db, is, error) || !save(db, is, error) || !move_asset(db, is, error))
            return false;
    }
    return open != NULL;
}
