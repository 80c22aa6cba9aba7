/*
 * One rendition with pictures, in one take: access units in, parts and segments in the title out.
 *
 * A cutter says where parts end; a part is written once its pictures are whole and the sound up to
 * its end has come, or is given up. Segments begin at the keyframes the take's rail names, the same
 * instants in every reel. It knows nothing of where units come from.
 *
 * Runs on: the thread that owns the title writer.
 * Memory:  you own what reel_new() returns, it owns its press; units are borrowed.
 */
#ifndef WORKER_REEL_H
#define WORKER_REEL_H

#include "worker/press.h"

#define REEL_UNITS_MAX 4096 /* waiting units; beyond it something upstream is broken: PEER error */

typedef struct reel reel;

reel *reel_new(press *written_by);
void reel_free(reel *r); /* NULL is fine */
press *reel_press(reel *r);

/* Each may write parts. False: the disk or the muxer refuses. */
bool reel_picture(reel *r, const unit *picture, GError **error);
bool reel_sound(reel *r, const unit *frame, GError **error);

/* Title time the parts and pictures reach; INT64_MIN before the first picture. */
int64_t reel_end(const reel *r);

/* Its last picture is not written yet: it can still be shown longer. */
bool reel_may_last(const reel *r);

/*
 * The take is over at `end`, which no reel is behind of: writes what there is and closes the
 * segment. The last picture, if it is still in hand, is shown until then.
 */
bool reel_close(reel *r, int64_t end, GError **error);

#endif
