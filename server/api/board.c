#include "api/board.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "title/board.h"

#define PICTURE "image/jpeg"
#define LAST_TILE_MS 5000 /* how long the last tile stands for, where nothing comes behind it */
/* A sheet gets more tiles until it is full; the poster may be replaced by a better one. */
#define GROWING "Cache-Control: private, no-cache\r\nVary: Cookie\r\n"
#define FOR_EVER "Cache-Control: private, max-age=31536000, immutable\r\nVary: Cookie\r\n"

static void refuse(request *r, GError *error)
{
    api_refuse(r, error);
    g_error_free(error);
}

static void refuse_missing(request *r)
{
    GError *error = NULL;
    error_set(&error, ERROR_MISSING, "no_picture", NULL, "there is no such picture (yet)");
    refuse(r, error);
}

static GPtrArray *sheets_of(shelf *s, const char *title_id, GError **error)
{
    g_autofree char *dir = shelf_title_dir(s, title_id);
    return board_read(dir, error);
}

static const title_sheet *sheet_at(const GPtrArray *sheets, guint i)
{
    return g_ptr_array_index(sheets, i);
}

/* ---- for our own page: title times ---- */

static json_t *sheet_json(const title_sheet *sheet)
{
    json_t *tiles = json_array();
    for (guint i = 0; i < sheet->tiles->len; i++)
        json_array_append_new(tiles, json_integer(g_array_index(sheet->tiles, int64_t, i)));
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "n", sheet->n, "columns", sheet->columns,
                     "rows", sheet->rows, "width", sheet->width, "height", sheet->height,
                     "tiles_ms", tiles);
}

static void answer_json(request *r, const GPtrArray *sheets)
{
    json_t *all = json_array();
    for (guint i = 0; i < sheets->len; i++)
        json_array_append_new(all, sheet_json(sheet_at(sheets, i)));
    json_t *json = json_pack("{s:o}", "sheets", all);
    char *text = json_dumps(json, JSON_COMPACT);
    g_autoptr(GBytes) body = g_bytes_new_with_free_func(text, strlen(text), free, text);
    json_decref(json);
    request_reply(r, 200, "application/json", GROWING, body);
}

/* ---- for standard players: times of the media, in which interruptions are nothing ---- */

static void append_time(GString *out, int64_t ms)
{
    g_string_append_printf(out, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                           (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static void append_cue(GString *out, const title_sheet *sheet, guint tile, int64_t from, int64_t to)
{
    append_time(out, from);
    g_string_append(out, " --> ");
    append_time(out, to);
    g_string_append_printf(out, "\nboard-%d.jpg#xywh=%d,%d,%d,%d\n\n", sheet->n,
                           (int)tile % sheet->columns * sheet->width,
                           (int)tile / sheet->columns * sheet->height, sheet->width, sheet->height);
}

/* The title time of the tile behind this one; -1: there is none. */
static int64_t next_ms(const GPtrArray *sheets, guint i, guint tile)
{
    const title_sheet *sheet = sheet_at(sheets, i);
    if (tile + 1 < sheet->tiles->len)
        return g_array_index(sheet->tiles, int64_t, tile + 1);
    while (++i < sheets->len)
        if (sheet_at(sheets, i)->tiles->len)
            return g_array_index(sheet_at(sheets, i)->tiles, int64_t, 0);
    return -1;
}

static void append_sheet(GString *out, const GPtrArray *sheets, guint i, const GArray *content)
{
    const title_sheet *sheet = sheet_at(sheets, i);
    for (guint tile = 0; tile < sheet->tiles->len; tile++) {
        int64_t from = title_media_ms(content, g_array_index(sheet->tiles, int64_t, tile));
        int64_t next = next_ms(sheets, i, tile);
        int64_t to = next < 0 ? from + LAST_TILE_MS : title_media_ms(content, next);
        if (to > from)
            append_cue(out, sheet, tile, from, to);
    }
}

static void answer_vtt(request *r, const GPtrArray *sheets, const title_index *index)
{
    g_autoptr(GArray) content = title_index_content(index);
    GString *text = g_string_new("WEBVTT\n\n");
    for (guint i = 0; i < sheets->len; i++)
        append_sheet(text, sheets, i, content);
    g_autoptr(GBytes) body = g_string_free_to_bytes(text);
    request_reply(r, 200, "text/vtt; charset=utf-8", GROWING, body);
}

/* ---- files ---- */

static void on_sent(int64_t sent, gpointer data)
{
    (void)sent;
    close(GPOINTER_TO_INT(data));
}

static void answer_file(shelf *s, request *r, const char *title_id, const char *name,
                        const char *type, bool full)
{
    g_autofree char *dir = shelf_title_dir(s, title_id);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode)) {
        request_reply_file(r, 200, type, full ? FOR_EVER : GROWING, fd, 0, is.st_size, on_sent,
                           GINT_TO_POINTER(fd));
        return;
    }
    if (fd >= 0)
        close(fd);
    refuse_missing(r);
}

static void answer_sheet(shelf *s, request *r, const char *title_id, const GPtrArray *sheets,
                         guint64 n)
{
    for (guint i = 0; i < sheets->len; i++) {
        const title_sheet *sheet = sheet_at(sheets, i);
        bool full =
            i + 1 < sheets->len || sheet->tiles->len == (guint)(sheet->columns * sheet->rows);
        g_autofree char *name = g_strdup_printf("board-%d.jpg", sheet->n);
        if ((guint64)sheet->n == n) {
            answer_file(s, r, title_id, name, PICTURE, full);
            return;
        }
    }
    refuse_missing(r);
}

/* "board-12.jpg": 12. */
static bool sheet_number(const char *name, guint64 *n)
{
    const char *at = name + strlen("board-");
    if (!g_str_has_prefix(name, "board-") || !g_ascii_isdigit(*at))
        return false;
    char *end;
    *n = g_ascii_strtoull(at, &end, 10);
    return strcmp(end, ".jpg") == 0;
}

static void answer_board(shelf *s, request *r, const char *title_id, const char *name, guint64 n)
{
    GError *error = NULL;
    const title_index *index = shelf_index(s, title_id, &error);
    g_autoptr(GPtrArray) sheets = index ? sheets_of(s, title_id, &error) : NULL;
    if (!sheets)
        refuse(r, error);
    else if (strcmp(name, "board.json") == 0)
        answer_json(r, sheets);
    else if (strcmp(name, "board.vtt") == 0)
        answer_vtt(r, sheets, index);
    else
        answer_sheet(s, r, title_id, sheets, n);
}

bool board_answer(shelf *s, request *r, const char *title_id, const char *name)
{
    guint64 n = 0;
    bool poster = strcmp(name, "poster.jpg") == 0;
    bool wave = strcmp(name, "wave.json") == 0;
    bool of_board =
        strcmp(name, "board.json") == 0 || strcmp(name, "board.vtt") == 0 || sheet_number(name, &n);
    GError *error = NULL;
    if (!poster && !wave && !of_board)
        return false;
    if (!shelf_shown(s, title_id, &error))
        refuse(r, error);
    else if (poster || wave)
        answer_file(s, r, title_id, name, wave ? "application/json" : PICTURE, false);
    else
        answer_board(s, r, title_id, name, n);
    return true;
}
