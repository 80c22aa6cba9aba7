/*
 * The chunk layer of RTMP: messages cut into chunks on several chunk streams, and put together
 * again.
 *
 * It obeys what belongs to its own layer (Set Chunk Size, Abort) and knows no commands. Quirks it
 * lives with: Set Chunk Size between two chunks of another message; extended timestamps repeated on
 * type 3 chunks or not; a new header inside an unfinished message (the torn one is dropped).
 * Source: Adobe, "RTMP Chunk Stream Protocol" 1.0 (2012), section 5.3 and 5.4.
 *
 * Runs on: any thread, one thread at a time per object.
 * Memory:  you own what chunk_reader_new() returns; a message lives until the next
 *          chunk_reader_take().
 */
#ifndef RTMP_CHUNK_H
#define RTMP_CHUNK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CHUNK_STREAMS_MAX 16          /* encoders use two to five; one more is refused */
#define CHUNK_COMMAND_MAX (64 * 1024) /* bytes of one command, and of anything before a publish */
#define CHUNK_DATA_MAX (256 * 1024)   /* bytes of one data message (onMetaData with cue points) */
#define CHUNK_AUDIO_MAX (1024 * 1024) /* bytes of one audio message */
#define CHUNK_VIDEO_MAX (8 * 1024 * 1024)   /* bytes of one video or aggregate message */
#define CHUNK_MEMORY_MAX (12 * 1024 * 1024) /* bytes of all unfinished messages of one connection */

enum {
    CHUNK_SET_SIZE = 1,
    CHUNK_ABORT = 2,
    CHUNK_ACKNOWLEDGE = 3,
    CHUNK_USER_CONTROL = 4,
    CHUNK_WINDOW = 5,
    CHUNK_BANDWIDTH = 6,
    CHUNK_AUDIO = 8,
    CHUNK_VIDEO = 9,
    CHUNK_DATA_AMF3 = 15,
    CHUNK_COMMAND_AMF3 = 17,
    CHUNK_DATA = 18,
    CHUNK_COMMAND = 20,
    CHUNK_AGGREGATE = 22,
};

typedef struct {
    uint8_t type;
    uint32_t timestamp; /* milliseconds, wraps at 2^32 */
    uint32_t stream;    /* message stream id */
    const uint8_t *data;
    gsize size;
} chunk_message;

typedef struct chunk_reader chunk_reader;

chunk_reader *chunk_reader_new(void);
void chunk_reader_free(chunk_reader *reader); /* NULL is fine */

/*
 * From now on media may be as large as its own limit; before, nothing may pass CHUNK_COMMAND_MAX.
 */
void chunk_reader_allow_media(chunk_reader *reader);

/*
 * Takes bytes until one message is whole. *used is how many were taken; *message is NULL when all
 * were taken and none is whole yet. INPUT or TOO_LARGE error when this is not RTMP or over a bound:
 * the reader is dead then.
 */
bool chunk_reader_take(chunk_reader *reader, const uint8_t *bytes, gsize size, gsize *used,
                       const chunk_message **message, GError **error);

/*
 * Appends a message as one type 0 chunk and as many type 3 chunks as it needs. `chunk_stream` is
 * 2..63.
 */
void chunk_write(GByteArray *out, guint chunk_stream, guint chunk_size,
                 const chunk_message *message);

#endif
