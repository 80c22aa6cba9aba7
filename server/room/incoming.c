#include "room/incoming.h"

#include <stdbool.h>
#include <string.h>

json_t *incoming_parse(const char *text, gsize length, const char **kind)
{
    json_t *message = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    *kind = json_string_value(json_object_get(message, "t"));
    if (*kind)
        return message;
    json_decref(message);
    return NULL;
}

/* Line and paragraph separators, and the embeddings, overrides and isolates of UAX #9. */
static bool is_refused(gunichar c)
{
    if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
        return true;
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static const char *skip_space(const char *text)
{
    while (*text && g_unichar_isspace(g_utf8_get_char(text)))
        text = g_utf8_next_char(text);
    return text;
}

static const char *last_word_end(const char *text)
{
    const char *end = text;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        if (!g_unichar_isspace(g_utf8_get_char(at)))
            end = g_utf8_next_char(at);
    }
    return end;
}

static const char *why_refused(const char *from, const char *end, gsize max_chars)
{
    gsize chars = 0;
    bool visible = false;
    for (const char *at = from; at < end; at = g_utf8_next_char(at), chars++) {
        gunichar c = g_utf8_get_char(at);
        if (is_refused(c))
            return "control_character";
        visible = visible || g_unichar_isgraph(c);
    }
    if (!visible)
        return "empty";
    return chars > max_chars ? "too_long" : NULL;
}

char *incoming_words(const char *text, gsize max_chars, const char **code)
{
    const char *from = skip_space(text);
    const char *end = last_word_end(from);
    *code = why_refused(from, end, max_chars);
    return *code ? NULL : g_strndup(from, (gsize)(end - from));
}

const char *incoming_id(const json_t *message)
{
    const char *id = json_string_value(json_object_get(message, "id"));
    return id && strlen(id) <= INCOMING_ID_MAX ? id : NULL;
}
