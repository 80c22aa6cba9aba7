/*
 * Any header field of a tus client: understood within its bounds, or refused with a reason. The first byte says which
 * field it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "upload/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void try_metadata(const char *text)
{
    upload_wish wish = {0};
    g_autoptr(GError) error = NULL;
    check(words_metadata(text, &wish, &error) == !error);
    if (error)
        return;
    check(*wish.name && strlen(wish.name) <= UPLOAD_NAME_MAX);
    check(g_utf8_validate(wish.name, -1, NULL) && !strpbrk(wish.name, "/\\\r\n"));
    check(strcmp(wish.metadata, text) == 0);
}

static void try_concat(const char *text)
{
    upload_wish wish = {0};
    g_autoptr(GError) error = NULL;
    check(words_concat(text, &wish, &error) == !error);
    if (error)
        return;
    check((wish.shape == UPLOAD_FINAL) == (wish.part_count > 0));
    check(wish.part_count <= UPLOAD_PARTS_MAX);
    for (guint i = 0; i < wish.part_count; i++)
        check(upload_id_ok(wish.parts[i]));
}

static void try_checksum(const char *text)
{
    words_checksum sum;
    g_autoptr(GError) error = NULL;
    check(words_checksum_read(text, &sum, &error) == !error);
    check(error || sum.length == digest_length(sum.kind));
}

static void try_number(const char *text)
{
    int64_t value = -1;
    g_autoptr(GError) error = NULL;
    check(words_number("Upload-Offset", text, &value, &error) == !error);
    check(error || value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const fields[])(const char *text) = {try_metadata, try_concat, try_checksum,
                                                       try_number};
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    fields[data[0] % G_N_ELEMENTS(fields)](text);
    return 0;
}
