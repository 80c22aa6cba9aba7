/*
 * The header fields of tus 1.0 that carry more than a number, read strictly: Upload-Metadata, Upload-Concat,
 * Upload-Checksum.
 *
 * Pure: text in, values out; fuzzed. What is not understood is an INPUT error that names the field.
 *
 * Runs on: any thread.
 * Memory:  fills what it is given.
 */
#ifndef UPLOAD_WORDS_H
#define UPLOAD_WORDS_H

#include "upload/digest.h"
#include "upload/upload.h"

#define WORDS_PAIRS_MAX 32 /* of Upload-Metadata */

/*
 * "filename d29ybGQ=,kind bWVkaWE=": sets name, kind and metadata. A name loses folders, control characters and what is
 * not UTF-8; without one it is "upload". Other keys are kept as they came. NULL: none. INPUT "upload_metadata", "upload_kind".
 */
bool words_metadata(const char *field, upload_wish *wish, GError **error);

/* What a client calls the file by, in the metadata as they were kept: their key "mark"; "" without one or a longer one. */
#define WORDS_MARK_MAX 128 /* bytes */
void words_mark(const char *metadata, char mark[WORDS_MARK_MAX + 1]);

/* "partial", or "final;/files/ID https://host/files/ID": sets shape and parts. NULL: single. INPUT "upload_concat". */
bool words_concat(const char *field, upload_wish *wish, GError **error);

typedef struct {
    digest_kind kind;
    guint8 bytes[DIGEST_BYTES_MAX];
    gsize length;
} words_checksum;

/* "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". INPUT "upload_checksum". */
bool words_checksum_read(const char *field, words_checksum *is, GError **error);

/* A length or an offset: digits only, below 2^63. INPUT "bad_number" names the field, also when text is NULL. */
bool words_number(const char *field, const char *text, int64_t *value, GError **error);

#endif
