#include "upload/words.h"

#include <string.h>

static bool refuse(GError **error, const char *code, const char *field, const char *sentence)
{
    error_set(error, ERROR_INPUT, code, field, "%s: %s", field, sentence);
    return false;
}

/* ---- base64, as it is written: no blanks, padded, nothing left over ---- */

static bool is_base64(const char *text, gsize length)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    gsize plain = strspn(text, letters);
    gsize padding = length - MIN(plain, length);
    return length % 4 == 0 && padding <= 2 && strspn(text + length - padding, "=") >= padding;
}

/* Newly allocated with a NUL behind it; NULL: it is none. */
static guint8 *decode(const char *text, gsize length, gsize *decoded)
{
    g_autofree char *own = g_strndup(text, length);
    if (!is_base64(own, length))
        return NULL;
    return g_base64_decode(own, decoded); /* it keeps a NUL behind what it gives */
}

/* ---- Upload-Metadata ---- */

/* Whole characters up to the bound, without what a terminal or a file system would stumble over. */
static void take_name(char *name, const char *text)
{
    const char *at = text;
    for (const char *c = text; *c; c++)
        if (*c == '/' || *c == '\\')
            at = c + 1;
    gsize length = 0;
    for (; *at; at = g_utf8_next_char(at)) {
        gsize bytes = (gsize)(g_utf8_next_char(at) - at);
        if (length + bytes > UPLOAD_NAME_MAX)
            break;
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            continue;
        memcpy(name + length, at, bytes);
        length += bytes;
    }
    name[length] = '\0';
    g_strstrip(name);
}

static bool take_value(const char *key, const guint8 *value, gsize length, upload_wish *wish,
                       GError **error)
{
    g_autofree char *text = g_utf8_make_valid((const char *)value, (gssize)length);
    if (strcmp(key, "filename") == 0)
        take_name(wish->name, text);
    else if (strcmp(key, "kind") == 0 && !upload_kind_parse(text, &wish->kind))
        return refuse(error, "upload_kind", "Upload-Metadata", "kind is media or handout");
    return true;
}

static bool take_pair(char *pair, GHashTable *keys, upload_wish *wish, GError **error)
{
    g_strstrip(pair);
    gsize key = strcspn(pair, " ");
    const char *value = pair + key + strspn(pair + key, " ");
    gsize length = 0;
    g_autofree guint8 *decoded = decode(value, strlen(value), &length);
    if (key == 0 || !decoded)
        return refuse(error, "upload_metadata", "Upload-Metadata",
                      "pairs of a key and a value in base64 are wanted, with commas between");
    pair[key] = '\0';
    if (!g_hash_table_add(keys, pair))
        return refuse(error, "upload_metadata", "Upload-Metadata", "a key is there twice");
    return take_value(pair, decoded, length, wish, error);
}

bool words_metadata(const char *field, upload_wish *wish, GError **error)
{
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    strcpy(wish->name, "upload");
    wish->kind = UPLOAD_MEDIA;
    wish->metadata[0] = '\0';
    if (!field || !*field)
        return true;
    if (strlen(field) > UPLOAD_METADATA_MAX)
        return refuse(error, "upload_metadata", "Upload-Metadata", "it is too long");
    g_auto(GStrv) pairs = g_strsplit(field, ",", WORDS_PAIRS_MAX + 1);
    if (g_strv_length(pairs) > WORDS_PAIRS_MAX)
        return refuse(error, "upload_metadata", "Upload-Metadata", "there are too many pairs");
    for (char **pair = pairs; *pair; pair++)
        if (!take_pair(*pair, keys, wish, error))
            return false;
    if (!*wish->name)
        strcpy(wish->name, "upload");
    g_strlcpy(wish->metadata, field, sizeof wish->metadata);
    return true;
}

void words_mark(const char *metadata, char mark[WORDS_MARK_MAX + 1])
{
    g_auto(GStrv) pairs = g_strsplit(metadata, ",", WORDS_PAIRS_MAX);
    *mark = '\0';
    for (char **pair = pairs; *pair; pair++) {
        gsize length = 0;
        if (!g_str_has_prefix(g_strstrip(*pair), "mark "))
            continue;
        const char *text64 = g_strchug(*pair + strlen("mark "));
        g_autofree guint8 *value = decode(text64, strlen(text64), &length);
        g_autofree char *text =
            value ? g_utf8_make_valid((const char *)value, (gssize)length) : NULL;
        if (text && strlen(text) <= WORDS_MARK_MAX)
            g_strlcpy(mark, text, WORDS_MARK_MAX + 1);
    }
}

/* ---- Upload-Concat ---- */

/* "/files/ID", with or without "https://host" before it. NULL: something else. */
static const char *id_in(const char *url)
{
    const char *at = g_strrstr(url, "/files/");
    bool bare = at == url;
    bool whole = g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://");
    if (!at || !(bare || whole) || strchr(url, ','))
        return NULL;
    at += strlen("/files/");
    return upload_id_ok(at) ? at : NULL;
}

static bool take_part(const char *url, upload_wish *wish)
{
    const char *id = id_in(url);
    if (!id || wish->part_count == UPLOAD_PARTS_MAX)
        return false;
    g_strlcpy(wish->parts[wish->part_count++], id, sizeof wish->parts[0]);
    return true;
}

static bool take_parts(const char *urls, upload_wish *wish)
{
    g_auto(GStrv) list = g_strsplit(urls, " ", -1);
    for (char **url = list; *url; url++)
        if (**url && !take_part(*url, wish))
            return false;
    return wish->part_count > 0;
}

bool words_concat(const char *field, upload_wish *wish, GError **error)
{
    wish->part_count = 0;
    wish->shape = !field                          ? UPLOAD_SINGLE
                  : strcmp(field, "partial") == 0 ? UPLOAD_PARTIAL
                                                  : UPLOAD_FINAL;
    if (wish->shape != UPLOAD_FINAL)
        return true;
    if (g_str_has_prefix(field, "final;") && take_parts(field + strlen("final;"), wish))
        return true;
    return refuse(error, "upload_concat", "Upload-Concat",
                  "\"partial\" or \"final;\" and the addresses of its parts are wanted");
}

/* ---- Upload-Checksum ---- */

bool words_checksum_read(const char *field, words_checksum *is, GError **error)
{
    gsize name = strcspn(field, " ");
    g_autofree char *algorithm = g_strndup(field, name);
    const char *value = field + name + strspn(field + name, " ");
    if (!digest_kind_parse(algorithm, &is->kind))
        return refuse(error, "upload_checksum", "Upload-Checksum",
                      "the algorithm is one of " DIGEST_WORDS);
    g_autofree guint8 *bytes = decode(value, strlen(value), &is->length);
    if (!bytes || is->length != digest_length(is->kind))
        return refuse(error, "upload_checksum", "Upload-Checksum",
                      "the sum in base64 has not the length of its algorithm");
    memcpy(is->bytes, bytes, is->length);
    return true;
}

bool words_number(const char *field, const char *text, int64_t *value, GError **error)
{
    guint64 number = 0;
    if (!text || !g_ascii_isdigit(*text) ||
        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &number, NULL))
        return refuse(error, "bad_number", field, "a whole number of bytes is wanted");
    *value = (int64_t)number;
    return true;
}
