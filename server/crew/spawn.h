/*
 * Starting one worker process: its socket as fd 3 and nothing else open, a small environment, a
 * group of its own.
 *
 * Runs on: the loop.
 * Memory:  the caller owns the descriptors.
 */
#ifndef CREW_SPAWN_H
#define CREW_SPAWN_H

#include <sys/types.h>

#include "base/error.h"

typedef struct {
    pid_t pid;
    int pidfd;  /* readable when it has died; CLOEXEC */
    int socket; /* our end; nonblocking, CLOEXEC */
} spawned;

/* PEER error with the step in its sentence. home: the worker's HOME. */
bool spawn_worker(const char *worker_path, const char *home, spawned *made, GError **error);

#endif
