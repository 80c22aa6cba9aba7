#include "people/inside.h"
#include "people/token.h"

#define SEEN_EVERY_MS                                                                              \
    (3600 * 1000LL) /* the expiry slides at most this often: a read is not a write */

static bool may_enter(records *db, int64_t id, GError **error)
{
    query *q = records_query(db, SQL_BLOCKED_READ, "i", id);
    query_step_result result = query_step(q, error);
    if (result == QUERY_ROW)
        error_set(error, ERROR_DENIED, "person_blocked", NULL,
                  "This account is blocked: ask the staff of your school");
    query_end(q);
    return result == QUERY_END;
}

bool people_session_start(records *db, base_clock *clock, int64_t id, char **token, GError **error)
{
    *token = NULL;
    if (!may_enter(db, id, error))
        return false;
    int64_t now = clock_utc_ms(clock);
    g_autofree char *made = token_new();
    g_autoptr(GBytes) hash = token_hash(made);
    if (!records_run(db, error, SQL_SESSION_EXPIRE, "i", now) ||
        !records_run(db, error, SQL_SESSION_ADD, "biii", hash, id, now, now + PEOPLE_SESSION_MS) ||
        !records_run(db, error, SQL_SESSION_TRIM, "ii", id, (int64_t)PEOPLE_SESSIONS_MAX))
        return false;
    *token = g_steal_pointer(&made);
    return true;
}

static bool slide(records *db, GBytes *hash, int64_t now, int64_t seen, GError **error)
{
    return now - seen < SEEN_EVERY_MS ||
           records_run(db, error, SQL_SESSION_SEEN, "bii", hash, now, now + PEOPLE_SESSION_MS);
}

bool people_session(records *db, base_clock *clock, const char *token, person *who, GError **error)
{
    int64_t now = clock_utc_ms(clock), seen = now;
    g_autoptr(GBytes) hash = token_hash(token);
    *who = (person){0};
    query *q = records_query(db, SQL_SESSION_BY_TOKEN, "bi", hash, now);
    query_step_result result = query_step(q, error);
    if (result == QUERY_ROW) {
        people_from_row(q, who);
        seen = query_int(q, 4);
    }
    query_end(q);
    return result != QUERY_FAILED && slide(db, hash, now, seen, error);
}

bool people_sign_out(records *db, const char *token, GError **error)
{
    g_autoptr(GBytes) hash = token_hash(token);
    return records_run(db, error, SQL_SESSION_END, "b", hash);
}
