/* Rows of a comma-separated file, and lines that are none. */
#include "catalogue/csv.h"

#include <string.h>

#include "base/error.h"

/* All rows as "line:a|b|c", bad ones as "line!code". */
static char *rows_of(const char *text)
{
    g_autoptr(csv) reader = csv_new(text, strlen(text));
    g_autoptr(GString) out = g_string_new(NULL);
    for (;;) {
        g_autoptr(GError) error = NULL;
        csv_step step = csv_next(reader, &error);
        if (step == CSV_END)
            return g_strdup(out->str);
        g_string_append_printf(out, "%s%d", out->len ? " " : "", csv_line(reader));
        if (step == CSV_BAD)
            g_string_append_printf(out, "!%s", error_code(error));
        for (int i = 0; step == CSV_ROW && i < csv_columns(reader); i++)
            g_string_append_printf(out, "%c%s", i ? '|' : ':', csv_field(reader, i));
    }
}

static void expect(const char *text, const char *wanted)
{
    g_autofree char *rows = rows_of(text);
    g_assert_cmpstr(rows, ==, wanted);
}

static void rows_are_read_as_spreadsheets_write_them(void)
{
    expect("a,b\r\nc, d \n\"e,\"\"f\",g", "1:a|b 2:c|d 3:e,\"f|g");
    expect("a\rb\r", "1:a 2:b");
    expect("\n,,\n \nx", "4:x");
    expect("\"two\nlines\",b\nc", "1:two\nlines|b 3:c");
    expect("a,\n,b", "1:a| 2:|b");
    expect("", "");
}

static void a_bad_row_takes_no_other_with_it(void)
{
    expect("a\n\"b\nc\nd", "1:a 2!csv_quote 3:c 4:d");
    expect("\"a\"b,c\nd", "1!csv_quote 2:d");
}

static void a_row_has_bounds(void)
{
    g_autoptr(GString) wide = g_string_new(NULL), columns = g_string_new(NULL);
    for (int i = 0; i <= CSV_FIELD_BYTES; i++)
        g_string_append_c(wide, 'x');
    g_string_append(wide, "\nb");
    expect(wide->str, "1!too_long 2:b");
    for (int i = 0; i < CSV_FIELDS_MAX; i++)
        g_string_append_c(columns, ',');
    g_string_append(columns, "\nb");
    expect(columns->str, "1!csv_columns 2:b");
}

static void what_is_written_is_read_again_and_is_never_a_formula(void)
{
    static const char *const cells[] = {"a,\"b\"", "=1+1", "＝1", "-2", "@x",
                                        "\tx",     "一",   "",    NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    csv_put_row(text, cells);
    g_assert_true(g_str_has_prefix(text->str, "\"a,\"\"b\"\"\",\"'=1+1\","));
    expect(text->str, "1:a,\"b\"|'=1+1|'＝1|'-2|'@x|'\tx|一|");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/rows_are_read_as_spreadsheets_write_them",
                    rows_are_read_as_spreadsheets_write_them);
    g_test_add_func("/csv/a_bad_row_takes_no_other_with_it", a_bad_row_takes_no_other_with_it);
    g_test_add_func("/csv/a_row_has_bounds", a_row_has_bounds);
    g_test_add_func("/csv/what_is_written_is_read_again_and_is_never_a_formula",
                    what_is_written_is_read_again_and_is_never_a_formula);
    return g_test_run();
}
