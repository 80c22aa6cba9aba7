#include "people/roll.h"

#include <string.h>

#include "people/inside.h"

/* ---- institutions ---- */

static bool check_code(const char *code, GError **error)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    gsize length = strlen(code);
    if (length >= 1 && length <= INSTITUTION_CODE_MAX && strspn(code, letters) == length)
        return true;
    error_set(error, ERROR_INPUT, "institution_code", "code",
              "A code has 1 to %d letters, digits or hyphens", INSTITUTION_CODE_MAX);
    return false;
}

static bool check_name(const char *name, GError **error)
{
    glong chars = g_utf8_validate(name, -1, NULL) ? g_utf8_strlen(name, -1) : 0;
    if (chars >= 1 && chars <= INSTITUTION_NAME_MAX)
        return true;
    error_set(error, ERROR_INPUT, "institution_name", "name", "A name has 1 to %d characters",
              INSTITUTION_NAME_MAX);
    return false;
}

static bool is_room(records *db, const char *code, GError **error)
{
    institution known;
    if (institution_read(db, code, &known, NULL))
        return true;
    g_autoptr(GArray) all = institution_list(db, error);
    if (all && all->len >= INSTITUTIONS_MAX)
        error_set(error, ERROR_CONFLICT, "institutions_full", NULL,
                  "There are %d institutions already", INSTITUTIONS_MAX);
    return all && all->len < INSTITUTIONS_MAX;
}

bool institution_put(records *db, const char *code, const char *name, GError **error)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(name));
    return check_code(code, error) && check_name(trimmed, error) && is_room(db, code, error) &&
           records_run(db, error, SQL_INSTITUTION_PUT, "tt", code, trimmed);
}

/* Columns from `at` on: code, name; NULL for none. */
static void read_institution(query *row, int at, institution *is)
{
    memset(is, 0, sizeof *is);
    if (query_is_null(row, at))
        return;
    g_strlcpy(is->code, query_text(row, at), sizeof is->code);
    g_strlcpy(is->name, query_text(row, at + 1), sizeof is->name);
}

bool institution_read(records *db, const char *code, institution *is, GError **error)
{
    query *row = records_query(db, SQL_INSTITUTION_READ, "t", code);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        read_institution(row, 0, is);
    if (step == QUERY_END)
        error_set(error, ERROR_MISSING, "institution_missing", "institution",
                  "There is no such institution: add it first");
    query_end(row);
    return step == QUERY_ROW;
}

GArray *institution_list(records *db, GError **error)
{
    query *rows = records_query(db, SQL_INSTITUTION_LIST, "i", (int64_t)INSTITUTIONS_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(institution));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        institution is;
        read_institution(rows, 0, &is);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

bool institution_of(records *db, int64_t who, institution *is, GError **error)
{
    memset(is, 0, sizeof *is);
    query *row = records_query(db, SQL_INSTITUTION_OF, "i", who);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        read_institution(row, 0, is);
    query_end(row);
    return step != QUERY_FAILED;
}

/* ---- people ---- */

static void read_entry(query *row, roll_entry *entry)
{
    people_from_row(row, &entry->is);
    read_institution(row, 4, &entry->of);
    entry->blocked = !query_is_null(row, 6);
}

static GArray *read_entries(query *rows, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(roll_entry));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        roll_entry entry;
        read_entry(rows, &entry);
        g_array_append_val(list, entry);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

/* Logins are ASCII: what has any other letter in it can only be a name. */
GArray *roll_list(records *db, const char *search, const char *after, GError **error)
{
    g_autofree char *end = g_strconcat(search, "\xf4\x8f\xbf\xbf", NULL);
    g_autofree char *login = g_ascii_strdown(search, -1);
    g_autofree char *login_end = g_strconcat(login, "\x7f", NULL);
    if (!g_str_is_ascii(search))
        return read_entries(
            records_query(db, SQL_ROLL_BY_NAME, "tti", search, end, (int64_t)ROLL_PAGE), error);
    return read_entries(
        records_query(db, SQL_ROLL_BY_LOGIN, "ttti", after, login, login_end, (int64_t)ROLL_PAGE),
        error);
}

bool roll_read(records *db, int64_t who, roll_entry *entry, GError **error)
{
    query *row = records_query(db, SQL_ROLL_READ, "i", who);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        read_entry(row, entry);
    if (step == QUERY_END)
        error_set(error, ERROR_MISSING, "person_missing", NULL, "There is no such person");
    query_end(row);
    return step == QUERY_ROW;
}

bool roll_set_institution(records *db, int64_t who, const char *code, GError **error)
{
    institution is;
    if (*code == '\0')
        return records_run(db, error, SQL_MEMBERSHIP_END, "i", who);
    return institution_read(db, code, &is, error) &&
           records_run(db, error, SQL_MEMBERSHIP_PUT, "it", who, code);
}

bool roll_set_blocked(records *db, base_clock *clock, int64_t who, bool blocked, GError **error)
{
    if (!blocked)
        return records_run(db, error, SQL_BLOCKED_END, "i", who);
    return records_run(db, error, SQL_BLOCKED_PUT, "ii", who, clock_utc_ms(clock)) &&
           records_run(db, error, SQL_SESSION_END_OF, "i", who);
}
