#include "people/own.h"

#include "people/device.h"
#include "people/inside.h"
#include "people/names.h"
#include "people/revoked.h"
#include "people/token.h"

/* ---- sessions ---- */

bool own_session_tell(records *db, const char *token, const char *user_agent, GError **error)
{
    device at = device_of(user_agent);
    g_autoptr(GBytes) hash = token_hash(token);
    return records_run(db, error, SQL_SESSION_DEVICE, "btt", hash, at.browser, at.device);
}

/* The beginning of the stored hash: nobody finds a token by it, and a person's few do not meet in 64 bits. */
static void name_session(GBytes *hash, char id[OWN_SESSION_ID + 1])
{
    const uint8_t *bytes = g_bytes_get_data(hash, NULL);
    for (int i = 0; i < OWN_SESSION_ID / 2; i++)
        g_snprintf(id + (gsize)i * 2, 3, "%02x", bytes[i]);
}

static own_session from_row(query *q, GBytes *present)
{
    g_autoptr(GBytes) hash = query_blob(q, 0);
    own_session is = {.begun_ms = query_int(q, 1),
                      .used_ms = query_int(q, 2),
                      .present = g_bytes_equal(hash, present)};
    name_session(hash, is.id);
    g_strlcpy(is.browser, query_text(q, 3), sizeof is.browser);
    g_strlcpy(is.device, query_text(q, 4), sizeof is.device);
    return is;
}

GArray *own_sessions(records *db, base_clock *clock, int64_t person, const char *token,
                     GError **error)
{
    g_autoptr(GBytes) present = token_hash(token);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(own_session));
    query *q = records_query(db, SQL_SESSION_OF, "ii", person, clock_utc_ms(clock));
    query_step_result result;
    while ((result = query_step(q, error)) == QUERY_ROW) {
        own_session is = from_row(q, present);
        g_array_insert_vals(all, is.present ? 0 : all->len, &is, 1);
    }
    return result == QUERY_END ? g_steal_pointer(&all) : NULL;
}

/* The stored hash of the session of this id; NULL with MISSING. You own it. */
static GBytes *find_session(records *db, base_clock *clock, int64_t person, const char *id,
                            GError **error)
{
    g_autoptr(GBytes) found = NULL;
    query *q = records_query(db, SQL_SESSION_OF, "ii", person, clock_utc_ms(clock));
    query_step_result result = QUERY_ROW;
    while (!found && (result = query_step(q, error)) == QUERY_ROW) {
        char name[OWN_SESSION_ID + 1];
        g_autoptr(GBytes) hash = query_blob(q, 0);
        name_session(hash, name);
        if (g_str_equal(name, id))
            found = g_steal_pointer(&hash);
    }
    query_end(q);
    if (result == QUERY_END && !found)
        error_set(error, ERROR_MISSING, "session_missing", NULL,
                  "There is no such session (any more)");
    return g_steal_pointer(&found);
}

bool own_session_end(records *db, base_clock *clock, int64_t person, const char *id, GError **error)
{
    g_autoptr(GBytes) hash = find_session(db, clock, person, id, error);
    return hash && records_run(db, error, SQL_SESSION_END, "b", hash) &&
           revoked_note(db, clock, revoked_person(person), error);
}

bool own_sessions_end_others(records *db, base_clock *clock, int64_t person, const char *token,
                             GError **error)
{
    g_autoptr(GBytes) present = token_hash(token);
    return records_run(db, error, SQL_SESSION_END_OTHERS, "ib", person, present) &&
           revoked_note(db, clock, revoked_person(person), error);
}

/* ---- the password ---- */

bool own_password_begin(records *db, base_clock *clock, const person *who, const char *address,
                        const char *next, char **encoded, GError **error)
{
    person same;
    *encoded = NULL;
    return names_password(next, who->login, "next", error) &&
           people_sign_in_begin(db, clock, who->login, address, encoded, &same, error);
}

/* The slow look was outside of any transaction: somebody else may have ended it, or shut the person out. */
static bool still_here(records *db, base_clock *clock, const own_password *is, GError **error)
{
    person now;
    if (!people_session(db, clock, is->token, &now, error))
        return false;
    if (now.id == is->who->id)
        return true;
    error_set(error, ERROR_UNKNOWN_PERSON, "sign_in", NULL, "Sign in first");
    return false;
}

bool own_password_end(records *db, base_clock *clock, const own_password *is, bool *changed,
                      GError **error)
{
    *changed = false;
    if (!still_here(db, clock, is, error) ||
        !sign_in_note(db, clock, is->who, is->address, is->verified, changed, error))
        return false;
    return !*changed || (people_store_password(db, is->who->id, is->hash, error) &&
                         own_sessions_end_others(db, clock, is->who->id, is->token, error));
}
