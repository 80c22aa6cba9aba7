#include "worker/press.h"

#include <string.h>

#include "worker/mux.h"

struct press {
    title_writer *writer;
    const rail *rail;
    press_plan is;
    press_news news;
    GBytes *avcc, *asc;
    mux *mux;
    int32_t segment;    /* index on the rail */
    int64_t part_start; /* of the part being filled */
    bool any_part;      /* in this segment */
    GArray *pieces;     /* of title_piece: of a segment that is written whole */
};

press *press_new(title_writer *writer, const rail *boundaries, const press_plan *is,
                 const press_news *news)
{
    press *p = g_new0(press, 1);
    p->writer = writer;
    p->rail = boundaries;
    p->is = *is;
    p->news = *news;
    p->pieces = g_array_new(FALSE, FALSE, sizeof(title_piece));
    return p;
}

static void drop_pieces(press *p)
{
    for (guint i = 0; i < p->pieces->len; i++)
        g_bytes_unref(g_array_index(p->pieces, title_piece, i).bytes);
    g_array_set_size(p->pieces, 0);
}

void press_free(press *p)
{
    if (!p)
        return;
    mux_free(p->mux);
    drop_pieces(p);
    g_array_unref(p->pieces);
    g_clear_pointer(&p->avcc, g_bytes_unref);
    g_clear_pointer(&p->asc, g_bytes_unref);
    g_free(p);
}

const press_plan *press_is(const press *p)
{
    return &p->is;
}

int64_t press_target(const press *p)
{
    return title_writer_head(p->writer)->part_target;
}

const rail *press_rail(const press *p)
{
    return p->rail;
}

void press_video_config(press *p, GBytes *avcc)
{
    if (!p->avcc)
        p->avcc = g_bytes_ref(avcc);
}

void press_audio_config(press *p, GBytes *asc)
{
    if (!p->asc)
        p->asc = g_bytes_ref(asc);
}

void press_begin(press *p, int32_t index)
{
    p->segment = index;
    p->part_start = rail_start(p->rail, index);
}

static void describe(const press *p, journal_rendition *as)
{
    *as = (journal_rendition){.kind = p->is.video ? RENDITION_AV : RENDITION_AUDIO,
                              .width = p->is.width,
                              .height = p->is.height,
                              .fps_milli = p->is.fps_milli,
                              .bandwidth = p->is.bandwidth};
    g_strlcpy(as->name, p->is.name, sizeof as->name);
    picture_config picture = {0};
    gsize size = 0;
    const uint8_t *bytes = p->avcc ? g_bytes_get_data(p->avcc, &size) : NULL;
    if (bytes && picture_config_read(bytes, size, &picture, NULL))
        g_snprintf(as->codecs, sizeof as->codecs, "%s,mp4a.40.2", picture.codecs);
    else
        g_strlcpy(as->codecs, "mp4a.40.2", sizeof as->codecs);
}

static bool same(const journal_rendition *a, const journal_rendition *b)
{
    return a->kind == b->kind && a->width == b->width && a->height == b->height &&
           a->fps_milli == b->fps_milli && a->bandwidth == b->bandwidth &&
           !strcmp(a->codecs, b->codecs);
}

static bool open_mux(press *p, GError **error)
{
    if (p->mux)
        return true;
    journal_rendition as;
    describe(p, &as);
    const title_rendition *known = title_index_find(title_writer_index(p->writer), p->is.name);
    if ((!known || !same(&known->is, &as)) && !title_writer_rendition(p->writer, &as, error))
        return false;
    mux_tracks tracks = {p->avcc, p->is.width, p->is.height, p->asc, p->is.rate, p->is.channels};
    g_autoptr(GBytes) init = NULL;
    p->mux = mux_new(&tracks, &init, error);
    if (p->mux && p->is.whole && title_writer_init_stands(p->writer, p->is.name, init))
        return true;
    return p->mux && title_writer_init(p->writer, p->is.name, init, error);
}

bool press_picture(press *p, const unit *picture, GError **error)
{
    return open_mux(p, error) && mux_video(p->mux, picture, error);
}

bool press_sound(press *p, GBytes *frame, int64_t sample, GError **error)
{
    return open_mux(p, error) && mux_audio(p->mux, frame, sample, error);
}

static int64_t msn_of(const press *p)
{
    return p->rail->first_msn + p->segment;
}

static bool keep_piece(press *p, int64_t start, int64_t end, bool independent, GBytes *part)
{
    title_piece piece = {start, end - start, independent, g_bytes_ref(part)};
    g_array_append_val(p->pieces, piece);
    p->any_part = true;
    return true;
}

static bool write_whole(press *p, GError **error)
{
    const title_piece *pieces = (const title_piece *)(gpointer)p->pieces->data;
    bool ok = title_writer_whole(p->writer, p->is.name, msn_of(p), pieces, p->pieces->len, error);
    drop_pieces(p);
    if (ok)
        p->news.on_part(p->news.user);
    return ok;
}

bool press_part(press *p, int64_t end, bool independent, GError **error)
{
    if (!p->mux || end <= p->part_start)
        return true;
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) part = mux_part(p->mux, &why);
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    int64_t start = p->part_start;
    p->part_start = end;
    if (!part)
        return true;
    if (p->is.whole)
        return keep_piece(p, start, end, independent, part);
    if (!title_writer_part(p->writer, p->is.name, msn_of(p), start, end - start, independent, part,
                           error))
        return false;
    p->any_part = true;
    p->news.on_part(p->news.user);
    return true;
}

/* Segments of the rail no unit fell into, between this one and `next`. */
static bool write_gaps(press *p, int32_t next, GError **error)
{
    for (int32_t i = p->segment + 1; i < next; i++) {
        int64_t start = MAX(rail_start(p->rail, i), p->part_start);
        int64_t end = MAX(rail_start(p->rail, i + 1), start + 1);
        if (!title_writer_gap(p->writer, p->is.name, p->rail->first_msn + i, start, end - start,
                              error))
            return false;
        p->part_start = end;
    }
    return true;
}

static bool close_segment(press *p, int64_t end, GError **error)
{
    int64_t start = rail_start(p->rail, p->segment), length = MAX(1, end - start);
    if (!p->any_part)
        return title_writer_gap(p->writer, p->is.name, msn_of(p), start, length, error);
    return p->is.whole ? write_whole(p, error)
                       : title_writer_segment(p->writer, p->is.name, msn_of(p), error);
}

bool press_segment(press *p, int64_t end, int32_t next, GError **error)
{
    bool ok = close_segment(p, end, error);
    p->part_start = MAX(end, p->part_start);
    if (!ok || !write_gaps(p, next, error))
        return false;
    p->segment = next;
    p->any_part = false;
    if (next != PRESS_LAST)
        p->part_start = MAX(rail_start(p->rail, next), p->part_start);
    return !p->news.on_segment || p->news.on_segment(p->news.user, error);
}
