/* Any beginning of a file: a verdict, in valid words. */
#include <stdlib.h>

#include "worker/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    facts is = {0};
    sniff(data, size, (int64_t)size * 2, &is.refused);
    g_autofree char *json = facts_json(&is);
    if (!*is.refused.code || !g_utf8_validate(json, -1, NULL))
        abort();
    return 0;
}
