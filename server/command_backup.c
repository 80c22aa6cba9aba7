#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "records/records.h"

#define JOURNAL_BYTES_MAX (256 << 20) /* a day of parts is some megabytes */

static bool fail(GError **error, const char *path, const char *what)
{
    error_set(error, ERROR_STORAGE, "backup", NULL, "%s: %s: %s", path, what, g_strerror(errno));
    return false;
}

static bool sync_path(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (!good)
        fail(error, path, "cannot be written to disk");
    if (fd >= 0)
        close(fd);
    return good;
}

/* The copy is opened and every page of it read: a backup that cannot be restored is none. */
static bool copy_database(const char *from, const char *to, GError **error)
{
    g_autofree char *source = command_database(from);
    g_autofree char *target = command_database(to);
    if (!records_copy(source, target, error))
        return false;
    records *copy = records_open(target, RECORDS_READ, error);
    bool good = copy && records_sound(copy, error);
    records_close(copy);
    return good && sync_path(target, error);
}

static bool copy_key(const char *from, const char *to, const char *name, GError **error)
{
    g_autofree char *source = g_build_filename(from, name, NULL);
    g_autofree char *target = g_build_filename(to, name, NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    return g_file_get_contents(source, &bytes, &length, error) &&
           g_file_set_contents_full(target, bytes, (gssize)length,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

/* A name with a dot is a key still being made. */
static bool copy_keys(const char *from, const char *to, GError **error)
{
    g_autofree char *source = g_build_filename(from, "keys", NULL);
    g_autofree char *target = g_build_filename(to, "keys", NULL);
    if (g_mkdir(target, 0700) != 0)
        return fail(error, target, "cannot be made");
    if (!g_file_test(source, G_FILE_TEST_IS_DIR))
        return true;
    g_autoptr(GDir) keys = g_dir_open(source, 0, error);
    if (!keys)
        return false;
    for (const char *name; (name = g_dir_read_name(keys));)
        if (!strchr(name, '.') && !copy_key(source, target, name, error))
            return false;
    return sync_path(target, error);
}

/* ---- the list of titles: what the media, copied by other means, must contain ---- */

static char *title_line(const char *titles, const char *id)
{
    g_autofree char *journal = g_build_filename(titles, id, "journal", NULL);
    g_autoptr(GMappedFile) map = g_mapped_file_new(journal, FALSE, NULL);
    if (!map || g_mapped_file_get_length(map) > JOURNAL_BYTES_MAX)
        return NULL;
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(map);
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    return g_strdup_printf("%s  %" G_GSIZE_FORMAT "  %s/journal", digest, g_bytes_get_size(bytes),
                           id);
}

static gint by_title(gconstpointer a, gconstpointer b)
{
    return strcmp(strrchr(*(char *const *)a, ' '), strrchr(*(char *const *)b, ' '));
}

static bool list_titles(const char *from, const char *to, guint *count, GError **error)
{
    g_autofree char *titles = g_build_filename(from, "titles", NULL);
    g_autofree char *target = g_build_filename(to, "titles.sha256", NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(titles, 0, NULL);
    for (const char *id; folder && (id = g_dir_read_name(folder));) {
        char *line = title_line(titles, id);
        if (line)
            g_ptr_array_add(lines, line);
    }
    g_ptr_array_sort(lines, by_title);
    *count = lines->len;
    g_ptr_array_add(lines, g_strdup(""));
    g_ptr_array_add(lines, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **)lines->pdata);
    return g_file_set_contents_full(target, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

/* ---- all of it ---- */

/* Under another name until it is complete: what bears the right name can be trusted. */
static bool backup(const char *from, const char *to, guint *titles, GError **error)
{
    g_autofree char *part = g_strconcat(to, ".part", NULL);
    g_autofree char *beside = g_path_get_dirname(to);
    if (g_file_test(to, G_FILE_TEST_EXISTS)) {
        error_set(error, ERROR_CONFLICT, "taken", NULL, "%s is there already; choose a new name",
                  to);
        return false;
    }
    if (g_mkdir(part, 0700) != 0)
        return fail(error, part, "cannot be made (left by a backup that was cut off? remove it)");
    return copy_database(from, part, error) && copy_keys(from, part, error) &&
           list_titles(from, part, titles, error) && sync_path(part, error) &&
           (rename(part, to) == 0 || fail(error, to, "cannot be named")) &&
           sync_path(beside, error);
}

static bool run(const char *data, const char *to, guint *titles, GError **error)
{
    if (!to) {
        error_set(error, ERROR_INPUT, "missing", NULL, "--to is needed; see --help");
        return false;
    }
    g_autofree char *trimmed = g_strdup(to);
    while (strlen(trimmed) > 1 && g_str_has_suffix(trimmed, "/"))
        trimmed[strlen(trimmed) - 1] = '\0';
    return backup(data ? data : COMMAND_DATA, trimmed, titles, error);
}

int command_backup(int argc, char **argv)
{
    g_autofree char *data = NULL, *to = NULL;
    g_autoptr(GError) error = NULL;
    guint titles = 0;
    const GOptionEntry entries[] = {{"data", 0, 0, G_OPTION_ARG_FILENAME, &data,
                                     "数据目录 The server's data directory (" COMMAND_DATA ")",
                                     "DIR"},
                                    {"to", 0, 0, G_OPTION_ARG_FILENAME, &to,
                                     "备份目录，须不存在 Where to; must not exist yet", "DIR"},
                                    G_OPTION_ENTRY_NULL};
    if (command_options(
            argc, argv, "jiangtang backup",
            "备份数据库、密钥和课堂清单，服务器可照常运行。 Copies database, keys and the list of "
            "titles while "
            "the server runs. Copy DATA/titles by other means (rsync) and check it against "
            "titles.sha256. To restore: put the files back into an empty data directory.",
            entries, &error) &&
        run(data, to, &titles, &error))
        printf("备份完成 Backed up: database, keys, list of %u titles\n", titles);
    return command_end(error);
}
