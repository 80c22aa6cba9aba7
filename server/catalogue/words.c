#include "catalogue/words.h"

#include <stdbool.h>
#include <string.h>

#include "catalogue/pinyin.h"

/* Chinese commas and stops part pieces as blanks do; those with a Western form have become it. */
static bool parts(gunichar c)
{
    return c == 0x3001 || c == 0x3002 || g_unichar_isspace(c);
}

/* Without case, accents and width. */
static char *plain(const char *text)
{
    g_autofree char *apart = g_utf8_normalize(text, -1, G_NORMALIZE_NFKD);
    g_autoptr(GString) bare = g_string_new(NULL);
    for (const char *at = apart ? apart : ""; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (!g_unichar_ismark(c) && c != '\'' && c != 0x2019)
            g_string_append_unichar(bare, parts(c) ? ' ' : g_unichar_tolower(c));
    }
    return g_utf8_normalize(bare->str, -1, G_NORMALIZE_NFC);
}

/* One that the engine's own table may not know as a letter is written by its number. */
static void append_character(GString *out, gunichar c)
{
    if (c > 0xFFFF)
        g_string_append_printf(out, "u%x", c);
    else
        g_string_append_unichar(out, c);
}

void words_append(GString *out, const char *text)
{
    g_autofree char *bare = plain(text);
    bool inside = false; /* a word of letters and digits */
    for (const char *at = bare; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        bool alone = pinyin_is_han(c);
        bool letter = !alone && g_unichar_isalnum(c);
        if (alone || (letter && !inside))
            g_string_append_c(out, ' ');
        if (alone || letter)
            append_character(out, c);
        inside = letter;
    }
}

static bool is_latin(const char *words)
{
    return *words && strspn(words, "abcdefghijklmnopqrstuvwxyz") == strlen(words);
}

static void append_phrase(GString *out, const char *columns, const char *words)
{
    const char *last = strrchr(words, ' ');
    gunichar end = g_utf8_get_char(last ? last + 1 : words);
    g_string_append_printf(out, "{%s} : \"%s\"%s", columns, words, pinyin_is_han(end) ? "" : " *");
}

/* One piece: a phrase of the texts, or the beginning of something spelt. */
static void append_piece(GString *out, const char *words, const char *texts, const char *spelt,
                         const char *far, gsize far_chars)
{
    g_string_append(out, out->len ? " AND (" : "(");
    append_phrase(out, texts, words);
    if (is_latin(words)) {
        g_autofree char *columns = strlen(words) >= far_chars && *far
                                       ? g_strconcat(spelt, " ", far, NULL)
                                       : g_strdup(spelt);
        g_string_append_printf(out, " OR {%s} : \"%s\" *", columns, words);
    }
    g_string_append_c(out, ')');
}

char *words_question(const char *asked, const char *texts, const char *spelt, const char *far,
                     gsize far_chars)
{
    g_autofree char *valid = g_utf8_make_valid(asked, -1);
    g_autofree char *cut =
        g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), (glong)WORDS_ASKED_CHARS));
    g_autofree char *bare = plain(cut);
    g_auto(GStrv) pieces = g_strsplit_set(bare, " ,;/|", -1);
    g_autoptr(GString) question = g_string_new(NULL);
    int taken = 0;
    for (int i = 0; pieces[i] && taken < WORDS_ASKED_MAX; i++) {
        g_autoptr(GString) words = g_string_new(NULL);
        words_append(words, pieces[i]);
        if (!words->len)
            continue;
        append_piece(question, words->str + 1, texts, spelt, far, far_chars);
        taken++;
    }
    return question->len ? g_strdup(question->str) : NULL;
}
