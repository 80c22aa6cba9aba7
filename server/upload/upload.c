#include "upload/upload.h"

#include <string.h>

#include "school/school.h"

/* ---- words ---- */

static const char *const state_words[] = {"open", "whole", "complete", "taken"};
static const char *const shape_words[] = {"single", "partial", "final"};
static const char *const kind_words[] = {"media", "handout"};

const char *upload_state_word(upload_state state)
{
    return state_words[state];
}

const char *upload_shape_word(upload_shape shape)
{
    return shape_words[shape];
}

const char *upload_kind_word(upload_kind kind)
{
    return kind_words[kind];
}

/* -1: none of them. */
static int word_index(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

#define INDEX_OF(words, word) word_index(words, G_N_ELEMENTS(words), word)

bool upload_kind_parse(const char *word, upload_kind *kind)
{
    int at = INDEX_OF(kind_words, word);
    if (at >= 0)
        *kind = (upload_kind)at;
    return at >= 0;
}

bool upload_id_ok(const char *id)
{
    return strlen(id) == UPLOAD_ID_CHARS &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz234567") == UPLOAD_ID_CHARS;
}

/* ---- a row ---- */

static char *parts_text(const upload *is)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < is->part_count; i++)
        g_string_append_printf(text, "%s%s:%" G_GINT64_FORMAT, i ? " " : "", is->parts[i].id,
                               is->parts[i].bytes);
    return g_string_free(text, FALSE);
}

static void read_parts(const char *text, upload *is)
{
    while (*text && is->part_count < UPLOAD_PARTS_MAX) {
        upload_part *part = &is->parts[is->part_count++];
        const char *colon = strchr(text, ':');
        if (!colon)
            return;
        g_strlcpy(part->id, text, MIN((gsize)(colon - text) + 1, sizeof part->id));
        part->bytes = g_ascii_strtoll(colon + 1, (char **)&text, 10);
        text += strspn(text, " ");
    }
}

static void read_row(query *row, upload *is)
{
    memset(is, 0, sizeof *is);
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    is->owner = query_int(row, 1);
    g_strlcpy(is->name, query_text(row, 2), sizeof is->name);
    upload_kind_parse(query_text(row, 3), &is->kind);
    g_strlcpy(is->metadata, query_text(row, 4), sizeof is->metadata);
    is->bytes = query_int(row, 5);
    is->received = query_int(row, 6);
    is->state = (upload_state)MAX(0, INDEX_OF(state_words, query_text(row, 7)));
    is->shape = (upload_shape)MAX(0, INDEX_OF(shape_words, query_text(row, 8)));
    read_parts(query_text(row, 9), is);
    g_strlcpy(is->into, query_text(row, 10), sizeof is->into);
    g_strlcpy(is->sha256, query_text(row, 11), sizeof is->sha256);
    is->created_ms = query_int(row, 12);
    is->expires_ms = query_int(row, 13);
}

static bool missing(const char *id, GError **error)
{
    error_set(error, ERROR_MISSING, "upload_missing", NULL,
              "There is no upload %s: it never was, has expired or was ended", id);
    return false;
}

bool upload_read(records *db, const char *id, int64_t owner, upload *is, GError **error)
{
    query *rows = records_query(db, SQL_UPLOAD_BY_ID, "t", id);
    query_step_result step = query_step(rows, error);
    if (step == QUERY_FAILED)
        return false;
    if (step == QUERY_ROW)
        read_row(rows, is);
    query_end(rows);
    return (step == QUERY_ROW && (owner == 0 || is->owner == owner)) || missing(id, error);
}

static GArray *read_all(query *rows, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(upload));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        g_array_set_size(list, list->len + 1);
        read_row(rows, &g_array_index(list, upload, list->len - 1));
    }
    return step == QUERY_FAILED ? NULL : g_steal_pointer(&list);
}

GArray *upload_list(records *db, int64_t owner, GError **error)
{
    return read_all(records_query(db, SQL_UPLOAD_OF_OWNER, "ii", owner, (int64_t)UPLOAD_OPEN_MAX),
                    error);
}

GArray *upload_in_state(records *db, upload_state state, const char *after, int limit,
                        GError **error)
{
    return read_all(
        records_query(db, SQL_UPLOAD_BY_STATE, "tti", state_words[state], after, (int64_t)limit),
        error);
}

/* ---- may it begin? ---- */

/* The two numbers of a statement that has one row. */
static bool read_pair(query *rows, int64_t *first, int64_t *second, GError **error)
{
    if (query_step(rows, error) != QUERY_ROW)
        return false;
    *first = query_int(rows, 0);
    *second = query_int(rows, 1);
    query_end(rows);
    return true;
}

bool upload_used(records *db, int64_t owner, int64_t *bytes, GError **error)
{
    int64_t count;
    return read_pair(records_query(db, SQL_UPLOAD_USED_BY, "i", owner), bytes, &count, error);
}

static bool too_large(const char *code, GError **error, const char *what, int64_t have,
                      int64_t most)
{
    error_set(error, ERROR_TOO_LARGE, code, "Upload-Length",
              "%s: %.6g GB where %.6g GB are allowed", what, (double)have / 1e9,
              (double)most / 1e9);
    return false;
}

static bool fits_quota(records *db, const upload_limits *limits, const upload_wish *wish,
                       int64_t bytes, GError **error)
{
    int64_t own, count, all, coming;
    if (!read_pair(records_query(db, SQL_UPLOAD_USED_BY, "i", wish->owner), &own, &count, error) ||
        !read_pair(records_query(db, SQL_UPLOAD_USED, ""), &all, &coming, error))
        return false;
    if (count >= UPLOAD_OPEN_MAX) {
        error_set(error, ERROR_BUSY, "uploads_many", NULL,
                  "You have %d unfinished uploads: finish or end some of them first",
                  UPLOAD_OPEN_MAX);
        return false;
    }
    if (own > limits->person_bytes - bytes)
        return too_large("quota_person", error, "Your uploads would be too large together",
                         own + bytes, limits->person_bytes);
    if (all > limits->quota_bytes - bytes)
        return too_large("quota_house", error, "All uploads would be too large together",
                         all + bytes, limits->quota_bytes);
    return true;
}

/* What others have been promised and not sent yet is as good as used. */
static bool fits_disk(records *db, const upload_limits *limits, int64_t bytes, int64_t free_bytes,
                      GError **error)
{
    int64_t all, coming;
    if (!read_pair(records_query(db, SQL_UPLOAD_USED, ""), &all, &coming, error))
        return false;
    int64_t room = free_bytes - coming - limits->reserve_bytes;
    return bytes <= room ||
           too_large("disk_reserve", error, "The disk has no room for this", bytes, MAX(room, 0));
}

/* ---- a final takes its parts ---- */

static bool take_part(records *db, const upload_wish *wish, guint at, upload *made, GError **error)
{
    upload part;
    if (!upload_read(db, wish->parts[at], wish->owner, &part, error))
        return false;
    if (part.shape != UPLOAD_PARTIAL || part.state != UPLOAD_WHOLE) {
        error_set(error, ERROR_CONFLICT, "part_unfinished", "Upload-Concat",
                  "Upload %s is not a finished partial upload", part.id);
        return false;
    }
    if (!records_run(db, error, SQL_UPLOAD_JOIN, "tt", part.id, made->id))
        return false;
    if (records_changed(db) == 0) {
        error_set(error, ERROR_CONFLICT, "part_joined", "Upload-Concat",
                  "Upload %s belongs to another final upload already, or was named twice", part.id);
        return false;
    }
    upload_part *is = &made->parts[made->part_count++];
    memcpy(is->id, part.id, sizeof is->id);
    is->bytes = part.bytes;
    made->bytes += part.bytes;
    return true;
}

/* Somebody asks for it again who has missed the answer; it may be taken meanwhile. Its parts may be gone already: only their names are compared. */
static bool find_final(records *db, const upload_wish *wish, upload *made, bool *found,
                       GError **error)
{
    g_autofree char *first = g_strconcat(wish->parts[0], ":%", NULL);
    g_autoptr(GArray) list = read_all(
        records_query(db, SQL_UPLOAD_FINALS, "iti", wish->owner, first, (int64_t)UPLOAD_OPEN_MAX),
        error);
    *found = false;
    for (guint i = 0; list && i < list->len && !*found; i++) {
        const upload *is = &g_array_index(list, upload, i);
        bool same = is->part_count == wish->part_count;
        for (guint p = 0; same && p < is->part_count; p++)
            same = strcmp(is->parts[p].id, wish->parts[p]) == 0;
        if (same)
            *made = *is;
        *found = same;
    }
    return list != NULL;
}

static bool take_parts(records *db, const upload_wish *wish, upload *made, GError **error)
{
    for (guint i = 0; i < wish->part_count; i++)
        if (!take_part(db, wish, i, made, error))
            return false;
    return true;
}

/* Part after part moves over: the largest has to fit twice, the rest not. */
static int64_t largest_part(const upload *is)
{
    int64_t most = 0;
    for (guint i = 0; i < is->part_count; i++)
        most = MAX(most, is->parts[i].bytes);
    return most;
}

/* ---- it begins ---- */

static bool add_row(records *db, upload *is, GError **error)
{
    g_autofree char *parts = parts_text(is);
    return records_run(db, error, SQL_UPLOAD_ADD,
                       "tittti"
                       "ttt"
                       "ii",
                       is->id, is->owner, is->name, kind_words[is->kind], is->metadata, is->bytes,
                       state_words[is->state], shape_words[is->shape], parts, is->created_ms,
                       is->expires_ms);
}

static bool may_begin(records *db, const upload_limits *limits, const upload_wish *wish,
                      int64_t free_bytes, const upload *made, GError **error)
{
    if (made->bytes > limits->max_bytes)
        return too_large("upload_too_large", error, "This file is too large", made->bytes,
                         limits->max_bytes);
    if (wish->kind == UPLOAD_HANDOUT && made->bytes > limits->handout_bytes)
        return too_large("handout_too_large", error, "This handout is too large", made->bytes,
                         limits->handout_bytes);
    if (wish->shape == UPLOAD_FINAL) /* its parts are counted already */
        return fits_disk(db, limits, largest_part(made), free_bytes, error);
    return fits_quota(db, limits, wish, made->bytes, error) &&
           fits_disk(db, limits, made->bytes, free_bytes, error);
}

G_STATIC_ASSERT(UPLOAD_ID_CHARS == SCHOOL_ID_CHARS);

static void new_id(char id[UPLOAD_ID_CHARS + 1])
{
    char fresh[33];
    school_id_new(fresh);
    memcpy(id, fresh, UPLOAD_ID_CHARS + 1);
}

bool upload_create(records *db, base_clock *clock, const upload_limits *limits,
                   const upload_wish *wish, int64_t free_bytes, upload *made, GError **error)
{
    bool found = false;
    memset(made, 0, sizeof *made);
    if (wish->shape == UPLOAD_FINAL && (!find_final(db, wish, made, &found, error) || found))
        return found;
    new_id(made->id);
    made->owner = wish->owner;
    g_strlcpy(made->name, wish->name, sizeof made->name);
    made->kind = wish->kind;
    g_strlcpy(made->metadata, wish->metadata, sizeof made->metadata);
    made->shape = wish->shape;
    made->bytes = wish->shape == UPLOAD_FINAL ? 0 : wish->bytes;
    made->created_ms = clock_utc_ms(clock);
    made->expires_ms = made->created_ms + limits->expire_ms;
    if (wish->shape == UPLOAD_FINAL && !take_parts(db, wish, made, error))
        return false;
    made->state = made->bytes == 0 ? UPLOAD_WHOLE : UPLOAD_OPEN;
    return may_begin(db, limits, wish, free_bytes, made, error) && add_row(db, made, error);
}

/* ---- it goes on ---- */

/* After an UPDATE of one row. */
static bool was_there(records *db, const char *id, GError **error)
{
    return records_changed(db) > 0 || missing(id, error);
}

bool upload_settle(records *db, base_clock *clock, const upload_limits *limits, const char *id,
                   int64_t received, int64_t bytes, GError **error)
{
    const char *state = state_words[received == bytes ? UPLOAD_WHOLE : UPLOAD_OPEN];
    return records_run(db, error, SQL_UPLOAD_SETTLE, "titi", id, received, state,
                       clock_utc_ms(clock) + limits->expire_ms) &&
           was_there(db, id, error);
}

bool upload_complete(records *db, const char *id, const char *sha256, GError **error)
{
    return records_run(db, error, SQL_UPLOAD_COMPLETE, "tt", id, sha256) &&
           was_there(db, id, error);
}

bool upload_take(records *db, base_clock *clock, const upload_limits *limits, const char *id,
                 GError **error)
{
    if (!records_run(db, error, SQL_UPLOAD_TAKE, "ti", id, clock_utc_ms(clock) + limits->expire_ms))
        return false;
    upload is;
    GError *gone = NULL;
    if (records_changed(db) > 0)
        return true;
    if (!upload_read(db, id, 0, &is, &gone)) {
        bool forgotten = error_is(gone, ERROR_MISSING); /* its time after it was taken is over */
        if (forgotten)
            g_error_free(gone);
        else
            g_propagate_error(error, gone);
        return forgotten;
    }
    if (is.state != UPLOAD_TAKEN)
        error_set(error, ERROR_CONFLICT, "upload_unfinished", NULL, "Upload %s is not complete",
                  id);
    return is.state == UPLOAD_TAKEN;
}

/* ---- it ends ---- */

static bool release_parts(records *db, const upload *is, GError **error)
{
    for (guint i = 0; i < is->part_count; i++)
        if (!records_run(db, error, SQL_UPLOAD_RELEASE, "t", is->parts[i].id))
            return false;
    return true;
}

bool upload_end(records *db, const upload *is, GError **error)
{
    if (is->state >= UPLOAD_COMPLETE || *is->into) {
        error_set(error, ERROR_CONFLICT, *is->into ? "part_joined" : "upload_complete", NULL,
                  *is->into ? "Upload %s is being joined into another"
                            : "Upload %s is finished and in use",
                  is->id);
        return false;
    }
    return release_parts(db, is, error) && upload_eaten(db, is->id, error);
}

bool upload_eaten(records *db, const char *id, GError **error)
{
    return records_run(db, error, SQL_UPLOAD_END, "t", id);
}

/* Adds the ids of these rows. */
static bool collect_ids(query *rows, GPtrArray *ids, GError **error)
{
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW)
        g_ptr_array_add(ids, g_strdup(query_text(rows, 0)));
    return step == QUERY_END;
}

static bool expire_one(records *db, const char *id, GError **error)
{
    upload is;
    return upload_read(db, id, 0, &is, error) && release_parts(db, &is, error) &&
           upload_eaten(db, id, error);
}

/* A taken one leaves its row only: its file is somebody's. */
static bool expire_rows(records *db, GPtrArray *ids, GError **error)
{
    for (guint i = 0; i < ids->len; i++)
        if (!expire_one(db, g_ptr_array_index(ids, i), error))
            return false;
    return true;
}

GPtrArray *upload_expire(records *db, base_clock *clock, int limit, GError **error)
{
    int64_t now_ms = clock_utc_ms(clock), most = limit;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(g_free);
    if (!collect_ids(records_query(db, SQL_UPLOAD_EXPIRED, "tii", "open", now_ms, most), ids,
                     error) ||
        !collect_ids(records_query(db, SQL_UPLOAD_PARTS_EXPIRED, "ii", now_ms, most), ids, error) ||
        !collect_ids(records_query(db, SQL_UPLOAD_EXPIRED, "tii", "taken", now_ms, most), taken,
                     error))
        return NULL;
    return expire_rows(db, ids, error) && expire_rows(db, taken, error) ? g_steal_pointer(&ids)
                                                                        : NULL;
}
