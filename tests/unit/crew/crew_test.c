#include "crew/crew.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#include "loop.h"

/* ---- one worker written as a shell script ---- */

typedef struct {
    char *dir;
    crew *crew;
    crew_hand *hand;
    wire_job job;
    GString *said;
    bool gone, done, drained;
    char *why;
    wire_kind retire_on_first; /* 0: not */
} stage;

static void on_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    stage *s = user;
    g_string_append_printf(s->said, "%d ", message->kind);
    if (s->retire_on_first)
        crew_retire(hand, s->retire_on_first);
}

static void on_drained(crew_hand *hand, gpointer user)
{
    (void)hand;
    ((stage *)user)->drained = true;
}

static void on_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    stage *s = user;
    g_assert_true(hand == s->hand);
    s->gone = true;
    s->done = done;
    s->why = g_strdup(why);
}

static const crew_ops ops = {on_message, on_drained, on_gone};

static void keep_message(stage *s, const char *name, GBytes *message)
{
    g_autofree char *path = g_build_filename(s->dir, name, NULL);
    gsize size;
    const char *data = g_bytes_get_data(message, &size);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_bytes_unref(message);
}

static stage stage_new(const char *script)
{
    stage s = {.dir = g_dir_make_tmp("crew-XXXXXX", NULL), .said = g_string_new(NULL)};
    g_autofree char *path = g_build_filename(s.dir, "worker", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd %s\n%s\n", s.dir, script);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0700);
    keep_message(&s, "ready", wire_encode_plain(WIRE_READY));
    keep_message(&s, "bell", wire_encode_plain(WIRE_BELL));
    keep_message(&s, "done", wire_encode_plain(WIRE_DONE));
    keep_message(&s, "leave", wire_encode_plain(WIRE_LEAVE));
    keep_message(&s, "failed", wire_encode_note(WIRE_FAILED, "the picture is not H.264"));
    keep_message(&s, "note", wire_encode_note(WIRE_NOTE, "keyframes are far apart"));
    s.job.source = WIRE_SOURCE_FRAMES;
    g_strlcpy(s.job.title_dir, s.dir, sizeof s.job.title_dir);
    s.crew = crew_new(path, &loop, 0);
    return s;
}

static void stage_end(stage *s)
{
    crew_free(s->crew);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", s->dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1); /* nobody is left to wait for */
    g_free(s->dir);
    g_free(s->why);
    g_string_free(s->said, TRUE);
}

static void hire(stage *s)
{
    g_autoptr(GError) error = NULL;
    s->hand = crew_hire(s->crew, &s->job, &ops, s, &error);
    g_assert_no_error(error);
}

static void run_to_its_end(stage *s)
{
    hire(s);
    wait_for(&s->gone);
    g_assert_cmpuint(crew_count(s->crew), ==, 0);
}

static void a_worker_that_says_done_and_leaves_is_done(void)
{
    stage s = stage_new("cat ready bell done >&3");
    run_to_its_end(&s);
    g_assert_cmpstr(s.said->str, ==, "64 65 67 ");
    g_assert_true(s.done);
    g_assert_cmpstr(s.why, ==, "exit 0");
    stage_end(&s);
}

static void leaving_without_done_is_not_done(void)
{
    stage s = stage_new("cat ready >&3");
    run_to_its_end(&s);
    g_assert_false(s.done);
    g_assert_cmpstr(s.why, ==, "exit 0");
    stage_end(&s);
}

static void done_with_a_bad_exit_is_not_done(void)
{
    stage s = stage_new("cat done >&3; exit 4");
    run_to_its_end(&s);
    g_assert_false(s.done);
    g_assert_cmpstr(s.why, ==, "exit 4");
    stage_end(&s);
}

static void the_last_sentence_is_kept(void)
{
    stage s = stage_new("cat failed note >&3; exit 3");
    run_to_its_end(&s);
    g_assert_cmpstr(s.why, ==, "exit 3: the picture is not H.264");
    stage_end(&s);
}

static void a_signal_is_told(void)
{
    stage s = stage_new("kill -SEGV $$");
    run_to_its_end(&s);
    g_assert_cmpstr(s.why, ==, "signal 11");
    stage_end(&s);
}

static void nonsense_ends_the_worker(void)
{
    stage s = stage_new(
        "printf 'this is not the language of this house, it is only words' >&3; sleep 1000");
    run_to_its_end(&s);
    g_assert_false(s.done);
    g_assert_nonnull(strstr(s.why, "spoke nonsense"));
    stage_end(&s);
}

static void a_worker_may_not_give_orders(void)
{
    stage s = stage_new("cat leave >&3; sleep 1000");
    run_to_its_end(&s);
    g_assert_nonnull(strstr(s.why, "spoke nonsense"));
    stage_end(&s);
}

static void a_worker_may_not_feed_but_a_receiver_may(void)
{
    static const char script[] = "head -c 8 <&3 >/dev/null; cat track ready >&3";
    stage s = stage_new(script);
    keep_message(&s, "track",
                 wire_encode_track(WIRE_AUDIO, WIRE_CODEC_AAC, (const uint8_t *)"\x11\x90", 2));
    run_to_its_end(&s);
    g_assert_nonnull(strstr(s.why, "spoke nonsense"));
    g_clear_pointer(&s.why, g_free);
    g_string_truncate(s.said, 0);
    s.gone = false;
    g_autoptr(GError) error = NULL;
    s.hand = crew_stand_by(s.crew, &ops, &s, &error);
    g_assert_no_error(error);
    wait_for(&s.gone);
    g_assert_cmpstr(s.said->str, ==, "2 64 ");
    g_assert_cmpstr(s.why, ==, "exit 0");
    stage_end(&s);
}

static void one_that_never_leaves_is_ended(void)
{
    stage s = stage_new("trap '' TERM INT HUP; cat ready >&3; while :; do sleep 1; done");
    s.retire_on_first = WIRE_LEAVE;
    run_to_its_end(&s);
    g_assert_cmpstr(s.why, ==, "signal 9: did not leave in time");
    stage_end(&s);
}

static void one_that_hangs_up_and_stays_is_ended(void)
{
    stage s = stage_new("exec 3>&-; sleep 1000");
    run_to_its_end(&s);
    g_assert_cmpstr(s.why, ==, "signal 9: did not leave in time");
    stage_end(&s);
}

static GBytes *big_frame(void)
{
    gsize size = 1024 * 1024;
    g_autofree uint8_t *data = g_malloc0(size);
    return wire_encode_frame(WIRE_VIDEO, true, 0, 0, data, size);
}

static guint feed_until_full(stage *s)
{
    g_autoptr(GBytes) frame = big_frame();
    guint count = 0;
    while (crew_send(s->hand, frame))
        g_assert_cmpuint(++count, <, 100);
    return count;
}

static void a_full_queue_is_said_and_its_draining_too(void)
{
    stage s = stage_new("while [ ! -e go ]; do sleep 0.02; done; head -c 4000000 <&3 >/dev/null; "
                        "cat <&3 >/dev/null");
    hire(&s);
    g_assert_cmpuint(feed_until_full(&s), >=, 7);
    g_assert_false(s.drained);
    g_autofree char *go = g_build_filename(s.dir, "go", NULL);
    g_assert_true(g_file_set_contents(go, "", 0, NULL));
    wait_for(&s.drained);
    crew_kill(s.hand);
    wait_for(&s.gone);
    g_assert_cmpstr(s.why, ==, "signal 9");
    stage_end(&s);
}

static void one_that_takes_its_queue_slowly_is_left_alone(void)
{
    stage s = stage_new("for i in $(seq 40); do head -c 131072 <&3 >/dev/null; sleep 0.03; done; "
                        "cat <&3 >/dev/null");
    hire(&s);
    feed_until_full(&s);
    wait_for(&s.drained);
    g_assert_false(s.gone);
    crew_kill(s.hand);
    wait_for(&s.gone);
    stage_end(&s);
}

static void one_that_takes_nothing_is_ended(void)
{
    stage s = stage_new("sleep 1000");
    hire(&s);
    feed_until_full(&s);
    wait_for(&s.gone);
    g_assert_cmpstr(s.why, ==, "signal 9: took nothing of its queue for too long");
    stage_end(&s);
}

static char *read_file(const stage *s, const char *name)
{
    g_autofree char *path = g_build_filename(s->dir, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void only_the_socket_and_little_else_reaches_a_worker(void)
{
    stage s = stage_new("ls -l /proc/$$/fd > fds; env > names");
    g_autofree char *secret = g_build_filename(s.dir, "secret", NULL);
    int leak = g_creat(secret, 0600); /* without CLOEXEC */
    g_assert_cmpint(leak, >=, 0);
    g_setenv("SECRET_OF_THE_SERVER", "1", TRUE);
    run_to_its_end(&s);
    g_close(leak, NULL);
    g_autofree char *fds = read_file(&s, "fds"), *names = read_file(&s, "names");
    g_assert_nonnull(strstr(fds, " 3 -> socket:"));
    g_assert_null(strstr(fds, "secret"));
    g_assert_null(strstr(names, "SECRET_OF_THE_SERVER"));
    g_assert_nonnull(strstr(names, "HOME="));
    stage_end(&s);
}

static void a_disowned_hand_says_nothing_more(void)
{
    stage s = stage_new("cat ready >&3; cat <&3 >/dev/null");
    hire(&s);
    crew_disown(s.hand);
    crew_kill(s.hand);
    while (crew_count(s.crew) > 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_false(s.gone);
    g_assert_cmpstr(s.said->str, ==, "");
    stage_end(&s);
}

static void a_missing_program_is_a_peer_error(void)
{
    stage s = stage_new("");
    g_autoptr(GError) error = NULL;
    crew *other = crew_new("/nonexistent/worker", &loop, 0);
    g_assert_null(crew_hire(other, &s.job, &ops, &s, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    crew_free(other);
    stage_end(&s);
}

static void freeing_the_crew_asks_everybody_to_leave(void)
{
    stage s = stage_new("cat ready >&3; head -c 4 <&3 >/dev/null; cat done >&3");
    hire(&s);
    crew_free(s.crew);
    s.crew = NULL;
    g_assert_true(s.gone);
    g_assert_true(s.done);
    stage_end(&s);
}

/* Its first words: who keeps the list of plugins goes at once; the others say who they are. */
#define STANDS_BY "[ \"$1\" = --registry ] && exec touch listed; echo $$ >>started; "

static guint lines_of(const stage *s, const char *name)
{
    g_autofree char *path = g_build_filename(s->dir, name, NULL), *text = NULL;
    guint lines = 0;
    if (g_file_get_contents(path, &text, NULL, NULL))
        for (const char *at = text; (at = strchr(at, '\n')); at++)
            lines++;
    return lines;
}

static void until_spares(const stage *s, guint spares, guint started)
{
    guint guard = g_timeout_add(PATIENCE_MS, too_long, NULL);
    while (crew_spares(s->crew) != spares || lines_of(s, "started") < started)
        g_main_context_iteration(NULL, FALSE);
    g_source_remove(guard);
}

static void a_job_goes_to_a_worker_that_stands_by_and_another_takes_its_place(void)
{
    stage s = stage_new(STANDS_BY "head -c 4 <&3 >/dev/null; cat ready >&3");
    crew_keep_warm(s.crew, 1);
    until_spares(&s, 1, 1);
    g_autofree char *listed = read_file(&s, "listed");
    g_assert_cmpstr(listed, ==, "");
    g_assert_cmpuint(crew_count(s.crew), ==, 0);
    hire(&s);
    g_autofree char *started = read_file(&s, "started");
    g_assert_cmpint(crew_pid(s.hand), ==, atoi(started));
    g_assert_cmpuint(crew_count(s.crew), ==, 1);
    wait_for(&s.gone);
    g_assert_cmpstr(s.said->str, ==, "64 ");
    until_spares(&s, 1, 2);
    stage_end(&s);
}

static void one_that_dies_standing_by_is_replaced(void)
{
    stage s = stage_new(STANDS_BY "exit 1");
    crew_keep_warm(s.crew, 1);
    until_spares(&s, 1, 2);
    stage_end(&s);
}

static void what_is_encoded_costs_and_what_is_copied_hardly_does(void)
{
    const crew_loop none = {0};
    crew *one_core = crew_new("/nonexistent/worker", &none, 1);
    wire_job job = {.rungs = 2, .rung = {{.copy = true}, {.audio_only = true}}};
    int32_t copied = crew_cost(&job);
    g_assert_cmpint(copied, <, 50);
    job.rung[job.rungs++] = (wire_rung){.height = 480};
    int32_t one = crew_cost(&job);
    g_assert_cmpint(one, >, copied + 90);
    job.rung[job.rungs++] = (wire_rung){.height = 1080};
    g_assert_cmpint(crew_cost(&job), ==, one + 470); /* decoded once for both */
    g_assert_true(crew_can_carry(one_core, &job, 0));
    job.rung[job.rungs++] = (wire_rung){.height = 1080};
    g_assert_false(crew_can_carry(one_core, &job, 0)); /* a fifth is kept free */
    job.rungs -= 2;
    int32_t room = 800 - crew_cost(&job);
    g_assert_true(crew_can_carry(one_core, &job, room));
    g_assert_false(crew_can_carry(one_core, &job, room + 1)); /* kept for others */
    crew_free(one_core);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/crew/" #name, name)
    TEST(a_worker_that_says_done_and_leaves_is_done);
    TEST(leaving_without_done_is_not_done);
    TEST(done_with_a_bad_exit_is_not_done);
    TEST(the_last_sentence_is_kept);
    TEST(a_signal_is_told);
    TEST(nonsense_ends_the_worker);
    TEST(a_worker_may_not_give_orders);
    TEST(a_worker_may_not_feed_but_a_receiver_may);
    TEST(one_that_never_leaves_is_ended);
    TEST(one_that_hangs_up_and_stays_is_ended);
    TEST(a_full_queue_is_said_and_its_draining_too);
    TEST(one_that_takes_its_queue_slowly_is_left_alone);
    TEST(one_that_takes_nothing_is_ended);
    TEST(only_the_socket_and_little_else_reaches_a_worker);
    TEST(a_disowned_hand_says_nothing_more);
    TEST(a_missing_program_is_a_peer_error);
    TEST(freeing_the_crew_asks_everybody_to_leave);
    TEST(a_job_goes_to_a_worker_that_stands_by_and_another_takes_its_place);
    TEST(one_that_dies_standing_by_is_replaced);
    TEST(what_is_encoded_costs_and_what_is_copied_hardly_does);
    return g_test_run();
}
