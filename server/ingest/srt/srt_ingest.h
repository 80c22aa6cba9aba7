/*
 * SRT's way in: callers on one side, ingest's table on the other.
 *
 * The listener's thread brings callers and their bytes; here, on the loop, they become publishers
 * whose transport stream goes to on_data. It says in the log who came and why they left. It knows no
 * classes; a key is only handed on, and never logged.
 *
 * Runs on: the loop.
 * Memory:  you own what srt_ingest_new() returns; publishers belong to it until their end was told.
 *          The table must outlive it.
 */
#ifndef SRT_SRT_INGEST_H
#define SRT_SRT_INGEST_H

#include "ingest/ingest.h"
#include "net/net.h"

#define SRT_SILENCE_MS                                                                             \
    15000 /* a publisher that sends keep-alives only; the time it is paused does not count */
#define SRT_ENTRYLESS_MS                                                                           \
    12000 /* who marks no keyframe for so long marks none: any place will do to begin at */

typedef struct {
    const char *bind;
    int port;       /* 0: any free one */
    int latency_ms; /* how long a lost packet may take to come after all */
    GBytes *secret; /* passphrases are derived from it (passphrase.h); NULL: none are asked for */
    int64_t entryless_ms; /* 0: SRT_ENTRYLESS_MS */
} srt_ingest_options;

typedef struct srt_ingest srt_ingest;

/* Listens. *bound_port is set. CONFLICT error when the port is taken. */
srt_ingest *srt_ingest_new(net *loop, const srt_ingest_options *options, const ingest_ops *table,
                           int *bound_port, GError **error);
/* Closes every caller, telling the table of each publisher. NULL is fine. */
void srt_ingest_free(srt_ingest *ingest);

/*
 * A key is good from now on, or no longer. Nobody without a good one is let through the handshake;
 * who is in stays in. NULL ingest is fine.
 */
void srt_ingest_admit(srt_ingest *ingest, const char *key);
void srt_ingest_expel(srt_ingest *ingest, const char *key);

void srt_ingest_metrics(const srt_ingest *ingest, GString *out); /* Prometheus text */

#endif
