/*
 * Any journal the index understands gives playlists made of whole lines; any name of a file is read
 * or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "shelf/inside.h"
#include "shelf/playlist.h"
#include "shelf/subtitles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const GString *text)
{
    if (!g_str_has_prefix(text->str, "#EXTM3U\n") || text->str[text->len - 1] != '\n')
        abort();
    if (strlen(text->str) != text->len || strstr(text->str, "\n\n"))
        abort();
}

/* The playlist names as many pieces as there are. */
static void write_subtitles(const title_index *index, const playlist_facts *facts)
{
    uint64_t n = 0;
    cues_piece piece;
    g_autoptr(GString) text = g_string_new(NULL);
    bool any = subtitles_playlist(text, index, facts);
    if (any)
        check(text);
    for (const char *at = text->str; (at = strstr(at, ".vtt\n")); at++)
        if (!subtitles_piece(index, n++, &piece) || piece.to_ms < piece.from_ms)
            abort();
    if (any != (n > 0) || subtitles_piece(index, n, &piece))
        abort();
}

static void write_all(const title_index *index, const playlist_facts *facts)
{
    for (guint i = 0; i < title_index_count(index); i++) {
        for (shelf_span span = SHELF_WINDOW; span <= SHELF_WHOLE; span++) {
            g_autoptr(GString) text = g_string_new(NULL), same = g_string_new(NULL),
                               delta = g_string_new(NULL);
            playlist_past past = {0};
            const title_rendition *rendition = title_index_rendition(index, i);
            playlist_media(delta, index, rendition, (shelf_form){span, true}, facts, NULL);
            playlist_media(text, index, rendition, (shelf_form){span}, facts, NULL);
            playlist_media(same, index, rendition, (shelf_form){span}, facts, &past);
            check(delta);
            check(text);
            if (!g_string_equal(text, same))
                abort();
            if (past.text)
                g_string_free(past.text, TRUE);
        }
    }
    const title_captions zh = {.lang = "zh", .label = "中文"};
    g_autoptr(GArray) captions = g_array_new(FALSE, FALSE, sizeof(title_captions));
    g_array_append_val(captions, zh);
    write_subtitles(index, facts);
    g_autoptr(GString) text = g_string_new(NULL);
    if (playlist_main(text, index, SHELF_WHOLE, captions))
        check(text);
    else if (text->len > 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *name = g_strndup((const char *)data, size);
    file_name is;
    if (file_name_parse(name, &is) && (is.number < 0 || is.part < 0))
        abort();
    gsize used;
    title_index *index = title_index_new();
    g_autoptr(GArray) breaks = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GArray) chapters = chapters_parse((const char *)data, size);
    const playlist_facts facts = {breaks, chapters};
    title_index_feed(index, (const char *)data, size, &used, NULL);
    if (title_index_head(index))
        write_all(index, &facts);
    title_index_free(index);
    return 0;
}
