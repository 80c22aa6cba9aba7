/*
 * One publisher's transport stream as tracks and units: what frames.h takes.
 *
 * Joins ts (packets), h264 and adts (what is in them), and says in a sentence what the person at
 * the encoder should change. It does not judge stamps: that is frames' work.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what stream_new() returns; what callbacks are given is borrowed for the call.
 */
#ifndef WORKER_STREAM_H
#define WORKER_STREAM_H

#include "wire/wire.h"
#include "worker/unit.h"

#define STREAM_BLIND_BYTES (1024 * 1024) /* without a programme: it is something else */

typedef struct {
    /* The programme's table lists this track. */
    void (*on_promise)(gpointer user, wire_track track);
    /* Both as frames_track() and frames_unit(): false with *error ends the stream. */
    bool (*on_track)(gpointer user, wire_track track, GBytes *config, GError **error);
    bool (*on_unit)(gpointer user, wire_track track, const unit *u, GError **error);
    void (*on_note)(gpointer user, const char *sentence); /* each once per cause */
} stream_ops;

typedef struct stream stream;

stream *stream_new(const stream_ops *ops, gpointer user);
void stream_free(stream *s); /* NULL is fine */

/* Any bytes, garbage too. False: what a callback said; nothing may be pushed any more. */
bool stream_push(stream *s, const uint8_t *bytes, gsize size, GError **error);

#endif
