/*
 * Passes: who may see and hear one title, said once and carried in a cookie.
 */
#include <string.h>
#include <sys/random.h>

#include "api/api.h"
#include "school/viewing.h"
#include "storage/storage.h"
#include "transcode/asset.h"

#define BODY_MAX 1024
/* its address changes with it; who may see it may change sooner */
#define POSTER_KEPT "Cache-Control: private, max-age=3600\r\n"
#define VIEWER_BITS 53 /* a number every JSON reader takes whole */

typedef struct {
    char title_id[33];
    bool host;
    int64_t
        master; /* of a class; of a recorded title whoever asks, if they may look at its making; 0: nobody */
    int64_t judged_ms;
} pass_query;

static bool pass_begin(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    pass_query *q = g_new0(pass_query, 1);
    g_strlcpy(q->title_id, request_param(call->request, "id"), sizeof q->title_id);
    call->data = q;
    call->free_data = g_free;
    return true;
}

/* Its master moderates a class; so do assistants and administrators. */
static bool may_host(const person *who, const live_class *is)
{
    return who->id != 0 &&
           (who->id == is->master || who->role == ROLE_ASSISTANT || who->role == ROLE_ADMIN);
}

/* What is made of a file can be looked at by whoever brought it and by staff, before any course has it. */
static bool may_preview(const person *who, records *db, const char *title_id, bool *may,
                        GError **error)
{
    asset of;
    bool found;
    if (!asset_of_title(db, title_id, &of, &found, error))
        return false;
    *may = found && asset_may(who, of.owner);
    if (found)
        asset_clear(&of);
    return true;
}

static bool find_recorded(const person *who, records *db, pass_query *q, GError **error)
{
    bool may;
    if (!may_preview(who, db, q->title_id, &may, error))
        return false;
    q->master = may ? who->id : 0;
    if (may)
        return true;
    g_autoptr(GArray) lessons = school_lessons_of_title(db, q->title_id, error);
    if (lessons && lessons->len == 0 && storage_still_there(db, q->title_id, error))
        error_set(error, ERROR_MISSING, "title_missing", NULL, "There is no such class or lesson");
    return lessons && lessons->len > 0;
}

static bool find_title(api_call *call, records *db, GError **error)
{
    pass_query *q = call->data;
    live_class is;
    g_autoptr(GError) no_class = NULL;
    if (live_class_read_title(db, q->title_id, &is, &no_class)) {
        if (is.cut_ms != 0) {
            error_set(error, ERROR_DENIED, "cut_off", NULL, "This class was stopped by the staff");
            return false;
        }
        q->host = may_host(&call->who, &is);
        q->master = is.master;
        return true;
    }
    if (error_is(no_class, ERROR_MISSING))
        return find_recorded(&call->who, db, q, error);
    g_propagate_error(error, g_steal_pointer(&no_class));
    return false;
}

/* The time is taken first: a right that is lost from now on takes this pass with it. */
static bool judge(api_call *call, records *db, GError **error)
{
    pass_query *q = call->data;
    viewing_verdict verdict;
    q->judged_ms = clock_utc_ms(call->parts->clock);
    if (!find_title(call, db, error) ||
        !viewing_of_title(db, &call->who, q->title_id, q->master, &verdict, error))
        return false;
    viewing_refuse(&verdict, error);
    return verdict.need == NEED_NOTHING && storage_still_there(db, q->title_id, error);
}

static int64_t random_viewer(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        g_error("no random bytes");
    return (int64_t)(bits >> (64 - VIEWER_BITS));
}

static json_t *holder_json(const person *who)
{
    if (who->id == 0)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)who->id, "login", who->login, "name",
                     who->name, "role", person_role_word(who->role));
}

static void set_cookie(api_call *call, const char *title_id, const char *text)
{
    g_string_append_printf(
        call->headers,
        "Set-Cookie: jt_pass=%s; Path=/media/%s; Max-Age=%d; HttpOnly; SameSite=Lax%s\r\n", text,
        title_id, (int)(PASS_LIFETIME_MS / 1000), call->parts->secure_cookies ? "; Secure" : "");
}

static bool issue(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const pass_query *q = call->data;
    pass given = {.viewer = random_viewer(),
                  .person = call->who.id,
                  .role = q->host ? PASS_HOST : PASS_VIEWER,
                  .issued_ms = q->judged_ms,
                  .until_ms = q->judged_ms + PASS_LIFETIME_MS};
    g_strlcpy(given.title_id, q->title_id, sizeof given.title_id);
    g_autofree char *text = pass_issue(call->parts->pass_key, &given);
    set_cookie(call, q->title_id, text);
    call->answer =
        json_pack("{s:s, s:I, s:s, s:o}", "pass", text, "until_ms", (json_int_t)given.until_ms,
                  "title_id", q->title_id, "person", holder_json(&call->who));
    return true;
}

/* ---- GET /titles/{id}/poster: for cards, whose readers have no pass yet ---- */

json_t *api_poster_json(const api_parts *parts, const char *title_id,
                        const viewing_verdict *verdict)
{
    int64_t made_ms = verdict->need == NEED_NOTHING ? shelf_poster_ms(parts->shelf, title_id) : 0;
    return made_ms ? json_sprintf("/api/v1/titles/%s/poster?v=%" G_GINT64_FORMAT, title_id, made_ms)
                   : json_null();
}

static bool poster(api_call *call, records *db, GError **error)
{
    (void)db;
    const pass_query *q = call->data;
    g_autofree char *dir = shelf_title_dir(call->parts->shelf, q->title_id), *bytes = NULL;
    g_autofree char *path = g_build_filename(dir ? dir : "", "poster.jpg", NULL);
    gsize length;
    if (!dir || !g_file_get_contents(path, &bytes, &length, NULL)) {
        error_set(error, ERROR_MISSING, "no_poster", NULL, "There is no picture of it yet");
        return false;
    }
    call->raw = g_bytes_new_take(g_steal_pointer(&bytes), length);
    call->raw_type = "image/jpeg";
    g_string_append(call->headers, POSTER_KEPT);
    return true;
}

void api_titles(api *a)
{
    static const api_route routes[] = {
        {"POST", "/api/v1/titles/{id}/pass", 0, BODY_MAX, .before = pass_begin, .work = judge,
         .after = issue},
        {"GET", "/api/v1/titles/{id}/poster", 0, 0, .before = pass_begin, .work = judge,
         .slow = poster},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
