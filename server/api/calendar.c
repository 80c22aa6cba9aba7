/*
 * Classes to come in people's own calendars: one class as a file, all of somebody's at a secret address; and reminders.
 */
#include <string.h>

#include "agenda/agenda.h"
#include "agenda/ics.h"
#include "api/calendar_link.h"
#include "people/roll.h"

typedef struct {
    calendar_link link;
    GArray *classes; /* of live_class */
    GArray *plans;   /* of live_plan, one each */
} calendar_call;

static void calendar_call_free(gpointer data)
{
    calendar_call *c = data;
    g_array_unref(c->classes);
    g_array_unref(c->plans);
    g_free(c);
}

static calendar_call *carry(api_call *call)
{
    if (!call->data) {
        calendar_call *c = g_new0(calendar_call, 1);
        c->classes = g_array_new(FALSE, FALSE, sizeof(live_class));
        c->plans = g_array_new(FALSE, FALSE, sizeof(live_plan));
        call->data = c;
        call->free_data = calendar_call_free;
    }
    return call->data;
}

static bool add(calendar_call *c, records *db, const live_class *is, GError **error)
{
    live_plan plan;
    if (!live_plan_read(db, is, &plan, error))
        return false;
    g_array_append_val(c->classes, *is);
    g_array_append_val(c->plans, plan);
    return true;
}

/* Calendar programs ask again by themselves; what they have may be a minute old. */
static void answer_ics(api_call *call, const char *name)
{
    const calendar_call *c = call->data;
    call->raw =
        agenda_ics(name, (const live_class *)c->classes->data, (const live_plan *)c->plans->data,
                   c->classes->len, call->parts->public_url, call->parts->reminder_minutes);
    call->raw_type = ICS_TYPE;
    g_string_append(call->headers, "Cache-Control: private, max-age=60\r\n");
}

/* ---- GET /classes/{id}/calendar.ics: whoever sees the class sees when it is ---- */

static bool read_class(api_call *call, records *db, GError **error)
{
    live_class is;
    if (!live_class_read(db, request_param(call->request, "id"), &is, error))
        return false;
    if (is.planned_ms != 0)
        return add(carry(call), db, &is, error);
    error_set(error, ERROR_MISSING, "not_planned", NULL,
              "This class began without a plan: there is no time to put into a calendar");
    return false;
}

static bool give_class(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    answer_ics(call, NULL);
    g_string_append(call->headers, "Content-Disposition: inline; filename=\"class.ics\"\r\n");
    return true;
}

/* ---- PUT and DELETE /classes/{id}/reminder ---- */

static bool set_reminder(api_call *call, records *db, GError **error)
{
    return reminder_set(db, call->parts->clock, request_param(call->request, "id"), call->who.id,
                        error);
}

static bool drop_reminder(api_call *call, records *db, GError **error)
{
    return reminder_drop(db, request_param(call->request, "id"), call->who.id, error);
}

/* ---- GET and POST /calendar: the address of one's own ---- */

static bool read_address(api_call *call, records *db, GError **error)
{
    calendar_link *is = &carry(call)->link;
    is->person = call->who.id;
    return calendar_serial(db, is->person, &is->serial, error);
}

static bool renew_address(api_call *call, records *db, GError **error)
{
    calendar_link *is = &carry(call)->link;
    is->person = call->who.id;
    return calendar_renew(db, is->person, &is->serial, error);
}

static bool give_address(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    g_autofree char *url = calendar_link_url(call->parts, &carry(call)->link);
    call->answer = json_pack("{s:s}", "url", url);
    return true;
}

/* ---- GET /calendar/<token>.ics ---- */

static bool no_calendar(GError **error)
{
    error_set(error, ERROR_MISSING, "calendar_missing", NULL,
              "There is no calendar at this address (any more)");
    return false;
}

static bool read_token(api_call *call, records *db, GError **error)
{
    (void)db;
    return calendar_link_check(call->parts, request_param(call->request, "token"),
                               &carry(call)->link) ||
           no_calendar(error);
}

/* Is the address still good: the newest of somebody who is not shut out? */
static bool still_good(records *db, const calendar_link *is, GError **error)
{
    roll_entry owner;
    int64_t serial;
    if (!roll_read(db, is->person, &owner, error) ||
        !calendar_serial(db, is->person, &serial, error))
        return false;
    return (serial == is->serial && !owner.blocked) || no_calendar(error);
}

static bool read_feed(api_call *call, records *db, GError **error)
{
    calendar_call *c = call->data;
    int64_t from_ms = clock_utc_ms(call->parts->clock) - AGENDA_BEHIND_MS;
    if (!still_good(db, &c->link, error))
        return false;
    g_autoptr(GArray) all = agenda_list(db, c->link.person, from_ms, INT64_MAX, error);
    for (guint i = 0; all && i < all->len; i++)
        if (!add(c, db, &g_array_index(all, live_class, i), error))
            return false;
    return all != NULL;
}

/* On the pool: many programs ask every hour, and the clerk has learners to write for. */
static bool look(api_call *call, records *none, GError **error)
{
    (void)none;
    records *db = readers_take(call->parts->readers, error);
    bool good = db && read_feed(call, db, error);
    if (db)
        readers_give(call->parts->readers, db);
    return good;
}

static bool give_feed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    answer_ics(call, call->parts->issuer);
    return true;
}

void api_calendar(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/classes/{id}/calendar.ics", 0, 0, .work = read_class, .after = give_class},
        {"PUT", "/api/v1/classes/{id}/reminder", ROLE_ANY, 0, .work = set_reminder},
        {"DELETE", "/api/v1/classes/{id}/reminder", ROLE_ANY, 0, .work = drop_reminder},
        {"GET", "/api/v1/calendar", ROLE_ANY, 0, .work = read_address, .after = give_address},
        {"POST", "/api/v1/calendar", ROLE_ANY, 0, .work = renew_address, .after = give_address},
        {"GET", "/calendar/{token}", 0, 0, .before = read_token, .slow = look, .after = give_feed},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
