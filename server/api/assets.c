/*
 * Uploaded files and what became of them: masters see their own, staff all.
 */
#include <string.h>

#include "api/asset_view.h"
#include "people/audit.h"
#include "title/board.h"

#define BODY_MAX 2048
#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))

typedef struct {
    char id[33];
    char after[ASSET_CURSOR_MAX], next[ASSET_CURSOR_MAX];
    char words[ASSET_NAME_CHARS * 4 + 1];
    asset_search search;
    int64_t poster; /* candidate asked for; 0: none */
    GArray *rows;   /* of asset_row */
} asset_query;

static void asset_query_free(gpointer data)
{
    asset_query *q = data;
    g_clear_pointer(&q->rows, g_array_unref);
    g_free(q);
}

static asset_query *query_begin(api_call *call)
{
    asset_query *q = g_new0(asset_query, 1);
    q->rows = asset_rows_new();
    call->data = q;
    call->free_data = asset_query_free;
    return q;
}

static asset_row *only_row(const api_call *call)
{
    return &g_array_index(((asset_query *)call->data)->rows, asset_row, 0);
}

static bool row_add(asset_query *q, records *db, asset *is, GError **error)
{
    asset_row row;
    if (!asset_row_read(db, is, &row, error))
        return false;
    g_array_append_val(q->rows, row);
    return true;
}

static bool look(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    GArray *rows = ((asset_query *)call->data)->rows;
    for (guint i = 0; i < rows->len; i++)
        asset_row_look(call->parts, &g_array_index(rows, asset_row, i));
    return true;
}

/* ---- GET /assets ---- */

static bool read_words(const api_call *call, asset_query *q, GError **error)
{
    const char *words = request_query(call->request, "q");
    if (!words)
        return true;
    if (g_strlcpy(q->words, words, sizeof q->words) < sizeof q->words) {
        q->search.words = q->words;
        return true;
    }
    error_set(error, ERROR_INPUT, "too_long", "q", "q has at most %d characters", ASSET_NAME_CHARS);
    return false;
}

static bool read_filters(const api_call *call, asset_query *q, GError **error)
{
    const char *state = request_query(call->request, "state");
    const char *kind = request_query(call->request, "kind");
    asset_state wanted;
    asset_kind sort;
    if (state && !asset_state_parse(state, &wanted)) {
        error_set(error, ERROR_INPUT, "unknown_state", "state", "There is no such state");
        return false;
    }
    if (kind && !asset_kind_parse(kind, &sort)) {
        error_set(error, ERROR_INPUT, "unknown_kind", "kind", "kind is video, audio or handout");
        return false;
    }
    q->search.state = state ? (int)wanted : -1;
    q->search.kind = kind ? (int)sort : -1;
    return read_words(call, q, error);
}

static bool list_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    asset_query *q = query_begin(call);
    const char *after = request_query(call->request, "after");
    g_strlcpy(q->after, after ? after : "", sizeof q->after);
    q->search.after = q->after;
    return read_filters(call, q, error);
}

static bool read_list(const api_call *call, records *db, GError **error)
{
    asset_query *q = call->data;
    q->search.owner = call->who.role == ROLE_MASTER ? call->who.id : 0;
    g_autoptr(GArray) found = asset_list(db, &q->search, q->next, error);
    for (guint i = 0; found && i < found->len; i++)
        if (!row_add(q, db, &g_array_index(found, asset, i), error))
            return false;
    return found != NULL;
}

/* Beside the clerk: a search looks at thousands of rows. */
static bool list(api_call *call, records *unused, GError **error)
{
    records *db = readers_take(call->parts->readers, error);
    if (!db)
        return false;
    bool good = read_list(call, db, error);
    readers_give(call->parts->readers, db);
    return good && look(call, unused, error);
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const asset_query *q = call->data;
    json_t *all = json_array();
    for (guint i = 0; i < q->rows->len; i++)
        json_array_append_new(all, asset_json(call->parts, &g_array_index(q->rows, asset_row, i)));
    call->answer = json_pack("{s:o, s:s?}", "assets", all, "next", q->next[0] ? q->next : NULL);
    return true;
}

/* ---- one ---- */

static bool one_begin(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    asset_query *q = query_begin(call);
    g_strlcpy(q->id, request_param(call->request, "id"), sizeof q->id);
    return true;
}

static bool read_mine(const api_call *call, records *db, asset *is, GError **error)
{
    const asset_query *q = call->data;
    if (!asset_read(db, q->id, is, error))
        return false;
    if (asset_may(&call->who, is->owner))
        return true;
    asset_clear(is);
    error_set(error, ERROR_DENIED, "not_your_file", NULL,
              "Only whoever brought it and the staff may do this");
    return false;
}

static bool one(api_call *call, records *db, GError **error)
{
    asset is;
    return read_mine(call, db, &is, error) && row_add(call->data, db, &is, error);
}

static bool answer_one(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer = asset_json(call->parts, only_row(call));
    return true;
}

/* ---- PATCH ---- */

static bool read_choice(const api_call *call, asset_query *q, GError **error)
{
    return !api_has(call, "poster_choice") ||
           api_integer(call, "poster_choice", 1, ASSET_POSTERS, &q->poster, error);
}

static bool edit(api_call *call, records *db, GError **error)
{
    asset is;
    const char *name = NULL;
    asset_query *q = call->data;
    if (!read_choice(call, q, error) ||
        (api_has(call, "name") && !(name = api_text(call, "name", 1, ASSET_NAME_CHARS, error))) ||
        !read_mine(call, db, &is, error))
        return false;
    if (!name || asset_rename(db, &is, name, error))
        return row_add(q, db, &is, error);
    asset_clear(&is);
    return false;
}

static GBytes *read_poster(const api_call *call, int64_t n, GError **error)
{
    const asset *is = &only_row(call)->is;
    g_autofree char *path = NULL, *bytes = NULL;
    g_autofree char *dir =
        is->title_id[0] ? shelf_title_dir(call->parts->shelf, is->title_id) : NULL;
    gsize length;
    if (dir)
        path = g_strdup_printf("%s/poster-%d.jpg", dir, (int)n);
    if (path && g_file_get_contents(path, &bytes, &length, NULL))
        return g_bytes_new_take(g_steal_pointer(&bytes), length);
    error_set(error, ERROR_MISSING, "no_poster", NULL, "There is no such picture of it");
    return NULL;
}

static bool choose_poster(api_call *call, records *db, GError **error)
{
    const asset_query *q = call->data;
    if (!q->poster)
        return look(call, db, error);
    g_autofree char *dir = shelf_title_dir(call->parts->shelf, only_row(call)->is.title_id);
    g_autoptr(GBytes) picture = read_poster(call, q->poster, error);
    return picture && dir && board_put(dir, "poster.jpg", picture, error) && look(call, db, error);
}

/* ---- GET /assets/{id}/posters/{n} ---- */

static bool poster_begin(api_call *call, records *db, GError **error)
{
    asset_query *q;
    const char *n = request_param(call->request, "n");
    one_begin(call, db, error);
    q = call->data;
    if (g_ascii_string_to_signed(n, 10, 1, ASSET_POSTERS, &q->poster, NULL))
        return true;
    error_set(error, ERROR_MISSING, "no_poster", NULL, "There is no such picture of it");
    return false;
}

static bool poster(api_call *call, records *db, GError **error)
{
    (void)db;
    call->raw = read_poster(call, ((asset_query *)call->data)->poster, error);
    call->raw_type = "image/jpeg";
    return call->raw != NULL;
}

/* ---- DELETE ---- */

static bool drop(api_call *call, records *db, GError **error)
{
    asset is;
    if (!read_mine(call, db, &is, error))
        return false;
    bool good = asset_remove(db, call->parts->clock, &is, error) &&
                (is.owner == call->who.id || audit_add(db, call->parts->clock, &call->who,
                                                       "asset_removed", is.id, is.name, error));
    asset_row row = {.is = is, .uses = g_array_new(FALSE, TRUE, sizeof(school_use))};
    g_array_append_val(((asset_query *)call->data)->rows, row);
    return good;
}

static bool dropped(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const asset *is = &only_row(call)->is;
    if (is->title_id[0])
        shelf_removed(call->parts->shelf, is->title_id, clock_utc_ms(call->parts->clock));
    storage_sweep(call->parts->storage);
    call->status = 204;
    return true;
}

/* ---- DELETE /assets/{id}/source ---- */

static bool drop_source(api_call *call, records *db, GError **error)
{
    asset is;
    if (!read_mine(call, db, &is, error))
        return false;
    bool good = asset_drop_source(db, call->parts->clock, &is, error) &&
                (is.owner == call->who.id || audit_add(db, call->parts->clock, &call->who,
                                                       "source_removed", is.id, is.name, error));
    asset_clear(&is);
    return good;
}

static bool source_dropped(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    storage_sweep(call->parts->storage);
    call->status = 204;
    return true;
}

void api_assets(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/assets", MAKERS, 0, .before = list_begin, .slow = list, .after = listed},
        {"GET", "/api/v1/assets/{id}", MAKERS, 0, .before = one_begin, .work = one, .slow = look,
         .after = answer_one},
        {"PATCH", "/api/v1/assets/{id}", MAKERS, BODY_MAX, .before = one_begin, .work = edit,
         .slow = choose_poster, .after = answer_one},
        {"DELETE", "/api/v1/assets/{id}", MAKERS, 0, .before = one_begin, .work = drop,
         .after = dropped},
        {"DELETE", "/api/v1/assets/{id}/source", MAKERS, 0, .before = one_begin,
         .work = drop_source, .after = source_dropped},
        {"GET", "/api/v1/assets/{id}/posters/{n}", MAKERS, 0, .before = poster_begin, .work = one,
         .slow = poster},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
