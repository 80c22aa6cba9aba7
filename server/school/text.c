#include "school/text.h"

#include <string.h>

static bool readable(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return false;
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)) && *at != '\n')
            return false;
    return true;
}

bool school_text(char *out, glong most, glong least, const char *field, const char *text,
                 GError **error)
{
    if (!text || !readable(text)) {
        error_set(error, ERROR_INPUT, "not_text", field,
                  "%s must be text without control characters", field);
        return false;
    }
    g_autofree char *cut = g_strstrip(g_strdup(text));
    glong length = g_utf8_strlen(cut, -1);
    if (length < least || length > most) {
        error_set(error, ERROR_INPUT, length < least ? "too_short" : "too_long", field,
                  "%s must have %ld to %ld characters, it has %ld", field, least, most, length);
        return false;
    }
    g_strlcpy(out, cut, (gsize)most * 4 + 1);
    return true;
}
