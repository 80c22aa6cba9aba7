/*
 * The last frames of one room, and where each reader stands in them.
 *
 * A reader keeps a cursor: the number of the next frame it wants. Frames are numbered from 0 for the life of the
 * ring; a reader whose frame has been written over is overrun and cannot be helped. It knows no sockets.
 *
 * Runs on: one thread per object.
 * Memory:  you own what ring_new() returns; the ring takes the frames it is given and lends them until the next push.
 */
#ifndef ROOM_RING_H
#define ROOM_RING_H

#include <glib.h>
#include <stdbool.h>

typedef struct ring ring;

ring *ring_new(guint frames);
void ring_free(ring *ring); /* NULL is fine */

/* Adds one frame for all. author: a reader that gets to_author instead (both NULL / 0: the same for everybody). */
void ring_push(ring *ring, GBytes *frame, guint64 author, GBytes *to_author);

/* The cursor of a reader that has everything. */
guint64 ring_head(const ring *ring);
/* True when the frame at this cursor has been written over. */
bool ring_overrun(const ring *ring, guint64 cursor);
/* The frame at this cursor as this reader is to get it; NULL when it has everything or is overrun. Borrowed. */
GBytes *ring_at(const ring *ring, guint64 cursor, guint64 reader);

/*
 * The frames from this cursor to the head as one run of bytes, for readers that wrote none of them (ring_wrote). NULL
 * when there are none or the first is overrun. You own it.
 */
GBytes *ring_run(const ring *ring, guint64 cursor);
/* True when one of the frames from this cursor on has its own shape for this reader. */
bool ring_wrote(const ring *ring, guint64 cursor, guint64 reader);

#endif
