#include "people/people.h"

#include <string.h>

#include "people/inside.h"
#include "people/names.h"
#include "people/revoked.h"
#include "people/token.h"

static const char *const role_words[ROLE_COUNT] = {
    "learner",  "master",     "assistant", "staff", "institution",
    "employer", "supervisor", "auditor",   "admin",
};

const char *person_role_word(person_role role)
{
    g_assert((int)role >= 0 && role < ROLE_COUNT);
    return role_words[role];
}

bool person_role_parse(const char *word, person_role *role)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (g_strcmp0(role_words[i], word) == 0) {
            *role = (person_role)i;
            return true;
        }
    return false;
}

bool people_check(const char *login, const char *name, const char *password, GError **error)
{
    char folded_login[PERSON_LOGIN_MAX + 1], folded_name[PERSON_NAME_MAX * 4 + 1];
    return names_login(login, folded_login, error) && names_name(name, folded_name, error) &&
           names_password(password, folded_login, "password", error);
}

/* Below 2^53: exact in every JSON reader. */
static int64_t random_id(void)
{
    uint64_t id;
    do {
        token_random(&id, sizeof id);
        id &= (UINT64_C(1) << 53) - 1;
    } while (id == 0);
    return (int64_t)id;
}

static bool insert(records *db, base_clock *clock, const char *hash, const person *who,
                   GError **error)
{
    query *q = records_query(db, SQL_PERSON_ADD, "itttti", who->id, who->login, who->name,
                             person_role_word(who->role), hash, clock_utc_ms(clock));
    query_step_result result = query_step(q, error);
    if (result == QUERY_END)
        error_set(error, ERROR_CONFLICT, "login_taken", "login", "This login is taken");
    query_end(q);
    return result == QUERY_ROW;
}

static bool hash_is_there(const char *hash, GError **error)
{
    if (!hash)
        error_set(error, ERROR_BUSY, "busy", NULL, "There was no memory to hash the password");
    return hash != NULL;
}

bool people_add(records *db, base_clock *clock, const char *login, const char *name,
                person_role role, const char *hash, person *added, GError **error)
{
    *added = (person){.role = role};
    if (!names_login(login, added->login, error) || !names_name(name, added->name, error) ||
        !hash_is_there(hash, error))
        return false;
    added->id = random_id();
    return insert(db, clock, hash, added, error);
}

static bool by_login(records *db, const char *login, person *who, GError **error)
{
    query *q = records_query(db, SQL_PERSON_BY_LOGIN, "t", login);
    query_step_result result = query_step(q, error);
    if (result == QUERY_ROW)
        people_from_row(q, who);
    if (result == QUERY_END)
        error_set(error, ERROR_MISSING, "person_missing", "login", "There is no such person");
    query_end(q);
    return result == QUERY_ROW;
}

bool people_store_password(records *db, int64_t id, const char *hash, GError **error)
{
    return hash_is_there(hash, error) &&
           records_run(db, error, SQL_PERSON_PASSWORD, "it", id, hash);
}

bool people_set_password(records *db, base_clock *clock, const char *login, const char *hash,
                         GError **error)
{
    char folded[PERSON_LOGIN_MAX + 1];
    person who;
    return names_login(login, folded, error) && by_login(db, folded, &who, error) &&
           people_store_password(db, who.id, hash, error) &&
           records_run(db, error, SQL_SESSION_END_OF, "i", who.id) &&
           revoked_note(db, clock, revoked_person(who.id), error);
}

void people_from_row(query *q, person *who)
{
    *who = (person){.id = query_int(q, 0)};
    g_strlcpy(who->login, query_text(q, 1), sizeof who->login);
    g_strlcpy(who->name, query_text(q, 2), sizeof who->name);
    if (!person_role_parse(query_text(q, 3), &who->role))
        who->role = ROLE_LEARNER; /* a role of a newer program: the least right */
}

bool people_by_id(records *db, int64_t id, person *who, GError **error)
{
    *who = (person){0};
    query *q = records_query(db, SQL_PERSON_BY_ID, "i", id);
    query_step_result result = query_step(q, error);
    if (result == QUERY_ROW)
        people_from_row(q, who);
    if (result == QUERY_END)
        error_set(error, ERROR_MISSING, "person_missing", NULL, "There is no such person");
    query_end(q);
    return result == QUERY_ROW;
}
