#include <string.h>

#include "base/log.h"
#include "school/use.h"
#include "storage/inside.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define LOOK 100       /* classes at a time */
#define NAMED_MAX 5000 /* of the largest; what is smaller counts as made of files */

typedef struct {
    char id[33], title_id[33], title[256];
    int64_t closed_ms;
} past_class;

static bool is_used(records *db, const char *title_id, bool *used, GError **error)
{
    g_autoptr(GArray) uses = school_uses(db, title_id, "", error);
    *used = uses && uses->len > 0;
    return uses != NULL;
}

static GArray *read_past(records *db, int64_t before_ms, const past_class *after, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(past_class));
    query *rows = records_query(db, SQL_RECORDING_PAST, "iiti", before_ms, after->closed_ms,
                                after->id, (int64_t)LOOK);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        past_class is = {.closed_ms = query_int(rows, 3)};
        g_strlcpy(is.id, query_text(rows, 0), sizeof is.id);
        g_strlcpy(is.title_id, query_text(rows, 1), sizeof is.title_id);
        g_strlcpy(is.title, query_text(rows, 2), sizeof is.title);
        g_array_append_val(all, is);
    }
    return step == QUERY_END ? g_steal_pointer(&all) : NULL;
}

static bool let_go(records *db, base_clock *clock, const char *class_id, const char *title_id,
                   bool by_policy, GError **error)
{
    return records_run(db, error, SQL_RECORDING_REMOVED, "ti", class_id, clock_utc_ms(clock)) &&
           storage_remove_title(db, clock, title_id, by_policy, error);
}

static bool look_at(records *db, base_clock *clock, const past_class *is, GPtrArray *titles,
                    GError **error)
{
    bool used;
    if (!is_used(db, is->title_id, &used, error))
        return false;
    if (used)
        return true;
    log_info("storage", "class %s (%s): its recording has had its time", is->id, is->title);
    g_ptr_array_add(titles, g_strdup(is->title_id));
    return let_go(db, clock, is->id, is->title_id, true, error);
}

bool retention_apply(records *db, base_clock *clock, const storage_retention *retention,
                     GPtrArray *titles, GError **error)
{
    past_class after = {0};
    int64_t before_ms = clock_utc_ms(clock) - retention->live_days * DAY_MS;
    guint got = retention->live_days > 0 ? LOOK : 0;
    while (got == LOOK) {
        g_autoptr(GArray) some = read_past(db, before_ms, &after, error);
        if (!some)
            return false;
        got = some->len;
        for (guint i = 0; i < got; i++) {
            after = g_array_index(some, past_class, i);
            if (!look_at(db, clock, &after, titles, error))
                return false;
        }
    }
    return true;
}

/* ---- whose a title is ---- */

static bool name_of_class(records *db, const storage_retention *kept, storage_item *is, bool *found,
                          GError **error)
{
    query *rows = records_query(db, SQL_TITLE_OF_CLASS, "t", is->title_id);
    query_step_result step = query_step(rows, error);
    *found = step == QUERY_ROW;
    if (*found) {
        int64_t closed_ms = query_int(rows, 2);
        g_strlcpy(is->kind, "replay", sizeof is->kind);
        g_strlcpy(is->id, query_text(rows, 0), sizeof is->id);
        g_strlcpy(is->name, query_text(rows, 1), sizeof is->name);
        is->created_ms = query_int(rows, 3);
        is->deletable = closed_ms > 0;
        is->kept_until_ms =
            closed_ms > 0 && kept->live_days > 0 ? closed_ms + kept->live_days * DAY_MS : 0;
    }
    query_end(rows);
    return step != QUERY_FAILED;
}

static bool name_of_asset(records *db, records_statement by, const char *key, storage_item *is,
                          bool *found, GError **error)
{
    query *rows = records_query(db, by, "t", key);
    query_step_result step = query_step(rows, error);
    *found = step == QUERY_ROW;
    if (*found) {
        g_strlcpy(is->id, query_text(rows, 0), sizeof is->id);
        g_strlcpy(is->name, query_text(rows, 1), sizeof is->name);
        is->created_ms = query_int(rows, 2);
        is->deletable =
            strcmp(query_text(rows, 3), "ready") == 0 || strcmp(is->kind, "source") != 0;
    }
    query_end(rows);
    return step != QUERY_FAILED;
}

/* What is used stays; the first course that has it is named. */
static bool name_use(records *db, storage_item *is, const char *asset_id, GError **error)
{
    g_autoptr(GArray) uses = school_uses(db, is->title_id, asset_id, error);
    if (!uses)
        return false;
    is->used = uses->len > 0;
    is->deletable = is->deletable && !is->used;
    if (is->used) {
        const school_use *first = &g_array_index(uses, school_use, 0);
        g_strlcpy(is->used_by, first->course_title, sizeof is->used_by);
        is->used_by_draft = first->draft;
        is->kept_until_ms = 0;
    }
    return true;
}

static bool name_title(records *db, const storage_retention *kept, storage_item *is, GError **error)
{
    bool found, made = false;
    if (!name_of_class(db, kept, is, &found, error))
        return false;
    if (!found && !name_of_asset(db, SQL_TITLE_OF_ASSET, is->title_id, is, &made, error))
        return false;
    if (made)
        g_strlcpy(is->kind, "recording", sizeof is->kind);
    return name_use(db, is, made ? is->id : "", error);
}

/* A source or a handout, called by its asset. A source is wanted until its lesson is ready. */
static bool name_file(records *db, storage_item *is, GError **error)
{
    bool found;
    char id[33];
    g_strlcpy(id, is->id, sizeof id);
    return name_of_asset(db, SQL_NAME_OF_ASSET, id, is, &found, error) &&
           (strcmp(is->kind, "handout") != 0 || name_use(db, is, id, error));
}

static void count_title(const storage_item *is, storage_used *used)
{
    if (strcmp(is->kind, "replay") == 0)
        used->live_replays += is->bytes;
    else
        used->recordings += is->bytes;
}

bool storage_name(records *db, const storage_retention *kept, storage_report *report,
                  GError **error)
{
    report->used.live_replays = report->used.recordings = 0;
    for (guint i = 0; i < report->largest->len; i++) {
        storage_item *is = &g_array_index(report->largest, storage_item, i);
        bool title = is->title_id[0] != '\0', named = i < NAMED_MAX;
        if (!named)
            g_strlcpy(is->kind, "recording", sizeof is->kind);
        else if (title ? !name_title(db, kept, is, error) : !name_file(db, is, error))
            return false;
        if (title)
            count_title(is, &report->used);
    }
    g_array_set_size(report->largest, MIN(report->largest->len, STORAGE_LARGEST));
    return true;
}

static bool may_let_go(records *db, const char *title_id, GError **error)
{
    g_autoptr(GArray) uses = school_uses(db, title_id, "", error);
    return uses && school_unused(uses, "recording_used", "recording_in_draft", error);
}

bool storage_remove_replay(records *db, base_clock *clock, const char *class_id, char title_id[33],
                           GError **error)
{
    query *rows = records_query(db, SQL_CLASS_ENDED, "t", class_id);
    query_step_result step = query_step(rows, error);
    bool open = step == QUERY_ROW && query_int(rows, 1) == 0;
    bool gone = step == QUERY_ROW && query_int(rows, 2) != 0;
    g_strlcpy(title_id, step == QUERY_ROW ? query_text(rows, 0) : "", 33);
    query_end(rows);
    if (step == QUERY_FAILED)
        return false;
    if (!*title_id)
        error_set(error, ERROR_MISSING, "class_missing", NULL, "There is no such class");
    else if (gone)
        error_set(error, ERROR_MISSING, "no_recording", NULL, "There is no recording any more");
    else if (open)
        error_set(error, ERROR_CONFLICT, "class_open", NULL, "The class is not over");
    else
        return may_let_go(db, title_id, error) &&
               let_go(db, clock, class_id, title_id, false, error);
    return false;
}
