/*
 * The page's content security policy.
 *
 * Strict by default; the build may add the hashes of its inlined critical style, and nothing else: a wrong word is an
 * error, never a wider policy.
 *
 * Runs on: any thread.
 * Memory:  you own what is returned.
 */
#ifndef API_POLICY_H
#define API_POLICY_H

#include <glib.h>

#define POLICY_NOWHERE "'none'" /* no page may frame it */

/*
 * sockets: where WebSockets may go, beside the page's own address: older Safari does not know that 'self' means them too.
 * ancestors: which pages may frame it (CSP frame-ancestors): POLICY_NOWHERE, an origin, or "http: https:".
 * style_hashes: text of the page's csp.txt, "'sha256-…' 'sha256-…'"; NULL: none. INPUT names a wrong
 * word.
 */
char *policy_text(const char *style_hashes, const char *ancestors, const char *sockets,
                  GError **error);

#endif
