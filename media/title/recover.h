/*
 * How much of a journal is true: every part and init it names is on the disk.
 *
 * A worker's death cannot make a journal say more than the files hold, since bytes are written first; a machine's
 * death can. What is not there is unsaid: the journal ends before the first line that is untrue.
 *
 * Runs on: any thread. Memory: borrows everything.
 */
#ifndef TITLE_RECOVER_H
#define TITLE_RECOVER_H

#include "title/title.h"

/*
 * The length of the longest true prefix of whole lines. What does not parse is left for the index to refuse and
 * counts as true here.
 */
gsize title_true_length(const char *dir, const char *journal, gsize length);

/*
 * Of a journal whose segments are each written at once (title_writer_whole): its length without the lines of one that was
 * being written when the writer died.
 */
gsize title_closed_length(const char *journal, gsize length);

#endif
