/* The demonstration's people: told and kept only when they are really there. */
#include "demo.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "people/people.h"

typedef struct {
    char *folder, *kept;
    base_clock *clock;
    records *db;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("demo-XXXXXX", NULL);
    g->kept = g_build_filename(g->folder, "demo-people.txt", NULL);
    g_autofree char *path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_system();
    g->db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_autoptr(GDir) folder = g_dir_open(g->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *file = g_build_filename(g->folder, name, NULL);
        g_unlink(file);
    }
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->kept);
}

/* What it prints comes back in *said. */
static bool prepare(ground *g, char **said, GError **error)
{
    g_autofree char *path = g_build_filename(g->folder, "said", NULL);
    fflush(stdout);
    int own = dup(STDOUT_FILENO);
    g_assert_nonnull(freopen(path, "w", stdout));
    bool good = demo_prepare(g->db, g->clock, g->folder, error);
    fflush(stdout);
    g_assert_cmpint(dup2(own, STDOUT_FILENO), ==, STDOUT_FILENO);
    close(own);
    g_assert_true(g_file_get_contents(path, said, NULL, NULL));
    return good;
}

/* Does each line of the file open its account? */
static guint people_who_can_sign_in(ground *g, const char *told)
{
    g_auto(GStrv) lines = g_strsplit(told, "\n", -1);
    guint count = 0;
    for (char **line = lines; **line; line++) {
        char login[65], password[65];
        g_autofree char *encoded = NULL;
        person who;
        g_assert_cmpint(sscanf(*line, "%64s %64s", login, password), ==, 2);
        g_assert_true(
            people_sign_in_begin(g->db, g->clock, login, "192.0.2.1", &encoded, &who, NULL));
        count += who.id != 0 && people_verify(encoded, password);
    }
    return count;
}

static void the_people_told_are_there_and_told_again_at_each_start(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *first = NULL, *again = NULL, *kept = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(prepare(g, &first, &error));
    g_assert_true(g_file_get_contents(g->kept, &kept, NULL, NULL));
    g_assert_nonnull(strstr(first, kept));
    g_assert_cmpuint(people_who_can_sign_in(g, kept), ==, 5);
    g_assert_true(prepare(g, &again, &error));
    g_assert_cmpstr(again, ==, first);
}

/* The kernel refuses to let any file of ours grow beyond this. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void people_whose_commit_failed_are_neither_told_nor_kept(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *said = NULL, *again = NULL;
    g_autoptr(GError) error = NULL;
    signal(SIGXFSZ, SIG_IGN);
    limit_files(4096); /* enough for the passwords, not for the commit */
    g_assert_false(prepare(g, &said, &error));
    limit_files(RLIM_INFINITY);
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_assert_cmpstr(said, ==, "");
    g_assert_false(g_file_test(g->kept, G_FILE_TEST_EXISTS));
    g_assert_true(prepare(g, &again, NULL)); /* and the next start begins anew */
    g_assert_true(g_file_test(g->kept, G_FILE_TEST_EXISTS));
}

#define ADD(name) g_test_add("/demo/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(the_people_told_are_there_and_told_again_at_each_start);
    ADD(people_whose_commit_failed_are_neither_told_nor_kept);
    return g_test_run();
}
