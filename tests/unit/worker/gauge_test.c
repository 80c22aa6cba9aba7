/* What a publisher sends, in numbers: streams made of stamps alone, each with one thing to be seen. */
#include <glib.h>

#include "worker/gauge.h"

#define MS 90
#define BEGIN_MS 1000 /* monotonic */

/* A publisher: pictures at `fps` with a keyframe every `gop_ms`, sound of 20 ms frames; both on time. */
typedef struct {
    int fps, gop_ms;
    int64_t sound_lag_ms;     /* of its stamps behind the picture's */
    int64_t stalls_at_ms;     /* from here on it arrives … */
    int64_t stalled_ms;       /* … so much later */
    int64_t hole_at_ms, hole; /* so many pictures are missing there */
    bool reorders;
    guint picture_bytes, sound_bytes;
    int64_t offset_ms; /* of its clock */
} sender;

static void send(gauge *g, wire_track track, guint size, int64_t pts, int64_t dts, bool key,
                 int64_t now_ms)
{
    g_autofree uint8_t *zeros = g_malloc0(size);
    g_autoptr(GBytes) bytes = g_bytes_new(zeros, size);
    unit *u = unit_new(bytes, pts, dts, key);
    gauge_unit(g, track, u, now_ms);
    unit_free(u);
}

static bool in_hole(const sender *s, int64_t picture)
{
    int64_t first = s->hole_at_ms * s->fps / 1000;
    return s->hole && picture >= first && picture < first + s->hole;
}

/* Runs it for so long, asking every 10 ms; how often it had something to say. */
static int run(gauge *g, const sender *s, int64_t length_ms)
{
    int said = 0;
    int64_t picture = 0, sound = 0;
    for (int64_t at = 0; at < length_ms; at += 10) {
        int64_t late = s->stalled_ms && at >= s->stalls_at_ms ? s->stalled_ms : 0;
        int64_t now = BEGIN_MS + at + late, base = s->offset_ms * MS;
        for (; s->fps && picture * 1000 / s->fps <= at; picture++) {
            int64_t dts = base + picture * 1000 * MS / s->fps;
            bool key = picture % (s->fps * s->gop_ms / 1000) == 0;
            int64_t swap = s->reorders && picture % 3 == 1 ? 6000 : 0;
            if (!in_hole(s, picture))
                send(g, WIRE_VIDEO, s->picture_bytes, dts + swap, dts, key, now);
        }
        for (; s->sound_bytes && sound * 20 <= at; sound++) {
            int64_t dts = base + (sound * 20 - s->sound_lag_ms) * MS;
            send(g, WIRE_AUDIO, s->sound_bytes, dts, dts, true, now);
        }
        said += gauge_due(g, now);
    }
    return said;
}

static const sender fine = {
    .fps = 30, .gop_ms = 2000, .picture_bytes = 10000, .sound_bytes = 240, .offset_ms = -777};

static void a_sound_stream_shows_its_rates_and_no_fault(void)
{
    gauge g = {0};
    g_assert_cmpint(run(&g, &fine, 10000), ==, 9);
    g_assert_cmpint(ABS(g.says.video_bps - 2400000), <, 100000);
    g_assert_cmpint(ABS(g.says.audio_bps - 96000), <, 4000);
    g_assert_cmpint(g.says.fps_milli, ==, 30000);
    g_assert_cmpint(g.says.key_ms, ==, 2000);
    g_assert_cmpint(ABS(g.says.ahead_ms), <, 40);
    g_assert_cmpint(g.says.late_ms, <, 15);
    g_assert_cmpint(g.says.skipped, ==, 0);
    g_assert_false(g.says.reordered);
}

static void rare_keyframes_are_seen_before_the_next_one_comes(void)
{
    gauge g = {0};
    sender s = fine;
    s.gop_ms = 10000;
    run(&g, &s, 8000);
    g_assert_cmpint(g.says.key_ms, >, 6000);
    g = (gauge){0};
    run(&g, &s, 12500);
    g_assert_cmpint(g.says.key_ms, ==, 10000);
}

static void missing_pictures_are_counted_and_lower_the_rate(void)
{
    gauge g = {0};
    sender s = fine;
    s.hole_at_ms = 4100;
    s.hole = 12;
    run(&g, &s, 6100);
    g_assert_cmpint(g.says.skipped, ==, 12);
    g_assert_cmpint(g.says.fps_milli, ==, 30000);
}

static void a_late_arrival_is_told_and_forgotten_when_it_recovers(void)
{
    gauge g = {0};
    sender s = fine;
    s.stalls_at_ms = 3000;
    s.stalled_ms = 2500;
    run(&g, &s, 5000);
    g_assert_cmpint(ABS(g.says.late_ms - 2500), <, 50);
}

static void sound_that_lags_is_told_with_its_sign(void)
{
    gauge g = {0};
    sender s = fine;
    s.sound_lag_ms = 800;
    run(&g, &s, 5000);
    g_assert_cmpint(ABS(g.says.ahead_ms + 800), <, 40);
}

static void b_frames_are_seen(void)
{
    gauge g = {0};
    sender s = fine;
    s.reorders = true;
    run(&g, &s, 2000);
    g_assert_true(g.says.reordered);
}

static void sound_alone_has_no_picture_to_be_compared_with(void)
{
    gauge g = {0};
    sender s = {.sound_bytes = 240};
    run(&g, &s, 5000);
    g_assert_cmpint(g.says.fps_milli, ==, 0);
    g_assert_cmpint(g.says.video_bps, ==, 0);
    g_assert_cmpint(g.says.ahead_ms, ==, 0);
    g_assert_cmpint(ABS(g.says.audio_bps - 96000), <, 4000);
}

static void another_clock_is_no_hole(void)
{
    gauge g = {0};
    sender s = fine;
    run(&g, &s, 4000);
    s.offset_ms = 1LL << 50;
    run(&g, &s, 4000);
    g_assert_cmpint(g.says.skipped, ==, 0);
    g_assert_cmpint(g.says.key_ms, ==, 2000);
    g_assert_cmpint(g.says.fps_milli, ==, 30000);
}

static void any_stamps_are_survived(void)
{
    gauge g = {0};
    int64_t now = 1;
    for (int i = 0; i < 100000; i++) {
        int64_t dts = ((int64_t)g_test_rand_int() * (1LL << 24)) * (g_test_rand_bit() ? 90 : -90);
        send(&g, g_test_rand_int_range(0, 2), 1, dts + g_test_rand_int_range(-1000, 1000), dts,
             g_test_rand_bit(), now);
        now += g_test_rand_int_range(0, 100);
        gauge_due(&g, now);
    }
    g_assert_cmpint(g.says.skipped, >=, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/worker/gauge/" #name, name)
    TEST(a_sound_stream_shows_its_rates_and_no_fault);
    TEST(rare_keyframes_are_seen_before_the_next_one_comes);
    TEST(missing_pictures_are_counted_and_lower_the_rate);
    TEST(a_late_arrival_is_told_and_forgotten_when_it_recovers);
    TEST(sound_that_lags_is_told_with_its_sign);
    TEST(b_frames_are_seen);
    TEST(sound_alone_has_no_picture_to_be_compared_with);
    TEST(another_clock_is_no_hole);
    TEST(any_stamps_are_survived);
    return g_test_run();
}
