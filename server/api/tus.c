/*
 * Files on their way in: tus 1.0 (core, creation, creation-with-upload, checksum, expiration, termination,
 * concatenation) at /files/, and the list of one's own uploads.
 *
 * A body is handed to the desk (upload/desk.h) after its head has been judged; it is never collected here.
 */
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "upload/desk.h"
#include "upload/words.h"

#define BRINGERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_ADMIN))
#define VERSION "1.0.0"
#define SHARED "Tus-Resumable: " VERSION "\r\n"
#define EXTENSIONS "creation,creation-with-upload,checksum,expiration,termination,concatenation"
#define BODY_TYPE "application/offset+octet-stream"

/* What one of these calls carries from step to step. */
typedef struct {
    upload_wish wish; /* POST */
    upload made;
    int64_t free_bytes;
    int64_t offset; /* PATCH */
    words_checksum checksum;
    bool checked;
} tus_call;

/* A request the desk will answer through us. */
typedef struct {
    request *request;
    int status;
    bool created; /* it was a POST: the answer tells where */
    upload_desk *desk;
    char id[UPLOAD_ID_CHARS + 1];
    int64_t owner;
    GError *refused; /* why the first body of a new upload was not taken */
} waiting;

/* ---- refusals ---- */

/* What tus asks for beyond the house's own mapping of kinds. */
static int status_of(const GError *error)
{
    static const struct {
        const char *code;
        int status;
    } table[] = {{"upload_busy", 423}, {"checksum_mismatch", 460}, {"tus_version", 412},
                 {"media_type", 415},  {"quota_house", 507},       {"disk_reserve", 507}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (g_str_equal(table[i].code, error_code(error)))
            return table[i].status;
    return api_status(error);
}

static void refuse(request *req, const GError *error)
{
    if (request_gone(req))
        return;
    int status = status_of(error);
    api_refuse_as(req, error, status,
                  status == 412 ? SHARED "Tus-Version: " VERSION "\r\n" : SHARED);
}

/* ---- the words of the head ---- */

static bool check_version(const request *req, GError **error)
{
    if (g_strcmp0(request_header(req, "tus-resumable"), VERSION) == 0)
        return true;
    error_set(error, ERROR_INPUT, "tus_version", "Tus-Resumable",
              "Tus-Resumable: " VERSION " is wanted");
    return false;
}

static bool check_type(const request *req, GError **error)
{
    if (g_strcmp0(request_header(req, "content-type"), BODY_TYPE) == 0)
        return true;
    error_set(error, ERROR_INPUT, "media_type", "Content-Type", BODY_TYPE " is wanted here");
    return false;
}

static bool read_checksum(tus_call *t, const request *req, GError **error)
{
    const char *field = request_header(req, "upload-checksum");
    t->checked = field != NULL;
    return !field || words_checksum_read(field, &t->checksum, error);
}

static tus_call *tus_begin(api_call *call)
{
    call->data = g_new0(tus_call, 1);
    call->free_data = g_free;
    return call->data;
}

static void append_expires(GString *headers, int64_t utc_ms)
{
    time_t at = utc_ms / 1000;
    struct tm utc;
    char text[64];
    gmtime_r(&at, &utc);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    g_string_append_printf(headers, "Upload-Expires: %s\r\n", text);
}

static void append_offset(GString *headers, const upload *is)
{
    g_string_append_printf(headers, SHARED "Upload-Offset: %" G_GINT64_FORMAT "\r\n", is->received);
    if (is->state == UPLOAD_OPEN || is->shape == UPLOAD_PARTIAL)
        append_expires(headers, is->expires_ms);
}

static void append_location(GString *headers, const upload *is)
{
    g_string_append_printf(headers, "Location: /files/%s\r\n", is->id);
}

/* ---- answers through the desk ---- */

static waiting *hand_over(api_call *call, int status)
{
    waiting *w = g_new0(waiting, 1);
    w->request = request_ref(call->request);
    w->status = status;
    w->desk = call->parts->uploads;
    w->owner = call->who.id;
    call->handed = true;
    return w;
}

static void waiting_free(waiting *w)
{
    request_unref(w->request);
    g_clear_error(&w->refused);
    g_free(w);
}

static void answer_poured(waiting *w, const upload *is, const GError *error)
{
    g_autoptr(GString) headers = g_string_new("Cache-Control: no-store\r\n");
    if (!error)
        append_offset(headers, is);
    if (!error && w->created)
        append_location(headers, is);
    if (error)
        refuse(w->request, error);
    else
        request_reply(w->request, w->status, NULL, headers->str, NULL);
    waiting_free(w);
}

/* How far the new one is, whose first body was not taken: its sender can go on from there. */
static void on_kept(gpointer user, const upload *is, const GError *error)
{
    waiting *w = user;
    answer_poured(w, is, error ? w->refused : NULL);
}

static void on_dropped(gpointer user, const upload *is, const GError *error)
{
    waiting *w = user;
    (void)is, (void)error;
    refuse(w->request, w->refused);
    waiting_free(w);
}

/*
 * A new upload stands in the records before its first body is looked at, and holds room. A sender that is refused
 * without being told where would begin another one: it is told, or, where a refusal is due, the upload ends.
 */
static void on_poured(gpointer user, const upload *is, const GError *error)
{
    waiting *w = user;
    if (!error || !w->created || g_str_equal(error_code(error), "stopping")) {
        answer_poured(w, is, error);
        return;
    }
    w->refused = g_error_copy(error);
    if (g_str_equal(error_code(error), "checksum_mismatch"))
        upload_remove(w->desk, w->id, w->owner, on_dropped, w);
    else
        upload_ask(w->desk, w->id, w->owner, on_kept, w);
}

static void pour(api_call *call, const char *id, int64_t offset, waiting *w)
{
    const tus_call *t = call->data;
    const upload_body body = {.request = call->request,
                              .id = id,
                              .owner = call->who.id,
                              .offset = offset,
                              .checksum = t->checked ? &t->checksum : NULL};
    upload_pour(call->parts->uploads, &body, on_poured, w);
}

/* ---- POST /files/ ---- */

static bool read_size(upload_wish *wish, const request *req, GError **error)
{
    if (request_header(req, "upload-defer-length")) {
        error_set(error, ERROR_INPUT, "upload_length", "Upload-Defer-Length",
                  "The length must be known when an upload begins");
        return false;
    }
    return wish->shape == UPLOAD_FINAL ||
           words_number("Upload-Length", request_header(req, "upload-length"), &wish->bytes, error);
}

/* creation-with-upload: whatever is behind the head is its first bytes. */
static bool read_first_body(tus_call *t, const request *req, GError **error)
{
    if (request_unread(req) == 0)
        return true;
    if (t->wish.shape == UPLOAD_FINAL) {
        error_set(error, ERROR_INPUT, "upload_final", NULL, "A final upload takes no bytes");
        return false;
    }
    if (request_unread(req) <= t->wish.bytes)
        return check_type(req, error) && read_checksum(t, req, error);
    error_set(error, ERROR_TOO_LARGE, "upload_longer", "Upload-Length",
              "The body is longer than the upload");
    return false;
}

static bool create_read(api_call *call, records *db, GError **error)
{
    (void)db;
    tus_call *t = tus_begin(call);
    const request *req = call->request;
    return check_version(req, error) &&
           words_metadata(request_header(req, "upload-metadata"), &t->wish, error) &&
           words_concat(request_header(req, "upload-concat"), &t->wish, error) &&
           read_size(&t->wish, req, error) && read_first_body(t, req, error);
}

static bool create_look(api_call *call, records *db, GError **error)
{
    (void)db;
    tus_call *t = call->data;
    return upload_desk_room(call->parts->uploads, &t->free_bytes, error);
}

static bool create_store(api_call *call, records *db, GError **error)
{
    tus_call *t = call->data;
    t->wish.owner = call->who.id;
    return upload_create(db, call->parts->clock, upload_desk_limits(call->parts->uploads), &t->wish,
                         t->free_bytes, &t->made, error);
}

static bool create_answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    tus_call *t = call->data;
    upload_created(call->parts->uploads, &t->made);
    if (request_unread(call->request) > 0) {
        waiting *w = hand_over(call, 201);
        w->created = true;
        memcpy(w->id, t->made.id, sizeof w->id);
        pour(call, t->made.id, 0, w);
        return true;
    }
    call->status = 201;
    append_offset(call->headers, &t->made);
    append_location(call->headers, &t->made);
    return true;
}

/* ---- PATCH /files/{id} ---- */

static bool patch_read(api_call *call, records *db, GError **error)
{
    (void)db;
    tus_call *t = tus_begin(call);
    const request *req = call->request;
    return check_version(req, error) && check_type(req, error) &&
           words_number("Upload-Offset", request_header(req, "upload-offset"), &t->offset, error) &&
           read_checksum(t, req, error);
}

static bool patch_pour(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const tus_call *t = call->data;
    pour(call, request_param(call->request, "id"), t->offset, hand_over(call, 204));
    return true;
}

/* ---- HEAD /files/{id} ---- */

static bool version_read(api_call *call, records *db, GError **error)
{
    (void)db;
    return check_version(call->request, error);
}

static void append_concat(GString *headers, const upload *is)
{
    if (is->shape == UPLOAD_PARTIAL)
        g_string_append(headers, "Upload-Concat: partial\r\n");
    if (is->shape != UPLOAD_FINAL)
        return;
    g_string_append(headers, "Upload-Concat: final;");
    for (guint i = 0; i < is->part_count; i++)
        g_string_append_printf(headers, "%s/files/%s", i ? " " : "", is->parts[i].id);
    g_string_append(headers, "\r\n");
}

/* A final that is still being joined has no offset yet (Concatenation, "Upload-Offset"). */
static void on_asked(gpointer user, const upload *is, const GError *error)
{
    waiting *w = user;
    if (error) {
        refuse(w->request, error);
        waiting_free(w);
        return;
    }
    g_autoptr(GString) headers = g_string_new("Cache-Control: no-store\r\n");
    if (is->shape == UPLOAD_FINAL && is->state == UPLOAD_OPEN)
        g_string_append(headers, SHARED);
    else
        append_offset(headers, is);
    g_string_append_printf(headers, "Upload-Length: %" G_GINT64_FORMAT "\r\n", is->bytes);
    if (*is->metadata)
        g_string_append_printf(headers, "Upload-Metadata: %s\r\n", is->metadata);
    append_concat(headers, is);
    request_reply(w->request, w->status, NULL, headers->str, NULL);
    waiting_free(w);
}

static bool head_ask(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    upload_ask(call->parts->uploads, request_param(call->request, "id"), call->who.id, on_asked,
               hand_over(call, 200));
    return true;
}

/* ---- DELETE /files/{id} ---- */

static void on_removed(gpointer user, const upload *is, const GError *error)
{
    (void)is;
    waiting *w = user;
    if (error)
        refuse(w->request, error);
    else
        request_reply(w->request, w->status, NULL, SHARED "Cache-Control: no-store\r\n", NULL);
    waiting_free(w);
}

static bool remove_hand(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    upload_remove(call->parts->uploads, request_param(call->request, "id"), call->who.id,
                  on_removed, hand_over(call, 204));
    return true;
}

/* ---- OPTIONS: what may be asked ---- */

static void on_options(request *req, gpointer user)
{
    const api_parts *parts = user;
    g_autofree char *headers = g_strdup_printf(
        SHARED "Tus-Version: " VERSION "\r\nTus-Extension: " EXTENSIONS "\r\n"
               "Tus-Checksum-Algorithm: " DIGEST_WORDS "\r\nTus-Max-Size: %" G_GINT64_FORMAT
               "\r\nCache-Control: no-store\r\n",
        upload_desk_limits(parts->uploads)->max_bytes);
    request_reply(req, 204, NULL, headers, NULL);
}

/* ---- POST /files/{id}: for those who can send nothing else, X-HTTP-Method-Override says what is meant ---- */

static const struct {
    const char *method;
    bool (*read)(api_call *call, records *db, GError **error);
    bool (*act)(api_call *call, records *db, GError **error);
} overrides[] = {{"PATCH", patch_read, patch_pour},
                 {"HEAD", version_read, head_ask},
                 {"DELETE", version_read, remove_hand}};

static int override_of(const request *req)
{
    const char *method = request_header(req, "x-http-method-override");
    for (gsize i = 0; method && i < G_N_ELEMENTS(overrides); i++)
        if (strcmp(overrides[i].method, method) == 0)
            return (int)i;
    return -1;
}

static bool override_read(api_call *call, records *db, GError **error)
{
    int at = override_of(call->request);
    if (at >= 0)
        return overrides[at].read(call, db, error);
    error_set(error, ERROR_INPUT, "no_method", "X-HTTP-Method-Override",
              "A POST to an upload needs X-HTTP-Method-Override: PATCH, HEAD or DELETE");
    return false;
}

static bool override_act(api_call *call, records *db, GError **error)
{
    return overrides[override_of(call->request)].act(call, db, error);
}

/* ---- GET /api/v1/uploads ---- */

typedef struct {
    GArray *list;
    int64_t used;
} uploads_seen;

static void seen_free(gpointer data)
{
    uploads_seen *seen = data;
    g_clear_pointer(&seen->list, g_array_unref);
    g_free(seen);
}

static bool list(api_call *call, records *db, GError **error)
{
    uploads_seen *seen = g_new0(uploads_seen, 1);
    call->data = seen;
    call->free_data = seen_free;
    seen->list = upload_list(db, call->who.id, error);
    return seen->list && upload_used(db, call->who.id, &seen->used, error);
}

static json_t *upload_json(const upload *is)
{
    char mark[WORDS_MARK_MAX + 1];
    g_autofree char *url = g_strdup_printf("/files/%s", is->id);
    words_mark(is->metadata, mark);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:s}", "mark", mark, "id",
                     is->id, "name", is->name, "kind", upload_kind_word(is->kind), "bytes",
                     (json_int_t)is->bytes, "offset", (json_int_t)is->received, "state",
                     upload_state_word(is->state), "shape", upload_shape_word(is->shape),
                     "created_ms", (json_int_t)is->created_ms, "expires_ms",
                     (json_int_t)is->expires_ms, "url", url);
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const uploads_seen *seen = call->data;
    const upload_limits *limits = upload_desk_limits(call->parts->uploads);
    json_t *all = json_array();
    for (guint i = 0; i < seen->list->len; i++)
        json_array_append_new(all, upload_json(&g_array_index(seen->list, upload, i)));
    call->answer = json_pack("{s:o, s:{s:I, s:I}, s:I}", "uploads", all, "quota", "used_bytes",
                             (json_int_t)seen->used, "max_bytes", (json_int_t)limits->person_bytes,
                             "max_bytes", (json_int_t)limits->max_bytes);
    return true;
}

static const api_route routes[] = {
    {"POST", "/files/", BRINGERS, .before = create_read, .slow = create_look, .store = create_store,
     .after = create_answer, .streamed = true, .refuse = refuse},
    {"POST", "/files/{id}", BRINGERS, .before = override_read, .after = override_act,
     .streamed = true, .refuse = refuse},
    {"PATCH", "/files/{id}", BRINGERS, .before = patch_read, .after = patch_pour, .streamed = true,
     .refuse = refuse},
    {"HEAD", "/files/{id}", BRINGERS, .before = version_read, .after = head_ask, .refuse = refuse},
    {"DELETE", "/files/{id}", BRINGERS, .before = version_read, .after = remove_hand,
     .refuse = refuse},
    {"GET", "/api/v1/uploads", BRINGERS, .work = list, .after = listed},
};

void api_tus(api *a)
{
    const api_parts *parts = api_parts_of(a);
    if (!parts->uploads)
        return;
    api_routes(a, routes, G_N_ELEMENTS(routes));
    net_route(parts->net, "OPTIONS", "/files/", 0, on_options, (gpointer)parts);
    net_route(parts->net, "OPTIONS", "/files/{id}", 0, on_options, (gpointer)parts);
}
