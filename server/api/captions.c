/*
 * Captions of a title: given, moved and taken away by whoever teaches it and by staff, listed for whoever may watch.
 */
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/title_right.h"
#include "title/captions.h"
#include "title/writer.h"

#define BODY_MAX 1024

typedef struct {
    char title_id[33];
    char lang[CAPTIONS_LANG_MAX + 1];
    char label[CAPTIONS_LABEL_CHARS * 4 + 1];
    bool relabels, moves;
    int64_t offset_ms;
    char *dir;
    GArray *captions; /* of title_captions */
} caption_call;

static void caption_call_free(gpointer data)
{
    caption_call *c = data;
    g_clear_pointer(&c->captions, g_array_unref);
    g_free(c->dir);
    g_free(c);
}

json_t *api_captions_json(const char *title_id, const GArray *captions)
{
    json_t *list = json_array();
    for (guint i = 0; captions && i < captions->len; i++) {
        const title_captions *is = &g_array_index(captions, title_captions, i);
        g_autofree char *url = g_strdup_printf("/media/%s/captions/%s.vtt", title_id, is->lang);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:i, s:s}", "lang", is->lang, "label",
                                        is->label, "offset_ms", (json_int_t)is->offset_ms, "cues",
                                        (int)is->cues, "url", url));
    }
    return list;
}

/* ---- the steps ---- */

static bool no_title(GError **error)
{
    error_set(error, ERROR_MISSING, "no_title", NULL, "There is no such title (yet)");
    return false;
}

/* Off the loop: a title is one that has a journal. */
static bool is_there(const caption_call *c, GError **error)
{
    g_autofree char *journal = title_path_journal(c->dir);
    return access(journal, F_OK) == 0 || no_title(error);
}

/* The language is checked where it becomes a file's name. */
static bool begin(api_call *call, records *db, GError **error)
{
    (void)db;
    caption_call *c = g_new0(caption_call, 1);
    const char *lang = request_param(call->request, "lang");
    call->data = c;
    call->free_data = caption_call_free;
    g_strlcpy(c->title_id, request_param(call->request, "id"), sizeof c->title_id);
    g_strlcpy(c->lang, lang && captions_lang_ok(lang) ? lang : "", sizeof c->lang);
    c->dir = shelf_title_dir(call->parts->shelf, c->title_id);
    return c->dir || no_title(error);
}

static bool begin_file(api_call *call, records *db, GError **error)
{
    if (!begin(call, db, error))
        return false;
    caption_call *c = call->data;
    const char *label = request_query(call->request, "label");
    g_autofree char *trimmed = g_strstrip(g_strdup(label ? label : ""));
    if (strlen(trimmed) < sizeof c->label) {
        g_strlcpy(c->label, trimmed, sizeof c->label);
        return true;
    }
    error_set(error, ERROR_INPUT, "too_long", "label", "A label has at most %d characters",
              CAPTIONS_LABEL_CHARS);
    return false;
}

static bool begin_change(api_call *call, records *db, GError **error)
{
    if (!begin(call, db, error))
        return false;
    caption_call *c = call->data;
    c->relabels = api_has(call, "label");
    c->moves = api_has(call, "offset_ms");
    const char *label = c->relabels ? api_text(call, "label", 1, CAPTIONS_LABEL_CHARS, error) : "";
    if (!label || (c->moves && !api_integer(call, "offset_ms", -CAPTIONS_OFFSET_MAX_MS,
                                            CAPTIONS_OFFSET_MAX_MS, &c->offset_ms, error)))
        return false;
    g_strlcpy(c->label, label, sizeof c->label);
    return true;
}

static bool may_keep(api_call *call, records *db, GError **error)
{
    const caption_call *c = call->data;
    return title_may_keep(db, &call->who, c->title_id, error);
}

static bool may_see(api_call *call, records *db, GError **error)
{
    const caption_call *c = call->data;
    return title_may_see(db, &call->who, c->title_id, error);
}

static bool put(api_call *call, records *db, GError **error)
{
    (void)db;
    gsize length;
    caption_call *c = call->data;
    const char *bytes = g_bytes_get_data(request_body(call->request), &length);
    g_autoptr(GArray) cues =
        is_there(c, error) ? cues_parse(bytes ? bytes : "", length, error) : NULL;
    if (cues)
        c->captions = captions_put(c->dir, c->lang, c->label, cues, error);
    return c->captions != NULL;
}

static bool change(api_call *call, records *db, GError **error)
{
    (void)db;
    caption_call *c = call->data;
    if (is_there(c, error))
        c->captions = captions_change(c->dir, c->lang, c->relabels ? c->label : NULL,
                                      c->moves ? &c->offset_ms : NULL, error);
    return c->captions != NULL;
}

static bool drop(api_call *call, records *db, GError **error)
{
    (void)db;
    caption_call *c = call->data;
    if (is_there(c, error))
        c->captions = captions_drop(c->dir, c->lang, error);
    return c->captions != NULL;
}

static bool list(api_call *call, records *db, GError **error)
{
    (void)db;
    caption_call *c = call->data;
    if (is_there(c, error))
        c->captions = captions_list(c->dir, error);
    return c->captions != NULL;
}

static bool answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const caption_call *c = call->data;
    call->answer = json_pack("{s:o}", "captions", api_captions_json(c->title_id, c->captions));
    return true;
}

static bool changed(api_call *call, records *db, GError **error)
{
    const caption_call *c = call->data;
    shelf_captions(call->parts->shelf, c->title_id, c->captions);
    return answer(call, db, error);
}

void api_captions(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/titles/{id}/captions", 0, 0, .before = begin, .work = may_see,
         .slow = list, .after = answer},
        {"PUT", "/api/v1/titles/{id}/captions/{lang}", ROLE_ANY, CUES_BYTES_MAX,
         .takes_bytes = true, .before = begin_file, .work = may_keep, .slow = put,
         .slow_on = API_ON_DISK, .after = changed},
        {"PATCH", "/api/v1/titles/{id}/captions/{lang}", ROLE_ANY, BODY_MAX, .before = begin_change,
         .work = may_keep, .slow = change, .slow_on = API_ON_DISK, .after = changed},
        {"DELETE", "/api/v1/titles/{id}/captions/{lang}", ROLE_ANY, 0, .before = begin,
         .work = may_keep, .slow = drop, .slow_on = API_ON_DISK, .after = changed},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
