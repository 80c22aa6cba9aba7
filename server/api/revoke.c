#include "api/revoke.h"

#include "people/revoked.h"

void revoke_person(const api_parts *parts, int64_t person)
{
    if (!parts->revoked)
        return;
    revoked_add(parts->revoked, revoked_person(person), clock_utc_ms(parts->clock));
    room_put_out(parts->hall, person, NULL);
}

void revoke_title(const api_parts *parts, const char *title_id)
{
    revoked_add(parts->revoked, revoked_title(title_id), clock_utc_ms(parts->clock));
    room_put_out(parts->hall, 0, title_id);
}

static const char *title_of(const GArray *lessons, guint i)
{
    return g_array_index(lessons, school_lesson, i).title_id;
}

bool revoke_lessons_note(const api_parts *parts, records *db, const GArray *lessons, GError **error)
{
    for (guint i = 0; lessons && i < lessons->len; i++)
        if (*title_of(lessons, i) &&
            !revoked_note(db, parts->clock, revoked_title(title_of(lessons, i)), error))
            return false;
    return true;
}

void revoke_lessons(const api_parts *parts, const GArray *lessons)
{
    for (guint i = 0; lessons && i < lessons->len; i++)
        if (*title_of(lessons, i))
            revoke_title(parts, title_of(lessons, i));
}

void revoke_embed(const api_parts *parts, int64_t link)
{
    revoked_add(parts->revoked, revoked_embed(link), clock_utc_ms(parts->clock));
}

/* ---- what other processes take back ---- */

struct revoke_watch {
    api_parts parts;
    net_timer *look;
    int64_t since_ms, asked_ms; /* UTC: looked at up to here; when the look on its way began */
    bool asking, stopped;
    GArray *noted; /* of revoked_entry: the answer on its way */
};

static bool look_job(records *db, gpointer data, GError **error)
{
    revoke_watch *is = data;
    is->noted = revoked_since(db, is->since_ms, error);
    return is->noted != NULL;
}

static void learn(const api_parts *parts, const revoked_entry *entry)
{
    int64_t person = revoked_person_of(&entry->subject);
    const char *title_id = revoked_title_of(&entry->subject);
    if (revoked_learn(parts->revoked, entry) && (person != 0 || title_id))
        room_put_out(parts->hall, person, title_id);
}

static void look_done(gpointer data, const GError *error)
{
    revoke_watch *is = data;
    bool heard = !error && !is->stopped;
    for (guint i = 0; heard && i < is->noted->len; i++)
        learn(&is->parts, &g_array_index(is->noted, revoked_entry, i));
    if (heard)
        is->since_ms = is->asked_ms - REVOKE_LATE_MS;
    g_clear_pointer(&is->noted, g_array_unref);
    is->asking = false;
    if (is->stopped)
        g_free(is);
}

/* A look that is refused or fails is made up for by the next. */
static void on_look(gpointer data)
{
    revoke_watch *is = data;
    if (is->asking)
        return;
    is->asked_ms = clock_utc_ms(is->parts.clock);
    is->asking = clerk_post(is->parts.clerk, look_job, look_done, is, NULL);
}

revoke_watch *revoke_watch_new(const api_parts *parts)
{
    revoke_watch *is = g_new0(revoke_watch, 1);
    is->parts = *parts;
    is->since_ms = clock_utc_ms(parts->clock) - REVOKE_LATE_MS;
    is->look = net_timer_new(parts->net, REVOKE_LOOK_MS, REVOKE_LOOK_MS, on_look, is);
    return is;
}

void revoke_watch_free(revoke_watch *is)
{
    if (!is)
        return;
    net_timer_free(is->look);
    is->stopped = true;
    if (!is->asking)
        g_free(is);
}
