/*
 * What a probe found in a file, as the queue needs it. The whole text is kept and shown as it came.
 *
 * Pure. It trusts nothing: the text comes from a worker that has read a stranger's bytes.
 *
 * Runs on: any thread.
 * Memory:  values.
 */
#ifndef TRANSCODE_FACTS_H
#define TRANSCODE_FACTS_H

#include "base/error.h"

typedef struct {
    bool video, audio;
    bool copyable; /* its picture can be shown as it is */
    int64_t duration_ms;
    int32_t gain_mdb; /* for its sound, thousandths of a decibel */
    char refused[33]; /* code; "": it can be used */
    char found[401];  /* what it is, in words; of a refused one */
} file_facts;

/* PEER "bad_facts" when the text is not what it should be. */
bool facts_read(const char *text, file_facts *facts, GError **error);

#endif
