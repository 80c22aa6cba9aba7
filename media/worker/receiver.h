/*
 * The other thing this program can be: the receiver of one WebRTC publisher.
 *
 * It stands by with its certificate made, takes one offer, answers, and sends the publisher's
 * tracks and frames up the line, where the server treats them as any encoder's. It has no title and
 * writes nothing. It asks for a keyframe a little before the server's segments end, and after
 * whatever it had to leave out.
 *
 * Runs on: the main thread; returns when the server says LEAVE or closes the line, or with an error.
 * Memory:  borrows the line.
 */
#ifndef WORKER_RECEIVER_H
#define WORKER_RECEIVER_H

#include "worker/line.h"

#define RECEIVER_OUT_MAX                                                                           \
    (8 * 1024 * 1024) /* bytes owed to the server; over it pictures are left out to a keyframe */
#define RECEIVER_KEY_MS                                                                            \
    1700                    /* after a keyframe the next is asked for: 300 ms before 2 s are over */
#define RECEIVER_ASK_MS 500 /* between two questions for one */
#define RECEIVER_COUNTS_MS 1000

bool receiver_run(line *l, int fd, GError **error);

#endif
