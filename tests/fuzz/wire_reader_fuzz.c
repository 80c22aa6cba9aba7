/* Any bytes from a peer: messages or a refusal, the same however they are cut. */
#include <stdlib.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint count(wire_reader *reader)
{
    guint seen = 0;
    while (wire_reader_next(reader, NULL))
        seen++;
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_reader *whole = wire_reader_new(), *pieces = wire_reader_new();
    wire_reader_push(whole, data, size);
    guint once = count(whole), twice = 0;
    for (size_t at = 0, step = 1; at < size; at += step, step = step * 2 + 1) {
        wire_reader_push(pieces, data + at, MIN(step, size - at));
        twice += count(pieces);
    }
    if (once != twice)
        abort();
    wire_reader_free(whole);
    wire_reader_free(pieces);
    return 0;
}
