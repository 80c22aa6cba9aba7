#include "worker/ts.h"

#include <string.h>

#define SYNC 0x47
#define PID_NONE 0x1fff /* the null packet's: never one of ours */
#define PID_PAT 0
#define SECTION_MAX 1024 /* bytes of a PAT or PMT, 2.4.4.3 and 2.4.4.8 */
#define TABLE_PAT 0
#define TABLE_PMT 2
#define CC_ANY (-1) /* no packet of this PID yet */

enum { TYPE_H264 = 0x1b, TYPE_ADTS = 0x0f };

/* The last packet of a PID: its counter and payload. */
typedef struct {
    int cc;
    gsize size;
    uint8_t payload[TS_PACKET];
} seen;

/* A table being put together. */
typedef struct {
    guint pid;
    seen last;
    bool open; /* its beginning was seen */
    gsize have;
    uint8_t bytes[SECTION_MAX];
} section;

/* A track whose PES packets are being put together. */
typedef struct {
    guint pid;
    seen last;
    bool open;
    GByteArray *bytes; /* of the PES packet, its head too */
} lane;

struct ts {
    ts_ops ops;
    gpointer user;
    GByteArray *waiting; /* not yet a packet, or not yet known to be one */
    bool locked;         /* waiting begins with a packet */
    section pat, pmt;
    guint programme; /* its number */
    lane lane[2];    /* by wire_track */
    ts_programme is;
    bool told;    /* on_programme was called with `is` */
    bool stamped; /* clock is valid */
    int64_t clock;
};

/* One packet, taken apart. */
typedef struct {
    guint pid;
    int cc;
    bool begins; /* payload_unit_start_indicator */
    bool fresh;  /* discontinuity_indicator: the counter begins anew */
    const uint8_t *payload;
    gsize size;
} packet;

ts *ts_new(const ts_ops *ops, gpointer user)
{
    ts *t = g_new0(ts, 1);
    t->ops = *ops;
    t->user = user;
    t->waiting = g_byte_array_new();
    t->pat.last.cc = t->pmt.last.cc = CC_ANY;
    t->pmt.pid = PID_NONE;
    for (wire_track track = WIRE_VIDEO; track <= WIRE_AUDIO; track++)
        t->lane[track] = (lane){.pid = PID_NONE, .last.cc = CC_ANY, .bytes = g_byte_array_new()};
    return t;
}

void ts_free(ts *t)
{
    if (!t)
        return;
    g_byte_array_unref(t->waiting);
    g_byte_array_unref(t->lane[WIRE_VIDEO].bytes);
    g_byte_array_unref(t->lane[WIRE_AUDIO].bytes);
    g_free(t);
}

static guint be16(const uint8_t *p)
{
    return (guint)(p[0] << 8 | p[1]);
}

/* ---- elementary packets ---- */

/* A 33 bit stamp, put where it is nearest to the last one. */
static int64_t unroll(ts *t, const uint8_t *p)
{
    int64_t raw = (int64_t)(p[0] >> 1 & 7) << 30 | (int64_t)p[1] << 22 |
                  (int64_t)(p[2] >> 1) << 15 | (int64_t)p[3] << 7 | p[4] >> 1;
    const int64_t turn = INT64_C(1) << 33;
    if (!t->stamped)
        t->clock = raw;
    t->stamped = true;
    int64_t ahead = ((raw - t->clock) % turn + turn) % turn;
    t->clock += ahead >= turn / 2 ? ahead - turn : ahead;
    return t->clock;
}

/* 2.4.3.6: start code, stream id, length, flags, length of the rest of the head, stamps. */
static void tell_packet(ts *t, wire_track track, const uint8_t *bytes, gsize size)
{
    if (size < 9 || (bytes[6] & 0xc0) != 0x80)
        return;
    gsize head = 9 + (gsize)bytes[8];
    guint stamps = bytes[7] >> 6;
    if (head >= size || (stamps & 2 && bytes[8] < 5) || (stamps == 3 && bytes[8] < 10))
        return;
    int64_t dts = stamps == 3 ? unroll(t, bytes + 14) : TS_NO_STAMP;
    int64_t pts = stamps & 2 ? unroll(t, bytes + 9) : TS_NO_STAMP;
    if (stamps == 3)
        t->clock = dts; /* the one that runs evenly */
    t->ops.on_packet(t->user, track, pts, stamps == 3 ? dts : pts, bytes + head, size - head);
}

static void lane_close(lane *l)
{
    l->open = false;
    g_byte_array_set_size(l->bytes, 0);
}

static void lane_end(ts *t, wire_track track)
{
    lane *l = &t->lane[track];
    if (l->open)
        tell_packet(t, track, l->bytes->data, l->bytes->len);
    lane_close(l);
}

static void lane_lose(ts *t, wire_track track)
{
    lane_close(&t->lane[track]);
    t->ops.on_loss(t->user, track);
}

/* The size the PES packet says it has; 0: it does not say, or not yet. */
static gsize declared(const lane *l)
{
    gsize said = l->bytes->len >= 6 ? be16(l->bytes->data + 4) : 0;
    return said ? said + 6 : 0;
}

static void lane_begin(ts *t, wire_track track, const packet *p)
{
    lane *l = &t->lane[track];
    if (l->open && declared(l))
        lane_lose(t, track); /* it said it was longer */
    else
        lane_end(t, track);
    l->open = p->size >= 6 && p->payload[0] == 0 && p->payload[1] == 0 && p->payload[2] == 1;
}

static void lane_take(ts *t, wire_track track, const packet *p)
{
    lane *l = &t->lane[track];
    gsize most = track == WIRE_VIDEO ? TS_PICTURE_MAX : TS_SOUND_MAX;
    if (p->begins)
        lane_begin(t, track, p);
    if (!l->open)
        return;
    if (l->bytes->len + p->size > most) {
        lane_lose(t, track);
        return;
    }
    g_byte_array_append(l->bytes, p->payload, (guint)p->size);
    gsize said = declared(l);
    if (!said || l->bytes->len < said)
        return;
    g_byte_array_set_size(l->bytes, (guint)said); /* what follows is stuffing */
    lane_end(t, track);
}

/* ---- tables ---- */

static void lane_move(ts *t, wire_track track, guint pid)
{
    lane *l = &t->lane[track];
    if (l->pid == pid)
        return;
    lane_close(l);
    l->pid = pid;
    l->last.cc = CC_ANY;
}

static const char *registered(const uint8_t *tags, gsize size)
{
    static const struct {
        const char *tag, *name;
    } known[] = {
        {"HEVC", "H.265"}, {"AV01", "AV1"}, {"Opus", "Opus"}, {"AC-3", "AC-3"}, {"EAC3", "E-AC-3"}};
    while (size >= 2 && size >= 2 + (gsize)tags[1]) {
        for (gsize i = 0; tags[0] == 0x05 && tags[1] >= 4 && i < G_N_ELEMENTS(known); i++)
            if (memcmp(tags + 2, known[i].tag, 4) == 0)
                return known[i].name;
        size -= 2 + (gsize)tags[1];
        tags += 2 + (gsize)tags[1];
    }
    return NULL;
}

/* What a stream is called that is not for us; NULL: neither picture nor sound. */
static const char *odd_name(guint type, const uint8_t *tags, gsize size, wire_track *track)
{
    static const struct {
        guint type;
        wire_track track;
        const char *name;
    } table[] = {{0x01, WIRE_VIDEO, "MPEG-1"},   {0x02, WIRE_VIDEO, "MPEG-2"},
                 {0x10, WIRE_VIDEO, "MPEG-4"},   {0x21, WIRE_VIDEO, "JPEG 2000"},
                 {0x24, WIRE_VIDEO, "H.265"},    {0x33, WIRE_VIDEO, "H.266"},
                 {0x03, WIRE_AUDIO, "MP2/MP3"},  {0x04, WIRE_AUDIO, "MP2/MP3"},
                 {0x11, WIRE_AUDIO, "AAC-LATM"}, {0x80, WIRE_AUDIO, "PCM"},
                 {0x81, WIRE_AUDIO, "AC-3"},     {0x87, WIRE_AUDIO, "E-AC-3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].type == type) {
            *track = table[i].track;
            return table[i].name;
        }
    const char *name = type == 0x06 ? registered(tags, size) : NULL;
    *track =
        name && (g_str_equal(name, "H.265") || g_str_equal(name, "AV1")) ? WIRE_VIDEO : WIRE_AUDIO;
    return name;
}

typedef struct {
    guint pid[2]; /* by wire_track */
    ts_programme is;
} found;

static void look_at_stream(found *f, guint type, guint pid, const uint8_t *tags, gsize size)
{
    wire_track track = type == TYPE_H264 ? WIRE_VIDEO : WIRE_AUDIO;
    if (type == TYPE_H264 || type == TYPE_ADTS) {
        if (f->pid[track] == PID_NONE)
            f->pid[track] = pid;
        return;
    }
    const char *name = odd_name(type, tags, size, &track);
    const char **place = track == WIRE_VIDEO ? &f->is.odd_picture : &f->is.odd_sound;
    if (name && !*place)
        *place = name;
}

static void tell_programme(ts *t, const ts_programme *is)
{
    bool same = t->told && t->is.picture == is->picture && t->is.sound == is->sound &&
                t->is.odd_picture == is->odd_picture && t->is.odd_sound == is->odd_sound;
    t->told = true;
    t->is = *is;
    if (!same)
        t->ops.on_programme(t->user, is);
}

/* 2.4.4.8. `size` is without the CRC. */
static void read_pmt(ts *t, const uint8_t *bytes, gsize size)
{
    found f = {.pid = {PID_NONE, PID_NONE}};
    if (size < 12 || be16(bytes + 3) != t->programme)
        return;
    gsize at = 12 + (be16(bytes + 10) & 0xfff);
    while (at + 5 <= size) {
        gsize tags = be16(bytes + at + 3) & 0xfff;
        if (at + 5 + tags > size)
            return;
        look_at_stream(&f, bytes[at], be16(bytes + at + 1) & 0x1fff, bytes + at + 5, tags);
        at += 5 + tags;
    }
    for (wire_track track = WIRE_VIDEO; track <= WIRE_AUDIO; track++)
        lane_move(t, track, f.pid[track]);
    f.is.picture = f.pid[WIRE_VIDEO] != PID_NONE;
    f.is.sound = f.pid[WIRE_AUDIO] != PID_NONE;
    tell_programme(t, &f.is);
}

/* 2.4.4.3: the first programme is ours. */
static void read_pat(ts *t, const uint8_t *bytes, gsize size)
{
    bool first_section = bytes[6] == 0;
    for (gsize at = 8; first_section && at + 4 <= size; at += 4) {
        guint pid = be16(bytes + at + 2) & 0x1fff;
        t->programme = be16(bytes + at);
        if (t->programme == 0)
            continue; /* the network's */
        if (t->pmt.pid != pid)
            t->pmt = (section){.pid = pid, .last.cc = CC_ANY};
        return;
    }
}

/* Annex A: over a whole section with its CRC it is 0. */
static uint32_t crc(const uint8_t *bytes, gsize size)
{
    uint32_t sum = 0xffffffff;
    for (gsize i = 0; i < size; i++) {
        sum ^= (uint32_t)bytes[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            sum = sum << 1 ^ (sum & 0x80000000 ? 0x04c11db7 : 0);
    }
    return sum;
}

static void section_read(ts *t, const section *s, gsize size)
{
    bool current = size >= 12 && s->bytes[5] & 1;
    if (!current || crc(s->bytes, size) != 0)
        return;
    if (s == &t->pat && s->bytes[0] == TABLE_PAT)
        read_pat(t, s->bytes, size - 4);
    if (s == &t->pmt && s->bytes[0] == TABLE_PMT)
        read_pmt(t, s->bytes, size - 4);
}

/* Adds to the section in hand; what a packet brings behind its end is stuffing for us. */
static void section_add(ts *t, section *s, const uint8_t *bytes, gsize size)
{
    if (!s->open)
        return;
    gsize room = MIN(size, SECTION_MAX - s->have);
    memcpy(s->bytes + s->have, bytes, room);
    s->have += room;
    gsize whole = s->have >= 3 ? 3 + (be16(s->bytes + 1) & 0xfffu) : SECTION_MAX;
    s->open = whole <= SECTION_MAX && s->have < whole;
    if (s->have >= whole)
        section_read(t, s, whole);
}

static void section_take(ts *t, section *s, const packet *p)
{
    gsize pointer = p->begins && p->size ? p->payload[0] : 0;
    if (!p->begins) {
        section_add(t, s, p->payload, p->size);
        return;
    }
    if (1 + pointer >= p->size) {
        s->open = false;
        return;
    }
    section_add(t, s, p->payload + 1, pointer);
    s->open = true;
    s->have = 0;
    section_add(t, s, p->payload + 1 + pointer, p->size - 1 - pointer);
}

/* ---- packets ---- */

/* 2.4.3.2. False: nothing for anybody in it. */
static bool packet_read(const uint8_t *b, packet *p)
{
    gsize skip = 4;
    bool field = b[3] & 0x20, payload = b[3] & 0x10;
    *p = (packet){.pid = be16(b + 1) & 0x1fff, .cc = b[3] & 0x0f, .begins = b[1] & 0x40};
    if (field) {
        skip += 1 + (gsize)b[4];
        p->fresh = b[4] && b[5] & 0x80;
    }
    bool broken = b[1] & 0x80, scrambled = b[3] & 0xc0;
    if (broken || scrambled || !payload || skip >= TS_PACKET)
        return false;
    p->payload = b + skip;
    p->size = TS_PACKET - skip;
    return true;
}

typedef enum { CC_NEXT, CC_TWICE, CC_LOST } cc_step;

/* A packet may be sent twice in a row; the same number with other bytes is sixteen packets later. */
static cc_step cc_follow(seen *last, const packet *p)
{
    int cc = last->cc;
    bool twice =
        p->cc == cc && p->size == last->size && memcmp(p->payload, last->payload, p->size) == 0;
    last->cc = p->cc;
    last->size = p->size;
    memcpy(last->payload, p->payload, p->size);
    if (cc == CC_ANY || p->fresh || p->cc == ((cc + 1) & 0x0f))
        return CC_NEXT;
    return twice ? CC_TWICE : CC_LOST;
}

static void give_to_section(ts *t, section *s, const packet *p)
{
    cc_step step = cc_follow(&s->last, p);
    if (step == CC_LOST)
        s->open = false;
    if (step != CC_TWICE)
        section_take(t, s, p);
}

static void give_to_lane(ts *t, wire_track track, const packet *p)
{
    cc_step step = cc_follow(&t->lane[track].last, p);
    if (step == CC_LOST)
        lane_lose(t, track);
    if (step != CC_TWICE)
        lane_take(t, track, p);
}

static void take_packet(ts *t, const uint8_t *bytes)
{
    packet p;
    if (!packet_read(bytes, &p) || p.pid == PID_NONE)
        return;
    if (p.pid == PID_PAT)
        give_to_section(t, &t->pat, &p);
    else if (p.pid == t->pmt.pid)
        give_to_section(t, &t->pmt, &p);
    else if (p.pid == t->lane[WIRE_VIDEO].pid)
        give_to_lane(t, WIRE_VIDEO, &p);
    else if (p.pid == t->lane[WIRE_AUDIO].pid)
        give_to_lane(t, WIRE_AUDIO, &p);
}

/* Where a packet may begin: two sync bytes at the right distance. False: more bytes are needed. */
static bool lock(ts *t, gsize *at)
{
    const GByteArray *w = t->waiting;
    while (*at + TS_PACKET < w->len) {
        if (w->data[*at] == SYNC && w->data[*at + TS_PACKET] == SYNC) {
            t->locked = true;
            return true;
        }
        ++*at;
    }
    return false;
}

void ts_push(ts *t, const uint8_t *bytes, gsize size)
{
    gsize at = 0;
    g_byte_array_append(t->waiting, bytes, (guint)size);
    while ((t->locked || lock(t, &at)) && at + TS_PACKET <= t->waiting->len) {
        t->locked = t->waiting->data[at] == SYNC;
        if (!t->locked)
            continue;
        take_packet(t, t->waiting->data + at);
        at += TS_PACKET;
    }
    g_byte_array_remove_range(t->waiting, 0, (guint)at);
}
