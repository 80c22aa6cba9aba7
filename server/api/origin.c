#include "api/origin.h"

#include <string.h>

static bool is_public(const char *origin, const char *public_url)
{
    return public_url && g_ascii_strcasecmp(origin, public_url) == 0;
}

/* "https://host:port", and perhaps a path behind it. */
static bool is_ours(const char *origin, const request *req, const api_parts *parts)
{
    const char *host = request_header(req, "host");
    const char *authority = strstr(origin, "://");
    if (!host || !authority || g_ascii_strcasecmp(authority + 3, host) != 0)
        return is_public(origin, parts->public_url);
    gsize scheme = (gsize)(authority - origin);
    if (scheme == 5 && g_ascii_strncasecmp(origin, "https", 5) == 0)
        return true;
    return scheme == 4 && g_ascii_strncasecmp(origin, "http", 4) == 0 && !parts->secure_cookies;
}

bool origin_is_ours(const request *req, const api_parts *parts)
{
    const char *origin = request_header(req, "origin");
    return !origin || is_ours(origin, req, parts);
}

static bool referer_is_ours(const request *req, const api_parts *parts)
{
    const char *referer = request_header(req, "referer");
    const char *authority = referer ? strstr(referer, "://") : NULL;
    if (!authority)
        return true;
    g_autofree char *origin =
        g_strndup(referer, (gsize)(authority - referer) + 3 + strcspn(authority + 3, "/?#"));
    return is_ours(origin, req, parts);
}

static bool is_word(const char *value, const char *word)
{
    return value && g_ascii_strcasecmp(value, word) == 0;
}

bool origin_is_foreign(const request *req, const api_parts *parts)
{
    const char *site = request_header(req, "sec-fetch-site");
    if (!origin_is_ours(req, parts))
        return true;
    if (is_word(request_header(req, "sec-fetch-dest"), "document"))
        return false;
    if (is_word(site, "cross-site") || is_word(site, "same-site"))
        return true;
    return !referer_is_ours(req, parts);
}
