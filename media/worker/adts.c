#include "worker/adts.h"

#include "worker/codec.h"

#define HEAD 7 /* bytes; two more with a checksum */
#define TICKS 90000
#define FORBIDDEN 13 /* sampling_frequency_index from here on */

struct adts {
    GByteArray *waiting;
    gsize taken;        /* of waiting */
    bool clocked;       /* base and passed are valid */
    int64_t base;       /* stamp of a frame */
    int64_t passed;     /* samples since */
    bool stamp_waiting; /* the last packet's, for the first frame at or behind stamp_at */
    gsize stamp_at;
    int64_t stamp;
};

adts *adts_new(void)
{
    adts *a = g_new0(adts, 1);
    a->waiting = g_byte_array_new();
    return a;
}

void adts_free(adts *a)
{
    if (!a)
        return;
    g_byte_array_unref(a->waiting);
    g_free(a);
}

void adts_push(adts *a, bool has_pts, int64_t pts, const uint8_t *bytes, gsize size)
{
    g_byte_array_remove_range(a->waiting, 0, (guint)a->taken);
    a->taken = 0;
    a->stamp_waiting = has_pts;
    a->stamp_at = a->waiting->len;
    a->stamp = pts;
    g_byte_array_append(a->waiting, bytes, (guint)size);
}

void adts_lose(adts *a)
{
    g_byte_array_set_size(a->waiting, 0);
    a->taken = 0;
    a->clocked = a->stamp_waiting = false;
}

typedef struct {
    gsize head, size; /* size: with the head */
    int32_t rate;
    uint8_t config[2];
} header;

/* False: no frame begins here, or one of a kind nobody sends (several blocks in one). */
static bool header_read(const uint8_t *b, header *h)
{
    static const int32_t rates[FORBIDDEN] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                             22050, 16000, 12000, 11025, 8000,  7350};
    guint rate = b[2] >> 2 & 15, type = (b[2] >> 6) + 1u, channels = (b[2] & 1u) << 2 | b[3] >> 6;
    if (b[0] != 0xff || (b[1] & 0xf6) != 0xf0 || rate >= FORBIDDEN || b[6] & 3)
        return false;
    h->head = b[1] & 1 ? HEAD : HEAD + 2;
    h->size = (b[3] & 3u) << 11 | (guint)b[4] << 3 | b[5] >> 5;
    h->rate = rates[rate];
    h->config[0] = (uint8_t)(type << 3 | rate >> 1);
    h->config[1] = (uint8_t)(rate << 7 | channels << 3);
    return h->size > h->head;
}

/* Moves `taken` to a frame that is whole, and, where its follower is there too, is followed by one. */
static bool find(adts *a, header *h)
{
    for (; a->taken + HEAD <= a->waiting->len; a->taken++) {
        const uint8_t *b = a->waiting->data + a->taken;
        gsize left = a->waiting->len - a->taken;
        if (!header_read(b, h))
            continue;
        if (left < h->size)
            return false;
        if (left < h->size + 2 || (b[h->size] == 0xff && (b[h->size + 1] & 0xf6) == 0xf0))
            return true;
    }
    return false;
}

bool adts_next(adts *a, adts_frame *frame)
{
    header h;
    while (find(a, &h)) {
        if (a->stamp_waiting && a->taken >= a->stamp_at) {
            a->base = a->stamp;
            a->passed = 0;
            a->clocked = true;
            a->stamp_waiting = false;
        }
        const uint8_t *bytes = a->waiting->data + a->taken;
        *frame = (adts_frame){.bytes = bytes + h.head,
                              .size = h.size - h.head,
                              .pts = a->base + a->passed * TICKS / h.rate,
                              .config = {h.config[0], h.config[1]}};
        a->taken += h.size;
        a->passed += CODEC_AAC_FRAME;
        if (a->clocked)
            return true;
    }
    return false;
}
