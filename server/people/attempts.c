#include "people/address.h"
#include "people/inside.h"
#include "people/token.h"

GBytes *attempts_subject(const char *kind, const char *login, const char *address)
{
    g_autofree char *key = address ? address_subject(address) : g_strdup("");
    g_autofree char *text = g_strdup_printf("%s %s %s", kind, login, key);
    return token_hash(text);
}

static int64_t window_start(base_clock *clock)
{
    return clock_utc_ms(clock) - ATTEMPTS_WINDOW_MS;
}

static bool refuse(GError **error)
{
    error_set(error, ERROR_BUSY, "too_many_attempts", NULL, "Too many attempts; try again later");
    return false;
}

bool attempts_count(records *db, base_clock *clock, GBytes *subject, int64_t limit, GError **error)
{
    query *q = records_query(db, SQL_ATTEMPT_COUNT, "bii", subject, clock_utc_ms(clock),
                             window_start(clock));
    if (query_step(q, error) != QUERY_ROW)
        return false;
    bool within = query_int(q, 0) <= limit;
    query_end(q);
    return within || refuse(error);
}

bool attempts_room(records *db, base_clock *clock, GBytes *subject, int64_t limit, GError **error)
{
    query *q = records_query(db, SQL_ATTEMPT_READ, "bi", subject, window_start(clock));
    query_step_result result = query_step(q, error);
    if (result == QUERY_FAILED)
        return false;
    bool within = result == QUERY_END || query_int(q, 0) < limit;
    query_end(q);
    return within || refuse(error);
}

bool attempts_take_back(records *db, GBytes *subject, GError **error)
{
    return records_run(db, error, SQL_ATTEMPT_TAKE_BACK, "b", subject);
}

bool attempts_forget(records *db, GBytes *subject, GError **error)
{
    return records_run(db, error, SQL_ATTEMPT_FORGET, "b", subject);
}

bool attempts_expire(records *db, base_clock *clock, GError **error)
{
    return records_run(db, error, SQL_ATTEMPT_EXPIRE, "i", window_start(clock));
}
