/*
 * The work itself: takes the job from the line, makes the title, tells how it went.
 *
 * One thread owns the line, the title and all decisions; GStreamer's threads only decode and
 * encode. Sources are frames from the line, a test picture, or a file.
 *
 * Runs on: the main thread; returns when the work is over.
 * Memory:  the descriptor stays the caller's.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

typedef enum {
    WORKER_OK = 0,     /* DONE was said, or it left as asked */
    WORKER_FAILED = 1, /* FAILED was said, with the reason */
} worker_result;

worker_result worker_run(int fd);

/* Brings the list of GStreamer's plugins up to date, for all workers to come. */
worker_result worker_registry(void);

#endif
