/* How a database is brought up to date. */
#include "records/schema.h"

#include <glib/gstdio.h>
#include <string.h>

static const schema_file first = {"901_a", "CREATE TABLE a (x INTEGER); -- why\n"};
static const schema_file second = {"902_b",
                                   "CREATE TABLE b (x INTEGER);\nCREATE TABLE c (y TEXT);"};
static const schema_file broken = {"903_d", "CREATE TABLE d (x INTEGER); CREATE TABEL e (x);"};

typedef struct {
    char *folder, *path;
    records *db;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("schema-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    g_unlink(g->path);
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

/* The house's own files, which the database has, and these. */
static bool migrate(records *db, const schema_file *more, gsize count, GError **error)
{
    g_autoptr(GArray) files = g_array_new(TRUE, TRUE, sizeof(schema_file));
    for (const schema_file *file = schema_files; file->name; file++)
        g_array_append_vals(files, file, 1);
    g_array_append_vals(files, more, (guint)count);
    return schema_migrate(db, (const schema_file *)(void *)files->data, error);
}

static void the_files_are_in_the_order_of_their_names(void)
{
    g_assert_nonnull(schema_files[0].name);
    for (const schema_file *file = schema_files; file[1].name; file++)
        g_assert_cmpstr(file[0].name, <, file[1].name);
}

static void a_file_runs_once(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const schema_file both[] = {first, second};
    g_assert_true(migrate(g->db, both, 1, &error));
    g_assert_true(migrate(g->db, both, 2, &error)); /* would fail if the first ran again */
    g_assert_true(migrate(g->db, both, 2, &error));
    g_assert_no_error(error);
}

static void a_file_that_comes_late_still_runs(ground *g, gconstpointer unused)
{
    (void)unused;
    const schema_file both[] = {first, second};
    g_assert_true(migrate(g->db, &second, 1, NULL));
    g_assert_true(migrate(g->db, both, 2, NULL));
}

static void a_file_that_fails_leaves_nothing_and_is_named(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const schema_file mended = {"903_d", "CREATE TABLE d (x INTEGER);"};
    g_assert_false(migrate(g->db, &broken, 1, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_assert_nonnull(strstr(error->message, "903_d"));
    g_assert_true(migrate(g->db, &mended, 1, NULL));
}

static void a_file_edited_after_it_ran_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const schema_file edited = {"901_a", "CREATE TABLE a (x TEXT); -- why\n"};
    const schema_file commented = {"901_a", "-- more words\nCREATE TABLE  a (x INTEGER);"};
    g_assert_true(migrate(g->db, &first, 1, NULL));
    g_assert_true(migrate(g->db, &commented, 1, NULL)); /* only its comments were */
    g_assert_false(migrate(g->db, &edited, 1, &error));
    g_assert_nonnull(strstr(error->message, "901_a"));
}

static void a_database_of_a_newer_program_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(migrate(g->db, &first, 1, NULL));
    g_assert_false(schema_migrate(g->db, schema_files, &error));
    g_assert_nonnull(strstr(error->message, "newer"));
    records_close(g->db);
    g->db = records_open(g->path, RECORDS_WRITE, NULL);
    g_assert_null(g->db);
}

#define ADD(name) g_test_add("/schema/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/the_files_are_in_the_order_of_their_names",
                    the_files_are_in_the_order_of_their_names);
    ADD(a_file_runs_once);
    ADD(a_file_that_comes_late_still_runs);
    ADD(a_file_that_fails_leaves_nothing_and_is_named);
    ADD(a_file_edited_after_it_ran_is_refused);
    ADD(a_database_of_a_newer_program_is_refused);
    return g_test_run();
}
