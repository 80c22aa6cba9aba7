#include "people/people.h"

#include "people/token.h"

bool people_setup_needed(records *db, bool *needed, GError **error)
{
    query *q = records_query(db, SQL_PERSON_WITH_ROLE, "t", person_role_word(ROLE_ADMIN));
    query_step_result result = query_step(q, error);
    query_end(q);
    *needed = result == QUERY_END;
    return result != QUERY_FAILED;
}

bool people_setup_token(records *db, base_clock *clock, char **token, GError **error)
{
    (void)clock; /* it lives until the next start, or until there is an admin */
    bool needed;
    *token = NULL;
    if (!people_setup_needed(db, &needed, error))
        return false;
    if (!needed)
        return records_run(db, error, SQL_SETUP_END, "");
    g_autofree char *made = token_new();
    g_autoptr(GBytes) hash = token_hash(made);
    if (!records_run(db, error, SQL_SETUP_PUT, "b", hash))
        return false;
    *token = g_steal_pointer(&made);
    return true;
}

/* Is it the stored one? No error when it is not. */
static bool token_is_right(records *db, const char *token, bool *right, GError **error)
{
    query *q = records_query(db, SQL_SETUP_READ, "");
    query_step_result result = query_step(q, error);
    g_autoptr(GBytes) stored = result == QUERY_ROW ? query_blob(q, 0) : NULL;
    g_autoptr(GBytes) shown = token_hash(token);
    query_end(q);
    *right = stored && token_equal(stored, shown);
    return result != QUERY_FAILED;
}

bool people_setup_check(records *db, const char *token, GError **error)
{
    bool right, needed;
    if (!token_is_right(db, token, &right, error) || !people_setup_needed(db, &needed, error))
        return false;
    if (!right || !needed)
        error_set(error, ERROR_DENIED, "setup_invalid", NULL,
                  "This link is not valid any more; the newest is printed when the server starts");
    return right && needed;
}

bool people_setup(records *db, base_clock *clock, const char *token, const char *login,
                  const char *name, const char *hash, person *added, GError **error)
{
    *added = (person){0};
    return people_setup_check(db, token, error) &&
           people_add(db, clock, login, name, ROLE_ADMIN, hash, added, error) &&
           records_run(db, error, SQL_SETUP_END, "");
}
