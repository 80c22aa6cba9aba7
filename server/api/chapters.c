/*
 * Chapters: set by whoever teaches a class or leads a course, and by staff, while it goes on and afterwards.
 */
#include <string.h>

#include "api/api.h"
#include "api/title_right.h"
#include "title/chapters.h"

#define BODY_MAX 1024

typedef struct {
    char title_id[33];
    char *dir;
    int64_t id;            /* of the chapter; 0: a new one */
    int64_t at_ms, now_ms; /* title time asked for, and reached */
    char title[CHAPTER_WORDS_BYTES];
    GArray *chapters;
} chapter_query;

static void chapter_query_free(gpointer data)
{
    chapter_query *q = data;
    g_clear_pointer(&q->chapters, g_array_unref);
    g_free(q->dir);
    g_free(q);
}

json_t *api_chapters_json(const GArray *chapters)
{
    json_t *all = json_array();
    for (guint i = 0; i < chapters->len; i++) {
        const title_chapter *is = &g_array_index(chapters, title_chapter, i);
        json_array_append_new(all, json_pack("{s:I, s:I, s:s}", "id", (json_int_t)is->id, "at_ms",
                                             (json_int_t)is->at_ms, "title", is->words));
    }
    return json_pack("{s:o}", "chapters", all);
}

static bool may_change(api_call *call, records *db, GError **error)
{
    const chapter_query *q = call->data;
    return title_may_keep(db, &call->who, q->title_id, error);
}

/* ---- the steps ---- */

static bool take_id(api_call *call, chapter_query *q, GError **error)
{
    const char *text = request_param(call->request, "chapter");
    if (!text || g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, &q->id, NULL))
        return true;
    error_set(error, ERROR_MISSING, "chapter_missing", NULL, "There is no such chapter");
    return false;
}

static bool begin(api_call *call, records *db, GError **error)
{
    (void)db;
    chapter_query *q = g_new0(chapter_query, 1);
    call->data = q;
    call->free_data = chapter_query_free;
    g_strlcpy(q->title_id, request_param(call->request, "id"), sizeof q->title_id);
    const title_index *index = shelf_index(call->parts->shelf, q->title_id, error);
    if (!index || !take_id(call, q, error))
        return false;
    q->dir = shelf_title_dir(call->parts->shelf, q->title_id);
    q->now_ms = title_index_duration(index) * 1000 / TITLE_TIMESCALE;
    return true;
}

static bool take_words(api_call *call, GError **error)
{
    chapter_query *q = call->data;
    const char *title = api_text(call, "title", 1, CHAPTER_WORDS_CHARS, error);
    q->at_ms = q->now_ms;
    bool says_when = q->id || api_has(call, "at_ms");
    if (!title || (says_when && !api_integer(call, "at_ms", 0, q->now_ms, &q->at_ms, error)))
        return false;
    g_autofree char *trimmed = g_strstrip(g_strdup(title));
    g_strlcpy(q->title, trimmed, sizeof q->title);
    return true;
}

static bool begin_words(api_call *call, records *db, GError **error)
{
    return begin(call, db, error) && take_words(call, error);
}

static bool add(api_call *call, records *db, GError **error)
{
    (void)db;
    chapter_query *q = call->data;
    q->chapters = chapters_add(q->dir, q->at_ms, q->title, error);
    return q->chapters != NULL;
}

static bool change(api_call *call, records *db, GError **error)
{
    (void)db;
    chapter_query *q = call->data;
    q->chapters = chapters_change(q->dir, q->id, q->at_ms, q->title, error);
    return q->chapters != NULL;
}

static bool drop(api_call *call, records *db, GError **error)
{
    (void)db;
    chapter_query *q = call->data;
    q->chapters = chapters_drop(q->dir, q->id, error);
    return q->chapters != NULL;
}

/* Playlists say it from now on, and the room rings: whoever watches asks again. */
static bool told(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const chapter_query *q = call->data;
    shelf_chapters(call->parts->shelf, q->title_id);
    json_t *news = json_pack("{s:s}", "t", "chapters");
    room_tell(call->parts->hall, q->title_id, news);
    json_decref(news);
    call->answer = api_chapters_json(q->chapters);
    return true;
}

static bool made(api_call *call, records *db, GError **error)
{
    call->status = 201;
    return told(call, db, error);
}

void api_chapters(api *a)
{
    static const api_route routes[] = {
        {"POST", "/api/v1/titles/{id}/chapters", ROLE_ANY, BODY_MAX, .before = begin_words,
         .work = may_change, .slow = add, .after = made},
        {"PUT", "/api/v1/titles/{id}/chapters/{chapter}", ROLE_ANY, BODY_MAX, .before = begin_words,
         .work = may_change, .slow = change, .after = told},
        {"DELETE", "/api/v1/titles/{id}/chapters/{chapter}", ROLE_ANY, 0, .before = begin,
         .work = may_change, .slow = drop, .after = told},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
