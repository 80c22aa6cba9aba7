/*
 * The kinds of failure this house knows, as one GError domain.
 *
 * The kind says what the caller can do about it (and which HTTP status it becomes: that mapping lives in
 * server/api). The code is a stable word the page translates, such as "login_taken". It knows no HTTP.
 *
 * Runs on: any thread.
 * Memory:  a GError owns copies of its code and field.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    ERROR_INPUT,          /* what was sent is wrong; saying it again will not help */
    ERROR_DENIED,         /* known, but not allowed */
    ERROR_MISSING,        /* there is no such thing */
    ERROR_CONFLICT,       /* it is not possible in the present state */
    ERROR_TOO_LARGE,      /* over a named limit */
    ERROR_BUSY,           /* a bound is reached; try again later */
    ERROR_PEER,           /* another party (worker, publisher, remote server) failed */
    ERROR_STORAGE,        /* disk or database failed or is full */
    ERROR_UNKNOWN_PERSON, /* not signed in: sign in first */
    ERROR_GONE,           /* it was there and was removed for good */
} error_kind;

#define ERROR_DOMAIN (error_domain())
GQuark error_domain(void);

/* Sets *error (when not NULL). `code` is a stable snake_case word, `field` the input's name or NULL. */
void error_set(GError **error, error_kind kind, const char *code, const char *field,
               const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The stable code; "internal" for an error of another domain. Borrowed from the error. */
const char *error_code(const GError *error);

/* The input field it is about, or NULL. Borrowed from the error. */
const char *error_field(const GError *error);

/* True if the error is of this domain and kind. NULL is fine (false). */
bool error_is(const GError *error, error_kind kind);

#endif
