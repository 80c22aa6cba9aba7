/*
 * Playlists as whole responses: dressed once per version, sent to many.
 *
 * Keeps the latest ones, plain and gzipped, by the playlist's own bytes: the shelf hands out the
 * same GBytes until the playlist changes. It knows no titles and no people.
 *
 * Runs on: the loop.
 * Memory:  you own what dress_new() returns; blobs are counted.
 */
#ifndef API_DRESS_H
#define API_DRESS_H

#include <glib.h>
#include <stdbool.h>

#define DRESS_KEPT_MAX 512 /* responses kept; the oldest go first */
#define DRESS_GZIP_MAX                                                                             \
    (512 * 1024) /* a longer playlist is sent as it is: compressing it would hold the loop up */
#define DRESS_GZIP_FAST (64 * 1024) /* from here on speed before size */

typedef struct dress dress;
dress *dress_new(void);
void dress_free(dress *dress); /* NULL is fine */

/*
 * max_age_s 0: to be asked for again each time. New reference to a blob for request_reply_blob().
 */
GBytes *dress_playlist(dress *dress, GBytes *text, bool gzip, int max_age_s);

/*
 * For players without cookies: every URI of the playlist with ?pass=... behind it. A blob, not
 * kept.
 */
GBytes *dress_with_pass(GBytes *text, const char *pass);

/* Does this Accept-Encoding (may be NULL) take gzip? */
bool dress_takes_gzip(const char *accept_encoding);

#endif
