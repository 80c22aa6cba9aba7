/*
 * Does this request come from our own page, or from somebody else's?
 *
 * A browser names the page's origin; a program names none and is not what this guards against (a foreign page using
 * the visitor's cookie). It knows no sessions.
 *
 * Runs on: the loop.
 * Memory:  keeps nothing.
 */
#ifndef API_ORIGIN_H
#define API_ORIGIN_H

#include "api/api.h"

/* True without an Origin header, when it is the public URL, or when it is http(s):// and the request's own Host. */
bool origin_is_ours(const request *request, const api_parts *parts);

/*
 * True when a browser says that a page of another site wants this as a part of itself: by Origin, by Fetch Metadata, or
 * by the Referer of those that send neither. A program says nothing, and whoever follows a link is no page.
 */
bool origin_is_foreign(const request *request, const api_parts *parts);

#endif
