#include "agenda/ics.h"

#include <string.h>

struct ics {
    GString *text;
};

/* Where a piece of at most `room` octets may end: before a character, never inside one. */
static gsize cut_of(const char *at, gsize left, gsize room)
{
    if (left <= room)
        return left;
    gsize cut = room;
    while (cut > 1 && ((unsigned char)at[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}

/* A content line, folded: each piece but the first begins with a blank (3.1). */
static void line_add(ics *is, const char *line)
{
    gsize left = strlen(line), room = ICS_LINE_MAX;
    for (const char *at = line; left > 0;) {
        gsize cut = cut_of(at, left, room);
        g_string_append_len(is->text, at, (gssize)cut);
        at += cut;
        left -= cut;
        g_string_append(is->text, left > 0 ? "\r\n " : "\r\n");
        room = ICS_LINE_MAX - 1;
    }
}

/* A text value (3.3.11); control characters have no place in one. */
static char *escaped(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *at = text; *at; at++) {
        if (strchr("\\;,", *at))
            g_string_append_c(out, '\\');
        if (*at == '\n')
            g_string_append(out, "\\n");
        else if ((unsigned char)*at >= ' ' && *at != 0x7f)
            g_string_append_c(out, *at);
    }
    return g_string_free(out, FALSE);
}

static void text_add(ics *is, const char *name, const char *text)
{
    g_autofree char *value = escaped(text);
    g_autofree char *line = g_strdup_printf("%s:%s", name, value);
    line_add(is, line);
}

static void time_add(ics *is, const char *name, int64_t utc_ms)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(utc_ms / 1000);
    g_autofree char *value = at ? g_date_time_format(at, "%Y%m%dT%H%M%SZ") : NULL;
    g_autofree char *line = g_strdup_printf("%s:%s", name, value ? value : "19700101T000000Z");
    line_add(is, line);
}

static void alarm_add(ics *is, const ics_event *event)
{
    g_autofree char *trigger = g_strdup_printf("TRIGGER:-PT%dM", event->alarm_minutes);
    line_add(is, "BEGIN:VALARM");
    line_add(is, "ACTION:DISPLAY");
    text_add(is, "DESCRIPTION", event->summary);
    line_add(is, trigger);
    line_add(is, "END:VALARM");
}

ics *ics_new(const char *name)
{
    ics *is = g_new0(ics, 1);
    is->text = g_string_new(NULL);
    line_add(is, "BEGIN:VCALENDAR");
    line_add(is, "VERSION:2.0");
    line_add(is, "PRODID:-//Jiangtang//Classes//ZH");
    line_add(is, "CALSCALE:GREGORIAN");
    if (!name)
        return is;
    text_add(is, "NAME", name); /* RFC 7986, and what was there before it */
    text_add(is, "X-WR-CALNAME", name);
    line_add(is, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    line_add(is, "X-PUBLISHED-TTL:PT1H");
    return is;
}

void ics_add(ics *is, const ics_event *event)
{
    g_autofree char *url = g_strdup_printf("URL:%s", event->url);
    g_autofree char *sequence = g_strdup_printf("SEQUENCE:%" G_GINT64_FORMAT, event->sequence);
    line_add(is, "BEGIN:VEVENT");
    text_add(is, "UID", event->uid);
    time_add(is, "DTSTAMP", event->changed_ms);
    time_add(is, "LAST-MODIFIED", event->changed_ms);
    line_add(is, sequence);
    time_add(is, "DTSTART", event->begins_ms);
    time_add(is, "DTEND", event->ends_ms);
    text_add(is, "SUMMARY", event->summary);
    text_add(is, "DESCRIPTION", event->description);
    line_add(is, url);
    line_add(is, event->cancelled ? "STATUS:CANCELLED" : "STATUS:CONFIRMED");
    if (event->alarm_minutes > 0 && !event->cancelled)
        alarm_add(is, event);
    line_add(is, "END:VEVENT");
}

GBytes *ics_end(ics *is)
{
    line_add(is, "END:VCALENDAR");
    GBytes *bytes = g_string_free_to_bytes(is->text);
    g_free(is);
    return bytes;
}
