/* What is made of a recording, as pure rules: the ladder, the even beat. And the title it goes on writing. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "title/writer.h"
#include "worker/beat.h"
#include "worker/plan.h"

static plan ladder(int32_t width, int32_t height, bool may_copy, bool audio)
{
    wire_job job = {.source = WIRE_SOURCE_FILE, .task = WIRE_TASK_LESSON, .may_copy = may_copy};
    plan_source source = {.video = width > 0,
                          .audio = audio,
                          .picture = {.width = width,
                                      .height = height,
                                      .chroma = 1,
                                      .depth = 8,
                                      .fps_num = 30,
                                      .fps_den = 1}};
    plan made;
    plan_lesson(&job, &source, &made);
    return made;
}

static void has_rungs(const plan *made, const char *names)
{
    g_autoptr(GString) is = g_string_new(NULL);
    for (int32_t i = 0; i < made->rungs; i++)
        g_string_append_printf(is, "%s%s", i ? " " : "", made->rung[i].name);
    g_assert_cmpstr(is->str, ==, names);
}

static void a_ladder_fits_its_source_and_never_scales_up(void)
{
    static const struct {
        int32_t width, height;
        const char *rungs;
    } table[] = {{1920, 1080, "1080p 720p 480p 360p 180p audio"},
                 {3840, 2160, "1080p 720p 480p 360p 180p audio"},
                 {1080, 1920, "1080p 720p 480p 360p 180p audio"},
                 {1280, 720, "720p 480p 360p 180p audio"},
                 {1024, 768, "768p 480p 360p 180p audio"},
                 {720, 576, "576p 480p 360p 180p audio"},
                 {640, 360, "360p 180p audio"},
                 {176, 144, "144p audio"},
                 {321, 179, "178p audio"}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        plan made = ladder(table[i].width, table[i].height, false, true);
        has_rungs(&made, table[i].rungs);
        for (int32_t r = 0; r < made.rungs; r++) {
            g_assert_cmpint(made.rung[r].width, <=, table[i].width + 1);
            g_assert_cmpint(made.rung[r].width % 2 + made.rung[r].height % 2, ==, 0);
            g_assert_true(!r || !made.rung[r].video ||
                          made.rung[r].video_bps < made.rung[r - 1].video_bps);
        }
    }
}

static void a_picture_that_may_be_copied_is_the_top_rung(void)
{
    plan made = ladder(1280, 720, true, true);
    has_rungs(&made, "src 480p 360p 180p audio");
    g_assert_true(made.follow && made.rung[0].copy_video);
    made = ladder(3840, 2160, true, true);
    has_rungs(&made, "1080p 720p 480p 360p 180p audio");
    g_assert_false(made.follow);
}

static void sound_alone_has_two_rungs_and_a_silent_film_none(void)
{
    plan made = ladder(0, 0, false, true);
    has_rungs(&made, "sound audio");
    made = ladder(640, 360, false, false);
    has_rungs(&made, "360p 180p");
}

static void every_rate_gets_a_beat_players_know(void)
{
    static const int32_t table[][4] = {{30, 1, 30, 1},
                                       {60, 1, 30, 1},
                                       {120, 1, 30, 1},
                                       {50, 1, 25, 1},
                                       {30000, 1001, 30000, 1001},
                                       {60000, 1001, 30000, 1001},
                                       {2, 1, 10, 1},
                                       {0, 0, 30, 1},
                                       {90000, 1, 25, 1},
                                       {13, 1, 15, 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        beat b = beat_for(table[i][0], table[i][1]);
        g_assert_cmpfloat(b.num / (double)b.den, <=, 33.4);
        if (table[i][0] != 90000)
            g_assert_cmpint(b.num * table[i][3], ==, table[i][2] * b.den);
    }
}

static void a_tick_and_its_time_are_one(void)
{
    static const beat beats[] = {{30, 1}, {30000, 1001}, {24000, 1001}, {25, 1}, {10, 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(beats); i++)
        for (int64_t tick = 0; tick < 300000; tick += 7) {
            int64_t time = beat_time(&beats[i], tick);
            g_assert_cmpint(beat_tick(&beats[i], time), ==, tick);
            g_assert_cmpint(beat_tick(&beats[i], time + 90), ==, tick);
            g_assert_cmpint(beat_tick(&beats[i], time - 90), ==, tick);
        }
}

static void segments_begin_at_the_first_tick_of_each(void)
{
    beat b = {30000, 1001};
    int64_t begun = 0;
    for (int64_t tick = 0; tick < 3600; tick++)
        begun += beat_begins(&b, tick, 360000);
    g_assert_cmpint(begun, ==, 31); /* 120.12 s */
}

/* ---- the title ---- */

static const journal_head head = {WIRE_LESSON_PART, WIRE_LESSON_SEGMENT, WIRE_LESSON_TARGET_S,
                                  1700000000000};

static void add_segment(title_writer *writer, int64_t msn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("media", 5);
    title_piece pieces[] = {{msn * 400000, 300000, true, bytes},
                            {msn * 400000 + 300000, 100000, false, bytes}};
    title_writer_whole(writer, "360p", msn, pieces, 2, &error);
    g_assert_no_error(error);
}

static char *two_segments(void)
{
    char *dir = g_dir_make_tmp("jt-lesson-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) init = g_bytes_new_static("init", 4);
    title_writer *writer = title_writer_resume(dir, &head, &error);
    journal_rendition is = {.name = "360p",
                            .kind = RENDITION_AV,
                            .codecs = "avc1.64001e,mp4a.40.2",
                            .width = 640,
                            .height = 360,
                            .fps_milli = 30000,
                            .bandwidth = 700000};
    g_assert_true(title_writer_rendition(writer, &is, &error));
    g_assert_true(title_writer_init(writer, "360p", init, &error));
    g_assert_true(title_writer_init_stands(writer, "360p", init));
    add_segment(writer, 0);
    add_segment(writer, 1);
    title_writer_free(writer);
    return dir;
}

/* Wherever the journal was torn, whole segments stand and the next one takes its place. */
static void a_journal_torn_anywhere_goes_on_behind_its_last_whole_segment(void)
{
    g_autofree char *dir = two_segments(), *path = title_path_journal(dir), *text = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    const char *first = strstr(text, "\nsegment "), *end = strchr(first + 1, '\n') + 1;
    const gsize whole = (gsize)(end - text);
    for (gsize at = whole; at <= length; at += 11) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, text, (gssize)at, NULL));
        title_writer *writer = title_writer_resume(dir, &head, &error);
        g_assert_no_error(error);
        int64_t next = title_writer_next_msn(writer);
        g_assert_cmpint(next, ==, at < length ? 1 : 2);
        g_assert_cmpint(title_writer_next_start(writer), ==, next * 400000);
        add_segment(writer, next);
        title_writer_free(writer);
    }
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", dir);
    g_assert_cmpint(system(command), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/lesson/" #name, name)
    TEST(a_ladder_fits_its_source_and_never_scales_up);
    TEST(a_picture_that_may_be_copied_is_the_top_rung);
    TEST(sound_alone_has_two_rungs_and_a_silent_film_none);
    TEST(every_rate_gets_a_beat_players_know);
    TEST(a_tick_and_its_time_are_one);
    TEST(segments_begin_at_the_first_tick_of_each);
    TEST(a_journal_torn_anywhere_goes_on_behind_its_last_whole_segment);
    return g_test_run();
}
