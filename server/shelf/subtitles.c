#include "shelf/subtitles.h"

#include <string.h>

#include "shelf/value.h"

/* A run of segments. Ticks are 1/90000 s of title time. */
typedef struct {
    int64_t msn; /* of its first segment */
    int64_t start, end;
    int64_t
        duration; /* of its segments; between start and end there may be a little more or less */
    bool discontinuity; /* it stands behind one */
} piece;

/* ---- pieces ---- */

static const title_rendition *began_first(const title_index *index)
{
    const title_rendition *first = NULL;
    int64_t least = G_MAXINT64;
    for (guint i = 0; i < title_index_count(index); i++) {
        const title_rendition *is = title_index_rendition(index, i);
        const title_segment *segment =
            is->segments->len ? g_ptr_array_index(is->segments, 0) : NULL;
        if (!segment || segment->msn >= least)
            continue;
        least = segment->msn;
        first = is;
    }
    return first;
}

static void add_segment(GArray *pieces, const title_segment *segment)
{
    int64_t most = (int64_t)SUBTITLES_PIECE_S * TITLE_TIMESCALE;
    piece *last = pieces->len ? &g_array_index(pieces, piece, pieces->len - 1) : NULL;
    if (!last || segment->discontinuity || last->duration + segment->duration > most) {
        piece anew = {
            .msn = segment->msn, .start = segment->start, .discontinuity = segment->discontinuity};
        g_array_append_val(pieces, anew);
        last = &g_array_index(pieces, piece, pieces->len - 1);
    }
    last->end = segment->start + segment->duration;
    last->duration += segment->duration;
}

static GArray *pieces_of(const title_index *index)
{
    GArray *pieces = g_array_new(FALSE, FALSE, sizeof(piece));
    const title_rendition *rendition = began_first(index);
    for (guint i = 0; rendition && i < rendition->segments->len; i++) {
        const title_segment *segment = g_ptr_array_index(rendition->segments, i);
        if (segment->closed)
            add_segment(pieces, segment);
    }
    return pieces;
}

static const piece *piece_at(const GArray *pieces, guint i)
{
    return &g_array_index(pieces, piece, i);
}

/* Ticks as whole milliseconds, never earlier than they are. */
static int64_t to_ms(int64_t ticks)
{
    return (ticks + 89) / 90;
}

bool subtitles_piece(const title_index *index, uint64_t n, cues_piece *is)
{
    g_autoptr(GArray) pieces = pieces_of(index);
    if (n >= pieces->len)
        return false;
    guint first = (guint)n, last = (guint)n;
    while (first > 0 && !piece_at(pieces, first)->discontinuity)
        first--;
    while (last + 1 < pieces->len && !piece_at(pieces, last + 1)->discontinuity)
        last++;
    *is = (cues_piece){.from_ms = to_ms(piece_at(pieces, (guint)n)->start),
                       .to_ms = to_ms(piece_at(pieces, (guint)n)->end),
                       .stretch_from_ms = to_ms(piece_at(pieces, first)->start),
                       .stretch_to_ms = to_ms(piece_at(pieces, last)->end),
                       .ahead_ms = (int64_t)TITLE_EPOCH * 1000 / TITLE_TIMESCALE};
    return true;
}

/* ---- the media playlist ---- */

static int64_t target_s(const GArray *pieces)
{
    int64_t longest = 1;
    for (guint i = 0; i < pieces->len; i++)
        longest = MAX(longest, piece_at(pieces, i)->duration);
    return (longest + TITLE_TIMESCALE - 1) / TITLE_TIMESCALE;
}

/* Dates as the other playlists have them: all or none (RFC 8216bis 6.2.4). */
static void write_piece(GString *out, const title_index *index, const piece *is, guint n)
{
    if (is->discontinuity)
        g_string_append(out, "#EXT-X-DISCONTINUITY\n");
    g_string_append(out, "#EXT-X-PROGRAM-DATE-TIME:");
    value_date(out, title_index_head(index)->epoch_utc_ms + is->start / 90);
    g_string_append(out, "\n#EXTINF:");
    value_seconds(out, is->duration);
    g_string_append_printf(out, ",\n%u.vtt\n", n);
}

bool subtitles_playlist(GString *out, const title_index *index, const playlist_facts *facts)
{
    g_autoptr(GArray) pieces = pieces_of(index);
    if (pieces->len == 0)
        return false;
    g_string_append_printf(out,
                           "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%" G_GINT64_FORMAT
                           "\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n",
                           PLAYLIST_VERSION, target_s(pieces));
    guint gone = playlist_breaks_before(facts->breaks, piece_at(pieces, 0)->msn);
    if (gone > 0)
        g_string_append_printf(out, "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n", gone);
    playlist_ranges(out, index, piece_at(pieces, 0)->start * 1000 / TITLE_TIMESCALE,
                    facts->chapters);
    for (guint i = 0; i < pieces->len; i++)
        write_piece(out, index, piece_at(pieces, i), i);
    g_string_append(out, "#EXT-X-ENDLIST\n");
    return true;
}

/* ---- in the multivariant playlist ---- */

static const title_captions *captions_at(const GArray *captions, guint i)
{
    return &g_array_index(captions, title_captions, i);
}

static char *long_name(const title_captions *is)
{
    return g_strdup_printf("%s (%s)", is->label, is->lang);
}

/* Another language is called so, or would be by its long name. */
static bool is_taken(const GArray *captions, guint i)
{
    const char *label = captions_at(captions, i)->label;
    for (guint k = 0; k < captions->len; k++) {
        g_autofree char *other = long_name(captions_at(captions, k));
        if (k != i &&
            (strcmp(label, captions_at(captions, k)->label) == 0 || strcmp(label, other) == 0))
            return true;
    }
    return false;
}

/*
 * No two names in a group are the same (RFC 8216bis 4.4.6.1.1), but people may write one label twice. The URI stands
 * before the words they wrote: the first "URI=" of a line is ours.
 */
void subtitles_renditions(GString *out, const GArray *captions)
{
    for (guint i = 0; i < captions->len; i++) {
        const title_captions *is = captions_at(captions, i);
        g_autofree char *name = is_taken(captions, i) ? long_name(is) : g_strdup(is->label);
        g_string_append_printf(out,
                               "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"" SUBTITLES_GROUP
                               "\",LANGUAGE=\"%s\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,"
                               "URI=\"captions/%s/index.m3u8\",NAME=",
                               is->lang, is->lang);
        value_quoted(out, name);
        g_string_append_c(out, '\n');
    }
}
