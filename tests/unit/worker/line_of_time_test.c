/* The publisher's stamps onto the title's line: pictures on the beat, sound without a break. */
#include <math.h>

#include "title/journal.h"
#include "worker/soundtrack.h"
#include "worker/timeline.h"

static unit picture_at(int64_t pts, int64_t dts)
{
    return (unit){.pts = pts, .dts = dts};
}

static void milliseconds_become_the_exact_beat(void)
{
    timeline t;
    timeline_start(&t, 5000 * 90, 0, 30, 1);
    for (int i = 0; i < 1000; i++) {
        int64_t ms = 5000 + llround(i * 1000.0 / 30);
        unit u = picture_at(ms * 90, ms * 90);
        timeline_video(&t, &u);
        g_assert_cmpint(u.dts, ==, i * 3000);
    }
}

static void an_unstated_rate_is_learned(void)
{
    timeline t;
    timeline_start(&t, 0, 0, 0, 0);
    for (int i = 0; i < 200; i++) {
        int64_t ms = llround(i * 40.0);
        unit u = picture_at(ms * 90, ms * 90);
        timeline_video(&t, &u);
    }
    g_assert_cmpint(t.fps_num, ==, 25);
}

static void a_wrong_rate_does_not_run_away(void)
{
    timeline t;
    timeline_start(&t, 0, 0, 30, 1);
    for (int i = 0; i < 5000; i++) {
        int64_t ms = llround(i * 1001.0 / 30);
        unit u = picture_at(ms * 90, ms * 90);
        timeline_video(&t, &u);
        g_assert_cmpint(ABS(u.dts - ms * 90), <=, TIMELINE_SLACK);
    }
}

static void free_running_pictures_are_left_alone_but_rise(void)
{
    timeline t;
    int64_t time = 0, last = -1;
    timeline_start(&t, 0, 0, 30, 1);
    for (int i = 0; i < 2000; i++) {
        time += g_test_rand_int_range(0, 80) * 90;
        unit u = picture_at(time, time);
        timeline_video(&t, &u);
        g_assert_cmpint(ABS(u.dts - time), <=, TIMELINE_SLACK + 60);
        g_assert_cmpint(u.dts, >, last);
        last = u.dts;
    }
}

static void b_frames_are_shown_on_the_beat_too(void)
{
    timeline t;
    timeline_start(&t, 67 * 90, 0, 30, 1);
    unit u = picture_at(167 * 90, 34 * 90);
    timeline_video(&t, &u);
    g_assert_cmpint(u.dts, ==, -3000);
    g_assert_cmpint(u.pts, ==, 9000);
}

static void give(soundtrack *s, int64_t pts)
{
    static const uint8_t byte[] = {1};
    g_autoptr(GBytes) bytes = g_bytes_new_static(byte, 1);
    unit *u = unit_new(bytes, pts, pts, true);
    soundtrack_add(s, u);
    unit_free(u);
}

/* All frames so far, which must follow one another to the sample; how many of them are silence. */
static int taken(soundtrack *s, int *silent)
{
    GBytes *frame;
    int64_t sample = 0, last = -1;
    int count = 0;
    *silent = 0;
    while ((frame = soundtrack_take(s, INT64_MAX, &sample))) {
        if (count++)
            g_assert_cmpint(sample, ==, last + CODEC_AAC_FRAME);
        last = sample;
        *silent += g_bytes_get_size(frame) > 1;
        g_bytes_unref(frame);
    }
    return count;
}

static void jitter_leaves_no_trace(void)
{
    soundtrack *s = soundtrack_new(44100, 2, false);
    int silent = 0;
    soundtrack_start(s, 0);
    for (int i = 0; i < 2000; i++)
        give(s, llround(i * 1024000.0 / 44100) * 90 + g_test_rand_int_range(-900, 900));
    g_assert_cmpint(taken(s, &silent), ==, 2000);
    g_assert_cmpint(silent, ==, 0);
    soundtrack_free(s);
}

static void a_hole_is_filled_with_silence(void)
{
    soundtrack *s = soundtrack_new(48000, 2, false);
    int silent = 0;
    soundtrack_start(s, 0);
    give(s, 0);
    give(s, 1920 * 11);
    g_assert_cmpint(taken(s, &silent), ==, 12);
    g_assert_cmpint(silent, ==, 10);
    soundtrack_free(s);
}

static void sound_before_the_start_is_dropped(void)
{
    soundtrack *s = soundtrack_new(48000, 2, false);
    int silent = 0;
    for (int i = 0; i < 10; i++)
        give(s, i * 1920);
    soundtrack_start(s, 5 * 1920);
    g_assert_cmpint(taken(s, &silent), ==, 5);
    soundtrack_free(s);
}

static void a_source_that_ended_is_not_waited_for(void)
{
    soundtrack *s = soundtrack_new(48000, 2, false);
    int silent = 0;
    soundtrack_start(s, 0);
    give(s, 0);
    g_assert_false(soundtrack_reaches(s, 90000, INT64_MAX));
    g_assert_true(soundtrack_reaches(s, 90000, 1920));
    g_assert_cmpint(soundtrack_end(s), >=, 90000);
    give(s, 45000); /* too late: its place is filled */
    g_assert_cmpint(taken(s, &silent), ==, 47);
    soundtrack_free(s);
}

static void a_source_without_sound_is_never_waited_for(void)
{
    soundtrack *s = soundtrack_new(48000, 2, true);
    soundtrack_start(s, 0);
    g_assert_true(soundtrack_reaches(s, 30000, INT64_MAX));
    soundtrack_free(s);
}

static void a_drifting_clock_is_followed(void)
{
    soundtrack *s = soundtrack_new(48000, 2, false);
    int silent = 0;
    soundtrack_start(s, 0);
    for (int i = 0; i < 20000; i++) {
        int64_t pts = llround(i * 1920 * 1.0005);
        give(s, pts);
        g_assert_cmpint(ABS(soundtrack_end(s) - 1920 - pts), <, 90 * (SOUND_SLACK_MS + 25));
    }
    taken(s, &silent);
    g_assert_cmpint(silent, >, 0);
    soundtrack_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/timeline/milliseconds_become_the_exact_beat",
                    milliseconds_become_the_exact_beat);
    g_test_add_func("/timeline/an_unstated_rate_is_learned", an_unstated_rate_is_learned);
    g_test_add_func("/timeline/a_wrong_rate_does_not_run_away", a_wrong_rate_does_not_run_away);
    g_test_add_func("/timeline/free_running_pictures_are_left_alone_but_rise",
                    free_running_pictures_are_left_alone_but_rise);
    g_test_add_func("/timeline/b_frames_are_shown_on_the_beat_too",
                    b_frames_are_shown_on_the_beat_too);
    g_test_add_func("/soundtrack/jitter_leaves_no_trace", jitter_leaves_no_trace);
    g_test_add_func("/soundtrack/a_hole_is_filled_with_silence", a_hole_is_filled_with_silence);
    g_test_add_func("/soundtrack/sound_before_the_start_is_dropped",
                    sound_before_the_start_is_dropped);
    g_test_add_func("/soundtrack/a_source_that_ended_is_not_waited_for",
                    a_source_that_ended_is_not_waited_for);
    g_test_add_func("/soundtrack/a_source_without_sound_is_never_waited_for",
                    a_source_without_sound_is_never_waited_for);
    g_test_add_func("/soundtrack/a_drifting_clock_is_followed", a_drifting_clock_is_followed);
    return g_test_run();
}
