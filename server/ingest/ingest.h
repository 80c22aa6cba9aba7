/*
 * What every way in tells the house about a publisher: one table, whatever the protocol.
 *
 * Runs on: the loop.
 * Memory:  a publisher belongs to its protocol adapter until on_gone has returned; bytes are
 *          borrowed for the call.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

typedef struct ingest_publisher ingest_publisher;

/* What the adapter can be asked to do with its publisher. */
struct ingest_publisher {
    const char *protocol; /* "rtmp" */
    gpointer claim;       /* the accepting side's own */
    /* Stop reading from it, or go on. */
    void (*pause)(ingest_publisher *publisher, bool paused);
    /* Says why if the protocol can; on_gone follows later. */
    void (*close)(ingest_publisher *publisher, const char *why);
    /* Address and client name, for the log and the master. Borrowed, as long as the publisher. */
    const char *(*peer)(const ingest_publisher *publisher);
};

typedef struct {
    gpointer user;
    /*
     * A key was shown. True: accepted (publisher->claim may be set). False: *why (static) is told
     * to the peer.
     */
    bool (*on_publish)(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why);
    void (*on_track)(gpointer user, ingest_publisher *publisher, wire_track track, wire_codec codec,
                     const uint8_t *config, gsize size);
    void (*on_frame)(gpointer user, ingest_publisher *publisher, wire_track track, bool key,
                     int64_t pts_ms, int64_t dts_ms, const uint8_t *data, gsize size);
    /* Called once for an accepted publisher. orderly: it said goodbye. */
    void (*on_gone)(gpointer user, ingest_publisher *publisher, bool orderly, const char *why);
} ingest_ops;

#endif
