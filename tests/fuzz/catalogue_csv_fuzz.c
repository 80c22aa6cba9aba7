/* Any text as a file of rows: every row is read or refused, on lines that rise, and the end is reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/charset.h"
#include "catalogue/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(csv *rows)
{
    int line = 0;
    for (;;) {
        g_autoptr(GError) error = NULL;
        csv_step step = csv_next(rows, &error);
        if (step == CSV_END)
            return;
        if ((step == CSV_BAD) != (error != NULL) || csv_line(rows) <= line)
            abort();
        line = csv_line(rows);
        for (int i = 0; step == CSV_ROW && i <= csv_columns(rows); i++)
            if (strlen(csv_field(rows, i)) > CSV_FIELD_BYTES)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gsize written;
    g_autofree char *text = charset_to_utf8((const char *)data, size, &written, NULL);
    if (!text)
        return 0;
    g_autoptr(csv) rows = csv_new(text, written);
    read_all(rows);
    return 0;
}
