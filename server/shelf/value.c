#include "shelf/value.h"

#include <time.h>

void value_seconds(GString *out, int64_t ticks)
{
    int64_t value = (ticks * 10 + 4) / 9;
    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%05d", value / 100000, (int)(value % 100000));
}

void value_date(GString *out, int64_t utc_ms)
{
    time_t seconds = utc_ms / 1000;
    struct tm utc;
    char text[32];
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    g_string_append_printf(out, "%s.%03dZ", text, (int)(utc_ms % 1000));
}

/* A quoted string holds neither quotes nor line ends (RFC 8216bis 4.2). */
void value_quoted(GString *out, const char *words)
{
    g_string_append_c(out, '"');
    for (; *words; words++)
        g_string_append(out, *words == '"' ? "\u201d" : (const char[]){*words, '\0'});
    g_string_append_c(out, '"');
}
