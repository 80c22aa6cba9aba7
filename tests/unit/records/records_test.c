/* Queries, frames and the whole file, on a real database with the statements of people. */
#include "records/records.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "records/engine.h"

typedef struct {
    char *folder, *path;
    records *db;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g->folder = g_dir_make_tmp("records-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g_autoptr(GError) error = NULL;
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    g_autoptr(GDir) folder = g_dir_open(g->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *file = g_build_filename(g->folder, name, NULL);
        g_unlink(file);
    }
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

static bool add(records *db, int64_t id, const char *login, GError **error)
{
    return records_run(db, error, SQL_PERSON_ADD, "itttti", id, login, "Name", "learner", "x",
                       (int64_t)5);
}

static bool there(records *db, int64_t id)
{
    query *q = records_query(db, SQL_PERSON_BY_ID, "i", id);
    bool found = query_step(q, NULL) == QUERY_ROW;
    query_end(q);
    return found;
}

static void a_row_comes_back_as_it_went_in(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    int64_t id = (INT64_C(1) << 53) - 1;
    g_assert_true(add(g->db, id, "𠮷田·é", &error));
    query *q = records_query(g->db, SQL_PERSON_BY_ID, "i", id);
    g_assert_cmpint(query_step(q, &error), ==, QUERY_ROW);
    g_assert_cmpint(query_int(q, 0), ==, id);
    g_assert_cmpstr(query_text(q, 1), ==, "𠮷田·é");
    g_assert_false(query_is_null(q, 1));
    g_assert_cmpint(query_step(q, &error), ==, QUERY_END);
    g_assert_no_error(error);
}

static void blobs_come_back_even_when_empty(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_true(add(g->db, 1, "one", NULL));
    for (gsize length = 0; length < 3; length++) {
        g_autoptr(GBytes) token = g_bytes_new("\0\1\2", length);
        g_assert_true(records_run(g->db, NULL, SQL_SETUP_PUT, "b", token));
        query *q = records_query(g->db, SQL_SETUP_READ, "");
        g_assert_cmpint(query_step(q, NULL), ==, QUERY_ROW);
        g_autoptr(GBytes) back = query_blob(q, 0);
        g_assert_true(g_bytes_equal(token, back));
    }
}

static void parameters_go_where_their_numbers_say(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GBytes) token = g_bytes_new_static("t", 1);
    g_assert_true(add(g->db, 7, "seven", NULL));
    /* SESSION_SEEN names $2 and $3 before $1 */
    g_assert_true(records_run(g->db, NULL, SQL_SESSION_ADD, "biii", token, (int64_t)7, (int64_t)10,
                              (int64_t)20));
    g_assert_true(
        records_run(g->db, NULL, SQL_SESSION_SEEN, "bii", token, (int64_t)11, (int64_t)30));
    g_assert_cmpint(records_changed(g->db), ==, 1);
    query *q = records_query(g->db, SQL_SESSION_BY_TOKEN, "bi", token, (int64_t)29);
    g_assert_cmpint(query_step(q, NULL), ==, QUERY_ROW);
    g_assert_cmpint(query_int(q, 4), ==, 11);
}

static void a_broken_constraint_is_a_conflict(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(add(g->db, 1, "one", NULL));
    g_assert_false(add(g->db, 1, "other", &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_cmpstr(error_code(error), ==, "taken");
    g_clear_error(&error);
    g_autoptr(GBytes) token = g_bytes_new_static("t", 1);
    g_assert_false(records_run(g->db, &error, SQL_SESSION_ADD, "biii", token, (int64_t)404,
                               (int64_t)1, (int64_t)2));
    g_assert_true(error_is(error, ERROR_CONFLICT)); /* there is no such person */
}

static void changes_are_counted_also_when_rows_come_back(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_true(add(g->db, 1, "one", NULL)); /* RETURNING */
    g_assert_cmpint(records_changed(g->db), ==, 1);
    g_assert_true(add(g->db, 2, "one", NULL)); /* ON CONFLICT DO NOTHING */
    g_assert_cmpint(records_changed(g->db), ==, 0);
    g_assert_true(records_run(g->db, NULL, SQL_PERSON_BY_ID, "i", (int64_t)1));
    g_assert_cmpint(records_changed(g->db), ==, 0);
}

static void an_inner_frame_is_rolled_back_alone(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_true(records_begin(g->db, NULL));
    g_assert_true(add(g->db, 1, "outer", NULL));
    g_assert_true(records_begin(g->db, NULL));
    g_assert_true(add(g->db, 2, "inner", NULL));
    records_rollback(g->db);
    g_assert_true(records_begin(g->db, NULL));
    g_assert_true(add(g->db, 3, "kept", NULL));
    g_assert_true(records_commit(g->db, NULL));
    g_assert_true(records_commit(g->db, NULL));
    g_assert_true(there(g->db, 1));
    g_assert_false(there(g->db, 2));
    g_assert_true(there(g->db, 3));
}

static void a_write_left_at_its_first_row_is_committed_all_the_same(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(records_begin(g->db, NULL));
    g_assert_true(records_begin(g->db, NULL));
    query *q = records_query(g->db, SQL_PERSON_ADD, "itttti", (int64_t)9, "nine", "N", "learner",
                             "x", (int64_t)1);
    g_assert_cmpint(query_step(q, &error), ==, QUERY_ROW);
    g_assert_true(records_commit(g->db, &error));
    g_assert_true(records_commit(g->db, &error));
    g_assert_no_error(error);
    g_assert_true(there(g->db, 9));
}

static void a_read_left_open_does_not_keep_an_old_snapshot(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    records *reader = records_open(g->path, RECORDS_READ, &error);
    g_assert_no_error(error);
    g_assert_true(add(g->db, 1, "one", NULL));
    g_assert_true(records_begin(reader, NULL));
    query *q = records_query(reader, SQL_PERSON_BY_ID, "i", (int64_t)1);
    g_assert_cmpint(query_step(q, NULL), ==, QUERY_ROW);
    g_assert_true(add(g->db, 2, "two", NULL));
    g_assert_false(there(reader, 2)); /* one snapshot per frame */
    g_assert_true(records_commit(reader, NULL));
    g_assert_true(there(reader, 2));
    records_close(reader);
}

static void a_reading_connection_does_not_write(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    records *reader = records_open(g->path, RECORDS_READ, NULL);
    g_assert_false(add(reader, 1, "one", &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    records_close(reader);
}

static void a_full_disk_fails_what_follows_until_the_frame_ends(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(records_begin(g->db, NULL));
    g_assert_true(add(g->db, 1, "one", NULL));
    g_assert_true(records_begin(g->db, NULL));
    /* what the engine does by itself when a page cannot be written */
    sqlite3_exec(engine_of(g->db), "ROLLBACK", NULL, NULL, NULL);
    g_assert_false(add(g->db, 2, "two", &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_clear_error(&error);
    g_assert_false(records_commit(g->db, NULL));
    g_assert_false(records_begin(g->db, NULL));
    g_assert_false(records_commit(g->db, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_assert_false(there(g->db, 1));
    g_assert_false(there(g->db, 2));
    g_assert_true(add(g->db, 3, "three", NULL)); /* and then it goes on */
}

static void assert_held(records *db, int64_t id)
{
    g_autoptr(GError) frame = NULL, alone = NULL;
    g_assert_false(records_begin(db, &frame));
    g_assert_true(error_is(frame, ERROR_BUSY));
    g_assert_cmpstr(error_code(frame), ==, "database_busy");
    g_assert_false(add(db, id, "chen", &alone));
    g_assert_true(error_is(alone, ERROR_BUSY));
    g_assert_cmpstr(error_code(alone), ==, "database_busy");
}

static void a_database_held_by_another_is_busy_until_it_is_free(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    records *other = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    sqlite3_busy_timeout(engine_of(g->db), 1); /* who holds it does so for as long as we look */
    g_assert_true(records_begin(other, &error));
    assert_held(g->db, 1);
    records_rollback(other);
    g_assert_true(records_begin(g->db, &error));
    g_assert_true(add(g->db, 1, "chen", &error));
    g_assert_true(records_commit(g->db, &error));
    g_assert_true(there(other, 1));
    records_close(other);
}

static void only_the_owner_can_read_the_file(ground *g, gconstpointer unused)
{
    (void)unused;
    struct stat is;
    g_assert_cmpint(g_stat(g->path, &is), ==, 0);
    g_assert_cmpint(is.st_mode & 0777, ==, 0600);
}

static void a_database_that_cannot_be_opened_is_named(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g->folder, "none", "t.db", NULL);
    g_assert_null(records_open(path, RECORDS_WRITE, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_assert_nonnull(strstr(error->message, path));
    g_clear_error(&error);
    g_assert_null(records_open(path, RECORDS_READ, &error));
    g_assert_nonnull(strstr(error->message, path));
}

static void a_file_of_rubbish_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g->folder, "rubbish.db", NULL);
    g_autofree char *rubbish = g_strnfill(10000, 'x');
    g_assert_true(g_file_set_contents(path, rubbish, -1, NULL));
    g_assert_null(records_open(path, RECORDS_WRITE, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
}

static void a_copy_has_everything_and_is_sound(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autofree char *to = g_build_filename(g->folder, "copy.db", NULL);
    for (int64_t i = 1; i <= 500; i++) {
        g_autofree char *login = g_strdup_printf("login%d", (int)i);
        g_assert_true(add(g->db, i, login, NULL));
    }
    g_assert_true(records_copy(g->path, to, &error));
    g_assert_no_error(error);
    records *copy = records_open(to, RECORDS_READ, &error);
    g_assert_no_error(error);
    g_assert_true(there(copy, 500));
    g_assert_true(records_sound(copy, &error));
    records_close(copy);
    g_assert_false(records_copy(g->path, to, &error)); /* never over another file */
    g_assert_true(error_is(error, ERROR_CONFLICT));
}

static void every_statement_has_a_name_and_a_plan(ground *g, gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < SQL_COUNT; i++) {
        g_autofree char *plan = records_plan(g->db, (records_statement)i, NULL);
        g_assert_nonnull(plan);
        g_assert_cmpint(strlen(records_statement_name((records_statement)i)), >, 0);
    }
    g_assert_cmpstr(records_statement_name(SQL_PERSON_BY_ID), ==, "PERSON_BY_ID");
}

/* This program again, as another process: opens the database, closes it, and is gone. */
static int visit(const char *path)
{
    records *db = records_open(path, RECORDS_WRITE, NULL);
    records_close(db);
    return db ? 0 : 1;
}

static void a_second_connection_and_another_process_take_no_rows_away(ground *g,
                                                                      gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    records *second = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    records_close(second);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    char *command[] = {self, "--visit", g->path, NULL};
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, command, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    g_assert_true(add(g->db, 7, "late", &error));
    records *reader = records_open(g->path, RECORDS_READ, &error);
    g_assert_no_error(error);
    g_assert_true(there(reader, 7));
    records_close(reader);
}

#define ADD(name) g_test_add("/records/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    if (argc == 3 && g_str_equal(argv[1], "--visit"))
        return visit(argv[2]);
    g_test_init(&argc, &argv, NULL);
    ADD(a_row_comes_back_as_it_went_in);
    ADD(a_second_connection_and_another_process_take_no_rows_away);
    ADD(blobs_come_back_even_when_empty);
    ADD(parameters_go_where_their_numbers_say);
    ADD(a_broken_constraint_is_a_conflict);
    ADD(changes_are_counted_also_when_rows_come_back);
    ADD(an_inner_frame_is_rolled_back_alone);
    ADD(a_write_left_at_its_first_row_is_committed_all_the_same);
    ADD(a_read_left_open_does_not_keep_an_old_snapshot);
    ADD(a_reading_connection_does_not_write);
    ADD(a_full_disk_fails_what_follows_until_the_frame_ends);
    ADD(a_database_held_by_another_is_busy_until_it_is_free);
    ADD(only_the_owner_can_read_the_file);
    ADD(a_database_that_cannot_be_opened_is_named);
    ADD(a_file_of_rubbish_is_refused);
    ADD(a_copy_has_everything_and_is_sound);
    ADD(every_statement_has_a_name_and_a_plan);
    return g_test_run();
}
