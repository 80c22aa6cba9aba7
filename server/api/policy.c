#include "api/policy.h"

#include <string.h>

#include "base/error.h"

static const struct {
    const char *name, *sources;
} directives[] = {
    {"default-src", "'self'"},      {"img-src", "'self' data: blob:"},
    {"media-src", "'self' blob:"},  {"connect-src", "'self' ws: wss:"},
    {"worker-src", "'self' blob:"}, /* the player's demuxer */
    {"style-src", "'self'"},        {"script-src", "'self'"},
    {"object-src", "'none'"},       {"base-uri", "'none'"},
    {"form-action", "'self'"},      {"frame-ancestors", "'none'"},
};

static int directive_of(const char *line)
{
    for (gsize i = 0; i < G_N_ELEMENTS(directives); i++) {
        gsize length = strlen(directives[i].name);
        if (strncmp(line, directives[i].name, length) == 0 && line[length] == ' ')
            return (int)i;
    }
    return -1;
}

/* 'sha256-…', 'sha384-…' or 'sha512-…' in base64 and quotes. */
static const char *hash_of(const char *line)
{
    const char *hash = strchr(line, ' ') + 1;
    gsize length = strlen(hash);
    bool named = g_str_has_prefix(hash, "'sha256-") || g_str_has_prefix(hash, "'sha384-") ||
                 g_str_has_prefix(hash, "'sha512-");
    if (!named || length < 10 || hash[length - 1] != '\'')
        return NULL;
    for (const char *at = hash + 8; at < hash + length - 1; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("+/=", *at))
            return NULL;
    }
    return hash;
}

static bool may_have_hashes(int directive)
{
    return directive >= 0 && (g_str_equal(directives[directive].name, "style-src") ||
                              g_str_equal(directives[directive].name, "script-src"));
}

static bool add_line(GString **sources, const char *line, GError **error)
{
    int directive = directive_of(line);
    const char *hash = may_have_hashes(directive) ? hash_of(line) : NULL;
    if (!hash) {
        error_set(error, ERROR_INPUT, "csp_line", NULL,
                  "csp.txt: \"%s\" is not a directive and a hash", line);
        return false;
    }
    g_string_append_printf(sources[directive], " %s", hash);
    return true;
}

static bool add_hashes(GString **sources, const char *hashes, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(hashes, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (*g_strstrip(*line) && !add_line(sources, *line, error))
            return false;
    }
    return true;
}

char *policy_text(const char *hashes, GError **error)
{
    GString *sources[G_N_ELEMENTS(directives)];
    for (gsize i = 0; i < G_N_ELEMENTS(directives); i++)
        sources[i] = g_string_new(directives[i].sources);
    bool whole = add_hashes(sources, hashes ? hashes : "", error);
    GString *policy = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(directives); i++) {
        g_string_append_printf(policy, "%s%s %s", i ? "; " : "", directives[i].name,
                               sources[i]->str);
        g_string_free(sources[i], TRUE);
    }
    return g_string_free(policy, !whole);
}
