/*
 * Finding courses: by occupation, level, tag, module, free window and words, a page at a time.
 *
 * Searches run on a pool thread with a connection that only reads: who looks does not hold up who learns.
 */
#include <string.h>

#include "api/course_view.h"
#include "catalogue/catalogue.h"
#include "school/viewing.h"

#define TEXT_BYTES 400 /* of one parameter: a question has 64 characters, a tag 20 */
#define TENTHS 10.0

typedef struct {
    catalogue_query wanted; /* its texts are the request's */
    bool counts;            /* facets too */
    GArray *found;          /* of listing */
    GArray *rights;         /* of viewing_verdict, likewise */
    GArray *facets;         /* of catalogue_facet; NULL: not wanted */
} catalogue_call;

static void catalogue_call_free(gpointer data)
{
    catalogue_call *c = data;
    g_clear_pointer(&c->found, g_array_unref);
    g_clear_pointer(&c->rights, g_array_unref);
    g_clear_pointer(&c->facets, g_array_unref);
    g_free(c);
}

/* ---- what is asked ---- */

static bool take_text(const api_call *call, const char *name, const char **value, GError **error)
{
    const char *text = request_query(call->request, name);
    *value = text ? text : "";
    if (strlen(*value) < TEXT_BYTES && g_utf8_validate(*value, -1, NULL))
        return true;
    error_set(error, ERROR_INPUT, "too_long", name, "%s is text of at most %d bytes", name,
              TEXT_BYTES - 1);
    return false;
}

static bool take_limit(const api_call *call, catalogue_query *wanted, GError **error)
{
    const char *text = request_query(call->request, "limit");
    guint64 limit = CATALOGUE_PAGE;
    if (text && !g_ascii_string_to_unsigned(text, 10, 1, CATALOGUE_PAGE_MAX, &limit, NULL)) {
        error_set(error, ERROR_INPUT, "out_of_range", "limit", "limit is a number from 1 to %d",
                  CATALOGUE_PAGE_MAX);
        return false;
    }
    wanted->limit = (int)limit;
    return true;
}

static bool take_sort(const api_call *call, catalogue_query *wanted, GError **error)
{
    const char *sort = request_query(call->request, "sort");
    if (!sort || g_str_equal(sort, "like"))
        wanted->sort = *wanted->asked ? CATALOGUE_LIKE : CATALOGUE_NEW;
    else if (g_str_equal(sort, "new"))
        wanted->sort = CATALOGUE_NEW;
    else if (g_str_equal(sort, "hours"))
        wanted->sort = CATALOGUE_HOURS;
    else
        error_set(error, ERROR_INPUT, "out_of_range", "sort", "sort is like, new or hours");
    return !*error;
}

/* "<score>.<n>", as a page before gave it. */
static bool take_after(const api_call *call, catalogue_query *wanted, GError **error)
{
    const char *after = request_query(call->request, "after");
    if (!after || !*after)
        return true;
    g_auto(GStrv) parts = g_strsplit(after, ".", 2);
    wanted->goes_on = parts[0] && parts[1] &&
                      g_ascii_string_to_signed(parts[0], 10, G_MININT64, G_MAXINT64,
                                               &wanted->after_score, NULL) &&
                      g_ascii_string_to_signed(parts[1], 10, 0, G_MAXINT64, &wanted->after_n, NULL);
    if (!wanted->goes_on)
        error_set(error, ERROR_INPUT, "bad_after", "after",
                  "after is what the page before gave as next");
    return wanted->goes_on;
}

static bool flag(const api_call *call, const char *name)
{
    const char *text = request_query(call->request, name);
    return text && g_str_equal(text, "1");
}

static bool begin(api_call *call, records *db, GError **error)
{
    (void)db;
    g_autoptr(GError) wrong = NULL;
    catalogue_call *c = g_new0(catalogue_call, 1);
    catalogue_query *wanted = &c->wanted;
    call->data = c;
    call->free_data = catalogue_call_free;
    c->counts = flag(call, "facets");
    wanted->free_at_ms = flag(call, "free") ? clock_utc_ms(call->parts->clock) : 0;
    if (take_text(call, "q", &wanted->asked, &wrong) &&
        take_text(call, "occupation", &wanted->occupation, &wrong) &&
        take_text(call, "level", &wanted->level, &wrong) &&
        take_text(call, "tag", &wanted->tag, &wrong) &&
        take_text(call, "module", &wanted->module, &wrong) && take_limit(call, wanted, &wrong) &&
        take_sort(call, wanted, &wrong) && take_after(call, wanted, &wrong))
        return true;
    g_propagate_error(error, g_steal_pointer(&wrong));
    return false;
}

/* ---- looking (pool) ---- */

/* Who asks may see the poster of what they may watch. */
static bool judge(catalogue_call *c, records *db, const person *who, GError **error)
{
    c->rights = g_array_new(FALSE, TRUE, sizeof(viewing_verdict));
    for (guint i = 0; i < c->found->len; i++) {
        viewing_verdict verdict;
        const listing *is = &g_array_index(c->found, listing, i);
        school_course course = {.owner = is->owner};
        g_strlcpy(course.id, is->course_id, sizeof course.id);
        g_strlcpy(course.title, is->title, sizeof course.title);
        if (!viewing_of_course(db, who, &course, &verdict, error))
            return false;
        g_array_append_val(c->rights, verdict);
    }
    return true;
}

static bool look(api_call *call, records *unused, GError **error)
{
    (void)unused;
    catalogue_call *c = call->data;
    records *db = readers_take(call->parts->readers, error);
    if (!db)
        return false;
    c->found = catalogue_find(db, &c->wanted, error);
    bool good = c->found && judge(c, db, &call->who, error);
    if (good && c->counts)
        good = (c->facets = catalogue_facets(db, error)) != NULL;
    readers_give(call->parts->readers, db);
    return good;
}

/* ---- telling (loop) ---- */

static json_t *tags_json(const char *tags)
{
    json_t *list = json_array();
    g_auto(GStrv) all = g_strsplit(tags, "\n", -1);
    for (int i = 0; all[i]; i++)
        if (*all[i])
            json_array_append_new(list, json_string(all[i]));
    return list;
}

static json_t *occupation_json(const listing *is)
{
    return *is->code ? json_pack("{s:s, s:s, s:s}", "edition", is->edition, "code", is->code,
                                 "name", is->trade)
                     : json_null();
}

static json_t *poster_json(const api_parts *parts, const listing *is,
                           const viewing_verdict *verdict)
{
    return *is->cover_title ? api_poster_json(parts, is->cover_title, verdict) : json_null();
}

static json_t *listing_json(const api_parts *parts, const listing *is,
                            const viewing_verdict *verdict)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:f, s:I, s:I, s:s, s:o, s:o}", "id",
                     is->course_id, "title", is->title, "summary", is->summary, "occupation",
                     occupation_json(is), "level", is->level, "tags", tags_json(is->tags), "hours",
                     (double)is->hours_tenths / TENTHS, "minutes", (json_int_t)is->minutes,
                     "lessons", (json_int_t)is->lessons, "master_name", is->master_name, "poster",
                     poster_json(parts, is, verdict), "free_until_ms",
                     free_until_json(parts, is->from_ms, is->until_ms));
}

static json_t *facet_json(const catalogue_facet *is)
{
    json_t *json = json_pack("{s:s, s:I}", "value", is->value, "courses", (json_int_t)is->courses);
    if (*is->name)
        json_object_set_new(json, "name", json_string(is->name));
    return json;
}

static json_t *facets_json(const GArray *facets)
{
    json_t *all = json_pack("{s:[], s:[], s:[], s:[]}", "occupation", "level", "tag", "module");
    for (guint i = 0; i < facets->len; i++) {
        const catalogue_facet *is = &g_array_index(facets, catalogue_facet, i);
        json_array_append_new(json_object_get(all, is->kind), facet_json(is));
    }
    return all;
}

/* A full page may have something behind it. */
static json_t *next_json(const catalogue_call *c)
{
    if ((int)c->found->len < c->wanted.limit)
        return json_null();
    const listing *last = &g_array_index(c->found, listing, c->found->len - 1);
    return json_sprintf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT, last->score, last->n);
}

static bool answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const catalogue_call *c = call->data;
    json_t *list = json_array();
    for (guint i = 0; i < c->found->len; i++)
        json_array_append_new(list, listing_json(call->parts, &g_array_index(c->found, listing, i),
                                                 &g_array_index(c->rights, viewing_verdict, i)));
    call->answer = json_pack("{s:o, s:o}", "courses", list, "next", next_json(c));
    if (c->facets)
        json_object_set_new(call->answer, "facets", facets_json(c->facets));
    return true;
}

void api_catalogue(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/catalogue", 0, 0, .before = begin, .slow = look, .after = answer},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
