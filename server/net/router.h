/*
 * Which route takes a method and a path: pure, no I/O, no request.
 *
 * A tree of path segments. A literal segment beats a placeholder, and a placeholder beats
 * "{rest...}"; when the better branch turns out a dead end the next one is tried. Paths come
 * decoded.
 *
 * Runs on: any thread, one at a time while routes are added; matching only reads.
 * Memory:  the router owns its nodes and copies of the patterns; targets and matched paths are
 *          borrowed.
 */
#ifndef NET_ROUTER_H
#define NET_ROUTER_H

#include <glib.h>
#include <stdbool.h>

#define ROUTER_PARAMS_MAX 4 /* placeholders of one pattern */
#define ROUTER_DEPTH_MAX                                                                           \
    24 /* segments of a path; deeper paths match only a "{rest...}" above that */
#define ROUTER_PATH_MAX 2048 /* bytes; longer: not a path of ours */

typedef struct router router;

typedef struct {
    const char *text;
    gsize length;
} router_slice;

typedef enum { ROUTER_FOUND, ROUTER_OTHER_METHOD, ROUTER_NONE } router_verdict;

typedef struct {
    gpointer target;          /* of ROUTER_FOUND */
    const char *const *names; /* NULL-terminated names of its placeholders, in order */
    router_slice values[ROUTER_PARAMS_MAX]; /* slices of the path that was matched */
} router_match;

router *router_new(GDestroyNotify free_target);
void router_free(router *router); /* NULL is fine */

/*
 * Registering a pattern twice for a method, or a pattern that is none, is our own mistake
 * (asserts).
 */
void router_add(router *router, const char *method, const char *pattern, gpointer target);

/* HEAD takes the GET route when it has none of its own. */
router_verdict router_find(const router *router, const char *method, const char *path,
                           router_match *match);

/* After ROUTER_OTHER_METHOD: "GET, HEAD, POST". You own it. */
char *router_allow(const router *router, const char *path);

/*
 * A decoded path we are willing to look at: begins with '/', no NUL, no control bytes, no "." or
 * ".." segment, valid UTF-8, at most ROUTER_PATH_MAX bytes.
 */
bool router_path_ok(const char *path, gsize length);

#endif
