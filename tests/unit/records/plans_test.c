/* The plan of every statement there is: none may read a growing table from end to end. */
#include <glib/gstdio.h>
#include <string.h>

#include "records/records.h"

/* Tables of a handful of rows, whatever happens. */
static const char *const small_tables[] = {"setup", "schema_file"};

static bool is_small(const char *table)
{
    for (gsize i = 0; i < G_N_ELEMENTS(small_tables); i++)
        if (strcmp(small_tables[i], table) == 0)
            return true;
    return false;
}

static char **words_of(const char *sql)
{
    g_autofree char *spaced = g_strdup(sql);
    g_strdelimit(spaced, "\n\t,()", ' ');
    return g_strsplit(spaced, " ", -1);
}

/*
 * The plan names a table by its alias in the statement: "FROM class c" makes "SCAN c". Borrowed
 * from `words`.
 */
static const char *table_of(char **words, const char *alias)
{
    const char *before = "", *table = alias;
    for (; *words; words++) {
        if (!**words || g_ascii_strcasecmp(*words, "as") == 0)
            continue;
        bool named =
            g_ascii_strcasecmp(before, "from") == 0 || g_ascii_strcasecmp(before, "join") == 0;
        if (strcmp(*words, alias) == 0 && !named && g_regex_match_simple("^[a-z_]+$", before, 0, 0))
            table = before;
        before = *words;
    }
    return table;
}

/* Up to a LIMIT, neither choosing nor sorting: it stops when it has enough. */
static bool stops_early(const char *plan, const char *sql)
{
    return strstr(sql, "LIMIT") && !strstr(sql, "WHERE") && !strstr(plan, "TEMP B-TREE");
}

/*
 * The engine's look at the tables that refer to a new row: it runs only while a deferred constraint
 * is broken.
 */
static bool only_looks_back(char **words, const char *table)
{
    return g_ascii_strcasecmp(words[0], "INSERT") == 0 &&
           !g_strv_contains((const char *const *)words, table);
}

/* The full-text engine's own lookup: by words (M) or by row (=), as its plan says behind the colon. */
static bool looks_up_words(const char *line)
{
    const char *how = strstr(line, "VIRTUAL TABLE INDEX ");
    how = how ? strchr(how, ':') : NULL;
    return how && strpbrk(how, "M=");
}

static bool line_is_good(const char *line, const char *plan, const char *sql)
{
    if (looks_up_words(line))
        return true;
    if (!g_str_has_prefix(line, "SCAN ") || g_str_has_prefix(line, "SCAN CONSTANT") ||
        g_str_has_prefix(line, "SCAN ("))
        return true;
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    g_auto(GStrv) words = words_of(sql);
    const char *table = table_of(words, parts[1]);
    return is_small(table) || only_looks_back(words, table) || stops_early(plan, sql);
}

static void check_statement(records *db, records_statement statement)
{
    g_autoptr(GError) error = NULL;
    const char *name = records_statement_name(statement), *sql = records_statement_sql(statement);
    g_autofree char *plan = records_plan(db, statement, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(plan, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        if (line_is_good(lines[i], plan, sql))
            continue;
        g_test_message("%s reads a whole table: %s", name, lines[i]);
        g_test_fail();
    }
}

static void no_statement_reads_a_growing_table_from_end_to_end(void)
{
    g_autofree char *folder = g_dir_make_tmp("plans-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "t.db", NULL);
    g_autoptr(GError) error = NULL;
    records *db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    for (int i = 0; i < SQL_COUNT; i++)
        check_statement(db, (records_statement)i);
    records_close(db);
    g_unlink(path);
    g_rmdir(folder);
}

static void an_alias_is_traced_to_its_table(void)
{
    g_auto(GStrv) words = words_of("SELECT c.id FROM class c JOIN person AS p ON p.id = c.master");
    g_assert_cmpstr(table_of(words, "c"), ==, "class");
    g_assert_cmpstr(table_of(words, "p"), ==, "person");
    g_assert_cmpstr(table_of(words, "class"), ==, "class");
}

static void a_whole_scan_is_found_and_one_that_stops_early_is_not(void)
{
    const char *scan = "SCAN c", *sorted = "SCAN c\nUSE TEMP B-TREE FOR ORDER BY";
    g_assert_false(line_is_good(scan, scan, "SELECT id FROM class c"));
    g_assert_false(line_is_good(scan, scan, "SELECT id FROM class c WHERE x = $1 LIMIT 5"));
    g_assert_false(line_is_good(scan, sorted, "SELECT id FROM class c ORDER BY x LIMIT 5"));
    g_assert_true(line_is_good(scan, scan, "SELECT id FROM class c ORDER BY id LIMIT 5"));
    g_assert_true(line_is_good("SCAN s", "SCAN s", "SELECT id FROM setup s"));
    g_assert_true(line_is_good("SEARCH c USING INDEX i (x=?)", "", "SELECT 1"));
    g_assert_true(line_is_good("SCAN t VIRTUAL TABLE INDEX 0:M8", "", "SELECT 1 FROM words t"));
    g_assert_false(line_is_good("SCAN t VIRTUAL TABLE INDEX 0:", "", "SELECT 1 FROM words t"));
}

static void what_runs_at_a_delete_counts_and_what_runs_never_does_not(void)
{
    const char *scan = "SCAN course";
    g_assert_true(line_is_good(scan, scan, "INSERT INTO person (id) VALUES ($1)"));
    g_assert_false(line_is_good(scan, scan, "DELETE FROM person WHERE id = $1"));
    g_assert_false(line_is_good(scan, scan, "INSERT INTO person (id) SELECT id FROM course"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plans/no_statement_reads_a_growing_table_from_end_to_end",
                    no_statement_reads_a_growing_table_from_end_to_end);
    g_test_add_func("/plans/an_alias_is_traced_to_its_table", an_alias_is_traced_to_its_table);
    g_test_add_func("/plans/a_whole_scan_is_found_and_one_that_stops_early_is_not",
                    a_whole_scan_is_found_and_one_that_stops_early_is_not);
    g_test_add_func("/plans/what_runs_at_a_delete_counts_and_what_runs_never_does_not",
                    what_runs_at_a_delete_counts_and_what_runs_never_does_not);
    return g_test_run();
}
