#include "people/names.h"

#include <string.h>

#define NAME_BYTES (PERSON_NAME_MAX * 4 + 1)
#define TYPED_BYTES_MAX 4096 /* nothing typed is longer; more is not even looked at */

/* The passwords that guessing starts with, among those long enough to be accepted otherwise. */
static const char *const easy_passwords[] = {
    "12345678",       "123456789",  "1234567890", "0123456789", "87654321",    "987654321",
    "123123123",      "1234qwer",   "1q2w3e4r",   "1q2w3e4r5t", "1qaz2wsx",    "qwertyui",
    "qwerty123",      "qwertyuiop", "asdfghjkl",  "password",   "password1",   "password123",
    "passw0rd",       "p@ssw0rd",   "admin123",   "admin888",   "abc12345",    "abcd1234",
    "a1234567",       "a12345678",  "a123456789", "woaini1314", "woaini520",   "5201314520",
    "52013145201314", "iloveyou",   "abc123456",  "aa123456",   "aa123456789",
};

static gunichar narrowed(gunichar c)
{
    if (c >= 0xFF01 && c <= 0xFF5E) /* full-width ASCII */
        return c - 0xFEE0;
    return c == 0x3000 ? ' ' : c;
}

static bool text_is_sane(const char *text)
{
    return text && strlen(text) <= TYPED_BYTES_MAX && g_utf8_validate(text, -1, NULL);
}

static bool login_char(gunichar c)
{
    return c < 0x80 &&
           (g_ascii_islower((char)c) || g_ascii_isdigit((char)c) || strchr("._@+-", (int)c));
}

/* Length of the folded login, or 0 when it cannot be one. */
static gsize fold_login(const char *typed, char login[PERSON_LOGIN_MAX + 1])
{
    gsize length = 0, spaces = 0;
    for (const char *at = typed; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_unichar_tolower(narrowed(g_utf8_get_char(at)));
        if (g_unichar_isspace(c)) {
            spaces += length > 0;
            continue;
        }
        if (spaces || length == PERSON_LOGIN_MAX || !login_char(c))
            return 0;
        login[length++] = (char)c;
    }
    login[length] = '\0';
    return length;
}

bool names_login(const char *typed, char login[PERSON_LOGIN_MAX + 1], GError **error)
{
    if (text_is_sane(typed) && fold_login(typed, login) >= PERSON_LOGIN_MIN)
        return true;
    login[0] = '\0';
    error_set(error, ERROR_INPUT, "login_invalid", "login",
              "A login is %d to %d letters a-z, digits or . _ @ + -", PERSON_LOGIN_MIN,
              PERSON_LOGIN_MAX);
    return false;
}

static bool is_visible(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT: /* zero width, direction marks: they make one name look like another */
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return false;
    default:
        return (c & 0xFFFE) !=
               0xFFFE; /* noncharacters; unassigned ones may be newer than our tables */
    }
}

static gunichar name_char(gunichar c)
{
    return c == 0x2022 || c == 0x30FB ? 0x00B7 : c;
}

/* Trims, then copies; false when a character or the length is wrong. */
static bool fold_name(const char *typed, char name[NAME_BYTES])
{
    g_autofree char *trimmed = g_strdup(typed);
    gsize length = 0, chars = 0, end = 0;
    for (const char *at = trimmed; *at; at = g_utf8_next_char(at)) {
        gunichar c = name_char(g_utf8_get_char(at));
        if (!is_visible(c))
            return false;
        if (g_unichar_isspace(c) && chars == 0)
            continue;
        if (chars == PERSON_NAME_MAX) {
            if (!g_unichar_isspace(c))
                return false;
            continue;
        }
        length += (gsize)g_unichar_to_utf8(c, name + length);
        chars++;
        if (!g_unichar_isspace(c))
            end = length;
    }
    name[end] = '\0';
    return end > 0;
}

bool names_name(const char *typed, char name[NAME_BYTES], GError **error)
{
    if (text_is_sane(typed) && fold_name(typed, name))
        return true;
    name[0] = '\0';
    error_set(error, ERROR_INPUT, "name_invalid", "name", "A name is 1 to %d visible characters",
              PERSON_NAME_MAX);
    return false;
}

static bool refuse_password(GError **error, const char *field, const char *code, const char *why)
{
    error_set(error, ERROR_INPUT, code, field, "%s", why);
    return false;
}

static bool is_easy(const char *password, const char *login)
{
    g_autofree char *lower = g_ascii_strdown(password, -1);
    if (strspn(lower, (char[]){lower[0], '\0'}) == strlen(lower) || strcmp(lower, login) == 0)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(easy_passwords); i++)
        if (strcmp(lower, easy_passwords[i]) == 0)
            return true;
    return false;
}

bool names_password(const char *password, const char *login, const char *field, GError **error)
{
    if (!text_is_sane(password))
        return refuse_password(error, field, "password_invalid", "The password is not text");
    glong chars = g_utf8_strlen(password, -1);
    if (chars < PERSON_PASSWORD_MIN)
        return refuse_password(error, field, "password_too_short",
                               "A password has at least 8 characters");
    if (chars > PERSON_PASSWORD_MAX)
        return refuse_password(error, field, "password_too_long",
                               "A password has at most 128 characters");
    if (is_easy(password, login))
        return refuse_password(error, field, "password_too_easy",
                               "This password is among the first that are tried; choose another");
    return true;
}
