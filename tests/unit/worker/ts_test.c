/*
 * A transport stream taken apart: the same units as libavformat sees, however the bytes are cut,
 * whatever stands between them, and over the end of the 33 bit clock; then the real worker on it.
 */
#include "checking.h"

#include "worker/film.h"
#include "worker/stream.h"
#include "worker/ts.h"

#define PICTURE "-f lavfi -i testsrc2=size=320x180:rate=25 "
#define SOUND "-f lavfi -i sine=440:sample_rate=44100 "
#define AAC "-c:a aac -b:a 96k -ac 2 "
#define TS_COPY "-c copy -f mpegts "

/* ---- listening to a stream ---- */

typedef struct {
    GPtrArray *units[2]; /* of unit */
    GBytes *config[2];
    guint tracks[2];
    bool promised[2];
    GString *notes;
} heard;

static void hear_promise(gpointer user, wire_track track)
{
    heard *h = user;
    g_assert_cmpuint(h->units[track]->len, ==, 0);
    h->promised[track] = true;
}

static bool hear_track(gpointer user, wire_track track, GBytes *config, GError **error)
{
    (void)error;
    heard *h = user;
    g_clear_pointer(&h->config[track], g_bytes_unref);
    h->config[track] = g_bytes_ref(config);
    h->tracks[track]++;
    return true;
}

static bool hear_unit(gpointer user, wire_track track, const unit *u, GError **error)
{
    (void)error;
    g_ptr_array_add(((heard *)user)->units[track], unit_copy(u));
    return true;
}

static void hear_note(gpointer user, const char *sentence)
{
    g_string_append_printf(((heard *)user)->notes, "%s\n", sentence);
}

static heard *heard_new(void)
{
    heard *h = g_new0(heard, 1);
    for (int i = 0; i < 2; i++)
        h->units[i] = g_ptr_array_new_with_free_func((GDestroyNotify)unit_free);
    h->notes = g_string_new(NULL);
    return h;
}

static void heard_free(heard *h)
{
    for (int i = 0; i < 2; i++) {
        g_ptr_array_unref(h->units[i]);
        g_clear_pointer(&h->config[i], g_bytes_unref);
    }
    g_string_free(h->notes, TRUE);
    g_free(h);
}

static void push(stream *s, const uint8_t *bytes, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(stream_push(s, bytes, size, &error));
    g_assert_no_error(error);
}

/* piece 0: pieces of any size. */
static heard *heard_from(const uint8_t *bytes, gsize size, gsize piece)
{
    const stream_ops ops = {hear_promise, hear_track, hear_unit, hear_note};
    heard *h = heard_new();
    stream *s = stream_new(&ops, h);
    for (gsize at = 0, step; at < size; at += step) {
        step = piece ? piece : (gsize)g_test_rand_int_range(1, 900);
        step = MIN(step, size - at);
        push(s, bytes + at, step);
    }
    stream_free(s);
    return h;
}

static const unit *unit_at(const heard *h, wire_track track, guint i)
{
    return g_ptr_array_index(h->units[track], i);
}

/* ---- sources ---- */

static char *flv_with(const char *name, const char *x264)
{
    g_autofree char *arguments = g_strdup_printf(
        PICTURE SOUND "-t 4 " AAC "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 %s", x264);
    return film_made(name, arguments);
}

static char *ts_of(const char *flv, const char *name, const char *more)
{
    g_autofree char *arguments = g_strdup_printf("-i '%s' " TS_COPY "%s", flv, more);
    return film_made(name, arguments);
}

static GByteArray *read_file(const char *path)
{
    char *bytes;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return g_byte_array_new_take((uint8_t *)bytes, size);
}

static GByteArray *usual_ts(void)
{
    g_autofree char *flv = flv_with("plain.flv", "-tune zerolatency");
    g_autofree char *path = ts_of(flv, "plain.ts", "");
    return read_file(path);
}

/* ---- what must hold ---- */

/* Nothing closes the last picture of a stream: it may be torn. */
static void check_same_as_film(const heard *h, const char *flv)
{
    g_autoptr(GError) error = NULL;
    film *f = film_open(flv, &error);
    g_assert_no_error(error);
    guint at[2] = {0};
    int64_t shift = 0;
    wire_track track;
    for (unit *u; (u = film_next(f, &track, &error)); unit_free(u)) {
        if (at[track] == h->units[track]->len)
            continue;
        const unit *mine = unit_at(h, track, at[track]++);
        if (at[WIRE_VIDEO] + at[WIRE_AUDIO] == 1)
            shift = mine->dts - u->dts;
        g_assert_cmpint(ABS(mine->dts - u->dts - shift), <=, 180); /* FLV counts in ms */
        g_assert_cmpint(ABS(mine->pts - u->pts - shift), <=, 180);
        g_assert_cmpint(mine->key, ==, u->key);
        g_assert_true(g_bytes_equal(mine->bytes, u->bytes));
    }
    g_assert_cmpuint(at[WIRE_VIDEO], ==, 99);
    g_assert_cmpuint(at[WIRE_AUDIO], >=, 170);
    g_assert_true(g_bytes_equal(h->config[WIRE_VIDEO], film_config(f, WIRE_VIDEO)));
    gsize size;
    const uint8_t *asc = g_bytes_get_data(film_config(f, WIRE_AUDIO), &size);
    g_assert_cmpmem(g_bytes_get_data(h->config[WIRE_AUDIO], NULL), 2, asc, 2);
    film_close(f);
}

static void units_are_those_of_the_source(const char *name, const char *x264)
{
    g_autofree char *flv_name = g_strconcat(name, ".flv", NULL);
    g_autofree char *ts_name = g_strconcat(name, ".ts", NULL);
    g_autofree char *flv = flv_with(flv_name, x264), *path = ts_of(flv, ts_name, "");
    GByteArray *bytes = read_file(path);
    heard *h = heard_from(bytes->data, bytes->len, 1316);
    check_same_as_film(h, flv);
    g_assert_true(h->promised[WIRE_VIDEO] && h->promised[WIRE_AUDIO]);
    g_assert_cmpuint(h->tracks[WIRE_VIDEO], ==, 1);
    g_assert_cmpuint(h->tracks[WIRE_AUDIO], ==, 1);
    g_assert_cmpstr(h->notes->str, ==, "");
    heard_free(h);
    g_byte_array_unref(bytes);
}

static void the_units_are_those_of_the_source(void)
{
    units_are_those_of_the_source("plain", "-tune zerolatency");
}

static void b_frames_keep_both_their_stamps(void)
{
    units_are_those_of_the_source("between", "-bf 3");
}

static void a_high_profile_says_its_colours_in_the_avcc(void)
{
    units_are_those_of_the_source("high", "-profile:v high -x264-params 8x8dct=1:bframes=2");
}

static void check_equal(const heard *a, const heard *b)
{
    for (wire_track track = WIRE_VIDEO; track <= WIRE_AUDIO; track++) {
        g_assert_cmpuint(a->units[track]->len, ==, b->units[track]->len);
        for (guint i = 0; i < a->units[track]->len; i++) {
            const unit *u = unit_at(a, track, i), *v = unit_at(b, track, i);
            g_assert_cmpint(u->pts, ==, v->pts);
            g_assert_true(g_bytes_equal(u->bytes, v->bytes));
        }
    }
}

static void any_cutting_gives_the_same_units(void)
{
    GByteArray *bytes = usual_ts();
    heard *whole = heard_from(bytes->data, bytes->len, bytes->len);
    for (int round = 0; round < 20; round++) {
        heard *pieces = heard_from(bytes->data, bytes->len, 0);
        check_equal(whole, pieces);
        heard_free(pieces);
    }
    heard *single = heard_from(bytes->data, bytes->len, 1);
    check_equal(whole, single);
    heard_free(single);
    heard_free(whole);
    g_byte_array_unref(bytes);
}

static void the_clock_goes_on_where_33_bits_end(void)
{
    g_autofree char *flv = flv_with("plain.flv", "-tune zerolatency");
    g_autofree char *path = ts_of(flv, "wrap.ts", "-output_ts_offset 95440");
    GByteArray *bytes = read_file(path);
    heard *h = heard_from(bytes->data, bytes->len, 1316);
    check_same_as_film(h, flv);
    g_assert_cmpint(unit_at(h, WIRE_VIDEO, 0)->dts, <, INT64_C(1) << 33);
    g_assert_cmpint(unit_at(h, WIRE_VIDEO, 98)->dts, >, INT64_C(1) << 33);
    heard_free(h);
    g_byte_array_unref(bytes);
}

static void a_stranger_who_comes_in_the_middle_hears_from_the_next_table_on(void)
{
    GByteArray *bytes = usual_ts();
    heard *h = heard_from(bytes->data + bytes->len / 2 + 77, bytes->len / 2 - 77, 1316);
    g_assert_cmpuint(h->units[WIRE_VIDEO]->len, >, 30);
    g_assert_nonnull(h->config[WIRE_VIDEO]);
    heard_free(h);
    g_byte_array_unref(bytes);
}

static void garbage_between_packets_costs_no_unit(void)
{
    GByteArray *bytes = usual_ts(), *dirty = g_byte_array_new();
    heard *clean = heard_from(bytes->data, bytes->len, 1316);
    uint8_t noise[100];
    for (gsize at = 0; at < bytes->len; at += TS_PACKET) {
        bool now = at % (TS_PACKET * 40) == 0;
        for (gsize i = 0; now && i < sizeof noise; i++)
            noise[i] = (uint8_t)g_test_rand_int_range(0, 0x47); /* no sync byte in it */
        if (now)
            g_byte_array_append(dirty, noise, sizeof noise);
        g_byte_array_append(dirty, bytes->data + at, TS_PACKET);
    }
    /* The packet before a gap is only believed for what it is: a lock needs two. */
    heard *h = heard_from(dirty->data, dirty->len, 1316);
    check_equal(clean, h);
    heard_free(h);
    heard_free(clean);
    g_byte_array_unref(dirty);
    g_byte_array_unref(bytes);
}

static bool is_in(const heard *h, const unit *u)
{
    for (guint i = 0; i < h->units[WIRE_VIDEO]->len; i++)
        if (g_bytes_equal(unit_at(h, WIRE_VIDEO, i)->bytes, u->bytes))
            return true;
    return false;
}

/* The sixteenth has the number of the last one that came. */
static void fifteen_lost_packets_are_no_repetition(void)
{
    g_autofree char *flv = flv_with("big.flv", "-tune zerolatency -qp 4 -g 25");
    g_autofree char *path = ts_of(flv, "big.ts", "");
    GByteArray *bytes = read_file(path);
    heard *clean = heard_from(bytes->data, bytes->len, 1316);
    guint pid = 0x100, lost = 0; /* ffmpeg's picture */
    for (gsize at = bytes->len / TS_PACKET / 2 * TS_PACKET; lost < 15; at += TS_PACKET) {
        uint8_t *p = bytes->data + at;
        if (((guint)(p[1] & 0x1f) << 8 | p[2]) != pid || !(p[3] & 0x10))
            continue;
        p[1] |= 0x1f, p[2] = 0xff; /* a null packet */
        lost++;
    }
    heard *h = heard_from(bytes->data, bytes->len, 1316);
    g_assert_cmpuint(h->units[WIRE_VIDEO]->len, <, clean->units[WIRE_VIDEO]->len);
    for (guint i = 0; i < h->units[WIRE_VIDEO]->len; i++)
        g_assert_true(is_in(clean, unit_at(h, WIRE_VIDEO, i)));
    heard_free(h);
    heard_free(clean);
    g_byte_array_unref(bytes);
}

static void a_lost_packet_costs_its_picture_and_no_other(void)
{
    GByteArray *bytes = usual_ts();
    heard *clean = heard_from(bytes->data, bytes->len, 1316);
    guint pid = 0x100; /* ffmpeg's picture */
    gsize lost = 0;
    for (gsize at = bytes->len / TS_PACKET / 2 * TS_PACKET; !lost; at += TS_PACKET) {
        const uint8_t *p = bytes->data + at;
        bool inside = ((guint)(p[1] & 0x1f) << 8 | p[2]) == pid && !(p[1] & 0x40) && p[3] & 0x10;
        lost = inside ? at : 0;
    }
    g_byte_array_remove_range(bytes, (guint)lost, TS_PACKET);
    heard *h = heard_from(bytes->data, bytes->len, 1316);
    g_assert_cmpuint(h->units[WIRE_VIDEO]->len, ==, clean->units[WIRE_VIDEO]->len - 1);
    g_assert_cmpuint(h->units[WIRE_AUDIO]->len, ==, clean->units[WIRE_AUDIO]->len);
    heard_free(h);
    heard_free(clean);
    g_byte_array_unref(bytes);
}

static void noise_is_survived_and_said(void)
{
    g_autofree uint8_t *noise = g_malloc(2 * 1024 * 1024);
    for (gsize i = 0; i < 2 * 1024 * 1024; i++)
        noise[i] = (uint8_t)g_test_rand_int();
    heard *h = heard_from(noise, 2 * 1024 * 1024, 1316);
    g_assert_cmpuint(h->units[WIRE_VIDEO]->len, ==, 0);
    g_assert_nonnull(strstr(h->notes->str, "MPEG-TS"));
    heard_free(h);
}

static void broken_bits_are_survived(void)
{
    GByteArray *bytes = usual_ts();
    for (int round = 0; round < 30; round++) {
        g_autofree uint8_t *broken = g_memdup2(bytes->data, bytes->len);
        for (int i = 0; i < 200; i++)
            broken[g_test_rand_int_range(0, (gint32)bytes->len)] ^=
                (uint8_t)(1 << g_test_rand_int_range(0, 8));
        heard_free(heard_from(broken, bytes->len, 1316));
    }
    g_byte_array_unref(bytes);
}

/* A programme with these two stream types, nothing else. */
static GByteArray *tables(uint8_t picture, uint8_t sound)
{
    uint8_t pat[TS_PACKET], pmt[TS_PACKET];
    uint8_t pat_body[] = {0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0x00};
    uint8_t pmt_body[] = {0x02, 0xb0,    23,   0, 1,    0xc1, 0,     0,    0xe1, 0,    0xf0,
                          0,    picture, 0xe1, 0, 0xf0, 0,    sound, 0xe1, 1,    0xf0, 0};
    struct {
        uint8_t *to;
        const uint8_t *body;
        gsize size;
        uint8_t pid;
    } both[] = {{pat, pat_body, sizeof pat_body, 0}, {pmt, pmt_body, sizeof pmt_body, 0x10}};
    GByteArray *out = g_byte_array_new();
    for (int i = 0; i < 2; i++) {
        uint32_t sum = 0xffffffff;
        memset(both[i].to, 0xff, TS_PACKET);
        memcpy(both[i].to, (uint8_t[]){0x47, (uint8_t)(0x40 | both[i].pid), 0, 0x10, 0}, 5);
        memcpy(both[i].to + 5, both[i].body, both[i].size);
        for (gsize b = 0; b < both[i].size * 8; b++) {
            uint32_t bit = (uint32_t)both[i].body[b / 8] >> (7 - b % 8) & 1;
            sum = sum << 1 ^ ((sum >> 31 ^ bit) ? 0x04c11db7 : 0);
        }
        for (int b = 0; b < 4; b++)
            both[i].to[5 + both[i].size + (gsize)b] = (uint8_t)(sum >> (24 - 8 * b));
        g_byte_array_append(out, both[i].to, TS_PACKET);
    }
    memset(pat, 0, sizeof pat); /* null packets, so that the lock is sure */
    memcpy(pat, (uint8_t[]){0x47, 0x1f, 0xff, 0x10}, 4);
    g_byte_array_append(out, pat, TS_PACKET);
    return out;
}

static void other_codecs_are_named_in_both_languages(void)
{
    static const struct {
        uint8_t picture, sound;
        const char *word[2];
    } table[] = {{0x24, 0x0f, {"不支持 H.265 视频", "video arrives as H.265"}},
                 {0x02, 0x0f, {"不支持 MPEG-2 视频", "video arrives as MPEG-2"}},
                 {0x1b, 0x03, {"不支持 MP2/MP3 音频", "sound arrives as MP2/MP3"}},
                 {0x1b, 0x11, {"不支持 AAC-LATM 音频", "sound arrives as AAC-LATM"}},
                 {0x15, 0x05, {"没有画面也没有声音", "neither picture nor sound"}},
                 {0x1b, 0x0f, {"", ""}}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        GByteArray *bytes = tables(table[i].picture, table[i].sound);
        g_autofree uint8_t *again = g_memdup2(bytes->data, bytes->len);
        g_byte_array_append(bytes, again, bytes->len); /* said once */
        heard *h = heard_from(bytes->data, bytes->len, 1316);
        g_assert_nonnull(strstr(h->notes->str, table[i].word[0]));
        g_assert_nonnull(strstr(h->notes->str, table[i].word[1]));
        char *first = strchr(h->notes->str, '\n');
        g_assert_true(!first || first[1] == '\0');
        g_assert_cmpint(first == NULL, ==, table[i].word[0][0] == '\0');
        heard_free(h);
        g_byte_array_unref(bytes);
    }
}

/* ---- the real worker ---- */

static void play_bytes(stage *s, const GByteArray *bytes)
{
    for (gsize at = 0; at < bytes->len; at += 1316) {
        gsize size = MIN(1316, bytes->len - at);
        stage_send(s, wire_encode_data(bytes->data + at, size));
        stage_hear(s, 0);
    }
}

static void a_class_from_a_transport_stream_is_as_from_frames(void)
{
    stage *s = stage_new();
    GByteArray *bytes = usual_ts();
    wire_job job = stage_job(s, WIRE_SOURCE_TS);
    stage_start(s, &job);
    play_bytes(s, bytes);
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    g_assert_true(s->done);
    title_index *index = stage_index(s);
    check_title(s, index);
    g_assert_true(title_index_ended(index));
    const title_rendition *src = title_index_find(index, "src");
    g_assert_nonnull(src);
    g_assert_cmpint(title_index_duration(index), >=, 99 * 3600);
    for (guint i = 0; i < src->segments->len; i++)
        g_assert_false(segment_at(src, i)->discontinuity);
    title_index_free(index);
    g_byte_array_unref(bytes);
    stage_free(s);
}

/* A muxer that gathers quiet sound brings its first word long after the first picture. */
static void promised_sound_is_waited_for(void)
{
    stage *s = stage_new();
    g_autofree char *flv = flv_with("quiet.flv", "-tune zerolatency -b:a 32k");
    g_autofree char *path = ts_of(flv, "quiet.ts", "-muxdelay 2 -pes_payload_size 6000 ");
    GByteArray *bytes = read_file(path);
    wire_job job = stage_job(s, WIRE_SOURCE_TS);
    stage_start(s, &job);
    play_bytes(s, bytes);
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    const title_rendition *src = title_index_find(index, "src");
    for (guint i = 0; i < src->segments->len; i++)
        g_assert_false(segment_at(src, i)->discontinuity);
    title_index_free(index);
    g_byte_array_unref(bytes);
    stage_free(s);
}

static void the_worker_survives_noise_and_says_what_is_wrong(void)
{
    stage *s = stage_new();
    wire_job job = stage_job(s, WIRE_SOURCE_TS);
    GByteArray *noise = g_byte_array_new();
    for (gsize i = 0; i < 1200 * 1024; i++) {
        uint8_t byte = (uint8_t)g_test_rand_int();
        g_byte_array_append(noise, &byte, 1);
    }
    stage_start(s, &job);
    play_bytes(s, noise);
    g_assert_cmpint(stage_end(s, WIRE_LEAVE), ==, 0);
    g_assert_nonnull(strstr(s->notes->str, "MPEG-TS"));
    g_byte_array_unref(noise);
    stage_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ts/" #name, name)
    TEST(the_units_are_those_of_the_source);
    TEST(b_frames_keep_both_their_stamps);
    TEST(a_high_profile_says_its_colours_in_the_avcc);
    TEST(any_cutting_gives_the_same_units);
    TEST(the_clock_goes_on_where_33_bits_end);
    TEST(a_stranger_who_comes_in_the_middle_hears_from_the_next_table_on);
    TEST(garbage_between_packets_costs_no_unit);
    TEST(a_lost_packet_costs_its_picture_and_no_other);
    TEST(fifteen_lost_packets_are_no_repetition);
    TEST(noise_is_survived_and_said);
    TEST(broken_bits_are_survived);
    TEST(other_codecs_are_named_in_both_languages);
    TEST(a_class_from_a_transport_stream_is_as_from_frames);
    TEST(promised_sound_is_waited_for);
    TEST(the_worker_survives_noise_and_says_what_is_wrong);
    int failed = g_test_run();
    films_clear();
    return failed;
}
