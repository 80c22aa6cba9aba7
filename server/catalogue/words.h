/*
 * Words as the index of texts takes them, and what a person types as a question to it.
 *
 * A Chinese character is a word of its own, so that any part of a Chinese text is a phrase of it; Latin letters and
 * digits make words as they stand. Full-width forms, case and accents do not matter. A question is made of nothing
 * but such words, quoted: whatever is typed, it cannot say anything else to the engine.
 *
 * Runs on: any thread.
 * Memory:  text returned is yours.
 */
#ifndef CATALOGUE_WORDS_H
#define CATALOGUE_WORDS_H

#include <glib.h>

#define WORDS_ASKED_CHARS 64 /* of a question; the rest is not read */
#define WORDS_ASKED_MAX 8    /* pieces between blanks; the rest is not read */

/* Appends the words of `text` (UTF-8), each with a blank before it. */
void words_append(GString *out, const char *text);

/*
 * The question, in the language of MATCH: every piece must be there. `texts` and `spelt` are lists of columns:
 * pieces of Latin letters are also looked for in `spelt` as pinyin, and from `far_chars` letters on in `far` (""
 * for none). NULL when nothing is asked.
 */
char *words_question(const char *asked, const char *texts, const char *spelt, const char *far,
                     gsize far_chars);

#endif
