/*
 * How Chinese characters are spelt, and how that is searched.
 *
 * Each place of a run of Chinese characters (of one line, punctuation aside) gives words to look up: the syllables from there on written together
 * ("hangongchuji"), and their initials ("hgcj"). Whoever types the beginning of one finds the place, wherever the
 * syllables end. A character with several readings gives each; ü is written v and u. The readings are ICU's; those
 * of the trades' own words that ICU does not choose stand in pinyin.c.
 *
 * Runs on: any thread.
 * Memory:  appends to what it is given.
 */
#ifndef CATALOGUE_PINYIN_H
#define CATALOGUE_PINYIN_H

#include <glib.h>
#include <stdbool.h>

#define PINYIN_FULL_CHARS 6   /* syllables in one word */
#define PINYIN_INITIALS 8     /* letters in one word of initials */
#define PINYIN_READINGS_MAX 4 /* spellings of one place; more are left out */

bool pinyin_is_han(gunichar c);
/*
 * Appends the words of all runs of Chinese characters in `text` (UTF-8), each with a blank before it. Words have at
 * most `full` syllables and `initials` letters; 0 for PINYIN_FULL_CHARS and PINYIN_INITIALS.
 */
void pinyin_words(GString *out, const char *text, int full, int initials);

#endif
