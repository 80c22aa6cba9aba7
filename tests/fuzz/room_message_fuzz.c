/* Whatever a member sends: taken apart or refused, and words that pass are fit to be shown. */
#include <stdint.h>
#include <string.h>

#include "room/incoming.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_words(const char *text)
{
    const char *code;
    g_autofree char *words = incoming_words(text, 200, &code);
    g_assert((words != NULL) == (code == NULL));
    if (!words)
        return;
    g_assert(g_utf8_validate(words, -1, NULL));
    g_assert_cmpint(g_utf8_strlen(words, -1), <=, 200);
    g_assert_cmpint(g_utf8_strlen(words, -1), >=, 1);
    for (const char *at = words; *at; at = g_utf8_next_char(at))
        g_assert(!g_unichar_iscntrl(g_utf8_get_char(at)));
    g_autofree char *again = incoming_words(words, 200, &code);
    g_assert_cmpstr(again, ==, words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *kind;
    json_t *message = incoming_parse((const char *)bytes, length, &kind);
    if (!message)
        return 0;
    g_assert(kind && g_utf8_validate(kind, -1, NULL));
    const char *id = incoming_id(message);
    g_assert(!id || strlen(id) <= INCOMING_ID_MAX);
    const char *text = json_string_value(json_object_get(message, "text"));
    if (text)
        check_words(text);
    json_decref(message);
    return 0;
}
