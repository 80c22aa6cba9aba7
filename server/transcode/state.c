#include <string.h>

#include "transcode/job.h"

static const char *const kind_words[] = {"probe", "transcode"};
static const char *const state_words[] = {"queued", "running", "paused",
                                          "done",   "failed",  "cancelled"};
static const char *const priority_words[] = {"high", "normal", "low"};
static const char *const asset_kind_words[] = {"video", "audio", "handout"};
static const char *const asset_state_words[] = {"probing", "refused", "queued", "transcoding",
                                                "paused",  "ready",   "failed", "cancelled"};

/* Index of the word, or -1. */
static int find(const char *const *words, guint count, const char *word)
{
    for (guint i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

const char *job_kind_word(job_kind kind)
{
    return kind_words[kind];
}

const char *job_state_word(job_state state)
{
    return state_words[state];
}

bool job_state_parse(const char *word, job_state *state)
{
    int i = find(state_words, G_N_ELEMENTS(state_words), word);
    *state = i < 0 ? JOB_FAILED : (job_state)i;
    return i >= 0;
}

const char *job_priority_word(job_priority priority)
{
    return priority_words[priority];
}

bool job_priority_parse(const char *word, job_priority *priority)
{
    int i = find(priority_words, G_N_ELEMENTS(priority_words), word);
    *priority = i < 0 ? PRIORITY_NORMAL : (job_priority)i;
    return i >= 0;
}

const char *asset_kind_word(asset_kind kind)
{
    return asset_kind_words[kind];
}

bool asset_kind_parse(const char *word, asset_kind *kind)
{
    int i = find(asset_kind_words, G_N_ELEMENTS(asset_kind_words), word);
    *kind = i < 0 ? ASSET_VIDEO : (asset_kind)i;
    return i >= 0;
}

const char *asset_state_word(asset_state state)
{
    return asset_state_words[state];
}

bool asset_state_parse(const char *word, asset_state *state)
{
    int i = find(asset_state_words, G_N_ELEMENTS(asset_state_words), word);
    *state = i < 0 ? ASSET_FAILED : (asset_state)i;
    return i >= 0;
}

#define TO(state) (1u << JOB_##state)

bool job_move_is_lawful(job_state from, job_state to)
{
    static const guint lawful[] = {
        /* done: its worker had finished before it heard that it should leave */
        [JOB_QUEUED] = TO(RUNNING) | TO(PAUSED) | TO(DONE) | TO(CANCELLED),
        [JOB_RUNNING] = TO(QUEUED) | TO(PAUSED) | TO(DONE) | TO(FAILED) | TO(CANCELLED),
        [JOB_PAUSED] = TO(QUEUED) | TO(DONE) | TO(CANCELLED),
        [JOB_DONE] = 0,
        [JOB_FAILED] = TO(QUEUED),
        [JOB_CANCELLED] = TO(QUEUED),
    };
    return (lawful[from] >> to & 1u) != 0;
}

asset_state job_asset_state(job_kind kind, job_state state)
{
    static const asset_state of_probe[] = {
        [JOB_QUEUED] = ASSET_PROBING, [JOB_RUNNING] = ASSET_PROBING,
        [JOB_PAUSED] = ASSET_PAUSED,  [JOB_DONE] = ASSET_QUEUED,
        [JOB_FAILED] = ASSET_FAILED,  [JOB_CANCELLED] = ASSET_CANCELLED};
    static const asset_state of_transcode[] = {
        [JOB_QUEUED] = ASSET_QUEUED, [JOB_RUNNING] = ASSET_TRANSCODING,
        [JOB_PAUSED] = ASSET_PAUSED, [JOB_DONE] = ASSET_READY,
        [JOB_FAILED] = ASSET_FAILED, [JOB_CANCELLED] = ASSET_CANCELLED};
    return kind == JOB_PROBE ? of_probe[state] : of_transcode[state];
}
