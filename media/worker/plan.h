/*
 * What is made of a source: which rungs, at what size and rate, what is copied, and where segments
 * begin.
 *
 * Pure rules. A source may be copied when every player can show it (H.264, 4:2:0, 8 bit,
 * progressive) and it has a keyframe at least every PLAN_GOP_MAX. Nothing is scaled up: a rung as
 * high as the source is left out. "Lines" are the shorter side, so a phone held upright gets a fair
 * 480p too.
 *
 * Runs on: any thread.
 * Memory:  plain values; a rail is freed by its owner.
 */
#ifndef WORKER_PLAN_H
#define WORKER_PLAN_H

#include "title/journal.h"
#include "wire/wire.h"
#include "worker/codec.h"

#define PLAN_GOP_MAX (4 * TITLE_TIMESCALE) /* a copied source with rarer keyframes is encoded */
#define PLAN_LINES_MAX 1080                /* of an encoded rung: cores are shared */
#define PLAN_FPS_MAX 30                    /* of an encoded rung */
#define PLAN_AUDIO_BPS 96000               /* where the job states none */
#define PLAN_SPARING_BPS 1200000           /* every picture may take so much */
#define PLAN_GAIN_LEFT_MDB 3000            /* sound nearer to the house's loudness may be copied */
#define PLAN_RATE 48000                    /* of encoded sound, stereo */

typedef struct {
    bool video, audio; /* audio false: silence is put in */
    picture_config picture;
    sound_config sound;
} plan_source;

typedef struct {
    char name[16];
    bool video;      /* else sound alone */
    bool copy_video; /* the source's own pictures */
    bool copy_audio;
    int32_t width, height;
    int32_t video_bps, audio_bps;
} plan_rung;

typedef struct {
    int32_t rungs;
    plan_rung rung[WIRE_RUNGS_MAX];
    bool follow;              /* segments begin at the source's keyframes; else on a grid */
    int32_t fps_num, fps_den; /* of the source; a guess of 30 when it does not say */
} plan;

bool plan_may_copy(const picture_config *picture);
bool plan_wants_copy(const wire_job *job); /* some rung is to show the source as it is */

typedef struct {
    int32_t width, height;
} plan_shape;

/* How a stored picture is shown: pixels square (0/0: they are), turned by so many quarters. */
plan_shape plan_shown(int32_t width, int32_t height, int32_t sar_num, int32_t sar_den, int turns);

/* Does a recorded picture take so few bits that it can be sent as it is, and is it no higher than any rung? */
bool plan_is_sparing(int32_t width, int32_t height, int32_t fps_milli, int64_t bps);

/* may_copy: plan_may_copy() and no reason was found since to distrust it. */
void plan_make(const wire_job *job, const plan_source *source, bool may_copy, plan *made);

/*
 * The ladder of a recorded lesson: the file's own picture when job->may_copy and players can show it, or else the highest rung
 * it fills, then those clearly below it, and sound alone. Without a picture two rungs of sound.
 */
void plan_lesson(const wire_job *job, const plan_source *source, plan *made);

/* Scaled down to so many lines on its shorter side, never up; both sides even. */
plan_shape plan_fit(int32_t width, int32_t height, int32_t lines);

/* What such a picture needs to look decent at superfast, bits per second. */
int32_t plan_video_bps(int32_t width, int32_t height, double fps);

/* Is a keyframe `distance` after the last boundary the next one? */
bool plan_is_boundary(int64_t distance, int64_t segment_target);

/*
 * What is known of one take's time: its segment boundaries in order, how far they are known, and
 * where the source's sound or pictures have stayed away. Reels go by it; only the take moves it.
 */
typedef struct {
    GArray *starts; /* of int64_t, rising */
    int64_t first_msn;
    int64_t water;       /* no further boundary can appear before this time */
    int64_t silent_from; /* the source's sound seems to end here; INT64_MAX: it goes on */
    int64_t dark_from;   /* so do its pictures; INT64_MAX: they go on */
} rail;

#define RAIL_STALL 63000 /* 0.7 s, 1/90000 s: a track this far behind the other one stays away */

rail *rail_new(int64_t first_msn);
void rail_free(rail *r); /* NULL is fine */
void rail_add(rail *r, int64_t start);
int64_t rail_last(const rail *r); /* INT64_MIN before the first */
/* Index of the last boundary at or before `time`; -1 if there is none. */
int32_t rail_index(const rail *r, int64_t time);
int64_t rail_start(const rail *r, int32_t index);

#endif
