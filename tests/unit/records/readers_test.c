/* Connections that only read, shared by threads. */
#include "records/readers.h"

#include <glib/gstdio.h>

#define THREADS (READERS_MAX * 2)

static gpointer read_often(gpointer data)
{
    readers *all = data;
    for (int i = 0; i < 20; i++) {
        records *db = readers_take(all, NULL);
        g_assert_nonnull(db);
        query *row = records_query(db, SQL_PERSON_BY_LOGIN, "t", "nobody");
        g_assert_cmpint(query_step(row, NULL), ==, QUERY_END);
        readers_give(all, db);
    }
    return NULL;
}

static void more_threads_than_connections_all_get_their_turn(void)
{
    g_autofree char *folder = g_dir_make_tmp("readers-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "t.db", NULL);
    GThread *threads[THREADS];
    records *writer = records_open(path, RECORDS_WRITE, NULL);
    readers *all = readers_new(path);
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("reader", read_often, all);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    readers_free(all);
    records_close(writer);
    g_unlink(path);
    g_rmdir(folder);
}

static void a_database_that_is_not_there_is_an_error_and_no_hang(void)
{
    readers *all = readers_new("/nonexistent/t.db");
    for (int i = 0; i <= READERS_MAX; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(readers_take(all, &error));
        g_assert_true(error_is(error, ERROR_STORAGE));
    }
    readers_free(all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/readers/more_threads_than_connections_all_get_their_turn",
                    more_threads_than_connections_all_get_their_turn);
    g_test_add_func("/readers/a_database_that_is_not_there_is_an_error_and_no_hang",
                    a_database_that_is_not_there_is_an_error_and_no_hang);
    return g_test_run();
}
