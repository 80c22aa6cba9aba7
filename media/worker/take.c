#include "worker/take.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "worker/board.h"
#include "worker/mill.h"
#include "worker/reel.h"
#include "worker/solo.h"
#include "worker/wave.h"

#define NONE (-1)
#define DRAIN_STEP_MS 100
#define EVERY_PICTURE INT64_MIN
#define THINNED_FPS 33.4 /* faster sources are thinned by leaving out every other picture */

/* A rendition of this take: `reel` with pictures, or `solo` without. */
typedef struct {
    reel *reel;
    solo *solo;
    int32_t pictures,
        sounds; /* the pipeline's outputs it takes; NONE: the source's own, or silence */
    bool copy_video, copy_audio;
    int64_t from; /* what lies before this title time it has already; INT64_MIN: nothing */
    bool shows;   /* its first picture has come */
} lane;

struct take {
    const wire_job *job;
    title_writer *writer;
    take_source is;
    take_news news;
    plan plan;
    rail *rail;
    pipeline *pipeline; /* NULL: nothing is encoded */
    mill *mill;         /* of a FILE, instead */
    board *board;
    lane lanes[WIRE_RUNGS_MAX];
    int32_t count;
    int32_t ended; /* outputs of the pipeline */
    char *trouble;
    int64_t next_still;           /* in title time, where nothing but stills is made */
    int64_t delay;                /* pts - dts of the last keyframe */
    int64_t picture_in, sound_in; /* FRAMES: how far each track has come */
};

/* ---- news from the presses ---- */

static void on_part(gpointer user)
{
    take *t = user;
    t->news.on_part(t->news.user);
}

static const title_segment *last_of(const title_rendition *rendition)
{
    return rendition->segments->len
               ? g_ptr_array_index(rendition->segments, rendition->segments->len - 1)
               : NULL;
}

/* Gives `behind` a gap for every closed segment `guide` has more. */
static bool fill_behind(take *t, const title_rendition *behind, const title_rendition *guide,
                        GError **error)
{
    const title_segment *last, *like;
    while ((last = last_of(behind)) && last->closed &&
           (like = title_rendition_segment(guide, last->msn + 1)) && like->closed) {
        if (!title_writer_fill(t->writer, behind, like, error))
            return false;
    }
    return true;
}

static const char *lane_name(const lane *l)
{
    return press_is(l->reel ? reel_press(l->reel) : solo_press(l->solo))->name;
}

static bool has_lane(const take *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (!strcmp(lane_name(&t->lanes[i]), name))
            return true;
    return false;
}

/* Renditions behind the leading one get gaps; while the take runs only those it does not make. */
static bool level(take *t, bool all, GError **error)
{
    const title_index *index = title_writer_index(t->writer);
    const title_rendition *guide =
        t->count ? title_index_find(index, lane_name(&t->lanes[0])) : NULL;
    for (guint i = 0; guide && i < title_index_count(index); i++) {
        const title_rendition *other = title_index_rendition(index, i);
        if ((all || !has_lane(t, other->is.name)) && !fill_behind(t, other, guide, error))
            return false;
    }
    return true;
}

static bool on_segment(gpointer user, GError **error)
{
    return level(user, false, error);
}

/* ---- making one ---- */

static bool is_lesson(const take *t)
{
    return t->job->task == WIRE_TASK_LESSON;
}

static double shown_fps(const plan *plan, bool copied)
{
    double fps = (double)plan->fps_num / plan->fps_den;
    while (!copied && fps > THINNED_FPS)
        fps /= 2;
    return fps;
}

static void describe(const take *t, const plan_rung *rung, press_plan *as)
{
    double fps = shown_fps(&t->plan, rung->copy_video);
    *as = (press_plan){.video = rung->video,
                       .mute = !t->is.source.audio,
                       .whole = is_lesson(t),
                       .rate = PLAN_RATE,
                       .channels = 2};
    g_strlcpy(as->name, rung->name, sizeof as->name);
    as->bandwidth = (rung->video_bps + rung->audio_bps) / 10 * 13;
    if (rung->video) {
        as->width = rung->width;
        as->height = rung->height;
        as->fps_milli = (int32_t)lround(fps * 1000);
        as->interval = llround(TITLE_TIMESCALE / fps);
    }
    if (rung->copy_audio) {
        as->rate = t->is.source.sound.rate;
        as->channels = t->is.source.sound.channels;
    }
}

static press *new_press(take *t, const plan_rung *rung)
{
    press_plan as;
    press_news news = {on_part, t->count == 0 ? on_segment : NULL, t};
    g_autoptr(GBytes) ours = sound_config_ours();
    describe(t, rung, &as);
    press *made = press_new(t->writer, t->rail, &as, &news);
    press_audio_config(made, rung->copy_audio ? t->is.asc : ours);
    if (rung->copy_video)
        press_video_config(made, t->is.avcc);
    return made;
}

/* The number of the pipeline's sound with this bit rate; the last one when there are too many. */
static int32_t want_sound(pipeline_plan *encoded, int32_t bps)
{
    for (int i = 0; i < encoded->audios; i++)
        if (encoded->audio_bps[i] == bps)
            return i;
    if (encoded->audios == PIPELINE_AUDIOS_MAX)
        return PIPELINE_AUDIOS_MAX - 1;
    encoded->audio_bps[encoded->audios] = bps;
    return encoded->audios++;
}

static int32_t want_pictures(pipeline_plan *encoded, const plan_rung *rung)
{
    encoded->rung[encoded->rungs] = (pipeline_rung){rung->width, rung->height, rung->video_bps};
    return encoded->rungs++;
}

static bool is_file(const take *t)
{
    return t->is.head == HEAD_FILE;
}

/* Where a rendition was left: title time, and the msn that comes next. */
static int64_t place_of(const take *t, const char *name, int64_t *msn)
{
    const title_rendition *known = title_index_find(title_writer_index(t->writer), name);
    const title_segment *last = known ? last_of(known) : NULL;
    if (msn)
        *msn = last ? last->msn + 1 : 0;
    return last ? last->start + last->duration : 0;
}

/* A lesson goes on where the rendition that is least far was left. */
static int64_t find_place(take *t)
{
    int64_t first = INT64_MAX, msn;
    for (int i = 0; i < t->plan.rungs; i++) {
        int64_t start = place_of(t, t->plan.rung[i].name, &msn);
        if (msn < first)
            t->is.start = start;
        first = MIN(first, msn);
    }
    return first == INT64_MAX ? 0 : first;
}

static void add_lane(take *t, const plan_rung *rung, pipeline_plan *encoded)
{
    lane *l = &t->lanes[t->count];
    press *made = new_press(t, rung);
    *l = (lane){.pictures = NONE,
                .sounds = NONE,
                .copy_video = rung->copy_video,
                .copy_audio = rung->copy_audio};
    if (rung->video && !rung->copy_video)
        l->pictures = want_pictures(encoded, rung);
    else if (is_file(t) && rung->video)
        l->pictures = MILL_COPIED;
    if (t->is.source.audio && !rung->copy_audio)
        l->sounds = want_sound(encoded, rung->audio_bps);
    else if (is_file(t) && t->is.source.audio)
        l->sounds = MILL_COPIED;
    l->from = is_lesson(t) ? place_of(t, rung->name, NULL) : INT64_MIN;
    if (rung->video)
        l->reel = reel_new(made);
    else
        l->solo = solo_new(made, l->from);
    t->count++;
}

static int by_height(const void *a, const void *b)
{
    const plan_rung *x = a, *y = b;
    return x->height != y->height ? (y->height > x->height) - (y->height < x->height) : 0;
}

static void add_lanes(take *t, pipeline_plan *encoded)
{
    qsort(t->plan.rung, (size_t)t->plan.rungs, sizeof t->plan.rung[0], by_height);
    for (int i = 0; i < t->plan.rungs; i++)
        add_lane(t, &t->plan.rung[i], encoded);
}

static void describe_head(const take *t, pipeline_plan *encoded)
{
    *encoded = (pipeline_plan){.head = t->is.head,
                               .avcc = t->is.source.video ? t->is.avcc : NULL,
                               .asc = t->is.source.audio ? t->is.asc : NULL,
                               .rate = t->is.source.sound.rate,
                               .channels = t->is.source.sound.channels,
                               .width = t->is.source.picture.width,
                               .height = t->is.source.picture.height,
                               .fps_num = t->plan.fps_num,
                               .fps_den = t->plan.fps_den,
                               .label = t->job->label,
                               .length_ms = t->job->length_ms,
                               .origin = t->is.start,
                               .show_from = t->is.head == HEAD_FRAMES ? t->is.start : INT64_MIN,
                               .follow = t->plan.follow,
                               .grid = t->job->segment_target};
}

static bool say_discontinuity(take *t, GError **error)
{
    journal_line line = {.kind = JOURNAL_DISCONTINUITY, .msn = t->rail->first_msn};
    if (is_lesson(t) || !t->rail->first_msn ||
        !title_index_may_add(title_writer_index(t->writer), &line, NULL))
        return true; /* the first media of all; or recovery has said it */
    return title_writer_discontinuity(t->writer, t->rail->first_msn, error);
}

static void make_plan(take *t)
{
    if (is_lesson(t))
        plan_lesson(t->job, &t->is.source, &t->plan);
    else
        plan_make(t->job, &t->is.source, t->is.may_copy, &t->plan);
}

static bool copies(const take *t, bool video)
{
    for (int i = 0; i < t->count; i++)
        if ((video ? t->lanes[i].pictures : t->lanes[i].sounds) == MILL_COPIED)
            return true;
    return false;
}

static bool start_mill(take *t, const pipeline_plan *encoded, GError **error)
{
    mill_plan plan = {.path = t->job->path,
                      .copy_video = copies(t, true),
                      .copy_audio = copies(t, false),
                      .follow = t->plan.follow,
                      .segment = t->job->segment_target,
                      .from = t->is.start,
                      .hears_all = !t->is.source.video,
                      .rungs = encoded->rungs,
                      .audios = encoded->audios};
    plan.gain_mdb = plan.copy_audio ? 0 : t->job->gain_mdb;
    memcpy(plan.rung, encoded->rung, sizeof plan.rung);
    memcpy(plan.audio_bps, encoded->audio_bps, sizeof plan.audio_bps);
    t->mill = mill_new(&plan, error);
    return t->mill != NULL;
}

/* A source that is only copied gives its keyframes, one in a while, for the poster and the storyboard. */
static void want_stills_alone(take *t, pipeline_plan *encoded)
{
    const picture_config *is = &t->is.source.picture;
    t->next_still = EVERY_PICTURE;
    if (!encoded->avcc || encoded->rungs)
        return;
    encoded->still = plan_fit(is->width, is->height, PIPELINE_STILL_LINES);
    t->next_still = t->is.start;
}

static bool start_encoders(take *t, pipeline_plan *encoded, GError **error)
{
    if (is_file(t))
        return start_mill(t, encoded, error);
    want_stills_alone(t, encoded);
    if (encoded->rungs + encoded->audios > 0)
        t->pipeline = pipeline_new(encoded, error);
    else if (encoded->still.width) /* a class is shown without a poster too */
        t->pipeline = pipeline_new(encoded, NULL);
    return t->pipeline || encoded->rungs + encoded->audios == 0;
}

/* Where what is made comes from; NULL: nothing is made. */
static outbox *made_in(const take *t)
{
    return t->mill ? mill_outbox(t->mill) : t->pipeline ? pipeline_outbox(t->pipeline) : NULL;
}

take *take_new(const wire_job *job, title_writer *writer, const take_source *source,
               const take_news *news, GError **error)
{
    take *t = g_new0(take, 1);
    pipeline_plan encoded;
    t->job = job;
    t->writer = writer;
    t->is = *source;
    t->news = *news;
    t->is.avcc = source->avcc ? g_bytes_ref(source->avcc) : NULL;
    t->is.asc = source->asc ? g_bytes_ref(source->asc) : NULL;
    t->board = board_new(job->title_dir, is_lesson(t) ? job->length_ms : 0);
    make_plan(t);
    t->rail = rail_new(is_lesson(t) ? find_place(t) : title_writer_next_msn(writer));
    t->picture_in = t->sound_in = t->is.start;
    describe_head(t, &encoded);
    add_lanes(t, &encoded);
    if (say_discontinuity(t, error) && start_encoders(t, &encoded, error))
        return t;
    take_free(t);
    return NULL;
}

void take_free(take *t)
{
    if (!t)
        return;
    pipeline_free(t->pipeline);
    mill_free(t->mill);
    for (int i = 0; i < t->count; i++) {
        reel_free(t->lanes[i].reel);
        solo_free(t->lanes[i].solo);
    }
    board_free(t->board);
    rail_free(t->rail);
    g_clear_pointer(&t->is.avcc, g_bytes_unref);
    g_clear_pointer(&t->is.asc, g_bytes_unref);
    g_free(t->trouble);
    g_free(t);
}

/* ---- units through it ---- */

static bool pump_solos(take *t, GError **error)
{
    for (int i = 0; i < t->count; i++)
        if (t->lanes[i].solo && !solo_pump(t->lanes[i].solo, error))
            return false;
    return true;
}

/* One track that stays behind the other is not waited for. */
static void judge_stalls(take *t)
{
    bool both = t->is.source.video && t->is.source.audio;
    t->rail->silent_from =
        both && t->picture_in - t->sound_in > RAIL_STALL ? t->sound_in : INT64_MAX;
    t->rail->dark_from =
        both && t->sound_in - t->picture_in > RAIL_STALL ? t->picture_in : INT64_MAX;
}

static void raise_water(take *t, int64_t time)
{
    t->rail->water = MAX(t->rail->water, time);
}

/* A keyframe of the source that starts the next segment, when segments follow the source. */
static bool marks_segment(take *t, const unit *picture)
{
    if (!t->plan.follow || !picture->key)
        return false;
    int64_t last = rail_last(t->rail);
    if (last != INT64_MIN && !plan_is_boundary(picture->pts - last, t->job->segment_target))
        return false;
    rail_add(t->rail, picture->pts);
    return true;
}

static bool is_decoded(take *t, const unit *picture)
{
    if (t->next_still == EVERY_PICTURE)
        return true;
    if (!picture->key || picture->pts < t->next_still)
        return false;
    t->next_still = picture->pts + PIPELINE_STILL_EVERY;
    return true;
}

bool take_picture(take *t, const unit *picture, GError **error)
{
    bool mark = marks_segment(t, picture);
    if (picture->key)
        t->delay = picture->pts - picture->dts;
    t->picture_in = MAX(t->picture_in, picture->dts + t->delay);
    judge_stalls(t);
    for (int i = 0; i < t->count; i++)
        if (t->lanes[i].copy_video && !reel_picture(t->lanes[i].reel, picture, error))
            return false;
    if (t->pipeline && is_decoded(t, picture))
        pipeline_picture(t->pipeline, picture, mark);
    if (t->plan.follow)
        raise_water(t, t->picture_in);
    return pump_solos(t, error);
}

/* A take without pictures has its segments on the grid. */
static void extend_grid(take *t, int64_t time)
{
    if (t->is.source.video)
        return;
    if (!t->rail->starts->len)
        rail_add(t->rail, t->is.start);
    while (rail_last(t->rail) <= time)
        rail_add(t->rail, rail_last(t->rail) + t->job->segment_target);
    t->rail->water = INT64_MAX;
}

static bool give_sound(take *t, lane *l, const unit *frame, GError **error)
{
    if (l->reel && frame->pts < l->from)
        return true;
    if (l->reel)
        return reel_sound(l->reel, frame, error);
    extend_grid(t, frame->pts);
    return solo_sound(l->solo, frame, error);
}

bool take_sound(take *t, const unit *frame, GError **error)
{
    t->sound_in = MAX(t->sound_in, frame->pts);
    judge_stalls(t);
    for (int i = 0; i < t->count; i++)
        if (t->lanes[i].copy_audio && !give_sound(t, &t->lanes[i], frame, error))
            return false;
    if (t->pipeline)
        pipeline_sound(t->pipeline, frame);
    return true;
}

/*
 * Segments on the grid, and those of files: the first keyframe of any rung beyond the last boundary is the next one.
 */
static bool give_picture(take *t, lane *l, const unit *picture, GError **error)
{
    bool makes = is_file(t) || !t->plan.follow;
    if (makes && picture->key && picture->pts > rail_last(t->rail))
        rail_add(t->rail, picture->pts);
    l->shows = l->shows || (picture->key && picture->pts >= l->from);
    if (l->shows && !reel_picture(l->reel, picture, error))
        return false;
    if (makes && (is_file(t) || l->pictures == 0))
        raise_water(t, picture->pts);
    return pump_solos(t, error);
}

static void take_still(take *t, const outbox_item *item)
{
    int64_t at_ms = item->unit->pts / (TITLE_TIMESCALE / 1000);
    if (item->kind == OUTBOX_STILL)
        board_still(t->board, item->unit->bytes, item->index, at_ms);
    else
        board_poster(t->board, item->unit->bytes, item->index, at_ms);
}

static bool take_item(take *t, const outbox_item *item, GError **error)
{
    if (item->kind == OUTBOX_PICTURES_END || item->kind == OUTBOX_SOUNDS_END)
        t->ended++;
    if (item->kind == OUTBOX_SOUNDS_END)
        t->rail->silent_from = 0;
    if (item->kind == OUTBOX_STILL || item->kind == OUTBOX_POSTER)
        take_still(t, item);
    if (item->kind == OUTBOX_TROUBLE && !t->trouble)
        t->trouble = g_strdup(item->sentence);
    for (int i = 0; i < t->count; i++) {
        lane *l = &t->lanes[i];
        if (item->kind == OUTBOX_VIDEO_CONFIG && l->pictures == item->index)
            press_video_config(reel_press(l->reel), item->config);
        if (item->kind == OUTBOX_PICTURE && l->pictures == item->index &&
            !give_picture(t, l, item->unit, error))
            return false;
        if (item->kind == OUTBOX_SOUND && l->sounds == item->index &&
            !give_sound(t, l, item->unit, error))
            return false;
    }
    return true;
}

bool take_pump(take *t, GError **error)
{
    outbox_item *item;
    bool ok = true;
    outbox *from = made_in(t);
    while (ok && from && (item = outbox_take(from))) {
        ok = take_item(t, item, error);
        outbox_item_free(item);
    }
    return ok;
}

/* ---- asking ---- */

bool take_full(const take *t)
{
    return t->pipeline && pipeline_full(t->pipeline);
}

int take_fd(const take *t)
{
    const outbox *from = made_in(t);
    return from ? outbox_fd(from) : NONE;
}

bool take_copies(const take *t)
{
    return t->plan.follow;
}

bool take_ended(const take *t)
{
    int32_t outputs = t->mill       ? mill_outputs(t->mill)
                      : t->pipeline ? pipeline_outputs(t->pipeline)
                                    : 0;
    return outputs && t->ended >= outputs;
}

const char *take_trouble(const take *t)
{
    return t->trouble;
}

static int64_t lane_end(const lane *l)
{
    return l->reel ? reel_end(l->reel) : solo_end(l->solo);
}

int64_t take_reached(const take *t)
{
    return t->count ? MAX(t->is.start, lane_end(&t->lanes[0])) : t->is.start;
}

int64_t take_last_boundary(const take *t)
{
    return MAX(t->is.start, t->is.source.video ? rail_last(t->rail) : INT64_MIN);
}

/* ---- the end ---- */

static bool drain(take *t, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + TAKE_DRAIN_MS * 1000;
    if (t->pipeline)
        pipeline_end(t->pipeline);
    bool gives = t->pipeline && pipeline_outputs(t->pipeline); /* stills alone are not waited for */
    while (gives && !take_ended(t) && !t->trouble && g_get_monotonic_time() < deadline) {
        outbox_wait(pipeline_outbox(t->pipeline), DRAIN_STEP_MS);
        if (!take_pump(t, error))
            return false;
    }
    if (gives && !take_ended(t))
        log_warn("worker", "the encoders did not give back everything within %d ms", TAKE_DRAIN_MS);
    return true;
}

/* All end where the longest reel does; without pictures, where the sound does. */
static int64_t common_end(const take *t)
{
    int64_t end = INT64_MIN;
    for (int i = 0; i < t->count; i++)
        if (t->lanes[i].reel || !t->is.source.video)
            end = MAX(end, lane_end(&t->lanes[i]));
    return end;
}

static bool may_last(const take *t)
{
    for (int i = 0; i < t->count; i++) {
        const reel *r = t->lanes[i].reel;
        if (r && reel_end(r) != INT64_MIN && !reel_may_last(r))
            return false;
    }
    return true;
}

/* Of a lesson without pictures. */
static bool keep_wave(const take *t, GError **error)
{
    if (!t->mill || t->is.source.video)
        return true;
    g_autoptr(GBytes) peaks = mill_peaks(t->mill);
    return wave_write(t->job->title_dir, peaks, 1000 / MILL_PEAKS_A_SECOND, error);
}

bool take_finish(take *t, int64_t next, GError **error)
{
    if (!drain(t, error))
        return false;
    int64_t end = common_end(t);
    if (next > end && next - TAKE_SEAM <= end && may_last(t))
        end = next;
    for (int i = 0; i < t->count && end != INT64_MIN; i++) {
        lane *l = &t->lanes[i];
        if (!(l->reel ? reel_close(l->reel, end, error) : solo_close(l->solo, end, error)))
            return false;
    }
    return level(t, true, error) && keep_wave(t, error);
}
