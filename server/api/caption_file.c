#include "api/caption_file.h"

#include <stdlib.h>
#include <string.h>

#include "title/captions.h"

#define FOLDER "captions/"
#define ENDING ".vtt"
#define LIST "captions.json"
/* They are moved and mended while a class is being finished. */
#define CHANGING "Cache-Control: private, no-cache\r\nVary: Cookie\r\n"

typedef struct {
    request *request;
    char *dir, *lang;
    GArray *content; /* of title_span: where interruptions are */
    char *text;      /* what was made */
    GError *error;
} caption_job;

static void job_free(caption_job *job)
{
    request_unref(job->request);
    g_free(job->dir);
    g_free(job->lang);
    g_free(job->text);
    g_array_unref(job->content);
    g_clear_error(&job->error);
    g_free(job);
}

static int64_t to_media(int64_t ms, gpointer user)
{
    return title_media_ms(user, ms);
}

static void read_captions(gpointer data)
{
    caption_job *job = data;
    job->text = captions_vtt(job->dir, job->lang, to_media, job->content, &job->error);
}

static void answer(gpointer data)
{
    caption_job *job = data;
    if (job->error) {
        api_refuse(job->request, job->error);
    } else {
        gsize length = strlen(job->text);
        g_autoptr(GBytes) body = g_bytes_new_take(g_steal_pointer(&job->text), length);
        request_reply(job->request, 200, "text/vtt; charset=utf-8", CHANGING, body);
    }
    job_free(job);
}

static void start(const api_parts *parts, request *r, const char *title_id, const char *lang)
{
    g_autoptr(GError) error = NULL;
    const title_index *index = shelf_index(parts->shelf, title_id, &error);
    if (!index || !shelf_shown(parts->shelf, title_id, &error)) {
        api_refuse(r, error);
        return;
    }
    caption_job *job = g_new0(caption_job, 1);
    job->request = request_ref(r);
    job->dir = shelf_title_dir(parts->shelf, title_id);
    job->lang = g_strdup(lang);
    job->content = title_index_content(index);
    if (!pool_post(parts->pool, read_captions, answer, job, &job->error))
        answer(job);
}

/* ---- which there are ---- */

static void list(const api_parts *parts, request *r, const char *title_id)
{
    g_autoptr(GError) error = NULL;
    const GArray *captions = shelf_captions_of(parts->shelf, title_id, &error);
    if (!captions) {
        api_refuse(r, error);
        return;
    }
    json_t *json = json_pack("{s:o}", "captions", api_captions_json(title_id, captions));
    char *text = json_dumps(json, JSON_COMPACT);
    g_autoptr(GBytes) body = g_bytes_new_with_free_func(text, strlen(text), free, text);
    json_decref(json);
    request_reply(r, 200, "application/json", CHANGING, body);
}

bool caption_answer(const api_parts *parts, request *r, const char *title_id, const char *rest)
{
    if (g_str_equal(rest, LIST)) {
        list(parts, r, title_id);
        return true;
    }
    if (!g_str_has_prefix(rest, FOLDER) || !g_str_has_suffix(rest, ENDING))
        return false;
    const char *name = rest + strlen(FOLDER);
    g_autofree char *lang = g_strndup(name, strlen(name) - strlen(ENDING));
    start(parts, r, title_id, lang);
    return true;
}
