#include "api/calendar_link.h"

#include "people/pass.h"

/* Blanks keep it apart from what a pass signs. */
static char *signature_of(const api_parts *parts, const calendar_link *is)
{
    g_autofree char *text =
        g_strdup_printf("calendar %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, is->person, is->serial);
    return pass_sign(parts->pass_key, text);
}

char *calendar_link_url(const api_parts *parts, const calendar_link *is)
{
    g_autofree char *signature = signature_of(parts, is);
    return g_strdup_printf("%s/calendar/%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT ".%s.ics",
                           parts->public_url, is->person, is->serial, signature);
}

bool calendar_link_check(const api_parts *parts, const char *name, calendar_link *is)
{
    g_auto(GStrv) words = g_strsplit(name, ".", 5);
    *is = (calendar_link){0};
    if (g_strv_length(words) != 4 || !g_str_equal(words[3], "ics") ||
        !g_ascii_string_to_signed(words[0], 10, 1, G_MAXINT64, &is->person, NULL) ||
        !g_ascii_string_to_signed(words[1], 10, 0, G_MAXINT64, &is->serial, NULL))
        return false;
    g_autofree char *right = signature_of(parts, is);
    return pass_secret_is(right, words[2]);
}
