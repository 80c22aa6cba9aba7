#include "api/asset_view.h"

#include <string.h>
#include <unistd.h>

static void clear_row(gpointer data)
{
    asset_row *row = data;
    asset_clear(&row->is);
    g_clear_pointer(&row->uses, g_array_unref);
}

GArray *asset_rows_new(void)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(asset_row));
    g_array_set_clear_func(rows, clear_row);
    return rows;
}

/* ---- reading ---- */

bool asset_row_read(records *db, asset *is, asset_row *row, GError **error)
{
    memset(row, 0, sizeof *row);
    row->is = *is;
    is->facts = NULL; /* the row's now */
    if (job_of_asset(db, row->is.id, &row->job, &row->has_job, error) &&
        (row->uses = asset_uses(db, &row->is, error)))
        return true;
    clear_row(row);
    return false;
}

void asset_row_look(const api_parts *parts, asset_row *row)
{
    g_autofree char *dir =
        row->is.title_id[0] ? shelf_title_dir(parts->shelf, row->is.title_id) : NULL;
    for (guint n = 1; dir && n <= ASSET_POSTERS; n++) {
        g_autofree char *path = g_strdup_printf("%s/poster-%u.jpg", dir, n);
        if (access(path, R_OK) == 0)
            row->posters |= 1u << n;
    }
}

/* ---- telling ---- */

static json_t *trouble_json(const trouble *is)
{
    if (!is->code[0])
        return json_null();
    return json_pack("{s:s, s:s, s:s}", "code", is->code, "found", is->found, "detail", is->detail);
}

static json_t *known(int64_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

/* What holds a job up that is at work. */
static trouble trouble_of(const job *is, const transcode_progress *now)
{
    trouble held;
    trouble_set(&held, "classes_first", "", "");
    return now->held ? held : is->trouble;
}

json_t *job_json(const api_parts *parts, const job *is, int64_t place)
{
    transcode_progress now = {.done_ms = is->done_ms, .left_ms = -1, .speed_permille = -1};
    if (is->state == JOB_RUNNING)
        transcode_progress_of(parts->transcode, is->id, &now);
    trouble why = trouble_of(is, &now);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:I}", "id", is->id,
                  "asset_id", is->asset_id, "name", is->name, "kind", job_kind_word(is->kind),
                  "state", job_state_word(is->state), "priority", job_priority_word(is->priority),
                  "place", (json_int_t)place, "done_ms", (json_int_t)now.done_ms, "length_ms",
                  (json_int_t)is->length_ms, "attempts", (int)is->attempts, "created_ms",
                  (json_int_t)is->created_ms, "started_ms", (json_int_t)is->started_ms, "ended_ms",
                  (json_int_t)is->ended_ms);
    json_object_set_new(json, "left_ms", known(now.left_ms));
    json_object_set_new(json, "speed",
                        now.speed_permille < 0 ? json_null()
                                               : json_real(now.speed_permille / 1000.0));
    json_object_set_new(json, "trouble", trouble_json(&why));
    return json;
}

static json_t *facts_json(const asset *is)
{
    json_t *facts = is->facts ? json_loads(is->facts, 0, NULL) : NULL;
    return facts ? facts : json_null();
}

static json_t *rungs_json(const api_parts *parts, const asset_row *row)
{
    json_t *all = json_array();
    const char *id = row->is.title_id;
    const title_index *index = !row->is.rungs[0] && *id && shelf_has(parts->shelf, id)
                                   ? shelf_index(parts->shelf, id, NULL)
                                   : NULL;
    g_auto(GStrv) names = g_strsplit(row->is.rungs, ",", -1);
    for (char **name = names; *name && **name; name++)
        json_array_append_new(all, json_string(*name));
    for (guint i = 0; index && i < title_index_count(index); i++)
        json_array_append_new(all, json_string(title_index_rendition(index, i)->is.name));
    return all;
}

static json_t *posters_json(const asset_row *row)
{
    json_t *all = json_array();
    for (guint n = 1; n <= ASSET_POSTERS; n++)
        if (row->posters & 1u << n)
            json_array_append_new(all, json_sprintf("/api/v1/assets/%s/posters/%u", row->is.id, n));
    return all;
}

static json_t *uses_json(const asset_row *row)
{
    json_t *all = json_array();
    for (guint i = 0; i < row->uses->len; i++) {
        const school_use *use = &g_array_index(row->uses, school_use, i);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:b}", "course_id", use->course_id,
                                             "course_title", use->course_title, "lesson_title",
                                             use->lesson_title, "draft", use->draft));
    }
    return all;
}

/* Something of it can be watched. */
static bool is_playable(const api_parts *parts, const asset_row *row)
{
    transcode_progress now = {0};
    if (row->is.state == ASSET_READY)
        return row->is.kind != ASSET_HANDOUT;
    if (!row->has_job || row->job.kind != JOB_TRANSCODE || row->is.state == ASSET_CANCELLED)
        return false;
    transcode_progress_of(parts->transcode, row->job.id, &now);
    return row->job.done_ms > 0 || now.playable;
}

json_t *asset_json(const api_parts *parts, const asset_row *row)
{
    const asset *is = &row->is;
    const viewing_verdict open = {.need = NEED_NOTHING};
    const char *title_id = is->title_id[0] ? is->title_id : NULL;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:s, s:{s:I, s:s}, s:I, s:s, s:s?, s:b, s:I, s:b}", "id", is->id,
        "upload_id", is->upload_id, "name", is->name, "kind", asset_kind_word(is->kind), "bytes",
        (json_int_t)is->bytes, "sha256", is->sha256, "owner", "id", (json_int_t)is->owner, "name",
        is->owner_name, "created_ms", (json_int_t)is->created_ms, "state",
        asset_state_word(is->state), "title_id", title_id, "playable", is_playable(parts, row),
        "duration_ms", (json_int_t)is->duration_ms, "source_kept", is->source_kept);
    json_object_set_new(json, "probe", facts_json(is));
    json_object_set_new(json, "trouble", trouble_json(&is->trouble));
    json_object_set_new(json, "poster",
                        title_id ? api_poster_json(parts, title_id, &open) : json_null());
    json_object_set_new(json, "posters", posters_json(row));
    json_object_set_new(json, "rungs", rungs_json(parts, row));
    json_object_set_new(json, "job", row->has_job ? job_json(parts, &row->job, 0) : json_null());
    json_object_set_new(json, "used_by", uses_json(row));
    return json;
}
