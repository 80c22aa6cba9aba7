/*
 * Rows of a comma-separated file (RFC 4180): read one at a time, each with the line it begins on, and written.
 *
 * It is read as spreadsheets write it: CRLF or LF, quotes doubled inside quotes. Lines of blanks and commas only are passed over. What is
 * wrong in a row is told with its line, and the next row can be read all the same. It knows no columns.
 *
 * Runs on: any thread.
 * Memory:  borrows the text; a row's fields are the reader's, until the next row.
 */
#ifndef CATALOGUE_CSV_H
#define CATALOGUE_CSV_H

#include <glib.h>
#include <stdbool.h>

#define CSV_FIELDS_MAX 32    /* in one row; more: that row is refused */
#define CSV_FIELD_BYTES 4096 /* of one field; longer: that row is refused */

typedef struct csv csv;

/* text: UTF-8. */
csv *csv_new(const char *text, gsize length);
void csv_free(csv *reader); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(csv, csv_free)

typedef enum { CSV_ROW, CSV_BAD, CSV_END } csv_step;
/* CSV_BAD: *error is INPUT "csv_quote", "csv_columns" or "too_long". */
csv_step csv_next(csv *reader, GError **error);
int csv_line(const csv *reader);    /* on which the row began, from 1 */
int csv_columns(const csv *reader); /* of this row */
const char *csv_field(const csv *reader,
                      int column); /* without blanks round it; "" when there is no such column */

/* ---- written ---- */

#define CSV_BOM "\xEF\xBB\xBF" /* at the head of the file: spreadsheets read it as UTF-8 */

/*
 * Appends a row: a NULL-ended list of cells, quoted. A cell that a spreadsheet would take for a formula (it begins with
 * = + - @ or their wide forms, a tab or a line break) gets an apostrophe in front: it came from strangers.
 */
void csv_put_row(GString *text, const char *const *cells);

#endif
