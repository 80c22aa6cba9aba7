#include "worker/worker.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "title/writer.h"
#include "worker/film.h"
#include "worker/frames.h"
#include "worker/gauge.h"
#include "worker/line.h"
#include "worker/receiver.h"
#include "worker/sandbox.h"
#include "worker/stream.h"
#include "worker/survey.h"
#include "worker/take.h"

#define PATTERN_LINES 480 /* where the rungs do not say how many */
#define PATTERN_FPS 30
#define NICE_OFFLINE 10
#define PROGRESS_EVERY_MS 1000 /* of the title */
#define PROBE_HASTE 60         /* a look goes so much faster than life */
#define STANDING_AGAIN_MS 20000
#define LOSING                                                                                                                   \
    "磁盘将满，只保留最近的录像，较早的部分正在删除：请工作人员清理存储 · The disk is nearly " \
    "full: "                                                                                                                     \
    "only the newest part of the recording is kept. Ask the staff to free some space"

typedef enum { GOING, LEAVING, FINISHING } course;

typedef struct {
    line *line;
    wire_job job;
    title_writer *writer;
    base_clock *clock;
    frames *frames; /* frames from the line: it makes the takes */
    stream *stream; /* a transport stream from the line: it makes the frames */
    take *take;     /* a test picture or a file: one take */
    course course;
    bool closed;          /* the server's end of the line */
    bool heard_out;       /* no whole message is left to be read */
    bool receives;        /* told to stand by for a publisher instead of a job */
    int64_t told_ms;      /* progress */
    guint lost;           /* files the disk has taken of it */
    int64_t losing_ms;    /* monotonic: when it took the last */
    const char *standing; /* what was said to stand; NULL: nothing */
    int64_t standing_ms;  /* monotonic: when it was said */
    gauge gauge;          /* of a publisher */
} worker;

/* ---- news for the server ---- */

static void on_part(gpointer user)
{
    worker *w = user;
    line_bell(w->line);
}

static void on_note(gpointer user, const char *sentence)
{
    worker *w = user;
    line_say(w->line, wire_encode_note(WIRE_NOTE, sentence));
}

static bool is_live(const worker *w)
{
    return w->job.source != WIRE_SOURCE_FILE && w->job.source != WIRE_SOURCE_PATTERN;
}

static void tell_progress(worker *w)
{
    int64_t reached = w->take ? take_reached(w->take) : w->frames ? frames_reached(w->frames) : -1;
    int64_t ms = reached / (TITLE_TIMESCALE / 1000);
    if (is_live(w) || reached < 0 || ms < w->told_ms + PROGRESS_EVERY_MS)
        return;
    w->told_ms = ms;
    line_say(w->line, wire_encode_progress(ms));
}

/* While the disk takes its oldest media there is something to be done about it; with room again it is over. */
static bool is_losing(worker *w)
{
    guint lost = w->writer ? title_writer_lost(w->writer) : 0;
    int64_t now = clock_mono_ms(w->clock);
    if (lost > w->lost)
        w->losing_ms = now;
    w->lost = lost;
    return lost > 0 && now - w->losing_ms < STANDING_AGAIN_MS;
}

/* What stands is said again and again: the server forgets what it has not heard for a while. */
static void tell_standing(worker *w)
{
    const char *sentence = w->frames ? frames_standing(w->frames) : NULL;
    if (is_losing(w))
        sentence = LOSING;
    int64_t now = clock_mono_ms(w->clock);
    bool again = sentence == w->standing && now - w->standing_ms < STANDING_AGAIN_MS;
    w->standing = sentence;
    if (!sentence || again)
        return;
    w->standing_ms = now;
    on_note(w, sentence);
}

static void tell_gauge(worker *w)
{
    if (!is_live(w) || !gauge_due(&w->gauge, clock_mono_ms(w->clock)))
        return;
    w->gauge.says.encoded = w->frames && frames_encodes(w->frames);
    line_say(w->line, wire_encode_gauge(&w->gauge.says));
}

/* ---- the source ---- */

static bool open_frames(worker *w)
{
    frames_news news = {on_part, on_note, w};
    w->frames = frames_new(&w->job, w->writer, is_live(w) ? w->clock : NULL, &news);
    return true;
}

static bool on_track(gpointer user, wire_track track, GBytes *config, GError **error)
{
    worker *w = user;
    gauge_config(&w->gauge, track, config);
    return frames_track(w->frames, track, config, error);
}

static bool on_unit(gpointer user, wire_track track, const unit *u, GError **error)
{
    worker *w = user;
    gauge_unit(&w->gauge, track, u, clock_mono_ms(w->clock));
    return frames_unit(w->frames, track, u, error);
}

static void on_promise(gpointer user, wire_track track)
{
    frames_promise(((worker *)user)->frames, track);
}

static bool open_stream(worker *w)
{
    const stream_ops ops = {on_promise, on_track, on_unit, on_note};
    w->stream = stream_new(&ops, w);
    return open_frames(w);
}

static bool open_take(worker *w, pipeline_head head, const plan_source *made_of, GError **error)
{
    int64_t now = is_live(w) ? w->job.now_ms * (TITLE_TIMESCALE / 1000) : 0;
    take_source source = {
        .head = head, .source = *made_of, .start = MAX(title_writer_next_start(w->writer), now)};
    take_news news = {on_part, w};
    w->take = take_new(&w->job, w->writer, &source, &news, error);
    return w->take != NULL;
}

/* As high as the highest rung: a test picture should not cost more than is shown of it. */
static int32_t pattern_lines(const wire_job *job)
{
    int32_t lines = 0;
    for (int i = 0; i < job->rungs; i++)
        lines = MAX(lines, job->rung[i].copy ? PATTERN_LINES : job->rung[i].height);
    return lines && lines <= PLAN_LINES_MAX ? lines : PATTERN_LINES;
}

static bool open_pattern(worker *w, pipeline_head head, GError **error)
{
    int32_t lines = pattern_lines(&w->job);
    plan_source made_of = {.video = true,
                           .audio = true,
                           .picture = {.width = (lines * 16 / 9 + 1) / 2 * 2,
                                       .height = lines,
                                       .fps_num = PATTERN_FPS,
                                       .fps_den = 1}};
    return open_take(w, head, &made_of, error);
}

/* The tracks as they are coded, where they may be copied. */
static void describe_film(const worker *w, const film *f, take_source *is)
{
    gsize size = 0;
    is->avcc = film_config(f, WIRE_VIDEO);
    is->asc = film_config(f, WIRE_AUDIO);
    film_describe(f, &is->source);
    picture_config picture = {0};
    const uint8_t *bytes = is->avcc ? g_bytes_get_data(is->avcc, &size) : NULL;
    is->may_copy = w->job.may_copy && bytes && picture_config_read(bytes, size, &picture, NULL) &&
                   plan_may_copy(&picture);
    is->source.picture.chroma = picture.chroma;
    is->source.picture.depth = picture.depth;
    is->source.picture.interlaced = picture.interlaced;
    bytes = is->asc ? g_bytes_get_data(is->asc, &size) : NULL;
    if (!bytes || !sound_config_read(bytes, size, &is->source.sound, NULL))
        is->source.sound = (sound_config){0};
}

static bool open_film(worker *w, GError **error)
{
    take_source is = {.head = HEAD_FILE};
    take_news news = {on_part, w};
    film *f = film_open(w->job.path, error);
    if (!f)
        return false;
    describe_film(w, f, &is);
    is.start = title_writer_next_start(w->writer);
    w->take = take_new(&w->job, w->writer, &is, &news, error);
    film_close(f);
    return w->take != NULL;
}

static bool open_source(worker *w, GError **error)
{
    switch (w->job.source) {
    case WIRE_SOURCE_FRAMES:
        return open_frames(w);
    case WIRE_SOURCE_TS:
        return open_stream(w);
    case WIRE_SOURCE_FILE:
        return open_film(w, error);
    case WIRE_SOURCE_PATTERN_LIVE:
        return open_pattern(w, HEAD_PATTERN_LIVE, error);
    case WIRE_SOURCE_PATTERN:
        return open_pattern(w, HEAD_PATTERN, error);
    }
    error_set(error, ERROR_INPUT, "source", NULL, "Unknown source");
    return false;
}

/* ---- one turn ---- */

static bool is_full(const worker *w)
{
    return w->frames && frames_full(w->frames);
}

static bool take_message(worker *w, const wire_message *m, GError **error)
{
    if (m->kind == WIRE_LEAVE || m->kind == WIRE_FINISH) {
        w->course = m->kind == WIRE_LEAVE ? LEAVING : FINISHING;
        return true;
    }
    if (m->kind == WIRE_DATA && w->stream)
        return stream_push(w->stream, m->data, m->size, error);
    if (w->job.source != WIRE_SOURCE_FRAMES || (m->kind != WIRE_TRACK && m->kind != WIRE_FRAME))
        return true;
    g_autoptr(GBytes) bytes = g_bytes_new(m->data, m->size);
    if (m->kind == WIRE_TRACK)
        return on_track(w, m->track, bytes, error);
    const int64_t ms = TITLE_TIMESCALE / 1000;
    unit *u = unit_new(bytes, m->pts_ms * ms, m->dts_ms * ms, m->key);
    bool ok = on_unit(w, m->track, u, error);
    unit_free(u);
    return ok;
}

static bool take_messages(worker *w, GError **error)
{
    const wire_message *m;
    while (w->course == GOING && !is_full(w)) {
        g_autoptr(GError) why = NULL;
        m = line_next(w->line, &why);
        w->heard_out = m == NULL;
        if (!m) {
            if (why)
                g_propagate_error(error, g_steal_pointer(&why));
            return !why;
        }
        if (!take_message(w, m, error))
            return false;
    }
    return true;
}

static bool pump(worker *w, GError **error)
{
    if (w->frames)
        return frames_pump(w->frames, error);
    if (!take_pump(w->take, error))
        return false;
    if (take_trouble(w->take)) {
        error_set(error, ERROR_PEER, "encoder", NULL, "%s", take_trouble(w->take));
        return false;
    }
    if (take_ended(w->take) && w->course == GOING)
        w->course = FINISHING;
    return true;
}

/* Sleeps until there is something to read (and room for it), to send, or to take. */
static void wait_for_news(worker *w, int fd)
{
    bool room = !is_full(w), read = room && !w->closed;
    int encoders = w->frames ? frames_fd(w->frames) : take_fd(w->take);
    short want = (short)((read ? POLLIN : 0) | (line_owes(w->line) && !w->closed ? POLLOUT : 0));
    struct pollfd on[] = {{want ? fd : -1, want, 0}, {encoders, POLLIN, 0}};
    poll(on, G_N_ELEMENTS(on), -1);
    if (on[0].revents & POLLOUT)
        line_flush(w->line);
    if (read && on[0].revents & (POLLIN | POLLHUP | POLLERR))
        w->closed = !line_read(w->line);
}

static bool turn(worker *w, int fd, GError **error)
{
    if (!take_messages(w, error) || !pump(w, error))
        return false;
    tell_progress(w);
    tell_gauge(w);
    tell_standing(w);
    if (w->closed && w->heard_out && w->course == GOING)
        w->course = LEAVING;
    if (w->course == GOING)
        wait_for_news(w, fd);
    return true;
}

/* ---- the whole ---- */

/* Waits for the first message. NULL: the line closed, or `error`. One that has to wait warms up. */
static const wire_message *first_message(worker *w, int fd, GError **error)
{
    const wire_message *m;
    g_autoptr(GError) why = NULL;
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, 0) == 0 && pipeline_start(NULL))
        pipeline_warm();
    while (!(m = line_next(w->line, &why)) && !why && !w->closed) {
        poll(&p, 1, -1);
        w->closed = !line_read(w->line);
    }
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    return m;
}

static bool take_job(worker *w, int fd, GError **error)
{
    g_autoptr(GError) why = NULL;
    const wire_message *m = first_message(w, fd, &why);
    bool unneeded = m ? m->kind == WIRE_LEAVE : !why;
    w->receives = m && m->kind == WIRE_STAND_BY;
    if (unneeded)
        w->course = LEAVING;
    if (unneeded || w->receives)
        return true;
    if (m && m->kind == WIRE_JOB) {
        w->job = m->job;
        return true;
    }
    error_set(error, ERROR_PEER, "no_job", NULL, "The first message is not a job");
    return false;
}

static bool is_lesson(const worker *w)
{
    return w->job.task == WIRE_TASK_LESSON;
}

static bool open_title(worker *w, GError **error)
{
    journal_head head = {w->job.part_target, w->job.segment_target, w->job.target_duration_s,
                         w->job.epoch_utc_ms};
    w->writer = is_lesson(w) ? title_writer_resume(w->job.title_dir, &head, error)
                             : title_writer_open(w->job.title_dir, &head, error);
    if (w->writer && is_live(w))
        title_writer_keep_room(w->writer, TITLE_ROOM_BYTES);
    return w->writer != NULL;
}

static void tell_done(worker *w)
{
    line_bell(w->line);
    line_say(w->line, wire_encode_plain(WIRE_DONE));
}

static bool finish(worker *w, GError **error)
{
    if (is_lesson(w) && w->course != FINISHING)
        return true; /* what is whole is written; the next one goes on from there */
    bool ok = w->frames ? frames_finish(w->frames, error) : take_finish(w->take, INT64_MIN, error);
    if (!ok || w->course != FINISHING)
        return ok;
    if (!title_writer_end(w->writer, error))
        return false;
    tell_done(w);
    return true;
}

/*
 * A lesson whose title cannot be written: a worker before this one, whose end nobody heard, has written the END, or
 * is still writing. Neither is a failure. False: something else is wrong.
 */
static bool is_in_other_hands(worker *w, const GError *why)
{
    bool ended = strcmp(error_code(why), "title_ended") == 0;
    if (!is_lesson(w) || (!ended && strcmp(error_code(why), "title_in_use") != 0))
        return false;
    if (ended)
        tell_done(w);
    else
        line_say(w->line, wire_encode_plain(WIRE_LATER));
    return true;
}

/* Nobody waits for the end of a file: live classes go first. */
static void yield_to_live(const worker *w)
{
    if (!is_live(w) && nice(NICE_OFFLINE) < 0)
        log_info("worker", "this job cannot be put behind live classes");
}

/* ---- a file that is only looked at ---- */

static bool goes_on(gpointer user, int64_t done_ms)
{
    worker *w = user;
    const wire_message *m;
    g_autoptr(GError) nonsense = NULL;
    w->closed = w->closed || !line_read(w->line);
    while ((m = line_next(w->line, &nonsense)))
        if (m->kind == WIRE_LEAVE || m->kind == WIRE_FINISH)
            w->course = LEAVING;
    if (w->closed || nonsense)
        w->course = LEAVING;
    if (done_ms >= w->told_ms + PROGRESS_EVERY_MS * PROBE_HASTE) {
        w->told_ms = done_ms;
        line_say(w->line, wire_encode_progress(done_ms));
        line_flush(w->line);
    }
    return w->course == GOING;
}

static bool look(worker *w, GError **error)
{
    survey_watch watch = {goes_on, w};
    facts is;
    sandbox_enter(NULL, w->job.path);
    line_say(w->line, wire_encode_plain(WIRE_READY));
    if (!survey_run(w->job.path, &watch, &is, error))
        return w->course != GOING;
    g_autofree char *json = facts_json(&is);
    line_say(w->line, wire_encode_probed(json));
    line_say(w->line, wire_encode_plain(WIRE_DONE));
    return true;
}

static bool make_title(worker *w, int fd, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (!open_title(w, &why)) {
        if (is_in_other_hands(w, why))
            return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    sandbox_enter(w->job.title_dir, w->job.source == WIRE_SOURCE_FILE ? w->job.path : NULL);
    if (!open_source(w, error))
        return false;
    line_say(w->line, wire_encode_plain(WIRE_READY));
    while (w->course == GOING)
        if (!turn(w, fd, error))
            return false;
    return finish(w, error);
}

static bool work(worker *w, int fd, GError **error)
{
    if (!take_job(w, fd, error))
        return false;
    if (w->course == LEAVING)
        return true;
    if (w->job.source != WIRE_SOURCE_FILE && !pipeline_start(error)) /* files need none of it */
        return false;
    if (w->receives)
        return receiver_run(w->line, fd, error);
    yield_to_live(w);
    return w->job.task == WIRE_TASK_PROBE ? look(w, error) : make_title(w, fd, error);
}

static void clear(worker *w)
{
    take_free(w->take);
    stream_free(w->stream);
    frames_free(w->frames);
    title_writer_free(w->writer);
    clock_free(w->clock);
    line_free(w->line);
}

worker_result worker_registry(void)
{
    g_autoptr(GError) error = NULL;
    if (pipeline_scan(&error))
        return WORKER_OK;
    log_error("worker", "%s", error->message);
    return WORKER_FAILED;
}

worker_result worker_run(int fd)
{
    worker w = {.line = line_new(fd), .clock = clock_new_system()};
    g_autoptr(GError) error = NULL;
    bool ok = work(&w, fd, &error);
    if (!ok) {
        log_error("worker", "%s", error->message);
        line_say(w.line, wire_encode_note(WIRE_FAILED, error->message));
    }
    line_last_words(w.line);
    clear(&w);
    return ok ? WORKER_OK : WORKER_FAILED;
}
