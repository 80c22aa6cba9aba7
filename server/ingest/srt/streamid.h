/*
 * What a caller says it wants, in SRT's stream id.
 *
 * Three spellings of the same wish: "KEY", "publish:KEY", and the access control form
 * "#!::r=KEY,m=publish" (other names in it are passed over). This house only takes: a caller that
 * wants to receive is told so.
 * Source: SRT Access Control Guidelines (Haivision), "General syntax".
 *
 * Runs on: any thread.
 * Memory:  plain values.
 */
#ifndef SRT_STREAMID_H
#define SRT_STREAMID_H

#include <glib.h>

#define STREAMID_MAX 512    /* bytes, as libsrt bounds it */
#define STREAMID_KEY_MAX 64 /* characters of a key; letters, digits, '-' and '_' */

typedef enum {
    STREAMID_PUBLISH,   /* key is filled in */
    STREAMID_NONSENSE,  /* no key can be found in it */
    STREAMID_WANTS_MORE /* it asks to receive, or for both ways */
} streamid_wish;

/* text: NULL is fine (nonsense). key is "" unless the wish is to publish. */
streamid_wish streamid_read(const char *text, char key[STREAMID_KEY_MAX + 1]);

#endif
