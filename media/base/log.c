#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Set once before the first thread: read-only afterwards. */
static struct {
    log_format format;
    log_level least;
} how = {LOG_LINES, LOG_INFO};

static const char *const words[] = {"debug", "info", "warn", "error"};

void log_start(log_format format, log_level least)
{
    how.format = format;
    how.least = least;
}

/* JSON's escapes; bytes above 0x7f pass (the message is UTF-8), broken UTF-8 is replaced beforehand. */
static void append_json(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            g_string_append_printf(out, "\\u%04x", *c);
        else
            g_string_append_c(out, (char)*c);
    }
    g_string_append_c(out, '"');
}

/* A message is one line, whatever a peer put into it. */
static void append_line(GString *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        g_string_append_c(out, *c < 0x20 || *c == 0x7f ? ' ' : (char)*c);
}

static void log_write(log_level level, const char *area, const char *format, va_list values)
{
    g_autofree char *raw = g_strdup_vprintf(format, values);
    g_autofree char *text = g_utf8_make_valid(raw, -1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
    stamp[MIN(strlen(stamp), (gsize)23)] = '\0'; /* to the millisecond */
    g_autoptr(GString) out = g_string_sized_new(160);
    if (how.format == LOG_JSON) {
        g_string_append_printf(
            out, "{\"time\":\"%sZ\",\"level\":\"%s\",\"area\":\"%s\",\"message\":", stamp,
            words[level], area);
        append_json(out, text);
        g_string_append(out, "}\n");
    } else {
        g_string_append_printf(out, "%sZ %-5s %s: ", stamp, words[level], area);
        append_line(out, text);
        g_string_append_c(out, '\n');
    }
    /* One write per line: lines of several threads do not mix. Nothing can be done when stderr is gone. */
    if (write(STDERR_FILENO, out->str, out->len) < 0)
        return;
}

/* The four differ only in their level; the attribute on each lets the compiler check the values. */
#define LOG_AT(name, level)                                                                        \
    void name(const char *area, const char *format, ...)                                           \
    {                                                                                              \
        if (level < how.least)                                                                     \
            return;                                                                                \
        va_list values;                                                                            \
        va_start(values, format);                                                                  \
        log_write(level, area, format, values);                                                    \
        va_end(values);                                                                            \
    }

LOG_AT(log_debug, LOG_DEBUG)
LOG_AT(log_info, LOG_INFO)
LOG_AT(log_warn, LOG_WARN)
LOG_AT(log_error, LOG_ERROR)
