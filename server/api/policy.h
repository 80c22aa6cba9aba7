/*
 * The page's content security policy.
 *
 * Strict by default; the build may add the hashes of its inline critical style or script, one "<directive> '<hash>'" a
 * line, and nothing else: a wrong line is an error, never a wider policy.
 *
 * Runs on: any thread.
 * Memory:  you own what is returned.
 */
#ifndef API_POLICY_H
#define API_POLICY_H

#include <glib.h>

/* hashes: the text of csp.txt, NULL for none. INPUT error naming the wrong line. */
char *policy_text(const char *hashes, GError **error);

#endif
