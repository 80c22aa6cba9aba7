#include "agenda/agenda.h"

#include "agenda/ics.h"

/* ---- reminders ---- */

static bool may_wait(records *db, const char *class_id, GError **error)
{
    live_class is;
    if (!live_class_read(db, class_id, &is, error))
        return false;
    if (is.state == CLASS_PLANNED || is.state == CLASS_WAITING)
        return true;
    error_set(error, ERROR_CONFLICT, "already_begun", NULL,
              "the class has begun: there is nothing left to be reminded of");
    return false;
}

bool reminder_read(records *db, const char *class_id, int64_t person, bool *set, GError **error)
{
    query *row = records_query(db, SQL_REMINDER_READ, "ti", class_id, person);
    query_step_result step = query_step(row, error);
    *set = step == QUERY_ROW;
    query_end(row);
    return step != QUERY_FAILED;
}

bool reminder_set(records *db, base_clock *clock, const char *class_id, int64_t person,
                  GError **error)
{
    bool set;
    if (!may_wait(db, class_id, error) ||
        !records_run(db, error, SQL_REMINDERS_PAST_END, "i", person) ||
        !records_run(db, error, SQL_REMINDER_ADD, "tiii", class_id, person, clock_utc_ms(clock),
                     (int64_t)AGENDA_REMINDERS_MAX) ||
        !reminder_read(db, class_id, person, &set, error))
        return false;
    if (!set)
        error_set(error, ERROR_CONFLICT, "reminders_full", NULL,
                  "you have %d reminders already: take one back first", AGENDA_REMINDERS_MAX);
    return set;
}

bool reminder_drop(records *db, const char *class_id, int64_t person, GError **error)
{
    return records_run(db, error, SQL_REMINDER_END, "ti", class_id, person);
}

/* ---- what is theirs ---- */

static GPtrArray *list_ids(records *db, int64_t person, int64_t from_ms, int64_t to_ms,
                           GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    query *rows = records_query(db, SQL_AGENDA_OF_PERSON, "iiii", person, from_ms, to_ms,
                                (int64_t)AGENDA_LIST_MAX);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW)
        g_ptr_array_add(ids, g_strdup(query_text(rows, 0)));
    return step == QUERY_END ? g_steal_pointer(&ids) : NULL;
}

GArray *agenda_list(records *db, int64_t person, int64_t from_ms, int64_t to_ms, GError **error)
{
    g_autoptr(GPtrArray) ids = list_ids(db, person, from_ms, to_ms, error);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(live_class));
    for (guint i = 0; ids && i < ids->len; i++) {
        live_class is;
        if (!live_class_read(db, ids->pdata[i], &is, error))
            return NULL;
        g_array_append_val(all, is);
    }
    return ids ? g_steal_pointer(&all) : NULL;
}

/* ---- the calendar ---- */

static bool read_serial(query *row, int64_t *serial, GError **error)
{
    query_step_result step = query_step(row, error);
    *serial = step == QUERY_ROW ? query_int(row, 0) : 0;
    query_end(row);
    return step != QUERY_FAILED;
}

bool calendar_serial(records *db, int64_t person, int64_t *serial, GError **error)
{
    return read_serial(records_query(db, SQL_CALENDAR_READ, "i", person), serial, error);
}

bool calendar_renew(records *db, int64_t person, int64_t *serial, GError **error)
{
    return records_run(db, error, SQL_CALENDAR_RENEW, "i", person) &&
           calendar_serial(db, person, serial, error);
}

/* Ended or cut off before there was anything to see. */
static bool never_was(const live_class *is)
{
    return is->started_ms == 0 && (is->state == CLASS_CLOSED || is->cut_ms != 0);
}

/* Being cancelled is a revision of its own. */
static void event_add(ics *calendar, const live_class *is, const live_plan *plan,
                      const char *public_url, int alarm_minutes)
{
    bool cancelled = never_was(is);
    g_autofree char *uid = g_strdup_printf("%s@jiangtang", is->id);
    g_autofree char *url = g_strdup_printf("%s/c/%s", public_url, is->id);
    g_autofree char *description = g_strdup_printf("%s\n%s", is->master_name, url);
    const ics_event event = {.uid = uid,
                             .summary = is->title,
                             .description = description,
                             .url = url,
                             .begins_ms = is->planned_ms,
                             .ends_ms = is->planned_ms + plan->minutes * 60000LL,
                             .changed_ms =
                                 cancelled ? MAX(is->closed_ms, is->cut_ms) : plan->changed_ms,
                             .sequence = plan->sequence + cancelled,
                             .cancelled = cancelled,
                             .alarm_minutes = alarm_minutes};
    ics_add(calendar, &event);
}

GBytes *agenda_ics(const char *name, const live_class *classes, const live_plan *plans, guint count,
                   const char *public_url, int alarm_minutes)
{
    ics *calendar = ics_new(name);
    for (guint i = 0; i < count; i++)
        event_add(calendar, &classes[i], &plans[i], public_url, alarm_minutes);
    return ics_end(calendar);
}
