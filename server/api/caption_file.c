#include "api/caption_file.h"

#include <stdlib.h>
#include <string.h>

#include "title/captions.h"

#define FOLDER "captions/"
#define ENDING ".vtt"
#define PLAYLIST "/index.m3u8"
#define LIST "captions.json"
/* They are moved and mended while a class is being finished. */
#define CHANGING "Cache-Control: private, no-cache\r\nVary: Cookie\r\n"

typedef struct {
    request *request;
    char *dir, *lang;
    bool in_piece; /* else it is the whole file */
    cues_piece piece;
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
    g_clear_pointer(&job->content, g_array_unref);
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
    if (job->in_piece)
        job->text = captions_piece(job->dir, job->lang, &job->piece, &job->error);
    else
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

/* "zh" is the whole file, "zh/2" a piece of it. */
static bool find(shelf *shelf, const char *title_id, const char *name, caption_job *job,
                 GError **error)
{
    const char *slash = strchr(name, '/');
    guint64 n;
    const title_index *index = shelf_index(shelf, title_id, error);
    if (!index || !shelf_shown(shelf, title_id, error))
        return false;
    job->lang = g_strndup(name, slash ? (gsize)(slash - name) : strlen(name));
    job->dir = shelf_title_dir(shelf, title_id);
    job->content = title_index_content(index);
    job->in_piece = slash != NULL;
    if (!slash)
        return true;
    if (g_ascii_string_to_unsigned(slash + 1, 10, 0, G_MAXUINT32, &n, NULL))
        return shelf_subtitles_piece(shelf, title_id, job->lang, n, &job->piece, error);
    error_set(error, ERROR_MISSING, "no_media", NULL, "a piece of captions is a number from 0");
    return false;
}

static void start(const api_parts *parts, request *r, const char *title_id, const char *name)
{
    caption_job *job = g_new0(caption_job, 1);
    job->request = request_ref(r);
    if (!find(parts->shelf, title_id, name, job, &job->error) ||
        !pool_post(parts->pool, read_captions, answer, job, &job->error))
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

/* ---- addresses ---- */

/* What stands between the folder and the ending; they may not overlap. */
static char *between(const char *rest, const char *ending)
{
    gsize length = strlen(rest), around = strlen(FOLDER) + strlen(ending);
    return g_strndup(rest + strlen(FOLDER), length > around ? length - around : 0);
}

bool caption_answer(const api_parts *parts, request *r, const char *title_id, const char *rest)
{
    if (g_str_equal(rest, LIST)) {
        list(parts, r, title_id);
        return true;
    }
    if (!g_str_has_prefix(rest, FOLDER) || !g_str_has_suffix(rest, ENDING))
        return false;
    g_autofree char *name = between(rest, ENDING);
    start(parts, r, title_id, name);
    return true;
}

char *caption_playlist_lang(const char *rest)
{
    bool ours = g_str_has_prefix(rest, FOLDER) && g_str_has_suffix(rest, PLAYLIST);
    return ours ? between(rest, PLAYLIST) : NULL;
}
