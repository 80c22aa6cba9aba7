/*
 * The classification of occupations: looked up by whoever makes a course, brought in by staff as a file.
 */
#include <string.h>

#include "api/api.h"
#include "catalogue/occupation.h"
#include "people/audit.h"

#define KEEPERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define TEXT_BYTES 400
#define PAGE 100 /* unless told */

typedef struct {
    const char *asked, *edition; /* the request's */
    occupation after;
    bool goes_on;
    int limit;
    GArray *found; /* of occupation */
    int64_t all, codes;
    occupation_report report;
} occupation_call;

static void occupation_call_free(gpointer data)
{
    occupation_call *c = data;
    g_clear_pointer(&c->found, g_array_unref);
    occupation_report_clear(&c->report);
    g_free(c);
}

static occupation_call *carry(api_call *call)
{
    occupation_call *c = g_new0(occupation_call, 1);
    call->data = c;
    call->free_data = occupation_call_free;
    return c;
}

/* ---- GET /occupations ---- */

static bool refuse(GError **error, const char *field)
{
    error_set(error, ERROR_INPUT, "out_of_range", field,
              "q has at most %d bytes, edition is letters and digits, limit from 1 to %d, after is "
              "what the page before gave as next",
              TEXT_BYTES - 1, OCCUPATIONS_PAGE);
    return false;
}

static const char *query_text_of(const api_call *call, const char *name)
{
    const char *text = request_query(call->request, name);
    return text ? text : "";
}

/* "2022:4-14-01-02" */
static bool take_after(occupation_call *c, const char *after)
{
    g_auto(GStrv) parts = g_strsplit(after, ":", 2);
    c->goes_on = *after != '\0';
    if (!c->goes_on)
        return true;
    if (!parts[0] || !parts[1] || !occupation_edition_ok(parts[0]) || !occupation_code_ok(parts[1]))
        return false;
    g_strlcpy(c->after.edition, parts[0], sizeof c->after.edition);
    g_strlcpy(c->after.code, parts[1], sizeof c->after.code);
    return true;
}

static bool begin_list(api_call *call, records *db, GError **error)
{
    (void)db;
    occupation_call *c = carry(call);
    guint64 limit = PAGE;
    const char *number = request_query(call->request, "limit");
    c->asked = query_text_of(call, "q");
    c->edition = query_text_of(call, "edition");
    if (strlen(c->asked) >= TEXT_BYTES || !g_utf8_validate(c->asked, -1, NULL))
        return refuse(error, "q");
    if (*c->edition && !occupation_edition_ok(c->edition))
        return refuse(error, "edition");
    if (number && !g_ascii_string_to_unsigned(number, 10, 1, OCCUPATIONS_PAGE, &limit, NULL))
        return refuse(error, "limit");
    c->limit = (int)limit;
    return take_after(c, query_text_of(call, "after")) || refuse(error, "after");
}

static bool look(api_call *call, records *unused, GError **error)
{
    (void)unused;
    occupation_call *c = call->data;
    records *db = readers_take(call->parts->readers, error);
    if (!db)
        return false;
    c->found =
        occupation_list(db, c->asked, c->edition, c->goes_on ? &c->after : NULL, c->limit, error);
    bool good = c->found && occupation_count(db, &c->all, &c->codes, error);
    readers_give(call->parts->readers, db);
    return good;
}

static json_t *levels_json(const char *levels)
{
    json_t *list = json_array();
    for (; *levels; levels++)
        json_array_append_new(list, json_stringn(levels, 1));
    return list;
}

static json_t *tags_json(const char *tags)
{
    json_t *list = json_array();
    g_auto(GStrv) all = g_strsplit(tags, " ", -1);
    for (int i = 0; all[i]; i++)
        if (*all[i])
            json_array_append_new(list, json_string(all[i]));
    return list;
}

static json_t *occupation_json(const occupation *is)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "edition", is->edition, "code", is->code, "name",
                     is->name, "levels", levels_json(is->levels), "tags", tags_json(is->tags));
}

static json_t *next_json(const occupation_call *c)
{
    if (*c->asked || (int)c->found->len < c->limit)
        return json_null();
    const occupation *last = &g_array_index(c->found, occupation, c->found->len - 1);
    return json_sprintf("%s:%s", last->edition, last->code);
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const occupation_call *c = call->data;
    json_t *list = json_array();
    for (guint i = 0; i < c->found->len; i++)
        json_array_append_new(list, occupation_json(&g_array_index(c->found, occupation, i)));
    call->answer = json_pack("{s:o, s:o, s:I, s:I}", "occupations", list, "next", next_json(c),
                             "total", (json_int_t)c->all, "distinct_codes", (json_int_t)c->codes);
    return true;
}

/* ---- POST /occupations ---- */

static bool take_file(api_call *call, records *db, GError **error)
{
    gsize length;
    occupation_call *c = carry(call);
    const char *bytes = g_bytes_get_data(request_body(call->request), &length);
    if (!occupation_import(db, call->parts->clock, bytes ? bytes : "", length, &c->report, error))
        return false;
    g_autofree char *what = g_strdup_printf("%d added, %d changed, %d refused", c->report.added,
                                            c->report.changed, c->report.refused);
    return audit_add(db, call->parts->clock, &call->who, "occupations_import", "occupations", what,
                     error);
}

static bool taken(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const occupation_report *report = &((occupation_call *)call->data)->report;
    json_t *list = json_array();
    for (guint i = 0; i < report->errors->len; i++) {
        const occupation_error *is = &g_array_index(report->errors, occupation_error, i);
        json_array_append_new(list, json_pack("{s:i, s:s, s:s}", "line", is->line, "code", is->code,
                                              "text", is->text));
    }
    call->answer =
        json_pack("{s:i, s:i, s:i, s:i, s:o}", "added", report->added, "changed", report->changed,
                  "unchanged", report->unchanged, "refused", report->refused, "errors", list);
    return true;
}

void api_occupations(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/occupations", 0, 0, .before = begin_list, .slow = look, .after = listed},
        {"POST", "/api/v1/occupations", KEEPERS, OCCUPATION_FILE_BYTES, .takes_bytes = true,
         .work = take_file, .after = taken},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
