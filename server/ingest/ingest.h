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

/*
 * How a publisher's way to us is, as far as its protocol can tell; 0: it cannot. Packets are counted
 * since it came.
 */
typedef struct {
    int64_t bitrate_bps;    /* what arrived in the last second */
    double rtt_ms;          /* there and back, smoothed */
    int64_t latency_ms;     /* how long a lost packet may take to come after all */
    uint64_t packets;       /* received, those sent again too */
    uint64_t lost;          /* missed at first */
    uint64_t retransmitted; /* sent again by the publisher */
    uint64_t dropped;       /* missed for good: too late, or unreadable */
} ingest_health;

/* What the adapter can be asked to do with its publisher. */
struct ingest_publisher {
    const char *protocol; /* "rtmp", "rtmps", "srt", "whip" */
    const char *session;  /* what the publisher itself was told it is called; NULL: nothing */
    bool returning;       /* it was lost for a moment and is back: it takes over from nobody */
    gpointer claim;       /* the accepting side's own */
    /* Stop reading from it, or go on. */
    void (*pause)(ingest_publisher *publisher, bool paused);
    /* Says why if the protocol can; on_gone follows later. */
    void (*close)(ingest_publisher *publisher, const char *why);
    /* Address and client name, for the log and the master. Borrowed, as long as the publisher. */
    const char *(*peer)(const ingest_publisher *publisher);
    /* NULL: the protocol knows nothing of its way. */
    void (*health)(const ingest_publisher *publisher, ingest_health *health);
};

/*
 * A piece of a publisher's MPEG transport stream, at most WIRE_DATA_MAX bytes, cut anywhere. Where a
 * reader may begin, a piece begins.
 */
typedef struct {
    const uint8_t *data;
    gsize size;
    bool entry;            /* a reader may begin with it */
    const uint8_t *tables; /* which has to read these before; of an entry only */
    gsize tables_size;     /* 0: they are in the stream itself, somewhere */
} ingest_piece;

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
    /*
     * What it sends cannot be shown: a sentence, Chinese and English, on what to change at the
     * encoder. on_gone follows.
     */
    void (*on_refused)(gpointer user, ingest_publisher *publisher, const char *sentence);
    /* Called once for an accepted publisher. orderly: it said goodbye. */
    void (*on_gone)(gpointer user, ingest_publisher *publisher, bool orderly, const char *why);
    /* Instead of tracks and frames. A publisher brings the one or the other, never both. */
    void (*on_data)(gpointer user, ingest_publisher *publisher, const ingest_piece *piece);
} ingest_ops;

#endif
