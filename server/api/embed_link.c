#include "api/embed_link.h"

#include <string.h>

#include "people/pass.h"

/* Blanks keep it apart from what a pass signs. */
static char *signature_of(const api_parts *parts, const embed_link *is)
{
    g_autofree char *text = g_strdup_printf("embed %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s",
                                            is->class_id, is->id, is->until_ms, is->site);
    return pass_sign(parts->pass_key, text);
}

char *embed_link_url(const api_parts *parts, const embed_link *is)
{
    g_autofree char *signature = signature_of(parts, is);
    g_autofree char *site = g_uri_escape_string(is->site, NULL, FALSE);
    return g_strdup_printf("%s/embed/%s?link=%" G_GINT64_FORMAT "&until=%" G_GINT64_FORMAT
                           "&site=%s&signature=%s",
                           parts->public_url, is->class_id, is->id, is->until_ms, site, signature);
}

bool embed_link_check(const api_parts *parts, const char *class_id, const char *link,
                      const char *until, const char *site, const char *signature, embed_link *is)
{
    *is = (embed_link){0};
    if (!link || !until || !signature || !site || strlen(site) > EMBED_SITE_MAX ||
        strlen(class_id) >= sizeof is->class_id ||
        !g_ascii_string_to_signed(link, 10, 1, G_MAXINT64, &is->id, NULL) ||
        !g_ascii_string_to_signed(until, 10, 1, G_MAXINT64, &is->until_ms, NULL))
        return false;
    g_strlcpy(is->class_id, class_id, sizeof is->class_id);
    g_strlcpy(is->site, site, sizeof is->site);
    g_autofree char *right = signature_of(parts, is);
    return pass_secret_is(right, signature);
}
