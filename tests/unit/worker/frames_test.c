/* What is remembered of a publisher before a take begins has a bound, whatever stamps it sends. */
#include "worker/frames.h"

#include <glib/gstdio.h>
#include <malloc.h>

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

static void sound_that_stands_still_does_not_pile_up(void)
{
    const wire_job job = {.part_target = 30000, .segment_target = 180000, .target_duration_s = 6};
    const journal_head head = {30000, 180000, 6, 1700000000000};
    const frames_news news = {on_part, on_note, NULL};
    g_autofree char *dir = g_dir_make_tmp("frames-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    title_writer *writer = title_writer_open(dir, &head, &error);
    g_assert_no_error(error);
    frames *f = frames_new(&job, writer, NULL, &news);
    g_autoptr(GBytes) asc = sound_config_ours(), silence = sound_silence(2);
    g_assert_true(frames_track(f, WIRE_AUDIO, asc, &error));
    unit *still = unit_new(silence, 0, 0, true);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < FLOOD; i++)
        g_assert_true(frames_unit(f, WIRE_AUDIO, still, &error));
    g_assert_cmpuint(mallinfo2().uordblks, <, before + MEMORY_MAX);
    unit_free(still);
    frames_free(f);
    title_writer_free(writer);
    remove_dir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frames/sound_that_stands_still_does_not_pile_up",
                    sound_that_stands_still_does_not_pile_up);
    return g_test_run();
}
