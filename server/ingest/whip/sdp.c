#include "ingest/whip/sdp.h"

#include <string.h>

#define PAYLOADS_MAX 64 /* of one track; browsers offer about thirty */

typedef struct {
    guint number;
    bool h264, opus, rtx;
    guint repairs; /* an rtx's apt */
    char format[257];
} payload;

/* One track while its lines are read. */
typedef struct {
    sdp_track is;
    bool sends, muxes;
    payload payloads[PAYLOADS_MAX]; /* in the publisher's order of preference */
    guint count;
} reading;

typedef struct {
    sdp_offer *offer;
    reading tracks[2];
    int now; /* -1: before the first track */
    guint lines, tracks_seen;
    char bundle[257]; /* the names in it */
    bool begun;
    GError **error;
} reader;

static bool refuse(GError **error, const char *code, const char *sentence)
{
    error_set(error, ERROR_INPUT, code, NULL, "%s", sentence);
    return false;
}

static bool broken(GError **error, const char *sentence)
{
    return refuse(error, "sdp_broken", sentence);
}

/* ---- words ---- */

static bool starts(const char *line, const char *with, const char **rest)
{
    gsize length = strlen(with);
    if (strncmp(line, with, length) != 0)
        return false;
    *rest = line + length;
    return true;
}

/* Copies a word of these characters; false when it is empty, too long or of others. */
static bool take_word(const char *text, const char *also, char *out, gsize size)
{
    gsize length = strlen(text);
    if (length == 0 || length >= size)
        return false;
    for (const char *c = text; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr(also, *c))
            return false;
    memcpy(out, text, length + 1);
    return true;
}

/* A decimal number at the beginning of the text; *rest stands behind it. */
static bool take_number(const char *text, guint64 most, guint64 *number, const char **rest)
{
    char *end = NULL;
    if (!g_ascii_isdigit(*text))
        return false;
    *number = g_ascii_strtoull(text, &end, 10);
    *rest = end;
    return *number <= most && (*end == '\0' || *end == ' ' || *end == '/');
}

/* ---- attributes of the whole, or of a track ---- */

static bool set_ice(char *place, const char *value, gsize least, GError **error)
{
    char word[SDP_ICE_MAX + 1];
    if (!take_word(value, "+/", word, sizeof word) || strlen(word) < least)
        return broken(error, "The offer's ICE credentials cannot be read");
    if (*place && strcmp(place, word) != 0)
        return broken(error, "The offer has several ICE credentials; send one bundle");
    strcpy(place, word);
    return true;
}

static bool set_fingerprint(reader *r, const char *value)
{
    char word[129];
    gsize length = strlen(value);
    if (strncmp(value, "sha-256 ", 8) != 0)
        return true; /* another hash beside it is none of ours */
    bool good = length == 8 + 95 && take_word(value + 8, ":", word, sizeof word);
    for (gsize i = 8; good && i < length; i++)
        good = (i - 8) % 3 == 2 ? value[i] == ':' : g_ascii_isxdigit(value[i]);
    if (!good)
        return broken(r->error, "The offer's fingerprint cannot be read");
    if (*r->offer->fingerprint && g_ascii_strcasecmp(r->offer->fingerprint, value) != 0)
        return broken(r->error, "The offer has several fingerprints; send one bundle");
    g_strlcpy(r->offer->fingerprint, value, sizeof r->offer->fingerprint);
    return true;
}

/* Stands before the tracks or in each of them, and must be the same everywhere. */
static bool read_common(reader *r, const char *line)
{
    const char *value;
    if (starts(line, "a=ice-ufrag:", &value))
        return set_ice(r->offer->ufrag, value, 4, r->error);
    if (starts(line, "a=ice-pwd:", &value))
        return set_ice(r->offer->password, value, 22, r->error);
    if (starts(line, "a=fingerprint:", &value))
        return set_fingerprint(r, value);
    return true;
}

/* ---- a track ---- */

static payload *find_payload(reading *t, guint64 number)
{
    for (guint i = 0; i < t->count; i++)
        if (t->payloads[i].number == number)
            return &t->payloads[i];
    return NULL;
}

static bool read_payloads(reader *r, reading *t, const char *list)
{
    while (*list == ' ') {
        guint64 number;
        if (!take_number(list + 1, 127, &number, &list) || *list == '/')
            return broken(r->error, "The offer's list of formats cannot be read");
        if (t->count == PAYLOADS_MAX)
            return broken(r->error, "The offer has too many formats");
        t->payloads[t->count++].number = (guint)number;
    }
    return *list == '\0' || broken(r->error, "The offer's list of formats cannot be read");
}

/* "m=video 9 UDP/TLS/RTP/SAVPF 96 97" */
static bool begin_track(reader *r, const char *line)
{
    const char *rest;
    guint64 port;
    int track;
    if (starts(line, "m=video ", &rest))
        track = 0;
    else if (starts(line, "m=audio ", &rest))
        track = 1;
    else
        return refuse(r->error, "sdp_tracks",
                      "Send one picture and one sound, and no data channel");
    reading *t = &r->tracks[track];
    if (t->is.there)
        return refuse(r->error, "sdp_tracks", "Send one picture and one sound, not several");
    if (!take_number(rest, 65535, &port, &rest) || !starts(rest, " UDP/TLS/RTP/SAVPF", &rest))
        return broken(r->error, "The offer's tracks are not WebRTC's (UDP/TLS/RTP/SAVPF)");
    t->is.there = t->sends = true;
    r->now = track;
    if (r->tracks_seen++ == 0)
        r->offer->first = (guint)track;
    return read_payloads(r, t, rest);
}

/* "96 H264/90000" */
static void read_map(reading *t, const char *value)
{
    guint64 number;
    payload *p;
    if (!take_number(value, 127, &number, &value) || *value != ' ' ||
        !(p = find_payload(t, number)))
        return;
    p->h264 = !g_ascii_strcasecmp(value + 1, "H264/90000");
    p->opus = !g_ascii_strcasecmp(value + 1, "opus/48000/2");
    p->rtx = !g_ascii_strcasecmp(value + 1, "rtx/90000");
}

/* "96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" */
static void read_format(reading *t, const char *value)
{
    guint64 number, repairs;
    payload *p;
    const char *end;
    char word[257];
    if (!take_number(value, 127, &number, &value) || *value != ' ' ||
        !(p = find_payload(t, number)))
        return;
    value++;
    if (g_str_has_prefix(value, "apt=") && take_number(value + 4, 127, &repairs, &end))
        p->repairs = (guint)repairs;
    if (take_word(value, "=;-_, ", word, sizeof word))
        g_strlcpy(p->format, word, sizeof p->format);
}

/* "3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" */
static void read_extension(reading *t, const char *value)
{
    guint64 id;
    if (!take_number(value, 14, &id, &value) || id == 0)
        return;
    if (g_str_has_suffix(value, " http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-"
                                "extensions-01"))
        t->is.transport_cc = (guint)id;
}

static void add_ssrc(reading *t, uint32_t ssrc)
{
    for (guint i = 0; i < t->is.ssrcs; i++)
        if (t->is.ssrc[i] == ssrc)
            return;
    if (t->is.ssrcs < SDP_SSRCS_MAX)
        t->is.ssrc[t->is.ssrcs++] = ssrc;
}

/* "FID 1234 5678": a stream and its repair */
static void read_pair(reading *t, const char *value)
{
    guint64 stream, repair;
    if (t->is.paired || !take_number(value, G_MAXUINT32, &stream, &value) || *value != ' ' ||
        !take_number(value + 1, G_MAXUINT32, &repair, &value) || *value || stream == repair)
        return;
    t->is.pair[0] = (uint32_t)stream;
    t->is.pair[1] = (uint32_t)repair;
    t->is.paired = true;
    add_ssrc(t, t->is.pair[0]);
    add_ssrc(t, t->is.pair[1]);
}

static void read_ssrc(reading *t, const char *value)
{
    guint64 ssrc;
    if (take_number(value, G_MAXUINT32, &ssrc, &value))
        add_ssrc(t, (uint32_t)ssrc);
}

static bool read_track_line(reader *r, reading *t, const char *line)
{
    const char *value;
    if (starts(line, "a=mid:", &value))
        return take_word(value, "-_.", t->is.mid, sizeof t->is.mid) ||
               broken(r->error, "The offer's track names (mid) cannot be read");
    if (starts(line, "a=rtpmap:", &value))
        read_map(t, value);
    else if (starts(line, "a=fmtp:", &value))
        read_format(t, value);
    else if (starts(line, "a=extmap:", &value))
        read_extension(t, value);
    else if (starts(line, "a=ssrc-group:FID ", &value))
        read_pair(t, value);
    else if (starts(line, "a=ssrc:", &value))
        read_ssrc(t, value);
    else if (g_str_equal(line, "a=rtcp-mux"))
        t->muxes = true;
    else if (g_str_equal(line, "a=recvonly") || g_str_equal(line, "a=inactive"))
        t->sends = false;
    else if (g_str_has_prefix(line, "a=simulcast:"))
        return refuse(r->error, "sdp_tracks", "Send the picture once, not in several sizes");
    return true;
}

/* ---- the lines ---- */

static bool read_line(reader *r, const char *line)
{
    const char *value;
    if (line[1] != '=')
        return broken(r->error, "This is not SDP: a line has no \"x=\"");
    if (!r->begun && !g_str_equal(line, "v=0"))
        return broken(r->error, "This is not SDP: it does not begin with v=0");
    r->begun = true;
    if (line[0] == 'm')
        return begin_track(r, line);
    if (line[0] != 'a')
        return true;
    if (!read_common(r, line))
        return false;
    if (r->now >= 0)
        return read_track_line(r, &r->tracks[r->now], line);
    if (starts(line, "a=group:BUNDLE ", &value) && strlen(value) < sizeof r->bundle)
        g_strlcpy(r->bundle, value, sizeof r->bundle);
    return true;
}

/* Calls fn for each line, without its end. */
static bool each_line(const char *text, gsize size, bool (*fn)(reader *r, const char *line),
                      reader *r)
{
    const char *end = text + size;
    char line[SDP_LINE_MAX + 1];
    if (size == 0 || size > SDP_SIZE_MAX)
        return broken(r->error, "The SDP is empty or too long");
    while (text < end) {
        const char *stop = memchr(text, '\n', (gsize)(end - text));
        gsize length = (gsize)((stop ? stop : end) - text);
        gsize kept = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        if (kept > SDP_LINE_MAX || ++r->lines > SDP_LINES_MAX)
            return broken(r->error, "The SDP has too many or too long lines");
        for (gsize i = 0; i < kept; i++)
            if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
                return broken(r->error, "The SDP has control characters");
        memcpy(line, text, kept);
        line[kept] = '\0';
        if (kept > 0 && !fn(r, line))
            return false;
        text += length + 1;
    }
    return true;
}

/* ---- what came of it ---- */

static bool choose(reading *t, bool picture)
{
    for (guint i = 0; i < t->count; i++) {
        const payload *p = &t->payloads[i];
        bool mode = strstr(p->format, "packetization-mode=1") != NULL;
        if (picture ? !p->h264 || !mode : !p->opus)
            continue;
        t->is.payload = p->number;
        g_strlcpy(t->is.format, p->format, sizeof t->is.format);
        for (guint j = 0; j < t->count && !t->is.repair; j++)
            if (t->payloads[j].rtx && t->payloads[j].repairs == p->number)
                t->is.repair = t->payloads[j].number;
        return true;
    }
    return false;
}

static bool is_bundled(const reader *r, const char *mid)
{
    g_auto(GStrv) mids = g_strsplit(r->bundle, " ", -1);
    return *mid && g_strv_contains((const char *const *)mids, mid);
}

/* A stream with its repair is all there is of a track; a pair without a way to repair is none. */
static void settle_streams(sdp_track *t)
{
    t->paired = t->paired && t->repair;
    if (!t->paired)
        return;
    memcpy(t->ssrc, t->pair, sizeof t->pair);
    t->ssrcs = G_N_ELEMENTS(t->pair);
}

static bool settle_track(reader *r, guint track)
{
    reading *t = &r->tracks[track];
    if (!t->is.there)
        return true;
    if (!t->sends)
        return refuse(r->error, "sdp_tracks", "The tracks must be sent, not received (sendonly)");
    if (!t->muxes || !is_bundled(r, t->is.mid))
        return broken(r->error, "The tracks must be one bundle with rtcp-mux");
    if (!choose(t, track == 0))
        return refuse(r->error, "sdp_codec",
                      track == 0 ? "The browser must send H.264 (packetization-mode 1)"
                                 : "The browser must send Opus");
    settle_streams(&t->is);
    r->offer->track[track] = t->is;
    return true;
}

static bool settle(reader *r)
{
    const sdp_offer *o = r->offer;
    if (r->tracks_seen == 0)
        return refuse(r->error, "sdp_tracks", "There is neither picture nor sound in the offer");
    if (!*o->ufrag || !*o->password || !*o->fingerprint)
        return broken(r->error, "The offer lacks ICE credentials or a sha-256 fingerprint");
    if (!settle_track(r, 0) || !settle_track(r, 1))
        return false;
    return !o->track[0].there || !o->track[1].there ||
           strcmp(o->track[0].mid, o->track[1].mid) != 0 ||
           broken(r->error, "Two tracks have the same name (mid)");
}

bool sdp_read_offer(const char *text, gsize size, sdp_offer *offer, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree reader *r = g_new0(reader, 1);
    memset(offer, 0, sizeof *offer);
    r->offer = offer;
    r->now = -1;
    r->error = &why;
    if (each_line(text, size, read_line, r) && settle(r))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* ---- our words ---- */

static void write_track(GString *out, const sdp_offer *offer, guint track)
{
    const sdp_track *t = &offer->track[track];
    if (!t->there)
        return;
    g_string_append_printf(out, "m=%s 9 UDP/TLS/RTP/SAVPF %u", track ? "audio" : "video",
                           t->payload);
    if (t->repair)
        g_string_append_printf(out, " %u", t->repair);
    g_string_append_printf(out,
                           "\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\n"
                           "a=ice-pwd:%s\r\na=ice-options:trickle\r\na=fingerprint:%s\r\n"
                           "a=setup:actpass\r\na=mid:%s\r\n",
                           offer->ufrag, offer->password, offer->fingerprint, t->mid);
    if (t->transport_cc)
        g_string_append_printf(out,
                               "a=extmap:%u http://www.ietf.org/id/draft-holmer-rmcat-transport-"
                               "wide-cc-extensions-01\r\n",
                               t->transport_cc);
    g_string_append_printf(out, "a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:%u %s\r\n",
                           t->payload, track ? "opus/48000/2" : "H264/90000");
    if (t->transport_cc)
        g_string_append_printf(out, "a=rtcp-fb:%u transport-cc\r\n", t->payload);
    if (track == 0)
        g_string_append_printf(out,
                               "a=rtcp-fb:%u ccm fir\r\na=rtcp-fb:%u nack\r\n"
                               "a=rtcp-fb:%u nack pli\r\n",
                               t->payload, t->payload, t->payload);
    if (*t->format)
        g_string_append_printf(out, "a=fmtp:%u %s\r\n", t->payload, t->format);
    if (t->repair)
        g_string_append_printf(out, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", t->repair,
                               t->repair, t->payload);
    if (t->paired && t->repair)
        g_string_append_printf(out, "a=ssrc-group:FID %u %u\r\n", t->pair[0], t->pair[1]);
    for (guint i = 0; i < t->ssrcs; i++)
        g_string_append_printf(out, "a=ssrc:%u cname:publisher\r\n", t->ssrc[i]);
    /* nobody is there: libnice takes no peer seriously that has no candidate at all */
    g_string_append(out, "a=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n");
}

char *sdp_write_offer(const sdp_offer *offer)
{
    GString *out = g_string_new("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                                "a=group:BUNDLE");
    const guint order[] = {offer->first, 1 - offer->first};
    for (guint i = 0; i < 2; i++)
        if (offer->track[order[i]].there)
            g_string_append_printf(out, " %s", offer->track[order[i]].mid);
    g_string_append(out, "\r\na=msid-semantic: WMS *\r\n");
    for (guint i = 0; i < 2; i++)
        write_track(out, offer, order[i]);
    return g_string_free(out, FALSE);
}

/* ---- the answer ---- */

static bool read_answer_line(reader *r, const char *line)
{
    return !g_str_has_prefix(line, "a=ice-") || read_common(r, line);
}

static bool read_credentials(const char *text, gsize size, sdp_offer *found, GError **error)
{
    reader r = {.offer = found, .now = -1, .error = error};
    return each_line(text, size, read_answer_line, &r);
}

bool sdp_read_answer(const char *text, gsize size, char ufrag[SDP_ICE_MAX + 1],
                     char password[SDP_ICE_MAX + 1], GError **error)
{
    sdp_offer found = {0};
    if (!read_credentials(text, size, &found, NULL) || !*found.ufrag || !*found.password) {
        error_set(error, ERROR_PEER, "whip_answer", NULL, "The receiver's answer cannot be read");
        return false;
    }
    strcpy(ufrag, found.ufrag);
    strcpy(password, found.password);
    return true;
}

bool sdp_read_fragment(const char *text, gsize size, char ufrag[SDP_ICE_MAX + 1], GError **error)
{
    sdp_offer found = {0};
    *ufrag = '\0';
    if (!read_credentials(text, size, &found, error))
        return false;
    strcpy(ufrag, found.ufrag);
    return true;
}

static void write_candidates(GString *out, const char *const *addresses, int port)
{
    for (guint i = 0; addresses[i] && i < SDP_CANDIDATES_MAX; i++) {
        /* RFC 8445 section 5.1.2: host, in our order, component 1 */
        guint32 priority = (126u << 24) | ((65535u - i) << 8) | 255u;
        g_string_append_printf(out, "a=candidate:%u 1 UDP %u %s %d typ host\r\n", i + 1, priority,
                               addresses[i], port);
    }
    g_string_append(out, "a=end-of-candidates\r\n");
}

/* Chromium takes the rate to begin with from here; others pass over a word they do not know. */
static void write_format(GString *out, const sdp_track *picture)
{
    g_string_append_printf(out, "a=fmtp:%u %s%sx-google-start-bitrate=%d\r\n", picture->payload,
                           picture->format, *picture->format ? ";" : "", SDP_START_KBPS);
}

char *sdp_write_answer(const char *text, gsize size, const sdp_offer *offer,
                       const char *const *addresses, int port)
{
    g_autofree char *whole = g_strndup(text, size);
    g_autofree char *format = g_strdup_printf("a=fmtp:%u ", offer->track[0].payload);
    g_auto(GStrv) lines = g_strsplit(whole, "\r\n", -1);
    GString *out = g_string_new(NULL);
    guint tracks = 0;
    for (int i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "m=") && tracks++ == 1)
            write_candidates(out, addresses, port); /* the bundle's own: in its first track */
        if (offer->track[0].there && g_str_has_prefix(lines[i], format))
            write_format(out, &offer->track[0]);
        else if (*lines[i])
            g_string_append_printf(out, "%s\r\n", lines[i]);
    }
    if (tracks < 2)
        write_candidates(out, addresses, port);
    return g_string_free(out, FALSE);
}
