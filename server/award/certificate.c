#include "award/certificate.h"

#include <string.h>
#include <sys/random.h>

#define TOKEN_BYTES 16

static const char *const form_words[] = {
    [AWARD_LIVE] = "live", [AWARD_RECORDED] = "recorded", [AWARD_MIXED] = "mixed"};

static void new_token(char token[33])
{
    uint8_t bytes[TOKEN_BYTES];
    if (getentropy(bytes, sizeof bytes) != 0)
        g_error("award: the system gives no random bytes");
    for (int i = 0; i < TOKEN_BYTES; i++)
        g_snprintf(token + 2 * i, 3, "%02x", bytes[i]);
}

static int64_t civil_year(int64_t utc_ms)
{
    g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc((utc_ms + CLOCK_CHINA_MS) / 1000);
    return day ? g_date_time_get_year(day) : 1970;
}

static bool next_serial(records *db, award_certificate *is, GError **error)
{
    int64_t year = civil_year(is->issued_ms);
    query *rows = records_query(db, SQL_CERTIFICATE_NEXT, "i", year);
    if (query_step(rows, error) != QUERY_ROW)
        return false;
    g_snprintf(is->serial, sizeof is->serial, "JT-%d-%07d", (int)year, (int)query_int(rows, 0));
    return query_step(rows, error) == QUERY_END;
}

bool certificate_add(records *db, award_certificate *is, GError **error)
{
    school_id_new(is->id);
    new_token(is->token);
    return next_serial(db, is, error) &&
           records_run(db, error, SQL_CERTIFICATE_ADD, "tttittttttiiiii", is->id, is->serial,
                       is->token, is->person, is->person_name, is->course_id, is->course_title,
                       is->issuer, is->evidence, form_words[is->form], (int64_t)is->minutes,
                       is->from_ms, is->to_ms, is->issued_ms, (int64_t)is->hour_minutes);
}

static award_form form_of(const char *word)
{
    for (award_form form = AWARD_LIVE; form <= AWARD_MIXED; form++)
        if (g_str_equal(word, form_words[form]))
            return form;
    return AWARD_MIXED;
}

static void read_row(query *row, award_certificate *is)
{
    memset(is, 0, sizeof *is);
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    g_strlcpy(is->serial, query_text(row, 1), sizeof is->serial);
    g_strlcpy(is->token, query_text(row, 2), sizeof is->token);
    is->person = query_int(row, 3);
    g_strlcpy(is->person_name, query_text(row, 4), sizeof is->person_name);
    g_strlcpy(is->course_id, query_text(row, 5), sizeof is->course_id);
    g_strlcpy(is->course_title, query_text(row, 6), sizeof is->course_title);
    g_strlcpy(is->issuer, query_text(row, 7), sizeof is->issuer);
    g_strlcpy(is->evidence, query_text(row, 8), sizeof is->evidence);
    is->form = form_of(query_text(row, 9));
    is->minutes = (int32_t)query_int(row, 10);
    is->from_ms = query_int(row, 11);
    is->to_ms = query_int(row, 12);
    is->issued_ms = query_int(row, 13);
    is->revoked_ms = query_int(row, 14);
    is->hour_minutes = (int32_t)query_int(row, 15);
}

/* True: read. False without error: no row. */
static bool read_one(query *rows, award_certificate *is, GError **error)
{
    if (query_step(rows, error) != QUERY_ROW)
        return false;
    read_row(rows, is);
    return true;
}

bool award_of_course(records *db, int64_t person, const char *course_id, award_certificate *is,
                     GError **error)
{
    return read_one(records_query(db, SQL_CERTIFICATE_OF, "it", person, course_id), is, error);
}

/* The one row a stranger asked for, or MISSING. */
static bool read_wanted(query *rows, award_certificate *is, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (read_one(rows, is, &failure))
        return true;
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        error_set(error, ERROR_MISSING, "no_certificate", NULL, "There is no such certificate");
    return false;
}

bool award_by_id(records *db, const char *id, award_certificate *is, GError **error)
{
    return read_wanted(records_query(db, SQL_CERTIFICATE_BY_ID, "t", id), is, error);
}

bool award_by_token(records *db, const char *token, award_certificate *is, GError **error)
{
    return read_wanted(records_query(db, SQL_CERTIFICATE_BY_TOKEN, "t", token), is, error);
}

GArray *award_of(records *db, int64_t person, GError **error)
{
    query *rows =
        records_query(db, SQL_CERTIFICATE_OF_PERSON, "ii", person, (int64_t)AWARD_LIST_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(award_certificate));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        award_certificate is;
        read_row(rows, &is);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

static bool check_reason(const char *reason, GError **error)
{
    glong length = reason && g_utf8_validate(reason, -1, NULL) ? g_utf8_strlen(reason, -1) : 0;
    if (length >= 1 && length <= AWARD_REASON_MAX)
        return true;
    error_set(error, ERROR_INPUT, length ? "too_long" : "too_short", "reason",
              "Say why, in 1 to %d characters", AWARD_REASON_MAX);
    return false;
}

bool award_revoke(records *db, base_clock *clock, const char *id, int64_t by, const char *reason,
                  GError **error)
{
    award_certificate is;
    if (!check_reason(reason, error) || !award_by_id(db, id, &is, error) ||
        !records_run(db, error, SQL_CERTIFICATE_REVOKE, "tiit", id, clock_utc_ms(clock), by,
                     reason))
        return false;
    if (records_changed(db) == 1)
        return true;
    error_set(error, ERROR_CONFLICT, "revoked_already", NULL, "Certificate %s is revoked already",
              is.serial);
    return false;
}
