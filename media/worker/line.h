/*
 * The worker's end of the socket pair: whole messages in, short messages out.
 *
 * It never waits for the server: what cannot be sent stays in a small buffer, bells in it are one
 * bell, and when it is full notes are dropped (the journal has the truth). A closed socket is told,
 * it is not an error.
 *
 * Runs on: the owner's thread.
 * Memory:  you own what line_new() returns; the descriptor stays the caller's.
 */
#ifndef WORKER_LINE_H
#define WORKER_LINE_H

#include "wire/wire.h"

#define LINE_OUT_MAX 65536 /* bytes owed to the server */
#define LINE_READ_BYTES 65536
#define LINE_LAST_MS 1000 /* how long the last words may take */

typedef struct line line;

line *line_new(int fd);
void line_free(line *l); /* NULL is fine */

/* Takes what has arrived. False: the server has closed its end. */
bool line_read(line *l);
/*
 * The next whole message or NULL; PEER error when the server speaks nonsense. Lives until the next
 * call.
 */
const wire_message *line_next(line *l, GError **error);

void line_say(line *l, GBytes *message); /* takes the message */
/* A receiver's frames: takes the message. False: over `max` owed bytes it is dropped. */
bool line_feed(line *l, GBytes *message, gsize max);
void line_bell(line *l);
bool line_owes(const line *l); /* wait for writable, then line_flush() */
void line_flush(line *l);
/* Sends everything, waiting at most LINE_LAST_MS. */
void line_last_words(line *l);

#endif
