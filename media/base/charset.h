/*
 * Text files as people's programs save them, as UTF-8.
 *
 * UTF-8 with or without its mark, UTF-16 with one, and otherwise GB18030, which Chinese spreadsheets and subtitle
 * programs still write. Nothing is guessed beyond that, and nothing is replaced: what does not read whole is refused.
 *
 * Runs on: any thread.
 * Memory:  the text returned is yours.
 */
#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include <glib.h>

/*
 * NUL-terminated UTF-8 without a mark; *written is its length without the NUL. NULL with INPUT "not_text" when the
 * bytes are in no such charset or hold a NUL character.
 */
char *charset_to_utf8(const char *bytes, gsize length, gsize *written, GError **error);

#endif
