#include "title/chapters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

#define FILE_NAME "chapters"
#define FILE_MODE 0644

/* ---- what lines say ---- */

static bool words_ok(const char *words)
{
    glong chars = g_utf8_validate(words, -1, NULL) ? g_utf8_strlen(words, -1) : 0;
    if (chars < 1 || chars > CHAPTER_WORDS_CHARS)
        return false;
    for (const char *at = words; *at; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return false;
    return true;
}

static void forget(GArray *chapters, int64_t id)
{
    for (guint i = chapters->len; i > 0; i--)
        if (g_array_index(chapters, title_chapter, i - 1).id == id)
            g_array_remove_index(chapters, i - 1);
}

/* A number and the space behind it, or the end of the line. */
static bool take_number(char **at, int64_t *number)
{
    char *end = *at;
    *number = g_ascii_strtoll(*at, &end, 10);
    bool whole = end != *at && (*end == ' ' || *end == '\0') && *number >= 0;
    *at = *end == ' ' ? end + 1 : end;
    return whole;
}

static void take_line(GArray *chapters, char *line)
{
    title_chapter is = {0};
    bool adds = g_str_has_prefix(line, "chapter ");
    char *at = line + strlen(adds ? "chapter " : "drop ");
    if (!adds && !g_str_has_prefix(line, "drop "))
        return;
    if (!take_number(&at, &is.id))
        return;
    if (!adds) {
        forget(chapters, is.id);
        return;
    }
    if (chapters->len >= CHAPTERS_MAX || !take_number(&at, &is.at_ms) || !words_ok(at))
        return;
    g_strlcpy(is.words, at, sizeof is.words);
    g_array_append_val(chapters, is);
}

static int earlier_first(gconstpointer a, gconstpointer b)
{
    const title_chapter *one = a, *other = b;
    if (one->at_ms != other->at_ms)
        return one->at_ms < other->at_ms ? -1 : 1;
    return one->id < other->id ? -1 : 1;
}

GArray *chapters_parse(const char *text, gsize length)
{
    GArray *chapters = g_array_new(FALSE, TRUE, sizeof(title_chapter));
    const char *end = text + length, *stop;
    for (; text < end && (stop = memchr(text, '\n', (gsize)(end - text))); text = stop + 1) {
        g_autofree char *line = g_strndup(text, (gsize)(stop - text));
        take_line(chapters, line);
    }
    g_array_sort(chapters, earlier_first);
    return chapters;
}

/* ---- the file ---- */

static GArray *storage_failed(GError **error, const char *step, const char *dir)
{
    int why = errno;
    error_set(error, ERROR_STORAGE, why == ENOSPC ? "disk_full" : "title_storage", NULL,
              "title: %s the chapters of %s: %s", step, dir, g_strerror(why));
    return NULL;
}

/* All of the file, its torn end included. Negative: it cannot be read. */
static ssize_t read_all(int fd, char *bytes)
{
    ssize_t have = 0, got;
    while (have < CHAPTERS_BYTES_MAX &&
           (got = pread(fd, bytes + have, (gsize)(CHAPTERS_BYTES_MAX - have), have)) != 0) {
        if (got < 0)
            return got;
        have += got;
    }
    return have;
}

GArray *chapters_read(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? chapters_parse("", 0) : storage_failed(error, "read", dir);
    g_autofree char *bytes = g_malloc(CHAPTERS_BYTES_MAX);
    ssize_t have = read_all(fd, bytes);
    GArray *chapters =
        have < 0 ? storage_failed(error, "read", dir) : chapters_parse(bytes, (gsize)have);
    close(fd);
    return chapters;
}

/* ---- changing ---- */

/* What is changed, with the file in hand. */
typedef struct {
    int fd;
    char *bytes; /* of CHAPTERS_BYTES_MAX */
    gsize length;
    int64_t last_id;
    GArray *chapters;
} book;

static void book_close(book *b)
{
    if (b->fd >= 0)
        close(b->fd);
    g_clear_pointer(&b->chapters, g_array_unref);
    g_free(b->bytes);
}

/* Dropped ones count too: an id is used once. */
static int64_t last_id(const char *text, gsize length)
{
    int64_t last = 0;
    const char *end = text + length, *stop;
    for (; text < end && (stop = memchr(text, '\n', (gsize)(end - text))); text = stop + 1)
        if (g_str_has_prefix(text, "chapter "))
            last = MAX(last, g_ascii_strtoll(text + strlen("chapter "), NULL, 10));
    return last;
}

/* A torn last line is cut off: what comes next must not be read as its end. */
static bool cut_torn(book *b)
{
    const char *last = b->length ? memrchr(b->bytes, '\n', b->length) : NULL;
    gsize whole = last ? (gsize)(last - b->bytes) + 1 : 0;
    bool ok = whole == b->length || !ftruncate(b->fd, (off_t)whole);
    b->length = whole;
    return ok;
}

static bool book_open(book *b, const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
    *b = (book){.fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE)};
    if (b->fd < 0 && errno == ENOENT) {
        error_set(error, ERROR_MISSING, "no_title", NULL, "nothing of this class was recorded yet");
        return false;
    }
    b->bytes = g_malloc(CHAPTERS_BYTES_MAX);
    ssize_t have = b->fd < 0 || flock(b->fd, LOCK_EX) ? -1 : read_all(b->fd, b->bytes);
    b->length = (gsize)MAX(have, 0);
    if (have < 0 || !cut_torn(b)) {
        storage_failed(error, "open", dir);
        return false;
    }
    b->last_id = last_id(b->bytes, b->length);
    b->chapters = chapters_parse(b->bytes, b->length);
    return true;
}

static bool find(const book *b, int64_t id, GError **error)
{
    for (guint i = 0; i < b->chapters->len; i++)
        if (g_array_index(b->chapters, title_chapter, i).id == id)
            return true;
    error_set(error, ERROR_MISSING, "chapter_missing", NULL, "there is no such chapter any more");
    return false;
}

static bool fits(const book *b, const GString *lines, bool grows, GError **error)
{
    if (b->length + lines->len <= CHAPTERS_BYTES_MAX &&
        !(grows && b->chapters->len >= CHAPTERS_MAX))
        return true;
    error_set(error, ERROR_CONFLICT, "chapters_full", NULL,
              "a title has at most %d chapters: delete some first", CHAPTERS_MAX);
    return false;
}

/* One write: all of the lines or, cut off again, none. */
static bool append(book *b, const char *dir, const GString *lines, GError **error)
{
    ssize_t done = write(b->fd, lines->str, lines->len);
    if (done == (ssize_t)lines->len && !fdatasync(b->fd))
        return true;
    storage_failed(error, "write", dir);
    if (ftruncate(b->fd, (off_t)b->length))
        return false; /* its torn end is passed over by readers and cut by the next change */
    return false;
}

/* `drops`: the id to take out, 0: none. `words`: the chapter to put in, NULL: none. */
static GArray *change(const char *dir, int64_t drops, int64_t at_ms, const char *words,
                      GError **error)
{
    book b;
    GArray *after = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    if (book_open(&b, dir, error) && (!drops || find(&b, drops, error))) {
        if (drops)
            g_string_append_printf(lines, "drop %" G_GINT64_FORMAT "\n", drops);
        if (words)
            g_string_append_printf(lines, "chapter %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n",
                                   b.last_id + 1, at_ms, words);
        if (fits(&b, lines, words && !drops, error) && append(&b, dir, lines, error))
            after = chapters_read(dir, error);
    }
    book_close(&b);
    return after;
}

static bool check(int64_t at_ms, const char *words, GError **error)
{
    if (at_ms >= 0 && words_ok(words))
        return true;
    error_set(error, ERROR_INPUT, "chapter", at_ms < 0 ? "at_ms" : "title",
              "a chapter begins at 0 or later and has a title of 1 to %d characters",
              CHAPTER_WORDS_CHARS);
    return false;
}

GArray *chapters_add(const char *dir, int64_t at_ms, const char *words, GError **error)
{
    return check(at_ms, words, error) ? change(dir, 0, at_ms, words, error) : NULL;
}

GArray *chapters_change(const char *dir, int64_t id, int64_t at_ms, const char *words,
                        GError **error)
{
    return check(at_ms, words, error) ? change(dir, id, at_ms, words, error) : NULL;
}

GArray *chapters_drop(const char *dir, int64_t id, GError **error)
{
    return change(dir, id, 0, NULL, error);
}
