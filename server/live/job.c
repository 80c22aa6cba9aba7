#include <string.h>

#include "live/inside.h"

/*
 * Part, segment and declared longest segment of everything this house makes: fixed for the life of
 * a title.
 */
#define PART_TARGET 30000
#define PART_TARGET_LOW 18000 /* a fifth of a second: three of them are held back */
#define SEGMENT_TARGET 180000
#define TARGET_DURATION_S 6
#define REDUCED_LINES 360 /* of a source that cannot be copied, where cores are short */

static void add_rung(wire_job *job, const char *name, int32_t height, int32_t video_bps,
                     int32_t audio_bps)
{
    wire_rung *rung = &job->rung[job->rungs++];
    g_strlcpy(rung->name, name, sizeof rung->name);
    rung->copy = height == 0 && video_bps > 0;
    rung->audio_only = video_bps == 0;
    rung->height = height;
    rung->video_bps = video_bps;
    rung->audio_bps = audio_bps;
}

static void add_lower_rungs(wire_job *job)
{
    add_rung(job, "480p", 480, 800000, 64000);
    add_rung(job, "360p", 360, 400000, 64000);
    add_rung(job, "180p", 180, 150000, 48000);
    add_rung(job, "audio", 0, 0, 48000);
}

bool job_is_begun_whole(const stage *s, const wire_job *job)
{
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, NULL);
    for (int32_t i = 0; index && i < job->rungs; i++)
        if (!job->rung[i].copy && !job->rung[i].audio_only &&
            title_index_find(index, job->rung[i].name))
            return true;
    return false;
}

int32_t job_source_cost(const stage *s, bool reduced)
{
    int32_t lines = MIN(s->gauge.width, s->gauge.height);
    if (!s->gauge.encoded)
        return 0;
    return crew_source_cost(reduced ? MIN(lines, REDUCED_LINES) : lines, reduced);
}

void job_reduce(wire_job *job)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < job->rungs; i++) {
        const wire_rung is = job->rung[i];
        if (is.copy || is.audio_only) {
            job->rung[kept] = is;
            job->rung[kept++].height = is.copy ? REDUCED_LINES : 0;
        }
    }
    job->rungs = kept;
}

static void job_begin(wire_job *job, wire_source source, const char *dir, const char *label)
{
    memset(job, 0, sizeof *job);
    job->source = source;
    job->part_target = PART_TARGET;
    job->segment_target = SEGMENT_TARGET;
    job->target_duration_s = TARGET_DURATION_S;
    g_strlcpy(job->title_dir, dir, sizeof job->title_dir);
    text_copy(job->label, sizeof job->label, label);
}

/*
 * The title's own epoch, parts, and how far its line is now; a title not begun begins now, with parts
 * as the house wants them.
 */
static void job_place_in_time(const stage *s, wire_job *job)
{
    int64_t now_ms = clock_utc_ms(s->live->clock);
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    job->epoch_utc_ms = head ? head->epoch_utc_ms : now_ms;
    job->part_target = head ? head->part_target : s->live->part_target;
    job->now_ms = MAX(now_ms - job->epoch_utc_ms, 0);
}

void live_set_latency(live *house, live_latency latency)
{
    house->part_target = latency == LIVE_LATENCY_LOW ? PART_TARGET_LOW : PART_TARGET;
}

void job_live(const stage *s, wire_job *job)
{
    g_autofree char *dir = shelf_title_dir(s->live->shelf, s->is.title_id);
    wire_source published = s->on.container ? WIRE_SOURCE_TS : WIRE_SOURCE_FRAMES;
    job_begin(job, s->is.pattern ? WIRE_SOURCE_PATTERN_LIVE : published, dir, s->is.title);
    if (!s->is.pattern)
        add_rung(job, "src", 0, 2500000, 96000);
    add_lower_rungs(job);
    job_place_in_time(s, job);
}

void job_pattern(const char *dir, const char *label, int64_t length_ms, int64_t epoch_utc_ms,
                 wire_job *job)
{
    job_begin(job, WIRE_SOURCE_PATTERN, dir, label);
    add_lower_rungs(job);
    job->length_ms = length_ms;
    job->epoch_utc_ms = epoch_utc_ms;
}
