#include "award/award.h"

#include <string.h>

/* Longer words first where one holds another, so that the word named is the one that was meant. */
static const char *const forbidden[] = {
    "中华人民共和国", "中华", "中国", "国家", "全国", "职业资格", "职业技能等级", "专项职业能力",
};

/* The letters and digits alone, in their plain form: what a reader sees when the tricks are taken away. */
static char *letters_of(const char *text)
{
    g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
    if (!plain)
        return g_strdup("");
    GString *out = g_string_new(NULL);
    for (const char *at = plain; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isalnum(c))
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

const char *award_lint(const char *text)
{
    g_autofree char *letters = letters_of(text);
    for (gsize i = 0; i < G_N_ELEMENTS(forbidden); i++)
        if (strstr(letters, forbidden[i]))
            return forbidden[i];
    return NULL;
}
