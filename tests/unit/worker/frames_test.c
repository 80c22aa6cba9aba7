/* What is remembered of a publisher before a take begins has a bound, and what stands is told for as long as it stands. */
#include "worker/frames.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>

#include "worker/codec.h"

#define FLOOD 300000
#define MEMORY_MAX (8 * 1024 * 1024)

static void on_part(gpointer user)
{
    (void)user;
}

static void on_note(gpointer user, const char *sentence)
{
    (void)user, (void)sentence;
}

static void remove_dir(const char *dir)
{
    g_autofree char *command = g_strdup_printf("rm -r '%s'", dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

typedef struct {
    wire_job job;
    char *dir;
    title_writer *writer;
    frames *frames;
} stage;

static stage *stage_new(void)
{
    stage *s = g_new0(stage, 1);
    const journal_head head = {30000, 180000, 6, 1700000000000};
    const frames_news news = {on_part, on_note, NULL};
    g_autoptr(GError) error = NULL;
    s->job = (wire_job){.part_target = 30000, .segment_target = 180000, .target_duration_s = 6};
    s->dir = g_dir_make_tmp("frames-XXXXXX", NULL);
    s->writer = title_writer_open(s->dir, &head, &error);
    g_assert_no_error(error);
    s->frames = frames_new(&s->job, s->writer, NULL, &news);
    return s;
}

static void stage_free(stage *s)
{
    frames_free(s->frames);
    title_writer_free(s->writer);
    remove_dir(s->dir);
    g_free(s->dir);
    g_free(s);
}

static void give_track(stage *s, wire_track track, const uint8_t *config, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(config, size);
    g_assert_true(frames_track(s->frames, track, bytes, NULL));
}

static void sound_that_stands_still_does_not_pile_up(void)
{
    stage *s = stage_new();
    g_autoptr(GBytes) asc = sound_config_ours(), silence = sound_silence(2);
    g_assert_true(frames_track(s->frames, WIRE_AUDIO, asc, NULL));
    unit *still = unit_new(silence, 0, 0, true);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < FLOOD; i++)
        g_assert_true(frames_unit(s->frames, WIRE_AUDIO, still, NULL));
    g_assert_cmpuint(mallinfo2().uordblks, <, before + MEMORY_MAX);
    unit_free(still);
    stage_free(s);
}

/* Of x264: baseline, 64x64. */
static const uint8_t avcc[] = {0x01, 0x42, 0xc0, 0x0a, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42,
                               0xc0, 0x0a, 0xd9, 0x04, 0x26, 0xc0, 0x44, 0x00, 0x00, 0x03,
                               0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x48, 0x99,
                               0x20, 0x01, 0x00, 0x05, 0x68, 0xcb, 0x83, 0xcb, 0x20};

static void what_cannot_be_read_is_told_until_it_can(void)
{
    static const uint8_t bad[] = {1, 100, 0, 31, 0xff, 0xe0, 0};
    stage *s = stage_new();
    g_assert_null(frames_standing(s->frames));
    give_track(s, WIRE_VIDEO, avcc, sizeof avcc);
    g_assert_null(frames_standing(s->frames));
    give_track(s, WIRE_VIDEO, bad, sizeof bad);
    g_assert_nonnull(strstr(frames_standing(s->frames), "H.264"));
    give_track(s, WIRE_VIDEO, avcc, sizeof avcc); /* the one before is good again */
    g_assert_null(frames_standing(s->frames));
    give_track(s, WIRE_AUDIO, bad, 1);
    g_assert_nonnull(strstr(frames_standing(s->frames), "AAC"));
    stage_free(s);
}

static void a_picture_without_keyframes_is_told_until_one_comes(void)
{
    static const uint8_t slice[] = {0, 0, 0, 2, 0x41, 0x9a}, idr[] = {0, 0, 0, 2, 0x65, 0x88};
    stage *s = stage_new();
    g_autoptr(GBytes) later = g_bytes_new_static(slice, sizeof slice);
    g_autoptr(GBytes) first = g_bytes_new_static(idr, sizeof idr);
    give_track(s, WIRE_VIDEO, avcc, sizeof avcc);
    for (int64_t at = 0; at <= FRAMES_KEYLESS; at += 3000) {
        g_assert_null(frames_standing(s->frames));
        unit *picture = unit_new(later, at, at, false);
        g_assert_true(frames_unit(s->frames, WIRE_VIDEO, picture, NULL));
        unit_free(picture);
    }
    g_assert_nonnull(strstr(frames_standing(s->frames), "IDR"));
    unit *key = unit_new(first, FRAMES_KEYLESS + 3000, FRAMES_KEYLESS + 3000, true);
    g_assert_true(frames_unit(s->frames, WIRE_VIDEO, key, NULL));
    g_assert_null(frames_standing(s->frames));
    unit_free(key);
    stage_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/frames/" #name, name)
    TEST(sound_that_stands_still_does_not_pile_up);
    TEST(what_cannot_be_read_is_told_until_it_can);
    TEST(a_picture_without_keyframes_is_told_until_one_comes);
    return g_test_run();
}
