/*
 * A look at a whole file: reads every packet, decodes all sound and a few pictures, and says what it is.
 *
 * What the file claims is not believed where it can be counted: its length is where its packets end, its keyframes are
 * those with an IDR picture, and a file that stops before its claimed end was cut. Whether it may become a lesson, and
 * whether its picture may be shown as it is, are decided here and nowhere else.
 *
 * Runs on: one thread, for as long as reading the file takes (sound decodes some 300 times faster than it is heard).
 * Memory:  everything is borrowed for the call.
 */
#ifndef WORKER_SURVEY_H
#define WORKER_SURVEY_H

#include "worker/facts.h"

#define SURVEY_LENGTH_MAX_MS (24LL * 3600 * 1000)
#define SURVEY_KEY_MAX_MS 10000 /* of a picture that is copied: segments begin at keyframes */
#define SURVEY_GAP_MAX_MS 500   /* and its pictures come at least this often */

typedef struct {
    bool (*goes_on)(gpointer user, int64_t done_ms); /* now and then; false: stop */
    gpointer user;
} survey_watch;

/*
 * Fills *is, a refusal included. False: the file could not be opened (STORAGE error), or the watch said stop (no error).
 */
bool survey_run(const char *path, const survey_watch *watch, facts *is, GError **error);

#endif
