/*
 * Decoded pictures as each rung wants them: fields woven, turned upright, high dynamic range brought down, 4:2:0 in 8
 * bits, pixels square, scaled. Each size is made of the highest one.
 *
 * One libavfilter graph, built for the first picture; a picture of another kind builds it anew.
 *
 * Runs on: one thread per object.
 * Memory:  you own what shaper_new() returns; pictures given are borrowed, those that come out are the taker's.
 */
#ifndef WORKER_SHAPER_H
#define WORKER_SHAPER_H

#include <glib.h>
#include <libavutil/frame.h>
#include <stdbool.h>

#include "worker/plan.h"

typedef struct {
    int32_t outputs;
    plan_shape output[WIRE_RUNGS_MAX]; /* highest first */
    int turns;                         /* quarters, counterclockwise */
} shaper_plan;

typedef void (*shaper_out)(gpointer user, int32_t output, AVFrame *picture);

typedef struct shaper shaper;

shaper *shaper_new(const shaper_plan *plan, shaper_out out, gpointer user);
void shaper_free(shaper *s); /* NULL is fine */

/* Stamps are 1/90000 s, in and out. NULL: gives what it holds. False: such a picture cannot be shaped (INPUT error). */
bool shaper_take(shaper *s, AVFrame *picture, GError **error);

#endif
