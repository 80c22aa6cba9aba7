#include "worker/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/beat.h"

#define AAC_LC 2
#define SAR_MAX 8 /* more is nonsense */

bool plan_may_copy(const picture_config *picture)
{
    return picture->chroma == 1 && picture->depth == 8 && !picture->interlaced;
}

plan_shape plan_shown(int32_t width, int32_t height, int32_t sar_num, int32_t sar_den, int turns)
{
    double sar = sar_num > 0 && sar_den > 0 ? (double)sar_num / sar_den : 1;
    bool square = fabs(sar - 1) < 0.01 || sar > SAR_MAX || sar < 1.0 / SAR_MAX;
    int32_t across = square ? width : (int32_t)lround(width * sar);
    return turns % 2 ? (plan_shape){height, across} : (plan_shape){across, height};
}

bool plan_is_sparing(int32_t width, int32_t height, int32_t fps_milli, int64_t bps)
{
    return MIN(width, height) <= PLAN_LINES_MAX &&
           bps <= MAX(PLAN_SPARING_BPS, plan_video_bps(width, height, fps_milli / 1000.0) * 2LL);
}

bool plan_is_boundary(int64_t distance, int64_t segment_target)
{
    return distance * 4 >= segment_target * 3;
}

/*
 * Bits per pixel and second fall with size: 0.10 at 480 lines, 0.07 at 1080, at 30 pictures a
 * second.
 */
int32_t plan_video_bps(int32_t width, int32_t height, double fps)
{
    double pixels = (double)width * height;
    double bps = 22.0 * pow(pixels, 0.85) * sqrt(CLAMP(fps, 5, 60) / 30);
    return (int32_t)CLAMP(bps, 100e3, 8e6);
}

static bool may_copy_sound(const plan_source *source)
{
    const sound_config *sound = &source->sound;
    return source->audio && sound->object_type == AAC_LC && !sound->short_frames &&
           sound->channels <= 2 && (sound->rate == 44100 || sound->rate == 48000);
}

plan_shape plan_fit(int32_t width, int32_t height, int32_t lines)
{
    int32_t low = MIN(width, height);
    double scale = low > lines ? (double)lines / low : 1;
    return (plan_shape){MAX(2, (int32_t)lround(width * scale / 2) * 2),
                        MAX(2, (int32_t)lround(height * scale / 2) * 2)};
}

static void shape(plan_rung *rung, const picture_config *picture, int32_t lines)
{
    plan_shape fits = plan_fit(picture->width, picture->height, lines);
    rung->width = fits.width;
    rung->height = fits.height;
}

static void plan_copy(plan_rung *rung, const wire_rung *wanted, const plan_source *source,
                      bool may_copy)
{
    double fps =
        source->picture.fps_num ? (double)source->picture.fps_num / source->picture.fps_den : 30;
    rung->copy_video = may_copy;
    rung->copy_audio = may_copy_sound(source);
    rung->width = source->picture.width;
    rung->height = source->picture.height;
    if (!may_copy)
        shape(rung, &source->picture, wanted->height ? wanted->height : PLAN_LINES_MAX);
    bool smaller = !may_copy && rung->height < source->picture.height && wanted->height;
    rung->video_bps = wanted->video_bps && !smaller
                          ? wanted->video_bps
                          : plan_video_bps(rung->width, rung->height, fps);
}

bool plan_wants_copy(const wire_job *job)
{
    for (int i = 0; i < job->rungs; i++)
        if (job->rung[i].copy)
            return true;
    return false;
}

/* Nothing is scaled up, and nothing stands beside a top rung of the same size. */
static bool is_too_high(const wire_job *job, int32_t lines, const picture_config *picture)
{
    int32_t source = MIN(picture->width, picture->height);
    return lines > source || (lines == source && plan_wants_copy(job));
}

/* False: this rung is left out. */
static bool plan_one(plan_rung *rung, const wire_job *job, const wire_rung *wanted,
                     const plan_source *source, bool may_copy)
{
    *rung = (plan_rung){.video = !wanted->audio_only};
    g_strlcpy(rung->name, wanted->name, sizeof rung->name);
    rung->audio_bps = wanted->audio_bps ? wanted->audio_bps : PLAN_AUDIO_BPS;
    if (!rung->video)
        return true;
    if (!source->video)
        return false;
    if (wanted->copy) {
        plan_copy(rung, wanted, source, may_copy);
        return true;
    }
    int32_t lines = MIN(wanted->height, PLAN_LINES_MAX);
    if (is_too_high(job, lines, &source->picture))
        return false;
    shape(rung, &source->picture, lines);
    rung->video_bps =
        wanted->video_bps ? wanted->video_bps : plan_video_bps(rung->width, rung->height, 30);
    return true;
}

/*
 * A job of lower rungs only, and a source lower than all of them: the lowest stays, at the source's
 * size.
 */
static void keep_one_picture(const wire_job *job, const plan_source *source, plan *made)
{
    const wire_rung *lowest = NULL;
    for (int i = 0; i < job->rungs; i++)
        if (!job->rung[i].audio_only && (!lowest || job->rung[i].height < lowest->height))
            lowest = &job->rung[i];
    for (int i = 0; i < made->rungs; i++)
        if (made->rung[i].video)
            return;
    if (!lowest || !source->video || made->rungs == WIRE_RUNGS_MAX)
        return;
    wire_rung same = *lowest;
    same.copy = true;
    plan_one(&made->rung[made->rungs++], job, &same, source, false);
}

void plan_make(const wire_job *job, const plan_source *source, bool may_copy, plan *made)
{
    *made = (plan){.fps_num = 30, .fps_den = 1};
    if (source->video && source->picture.fps_num) {
        made->fps_num = source->picture.fps_num;
        made->fps_den = source->picture.fps_den;
    }
    for (int i = 0; i < job->rungs && i < WIRE_RUNGS_MAX; i++)
        if (plan_one(&made->rung[made->rungs], job, &job->rung[i], source,
                     may_copy && source->video))
            made->rungs++;
    keep_one_picture(job, source, made);
    for (int i = 0; i < made->rungs; i++)
        made->follow |= made->rung[i].copy_video;
}

/* ---- recorded lessons ---- */

#define LESSON_BELOW_PERCENT 85 /* of the rung above, or a rung is not worth its work */

/* At 16:9; ceilings, for quality is what stays the same. Half an hour on 180p is 45 MB, on 1080p at most 1 GB. */
static const struct {
    int32_t lines, bps, audio_bps;
} lesson_rungs[] = {{1080, 4500000, 128000},
                    {720, 2200000, 128000},
                    {480, 1000000, 128000},
                    {360, 500000, 64000},
                    {180, 150000, 48000}};

static void add_lesson_rung(plan *made, const plan_source *source, int32_t lines)
{
    const gsize count = G_N_ELEMENTS(lesson_rungs);
    plan_rung *rung = &made->rung[made->rungs++];
    gsize like = 0;
    while (like + 1 < count && lesson_rungs[like + 1].lines >= lines)
        like++;
    double wide = (double)lesson_rungs[like].lines * lesson_rungs[like].lines * 16 / 9;
    *rung = (plan_rung){.video = true, .audio_bps = lesson_rungs[like].audio_bps};
    g_snprintf(rung->name, sizeof rung->name, "%dp", lines);
    shape(rung, &source->picture, lines);
    double share = (double)rung->width * rung->height / wide;
    rung->video_bps = (int32_t)(lesson_rungs[like].bps * CLAMP(share, 0.1, 2));
}

static void add_lesson_copy(plan *made, const wire_job *job, const plan_source *source)
{
    wire_rung wanted = {.name = "src", .copy = true, .audio_bps = lesson_rungs[0].audio_bps};
    plan_rung *rung = &made->rung[made->rungs++];
    plan_one(rung, job, &wanted, source, true);
    rung->copy_audio = rung->copy_audio && abs(job->gain_mdb) <= PLAN_GAIN_LEFT_MDB;
    made->follow = true;
}

static void add_lesson_pictures(plan *made, const wire_job *job, const plan_source *source)
{
    int32_t low = MIN(source->picture.width, source->picture.height);
    int32_t most = job->lines_max ? job->lines_max : PLAN_LINES_MAX, top = MIN(low, most) / 2 * 2;
    if (job->may_copy && low <= most && plan_may_copy(&source->picture))
        add_lesson_copy(made, job, source);
    else
        add_lesson_rung(made, source, MAX(top, 2));
    for (gsize i = 0; i < G_N_ELEMENTS(lesson_rungs); i++)
        if (lesson_rungs[i].lines * 100 < top * LESSON_BELOW_PERCENT) {
            add_lesson_rung(made, source, lesson_rungs[i].lines);
            top = lesson_rungs[i].lines;
        }
}

static void add_lesson_sound(plan *made, const char *name, int32_t bps)
{
    plan_rung *rung = &made->rung[made->rungs++];
    *rung = (plan_rung){.audio_bps = bps};
    g_strlcpy(rung->name, name, sizeof rung->name);
}

void plan_lesson(const wire_job *job, const plan_source *source, plan *made)
{
    *made = (plan){.fps_num = 30, .fps_den = 1};
    if (source->video)
        add_lesson_pictures(made, job, source);
    else
        add_lesson_sound(made, "sound", 128000);
    if (source->audio)
        add_lesson_sound(made, "audio", 48000);
    beat even = beat_for(source->picture.fps_num, source->picture.fps_den);
    bool own = made->follow && source->picture.fps_num;
    made->fps_num = own ? source->picture.fps_num : even.num;
    made->fps_den = own ? source->picture.fps_den : even.den;
}

rail *rail_new(int64_t first_msn)
{
    rail *r = g_new0(rail, 1);
    r->starts = g_array_new(FALSE, FALSE, sizeof(int64_t));
    r->first_msn = first_msn;
    r->water = INT64_MIN;
    r->silent_from = r->dark_from = INT64_MAX;
    return r;
}

void rail_free(rail *r)
{
    if (!r)
        return;
    g_array_unref(r->starts);
    g_free(r);
}

int64_t rail_last(const rail *r)
{
    return r->starts->len ? rail_start(r, (int32_t)r->starts->len - 1) : INT64_MIN;
}

int64_t rail_start(const rail *r, int32_t index)
{
    return g_array_index(r->starts, int64_t, index);
}

void rail_add(rail *r, int64_t start)
{
    g_return_if_fail(start > rail_last(r));
    g_array_append_val(r->starts, start);
}

int32_t rail_index(const rail *r, int64_t time)
{
    int32_t i = (int32_t)r->starts->len - 1;
    while (i >= 0 && rail_start(r, i) > time)
        i--;
    return i;
}
