#include "room/ring.h"

typedef struct {
    GBytes *frame;
    guint64 author;
    GBytes *to_author;
} slot;

struct ring {
    guint size;
    guint64 head;
    slot slots[];
};

ring *ring_new(guint frames)
{
    ring *r = g_malloc0(sizeof(ring) + frames * sizeof(slot));
    r->size = frames;
    return r;
}

static void slot_clear(slot *s)
{
    g_clear_pointer(&s->frame, g_bytes_unref);
    g_clear_pointer(&s->to_author, g_bytes_unref);
}

void ring_free(ring *r)
{
    if (!r)
        return;
    for (guint i = 0; i < r->size; i++)
        slot_clear(&r->slots[i]);
    g_free(r);
}

void ring_push(ring *r, GBytes *frame, guint64 author, GBytes *to_author)
{
    slot *s = &r->slots[r->head++ % r->size];
    slot_clear(s);
    *s = (slot){frame, author, to_author};
}

guint64 ring_head(const ring *r)
{
    return r->head;
}

bool ring_overrun(const ring *r, guint64 cursor)
{
    return cursor + r->size < r->head;
}

static const slot *slot_at(const ring *r, guint64 cursor)
{
    if (cursor >= r->head || ring_overrun(r, cursor))
        return NULL;
    return &r->slots[cursor % r->size];
}

static bool own_shape(const slot *s, guint64 reader)
{
    return s->to_author && s->author == reader;
}

GBytes *ring_at(const ring *r, guint64 cursor, guint64 reader)
{
    const slot *s = slot_at(r, cursor);
    if (!s)
        return NULL;
    return own_shape(s, reader) ? s->to_author : s->frame;
}

GBytes *ring_run(const ring *r, guint64 cursor)
{
    if (!slot_at(r, cursor))
        return NULL;
    if (cursor + 1 == r->head)
        return g_bytes_ref(slot_at(r, cursor)->frame);
    GByteArray *run = g_byte_array_new();
    for (; cursor < r->head; cursor++) {
        gsize length;
        const guint8 *bytes = g_bytes_get_data(slot_at(r, cursor)->frame, &length);
        g_byte_array_append(run, bytes, (guint)length);
    }
    return g_byte_array_free_to_bytes(run);
}

bool ring_wrote(const ring *r, guint64 cursor, guint64 reader)
{
    for (const slot *s; (s = slot_at(r, cursor)); cursor++) {
        if (own_shape(s, reader))
            return true;
    }
    return false;
}
