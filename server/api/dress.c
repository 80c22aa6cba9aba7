#include "api/dress.h"

#include <string.h>
#include <zlib.h>

#include "net/net.h"

#define PLAYLIST_TYPE "application/vnd.apple.mpegurl"

typedef struct {
    GBytes *text;
    int max_age_s;
    bool gzip;
    GBytes *blob;
    GList link;
} dressed;

struct dress {
    GHashTable *kept; /* of dressed, by themselves */
    GQueue order;     /* of dressed, oldest first */
};

static guint dressed_hash(gconstpointer data)
{
    const dressed *d = data;
    return g_direct_hash(d->text) * 31 + (guint)d->max_age_s * 2 + d->gzip;
}

static gboolean dressed_equal(gconstpointer a, gconstpointer b)
{
    const dressed *one = a, *other = b;
    return one->text == other->text && one->max_age_s == other->max_age_s &&
           one->gzip == other->gzip;
}

static void dressed_free(gpointer data)
{
    dressed *d = data;
    g_bytes_unref(d->text);
    g_bytes_unref(d->blob);
    g_free(d);
}

dress *dress_new(void)
{
    dress *d = g_new0(dress, 1);
    d->kept = g_hash_table_new_full(dressed_hash, dressed_equal, dressed_free, NULL);
    return d;
}

void dress_free(dress *d)
{
    if (!d)
        return;
    g_hash_table_unref(d->kept);
    g_free(d);
}

/* NULL: it does not get smaller, or zlib has no memory. */
static GBytes *gzipped(GBytes *text)
{
    gsize length;
    const void *bytes = g_bytes_get_data(text, &length);
    z_stream z = {0};
    int level = length < DRESS_GZIP_FAST ? Z_DEFAULT_COMPRESSION : Z_BEST_SPEED;
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    guint8 *out = g_malloc(length);
    z.next_in = (Bytef *)bytes;
    z.avail_in = length;
    z.next_out = out;
    z.avail_out = length;
    bool smaller = deflate(&z, Z_FINISH) == Z_STREAM_END;
    gsize written = z.total_out;
    deflateEnd(&z);
    if (smaller)
        return g_bytes_new_take(out, written);
    g_free(out);
    return NULL;
}

static GBytes *make_blob(const dressed *d)
{
    gsize length = g_bytes_get_size(d->text);
    g_autoptr(GBytes) small = d->gzip && length <= DRESS_GZIP_MAX ? gzipped(d->text) : NULL;
    GString *headers = g_string_new("Vary: Accept-Encoding, Cookie\r\n");
    if (small)
        g_string_append(headers, "Content-Encoding: gzip\r\n");
    if (d->max_age_s > 0)
        g_string_append_printf(headers, "Cache-Control: private, max-age=%d\r\n", d->max_age_s);
    else
        g_string_append(headers, "Cache-Control: no-cache\r\n");
    GBytes *blob = net_blob(200, PLAYLIST_TYPE, headers->str, small ? small : d->text);
    g_string_free(headers, TRUE);
    return blob;
}

GBytes *dress_playlist(dress *d, GBytes *text, bool gzip, int max_age_s)
{
    dressed wanted = {.text = text, .max_age_s = max_age_s, .gzip = gzip};
    dressed *known = g_hash_table_lookup(d->kept, &wanted);
    if (known)
        return g_bytes_ref(known->blob);
    if (d->order.length >= DRESS_KEPT_MAX)
        g_hash_table_remove(d->kept, g_queue_pop_head_link(&d->order)->data);
    known = g_new0(dressed, 1);
    *known = wanted;
    g_bytes_ref(text);
    known->blob = make_blob(known);
    known->link.data = known;
    g_hash_table_add(d->kept, known);
    g_queue_push_tail_link(&d->order, &known->link);
    return g_bytes_ref(known->blob);
}

/* ---- the pass in every address ---- */

static void append_tag(GString *out, const char *line, gsize length, const char *pass)
{
    const char *uri = memmem(line, length, "URI=\"", 5);
    const char *end = uri ? memchr(uri + 5, '"', length - (uri + 5 - line)) : NULL;
    if (!end) {
        g_string_append_len(out, line, length);
        return;
    }
    g_string_append_len(out, line, end - line);
    g_string_append_printf(out, "?pass=%s", pass);
    g_string_append_len(out, end, length - (end - line));
}

GBytes *dress_with_pass(GBytes *text, const char *pass)
{
    gsize length;
    const char *at = g_bytes_get_data(text, &length);
    const char *end = at + length;
    GString *out = g_string_sized_new(length * 2);
    while (at < end) {
        const char *stop = memchr(at, '\n', end - at);
        gsize bytes = (stop ? stop : end) - at;
        if (bytes > 0 && at[0] != '#') {
            g_string_append_len(out, at, bytes);
            g_string_append_printf(out, "?pass=%s", pass);
        } else {
            append_tag(out, at, bytes, pass);
        }
        g_string_append_c(out, '\n');
        at += bytes + 1;
    }
    g_autoptr(GBytes) body = g_string_free_to_bytes(out);
    return net_blob(200, PLAYLIST_TYPE, "Cache-Control: no-store\r\n", body);
}

bool dress_takes_gzip(const char *accept_encoding)
{
    const char *at = accept_encoding ? strstr(accept_encoding, "gzip") : NULL;
    if (!at)
        return false;
    at += strlen("gzip");
    at += strspn(at, " \t");
    if (*at != ';')
        return true;
    const char *q = strstr(at, "q=");
    return !q || g_ascii_strtod(q + 2, NULL) > 0;
}
