/* The ladder, the copy policy, the boundaries. */
#include <string.h>

#include "worker/plan.h"

static wire_job usual_job(void)
{
    wire_job job = {
        .part_target = 30000,
        .segment_target = 180000,
        .target_duration_s = 6,
        .rungs = 4,
        .rung = {{.name = "src", .copy = true, .audio_bps = 128000},
                 {.name = "480p", .height = 480, .video_bps = 800000, .audio_bps = 64000},
                 {.name = "180p", .height = 180, .video_bps = 150000, .audio_bps = 48000},
                 {.name = "audio", .audio_only = true, .audio_bps = 48000}}};
    return job;
}

static plan_source usual_source(int32_t width, int32_t height)
{
    return (plan_source){.video = true,
                         .audio = true,
                         .picture = {.width = width, .height = height, .chroma = 1, .depth = 8},
                         .sound = {.object_type = 2, .rate = 48000, .channels = 2}};
}

static const plan_rung *find(const plan *made, const char *name)
{
    for (int i = 0; i < made->rungs; i++)
        if (!strcmp(made->rung[i].name, name))
            return &made->rung[i];
    return NULL;
}

static void a_good_source_is_copied(void)
{
    wire_job job = usual_job();
    plan_source source = usual_source(1280, 720);
    plan made;
    plan_make(&job, &source, true, &made);
    g_assert_cmpint(made.rungs, ==, 4);
    g_assert_true(made.follow);
    g_assert_true(find(&made, "src")->copy_video && find(&made, "src")->copy_audio);
    g_assert_cmpint(find(&made, "480p")->width, ==, 854);
    g_assert_cmpint(find(&made, "180p")->width, ==, 320);
    g_assert_false(find(&made, "480p")->copy_audio);
}

static void nothing_is_scaled_up(void)
{
    wire_job job = usual_job();
    plan_source source = usual_source(640, 360);
    plan made;
    plan_make(&job, &source, true, &made);
    g_assert_null(find(&made, "480p"));
    g_assert_nonnull(find(&made, "180p"));
    source = usual_source(854, 480);
    plan_make(&job, &source, true, &made);
    g_assert_null(find(&made, "480p")); /* the copy is that already */
}

static void a_rung_as_high_as_the_source_stays_where_nothing_is_copied(void)
{
    wire_job job = usual_job();
    job.rung[0] = job.rung[--job.rungs];
    plan_source source = usual_source(854, 480);
    plan made;
    plan_make(&job, &source, false, &made);
    g_assert_nonnull(find(&made, "480p"));
    g_assert_false(made.follow);
}

static void a_tiny_source_keeps_one_picture(void)
{
    wire_job job = usual_job();
    job.rung[0] = job.rung[--job.rungs];
    plan_source source = usual_source(160, 120);
    plan made;
    plan_make(&job, &source, false, &made);
    g_assert_nonnull(find(&made, "180p"));
    g_assert_cmpint(find(&made, "180p")->height, ==, 120);
}

static void an_upright_phone_keeps_its_shape(void)
{
    wire_job job = usual_job();
    plan_source source = usual_source(720, 1280);
    plan made;
    plan_make(&job, &source, true, &made);
    g_assert_cmpint(find(&made, "480p")->width, ==, 480);
    g_assert_cmpint(find(&made, "480p")->height, ==, 854);
}

static void what_players_cannot_show_is_not_copied(void)
{
    picture_config ten_bits = {.width = 1280, .height = 720, .chroma = 1, .depth = 10};
    picture_config full_chroma = {.width = 1280, .height = 720, .chroma = 3, .depth = 8};
    picture_config fields = {
        .width = 1280, .height = 720, .chroma = 1, .depth = 8, .interlaced = true};
    g_assert_false(plan_may_copy(&ten_bits));
    g_assert_false(plan_may_copy(&full_chroma));
    g_assert_false(plan_may_copy(&fields));
}

static void a_source_too_large_to_encode_is_made_smaller(void)
{
    wire_job job = usual_job();
    plan_source source = usual_source(3840, 2160);
    plan made;
    plan_make(&job, &source, false, &made);
    g_assert_cmpint(find(&made, "src")->height, ==, 1080);
}

static void odd_sound_is_encoded(void)
{
    wire_job job = usual_job();
    plan_source source = usual_source(1280, 720);
    plan made;
    source.sound.rate = 32000;
    plan_make(&job, &source, true, &made);
    g_assert_false(find(&made, "src")->copy_audio);
    source.sound = (sound_config){.object_type = 5, .rate = 44100, .channels = 2};
    plan_make(&job, &source, true, &made);
    g_assert_false(find(&made, "src")->copy_audio);
}

static void sound_alone_has_no_picture_rungs(void)
{
    wire_job job = usual_job();
    plan_source source = {.audio = true, .sound = {.object_type = 2, .rate = 48000, .channels = 2}};
    plan made;
    plan_make(&job, &source, true, &made);
    g_assert_cmpint(made.rungs, ==, 1);
    g_assert_false(made.follow);
}

static void boundaries_are_near_two_seconds(void)
{
    g_assert_false(plan_is_boundary(90000, 180000));
    g_assert_true(plan_is_boundary(135000, 180000));
    g_assert_true(plan_is_boundary(360000, 180000));
}

static void a_rail_finds_the_segment_of_a_time(void)
{
    rail *r = rail_new(7);
    g_assert_cmpint(rail_index(r, 5), ==, -1);
    rail_add(r, 0);
    rail_add(r, 180000);
    g_assert_cmpint(rail_index(r, -1), ==, -1);
    g_assert_cmpint(rail_index(r, 179999), ==, 0);
    g_assert_cmpint(rail_index(r, 180000), ==, 1);
    g_assert_cmpint(rail_last(r), ==, 180000);
    rail_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/a_good_source_is_copied", a_good_source_is_copied);
    g_test_add_func("/plan/nothing_is_scaled_up", nothing_is_scaled_up);
    g_test_add_func("/plan/a_rung_as_high_as_the_source_stays_where_nothing_is_copied",
                    a_rung_as_high_as_the_source_stays_where_nothing_is_copied);
    g_test_add_func("/plan/a_tiny_source_keeps_one_picture", a_tiny_source_keeps_one_picture);
    g_test_add_func("/plan/an_upright_phone_keeps_its_shape", an_upright_phone_keeps_its_shape);
    g_test_add_func("/plan/what_players_cannot_show_is_not_copied",
                    what_players_cannot_show_is_not_copied);
    g_test_add_func("/plan/a_source_too_large_to_encode_is_made_smaller",
                    a_source_too_large_to_encode_is_made_smaller);
    g_test_add_func("/plan/odd_sound_is_encoded", odd_sound_is_encoded);
    g_test_add_func("/plan/sound_alone_has_no_picture_rungs", sound_alone_has_no_picture_rungs);
    g_test_add_func("/plan/boundaries_are_near_two_seconds", boundaries_are_near_two_seconds);
    g_test_add_func("/plan/a_rail_finds_the_segment_of_a_time", a_rail_finds_the_segment_of_a_time);
    return g_test_run();
}
