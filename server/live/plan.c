#include "live/inside.h"

bool live_plan_read(records *db, const live_class *is, live_plan *plan, GError **error)
{
    *plan = (live_plan){.minutes = LIVE_PLAN_MINUTES, .changed_ms = is->created_ms};
    query *row = records_query(db, SQL_PLAN_READ, "t", is->id);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        *plan = (live_plan){(int)query_int(row, 0), query_int(row, 1), query_int(row, 2)};
    query_end(row);
    return step != QUERY_FAILED;
}

static bool may_change(const live_class *is, const live_plan *plan, const live_class *wanted,
                       int minutes, GError **error)
{
    bool same_plan = is->planned_ms == wanted->planned_ms && plan->minutes == minutes;
    if (same_plan || is->state == CLASS_PLANNED || is->state == CLASS_WAITING)
        return true;
    error_set(error, ERROR_CONFLICT, "class_begun", "planned_ms",
              "the class has begun: its time can no longer be changed");
    return false;
}

bool live_class_edit(records *db, base_clock *clock, live_class *is, const char *title,
                     int64_t planned_ms, int minutes, GError **error)
{
    live_plan plan;
    live_class wanted = *is;
    int64_t now_ms = clock_utc_ms(clock);
    g_autofree char *trimmed = g_strstrip(g_strdup(title));
    wanted.planned_ms = planned_ms;
    if (!live_plan_read(db, is, &plan, error) || !class_check_title(trimmed, error) ||
        (planned_ms != is->planned_ms && !class_check_plan(planned_ms, now_ms, error)) ||
        !may_change(is, &plan, &wanted, minutes, error))
        return false;
    text_copy(wanted.title, sizeof wanted.title, trimmed);
    *is = wanted;
    return records_run(db, error, SQL_CLASS_EDIT, "tti", is->id, is->title, planned_ms) &&
           records_run(db, error, SQL_PLAN_PUT, "tiii", is->id, (int64_t)minutes, plan.sequence + 1,
                       now_ms);
}

void live_edited(live *house, const live_class *is)
{
    stage *s = g_hash_table_lookup(house->by_id, is->id);
    if (!s)
        return;
    g_strlcpy(s->is.title, is->title, sizeof s->is.title);
    s->is.planned_ms = is->planned_ms;
    bool later = is->planned_ms > clock_utc_ms(house->clock);
    if (s->is.state == CLASS_WAITING && later && !s->publisher && !s->hand)
        stage_move(s, CLASS_PLANNED);
}
