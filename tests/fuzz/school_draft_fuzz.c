/* Any JSON as a draft: it is refused or shaped, and what is shaped is judged, published shapes stay as they are. */
#include <stdlib.h>

#include "school/problems.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *given = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    json_t *made = given ? draft_shape(given, NULL) : NULL;
    if (made) {
        const draft_facts facts = {.lessons = NULL};
        json_t *again = draft_shape(made, NULL);
        g_autoptr(GArray) problems = draft_problems(made, &facts);
        if (!problems || !again || !json_equal(made, again))
            abort();
        json_decref(again);
    }
    json_decref(made);
    json_decref(given);
    return 0;
}
