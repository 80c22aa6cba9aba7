#include "api/files.h"

#include <string.h>

typedef enum { CODED_PLAIN, CODED_GZIP, CODED_BR, CODED_COUNT } coding;

static const struct {
    const char *suffix, *word, *header;
} codings[CODED_COUNT] = {
    {"", "", ""},
    {".gz", "gzip", "Content-Encoding: gzip\r\n"},
    {".br", "br", "Content-Encoding: br\r\n"},
};

/* One file in one coding; whole is NULL when there is none. */
typedef struct {
    char *etag;
    GBytes *whole, *missing, *unchanged;
} variant;

struct file {
    variant in[CODED_COUNT];
};

struct files {
    GHashTable *by_path; /* "/index.html" > file */
    gsize bytes;
    const char *csp; /* while loading */
};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_has_suffix(path, types[i].suffix))
            return types[i].type;
    }
    return "application/octet-stream";
}

/* ---- freeing ---- */

static void file_free(gpointer data)
{
    file *f = data;
    for (coding c = 0; c < CODED_COUNT; c++) {
        g_free(f->in[c].etag);
        g_clear_pointer(&f->in[c].whole, g_bytes_unref);
        g_clear_pointer(&f->in[c].missing, g_bytes_unref);
        g_clear_pointer(&f->in[c].unchanged, g_bytes_unref);
    }
    g_free(f);
}

void files_free(files *all)
{
    if (!all)
        return;
    g_hash_table_unref(all->by_path);
    g_free(all);
}

/* ---- loading ---- */

static char *headers_of(const files *all, const char *path, coding c, const char *etag)
{
    bool asset = g_str_has_prefix(path, "/assets/");
    GString *headers = g_string_new(codings[c].header);
    g_string_append(headers, asset ? "Cache-Control: public, max-age=31536000, immutable\r\n"
                                   : "Cache-Control: no-cache\r\n");
    g_string_append(headers, "Vary: Accept-Encoding\r\n");
    if (etag)
        g_string_append_printf(headers, "ETag: %s\r\n", etag);
    if (g_str_has_suffix(path, ".html"))
        g_string_append_printf(headers, "Content-Security-Policy: %s\r\n", all->csp);
    return g_string_free(headers, FALSE);
}

static void variant_fill(const files *all, variant *v, const char *path, coding c, GBytes *bytes)
{
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    v->etag = g_strdup_printf("\"%.24s%s%s\"", sum, c == CODED_PLAIN ? "" : "-", codings[c].word);
    g_autofree char *headers = headers_of(all, path, c, v->etag);
    v->whole = net_blob(200, type_of(path), headers, bytes);
    v->unchanged = net_blob(304, NULL, headers, NULL);
    if (!g_str_has_suffix(path, ".html"))
        return;
    g_autofree char *plain_headers = headers_of(all, path, c, NULL);
    v->missing = net_blob(404, type_of(path), plain_headers, bytes);
}

static bool load_file(files *all, const char *disk, const char *path, GError **error)
{
    file *f = g_new0(file, 1);
    g_hash_table_insert(all->by_path, g_strdup(path), f);
    for (coding c = 0; c < CODED_COUNT; c++) {
        g_autofree char *name = g_strconcat(disk, codings[c].suffix, NULL);
        char *text;
        gsize length;
        if (c != CODED_PLAIN && !g_file_test(name, G_FILE_TEST_IS_REGULAR))
            continue;
        if (!g_file_get_contents(name, &text, &length, NULL)) {
            error_set(error, ERROR_STORAGE, "page_unreadable", NULL, "%s cannot be read", name);
            return false;
        }
        g_autoptr(GBytes) bytes = g_bytes_new_take(text, length);
        all->bytes += length;
        variant_fill(all, &f->in[c], path, c, bytes);
    }
    if (all->bytes <= FILES_BYTES_MAX)
        return true;
    error_set(error, ERROR_TOO_LARGE, "page_too_large", NULL, "%s is larger than a page can be",
              disk);
    return false;
}

/* Compressed siblings come with their file; maps and the policy's own file are not for browsers. */
static bool is_served(const char *name)
{
    static const char *const apart[] = {".br", ".gz", ".map"};
    for (gsize i = 0; i < G_N_ELEMENTS(apart); i++) {
        if (g_str_has_suffix(name, apart[i]))
            return false;
    }
    return name[0] != '.' && !g_str_equal(name, "csp.txt");
}

static bool load_dir(files *all, const char *disk, const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(disk, 0, NULL);
    if (!dir) {
        error_set(error, ERROR_STORAGE, "page_unreadable", NULL,
                  "The page's folder %s cannot be read", disk);
        return false;
    }
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *inner_disk = g_build_filename(disk, name, NULL);
        g_autofree char *inner_path = g_strconcat(path, "/", name, NULL);
        bool folder = g_file_test(inner_disk, G_FILE_TEST_IS_DIR);
        if (folder && !load_dir(all, inner_disk, inner_path, error))
            return false;
        if (!folder && is_served(name) && !load_file(all, inner_disk, inner_path, error))
            return false;
    }
    return true;
}

files *files_load(const char *dir, const char *csp, GError **error)
{
    files *all = g_new0(files, 1);
    all->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
    all->csp = csp;
    bool loaded = load_dir(all, dir, "", error);
    all->csp = NULL;
    if (!loaded)
        g_clear_pointer(&all, files_free);
    return all;
}

guint files_count(const files *all)
{
    return g_hash_table_size(all->by_path);
}

const file *files_find(const files *all, const char *path)
{
    return g_hash_table_lookup(all->by_path, path);
}

/* ---- answering ---- */

/* Is this coding among those accepted, and not with q=0? */
static bool accepts(const char *header, const char *word)
{
    g_auto(GStrv) items = g_strsplit(header ? header : "", ",", 16);
    for (char **item = items; *item; item++) {
        g_auto(GStrv) parts = g_strsplit(*item, ";", 2);
        if (!parts[0] || g_ascii_strcasecmp(g_strstrip(parts[0]), word) != 0)
            continue;
        const char *q = parts[1] ? strstr(parts[1], "q=") : NULL;
        return !q || g_ascii_strtod(q + 2, NULL) > 0;
    }
    return false;
}

static const variant *choose(const file *f, const request *req)
{
    const char *header = request_header(req, "accept-encoding");
    for (coding c = CODED_COUNT; c-- > CODED_GZIP;) {
        if (f->in[c].whole && accepts(header, codings[c].word))
            return &f->in[c];
    }
    return &f->in[CODED_PLAIN];
}

void file_answer(const file *f, request *req)
{
    const variant *v = choose(f, req);
    const char *had = request_header(req, "if-none-match");
    request_reply_blob(req, had && strstr(had, v->etag) ? v->unchanged : v->whole);
}

void file_answer_missing(const file *f, request *req)
{
    request_reply_blob(req, choose(f, req)->missing);
}
