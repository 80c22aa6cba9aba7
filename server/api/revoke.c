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

void revoke_embed(const api_parts *parts, int64_t link)
{
    revoked_add(parts->revoked, revoked_embed(link), clock_utc_ms(parts->clock));
}
