#include "base/error.h"

#include <stdarg.h>

/* What GLib keeps beside the message for each error of our domain. */
typedef struct {
    char *code, *field;
} FailurePrivate; /* the macro below asks for this spelling */

static void failure_private_init(FailurePrivate *is)
{
    *is = (FailurePrivate){0};
}

static void failure_private_copy(const FailurePrivate *from, FailurePrivate *to)
{
    to->code = g_strdup(from->code);
    to->field = g_strdup(from->field);
}

static void failure_private_clear(FailurePrivate *is)
{
    g_free(is->code);
    g_free(is->field);
}

GQuark failure_quark(void);
G_DEFINE_EXTENDED_ERROR(Failure, failure)

GQuark error_domain(void)
{
    return failure_quark();
}

void error_set(GError **error, error_kind kind, const char *code, const char *field,
               const char *format, ...)
{
    if (!error)
        return;
    va_list values;
    va_start(values, format);
    *error = g_error_new_valist(ERROR_DOMAIN, (gint)kind, format, values);
    va_end(values);
    FailurePrivate *is = failure_get_private(*error);
    is->code = g_strdup(code);
    is->field = g_strdup(field);
}

const char *error_code(const GError *error)
{
    const char *code = error->domain == ERROR_DOMAIN ? failure_get_private(error)->code : NULL;
    return code ? code : "internal";
}

const char *error_field(const GError *error)
{
    return error->domain == ERROR_DOMAIN ? failure_get_private(error)->field : NULL;
}

bool error_is(const GError *error, error_kind kind)
{
    return error && error->domain == ERROR_DOMAIN && error->code == (gint)kind;
}
