#include "title/recover.h"

#include <string.h>
#include <sys/stat.h>

#include "title/writer.h"

/* The file looked at last: parts of one segment come one after another. */
typedef struct {
    char rendition[JOURNAL_NAME_MAX];
    int64_t msn, bytes;
} seen_file;

static int64_t file_size(const char *path)
{
    struct stat is;
    return stat(path, &is) ? -1 : (int64_t)is.st_size;
}

static bool part_is_there(const char *dir, const journal_line *line, seen_file *seen)
{
    if (seen->bytes < 0 || seen->msn != line->msn || strcmp(seen->rendition, line->rendition)) {
        g_autofree char *path = title_path_segment(dir, line->rendition, line->msn);
        seen->msn = line->msn;
        seen->bytes = file_size(path);
        g_strlcpy(seen->rendition, line->rendition, sizeof seen->rendition);
    }
    return seen->bytes >= line->offset + line->bytes;
}

/* Of segments whose files were given up on purpose: "<rendition> <msn>". */
static GHashTable *find_lost(const char *journal, gsize length)
{
    GHashTable *lost = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const char *at = journal, *stop;
    while ((stop = memchr(at, '\n', length - (gsize)(at - journal)))) {
        journal_line line;
        if (g_str_has_prefix(at, "lost ") && journal_parse(at, (gsize)(stop - at), &line, NULL))
            g_hash_table_add(lost,
                             g_strdup_printf("%s %" G_GINT64_FORMAT, line.rendition, line.msn));
        at = stop + 1;
    }
    return lost;
}

static bool is_lost(GHashTable *lost, const journal_line *line)
{
    if (!g_hash_table_size(lost))
        return false;
    g_autofree char *name = g_strdup_printf("%s %" G_GINT64_FORMAT, line->rendition, line->msn);
    return g_hash_table_contains(lost, name);
}

static bool line_is_true(const char *dir, const journal_line *line, GHashTable *lost,
                         seen_file *seen)
{
    if (line->kind == JOURNAL_PART)
        return is_lost(lost, line) || part_is_there(dir, line, seen);
    if (line->kind != JOURNAL_INIT)
        return true;
    g_autofree char *path = title_path_init(dir, line->rendition, (int32_t)line->msn);
    return file_size(path) == line->bytes;
}

gsize title_true_length(const char *dir, const char *journal, gsize length)
{
    seen_file seen = {.bytes = -1};
    g_autoptr(GHashTable) lost = find_lost(journal, length);
    gsize at = 0;
    const char *stop;
    while (at < length && (stop = memchr(journal + at, '\n', length - at))) {
        journal_line line;
        gsize size = (gsize)(stop - journal) - at;
        if (journal_parse(journal + at, size, &line, NULL) &&
            !line_is_true(dir, &line, lost, &seen))
            break;
        at += size + 1;
    }
    return at;
}

gsize title_closed_length(const char *journal, gsize length)
{
    gsize at = 0, open_from = length;
    const char *stop;
    while (at < length && (stop = memchr(journal + at, '\n', length - at))) {
        journal_line line;
        gsize size = (gsize)(stop - journal) - at;
        bool read = journal_parse(journal + at, size, &line, NULL);
        if (read && line.kind == JOURNAL_PART)
            open_from = MIN(open_from, at);
        if (read && line.kind == JOURNAL_SEGMENT)
            open_from = length;
        at += size + 1;
    }
    return MIN(at, open_from);
}
