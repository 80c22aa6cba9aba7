#include "worker/frames.h"

#include "base/error.h"
#include "base/log.h"
#include "worker/take.h"
#include "worker/timeline.h"

#define NEVER INT64_MIN
/* a new clock starts at the wall's time if that is this far past the title */
#define WALL_AHEAD TITLE_TIMESCALE
#define SOUND_PREROLL 9000 /* 0.1 s of sound before a take warms its encoder */

struct frames {
    const wire_job *job;
    title_writer *writer;
    const base_clock *clock;
    frames_news news;

    GBytes *avcc, *asc; /* as announced; NULL: not (yet) */
    bool unreadable[2]; /* by wire_track: what was announced last */
    bool promised[2];   /* by wire_track: it will come */
    picture_config picture;
    sound_config sound;

    take *take;                  /* NULL: waiting for a start */
    bool take_video, take_audio; /* its tracks; take_audio: and still of the same configuration */
    bool retake;                 /* at the next keyframe */
    int64_t stale_since; /* the publisher's clock: pictures come that the take cannot show; NEVER */
    bool distrust_copy;  /* this publisher's keyframes are too rare */
    int64_t keyless_since; /* the publisher's clock */
    bool keyless;          /* for FRAMES_KEYLESS nothing could be shown */
    int32_t troubles;

    GQueue gop; /* of unit: pictures since the last keyframe */
    gsize gop_bytes;
    GQueue recent;                                           /* of unit: sound */
    int64_t last_video, last_audio, last_key, waiting_since; /* the publisher's clock */

    timeline line;
    bool mapped; /* line has the publisher's present clock */
    bool begun;  /* the first take has been; base_* are valid */
    int64_t base_title, base_mono_ms;
};

static void clear_units(GQueue *queue)
{
    g_queue_clear_full(queue, (GDestroyNotify)unit_free);
}

frames *frames_new(const wire_job *job, title_writer *writer, const base_clock *clock,
                   const frames_news *news)
{
    frames *f = g_new0(frames, 1);
    f->job = job;
    f->writer = writer;
    f->clock = clock;
    f->news = *news;
    g_queue_init(&f->gop);
    g_queue_init(&f->recent);
    f->last_video = f->last_audio = f->last_key = f->waiting_since = f->keyless_since =
        f->stale_since = NEVER;
    return f;
}

void frames_free(frames *f)
{
    if (!f)
        return;
    take_free(f->take);
    clear_units(&f->gop);
    clear_units(&f->recent);
    g_clear_pointer(&f->avcc, g_bytes_unref);
    g_clear_pointer(&f->asc, g_bytes_unref);
    g_free(f);
}

static void note(frames *f, const char *sentence)
{
    log_info("worker", "%s", sentence);
    f->news.on_note(f->news.user, sentence);
}

#define UNREADABLE_PICTURE                                                                         \
    "无法识别视频编码参数，请使用 H.264 (the video cannot be read; please send H.264)"
#define UNREADABLE_SOUND                                                                           \
    "无法识别音频编码参数，请使用 AAC (the sound cannot be read; please send AAC)"
#define KEYLESS                                                                                    \
    "没有收到关键帧 (IDR)，画面无法播出；请把关键帧间隔设为 2 秒 "        \
    "(no IDR keyframe arrives, so no picture can be shown; please set the interval to 2 s)"
#define SOUND_ALONE "没有收到画面，仅以声音继续 (no picture arrives; going on with sound alone)"
#define ENCODED                                                                                                         \
    "关键帧间隔过长，已改为转码；请把关键帧间隔设为 2 秒 (keyframes are too far apart, so the " \
    "picture is "                                                                                                       \
    "re-encoded; please set the interval to 2 s)"

bool frames_encodes(const frames *f)
{
    return f->take && f->take_video && plan_wants_copy(f->job) && !take_copies(f->take);
}

const char *frames_standing(const frames *f)
{
    if (f->unreadable[WIRE_VIDEO])
        return UNREADABLE_PICTURE;
    if (f->keyless)
        return KEYLESS;
    if (f->avcc && f->take && !f->take_video)
        return SOUND_ALONE;
    if (f->unreadable[WIRE_AUDIO])
        return UNREADABLE_SOUND;
    return f->distrust_copy ? ENCODED : NULL;
}

/* ---- what is remembered ---- */

static void forget_gop(frames *f)
{
    clear_units(&f->gop);
    f->gop_bytes = 0;
}

static void remember_picture(frames *f, const unit *picture)
{
    if (picture->key) {
        forget_gop(f);
        f->last_key = picture->dts;
    } else if (g_queue_is_empty(&f->gop)) {
        return; /* nothing can be decoded before a keyframe */
    }
    f->gop_bytes += g_bytes_get_size(picture->bytes);
    if (f->gop_bytes > FRAMES_GOP_BYTES || f->gop.length >= FRAMES_GOP_MAX)
        forget_gop(f);
    else
        g_queue_push_tail(&f->gop, unit_copy(picture));
}

static void remember_sound(frames *f, const unit *frame)
{
    const unit *oldest;
    g_queue_push_tail(&f->recent, unit_copy(frame));
    while (
        (oldest = g_queue_peek_head(&f->recent)) &&
        (ABS(frame->pts - oldest->pts) > FRAMES_SOUND_KEPT || f->recent.length > FRAMES_SOUND_MAX))
        unit_free(g_queue_pop_head(&f->recent));
}

/* ---- feeding a take ---- */

static bool feed(frames *f, wire_track track, const unit *u, GError **error)
{
    if (track == WIRE_AUDIO && !f->take_audio)
        return true;
    unit *placed = unit_copy(u);
    if (track == WIRE_VIDEO)
        timeline_video(&f->line, placed);
    else
        timeline_audio(&f->line, placed);
    bool ok = track == WIRE_VIDEO ? take_picture(f->take, placed, error)
                                  : take_sound(f->take, placed, error);
    unit_free(placed);
    return ok;
}

/* Both memories, merged by time, as the publisher sent them. */
static bool feed_remembered(frames *f, int64_t sound_from, GError **error)
{
    GList *v = f->take_video ? f->gop.head : NULL, *a = f->recent.head;
    while (v || a) {
        bool sound = a && (!v || ((const unit *)a->data)->pts <= ((const unit *)v->data)->dts);
        GList **from = sound ? &a : &v;
        const unit *next = (*from)->data;
        *from = (*from)->next;
        if (sound && next->pts + f->line.shift < sound_from)
            continue;
        if (!feed(f, sound ? WIRE_AUDIO : WIRE_VIDEO, next, error))
            return false;
    }
    return true;
}

/* ---- the line ---- */

/* Where a new clock starts on the title's line. */
static int64_t new_place(frames *f)
{
    int64_t next = title_writer_next_start(f->writer);
    if (!f->begun)
        return MAX(next, f->job->now_ms * (TITLE_TIMESCALE / 1000));
    if (!f->clock)
        return next;
    int64_t passed = (clock_mono_ms(f->clock) - f->base_mono_ms) * (TITLE_TIMESCALE / 1000);
    int64_t wall = f->base_title + passed;
    return wall > next + WALL_AHEAD ? wall : next;
}

/* Maps the publisher's `first` to the title's line and says where that is. */
static int64_t place(frames *f, int64_t first)
{
    int64_t title = f->mapped ? first + f->line.shift : new_place(f);
    title = MAX(title, title_writer_next_start(f->writer));
    int32_t num = f->picture.fps_num ? f->picture.fps_num : f->line.fps_num;
    int32_t den = f->picture.fps_num ? f->picture.fps_den : f->line.fps_den;
    timeline_start(&f->line, first, title, num, den);
    f->mapped = true;
    if (!f->begun) {
        f->begun = true;
        f->base_title = title;
        f->base_mono_ms = f->clock ? clock_mono_ms(f->clock) : 0;
    }
    return title;
}

/* ---- takes ---- */

/* `next`: the publisher's time at which what follows begins; or NEVER: nobody knows. */
static bool end_take_before(frames *f, int64_t next, GError **error)
{
    int64_t until = next == NEVER ? NEVER : next + f->line.shift;
    bool ok = !f->take || take_finish(f->take, until, error);
    take_free(f->take);
    f->take = NULL;
    f->retake = false;
    f->waiting_since = f->stale_since = NEVER;
    return ok;
}

static bool end_take(frames *f, GError **error)
{
    return end_take_before(f, NEVER, error);
}

static bool open_take(frames *f, bool video, int64_t start, GError **error)
{
    take_source source = {.head = HEAD_FRAMES,
                          .source = {video, f->asc != NULL, f->picture, f->sound},
                          .avcc = f->avcc,
                          .asc = f->asc,
                          .may_copy = video && !f->distrust_copy && plan_may_copy(&f->picture),
                          .start = start};
    take_news news = {f->news.on_part, f->news.user};
    f->take_video = video;
    f->take_audio = f->asc != NULL;
    f->take = take_new(f->job, f->writer, &source, &news, error);
    return f->take && feed_remembered(f, start - SOUND_PREROLL, error);
}

static bool start_with_pictures(frames *f, GError **error)
{
    const unit *first = g_queue_peek_head(&f->gop);
    return open_take(f, true, place(f, first->pts), error);
}

static bool start_with_sound(frames *f, GError **error)
{
    const unit *oldest;
    int64_t next = title_writer_next_start(f->writer);
    while ((oldest = g_queue_peek_head(&f->recent)) && f->mapped &&
           oldest->pts + f->line.shift < next)
        unit_free(g_queue_pop_head(&f->recent));
    return !oldest || open_take(f, false, place(f, oldest->pts), error);
}

static int64_t sound_span(const frames *f)
{
    const unit *first = g_queue_peek_head((GQueue *)&f->recent),
               *last = g_queue_peek_tail((GQueue *)&f->recent);
    return first ? last->pts - first->pts : 0;
}

/* Starts a take when it is clear which tracks there are; `now`: with what there is. */
static bool try_start(frames *f, bool now, GError **error)
{
    if (f->take)
        return true;
    if (!g_queue_is_empty(&f->gop)) {
        const unit *last = g_queue_peek_tail(&f->gop);
        int64_t patience = f->promised[WIRE_AUDIO] ? FRAMES_PROMISE_WAIT : FRAMES_AUDIO_WAIT;
        bool waited = last->dts - f->waiting_since >= patience;
        return now || f->asc || waited ? start_with_pictures(f, error) : true;
    }
    bool promised = f->avcc || f->promised[WIRE_VIDEO];
    int64_t patience = promised ? FRAMES_KEY_WAIT : FRAMES_VIDEO_WAIT;
    if (f->asc && (now || sound_span(f) >= patience))
        return start_with_sound(f, error);
    return true;
}

static void forget_sound_far_from(frames *f, int64_t time)
{
    for (GList *l = f->recent.head, *next; l; l = next) {
        const unit *frame = l->data;
        next = l->next;
        if (ABS(frame->pts - time) <= FRAMES_JUMP)
            continue;
        unit_free(l->data);
        g_queue_delete_link(&f->recent, l);
    }
}

/* The publisher's clock is another one now: it shows `time`. */
static bool jump(frames *f, int64_t time, GError **error)
{
    forget_sound_far_from(f, time);
    note(f, "推流时间戳跳变，已从新的时间继续 (the publisher's clock jumped; going on from its new "
            "time)");
    if (!end_take(f, error))
        return false;
    f->mapped = false;
    forget_gop(f);
    return true;
}

static bool is_jump(int64_t last, int64_t time)
{
    return last != NEVER && (time - last > FRAMES_JUMP || time < last - FRAMES_BACK);
}

/* Keyframes are too rare: from here on the top rung is encoded, decoding from the last keyframe. */
static bool stop_copying(frames *f, GError **error)
{
    f->distrust_copy = true;
    if (!end_take(f, error))
        return false;
    const unit *first = g_queue_peek_head(&f->gop);
    if (!first)
        return true;
    int64_t shift = f->line.shift;
    timeline_start(&f->line, first->pts, first->pts + shift, f->line.fps_num, f->line.fps_den);
    return open_take(f, true, title_writer_next_start(f->writer), error);
}

/* ---- what comes in ---- */

static bool same_bytes(GBytes *a, GBytes *b)
{
    return a && b && g_bytes_equal(a, b);
}

static bool picture_track(frames *f, GBytes *config)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    picture_config read;
    bool known = same_bytes(f->avcc, config);
    f->unreadable[WIRE_VIDEO] = !known && !picture_config_read(bytes, size, &read, NULL);
    if (known || f->unreadable[WIRE_VIDEO])
        return true;
    g_clear_pointer(&f->avcc, g_bytes_unref);
    f->avcc = g_bytes_ref(config);
    f->picture = read;
    forget_gop(f);
    f->retake = f->take && f->take_video;
    if (f->retake && f->stale_since == NEVER)
        f->stale_since = f->last_video;
    return true;
}

static bool sound_track(frames *f, GBytes *config, GError **error)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(config, &size);
    sound_config read;
    bool known = same_bytes(f->asc, config);
    f->unreadable[WIRE_AUDIO] = !known && !sound_config_read(bytes, size, &read, NULL);
    if (known || f->unreadable[WIRE_AUDIO])
        return true;
    g_clear_pointer(&f->asc, g_bytes_unref);
    f->asc = g_bytes_ref(config);
    f->sound = read;
    clear_units(&f->recent);
    f->take_audio = false;
    f->retake = f->take && f->take_video;
    return !f->take || f->take_video || end_take(f, error);
}

void frames_promise(frames *f, wire_track track)
{
    f->promised[track] = true;
}

bool frames_track(frames *f, wire_track track, GBytes *config, GError **error)
{
    return track == WIRE_VIDEO ? picture_track(f, config) : sound_track(f, config, error);
}

static int64_t longest_gop(const frames *f)
{
    int64_t room = (int64_t)f->job->target_duration_s * TITLE_TIMESCALE -
                   (int64_t)f->job->segment_target * 3 / 4;
    return MIN(PLAN_GOP_MAX, room);
}

/* Nothing can be shown before the first keyframe. */
static void look_for_key(frames *f, const unit *picture)
{
    if (picture->key || f->keyless_since == NEVER)
        f->keyless_since = picture->dts;
    f->keyless = f->last_key == NEVER && picture->dts - f->keyless_since >= FRAMES_KEYLESS;
}

/* Leaves a take that cannot show this picture. */
static bool leave_for_picture(frames *f, const unit *picture, GError **error)
{
    if (!f->take || !picture->key || (f->take_video && !f->retake))
        return true;
    return end_take_before(f, picture->pts, error);
}

/* A take whose pictures have become others is left without their first keyframe when that stays away. */
static bool leave_stale(frames *f, int64_t time, GError **error)
{
    return f->stale_since == NEVER || time - f->stale_since <= FRAMES_STALE || end_take(f, error);
}

static bool on_picture(frames *f, const unit *picture, GError **error)
{
    if (!f->avcc)
        return true;
    if (is_jump(f->last_video, picture->dts) && !jump(f, picture->dts, error))
        return false;
    f->last_video = picture->dts;
    look_for_key(f, picture);
    if (!leave_for_picture(f, picture, error) || !leave_stale(f, picture->dts, error))
        return false;
    remember_picture(f, picture);
    if (f->waiting_since == NEVER)
        f->waiting_since = picture->dts;
    if (!f->take)
        return try_start(f, false, error);
    if (!f->take_video || f->stale_since != NEVER)
        return true;
    if (take_copies(f->take) && picture->dts - f->last_key > longest_gop(f))
        return stop_copying(f, error);
    return feed(f, WIRE_VIDEO, picture, error);
}

/* Sound far from the pictures is of a clock the pictures do not have (yet). */
static bool is_astray(const frames *f, const unit *frame)
{
    bool near_sound = !is_jump(f->last_audio, frame->pts);
    bool near_picture = f->last_video != NEVER && ABS(frame->pts - f->last_video) <= FRAMES_JUMP;
    return f->take && f->take_video && !near_sound && !near_picture;
}

/* The camera is gone but somebody still speaks. */
static bool pictures_gone(const frames *f, const unit *frame)
{
    if (!f->take || !f->take_video)
        return false;
    int64_t hole = frame->pts - f->last_video;
    int64_t segment = frame->pts + f->line.shift - take_last_boundary(f->take);
    return hole > FRAMES_VIDEO_GONE ||
           (hole > TITLE_TIMESCALE &&
            segment > (int64_t)f->job->target_duration_s * TITLE_TIMESCALE);
}

static bool on_sound(frames *f, const unit *frame, GError **error)
{
    if (!f->asc)
        return true;
    if (is_astray(f, frame)) {
        clear_units(&f->recent);
        remember_sound(f, frame);
        return true;
    }
    bool alone = !f->take || !f->take_video;
    bool jumped = alone && f->last_video == NEVER && is_jump(f->last_audio, frame->pts);
    if (jumped && !jump(f, frame->pts, error))
        return false;
    f->last_audio = frame->pts;
    if (!leave_stale(f, frame->pts, error))
        return false;
    remember_sound(f, frame);
    if (pictures_gone(f, frame)) {
        forget_gop(f);
        f->last_video = NEVER;
        return end_take(f, error) && start_with_sound(f, error);
    }
    return f->take ? feed(f, WIRE_AUDIO, frame, error) : try_start(f, false, error);
}

bool frames_unit(frames *f, wire_track track, const unit *u, GError **error)
{
    if (track == WIRE_AUDIO)
        return on_sound(f, u, error);
    unit picture = *u;
    picture.key = f->avcc && picture_is_idr(&f->picture, u->bytes);
    return on_picture(f, &picture, error);
}

static bool survive_trouble(frames *f, GError **error)
{
    log_warn("worker", "the encoders failed: %s", take_trouble(f->take));
    if (++f->troubles > FRAMES_TROUBLES_MAX) {
        error_set(error, ERROR_PEER, "encoder", NULL, "The encoders failed too often: %s",
                  take_trouble(f->take));
        return false;
    }
    note(f, "画面处理出错，正在恢复 (the picture could not be processed; recovering)");
    forget_gop(f);
    return end_take(f, error);
}

bool frames_pump(frames *f, GError **error)
{
    if (!f->take)
        return true;
    if (!take_pump(f->take, error))
        return false;
    return !take_trouble(f->take) || survive_trouble(f, error);
}

bool frames_finish(frames *f, GError **error)
{
    return try_start(f, true, error) && end_take(f, error);
}

bool frames_full(const frames *f)
{
    return f->take && take_full(f->take);
}

int frames_fd(const frames *f)
{
    return f->take ? take_fd(f->take) : -1;
}

int64_t frames_reached(const frames *f)
{
    return f->take ? take_reached(f->take) : -1;
}
