#include "base/charset.h"

#include <string.h>

#include "base/error.h"

static bool begins(const char *bytes, gsize length, const char *mark, gsize mark_length)
{
    return length >= mark_length && memcmp(bytes, mark, mark_length) == 0;
}

static char *refuse(GError **error)
{
    error_set(error, ERROR_INPUT, "not_text", NULL,
              "This is not a text file in UTF-8 or GB18030: save it as UTF-8");
    return NULL;
}

static char *convert(const char *bytes, gsize length, const char *charset, gsize *written,
                     GError **error)
{
    gsize read = 0;
    g_autofree char *text =
        g_convert(bytes, (gssize)length, "UTF-8", charset, &read, written, NULL);
    if (!text || read != length || memchr(text, '\0', *written))
        return refuse(error);
    return g_steal_pointer(&text);
}

char *charset_to_utf8(const char *bytes, gsize length, gsize *written, GError **error)
{
    bool marked = begins(bytes, length, "\xEF\xBB\xBF", 3);
    const char *text = marked ? bytes + 3 : bytes;
    *written = marked ? length - 3 : length;
    if (g_utf8_validate_len(text, *written, NULL)) /* false for a NUL inside */
        return g_strndup(text, *written);
    if (marked)
        return refuse(error);
    if (begins(bytes, length, "\xFF\xFE", 2))
        return convert(bytes + 2, length - 2, "UTF-16LE", written, error);
    if (begins(bytes, length, "\xFE\xFF", 2))
        return convert(bytes + 2, length - 2, "UTF-16BE", written, error);
    return convert(bytes, length, "GB18030", written, error);
}
