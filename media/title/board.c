#include "title/board.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define FILE_NAME "board"
#define FILE_MODE 0644
#define TILE_SIDE_MAX 1024 /* pixels */

static bool storage_failed(GError **error, const char *step, const char *dir)
{
    int why = errno;
    error_set(error, ERROR_STORAGE, why == ENOSPC ? "disk_full" : "title_storage", NULL,
              "title: %s the storyboard of %s: %s", step, dir, g_strerror(why));
    return false;
}

/* ---- what lines say ---- */

static void sheet_free(gpointer data)
{
    title_sheet *sheet = data;
    g_array_unref(sheet->tiles);
    g_free(sheet);
}

static bool is_within(int32_t value, int32_t least, int32_t most)
{
    return value >= least && value <= most;
}

static void take_sheet(GPtrArray *sheets, const char *line)
{
    title_sheet is = {0};
    char more;
    bool ok = sscanf(line, "sheet %5d %3d %3d %5d %5d%c", &is.n, &is.columns, &is.rows, &is.width,
                     &is.height, &more) == 5 &&
              is_within(is.n, 0, BOARD_SHEETS_MAX) && is_within(is.columns, 1, BOARD_SIDE_MAX) &&
              is_within(is.rows, 1, BOARD_SIDE_MAX) && is_within(is.width, 1, TILE_SIDE_MAX) &&
              is_within(is.height, 1, TILE_SIDE_MAX);
    if (!ok)
        return;
    is.tiles = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_ptr_array_add(sheets, g_memdup2(&is, sizeof is));
}

static void take_tile(GPtrArray *sheets, const char *line)
{
    char *end;
    title_sheet *sheet = sheets->len ? g_ptr_array_index(sheets, sheets->len - 1) : NULL;
    int64_t at_ms = g_ascii_strtoll(line + strlen("tile "), &end, 10);
    if (!sheet || *end || end == line + strlen("tile ") || at_ms < 0 ||
        sheet->tiles->len >= (guint)(sheet->columns * sheet->rows))
        return;
    g_array_append_val(sheet->tiles, at_ms);
}

GPtrArray *board_parse(const char *text, gsize length)
{
    GPtrArray *sheets = g_ptr_array_new_with_free_func(sheet_free);
    const char *end = text + length, *stop;
    for (; text < end && (stop = memchr(text, '\n', (gsize)(end - text))); text = stop + 1) {
        g_autofree char *line = g_strndup(text, (gsize)(stop - text));
        if (g_str_has_prefix(line, "sheet "))
            take_sheet(sheets, line);
        else if (g_str_has_prefix(line, "tile "))
            take_tile(sheets, line);
    }
    return sheets;
}

/* ---- the files ---- */

GPtrArray *board_read(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL), *text = NULL;
    g_autoptr(GError) unread = NULL;
    gsize length = 0;
    if (g_file_get_contents(path, &text, &length, &unread))
        return board_parse(text, MIN(length, BOARD_BYTES_MAX));
    if (g_error_matches(unread, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return board_parse("", 0);
    error_set(error, ERROR_STORAGE, "title_storage", NULL, "title: %s", unread->message);
    return NULL;
}

/* A line that a death or a full disk left without its end must not swallow the next one. */
static bool close_torn(int fd, off_t length)
{
    char last = '\n';
    return length == 0 ||
           (pread(fd, &last, 1, length - 1) == 1 && (last == '\n' || write(fd, "\n", 1) == 1));
}

bool board_append(const char *dir, const char *lines, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
    gsize size = strlen(lines);
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
    off_t length = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    bool ok = length >= 0;
    if (ok && (gsize)length + size > BOARD_BYTES_MAX)
        errno = EFBIG, ok = false;
    ok = ok && close_torn(fd, length) && write(fd, lines, size) == (ssize_t)size;
    if (!ok)
        storage_failed(error, "add to", dir);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool write_picture(const char *path, GBytes *picture)
{
    gsize size;
    const void *bytes = g_bytes_get_data(picture, &size);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool ok = fd >= 0 && write(fd, bytes, size) == (ssize_t)size;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return ok;
}

bool board_put(const char *dir, const char *name, GBytes *picture, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *draft = g_strconcat(path, ".new", NULL);
    if (write_picture(draft, picture) && !g_rename(draft, path))
        return true;
    storage_failed(error, "write", dir);
    g_unlink(draft);
    return false;
}
