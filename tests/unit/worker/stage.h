/*
 * A stage for the worker: starts the real jiangtang-worker on a socket pair, feeds it frames cut
 * from a file that ffmpeg made, and reads what came into the title.
 *
 * The program is found by $JIANGTANG_WORKER, or one folder above the test.
 */
#ifndef TESTS_WORKER_STAGE_H
#define TESTS_WORKER_STAGE_H

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "title/title.h"
#include "title/writer.h"
#include "wire/wire.h"
#include "worker/film.h"

#define STAGE_WAIT_MS 60000 /* for a worker to end: sanitizers on a busy machine */
#define STAGE_TARGET_S 6

typedef struct {
    char *dir; /* everything of this test */
    char *title;
    int fd;
    GPid pid;
    wire_reader *reader;
    GString *notes;
    int bells;
    bool done, failed, later;
    int64_t progress_ms;
    bool torn;  /* a worker was killed: what it had in hand differs between renditions */
    bool holes; /* pictures are missing on purpose: sound may be longer */
    bool dark;  /* the same, and they come back: nobody knew how long the last was to be shown */
} stage;

/* What is left out of, or done to, a file's frames on their way. Times in ms of the file. */
typedef struct {
    int64_t from_ms, to_ms; /* to 0: the end */
    int64_t shift_ms;       /* added to every stamp */
    int64_t sound_from_ms;  /* no word of sound before */
    int64_t sound_gone_from, sound_gone_to, picture_gone_from, picture_gone_to;
    bool no_sound, no_picture;
    bool no_tracks; /* the configurations have been said */
    bool paced;     /* at the speed of life */
} cut;

static char *stage_worker_path(void)
{
    const char *said = g_getenv("JIANGTANG_WORKER");
    if (said)
        return g_strdup(said);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *tests = g_path_get_dirname(self);
    return g_build_filename(tests, "..", "jiangtang-worker", NULL);
}

static void run(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *command = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *out = NULL, *err = NULL;
    int status = 0;
    g_autoptr(GError) error = NULL;
    const char *shell[] = {"/bin/sh", "-c", command, NULL};
    g_spawn_sync(NULL, (char **)shell, NULL, 0, NULL, NULL, &out, &err, &status, &error);
    g_assert_no_error(error);
    if (status)
        g_error("%s: %s", command, err);
}

static stage *stage_new(void)
{
    stage *s = g_new0(stage, 1);
    s->dir = g_dir_make_tmp("jiangtang-worker-XXXXXX", NULL);
    s->title = g_build_filename(s->dir, "title", NULL);
    s->notes = g_string_new(NULL);
    s->fd = -1;
    return s;
}

static void stage_free(stage *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (!g_getenv("STAGE_KEEP"))
        run("rm -rf '%s'", s->dir);
    else
        g_printerr("# %s\n", s->dir);
    wire_reader_free(s->reader);
    g_string_free(s->notes, TRUE);
    g_free(s->dir);
    g_free(s->title);
    g_free(s);
}

/* Where the films of this run are; made at first use, removed by films_clear(). */
static char *films_folder;

static void films_clear(void)
{
    if (films_folder)
        run("rm -rf '%s'", films_folder);
    g_clear_pointer(&films_folder, g_free);
}

/* A source made by ffmpeg, once in a run: its name, and the arguments that make it. */
static char *film_made(const char *name, const char *arguments)
{
    if (!films_folder)
        films_folder = g_dir_make_tmp("jiangtang-films-XXXXXX", NULL);
    char *path = g_build_filename(films_folder, name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        run("ffmpeg -v error -y %s '%s'", arguments, path);
    return path;
}

static void in_child(gpointer data)
{
    dup2(GPOINTER_TO_INT(data), 3);
}

static void stage_send(stage *s, GBytes *message)
{
    gsize size = 0, sent = 0;
    const char *bytes = g_bytes_get_data(message, &size);
    while (sent < size) {
        ssize_t n = send(s->fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        sent += (gsize)n;
    }
    g_bytes_unref(message);
}

static void stage_hear_one(stage *s, const wire_message *m)
{
    s->bells += m->kind == WIRE_BELL;
    s->done |= m->kind == WIRE_DONE;
    s->failed |= m->kind == WIRE_FAILED;
    s->later |= m->kind == WIRE_LATER;
    if (m->kind == WIRE_PROGRESS)
        s->progress_ms = m->progress_ms;
    if (m->kind == WIRE_NOTE || m->kind == WIRE_FAILED)
        g_string_append_printf(s->notes, "%s\n", m->note);
}

/* Reads what the worker says for at most `ms`; false once it has closed. */
static bool stage_hear(stage *s, int ms)
{
    uint8_t bytes[4096];
    struct pollfd p = {s->fd, POLLIN, 0};
    if (poll(&p, 1, ms) <= 0)
        return true;
    ssize_t got = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    wire_reader_push(s->reader, bytes, (gsize)got);
    const wire_message *m;
    g_autoptr(GError) error = NULL;
    while ((m = wire_reader_next(s->reader, &error)))
        stage_hear_one(s, m);
    g_assert_no_error(error);
    return true;
}

static wire_job stage_job(const stage *s, wire_source source)
{
    wire_job job = {
        .source = source,
        .part_target = 30000,
        .segment_target = 180000,
        .target_duration_s = STAGE_TARGET_S,
        .epoch_utc_ms = 1700000000000,
        .rungs = 4,
        .rung = {{.name = "src", .copy = true, .audio_bps = 128000},
                 {.name = "240p", .height = 240, .video_bps = 300000, .audio_bps = 64000},
                 {.name = "120p", .height = 120, .video_bps = 120000, .audio_bps = 48000},
                 {.name = "audio", .audio_only = true, .audio_bps = 48000}}};
    g_strlcpy(job.title_dir, s->title, sizeof job.title_dir);
    return job;
}

static void stage_start(stage *s, const wire_job *job)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_autofree char *worker = stage_worker_path();
    char *argv[] = {worker, NULL};
    g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "LSAN_OPTIONS"); /* as crew */
    g_autoptr(GError) error = NULL;
    g_spawn_async(NULL, argv, environment,
                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, in_child,
                  GINT_TO_POINTER(pair[1]), &s->pid, &error);
    g_assert_no_error(error);
    close(pair[1]);
    s->fd = pair[0];
    wire_reader_free(s->reader);
    s->reader = wire_reader_new();
    s->done = s->failed = s->later = false;
    s->bells = 0;
    if (job) /* NULL: it stands by */
        stage_send(s, wire_encode_job(job));
}

/* Waits for its end; the exit code, or -signal. */
static int stage_wait(stage *s)
{
    gint64 deadline = g_get_monotonic_time() + STAGE_WAIT_MS * 1000;
    int status = 0;
    bool open = true;
    while (waitpid(s->pid, &status, WNOHANG) == 0) {
        if (g_get_monotonic_time() > deadline) {
            kill(s->pid, SIGKILL);
            g_error("the worker does not end");
        }
        open = open && stage_hear(s, 20);
        if (!open)
            g_usleep(5000);
    }
    while (open && stage_hear(s, 0)) {
        struct pollfd p = {s->fd, POLLIN, 0};
        if (poll(&p, 1, 0) <= 0)
            break;
    }
    close(s->fd);
    s->fd = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int stage_end(stage *s, wire_kind how)
{
    stage_send(s, wire_encode_plain(how));
    return stage_wait(s);
}

static void stage_track(stage *s, film *f, wire_track track)
{
    gsize size = 0;
    GBytes *config = film_config(f, track);
    const uint8_t *bytes = config ? g_bytes_get_data(config, &size) : NULL;
    if (bytes)
        stage_send(s,
                   wire_encode_track(track, track == WIRE_VIDEO ? WIRE_CODEC_H264 : WIRE_CODEC_AAC,
                                     bytes, size));
}

static bool is_gone(int64_t ms, int64_t from, int64_t to)
{
    return ms >= from && ms < to;
}

static bool is_left_out(const cut *c, wire_track track, int64_t ms)
{
    if (ms < c->from_ms || (track == WIRE_VIDEO && c->no_picture) ||
        (track == WIRE_AUDIO && c->no_sound))
        return true;
    if (track == WIRE_VIDEO)
        return is_gone(ms, c->picture_gone_from, c->picture_gone_to);
    return ms < c->sound_from_ms || is_gone(ms, c->sound_gone_from, c->sound_gone_to);
}

/* Feeds a file's frames as a publisher's, in whole milliseconds. */
static inline void stage_play(stage *s, const char *path, const cut *c)
{
    g_autoptr(GError) error = NULL;
    film *f = film_open(path, &error);
    g_assert_no_error(error);
    bool sound_said = c->no_tracks || c->no_sound;
    if (!c->no_tracks && !c->no_picture)
        stage_track(s, f, WIRE_VIDEO);
    wire_track track;
    unit *u;
    gint64 began = g_get_monotonic_time();
    while ((u = film_next(f, &track, &error))) {
        int64_t dts = llround(u->dts / 90.0), pts = llround(u->pts / 90.0);
        if (!c->to_ms || dts < c->to_ms) {
            if (!sound_said && dts >= c->sound_from_ms) {
                sound_said = true;
                stage_track(s, f, WIRE_AUDIO);
            }
            gint64 due = began + (dts - c->from_ms) * 1000 - g_get_monotonic_time();
            if (c->paced && due > 0)
                g_usleep((gulong)due);
            gsize size = 0;
            const uint8_t *bytes = g_bytes_get_data(u->bytes, &size);
            if (!is_left_out(c, track, dts))
                stage_send(s, wire_encode_frame(track, u->key, pts + c->shift_ms, dts + c->shift_ms,
                                                bytes, size));
            stage_hear(s, 0);
        }
        unit_free(u);
    }
    g_assert_no_error(error);
    film_close(f);
}

/* ---- what came out ---- */

static title_index *stage_index(const stage *s)
{
    g_autofree char *path = title_path_journal(s->title), *text = NULL;
    gsize length = 0, used = 0;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    title_index *index = title_index_new();
    g_assert_true(title_index_feed(index, text, length, &used, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(used, ==, length);
    return index;
}

static const title_segment *segment_at(const title_rendition *r, guint i)
{
    return g_ptr_array_index(r->segments, i);
}

#endif
