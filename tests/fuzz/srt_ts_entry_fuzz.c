/* Any transport stream, cut anywhere: a place to begin is a whole packet of the piece. */
#include <stdint.h>
#include <stdlib.h>

#include "ingest/srt/ts_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gsize));
    ts_entry *e = ts_entry_new();
    gsize cut = size ? data[0] * size / 256 : 0;
    ts_entry_read(e, data, cut, found);
    g_array_set_size(found, 0);
    ts_entry_read(e, data + cut, size - cut, found);
    for (guint i = 0; i < found->len; i++) {
        gsize at = g_array_index(found, gsize, i);
        if (at + TS_PACKET > size - cut || data[cut + at] != 0x47)
            abort();
    }
    const uint8_t *tables;
    gsize known = ts_entry_tables(e, &tables);
    if (known && (tables[0] != 0x47 || tables[known - TS_PACKET] != 0x47))
        abort();
    ts_entry_free(e);
    return 0;
}
