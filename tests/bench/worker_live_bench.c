/*
 * A live worker on a film played at the speed of life: what it costs, and how late each part's journal line is.
 *
 *   worker_live_bench WORKER FILM
 *
 * The film is H.264 and AAC in FLV. It plays the server: frames down the socket pair as a publisher's, and at each bell
 * it reads the journal on. A part is as late as its line is behind the last frame of it that was sent. Prints one JSON
 * line. It is a measuring tool: it trusts its worker.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "title/journal.h"
#include "title/writer.h"
#include "wire/wire.h"
#include "worker/film.h"

#define STARTING_US (3 * G_USEC_PER_SEC) /* parts of the first seconds are late while it starts */

typedef struct {
    wire_track track;
    int64_t at; /* title time, 1/90000 s */
    gint64 sent_us;
} sent_frame;

typedef struct {
    char name[JOURNAL_NAME_MAX];
    bool audio_only;
    GArray *late_us; /* of gint64 */
} rendition;

typedef struct {
    int fd;
    GPid pid;
    wire_reader *reader;
    char *dir, *title;
    gsize read_to;  /* bytes of the journal */
    GArray *frames; /* of sent_frame */
    int64_t first;  /* 1/90000 s of the film that is the title's 0; -1: not known */
    gint64 began_us;
    GPtrArray *renditions;
    bool done;
} stage;

static void die(const char *what)
{
    fprintf(stderr, "worker_live_bench: %s\n", what);
    exit(1);
}

/* ---- the journal ---- */

static rendition *rendition_of(stage *s, const char *name)
{
    for (guint i = 0; i < s->renditions->len; i++) {
        rendition *r = g_ptr_array_index(s->renditions, i);
        if (strcmp(r->name, name) == 0)
            return r;
    }
    rendition *r = g_new0(rendition, 1);
    g_strlcpy(r->name, name, sizeof r->name);
    r->late_us = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_ptr_array_add(s->renditions, r);
    return r;
}

/* When the last frame before that time was sent: of the sound, and of the picture if there is one. */
static gint64 sent_before(const stage *s, int64_t end, bool audio_only)
{
    gint64 last_us = 0;
    for (guint i = s->frames->len; i > 0 && i + 200 > s->frames->len; i--) {
        const sent_frame *f = &g_array_index(s->frames, sent_frame, i - 1);
        if (f->at < end && (!audio_only || f->track == WIRE_AUDIO))
            last_us = MAX(last_us, f->sent_us);
    }
    return last_us;
}

static void take_line(stage *s, const journal_line *line, gint64 now_us)
{
    if (line->kind == JOURNAL_RENDITION)
        rendition_of(s, line->described.name)->audio_only = line->described.kind == RENDITION_AUDIO;
    if (line->kind != JOURNAL_PART || now_us - s->began_us < STARTING_US || s->first < 0)
        return;
    rendition *r = rendition_of(s, line->rendition);
    gint64 late_us = now_us - sent_before(s, line->start + line->duration, r->audio_only);
    g_array_append_val(r->late_us, late_us);
}

static void read_journal(stage *s, gint64 now_us)
{
    g_autofree char *path = title_path_journal(s->title), *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return;
    const char *end;
    for (; (end = memchr(text + s->read_to, '\n', length - s->read_to));
         s->read_to = (gsize)(end - text) + 1) {
        journal_line line;
        if (!journal_parse(text + s->read_to, (gsize)(end - text) - s->read_to, &line, NULL))
            die("a journal line that is none");
        take_line(s, &line, now_us);
    }
}

/* ---- the worker ---- */

static void in_child(gpointer data)
{
    dup2(GPOINTER_TO_INT(data), 3);
}

static void send_message(stage *s, GBytes *message)
{
    gsize size = 0, sent = 0;
    const char *bytes = g_bytes_get_data(message, &size);
    while (sent < size) {
        ssize_t n = send(s->fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0)
            die("the worker is gone");
        sent += (gsize)n;
    }
    g_bytes_unref(message);
}

/* As a class from OBS is given to it. */
static void send_job(stage *s)
{
    wire_job job = {
        .source = WIRE_SOURCE_FRAMES,
        .part_target = 30000,
        .segment_target = 180000,
        .target_duration_s = 6,
        .epoch_utc_ms = 1700000000000,
        .rungs = 4,
        .rung = {{.name = "src", .copy = true, .video_bps = 2500000, .audio_bps = 96000},
                 {.name = "480p", .height = 480, .video_bps = 800000, .audio_bps = 64000},
                 {.name = "180p", .height = 180, .video_bps = 150000, .audio_bps = 48000},
                 {.name = "audio", .audio_only = true, .audio_bps = 48000}}};
    g_strlcpy(job.title_dir, s->title, sizeof job.title_dir);
    send_message(s, wire_encode_job(&job));
}

static void hear_one(stage *s, const wire_message *m, gint64 now_us)
{
    if (m->kind == WIRE_BELL)
        read_journal(s, now_us);
    if (m->kind == WIRE_FAILED)
        die(m->note);
    s->done |= m->kind == WIRE_DONE;
}

/* Listens until that time. False: the worker has closed. */
static bool hear_until(stage *s, gint64 due_us)
{
    uint8_t bytes[4096];
    for (gint64 now_us; (now_us = g_get_monotonic_time()) < due_us;) {
        struct pollfd p = {s->fd, POLLIN, 0};
        struct timespec patience = {(due_us - now_us) / G_USEC_PER_SEC,
                                    (due_us - now_us) % G_USEC_PER_SEC * 1000};
        if (ppoll(&p, 1, &patience, NULL) <= 0)
            continue;
        ssize_t got = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        wire_reader_push(s->reader, bytes, (gsize)got);
        const wire_message *m;
        while ((m = wire_reader_next(s->reader, NULL)))
            hear_one(s, m, g_get_monotonic_time());
    }
    return true;
}

static void start(stage *s, char *worker)
{
    int pair[2];
    char *argv[] = {worker, NULL};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        !g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
                       in_child, GINT_TO_POINTER(pair[1]), &s->pid, NULL))
        die("the worker does not start");
    close(pair[1]);
    s->fd = pair[0];
    send_job(s);
}

/* ---- the film ---- */

static void send_track(stage *s, film *f, wire_track track)
{
    gsize size = 0;
    GBytes *config = film_config(f, track);
    if (!config)
        die("the film lacks sound or picture");
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    send_message(s, wire_encode_track(track, track == WIRE_VIDEO ? WIRE_CODEC_H264 : WIRE_CODEC_AAC,
                                      bytes, size));
}

static void send_frame(stage *s, const unit *u, wire_track track)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(u->bytes, &size);
    if (s->first < 0 && track == WIRE_VIDEO)
        s->first = u->pts;
    send_message(s, wire_encode_frame(track, u->key, llround(u->pts / 90.0), llround(u->dts / 90.0),
                                      bytes, size));
    sent_frame frame = {track, u->pts - s->first, g_get_monotonic_time()};
    g_array_append_val(s->frames, frame);
}

/* Gives the film's length in seconds. */
static double play(stage *s, const char *path)
{
    film *f = film_open(path, NULL);
    if (!f)
        die("the film cannot be read");
    send_track(s, f, WIRE_VIDEO);
    send_track(s, f, WIRE_AUDIO);
    wire_track track;
    unit *u;
    int64_t dts = 0;
    s->began_us = g_get_monotonic_time();
    while ((u = film_next(f, &track, NULL))) {
        dts = u->dts;
        if (!hear_until(s, s->began_us + dts * 100 / 9))
            die("the worker has closed");
        send_frame(s, u, track);
        unit_free(u);
    }
    film_close(f);
    return (double)dts / TITLE_TIMESCALE;
}

/* ---- what it was ---- */

static int by_size(const void *a, const void *b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

static double late_ms(const rendition *r, guint percent)
{
    return r->late_us->len
               ? (double)g_array_index(r->late_us, gint64, (r->late_us->len - 1) * percent / 100) /
                     1000
               : 0;
}

static void print_renditions(const stage *s)
{
    for (guint i = 0; i < s->renditions->len; i++) {
        rendition *r = g_ptr_array_index(s->renditions, i);
        g_array_sort(r->late_us, by_size);
        printf("%s{\"name\":\"%s\",\"parts\":%u,\"p50_ms\":%.1f,\"p99_ms\":%.1f}", i ? "," : "",
               r->name, r->late_us->len, late_ms(r, 50), late_ms(r, 99));
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("worker_live_bench WORKER FILM");
    stage s = {.first = -1};
    s.reader = wire_reader_new();
    s.dir = g_dir_make_tmp("jiangtang-bench-XXXXXX", NULL);
    s.title = g_build_filename(s.dir, "title", NULL);
    s.frames = g_array_new(FALSE, FALSE, sizeof(sent_frame));
    s.renditions = g_ptr_array_new();
    start(&s, argv[1]);
    double seconds = play(&s, argv[2]);
    send_message(&s, wire_encode_plain(WIRE_FINISH));
    hear_until(&s, g_get_monotonic_time() + 20 * G_USEC_PER_SEC);
    struct rusage used;
    int status = 0;
    if (wait4(s.pid, &status, 0, &used) != s.pid || status != 0 || !s.done)
        die("the worker did not end well");
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"title\":\"%s\",\"seconds\":%.2f,\"cpu_s\":%.2f,\"peak_mb\":%.0f,\"renditions\":[",
           s.title, seconds, cpu, (double)used.ru_maxrss / 1024);
    print_renditions(&s);
    printf("]}\n");
    return 0;
}
