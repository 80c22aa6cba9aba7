#include "worker/h264.h"

#include <string.h>

#include "wire/wire.h"
#include "worker/codec.h"

#define SPS_COUNT 32  /* 7.4.2.1.1: seq_parameter_set_id */
#define PPS_COUNT 256 /* 7.4.2.2: pic_parameter_set_id */
#define SET_MAX 1024  /* bytes of one; real ones have 4 to 60 */

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEI = 6, NAL_SPS = 7, NAL_PPS = 8 };

struct h264 {
    GBytes *sps[SPS_COUNT], *pps[PPS_COUNT];
    bool changed; /* since avcc was made */
    GBytes *avcc;
    GByteArray *bytes;
};

h264 *h264_new(void)
{
    h264 *h = g_new0(h264, 1);
    h->bytes = g_byte_array_new();
    return h;
}

static void clear_sets(GBytes **sets, gsize count)
{
    for (gsize i = 0; i < count; i++)
        g_clear_pointer(&sets[i], g_bytes_unref);
}

void h264_free(h264 *h)
{
    if (!h)
        return;
    clear_sets(h->sps, SPS_COUNT);
    clear_sets(h->pps, PPS_COUNT);
    g_clear_pointer(&h->avcc, g_bytes_unref);
    g_byte_array_unref(h->bytes);
    g_free(h);
}

/* ---- parameter sets ---- */

/* The Exp-Golomb number at the very beginning of `p`, 9.1; G_MAXUINT if it is not a small one. */
static guint first_number(const uint8_t *p, gsize size)
{
    uint32_t word = 0;
    guint zeros = 0;
    for (gsize i = 0; i < 4; i++)
        word = word << 8 | (i < size ? p[i] : 0u);
    while (zeros < 12 && !(word & 0x80000000u >> zeros))
        zeros++;
    return zeros < 12 ? (word >> (31 - 2 * zeros)) - 1 : G_MAXUINT;
}

static bool same_set(GBytes *kept, const uint8_t *nal, gsize size)
{
    gsize kept_size = 0;
    const void *bytes = kept ? g_bytes_get_data(kept, &kept_size) : NULL;
    return bytes && kept_size == size && memcmp(bytes, nal, size) == 0;
}

static void keep_set(h264 *h, GBytes **place, const uint8_t *nal, gsize size)
{
    if (same_set(*place, nal, size))
        return;
    if (nal[0] % 32 == NAL_SPS) /* what belongs to the old one comes anew behind it */
        clear_sets(h->pps, PPS_COUNT);
    g_clear_pointer(place, g_bytes_unref);
    *place = g_bytes_new(nal, size);
    h->changed = true;
}

static void take_sps(h264 *h, const uint8_t *nal, gsize size)
{
    guint id = size > 4 && size <= SET_MAX ? first_number(nal + 4, size - 4) : SPS_COUNT;
    if (id < SPS_COUNT)
        keep_set(h, &h->sps[id], nal, size);
}

static void take_pps(h264 *h, const uint8_t *nal, gsize size)
{
    guint id = size > 1 && size <= SET_MAX ? first_number(nal + 1, size - 1) : PPS_COUNT;
    if (id < PPS_COUNT)
        keep_set(h, &h->pps[id], nal, size);
}

/* ---- the configuration ---- */

static void put(GByteArray *out, guint value, guint bytes)
{
    for (guint i = bytes; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        g_byte_array_append(out, &byte, 1);
    }
}

static guint put_sets(GByteArray *out, GBytes *const *sets, guint count)
{
    guint written = 0;
    for (guint i = 0; i < count; i++) {
        if (!sets[i])
            continue;
        gsize size;
        const uint8_t *bytes = g_bytes_get_data(sets[i], &size);
        put(out, (guint)size, 2);
        g_byte_array_append(out, bytes, (guint)size);
        written++;
    }
    return written;
}

/* High profiles say how many bits and colours once more, behind the sets. */
static void put_colours(GByteArray *out)
{
    picture_config is;
    guint profile = out->data[1];
    bool plain = profile == 66 || profile == 77 || profile == 88;
    if (plain || !picture_config_read(out->data, out->len, &is, NULL))
        return;
    put(out, 0xfc | ((guint)is.chroma & 3), 1);
    put(out, 0xf8 | ((guint)(is.depth - 8) & 7), 1);
    put(out, 0xf8 | ((guint)(is.depth - 8) & 7), 1);
    put(out, 0, 1);
}

static const uint8_t *first_sps(const h264 *h)
{
    for (guint i = 0; i < SPS_COUNT; i++)
        if (h->sps[i])
            return g_bytes_get_data(h->sps[i], NULL);
    return NULL;
}

/* NULL: sets are missing, or there are more than a configuration may hold. */
static GBytes *make_avcc(const h264 *h)
{
    const uint8_t *sps = first_sps(h);
    if (!sps)
        return NULL;
    GByteArray *out = g_byte_array_new();
    put(out, 1, 1);
    g_byte_array_append(out, sps + 1, 3); /* profile, constraints, level */
    put(out, 0xff, 1);                    /* lengths of four bytes */
    put(out, 0, 1);
    guint count = put_sets(out, h->sps, SPS_COUNT);
    out->data[5] = (uint8_t)(0xe0 | count);
    guint place = out->len;
    put(out, 0, 1);
    count = put_sets(out, h->pps, PPS_COUNT);
    out->data[place] = (uint8_t)count;
    if (count && count < PPS_COUNT)
        put_colours(out);
    bool good = count && count < PPS_COUNT && out->len <= WIRE_CONFIG_MAX;
    GBytes *made = g_byte_array_free_to_bytes(out);
    if (!good)
        g_clear_pointer(&made, g_bytes_unref);
    return made;
}

/* ---- access units ---- */

static void take_nal(h264 *h, const uint8_t *nal, gsize size, bool *key, bool *picture)
{
    while (size && nal[size - 1] == 0)
        size--; /* trailing_zero_8bits */
    guint type = size ? nal[0] % 32 : 0;
    if (type == NAL_SPS)
        take_sps(h, nal, size);
    if (type == NAL_PPS)
        take_pps(h, nal, size);
    if (type < NAL_SLICE || type > NAL_SEI)
        return; /* delimiters, filler and what extensions bring */
    *key |= type == NAL_IDR;
    *picture |= type != NAL_SEI;
    put(h->bytes, (guint)size, 4);
    g_byte_array_append(h->bytes, nal, (guint)size);
}

/* Where the next 00 00 01 is from `at` on; `size`: nowhere. */
static gsize start_code(const uint8_t *bytes, gsize size, gsize at)
{
    while (at + 3 <= size) {
        const uint8_t *one = memchr(bytes + at + 2, 1, size - at - 2);
        if (!one)
            return size;
        at = (gsize)(one - bytes) - 2;
        if (bytes[at] == 0 && bytes[at + 1] == 0)
            return at;
        at++;
    }
    return size;
}

h264_unit h264_take(h264 *h, const uint8_t *bytes, gsize size)
{
    h264_unit unit = {.bytes = h->bytes};
    bool picture = false;
    g_byte_array_set_size(h->bytes, 0);
    for (gsize at = start_code(bytes, size, 0); at < size;) {
        gsize next = start_code(bytes, size, at + 3);
        take_nal(h, bytes + at + 3, next - at - 3, &unit.key, &picture);
        at = next;
    }
    if (!picture)
        g_byte_array_set_size(h->bytes, 0);
    if (picture && h->changed) {
        g_clear_pointer(&h->avcc, g_bytes_unref);
        h->avcc = make_avcc(h);
        h->changed = h->avcc == NULL;
        unit.avcc = h->avcc;
    }
    return unit;
}
