#include "title/captions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"

#define FOLDER "captions"
#define MAGIC "jiangtang captions 1\n"
#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define HEAD_BYTES 1024 /* of a file: more than its head ever has */

/* ---- words ---- */

bool captions_lang_ok(const char *lang)
{
    gsize length = strlen(lang);
    return length <= CAPTIONS_LANG_MAX &&
           g_regex_match_simple("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", lang,
                                G_REGEX_DOLLAR_ENDONLY, 0);
}

static const char *own_name(const char *lang)
{
    static const char *const names[][2] = {
        {"zh", "中文"},    {"en", "English"},   {"ug", "ئۇيغۇرچە"}, {"bo", "བོད་སྐད་"},
        {"mn", "Монгол"},  {"ja", "日本語"},    {"ko", "한국어"},   {"fr", "Français"},
        {"ru", "Русский"}, {"vi", "Tiếng Việt"}};
    g_autofree char *language = g_strndup(lang, strcspn(lang, "-"));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(language, names[i][0]) == 0)
            return names[i][1];
    return lang;
}

static bool label_ok(const char *label)
{
    glong chars = g_utf8_validate(label, -1, NULL) ? g_utf8_strlen(label, -1) : 0;
    if (chars < 1 || chars > CAPTIONS_LABEL_CHARS)
        return false;
    for (const char *at = label; *at; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return false;
    return true;
}

static bool check(const title_captions *is, GError **error)
{
    const char *field = !captions_lang_ok(is->lang)                   ? "lang"
                        : !label_ok(is->label)                        ? "label"
                        : ABS(is->offset_ms) > CAPTIONS_OFFSET_MAX_MS ? "offset_ms"
                                                                      : NULL;
    if (field)
        error_set(error, ERROR_INPUT, "captions_words", field,
                  "A language is one such as zh, zh-Hans or en, a label has 1 to %d characters, "
                  "and captions are moved by a day at most",
                  CAPTIONS_LABEL_CHARS);
    return !field;
}

static gpointer missing(GError **error)
{
    error_set(error, ERROR_MISSING, "captions_missing", NULL,
              "There are no captions in this language");
    return NULL;
}

static gpointer storage_failed(GError **error, const char *step, const char *dir)
{
    int why = errno;
    error_set(error, ERROR_STORAGE, why == ENOSPC ? "disk_full" : "title_storage", NULL,
              "title: %s the captions of %s: %s", step, dir, g_strerror(why));
    return NULL;
}

/* ---- one file: magic, "label", "offset", "cues", a blank line, WebVTT ---- */

static char *path_of(const char *dir, const char *lang)
{
    return g_build_filename(dir, FOLDER, lang, NULL);
}

/* The value behind "name " at *at, which then stands on the next line. NULL: it is something else. */
static char *take_value(const char **at, const char *name)
{
    const char *end = strchr(*at, '\n');
    gsize length = strlen(name);
    if (!end || strncmp(*at, name, length) != 0)
        return NULL;
    char *value = g_strndup(*at + length, (gsize)(end - *at) - length);
    *at = end + 1;
    return value;
}

/* text: the whole file, or its beginning. *cues: where they begin. */
static bool read_head(const char *text, const char *lang, title_captions *is, const char **cues)
{
    const char *at = text + strlen(MAGIC);
    gint64 offset = 0, count = 0;
    memset(is, 0, sizeof *is);
    if (!g_str_has_prefix(text, MAGIC))
        return false;
    g_autofree char *label = take_value(&at, "label "), *moved = take_value(&at, "offset ");
    g_autofree char *number = take_value(&at, "cues ");
    if (!label || !moved || !number || *at != '\n' ||
        !g_ascii_string_to_signed(moved, 10, -CAPTIONS_OFFSET_MAX_MS, CAPTIONS_OFFSET_MAX_MS,
                                  &offset, NULL) ||
        !g_ascii_string_to_signed(number, 10, 0, CUES_MAX, &count, NULL))
        return false;
    g_strlcpy(is->lang, lang, sizeof is->lang);
    g_strlcpy(is->label, label, sizeof is->label);
    is->offset_ms = offset;
    is->cues = (int32_t)count;
    *cues = at + 1;
    return check(is, NULL);
}

/* The whole file. NULL: MISSING or STORAGE. */
static char *read_file(const char *dir, const char *lang, GError **error)
{
    g_autofree char *path = path_of(dir, lang), *text = NULL;
    g_autoptr(GError) why = NULL;
    if (!captions_lang_ok(lang))
        return missing(error);
    if (g_file_get_contents(path, &text, NULL, &why))
        return g_steal_pointer(&text);
    if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return missing(error);
    error_set(error, ERROR_STORAGE, "title_storage", NULL, "title: %s", why->message);
    return NULL;
}

static bool write_file(const char *dir, const title_captions *is, const char *cues, GError **error)
{
    g_autofree char *path = path_of(dir, is->lang);
    g_autofree char *text =
        g_strdup_printf(MAGIC "label %s\noffset %" G_GINT64_FORMAT "\ncues %d\n\n%s", is->label,
                        is->offset_ms, (int)is->cues, cues);
    g_autoptr(GError) why = NULL;
    if (g_file_set_contents_full(path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                 FILE_MODE, &why))
        return true;
    bool full = g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    error_set(error, ERROR_STORAGE, full ? "disk_full" : "title_storage", NULL, "title: %s",
              why->message);
    return false;
}

/* ---- the folder ---- */

/* Its head only. False: this file is none of ours. */
static bool peek(const char *dir, const char *lang, title_captions *is)
{
    char head[HEAD_BYTES + 1];
    const char *cues;
    g_autofree char *path = path_of(dir, lang);
    int fd = captions_lang_ok(lang) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    ssize_t have = fd < 0 ? -1 : read(fd, head, HEAD_BYTES);
    if (fd >= 0)
        close(fd);
    if (have < 0)
        return false;
    head[have] = '\0';
    return read_head(head, lang, is, &cues);
}

static int by_language(gconstpointer a, gconstpointer b)
{
    return strcmp(((const title_captions *)a)->lang, ((const title_captions *)b)->lang);
}

GArray *captions_list(const char *dir, GError **error)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(title_captions));
    g_autofree char *path = g_build_filename(dir, FOLDER, NULL);
    g_autoptr(GError) why = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &why);
    title_captions is;
    for (const char *name; folder && list->len < CAPTIONS_MAX && (name = g_dir_read_name(folder));)
        if (peek(dir, name, &is))
            g_array_append_val(list, is);
    g_array_sort(list, by_language);
    if (folder || g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return list;
    g_array_unref(list);
    error_set(error, ERROR_STORAGE, "title_storage", NULL, "title: %s", why->message);
    return NULL;
}

/* The folder, locked until it is closed; made when it is not there. Negative: MISSING or STORAGE. */
static int lock_folder(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FOLDER, NULL);
    if (mkdir(path, FOLDER_MODE) && errno == ENOENT) {
        error_set(error, ERROR_MISSING, "no_title", NULL, "nothing of this class was recorded yet");
        return -1;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    storage_failed(error, "lock", dir);
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool has_room(const char *dir, const char *lang, GError **error)
{
    g_autoptr(GArray) list = captions_list(dir, error);
    for (guint i = 0; list && i < list->len; i++)
        if (strcmp(g_array_index(list, title_captions, i).lang, lang) == 0)
            return true;
    if (list && list->len >= CAPTIONS_MAX)
        error_set(error, ERROR_CONFLICT, "captions_full", NULL,
                  "A title has captions in at most %d languages", CAPTIONS_MAX);
    return list && list->len < CAPTIONS_MAX;
}

GArray *captions_put(const char *dir, const char *lang, const char *label, const GArray *cues,
                     GError **error)
{
    title_captions is = {.cues = (int32_t)cues->len};
    g_strlcpy(is.lang, captions_lang_ok(lang) ? lang : "", sizeof is.lang);
    g_strlcpy(is.label, *label ? label : own_name(lang), sizeof is.label);
    if (!check(&is, error))
        return NULL;
    int fd = lock_folder(dir, error);
    if (fd < 0)
        return NULL;
    g_autofree char *text = cues_write(cues, 0, NULL, NULL);
    bool good = has_room(dir, lang, error) && write_file(dir, &is, text, error);
    close(fd);
    return good ? captions_list(dir, error) : NULL;
}

static bool rewrite(const char *dir, const char *lang, const char *label, const int64_t *offset_ms,
                    GError **error)
{
    title_captions is;
    const char *cues;
    g_autofree char *text = read_file(dir, lang, error);
    if (!text)
        return false;
    if (!read_head(text, lang, &is, &cues))
        return missing(error) != NULL;
    if (label)
        g_strlcpy(is.label, label, sizeof is.label);
    if (offset_ms)
        is.offset_ms = *offset_ms;
    return check(&is, error) && write_file(dir, &is, cues, error);
}

GArray *captions_change(const char *dir, const char *lang, const char *label,
                        const int64_t *offset_ms, GError **error)
{
    if (!captions_lang_ok(lang))
        return missing(error);
    int fd = lock_folder(dir, error);
    if (fd < 0)
        return NULL;
    bool good = rewrite(dir, lang, label, offset_ms, error);
    close(fd);
    return good ? captions_list(dir, error) : NULL;
}

GArray *captions_drop(const char *dir, const char *lang, GError **error)
{
    g_autofree char *path = path_of(dir, lang);
    if (!captions_lang_ok(lang))
        return missing(error);
    int fd = lock_folder(dir, error);
    if (fd < 0)
        return NULL;
    bool good = unlink(path) == 0;
    if (!good && errno == ENOENT)
        missing(error);
    else if (!good)
        storage_failed(error, "delete", dir);
    close(fd);
    return good ? captions_list(dir, error) : NULL;
}

/* The cues as they were read, and how far they are moved. */
static GArray *read_all(const char *dir, const char *lang, int64_t *offset_ms, GError **error)
{
    title_captions is;
    const char *text;
    g_autoptr(GError) why = NULL;
    g_autofree char *file = read_file(dir, lang, error);
    if (!file)
        return NULL;
    if (!read_head(file, lang, &is, &text))
        return missing(error);
    GArray *cues = cues_read(text, strlen(text), &why);
    *offset_ms = is.offset_ms;
    if (!cues)
        error_set(error, ERROR_STORAGE, "title_storage", NULL, "title: the captions %s of %s: %s",
                  lang, dir, why->message);
    return cues;
}

char *captions_vtt(const char *dir, const char *lang, cues_map map, gpointer user, GError **error)
{
    int64_t offset_ms;
    g_autoptr(GArray) cues = read_all(dir, lang, &offset_ms, error);
    return cues ? cues_write(cues, offset_ms, map, user) : NULL;
}

char *captions_piece(const char *dir, const char *lang, const cues_piece *piece, GError **error)
{
    int64_t offset_ms;
    g_autoptr(GArray) cues = read_all(dir, lang, &offset_ms, error);
    return cues ? cues_write_piece(cues, offset_ms, piece) : NULL;
}
