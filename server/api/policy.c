#include "api/policy.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

#define HASH_START "'sha256-"

/* The player's demuxer is a blob worker; its pictures and its media source are blobs too. */
static const char first[] = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' "
                            "blob:; worker-src 'self' blob:; script-src 'self'; "
                            "object-src 'none'; base-uri 'none'; form-action 'self'; ";

static bool is_hash(const char *word)
{
    gsize length = strlen(word);
    if (!g_str_has_prefix(word, HASH_START) || length < 10 || word[length - 1] != '\'')
        return false;
    for (const char *at = word + strlen(HASH_START); at < word + length - 1; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("+/=", *at))
            return false;
    }
    return true;
}

char *policy_text(const char *style_hashes, const char *ancestors, const char *sockets,
                  GError **error)
{
    g_autoptr(GString) policy = g_string_new(first);
    g_string_append_printf(policy, "connect-src 'self' %s; frame-ancestors %s; style-src 'self'",
                           sockets, ancestors);
    g_auto(GStrv) words = g_strsplit_set(style_hashes ? style_hashes : "", " \r\n\t", -1);
    for (char **word = words; *word; word++) {
        if (**word == '\0')
            continue;
        if (!is_hash(*word)) {
            error_set(error, ERROR_INPUT, "csp_word", NULL, "csp.txt: %s is not a hash", *word);
            return NULL;
        }
        g_string_append_printf(policy, " %s", *word);
    }
    return g_string_free(g_steal_pointer(&policy), FALSE);
}
