/*
 * The RTMP door: net's raw sockets on one side, ingest's table on the other.
 *
 * It gives each connection its machine (rtmp.h) and its tag reader (flv.h), keeps their deadlines, and says in the
 * log who came and why they left. It knows no classes; a key is only handed on, and never logged.
 *
 * Runs on: the loop.
 * Memory:  you own what rtmp_door_new() returns; connections belong to the door until net has closed them. The
 *          ingest table must outlive the door; net must not run any more after the door is freed.
 */
#ifndef RTMP_DOOR_H
#define RTMP_DOOR_H

#include "ingest/ingest.h"
#include "net/net.h"

#define RTMP_DOOR_CONNECTIONS_MAX 256 /* at once; one more is closed at the door */
#define RTMP_DOOR_PUBLISH_MS 10000    /* from connecting to publish */
#define RTMP_DOOR_SILENCE_MS                                                                       \
    15000 /* a publisher without a byte; the time it is paused does not count */
#define RTMP_DOOR_GOODBYE_MS 3000 /* from its goodbye to its closing */

typedef struct rtmp_door rtmp_door;

/* Listens. port 0: any free one, see rtmp_door_port(). CONFLICT error when the port is taken. */
rtmp_door *rtmp_door_new(net *loop, const char *bind, int port, base_clock *clock,
                         const ingest_ops *ops, GError **error);
int rtmp_door_port(const rtmp_door *door);

/* Closes every connection, telling the table of each publisher. NULL is fine. */
void rtmp_door_free(rtmp_door *door);

void rtmp_door_metrics(const rtmp_door *door, GString *out); /* Prometheus text */

#endif
