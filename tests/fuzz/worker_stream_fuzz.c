/*
 * Any transport stream from a stranger: units within their bounds, the same however the bytes are
 * cut. The first byte says how many of the next are a programme's table: it is sent on with a right
 * checksum, which chance would not find. The rest is sent as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "worker/stream.h"
#include "worker/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TABLE_ROOM (TS_PACKET - 4 - 1 - 3 - 4) /* one packet: head, pointer, table's head, CRC */

typedef struct {
    guint units, tracks;
    int64_t sum;
} heard;

static bool on_track(gpointer user, wire_track track, GBytes *config, GError **error)
{
    (void)error, (void)track;
    if (g_bytes_get_size(config) == 0 || g_bytes_get_size(config) > WIRE_CONFIG_MAX)
        abort();
    ((heard *)user)->tracks++;
    return true;
}

static bool on_unit(gpointer user, wire_track track, const unit *u, GError **error)
{
    (void)error;
    heard *h = user;
    if (g_bytes_get_size(u->bytes) == 0 || u->pts == TS_NO_STAMP || u->dts == TS_NO_STAMP)
        abort();
    h->units++;
    h->sum = (int64_t)((uint64_t)h->sum * 31 + (uint64_t)u->pts + (guint)track);
    return true;
}

static void on_promise(gpointer user, wire_track track)
{
    (void)user, (void)track;
}

static void on_note(gpointer user, const char *sentence)
{
    (void)user;
    if (!g_utf8_validate(sentence, -1, NULL) || strlen(sentence) >= WIRE_NOTE_MAX)
        abort();
}

static void put_table(GByteArray *out, uint8_t pid, uint8_t id, const uint8_t *body, gsize size)
{
    uint8_t packet[TS_PACKET];
    uint32_t sum = 0xffffffff;
    memset(packet, 0xff, sizeof packet);
    memcpy(packet, (uint8_t[]){0x47, 0x40, pid, 0x10, 0, id, 0xb0, (uint8_t)(size + 4)}, 8);
    memcpy(packet + 8, body, size);
    for (gsize b = 0; b < (size + 3) * 8; b++) {
        uint32_t bit = (uint32_t)packet[5 + b / 8] >> (7 - b % 8) & 1;
        sum = sum << 1 ^ ((sum >> 31 ^ bit) ? 0x04c11db7 : 0);
    }
    for (guint b = 0; b < 4; b++)
        packet[8 + size + b] = (uint8_t)(sum >> (24 - 8 * b));
    g_byte_array_append(out, packet, sizeof packet);
}

static GByteArray *stream_of(const uint8_t *data, size_t size)
{
    static const uint8_t pat[] = {0, 1, 0xc1, 0, 0, 0, 1, 0xe0, 0x10};
    GByteArray *out = g_byte_array_new();
    gsize table = size ? MIN(MIN((gsize)data[0], size - 1), TABLE_ROOM) : 0;
    put_table(out, 0, 0, pat, sizeof pat);
    if (table)
        put_table(out, 0x10, 2, data + 1, table);
    if (size > 1 + table)
        g_byte_array_append(out, data + 1 + table, (guint)(size - 1 - table));
    return out;
}

static heard hear(const GByteArray *bytes, gsize step)
{
    const stream_ops ops = {on_promise, on_track, on_unit, on_note};
    heard h = {0};
    stream *s = stream_new(&ops, &h);
    for (gsize at = 0; at < bytes->len; at += step)
        if (!stream_push(s, bytes->data + at, MIN(step, bytes->len - at), NULL))
            abort();
    stream_free(s);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GByteArray) bytes = stream_of(data, size);
    heard whole = hear(bytes, bytes->len), pieces = hear(bytes, 61);
    if (whole.units != pieces.units || whole.tracks != pieces.tracks || whole.sum != pieces.sum)
        abort();
    return 0;
}
