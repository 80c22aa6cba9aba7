#include "transcode/asset.h"

#include <string.h>

#include "storage/storage.h"
#include "transcode/job.h"

#define LOOK 200 /* rows at a time */

void words_fit(char *out, gsize size, const char *text)
{
    const char *end;
    g_strlcpy(out, text ? text : "", size);
    if (!g_utf8_validate(out, -1, &end))
        out[end - out] = '\0';
}

void trouble_set(trouble *is, const char *code, const char *found, const char *detail)
{
    words_fit(is->code, sizeof is->code, code);
    words_fit(is->found, sizeof is->found, found);
    words_fit(is->detail, sizeof is->detail, detail);
}

void asset_clear(asset *is)
{
    g_clear_pointer(&is->facts, g_free);
}

static void clear_one(gpointer data)
{
    asset_clear(data);
}

GArray *assets_new(void)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(asset));
    g_array_set_clear_func(all, clear_one);
    return all;
}

bool asset_may(const person *who, int64_t owner)
{
    return who->id != 0 && (who->id == owner || who->role == ROLE_STAFF || who->role == ROLE_ADMIN);
}

/* ---- rows ---- */

static void read_row(query *row, asset *is)
{
    memset(is, 0, sizeof *is);
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    g_strlcpy(is->upload_id, query_text(row, 1), sizeof is->upload_id);
    words_fit(is->name, sizeof is->name, query_text(row, 2));
    asset_kind_parse(query_text(row, 3), &is->kind);
    is->bytes = query_int(row, 4);
    g_strlcpy(is->sha256, query_text(row, 5), sizeof is->sha256);
    is->owner = query_int(row, 6);
    words_fit(is->owner_name, sizeof is->owner_name, query_text(row, 7));
    is->created_ms = query_int(row, 8);
    asset_state_parse(query_text(row, 9), &is->state);
    is->facts = *query_text(row, 10) ? g_strdup(query_text(row, 10)) : NULL;
    words_fit(is->trouble.code, sizeof is->trouble.code, query_text(row, 11));
    words_fit(is->trouble.found, sizeof is->trouble.found, query_text(row, 12));
    words_fit(is->trouble.detail, sizeof is->trouble.detail, query_text(row, 13));
    g_strlcpy(is->title_id, query_text(row, 14), sizeof is->title_id);
    is->duration_ms = query_int(row, 15);
    g_strlcpy(is->rungs, query_text(row, 16), sizeof is->rungs);
    is->source_kept = query_int(row, 17) != 0;
}

/* The only row of a query, if there is one. */
static bool read_only(query *rows, asset *is, bool *found, GError **error)
{
    query_step_result step = query_step(rows, error);
    *found = step == QUERY_ROW;
    if (*found)
        read_row(rows, is);
    query_end(rows);
    return step != QUERY_FAILED;
}

bool asset_read(records *db, const char *id, asset *is, GError **error)
{
    bool found;
    if (!read_only(records_query(db, SQL_ASSET_BY_ID, "t", id), is, &found, error))
        return false;
    if (!found)
        error_set(error, ERROR_MISSING, "asset_missing", NULL, "There is no such file");
    return found;
}

bool asset_of_upload(records *db, const char *upload_id, asset *is, bool *found, GError **error)
{
    return read_only(records_query(db, SQL_ASSET_BY_UPLOAD, "t", upload_id), is, found, error);
}

bool asset_of_title(records *db, const char *title_id, asset *is, bool *found, GError **error)
{
    *found = false;
    return !*title_id ||
           read_only(records_query(db, SQL_ASSET_BY_TITLE, "t", title_id), is, found, error);
}

bool asset_save(records *db, const asset *is, GError **error)
{
    return records_run(db, error, SQL_ASSET_SAVE, "tttttttttiti", is->id, is->name,
                       asset_kind_word(is->kind), asset_state_word(is->state),
                       is->facts ? is->facts : "", is->trouble.code, is->trouble.found,
                       is->trouble.detail, is->title_id, is->duration_ms, is->rungs,
                       (int64_t)is->source_kept);
}

bool asset_rename(records *db, asset *is, const char *name, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(name));
    if (!*bare || !g_utf8_validate(bare, -1, NULL) || g_utf8_strlen(bare, -1) > ASSET_NAME_CHARS) {
        error_set(error, ERROR_INPUT, "name", "name", "A name has 1 to %d characters",
                  ASSET_NAME_CHARS);
        return false;
    }
    words_fit(is->name, sizeof is->name, bare);
    return asset_save(db, is, error);
}

/* ---- lists ---- */

bool asset_fits(const asset *is, const asset_search *search)
{
    if ((search->state >= 0 && (int)is->state != search->state) ||
        (search->kind >= 0 && (int)is->kind != search->kind))
        return false;
    if (!search->words || !*search->words)
        return true;
    g_autofree char *name = g_utf8_casefold(is->name, -1);
    g_autofree char *words = g_utf8_casefold(search->words, -1);
    return strstr(name, words) != NULL;
}

typedef struct {
    int64_t created_ms;
    char id[33];
} spot;

/* "<created_ms>.<id>", as a page before gave it: also when that file is gone meanwhile. */
static bool begin_behind(const char *after, spot *at, GError **error)
{
    *at = (spot){.created_ms = G_MAXINT64};
    if (!after || !*after)
        return true;
    g_auto(GStrv) parts = g_strsplit(after, ".", 2);
    if (parts[0] && parts[1] &&
        g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT64, &at->created_ms, NULL) &&
        g_strlcpy(at->id, parts[1], sizeof at->id) < sizeof at->id)
        return true;
    error_set(error, ERROR_INPUT, "bad_after", "after",
              "after is what the page before gave as next");
    return false;
}

/* What a search asks of a file; the others stay unread. */
static void read_look(query *row, asset *is)
{
    memset(is, 0, sizeof *is);
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    is->created_ms = query_int(row, 1);
    words_fit(is->name, sizeof is->name, query_text(row, 2));
    asset_kind_parse(query_text(row, 3), &is->kind);
    asset_state_parse(query_text(row, 4), &is->state);
}

static bool add_found(records *db, const char *id, GArray *found, GError **error)
{
    asset is;
    if (!asset_read(db, id, &is, error))
        return false;
    g_array_append_val(found, is);
    return true;
}

static query *look_behind(records *db, const asset_search *search, const spot *at)
{
    return search->owner
               ? records_query(db, SQL_ASSET_PAGE_OF_OWNER, "itii", at->created_ms, at->id,
                               (int64_t)LOOK, search->owner)
               : records_query(db, SQL_ASSET_PAGE, "iti", at->created_ms, at->id, (int64_t)LOOK);
}

/* Looks at up to LOOK rows behind `at`, which moves; -1 on failure, else at how many. */
static int look(records *db, const asset_search *search, spot *at, GArray *found, GError **error)
{
    int count = 0;
    query_step_result step = QUERY_END;
    query *rows = look_behind(db, search, at);
    while (found->len < ASSET_PAGE_MAX && (step = query_step(rows, error)) == QUERY_ROW) {
        asset is;
        read_look(rows, &is);
        at->created_ms = is.created_ms;
        g_strlcpy(at->id, is.id, sizeof at->id);
        count++;
        if (asset_fits(&is, search) && !add_found(db, is.id, found, error)) {
            step = QUERY_FAILED;
            break;
        }
    }
    query_end(rows);
    return step == QUERY_FAILED ? -1 : count;
}

GArray *asset_list(records *db, const asset_search *search, char next[ASSET_CURSOR_MAX],
                   GError **error)
{
    spot at;
    int got = LOOK, looked = 0;
    g_autoptr(GArray) found = assets_new();
    if (!begin_behind(search->after, &at, error))
        return NULL;
    while (got == LOOK && found->len < ASSET_PAGE_MAX && looked < ASSET_LOOKED_MAX) {
        got = look(db, search, &at, found, error);
        if (got < 0)
            return NULL;
        looked += got;
    }
    bool more = got == LOOK || found->len == ASSET_PAGE_MAX;
    *next = '\0';
    if (more)
        g_snprintf(next, ASSET_CURSOR_MAX, "%" G_GINT64_FORMAT ".%s", at.created_ms, at.id);
    return g_steal_pointer(&found);
}

/* ---- who has it ---- */

GArray *asset_uses(records *db, const asset *is, GError **error)
{
    return school_uses(db, is->title_id, is->id, error);
}

/* ---- its end ---- */

static bool is_free(records *db, const asset *is, GError **error)
{
    job last;
    bool found;
    if (!job_of_asset(db, is->id, &last, &found, error))
        return false;
    if (!found && (is->state == ASSET_PROBING || is->state == ASSET_QUEUED)) {
        error_set(error, ERROR_CONFLICT, "asset_busy", NULL,
                  "This file is just being taken in: try again in a minute");
        return false;
    }
    if (found && last.state == JOB_RUNNING) {
        error_set(error, ERROR_CONFLICT, "asset_busy", NULL,
                  "A worker is at this file: cancel its job first");
        return false;
    }
    g_autoptr(GArray) uses = asset_uses(db, is, error);
    return uses && school_unused(uses, "asset_used", "asset_in_draft", error);
}

bool asset_remove(records *db, base_clock *clock, const asset *is, GError **error)
{
    return is_free(db, is, error) &&
           (!is->title_id[0] || storage_remove_title(db, clock, is->title_id, false, error)) &&
           storage_discard(db, clock, is->kind == ASSET_HANDOUT ? STORAGE_HANDOUT : STORAGE_SOURCE,
                           is->id, error) &&
           records_run(db, error, SQL_JOB_REMOVE_OF_ASSET, "t", is->id) &&
           records_run(db, error, SQL_ASSET_REMOVE, "t", is->id);
}

bool asset_drop_source(records *db, base_clock *clock, asset *is, GError **error)
{
    if (is->state != ASSET_READY || is->kind == ASSET_HANDOUT) {
        error_set(error, ERROR_CONFLICT, "asset_busy", NULL,
                  "The file is needed until its lesson is ready");
        return false;
    }
    is->source_kept = false;
    return storage_discard(db, clock, STORAGE_SOURCE, is->id, error) && asset_save(db, is, error);
}
