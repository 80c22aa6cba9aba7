/*
 * Numbers as /metrics shows them: the Prometheus text format 0.0.4.
 *
 * Names begin with the program and the room ("jiangtang_room_members"), counters end in _total; help is a
 * short phrase. It keeps no numbers itself.
 *
 * Runs on: any thread.
 * Memory:  appends to what it is given.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <glib.h>

/* One number without labels: its head and its sample. */
void metric_gauge(GString *out, const char *name, const char *help, double value);
void metric_counter(GString *out, const char *name, const char *help, double value);

/* One with labels: the head once (type: "gauge" or "counter"), then its samples; labels: "kind=\"raw\"". */
void metric_head(GString *out, const char *name, const char *help, const char *type);
void metric_sample(GString *out, const char *name, const char *labels, double value);

#endif
