/*
 * The real worker on real frames: what a publisher, or the server, may do to it, and what the title
 * must be then.
 */
#include "checking.h"

#define PICTURE "-f lavfi -i testsrc2=size=640x360:rate=30 "
#define SOUND "-f lavfi -i sine=440:sample_rate=48000 "
#define X264 "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -b:v 600k "
#define AAC "-c:a aac -b:a 96k -ac 2 "

static char *usual(void)
{
    return film_made("usual.flv", PICTURE SOUND "-t 9 " X264 "-g 60 " AAC);
}

static title_index *played(stage *s, const char *path, const cut *c, wire_kind how)
{
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    stage_play(s, path, c);
    g_assert_cmpint(stage_end(s, how), ==, 0);
    g_assert_cmpint(s->done, ==, how == WIRE_FINISH);
    title_index *index = stage_index(s);
    check_title(s, index);
    return index;
}

static const title_rendition *rendition(const title_index *index, const char *name)
{
    const title_rendition *r = title_index_find(index, name);
    g_assert_nonnull(r);
    return r;
}

static void a_usual_class(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    g_assert_true(title_index_ended(index));
    g_assert_cmpuint(title_index_count(index), ==, 4);
    const title_rendition *src = rendition(index, "src");
    g_assert_cmpstr(src->is.codecs, ==, "avc1.42c01e,mp4a.40.2");
    g_assert_cmpuint(src->segments->len, ==, 5);
    g_assert_cmpint(segment_at(src, 0)->start, ==, 0);
    g_assert_cmpint(segment_at(src, 1)->start, ==, 180000);
    g_assert_cmpint(segment_at(src, 0)->parts->len, ==, 6);
    g_assert_cmpint(title_index_duration(index), ==, 9 * 90000);
    g_assert_cmpint(rendition(index, "240p")->is.width, ==, 426);
    g_assert_cmpint(s->bells, >, 0);
    title_index_free(index);
    stage_free(s);
}

static void leaving_writes_no_end(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){.to_ms = 5000}, WIRE_LEAVE);
    g_assert_false(title_index_ended(index));
    g_assert_cmpint(title_index_duration(index), ==, 5 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void a_closed_line_is_leaving(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    stage_play(s, path, &(cut){.to_ms = 3000});
    shutdown(s->fd, SHUT_WR);
    g_assert_cmpint(stage_wait(s), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    g_assert_cmpint(title_index_duration(index), ==, 3 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void b_frames_keep_their_places(void)
{
    stage *s = stage_new();
    g_autofree char *path =
        film_made("bframes.flv", PICTURE SOUND "-t 7 -c:v libx264 -preset veryfast -bf 3 -g 60 "
                                               "-sc_threshold 0 -b:v 600k " AAC);
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    const title_rendition *src = rendition(index, "src");
    g_assert_cmpuint(src->segments->len, ==, 4);
    g_assert_cmpint(segment_at(src, 1)->start, ==, 180000);
    g_autofree char *file = g_build_filename(s->dir, "src-0.mp4", NULL);
    track_span spans[2];
    read_spans(file, spans);
    g_assert_cmpfloat_with_epsilon(spans[0].end - spans[0].first, 7.0, 0.05);
    title_index_free(index);
    stage_free(s);
}

/* The luma of a film's first picture, in its upper left corner. */
static int luma(const stage *s, const char *film)
{
    g_autofree char *plane = g_build_filename(s->dir, "plane", NULL), *bytes = NULL;
    run("ffmpeg -v error -y -i '%s' -frames:v 1 -vf extractplanes=y -f rawvideo '%s'", film, plane);
    g_assert_true(g_file_get_contents(plane, &bytes, NULL, NULL));
    return (uint8_t)bytes[0];
}

/* 720 lines are taken for BT.709 and 240 for BT.601: red is 63 in one and 81 in the other. */
static void a_scaled_picture_keeps_the_colours_of_its_source(void)
{
    stage *s = stage_new();
    g_autofree char *path = film_made(
        "red.flv", "-f lavfi -i color=red:size=1280x720:rate=30 " SOUND "-t 3 " X264 "-g 60 " AAC);
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    g_autofree char *scaled = g_build_filename(s->dir, "240p-0.mp4", NULL);
    g_assert_cmpint(ABS(luma(s, scaled) - luma(s, path)), <=, 2);
    title_index_free(index);
    stage_free(s);
}

static void mono_at_44100_is_copied_and_resampled(void)
{
    stage *s = stage_new();
    g_autofree char *path =
        film_made("mono.flv", PICTURE "-f lavfi -i sine=440:sample_rate=44100 -t 7 " X264
                                      "-g 60 -c:a aac -b:a 64k -ac 1 ");
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    g_assert_cmpint(rate_of_init(s, "src", 0), ==, 44100);
    g_assert_cmpint(rate_of_init(s, "240p", 0), ==, 48000);
    g_assert_cmpint(rate_of_init(s, "audio", 0), ==, 48000);
    title_index_free(index);
    stage_free(s);
}

/* Whole frames, cut frames, thinned frames: the checks are the same for all. */
static void any_frame_rate_keeps_the_bounds(void)
{
    static const char *const rates[] = {"25", "30000/1001", "60", "8", "50", "3"};
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        stage *s = stage_new();
        g_autofree char *name = g_strdup_printf("rate%zu.flv", i);
        g_autofree char *made = g_strdup_printf("-f lavfi -i testsrc2=size=320x240:rate=%s " SOUND
                                                "-t 6 " X264 "-force_key_frames "
                                                "'expr:gte(t,n_forced*2)' -g 600 " AAC,
                                                rates[i]);
        g_autofree char *path = film_made(name, made);
        title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
        g_assert_cmpuint(rendition(index, "src")->segments->len, >=, 3);
        g_assert_cmpint(ABS(title_index_duration(index) - 6 * 90000), <=, 12000);
        g_assert_cmpint(rendition(index, "120p")->is.fps_milli, <=, 30000);
        title_index_free(index);
        stage_free(s);
    }
}

static void sound_players_may_not_know_is_encoded(void)
{
    stage *s = stage_new();
    g_autofree char *path =
        film_made("low.flv", PICTURE "-f lavfi -i sine=440:sample_rate=22050 -t 5 " X264
                                     "-g 60 -c:a aac -b:a 32k -ac 1 ");
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    g_assert_cmpint(rate_of_init(s, "src", 0), ==, 48000);
    title_index_free(index);
    stage_free(s);
}

static void a_source_without_sound_gets_silence(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){.no_sound = true, .to_ms = 7000}, WIRE_FINISH);
    g_assert_cmpuint(title_index_count(index), ==, 4);
    g_assert_cmpuint(rendition(index, "audio")->segments->len, ==, 4);
    g_assert_cmpint(title_index_duration(index), ==, 7 * 90000);
    title_index_free(index);
    stage_free(s);
}

/* A whole part of sound would reach over the last picture by less than half of its frames. */
static void sound_ends_where_the_pictures_do(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){.no_sound = true, .to_ms = 6640}, WIRE_FINISH);
    const title_segment *last = segment_at(rendition(index, "audio"), 3);
    g_assert_cmpint(last->duration, ==, 57000);
    g_assert_cmpint(segment_at(rendition(index, "src"), 3)->duration, ==, 57000);
    title_index_free(index);
    stage_free(s);
}

static void sound_alone_has_one_rendition(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){.no_picture = true}, WIRE_FINISH);
    g_assert_cmpuint(title_index_count(index), ==, 1);
    const title_rendition *audio = rendition(index, "audio");
    g_assert_cmpint(segment_at(audio, 1)->start - segment_at(audio, 0)->start, ==, 180000);
    g_assert_cmpint(ABS(title_index_duration(index) - 9 * 90000), <, 9000);
    title_index_free(index);
    stage_free(s);
}

static void late_sound_begins_behind_a_discontinuity(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index = played(s, path, &(cut){.sound_from_ms = 3000}, WIRE_FINISH);
    const title_rendition *src = rendition(index, "src");
    g_assert_cmpint(src->last_init, ==, 1);
    g_assert_false(segment_at(src, 1)->discontinuity);
    g_assert_true(segment_at(src, 2)->discontinuity);
    g_assert_cmpint(segment_at(src, 2)->start, ==, 4 * 90000);
    g_assert_cmpint(title_index_duration(index), ==, 9 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void muted_sound_is_filled_and_comes_back(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    title_index *index =
        played(s, path, &(cut){.sound_gone_from = 2500, .sound_gone_to = 5200}, WIRE_FINISH);
    g_assert_cmpint(rendition(index, "src")->last_init, ==, 0);
    g_assert_cmpint(title_index_duration(index), ==, 9 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void lost_pictures_leave_whole_parts(void)
{
    stage *s = stage_new();
    s->dark = true;
    g_autofree char *path = usual();
    title_index *index =
        played(s, path, &(cut){.picture_gone_from = 4500, .picture_gone_to = 6000}, WIRE_FINISH);
    g_assert_cmpint(rendition(index, "src")->last_init, ==, 0);
    g_assert_cmpint(title_index_duration(index), ==, 9 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void a_camera_that_goes_leaves_the_voice(void)
{
    stage *s = stage_new();
    s->holes = true;
    g_autofree char *path = film_made("long.flv", PICTURE SOUND "-t 16 " X264 "-g 60 " AAC);
    title_index *index =
        played(s, path, &(cut){.picture_gone_from = 4500, .picture_gone_to = 12000}, WIRE_FINISH);
    const title_rendition *src = rendition(index, "src"), *audio = rendition(index, "audio");
    int gaps = 0;
    for (guint i = 0; i < src->segments->len; i++)
        gaps += segment_at(src, i)->gap;
    g_assert_cmpint(gaps, >, 0);
    g_assert_cmpuint(audio->segments->len, ==, src->segments->len);
    for (guint i = 0; i < audio->segments->len; i++)
        g_assert_false(segment_at(audio, i)->gap);
    g_assert_false(segment_at(src, src->segments->len - 1)->gap);
    title_index_free(index);
    stage_free(s);
}

static void a_jump_of_the_clock_is_a_discontinuity(const int64_t shift)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    stage_play(s, path, &(cut){.to_ms = 4000, .shift_ms = 5000000});
    stage_play(s, path, &(cut){.from_ms = 4000, .no_tracks = true, .shift_ms = 5000000 + shift});
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    const title_rendition *src = rendition(index, "src");
    g_assert_true(segment_at(src, 2)->discontinuity);
    g_assert_cmpint(ABS(segment_at(src, 2)->start - 4 * 90000), <, 9000);
    g_assert_cmpint(ABS(title_index_duration(index) - 9 * 90000), <, 9000);
    title_index_free(index);
    stage_free(s);
}

static void a_clock_that_jumps_forward(void)
{
    a_jump_of_the_clock_is_a_discontinuity(100000);
}

static void a_clock_that_jumps_back(void)
{
    a_jump_of_the_clock_is_a_discontinuity(-4000000);
}

static void rare_keyframes_end_the_copying(void)
{
    stage *s = stage_new();
    g_autofree char *path = film_made("rare.flv", PICTURE SOUND "-t 14 " X264 "-g 600 " AAC);
    title_index *index = played(s, path, &(cut){0}, WIRE_FINISH);
    const title_rendition *src = rendition(index, "src");
    g_assert_cmpint(src->last_init, ==, 1);
    g_assert_true(segment_at(src, 1)->discontinuity);
    g_assert_cmpint(ABS(segment_at(src, 1)->start - 4 * 90000), <=, 6000);
    g_assert_cmpint(segment_at(src, 2)->duration, ==, 180000);
    g_assert_cmpint(title_index_duration(index), ==, 14 * 90000);
    g_assert_nonnull(strstr(s->notes->str, "keyframes"));
    title_index_free(index);
    stage_free(s);
}

/* The usual film up to `to_ms`, then another one over the same line. */
static title_index *played_on(stage *s, int64_t to_ms, const char *other, const cut *c)
{
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    stage_play(s, path, &(cut){.to_ms = to_ms});
    stage_play(s, other, c);
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    return index;
}

static void a_new_picture_size_is_a_new_init(void)
{
    stage *s = stage_new();
    g_autofree char *small = film_made(
        "small.flv", "-f lavfi -i testsrc2=size=320x180:rate=25 " SOUND "-t 6 " X264 "-g 50 " AAC);
    title_index *index = played_on(s, 4000, small, &(cut){.shift_ms = 4000});
    const title_rendition *src = rendition(index, "src");
    g_assert_cmpint(src->is.width, ==, 320);
    g_assert_true(segment_at(src, 2)->discontinuity);
    g_assert_true(segment_at(rendition(index, "240p"), 3)->gap); /* not scaled up */
    g_assert_false(segment_at(rendition(index, "120p"), 3)->gap);
    title_index_free(index);
    stage_free(s);
}

/* Without media, ticks, before the first discontinuity; -1 where a rendition has none, or gaps. */
static int64_t hole_at_seam(const title_rendition *r)
{
    for (guint i = 1; i < r->segments->len; i++) {
        const title_segment *before = segment_at(r, i - 1), *after = segment_at(r, i);
        if (before->gap || after->gap)
            return -1;
        if (after->discontinuity)
            return after->start - before->start - before->duration;
        g_assert_cmpint(before->start + before->duration, ==, after->start);
    }
    return -1;
}

/* At 3.9 s, for 0.1 s; then of another size, from this place in its file on. Keyframes are at 0, 2 and 4 s there. */
static void a_camera_changes(int64_t from_ms, int64_t hole)
{
    stage *s = stage_new();
    g_autofree char *other = film_made(
        "large.flv", "-f lavfi -i testsrc2=size=854x480:rate=25 " SOUND "-t 6 " X264 "-g 50 " AAC);
    title_index *index =
        played_on(s, 3900, other, &(cut){.from_ms = from_ms, .shift_ms = 4000 - from_ms});
    g_assert_cmpint(rendition(index, "src")->last_init, ==, 1);
    for (guint i = 0; i < title_index_count(index); i++)
        g_assert_cmpint(hole_at_seam(title_index_rendition(index, i)), ==, hole);
    title_index_free(index);
    stage_free(s);
}

static void a_camera_that_takes_a_moment_to_change_leaves_no_hole(void)
{
    a_camera_changes(0, 0);
}

static void nor_does_one_whose_keyframe_comes_a_little_late(void)
{
    a_camera_changes(1920, 0);
}

static void one_whose_keyframe_stays_away_leaves_its_hole(void)
{
    a_camera_changes(1000, 99000);
}

static void a_worker_killed_is_followed_by_another(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    stage_play(s, path, &(cut){.to_ms = 5000, .paced = true});
    kill(s->pid, SIGKILL);
    s->torn = true;
    g_assert_cmpint(stage_wait(s), ==, -SIGKILL);
    title_index *before = stage_index(s);
    int64_t had = title_index_duration(before);
    g_assert_cmpint(had, >=,
                    5 * 90000 - 2 * 30000 -
                        6000); /* at most the part in hand, and the frames on their way */
    title_index_free(before);
    job.now_ms = 8000;
    stage_start(s, &job);
    stage_play(s, path, &(cut){.from_ms = 2000, .to_ms = 7000});
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    const title_rendition *src = rendition(index, "src");
    int breaks = 0;
    for (guint i = 0; i < src->segments->len; i++) {
        g_assert_cmpint(segment_at(src, i)->msn, ==, i);
        breaks += segment_at(src, i)->discontinuity;
        if (segment_at(src, i)->discontinuity)
            g_assert_cmpint(segment_at(src, i)->start, ==, 8 * 90000);
    }
    g_assert_cmpint(breaks, ==, 1);
    title_index_free(index);
    stage_free(s);
}

static void a_worker_that_stood_by_does_the_same_work(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, NULL);
    g_usleep(G_USEC_PER_SEC / 2); /* so that it has time to warm up; the outcome is the same */
    stage_send(s, wire_encode_job(&job));
    stage_play(s, path, &(cut){.to_ms = 5000});
    g_assert_cmpint(stage_end(s, WIRE_LEAVE), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    g_assert_cmpint(title_index_duration(index), ==, 5 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void a_worker_nobody_needs_leaves_in_order(void)
{
    stage *s = stage_new();
    stage_start(s, NULL);
    g_assert_cmpint(stage_end(s, WIRE_LEAVE), ==, 0);
    stage_start(s, NULL);
    shutdown(s->fd, SHUT_WR);
    g_assert_cmpint(stage_wait(s), ==, 0);
    g_assert_false(s->failed);
    stage_free(s);
}

static void nothing_fed_is_an_empty_title(void)
{
    stage *s = stage_new();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    g_assert_true(s->done);
    title_index *index = stage_index(s);
    g_assert_true(title_index_ended(index));
    title_index_free(index);
    stage_free(s);
}

static void garbage_for_frames_is_survived(void)
{
    stage *s = stage_new();
    g_autofree char *path = usual();
    wire_job job = stage_job(s, WIRE_SOURCE_FRAMES);
    stage_start(s, &job);
    uint8_t junk[3000];
    for (gsize i = 0; i < sizeof junk; i++)
        junk[i] = (uint8_t)g_random_int();
    stage_send(s, wire_encode_track(WIRE_VIDEO, WIRE_CODEC_H264, junk, 40));
    stage_play(s, path, &(cut){.to_ms = 2500});
    for (int i = 0; i < 30; i++)
        stage_send(s, wire_encode_frame(i % 2, i % 7 == 0, 2500 + i * 16, 2500 + i * 16, junk,
                                        100 + (gsize)i * 90));
    stage_play(s, path, &(cut){.from_ms = 4000, .no_tracks = true});
    g_assert_cmpint(stage_end(s, WIRE_FINISH), ==, 0);
    title_index *index = stage_index(s);
    g_assert_true(title_index_ended(index));
    title_index_free(index);
    stage_free(s);
}

static void a_test_picture_of_a_length(void)
{
    stage *s = stage_new();
    wire_job job = stage_job(s, WIRE_SOURCE_PATTERN);
    job.length_ms = 10000;
    g_strlcpy(job.label, "匠堂 演示课", sizeof job.label);
    stage_start(s, &job);
    g_assert_cmpint(stage_wait(s), ==, 0);
    g_assert_true(s->done);
    g_assert_cmpint(s->progress_ms, >=, 5000);
    title_index *index = stage_index(s);
    check_title(s, index);
    g_assert_cmpuint(title_index_count(index), ==, 4);
    g_assert_cmpint(title_index_duration(index), ==, 10 * 90000);
    title_index_free(index);
    stage_free(s);
}

static void a_live_test_picture(void)
{
    stage *s = stage_new();
    wire_job job = stage_job(s, WIRE_SOURCE_PATTERN_LIVE);
    job.now_ms = 1000;
    stage_start(s, &job);
    for (gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
         s->bells < 40 && g_get_monotonic_time() < until;)
        stage_hear(s, 100);
    g_assert_cmpint(s->bells, >=, 40);
    g_assert_cmpint(stage_end(s, WIRE_LEAVE), ==, 0);
    title_index *index = stage_index(s);
    check_title(s, index);
    g_assert_cmpint(segment_at(rendition(index, "src"), 0)->start, >=, 90000);
    title_index_free(index);
    stage_free(s);
}

static title_index *filmed(stage *s, const char *path)
{
    wire_job job = stage_job(s, WIRE_SOURCE_FILE);
    g_strlcpy(job.path, path, sizeof job.path);
    stage_start(s, &job);
    int code = stage_wait(s);
    if (code)
        g_error("%s", s->notes->str);
    g_assert_true(s->done);
    title_index *index = stage_index(s);
    check_title(s, index);
    return index;
}

static void a_file_is_copied_when_it_can(void)
{
    stage *s = stage_new();
    g_autofree char *path = film_made("file.mp4", PICTURE SOUND
                                      "-t 9 -c:v libx264 -preset veryfast -bf 2 -g 60 -b:v 600k "
                                      "-pix_fmt yuv420p " AAC);
    title_index *index = filmed(s, path);
    g_assert_cmpint(rendition(index, "src")->is.width, ==, 640);
    g_assert_cmpint(ABS(title_index_duration(index) - 9 * 90000), <=, 6000);
    title_index_free(index);
    stage_free(s);
}

static void a_file_of_another_kind_is_decoded(void)
{
    stage *s = stage_new();
    g_autofree char *path =
        film_made("other.mkv", PICTURE SOUND "-t 6 -c:v mpeg4 -b:v 1M -c:a libmp3lame ");
    title_index *index = filmed(s, path);
    g_assert_cmpint(rendition(index, "src")->is.width, ==, 640);
    g_assert_cmpint(ABS(title_index_duration(index) - 6 * 90000), <=, 9000);
    title_index_free(index);
    stage_free(s);
}

static void a_file_that_is_no_media_fails_with_a_sentence(void)
{
    stage *s = stage_new();
    g_autofree char *path = g_build_filename(s->dir, "letter.mp4", NULL);
    g_file_set_contents(path, "Dear sir", -1, NULL);
    wire_job job = stage_job(s, WIRE_SOURCE_FILE);
    g_strlcpy(job.path, path, sizeof job.path);
    stage_start(s, &job);
    g_assert_cmpint(stage_wait(s), ==, 1);
    g_assert_true(s->failed);
    g_assert_cmpuint(s->notes->len, >, 5);
    stage_free(s);
}

/* ---- a lesson another worker had in hand ---- */

static wire_job lesson_job(const stage *s, const char *path)
{
    wire_job job = stage_job(s, WIRE_SOURCE_FILE);
    job.task = WIRE_TASK_LESSON;
    job.rungs = 0;
    job.part_target = WIRE_LESSON_PART;
    job.segment_target = WIRE_LESSON_SEGMENT;
    job.target_duration_s = WIRE_LESSON_TARGET_S;
    g_strlcpy(job.path, path, sizeof job.path);
    return job;
}

static char *sound_alone(void)
{
    return film_made("lesson.mp3", SOUND "-t 6 -c:a libmp3lame ");
}

/* As when the server fell between its END and its being heard. */
static void a_lesson_that_has_ended_is_done_at_once_and_stays_as_it_is(void)
{
    stage *s = stage_new();
    g_autofree char *path = sound_alone(), *journal = title_path_journal(s->title);
    g_autofree char *before = NULL, *after = NULL;
    wire_job job = lesson_job(s, path);
    for (int i = 0; i < 2; i++) {
        stage_start(s, &job);
        g_assert_cmpint(stage_wait(s), ==, 0);
        g_assert_true(s->done && !s->failed && s->bells > 0);
        g_assert_true(g_file_get_contents(journal, i ? &after : &before, NULL, NULL));
    }
    g_assert_cmpstr(before, ==, after);
    stage_free(s);
}

static void a_lesson_another_worker_still_writes_is_left_for_later(void)
{
    stage *s = stage_new();
    g_autofree char *path = sound_alone();
    g_autoptr(GError) error = NULL;
    wire_job job = lesson_job(s, path);
    const journal_head head = {job.part_target, job.segment_target, job.target_duration_s,
                               job.epoch_utc_ms};
    title_writer *other = title_writer_resume(s->title, &head, &error);
    g_assert_no_error(error);
    stage_start(s, &job);
    g_assert_cmpint(stage_wait(s), ==, 0);
    g_assert_true(s->later && !s->done && !s->failed);
    title_writer_free(other);
    stage_start(s, &job);
    g_assert_cmpint(stage_wait(s), ==, 0);
    g_assert_true(s->done && !s->later);
    stage_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/a_usual_class_is_copied_scaled_and_heard", a_usual_class);
    g_test_add_func("/worker/leaving_writes_no_end", leaving_writes_no_end);
    g_test_add_func("/worker/a_closed_line_is_leaving", a_closed_line_is_leaving);
    g_test_add_func("/worker/b_frames_keep_their_places", b_frames_keep_their_places);
    g_test_add_func("/worker/a_scaled_picture_keeps_the_colours_of_its_source",
                    a_scaled_picture_keeps_the_colours_of_its_source);
    g_test_add_func("/worker/mono_at_44100_is_copied_and_resampled",
                    mono_at_44100_is_copied_and_resampled);
    g_test_add_func("/worker/any_frame_rate_keeps_the_bounds", any_frame_rate_keeps_the_bounds);
    g_test_add_func("/worker/sound_players_may_not_know_is_encoded",
                    sound_players_may_not_know_is_encoded);
    g_test_add_func("/worker/a_source_without_sound_gets_silence",
                    a_source_without_sound_gets_silence);
    g_test_add_func("/worker/sound_ends_where_the_pictures_do", sound_ends_where_the_pictures_do);
    g_test_add_func("/worker/sound_alone_has_one_rendition", sound_alone_has_one_rendition);
    g_test_add_func("/worker/late_sound_begins_behind_a_discontinuity",
                    late_sound_begins_behind_a_discontinuity);
    g_test_add_func("/worker/muted_sound_is_filled_and_comes_back",
                    muted_sound_is_filled_and_comes_back);
    g_test_add_func("/worker/lost_pictures_leave_whole_parts", lost_pictures_leave_whole_parts);
    g_test_add_func("/worker/a_camera_that_goes_leaves_the_voice",
                    a_camera_that_goes_leaves_the_voice);
    g_test_add_func("/worker/a_clock_that_jumps_forward_is_a_discontinuity",
                    a_clock_that_jumps_forward);
    g_test_add_func("/worker/a_clock_that_jumps_back_is_a_discontinuity", a_clock_that_jumps_back);
    g_test_add_func("/worker/rare_keyframes_end_the_copying", rare_keyframes_end_the_copying);
    g_test_add_func("/worker/a_new_picture_size_is_a_new_init", a_new_picture_size_is_a_new_init);
    g_test_add_func("/worker/a_camera_that_takes_a_moment_to_change_leaves_no_hole",
                    a_camera_that_takes_a_moment_to_change_leaves_no_hole);
    g_test_add_func("/worker/nor_does_one_whose_keyframe_comes_a_little_late",
                    nor_does_one_whose_keyframe_comes_a_little_late);
    g_test_add_func("/worker/one_whose_keyframe_stays_away_leaves_its_hole",
                    one_whose_keyframe_stays_away_leaves_its_hole);
    g_test_add_func("/worker/a_worker_killed_is_followed_by_another",
                    a_worker_killed_is_followed_by_another);
    g_test_add_func("/worker/a_worker_that_stood_by_does_the_same_work",
                    a_worker_that_stood_by_does_the_same_work);
    g_test_add_func("/worker/a_worker_nobody_needs_leaves_in_order",
                    a_worker_nobody_needs_leaves_in_order);
    g_test_add_func("/worker/nothing_fed_is_an_empty_title", nothing_fed_is_an_empty_title);
    g_test_add_func("/worker/garbage_for_frames_is_survived", garbage_for_frames_is_survived);
    g_test_add_func("/worker/a_test_picture_has_its_length", a_test_picture_of_a_length);
    g_test_add_func("/worker/a_live_test_picture_rings_while_it_runs", a_live_test_picture);
    g_test_add_func("/worker/a_file_is_copied_when_it_can_be", a_file_is_copied_when_it_can);
    g_test_add_func("/worker/a_file_of_another_kind_is_decoded", a_file_of_another_kind_is_decoded);
    g_test_add_func("/worker/a_file_that_is_no_media_fails_with_a_sentence",
                    a_file_that_is_no_media_fails_with_a_sentence);
    g_test_add_func("/worker/a_lesson_that_has_ended_is_done_at_once_and_stays_as_it_is",
                    a_lesson_that_has_ended_is_done_at_once_and_stays_as_it_is);
    g_test_add_func("/worker/a_lesson_another_worker_still_writes_is_left_for_later",
                    a_lesson_another_worker_still_writes_is_left_for_later);
    int failed = g_test_run();
    films_clear();
    return failed;
}
