/*
 * Accounts, sessions, roles: who somebody is and what they may do.
 *
 * Runs on: the clerk's thread (everything that takes `records`), but for people_hash /
 *          people_verify, which are slow and belong on the pool.
 * Memory:  a person is a value.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "records/records.h"

typedef enum {
    ROLE_LEARNER,
    ROLE_MASTER,
    ROLE_ASSISTANT,
    ROLE_STAFF,
    ROLE_INSTITUTION,
    ROLE_EMPLOYER,
    ROLE_SUPERVISOR,
    ROLE_AUDITOR,
    ROLE_ADMIN,
    ROLE_COUNT
} person_role;
#define ROLE_BIT(role) (1u << (role))
#define ROLE_ANY ((1u << ROLE_COUNT) - 1)

#define PERSON_LOGIN_MIN 3
#define PERSON_LOGIN_MAX 64 /* characters [a-z0-9._@+-], lower-cased at the door, at least 3 */
#define PERSON_NAME_MAX 50  /* characters, at least 1; U+00B7 normalised */
#define PERSON_PASSWORD_MIN 8
#define PERSON_PASSWORD_MAX 128

/*
 * Failed sign-ins in 15 minutes, then BUSY: of one login from one address, of one login, from one
 * address.
 */
#define PEOPLE_ATTEMPTS_PAIR 10
#define PEOPLE_ATTEMPTS_LOGIN 50
#define PEOPLE_ATTEMPTS_ADDRESS 100
/* Sign-ups of one address in 15 minutes: a school behind it signs up in one lesson. */
#define PEOPLE_SIGN_UPS_ADDRESS 300

#define PEOPLE_SESSION_MS (30 * 86400 * 1000LL) /* unused for so long: over */
#define PEOPLE_SESSIONS_MAX 20                  /* of one person; the oldest end */

typedef struct {
    int64_t id; /* random, positive, below 2^53; 0: nobody */
    char login[PERSON_LOGIN_MAX + 1];
    char name[PERSON_NAME_MAX * 4 + 1];
    person_role role;
} person;

const char *person_role_word(person_role role); /* "learner" */
bool person_role_parse(const char *word, person_role *role);

/*
 * argon2id, 19 MiB, t=2, p=1 (25-40 ms): pool only. Encoded string you own; NULL when there is no
 * memory for it.
 */
char *people_hash(const char *password);
bool people_verify(const char *encoded, const char *password);

/*
 * Adds an account. INPUT with field, CONFLICT "login_taken". hash: from people_hash (NULL is BUSY).
 */
bool people_add(records *db, base_clock *clock, const char *login, const char *name,
                person_role role, const char *hash, person *added, GError **error);
/*
 * A new password for a lost one; all sessions of that person end, their passes are taken back
 * (people/revoked.h). In a transaction. MISSING "person_missing". hash as above.
 */
bool people_set_password(records *db, base_clock *clock, const char *login, const char *hash,
                         GError **error);
/* Checks login, name, password as people_add will, before the slow hash. Any thread. */
bool people_check(const char *login, const char *name, const char *password, GError **error);

/*
 * The hash to verify a sign-in against. An unknown login gives the hash of nobody's password, so
 * that both take as long. BUSY "too_many_attempts" by address or login (PEOPLE_ATTEMPTS_*).
 * `address` is numeric.
 */
bool people_sign_in_begin(records *db, base_clock *clock, const char *login, const char *address,
                          char **encoded, person *who, GError **error);
/*
 * Notes the outcome: `verified` is the hash that the password fitted, NULL for none; when it was
 * changed since, that is a failure. On success makes a session: 256-bit token (text you own), stored
 * hashed. A failed sign-in is no error here, or its note would be rolled back: *token is NULL, and
 * the caller says so after the commit.
 */
bool people_sign_in_end(records *db, base_clock *clock, const person *who, const char *address,
                        const char *verified, char **token, GError **error);
/*
 * A session for somebody who has just proven who they are (signed in, signed up, set up). DENIED "person_blocked"
 * (people/roll.h).
 */
bool people_session_start(records *db, base_clock *clock, int64_t id, char **token, GError **error);
/* Counts a sign-up. BUSY "too_many_attempts" by address. */
bool people_sign_up_begin(records *db, base_clock *clock, const char *address, GError **error);
/* Whose session is this? who->id 0 if nobody's (no error). Slides the expiry. */
bool people_session(records *db, base_clock *clock, const char *token, person *who, GError **error);
bool people_sign_out(records *db, const char *token, GError **error);
bool people_by_id(records *db, int64_t id, person *who, GError **error); /* MISSING */

bool people_setup_needed(records *db, bool *needed, GError **error); /* there is no admin yet */
/*
 * First run: a one-time token for the first admin, while there is no admin; NULL text when there is
 * one.
 */
bool people_setup_token(records *db, base_clock *clock, char **token, GError **error);
/* Would people_setup() take it? DENIED "setup_invalid". Asked before the slow hash. */
bool people_setup_check(records *db, const char *token, GError **error);
/* Spends the token and adds the admin. DENIED "setup_invalid". */
bool people_setup(records *db, base_clock *clock, const char *token, const char *login,
                  const char *name, const char *hash, person *added, GError **error);

/*
 * 32 random bytes in the file <data_dir>/keys/<name> (0600), made on first use and on disk when
 * this returns. STORAGE when it cannot be made, is damaged, or can be read by others. Any thread,
 * any number of processes.
 */
GBytes *people_secret(const char *data_dir, const char *name, GError **error);

#endif
