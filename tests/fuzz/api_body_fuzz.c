/* Whatever a request brings as its body: one JSON object that reads back the same, or an INPUT error with a code. */
#include "api/api.h"
#include "api/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_fields(json_t *body)
{
    const api_call call = {.body = body};
    const char *field;
    json_t *value;
    json_object_foreach(body, field, value)
    {
        g_autoptr(GError) error = NULL;
        int64_t number;
        const char *text = api_text(&call, field, 1, 60, &error);
        g_assert((text != NULL) == (error == NULL));
        g_assert(!text || g_utf8_strlen(text, -1) <= 60);
        g_clear_error(&error);
        bool whole = api_integer(&call, field, -5, 5, &number, &error);
        g_assert(whole == (error == NULL) && (!whole || (number >= -5 && number <= 5)));
        (void)value;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    json_t *body = body_parse((const char *)bytes, length, &error);
    g_assert((body != NULL) == (error == NULL));
    if (!body) {
        g_assert(error_is(error, ERROR_INPUT));
        return 0;
    }
    check_fields(body);
    char *text = json_dumps(body, JSON_COMPACT);
    json_t *again = json_loads(text, 0, NULL);
    g_assert(json_equal(body, again));
    json_decref(again);
    json_decref(body);
    free(text);
    return 0;
}
