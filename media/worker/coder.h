/*
 * One rung's H.264 encoder: pictures in, access units as MP4 has them out.
 *
 * x264 through libavcodec: constant quality under a ceiling of bits, because a lesson of slides needs few and every line
 * has its limit. Keyframes stand where they are asked for and nowhere else; groups are closed.
 *
 * Runs on: one thread per object.
 * Memory:  you own what coder_new() returns; pictures are borrowed, units are the taker's.
 */
#ifndef WORKER_CODER_H
#define WORKER_CODER_H

#include <libavutil/frame.h>

#include "worker/unit.h"

#define CODER_PRESET "veryfast"
#define CODER_CRF 23

typedef struct {
    int32_t width, height;
    int32_t fps_num, fps_den;
    int32_t bps; /* ceiling */
    int threads;
} coder_plan;

typedef struct {
    void (*config)(gpointer user, GBytes *avcc); /* before the first unit */
    void (*unit)(gpointer user, unit *u);
    gpointer user;
} coder_out;

typedef struct coder coder;

coder *coder_new(const coder_plan *plan, const coder_out *out);
void coder_free(coder *c); /* NULL is fine */

/* pts in 1/90000 s; pict_type I asks for a keyframe. NULL: gives what it holds. PEER error. */
bool coder_take(coder *c, const AVFrame *picture, GError **error);

#endif
