/*
 * Words that come from outside into a field of bounded characters.
 *
 * Runs on: any thread.
 * Memory:  copies into the caller's array.
 */
#ifndef SCHOOL_TEXT_H
#define SCHOOL_TEXT_H

#include "base/error.h"

/*
 * Copies `text` without the blanks round it into `out`, which has room for most * 4 + 1 bytes. INPUT error naming the
 * field, code "too_short", "too_long" or "not_text" (invalid UTF-8, control characters but for line ends).
 */
bool school_text(char *out, glong most, glong least, const char *field, const char *text,
                 GError **error);

#endif
