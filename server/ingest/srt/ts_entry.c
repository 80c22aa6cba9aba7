#include "ingest/srt/ts_entry.h"

#include <stdbool.h>
#include <string.h>

#define SYNC 0x47
#define PAT_PID 0
#define PAT_ID 0
#define PMT_ID 2
#define CRC_BYTES 4

struct ts_entry {
    uint8_t tables[2 * TS_PACKET]; /* PAT, PMT */
    int pmt_pid, lead_pid;         /* -1: not known */
    bool lead_is_picture;
    gsize ahead; /* bytes of the next piece that belong to a packet begun before */
};

typedef struct {
    const uint8_t *at, *end;
} span;

ts_entry *ts_entry_new(void)
{
    ts_entry *e = g_new0(ts_entry, 1);
    e->pmt_pid = e->lead_pid = -1;
    return e;
}

void ts_entry_free(ts_entry *e)
{
    g_free(e);
}

static int pid_at(const uint8_t *bytes)
{
    return (bytes[0] & 0x1f) << 8 | bytes[1];
}

static int length_at(const uint8_t *bytes)
{
    return (bytes[0] & 0x0f) << 8 | bytes[1];
}

static bool has_adaptation(const uint8_t *packet)
{
    return packet[3] & 0x20;
}

/*
 * The section that begins in this packet, from its table id to before its CRC. False: none, or it
 * goes on in another.
 */
static bool section_in(const uint8_t *packet, int table_id, span *section)
{
    int at = 4 + (has_adaptation(packet) ? 1 + packet[4] : 0);
    if (!(packet[3] & 0x10) || at >= TS_PACKET)
        return false;
    at += 1 + packet[at]; /* what belongs to a section before */
    if (at + 3 > TS_PACKET || packet[at] != table_id)
        return false;
    int end = at + 3 + length_at(packet + at + 1);
    if (end > TS_PACKET || end - CRC_BYTES < at + 3)
        return false;
    *section = (span){packet + at, packet + end - CRC_BYTES};
    return true;
}

/* The first program; 0 is the network's own table. */
static void read_pat(ts_entry *e, const uint8_t *packet)
{
    span is;
    if (!section_in(packet, PAT_ID, &is) || is.end - is.at < 8)
        return;
    for (const uint8_t *at = is.at + 8; is.end - at >= 4; at += 4) {
        if (at[0] == 0 && at[1] == 0)
            continue;
        if (e->pmt_pid != pid_at(at + 2))
            e->lead_pid = -1;
        e->pmt_pid = pid_at(at + 2);
        memcpy(e->tables, packet, TS_PACKET);
        return;
    }
}

/* MPEG-1 and -2, MPEG-4, H.264, HEVC. */
static bool is_picture(uint8_t stream_type)
{
    return stream_type == 0x01 || stream_type == 0x02 || stream_type == 0x10 ||
           stream_type == 0x1b || stream_type == 0x24;
}

static void read_pmt(ts_entry *e, const uint8_t *packet)
{
    span is;
    if (!section_in(packet, PMT_ID, &is) || is.end - is.at < 12)
        return;
    e->lead_pid = -1;
    e->lead_is_picture = false;
    const uint8_t *at = is.at + 12;
    int skip = length_at(is.at + 10);
    while (is.end - at >= skip + 5) {
        at += skip;
        if (e->lead_pid < 0 || (is_picture(at[0]) && !e->lead_is_picture)) {
            e->lead_is_picture = is_picture(at[0]);
            e->lead_pid = pid_at(at + 1);
        }
        skip = length_at(at + 3);
        at += 5;
    }
    if (e->lead_pid >= 0)
        memcpy(e->tables + TS_PACKET, packet, TS_PACKET);
}

static bool is_random_access(const uint8_t *packet)
{
    return has_adaptation(packet) && packet[4] > 0 && packet[5] & 0x40;
}

/* True: a reader may begin with this one. */
static bool read_packet(ts_entry *e, const uint8_t *packet)
{
    bool broken = packet[1] & 0x80, begins = packet[1] & 0x40;
    int pid = pid_at(packet + 1);
    if (broken || !begins)
        return false;
    if (pid == PAT_PID)
        read_pat(e, packet);
    else if (pid == e->pmt_pid)
        read_pmt(e, packet);
    else if (pid == e->lead_pid)
        return !e->lead_is_picture || is_random_access(packet);
    return false;
}

void ts_entry_read(ts_entry *e, const uint8_t *data, gsize size, GArray *found)
{
    gsize at = MIN(e->ahead, size);
    e->ahead -= at;
    while (size - at >= TS_PACKET) {
        bool in_step = data[at] == SYNC && (size - at == TS_PACKET || data[at + TS_PACKET] == SYNC);
        if (in_step && read_packet(e, data + at))
            g_array_append_val(found, at);
        at += in_step ? TS_PACKET : 1;
    }
    if (at < size && data[at] == SYNC)
        e->ahead = TS_PACKET - (size - at);
}

gsize ts_entry_tables(const ts_entry *e, const uint8_t **tables)
{
    *tables = e->tables;
    return e->lead_pid < 0 ? 0 : sizeof e->tables;
}
