#include "worker/belt.h"

#include <glib.h>

struct belt {
    GMutex lock;
    GCond changed;
    GQueue pictures; /* of AVFrame */
    bool ended, shut;
};

static void picture_free(gpointer data)
{
    AVFrame *picture = data;
    av_frame_free(&picture);
}

belt *belt_new(void)
{
    belt *b = g_new0(belt, 1);
    g_mutex_init(&b->lock);
    g_cond_init(&b->changed);
    g_queue_init(&b->pictures);
    return b;
}

void belt_free(belt *b)
{
    if (!b)
        return;
    g_queue_clear_full(&b->pictures, picture_free);
    g_mutex_clear(&b->lock);
    g_cond_clear(&b->changed);
    g_free(b);
}

void belt_put(belt *b, AVFrame *picture)
{
    g_mutex_lock(&b->lock);
    while (!b->shut && g_queue_get_length(&b->pictures) >= BELT_MAX)
        g_cond_wait(&b->changed, &b->lock);
    bool shut = b->shut;
    if (!shut)
        g_queue_push_tail(&b->pictures, picture);
    g_cond_broadcast(&b->changed);
    g_mutex_unlock(&b->lock);
    if (shut)
        av_frame_free(&picture);
}

void belt_end(belt *b)
{
    g_mutex_lock(&b->lock);
    b->ended = true;
    g_cond_broadcast(&b->changed);
    g_mutex_unlock(&b->lock);
}

AVFrame *belt_take(belt *b)
{
    g_mutex_lock(&b->lock);
    while (!b->shut && !b->ended && g_queue_is_empty(&b->pictures))
        g_cond_wait(&b->changed, &b->lock);
    AVFrame *picture = b->shut ? NULL : g_queue_pop_head(&b->pictures);
    g_cond_broadcast(&b->changed);
    g_mutex_unlock(&b->lock);
    return picture;
}

void belt_shut(belt *b)
{
    g_mutex_lock(&b->lock);
    b->shut = true;
    g_cond_broadcast(&b->changed);
    g_mutex_unlock(&b->lock);
}

bool belt_is_shut(belt *b)
{
    g_mutex_lock(&b->lock);
    bool shut = b->shut;
    g_mutex_unlock(&b->lock);
    return shut;
}
