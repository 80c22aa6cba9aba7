/*
 * What a file that is no film is, by its first bytes: said to the person who brought it.
 *
 * Pure. It recognises what people upload by mistake (pictures, texts, office documents, archives) and a film whose
 * index is missing because its end is; everything else is data of a kind nobody knows.
 *
 * Runs on: any thread.
 * Memory:  bytes are borrowed.
 */
#ifndef WORKER_SNIFF_H
#define WORKER_SNIFF_H

#include "worker/facts.h"

#define SNIFF_BYTES 65536 /* of the file's beginning are enough */

/* `size` bytes of a file of `whole` bytes. Gives "empty", "image", "truncated" or "not_media". */
void sniff(const uint8_t *bytes, gsize size, int64_t whole, facts_word *says);

#endif
