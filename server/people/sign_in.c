#include <string.h>

#include "people/inside.h"
#include "people/names.h"
#include "people/token.h"

/*
 * A hash like any other, of a password nobody has: an unknown login takes as long as a known one.
 */
static const char nobodys_hash[] = "$argon2id$v=19$m=19456,t=2,p=1$MPiBDP7120+XAh24wB1mIQ$"
                                   "N9pKLJ6icu7yBpHOa95QbiZvVGb1UX5V6fwfjUvBgVU";

/* Several pupils behind one address must not lock a teacher out, nor one address a whole school. */
typedef struct {
    GBytes *pair, *login, *address;
} subjects;

static subjects subjects_of(const char *login, const char *address)
{
    return (subjects){attempts_subject("pair", login, address),
                      attempts_subject("login", login, NULL),
                      attempts_subject("address", "", address)};
}

static void subjects_clear(subjects *of)
{
    g_bytes_unref(of->pair);
    g_bytes_unref(of->login);
    g_bytes_unref(of->address);
}

/* Logins are counted before the password is looked at: guesses at the same moment count too. */
static bool count_attempt(records *db, base_clock *clock, const subjects *of, GError **error)
{
    return attempts_expire(db, clock, error) &&
           attempts_room(db, clock, of->address, PEOPLE_ATTEMPTS_ADDRESS, error) &&
           attempts_count(db, clock, of->pair, PEOPLE_ATTEMPTS_PAIR, error) &&
           attempts_count(db, clock, of->login, PEOPLE_ATTEMPTS_LOGIN, error);
}

static bool read_by_login(records *db, person *who, char **encoded, GError **error)
{
    query *q = records_query(db, SQL_PERSON_BY_LOGIN, "t", who->login);
    query_step_result result = query_step(q, error);
    if (result == QUERY_ROW)
        people_from_row(q, who);
    if (result != QUERY_FAILED)
        *encoded = g_strdup(result == QUERY_ROW ? query_text(q, 4) : nobodys_hash);
    query_end(q);
    return result != QUERY_FAILED;
}

bool people_sign_in_begin(records *db, base_clock *clock, const char *login, const char *address,
                          char **encoded, person *who, GError **error)
{
    *who = (person){0};
    *encoded = NULL;
    names_login(login, who->login, NULL); /* one that cannot be is "": unknown, like others */
    subjects of = subjects_of(who->login, address);
    bool good = count_attempt(db, clock, &of, error) && read_by_login(db, who, encoded, error);
    subjects_clear(&of);
    return good;
}

static bool note_success(records *db, const subjects *of, GError **error)
{
    return attempts_forget(db, of->pair, error) && attempts_take_back(db, of->login, error);
}

/* The slow look at the password was outside of any transaction: is its hash still theirs? */
static bool judge(records *db, const person *who, const char *verified, bool *success,
                  GError **error)
{
    person now = *who;
    g_autofree char *encoded = NULL;
    *success = false;
    if (!verified || who->id == 0)
        return true;
    if (!read_by_login(db, &now, &encoded, error))
        return false;
    *success = g_str_equal(encoded, verified);
    return true;
}

bool sign_in_note(records *db, base_clock *clock, const person *who, const char *address,
                  const char *verified, bool *success, GError **error)
{
    if (!judge(db, who, verified, success, error))
        return false;
    subjects of = subjects_of(who->login, address);
    bool noted = *success ? note_success(db, &of, error)
                          : attempts_count(db, clock, of.address, INT64_MAX, error);
    subjects_clear(&of);
    return noted;
}

bool people_sign_in_end(records *db, base_clock *clock, const person *who, const char *address,
                        const char *verified, char **token, GError **error)
{
    *token = NULL;
    bool success;
    return sign_in_note(db, clock, who, address, verified, &success, error) &&
           (!success || people_session_start(db, clock, who->id, token, error));
}

bool people_sign_up_begin(records *db, base_clock *clock, const char *address, GError **error)
{
    g_autoptr(GBytes) subject = attempts_subject("sign-up", "", address);
    return attempts_count(db, clock, subject, PEOPLE_SIGN_UPS_ADDRESS, error);
}
