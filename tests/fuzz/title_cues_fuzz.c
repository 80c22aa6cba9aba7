/* Any bytes as captions: refused, or read into what is written and read again without a change. */
#include <stdlib.h>
#include <string.h>

#include "title/cues.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GArray) cues = cues_parse((const char *)data, size, NULL);
    if (!cues)
        return 0;
    g_free(cues_write(cues, -90000, NULL, NULL)); /* moved before the beginning */
    g_autofree char *once = cues_write(cues, 0, NULL, NULL);
    g_autoptr(GArray) again = cues_read(once, strlen(once), NULL);
    if (!again || again->len != cues->len)
        abort();
    g_autofree char *twice = cues_write(again, 0, NULL, NULL);
    if (strcmp(once, twice) != 0 || !g_utf8_validate(once, -1, NULL))
        abort();
    return 0;
}
