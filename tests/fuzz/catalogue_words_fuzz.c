/* Anything typed as a question: its quotes are ours alone, and nothing stands outside them but our own words. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Outside of quotes: the columns t, s and f, braces, colons, stars, brackets, AND, OR. */
static void check(const char *question)
{
    bool quoted = false;
    for (const char *at = question; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted && !strchr("tsf{}: *()ANDOR", *at))
            abort();
    }
    if (quoted || strstr(question, "\"\""))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *typed = g_strndup((const char *)data, size);
    g_autofree char *question = words_question(typed, "t", "s", "f", 4);
    if (question)
        check(question);
    return 0;
}
