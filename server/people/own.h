/*
 * What a person does with their own account: another password, and where they are signed in.
 *
 * A session is named by its id, which is not its token and opens nothing. Whoever ends one takes back all passes of the
 * person with it: passes know no session, and the pages of those that go on get new ones.
 *
 * Runs on: the clerk's thread, in a transaction.
 * Memory:  entries are values.
 */
#ifndef PEOPLE_OWN_H
#define PEOPLE_OWN_H

#include "people/people.h"

#define OWN_SESSION_ID 16 /* characters of hexadecimal */

typedef struct {
    char id[OWN_SESSION_ID + 1];
    int64_t begun_ms, used_ms;    /* UTC; the second is written once an hour at most */
    char browser[16], device[16]; /* people/device.h; "" when not known */
    bool present;                 /* the one that asks */
} own_session;

/* What the session of this token, just begun, is used on; user_agent may be NULL. */
bool own_session_tell(records *db, const char *token, const char *user_agent, GError **error);
/* Array of own_session, yours: those that are not over, the present one first, then by their last use. */
GArray *own_sessions(records *db, base_clock *clock, int64_t person, const char *token,
                     GError **error);
/* MISSING "session_missing" when this person has none of that id. */
bool own_session_end(records *db, base_clock *clock, int64_t person, const char *id,
                     GError **error);
/* All but the one of this token. */
bool own_sessions_end_others(records *db, base_clock *clock, int64_t person, const char *token,
                             GError **error);

/*
 * Another password, by somebody who shows the current one. `next` is judged as people_check() does, about the field
 * "next"; then the hash to verify the current one against: guesses are counted with those at the door
 * (people_sign_in_begin), BUSY "too_many_attempts".
 */
bool own_password_begin(records *db, base_clock *clock, const person *who, const char *address,
                        const char *next, char **encoded, GError **error);
/* What was judged on the pool meanwhile, and by whom. */
typedef struct {
    const person *who;
    const char *address, *token;
    const char *verified; /* the hash that the current password fitted; NULL: none */
    const char *hash;     /* of the next one; NULL with `verified` is BUSY */
} own_password;
/*
 * Notes the outcome as people_sign_in_end() does: a wrong one is no error here, *changed says it. On success all other
 * sessions of the person end. UNKNOWN_PERSON "sign_in" when the session that asked is over meanwhile.
 */
bool own_password_end(records *db, base_clock *clock, const own_password *is, bool *changed,
                      GError **error);

#endif
