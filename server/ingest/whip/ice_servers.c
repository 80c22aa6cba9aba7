#include "ingest/whip/ice_servers.h"

#include <string.h>

/* What may stand in a header between quotes or brackets. */
static bool is_plain(const char *word)
{
    for (const char *c = word; *c; c++)
        if (!g_ascii_isgraph(*c) || strchr("\"\\<>", *c))
            return false;
    return *word;
}

static bool add_server(GString *out, const char *entry)
{
    g_auto(GStrv) words = g_strsplit(entry, "|", -1);
    guint count = g_strv_length(words);
    bool turn = g_str_has_prefix(entry, "turn:") || g_str_has_prefix(entry, "turns:");
    if ((!turn && !g_str_has_prefix(entry, "stun:")) || count != (turn ? 3 : 1))
        return false;
    for (guint i = 0; i < count; i++)
        if (!is_plain(words[i]))
            return false;
    g_string_append_printf(out, "Link: <%s>; rel=\"ice-server\"", words[0]);
    if (turn)
        g_string_append_printf(out,
                               "; username=\"%s\"; credential=\"%s\"; credential-type=\"password\"",
                               words[1], words[2]);
    g_string_append(out, "\r\n");
    return true;
}

char *ice_servers_read(const char *text, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(GStrv) entries = g_strsplit(text, ",", -1);
    guint count = 0;
    for (int i = 0; entries[i]; i++) {
        g_strstrip(entries[i]);
        if (!*entries[i])
            continue;
        if (++count > ICE_SERVERS_MAX || !add_server(out, entries[i])) {
            error_set(error, ERROR_INPUT, "setting_value", "ice_servers",
                      "whip.ice_servers: \"%s\" is neither stun:HOST:PORT nor "
                      "turn:HOST:PORT|USER|PASSWORD (at most %d)",
                      entries[i], ICE_SERVERS_MAX);
            return NULL;
        }
    }
    return g_strdup(out->str);
}
