/*
 * Titles in a temporary directory, written line by line as a worker would.
 *
 * Memory: titles_new() gives what titles_free() takes, directory included.
 */
#ifndef TESTS_SHELF_TITLES_H
#define TESTS_SHELF_TITLES_H

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "shelf/shelf.h"

#define TITLE "title234abcd"
#define SECOND 90000

typedef struct {
    char *dir;
    base_clock *clock;
    shelf *shelf;
} titles;

static inline titles *titles_new(void)
{
    titles *t = g_new0(titles, 1);
    t->dir = g_dir_make_tmp("shelf-XXXXXX", NULL);
    t->clock = clock_new_fake(1000, 1700000000000);
    t->shelf = shelf_new(t->dir, t->clock, NULL);
    g_assert_nonnull(t->shelf);
    return t;
}

static inline void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        remove_tree(inside);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static inline void titles_free(titles *t)
{
    shelf_free(t->shelf);
    clock_free(t->clock);
    remove_tree(t->dir);
    g_free(t->dir);
    g_free(t);
}

static inline void append_to(const char *dir, const char *name, const void *bytes, gsize length)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_mkdir_with_parents(parent, 0755);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    g_assert_cmpint(write(fd, bytes, length), ==, (ssize_t)length);
    close(fd);
}

/* Appends journal lines without ringing. */
static inline void write_lines(titles *t, const char *lines)
{
    g_autofree char *name = g_build_filename(TITLE, "journal", NULL);
    append_to(t->dir, name, lines, strlen(lines));
}

static inline void lines(titles *t, const char *text)
{
    write_lines(t, text);
    shelf_ring(t->shelf, TITLE);
}

/* Appends to a media file of the title. */
static inline void media(titles *t, const char *name, const char *bytes)
{
    g_autofree char *path = g_build_filename(TITLE, name, NULL);
    append_to(t->dir, path, bytes, strlen(bytes));
}

#define HEAD "jiangtang 1 30000 180000 2 1700000000000\n"
#define SRC "rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 2500000\ninit src 0 700\n"
#define LOW "rendition 480p av avc1.4d401e,mp4a.40.2 854 480 30000 900000\ninit 480p 0 700\n"
#define SOUND "rendition audio audio mp4a.40.2 0 0 0 48000\ninit audio 0 600\n"

/* One whole segment of six equal parts of 1000 bytes, beginning at msn * 2 s (+ shift ticks). */
static inline void segment_at(titles *t, const char *rendition, int msn, int64_t shift)
{
    GString *text = g_string_new(NULL);
    int64_t start = (int64_t)msn * 2 * SECOND + shift;
    for (int i = 0; i < 6; i++)
        g_string_append_printf(text, "part %s %d %d %d 1000 %" G_GINT64_FORMAT " 30000 %d\n",
                               rendition, msn, i, i * 1000, start + i * 30000, i == 0);
    g_string_append_printf(text, "segment %s %d %" G_GINT64_FORMAT " 180000 6000\n", rendition, msn,
                           start);
    write_lines(t, text->str);
    g_string_free(text, TRUE);
}

static inline void segments(titles *t, const char *rendition, int from, int to)
{
    for (int msn = from; msn < to; msn++)
        segment_at(t, rendition, msn, 0);
}

static inline void part_line(titles *t, const char *rendition, int msn, int part)
{
    g_autofree char *text =
        g_strdup_printf("part %s %d %d %d 1000 %d 30000 %d\n", rendition, msn, part, part * 1000,
                        msn * 2 * SECOND + part * 30000, part == 0);
    lines(t, text);
}

static inline char *text_of(GBytes *bytes)
{
    gsize length;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    return text ? g_strndup(text, length) : NULL;
}

static inline char *playlist_as(titles *t, const char *rendition, shelf_form form)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = shelf_playlist(t->shelf, TITLE, rendition, form, &error);
    g_assert_no_error(error);
    return text_of(bytes);
}

static inline char *playlist(titles *t, const char *rendition, shelf_span span)
{
    return playlist_as(t, rendition, (shelf_form){span});
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        g_error("expected \"%s\" in\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        g_error("did not expect \"%s\" in\n%s", part, text);
}

static inline guint count_of(const char *text, const char *part)
{
    guint count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

#endif
