/* Any bytes as the head of a request: refused, or fields that keep what head.h promises. */
#include <stdlib.h>
#include <string.h>

#include "net/head.h"
#include "net/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    for (; text && *text; text++)
        if (*text == '\r' || *text == '\n')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "host", "cookie", "content-length", "connection", "range", "expect", "a", "x", "upgrade"};
    const char *bytes = (const char *)data;
    gsize length = head_length(bytes, size);
    if (length > size)
        abort();
    head *h = length > 0 ? head_parse(bytes, length) : NULL;
    if (!h)
        return 0;
    if (!router_path_ok(head_path(h), strlen(head_path(h))))
        abort();
    check_text(head_method(h));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        check_text(head_field(h, names[i]));
        g_autofree char *value = head_query(h, names[i]);
        if (value && !g_utf8_validate(value, -1, NULL))
            abort();
    }
    int64_t body;
    if ((head_body(h, &body) == HEAD_BODY_LENGTH) != (body > 0))
        abort();
    head_stays_open(h);
    head_expects_100(h);
    head_free(h);
    return 0;
}
