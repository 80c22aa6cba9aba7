/*
 * The rendition of sound alone, in one take.
 *
 * Its segments are declared from boundary to boundary of the rail, like everyone's; a frame belongs
 * to the segment its middle falls into. So it may only write up to where the rail is known.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what solo_new() returns, it owns its press; units are borrowed.
 */
#ifndef WORKER_SOLO_H
#define WORKER_SOLO_H

#include "worker/press.h"

typedef struct solo solo;

/* from: what lies before this title time is not its business; INT64_MIN: it begins where the take does. */
solo *solo_new(press *written_by, int64_t from);
void solo_free(solo *s); /* NULL is fine */
press *solo_press(solo *s);

/* Each may write parts. False: the disk or the muxer refuses. */
bool solo_sound(solo *s, const unit *frame, GError **error);
bool solo_pump(solo *s, GError **error); /* the rail has moved */

/* Title time the sound reaches; INT64_MIN before the first boundary. */
int64_t solo_end(const solo *s);

/* The take is over at `end`: writes up to there and closes the segment. */
bool solo_close(solo *s, int64_t end, GError **error);

#endif
