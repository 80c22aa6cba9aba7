/*
 * What people type as a login or a name, brought into the one form we keep.
 *
 * Not for other rooms. It knows no database: whether a login is taken is not its business.
 *
 * Runs on: any thread.
 * Memory:  writes into what it is given.
 */
#ifndef PEOPLE_NAMES_H
#define PEOPLE_NAMES_H

#include "people/people.h"

/*
 * Trimmed, full-width forms narrowed, lower-cased. INPUT "login_invalid" on anything but 3-64 of
 * [a-z0-9._@+-].
 */
bool names_login(const char *typed, char login[PERSON_LOGIN_MAX + 1], GError **error);

/*
 * Trimmed; U+2022 and U+30FB, which keyboards give for the dot within a name, become U+00B7.
 * Otherwise as typed: no Unicode normalisation, it would change rare characters on a certificate.
 * INPUT "name_invalid" when empty, longer than PERSON_NAME_MAX characters, or with control or
 * invisible characters.
 */
bool names_name(const char *typed, char name[PERSON_NAME_MAX * 4 + 1], GError **error);

/*
 * INPUT "password_too_short", "password_too_long" (characters), "password_invalid",
 * "password_too_easy", about this field.
 */
bool names_password(const char *password, const char *login, const char *field, GError **error);

#endif
