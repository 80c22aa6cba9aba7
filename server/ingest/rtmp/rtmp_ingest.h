/*
 * RTMP's way in: net's raw sockets on one side, ingest's table on the other.
 *
 * It gives each connection its machine (rtmp.h) and its tag reader (flv.h), keeps their deadlines,
 * and says in the log who came and why they left. It knows no classes; a key is only handed on, and
 * never logged.
 *
 * Runs on: the loop.
 * Memory:  you own what rtmp_ingest_new() returns; connections belong to it until net has closed
 *          them. The table must outlive it; net must not run any more once it is freed.
 */
#ifndef RTMP_RTMP_INGEST_H
#define RTMP_RTMP_INGEST_H

#include "ingest/ingest.h"
#include "net/net.h"

#define RTMP_CONNECTIONS_MAX 256 /* at once; one more is closed at the door */
#define RTMP_PUBLISH_MS 10000    /* from connecting to publish */
#define RTMP_SILENCE_MS 15000 /* a publisher without a byte; the time it is paused does not count */
#define RTMP_GOODBYE_MS 3000  /* from its goodbye to its closing */

typedef struct rtmp_ingest rtmp_ingest;

rtmp_ingest *rtmp_ingest_new(net *loop, const ingest_ops *table);

/* A door for RTMP. port 0: any free one. *bound_port is set. CONFLICT error when it is taken. */
bool rtmp_ingest_listen(rtmp_ingest *ingest, const char *bind, int port, int *bound_port,
                        GError **error);
/* A door for RTMPS: PEM files of a certificate and its key. INPUT error when they cannot be used. */
bool rtmp_ingest_listen_tls(rtmp_ingest *ingest, const char *bind, int port, const char *chain_file,
                            const char *key_file, int *bound_port, GError **error);

/* Closes every connection, telling the table of each publisher. NULL is fine. */
void rtmp_ingest_free(rtmp_ingest *ingest);

void rtmp_ingest_metrics(const rtmp_ingest *ingest, GString *out); /* Prometheus text */

#endif
