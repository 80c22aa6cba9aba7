#include "api/origin.h"

#include <string.h>

static bool is_public(const char *origin, const char *public_url)
{
    return public_url && g_ascii_strcasecmp(origin, public_url) == 0;
}

bool origin_is_ours(const request *req, const api_parts *parts)
{
    const char *origin = request_header(req, "origin");
    if (!origin || is_public(origin, parts->public_url))
        return true;
    const char *host = request_header(req, "host");
    const char *authority = strstr(origin, "://");
    if (!host || !authority || g_ascii_strcasecmp(authority + 3, host) != 0)
        return false;
    gsize scheme = (gsize)(authority - origin);
    if (scheme == 5 && g_ascii_strncasecmp(origin, "https", 5) == 0)
        return true;
    return scheme == 4 && g_ascii_strncasecmp(origin, "http", 4) == 0 && !parts->secure_cookies;
}
