/* Any bytes as a journal: read whole and in two pieces they give the same, and nothing else happens. */
#include <stdlib.h>

#include "title/title.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(title_index *index, const char *text, gsize length, gsize *taken)
{
    gsize used = 0;
    title_index_feed(index, text + *taken, length - *taken, &used, NULL);
    *taken += used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const char *text = (const char *)data + 1;
    gsize length = size - 1, cut = length * data[0] / 255, once = 0, twice = 0;
    title_index *whole = title_index_new(), *pieces = title_index_new();
    feed(whole, text, length, &once);
    feed(pieces, text, cut, &twice);
    feed(pieces, text, length, &twice);
    g_autoptr(GArray) one = title_index_content(whole);
    g_autoptr(GArray) other = title_index_content(pieces);
    if (once != twice || one->len != other->len ||
        title_index_duration(whole) != title_index_duration(pieces))
        abort();
    title_index_free(whole);
    title_index_free(pieces);
    return 0;
}
