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

typedef enum {
    SPAWN_WORKER,    /* takes the list of GStreamer's plugins as it stands */
    SPAWN_REGISTRAR, /* brings that list up to date, and exits */
} spawn_kind;

/* PEER error with the step in its sentence. home: the worker's HOME. */
bool spawn_worker(const char *worker_path, spawn_kind kind, const char *home, spawned *made,
                  GError **error);

#endif
