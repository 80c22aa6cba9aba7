/* A program of the operator's: what it is given, how it ends, what it may not do. */
#include "crew/program.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "loop.h"

#define LIMIT_MS 600000 /* a quarter of a minute here */
#define SHORT_MS 120000 /* three seconds: a busy machine has started the script by then */

typedef struct {
    char *dir, *path;
    program *program;
    bool over, good;
    char *why;
} stage;

static void on_done(bool good, const char *why, gpointer user)
{
    stage *s = user;
    g_assert_false(s->over);
    s->over = true;
    s->good = good;
    s->why = g_strdup(why);
}

static void run(stage *s, const char *script, const char *input, int64_t limit_ms)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(input, strlen(input));
    s->dir = g_dir_make_tmp("program-XXXXXX", NULL);
    s->path = g_build_filename(s->dir, "hook", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd '%s'\n%s\n", s->dir, script);
    g_assert_true(g_file_set_contents(s->path, text, -1, NULL));
    g_chmod(s->path, 0700);
    s->program = program_run(&loop, s->path, bytes, limit_ms, on_done, s, &error);
    g_assert_no_error(error);
}

static void end(stage *s)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", s->dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1); /* nobody is left to wait for */
    g_free(s->dir);
    g_free(s->path);
    g_free(s->why);
}

static void it_is_given_everything_and_ends(void)
{
    stage s = {0};
    g_autofree char *text = NULL, *file = NULL, *input = g_strnfill(1000000, 'x');
    run(&s, "cat >got; exit 0", input, LIMIT_MS);
    wait_for(&s.over);
    g_assert_true(s.good);
    g_assert_cmpstr(s.why, ==, "");
    file = g_build_filename(s.dir, "got", NULL);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, input);
    end(&s);
}

static void one_that_reads_nothing_is_fine(void)
{
    stage s = {0};
    g_autofree char *input = g_strnfill(1000000, 'x');
    run(&s, "exit 0", input, LIMIT_MS);
    wait_for(&s.over);
    g_assert_true(s.good);
    end(&s);
}

static void its_end_is_told_in_words(void)
{
    stage exits = {0}, dies = {0};
    run(&exits, "exit 3", "", LIMIT_MS);
    wait_for(&exits.over);
    g_assert_false(exits.good);
    g_assert_cmpstr(exits.why, ==, "exit 3");
    end(&exits);
    run(&dies, "kill -9 $$", "", LIMIT_MS);
    wait_for(&dies.over);
    g_assert_false(dies.good);
    g_assert_cmpstr(dies.why, ==, "signal 9");
    end(&dies);
}

/* Dead, and perhaps not yet buried by init: it has no words any more. */
static bool is_alive(const char *pid)
{
    g_autofree char *name = g_strdup_printf("/proc/%s/cmdline", pid);
    g_autofree char *words = NULL;
    return g_file_get_contents(name, &words, NULL, NULL) && *words;
}

static void one_that_does_not_end_is_killed_with_its_children(void)
{
    stage s = {0};
    g_autofree char *file = NULL, *text = NULL;
    run(&s, "trap '' TERM; sleep 300 & echo $! >child; wait; sleep 300", "", SHORT_MS);
    wait_for(&s.over);
    g_assert_false(s.good);
    g_assert_cmpstr(s.why, ==, "did not end in 120 s");
    file = g_build_filename(s.dir, "child", NULL);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    while (is_alive(g_strstrip(text))) /* killed is not dead yet */
        g_usleep(10000);
    end(&s);
}

static void one_that_cannot_be_started_is_a_peer_error(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_assert_null(
        program_run(&loop, "/nonexistent/hook", nothing, LIMIT_MS, on_done, NULL, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    g_assert_nonnull(strstr(error->message, "/nonexistent/hook"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN); /* as the server does */
#define TEST(name) g_test_add_func("/program/" #name, name)
    TEST(it_is_given_everything_and_ends);
    TEST(one_that_reads_nothing_is_fine);
    TEST(its_end_is_told_in_words);
    TEST(one_that_does_not_end_is_killed_with_its_children);
    TEST(one_that_cannot_be_started_is_a_peer_error);
    return g_test_run();
}
