/*
 * The pipeline of a plan as the text GStreamer parses. Words and paths from outside never go in:
 * they are set on the named elements afterwards.
 *
 * Runs on: any thread.
 * Memory:  you own the text.
 */
#ifndef WORKER_RECIPE_H
#define WORKER_RECIPE_H

#include "worker/pipeline.h"

#define RECIPE_HEAD "head" /* what gives raw pictures */
#define RECIPE_VIDEO_IN "video_in"
#define RECIPE_AUDIO_IN "audio_in"
#define RECIPE_WORDS "words"
#define RECIPE_ENCODER "encoder_"   /* and the rung's number */
#define RECIPE_PICTURES "pictures_" /* and the rung's number: its sink */
#define RECIPE_SOUNDS "sounds_"     /* and the sound's number: its sink */
#define RECIPE_STILLS                                                                              \
    "stills" /* the smallest rung's raw pictures, or the head's where nothing is encoded */

/* overlay: the plugin that draws words is installed. */
char *recipe_write(const pipeline_plan *plan, bool overlay);

#endif
