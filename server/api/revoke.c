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
