#include "shelf/inside.h"

#include <string.h>

#include "base/log.h"

#define DIGITS_MAX 12 /* of a number in a name */

/* ---- names ---- */

/* Plain digits, as we write them: no sign, no zeros in front. Moves *at behind them. */
static bool take_number(const char **at, int64_t *number)
{
    gsize digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX || (digits > 1 && (*at)[0] == '0'))
        return false;
    *number = g_ascii_strtoll(*at, NULL, 10);
    *at += digits;
    return true;
}

bool file_name_parse(const char *text, file_name *name)
{
    int64_t part;
    bool init = g_str_has_prefix(text, "init-");
    const char *at = init ? text + strlen("init-") : text;
    if (!take_number(&at, &name->number))
        return false;
    name->kind = init ? FILE_INIT : FILE_SEGMENT;
    name->part = 0;
    if (!init && at[0] == '.' && g_ascii_isdigit(at[1])) {
        at++;
        if (!take_number(&at, &part) || part > G_MAXINT32)
            return false;
        name->kind = FILE_PART;
        name->part = (int32_t)part;
    }
    return strcmp(at, init ? ".mp4" : ".m4s") == 0;
}

/* ---- slices ---- */

static bool absent(GError **error, const char *name)
{
    error_set(error, ERROR_MISSING, "no_media", NULL, "there is no %.64s", name);
    return false;
}

static int64_t to_ms(int64_t ticks)
{
    return ticks / 90;
}

static bool place_init(const title_rendition *rendition, const file_name *name, shelf_slice *slice)
{
    (void)slice;
    return name->number <= rendition->last_init;
}

static bool place_segment(const title_rendition *rendition, const file_name *name,
                          shelf_slice *slice)
{
    const title_segment *segment = title_rendition_segment(rendition, name->number);
    if (!segment || !segment->closed || segment->gap)
        return false;
    slice->length = segment->bytes;
    slice->from_ms = to_ms(segment->start);
    slice->to_ms = to_ms(segment->start + segment->duration);
    return true;
}

static bool place_part(const title_rendition *rendition, const file_name *name, shelf_slice *slice)
{
    const title_segment *segment = title_rendition_segment(rendition, name->number);
    if (!segment || name->part >= (int32_t)segment->parts->len)
        return false;
    const title_part *part = &g_array_index(segment->parts, title_part, name->part);
    slice->offset = part->offset;
    slice->length = part->bytes;
    slice->from_ms = to_ms(part->start);
    slice->to_ms = to_ms(part->start + part->duration);
    return true;
}

/* Fills what the journal says of the slice. False: it says nothing of it. */
static bool place(const title_rendition *rendition, const file_name *name, shelf_slice *slice)
{
    *slice = (shelf_slice){.fd = -1, .immutable = true};
    slice->content_type = rendition->is.kind == RENDITION_AUDIO ? "audio/mp4" : "video/mp4";
    switch (name->kind) {
    case FILE_INIT:
        return place_init(rendition, name, slice);
    case FILE_SEGMENT:
        return place_segment(rendition, name, slice);
    default:
        return place_part(rendition, name, slice);
    }
}

/* False: the file is missing or shorter than its journal says. */
static bool borrow_file(const view *v, const file_name *name, shelf_slice *slice)
{
    bool init = name->kind == FILE_INIT;
    slice->file =
        file_borrow(v, init, name->number, init ? 1 : MAX(slice->offset + slice->length, 1));
    if (!slice->file)
        return false;
    slice->fd = file_descriptor(slice->file);
    if (init)
        slice->length = file_size(slice->file);
    return true;
}

void shelf_slice_clear(shelf_slice *slice)
{
    g_clear_pointer(&slice->file, shelf_file_unref);
    slice->fd = -1;
}

bool shelf_open(shelf *s, const char *title_id, const char *rendition, const char *name,
                shelf_slice *slice, GError **error)
{
    file_name is;
    shelved *t = shelved_shown(s, title_id, error);
    view *v = t ? view_find(t, rendition, error) : NULL;
    if (!v)
        return false;
    if (!file_name_parse(name, &is) || !place(view_rendition(v), &is, slice))
        return absent(error, name);
    if (borrow_file(v, &is, slice))
        return true;
    log_error("shelf", "storage: %s/%s/%.64s is missing or shorter than its journal says", t->dir,
              rendition, name);
    return absent(error, name);
}

void shelf_slice_narrow(shelf *s, const char *title_id, const char *rendition, const char *name,
                        shelf_slice *slice, int64_t from, int64_t length)
{
    file_name is;
    shelved *t = shelved_find(s, title_id, NULL);
    view *v = t ? view_find(t, rendition, NULL) : NULL;
    bool whole = from == 0 && length == slice->length;
    slice->offset += from;
    slice->length = length;
    if (whole)
        return;
    int64_t begin = slice->to_ms, end = slice->to_ms;
    const title_segment *segment = v && file_name_parse(name, &is) && is.kind == FILE_SEGMENT
                                       ? title_rendition_segment(view_rendition(v), is.number)
                                       : NULL;
    for (guint i = 0; segment && i < segment->parts->len; i++) {
        const title_part *part = &g_array_index(segment->parts, title_part, i);
        if (part->offset < slice->offset || part->offset + part->bytes > slice->offset + length)
            continue;
        begin = MIN(begin, to_ms(part->start));
        end = to_ms(part->start + part->duration);
    }
    slice->from_ms = begin;
    slice->to_ms = MAX(begin, end);
    if (begin == slice->to_ms || !segment)
        slice->to_ms = slice->from_ms;
}
