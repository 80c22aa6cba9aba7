/*
 * The last messages of one room, as those who join get them.
 *
 * Holds each message's JSON as it went out and keeps them joined while nothing changes: many join at once. It knows
 * nothing of what they say.
 *
 * Runs on: one thread per object.
 * Memory:  you own what history_new() returns; texts are copied.
 */
#ifndef ROOM_HISTORY_H
#define ROOM_HISTORY_H

#include <glib.h>

typedef struct history history;

history *history_new(guint messages);
void history_free(history *history); /* NULL is fine */
/* The oldest goes when it is full. */
void history_add(history *history, const char *json);
/* "[{…},{…}]", the oldest first. Borrowed until the next add. */
const char *history_json(history *history);

#endif
