#include "award/award.h"

/* The first character with the marks that belong to it (accents, variation selectors). */
static const char *end_of_first(const char *part)
{
    const char *at = g_utf8_next_char(part);
    while (*at && g_unichar_ismark(g_utf8_get_char(at)))
        at = g_utf8_next_char(at);
    return at;
}

static bool between_parts(gunichar c)
{
    return c == 0x00B7 || c == 0x2022 || c == 0x30FB || g_unichar_isspace(c);
}

static const char *end_of_part(const char *part)
{
    while (*part && !between_parts(g_utf8_get_char(part)))
        part = g_utf8_next_char(part);
    return part;
}

char *award_mask_name(const char *name)
{
    GString *out = g_string_new(NULL);
    const char *at = name;
    while (*at) {
        gunichar c = g_utf8_get_char(at);
        if (between_parts(c)) {
            g_string_append_unichar(out, c);
            at = g_utf8_next_char(at);
            continue;
        }
        const char *first = end_of_first(at), *end = MAX(end_of_part(at), first);
        glong hidden = g_utf8_strlen(first, end - first);
        g_string_append_len(out, at, first - at);
        g_string_append(out, hidden > 1 ? "**" : "*");
        at = end;
    }
    return g_string_free(out, FALSE);
}

char *award_hours_text(int32_t minutes, int32_t hour_minutes)
{
    int32_t hours = minutes / hour_minutes, rest = minutes % hour_minutes;
    if (hours == 0)
        return g_strdup_printf("%d 分钟", minutes);
    if (rest == 0)
        return g_strdup_printf("%d 学时（%d 分钟/学时）", hours, hour_minutes);
    return g_strdup_printf("%d 学时 %d 分钟（%d 分钟/学时）", hours, rest, hour_minutes);
}

char *award_date_text(int64_t utc_ms, bool english)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc((utc_ms + CLOCK_CHINA_MS) / 1000);
    if (!day)
        return g_strdup("—");
    int month = g_date_time_get_month(day);
    if (english)
        return g_strdup_printf("%d %s %d", g_date_time_get_day_of_month(day), months[month - 1],
                               g_date_time_get_year(day));
    return g_strdup_printf("%d年%d月%d日", g_date_time_get_year(day), month,
                           g_date_time_get_day_of_month(day));
}
