/* Calendars as text: what RFC 5545 asks of a line, a text and a revision. */
#include "agenda/ics.h"

#include <string.h>

#define NOON_MS 1792324800000 /* 2026-10-18 12:00:00 UTC */
#define CJK "氩弧焊立焊单面焊双面成形"

static const ics_event plain = {.uid = "abcdefghij23@jiangtang",
                                .summary = "平焊",
                                .description = "王师傅\nhttp://localhost:8080/c/abcdefghij23",
                                .url = "http://localhost:8080/c/abcdefghij23",
                                .begins_ms = NOON_MS,
                                .ends_ms = NOON_MS + 45 * 60000,
                                .changed_ms = NOON_MS - 3600000,
                                .sequence = 3,
                                .alarm_minutes = 15};

static char *text_of(const char *name, const ics_event *event)
{
    ics *is = ics_new(name);
    ics_add(is, event);
    g_autoptr(GBytes) bytes = ics_end(is);
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    return g_strndup(data, length);
}

/* As a reader joins the lines again (3.1). */
static char *unfolded(const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, "\r\n ", -1);
    return g_strjoinv("", pieces);
}

static void has(const char *text, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\r\n%s\r\n", line);
    if (!strstr(text, whole))
        g_error("\"%s\" is not in:\n%s", line, text);
}

static void an_event_says_when_and_where_in_utc(void)
{
    g_autofree char *folded = text_of(NULL, &plain);
    g_autofree char *text = unfolded(folded);
    g_assert_true(g_str_has_prefix(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    g_assert_true(g_str_has_suffix(text, "END:VEVENT\r\nEND:VCALENDAR\r\n"));
    has(text, "UID:abcdefghij23@jiangtang");
    has(text, "DTSTAMP:20261018T110000Z");
    has(text, "DTSTART:20261018T120000Z");
    has(text, "DTEND:20261018T124500Z");
    has(text, "SEQUENCE:3");
    has(text, "SUMMARY:平焊");
    has(text, "DESCRIPTION:王师傅\\nhttp://localhost:8080/c/abcdefghij23");
    has(text, "URL:http://localhost:8080/c/abcdefghij23");
    has(text, "STATUS:CONFIRMED");
    has(text, "TRIGGER:-PT15M");
}

static void every_line_ends_with_crlf_and_has_75_octets_of_whole_characters(void)
{
    for (int pad = 0; pad < 8; pad++) {
        g_autofree char *title = g_strdup_printf("%.*s" CJK CJK CJK CJK CJK, pad, "aaaaaaaa");
        ics_event event = plain;
        event.summary = title;
        g_autofree char *text = text_of(NULL, &event);
        g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
        for (char **line = lines; *line; line++) {
            g_assert_cmpuint(strlen(*line), <=, ICS_LINE_MAX);
            g_assert_true(g_utf8_validate(*line, -1, NULL));
            g_assert_null(strpbrk(*line, "\r\n"));
        }
        g_autofree char *whole = unfolded(text);
        g_autofree char *summary = g_strdup_printf("SUMMARY:%s", title);
        has(whole, summary);
    }
}

static void a_line_of_75_octets_is_not_folded_and_one_of_76_is(void)
{
    char title[ICS_LINE_MAX];
    ics_event event = plain;
    event.summary = title;
    event.alarm_minutes = 0;
    for (gsize length = ICS_LINE_MAX - strlen("SUMMARY:"); length < sizeof title - 5; length++) {
        memset(title, 'x', sizeof title);
        title[length] = '\0';
        g_autofree char *text = text_of(NULL, &event);
        g_autofree char *line = g_strdup_printf("SUMMARY:%s", title);
        bool whole = strstr(text, line) != NULL;
        g_assert_cmpint(whole, ==, strlen(line) <= ICS_LINE_MAX);
    }
}

static void texts_are_escaped_and_control_characters_left_out(void)
{
    ics_event event = plain;
    event.summary = "a,b;c\\d\ne\rf\x01g\x7fh:\"i\"";
    g_autofree char *text = text_of("x;y", &event);
    has(text, "SUMMARY:a\\,b\\;c\\\\d\\nefgh:\"i\"");
    has(text, "NAME:x\\;y");
    has(text, "X-WR-CALNAME:x\\;y");
}

static void a_cancelled_event_says_so_and_rings_no_bell(void)
{
    ics_event event = plain;
    event.cancelled = true;
    g_autofree char *text = text_of(NULL, &event);
    has(text, "STATUS:CANCELLED");
    g_assert_null(strstr(text, "VALARM"));
    event.cancelled = false;
    event.alarm_minutes = 0;
    g_autofree char *silent = text_of(NULL, &event);
    g_assert_null(strstr(silent, "VALARM"));
}

static void the_same_event_gives_the_same_bytes(void)
{
    g_autofree char *one = text_of("课表", &plain), *other = text_of("课表", &plain);
    g_assert_cmpstr(one, ==, other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ics/" #name, name)
    TEST(an_event_says_when_and_where_in_utc);
    TEST(every_line_ends_with_crlf_and_has_75_octets_of_whole_characters);
    TEST(a_line_of_75_octets_is_not_folded_and_one_of_76_is);
    TEST(texts_are_escaped_and_control_characters_left_out);
    TEST(a_cancelled_event_says_so_and_rings_no_bell);
    TEST(the_same_event_gives_the_same_bytes);
    return g_test_run();
}
