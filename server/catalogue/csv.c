#include "catalogue/csv.h"

#include <string.h>

#include "base/error.h"

struct csv {
    const char *at, *end;
    int line;           /* of `at` */
    const char *row_at; /* where the row begins */
    int row_line;
    GPtrArray *fields; /* of char*, owned */
    GString *field;    /* being read */
};

csv *csv_new(const char *text, gsize length)
{
    csv *r = g_new0(csv, 1);
    r->at = text;
    r->end = text + length;
    r->line = 1;
    r->fields = g_ptr_array_new_with_free_func(g_free);
    r->field = g_string_new(NULL);
    return r;
}

void csv_free(csv *r)
{
    if (!r)
        return;
    g_ptr_array_unref(r->fields);
    g_string_free(r->field, TRUE);
    g_free(r);
}

/* A line's end is one '\n', however it is written. False at the end of the text. */
static bool peek(const csv *r, char *c)
{
    if (r->at == r->end)
        return false;
    *c = *r->at == '\r' ? '\n' : *r->at;
    return true;
}

static void advance(csv *r)
{
    char was = *r->at++;
    if (was == '\r' && r->at < r->end && *r->at == '\n')
        r->at++;
    if (was == '\r' || was == '\n')
        r->line++;
}

/* What is over the bound is read, but not kept: the row is refused by its length. */
static void keep(csv *r, char c)
{
    if (r->field->len <= CSV_FIELD_BYTES)
        g_string_append_c(r->field, c);
    advance(r);
}

/* Behind its opening quote. False: it has no end. */
static bool read_quoted(csv *r)
{
    char c;
    while (peek(r, &c)) {
        if (c != '"') {
            keep(r, c);
            continue;
        }
        advance(r);
        if (!peek(r, &c) || c != '"')
            return true;
        keep(r, '"');
    }
    return false;
}

static bool read_field(csv *r)
{
    char c;
    g_string_truncate(r->field, 0);
    if (peek(r, &c) && c == '"') {
        advance(r);
        if (!read_quoted(r) || (peek(r, &c) && c != ',' && c != '\n'))
            return false;
        return true;
    }
    while (peek(r, &c) && c != ',' && c != '\n')
        keep(r, c);
    return true;
}

static void skip_line(csv *r)
{
    char c;
    while (peek(r, &c)) {
        advance(r);
        if (c == '\n')
            return;
    }
}

/* The rows behind it are read from its second line on: a quote that is not closed takes nobody else with it. */
static csv_step refuse(csv *r, const char *code, const char *why, GError **error)
{
    r->at = r->row_at;
    r->line = r->row_line;
    skip_line(r);
    error_set(error, ERROR_INPUT, code, NULL, "%s", why);
    return CSV_BAD;
}

static csv_step read_row(csv *r, GError **error)
{
    char c = ',';
    r->row_line = r->line;
    r->row_at = r->at;
    g_ptr_array_set_size(r->fields, 0);
    while (c == ',') {
        if (!read_field(r))
            return refuse(r, "csv_quote", "A quote is not closed, or something stands behind it",
                          error);
        if (r->field->len > CSV_FIELD_BYTES)
            return refuse(r, "too_long", "A field is far too long", error);
        if (r->fields->len == CSV_FIELDS_MAX)
            return refuse(r, "csv_columns", "There are far too many columns", error);
        g_ptr_array_add(r->fields, g_strstrip(g_strdup(r->field->str)));
        if (!peek(r, &c))
            break;
        advance(r);
    }
    return CSV_ROW;
}

static bool is_blank(const csv *r)
{
    for (guint i = 0; i < r->fields->len; i++)
        if (*csv_field(r, (int)i))
            return false;
    return true;
}

csv_step csv_next(csv *r, GError **error)
{
    csv_step step = CSV_END;
    while (r->at < r->end && (step = read_row(r, error)) == CSV_ROW && is_blank(r))
        step = CSV_END;
    return step;
}

int csv_line(const csv *r)
{
    return r->row_line;
}

int csv_columns(const csv *r)
{
    return (int)r->fields->len;
}

const char *csv_field(const csv *r, int column)
{
    return column >= 0 && column < (int)r->fields->len ? g_ptr_array_index(r->fields, (guint)column)
                                                       : "";
}

/* ---- written ---- */

static bool looks_like_formula(const char *cell)
{
    gunichar first = g_utf8_get_char_validated(cell, -1);
    if (first >= 0xFF01 && first <= 0xFF5E)
        first -= 0xFEE0; /* its narrow form */
    return first != 0 && first < 0x80 && strchr("=+-@\t\r\n", (int)first);
}

static void put_cell(GString *text, const char *cell)
{
    g_string_append(text, looks_like_formula(cell) ? "\"'" : "\"");
    for (; *cell; cell++) {
        if (*cell == '"')
            g_string_append_c(text, '"');
        g_string_append_c(text, *cell);
    }
    g_string_append_c(text, '"');
}

void csv_put_row(GString *text, const char *const *cells)
{
    for (int i = 0; cells[i]; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        put_cell(text, cells[i]);
    }
    g_string_append(text, "\r\n");
}
