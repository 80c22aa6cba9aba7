#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/inside.h"

#define ITEMS_MAX 100000 /* titles and files named in a report's middle */

/* A title as it was when it was measured: one that has not grown is not looked through again. */
typedef struct {
    struct timespec changed; /* its journal */
    int64_t journal_bytes, bytes;
} known_title;

struct measure {
    GHashTable *titles; /* id > known_title */
    storage_report last;
};

measure *measure_new(void)
{
    measure *m = g_new0(measure, 1);
    m->titles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return m;
}

void measure_free(measure *m)
{
    g_hash_table_unref(m->titles);
    storage_report_clear(&m->last);
    g_free(m);
}

void storage_report_clear(storage_report *report)
{
    g_clear_pointer(&report->largest, g_array_unref);
}

/* What a file really takes of the disk. */
static int64_t taken(const struct stat *is)
{
    return (int64_t)is->st_blocks * 512;
}

/* All below a directory, by names: what goes away meanwhile counts as nothing. */
static int64_t tree_bytes(const char *path)
{
    int64_t sum = 0;
    struct stat is;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &is, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        sum += taken(&is);
        if (S_ISDIR(is.st_mode)) {
            g_autofree char *below = g_build_filename(path, entry->d_name, NULL);
            sum += tree_bytes(below);
        }
    }
    if (dir)
        closedir(dir);
    return sum;
}

static bool is_same(const known_title *known, const struct stat *journal)
{
    return known->journal_bytes == journal->st_size &&
           known->changed.tv_sec == journal->st_mtim.tv_sec &&
           known->changed.tv_nsec == journal->st_mtim.tv_nsec;
}

static int64_t title_bytes(measure *m, const char *dir, const char *id)
{
    struct stat is;
    g_autofree char *journal = g_build_filename(dir, "journal", NULL);
    known_title *known = g_hash_table_lookup(m->titles, id);
    bool there = stat(journal, &is) == 0;
    if (there && known && is_same(known, &is))
        return known->bytes;
    int64_t bytes = tree_bytes(dir);
    if (!there)
        return bytes;
    known = g_new0(known_title, 1);
    *known = (known_title){is.st_mtim, is.st_size, bytes};
    g_hash_table_replace(m->titles, g_strdup(id), known);
    return bytes;
}

static void add_item(GArray *items, const char *kind, const char *id, bool title, int64_t bytes)
{
    storage_item is = {.bytes = bytes};
    g_strlcpy(is.kind, kind, sizeof is.kind);
    g_strlcpy(title ? is.title_id : is.id, id, sizeof is.id);
    if (items->len < ITEMS_MAX)
        g_array_append_val(items, is);
}

static GDir *open_below(const storage *s, const char *name, char **path)
{
    *path = g_build_filename(s->data_dir, name, NULL);
    return g_dir_open(*path, 0, NULL);
}

static void measure_titles(storage *s, GArray *items)
{
    g_autofree char *path = NULL;
    g_autoptr(GDir) dir = open_below(s, "titles", &path);
    for (const char *id; dir && (id = g_dir_read_name(dir));) {
        g_autofree char *title = g_build_filename(path, id, NULL);
        if (strlen(id) < sizeof((storage_item *)0)->id)
            add_item(items, "other", id, true, title_bytes(s->measure, title, id));
    }
}

static int64_t measure_files(const storage *s, const char *folder, const char *kind, GArray *items)
{
    int64_t sum = 0;
    g_autofree char *path = NULL;
    g_autoptr(GDir) dir = open_below(s, folder, &path);
    for (const char *id; dir && (id = g_dir_read_name(dir));) {
        struct stat is;
        g_autofree char *file = g_build_filename(path, id, NULL);
        if (lstat(file, &is) != 0)
            continue;
        int64_t bytes = S_ISDIR(is.st_mode) ? tree_bytes(file) : taken(&is);
        sum += bytes;
        if (items)
            add_item(items, kind, id, false, bytes);
    }
    return sum;
}

static int64_t measure_database(const storage *s)
{
    int64_t sum = 0;
    static const char *const names[] = {"jiangtang.db", "jiangtang.db-wal", "jiangtang.db-shm"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        struct stat is;
        g_autofree char *path = g_build_filename(s->data_dir, names[i], NULL);
        if (stat(path, &is) == 0)
            sum += taken(&is);
    }
    return sum;
}

static gint by_size(gconstpointer a, gconstpointer b)
{
    const storage_item *left = a, *right = b;
    return left->bytes < right->bytes ? 1 : left->bytes > right->bytes ? -1 : 0;
}

static void measure_all(storage *s, storage_report *report)
{
    storage_report_clear(report);
    *report = (storage_report){.measured_ms = clock_utc_ms(s->clock)};
    report->largest = g_array_new(FALSE, TRUE, sizeof(storage_item));
    measure_titles(s, report->largest);
    report->used.sources = measure_files(s, "sources", "source", report->largest);
    report->used.handouts = measure_files(s, "handouts", "handout", report->largest);
    report->used.spool = measure_files(s, "spool", "", NULL);
    report->used.database = measure_database(s);
    g_array_sort(report->largest, by_size);
}

void storage_measure(storage *s, storage_report *report)
{
    measure *m = s->measure;
    if (!m->last.largest || clock_utc_ms(s->clock) - m->last.measured_ms >= STORAGE_FRESH_MS)
        measure_all(s, &m->last);
    *report = m->last;
    report->largest = g_array_copy(m->last.largest);
}
