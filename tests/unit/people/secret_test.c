/* Keys on disk. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "people/people.h"

typedef struct {
    char *folder, *keys, *path;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g->folder = g_dir_make_tmp("secret-XXXXXX", NULL);
    g->keys = g_build_filename(g->folder, "keys", NULL);
    g->path = g_build_filename(g->keys, "pass", NULL);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    g_unlink(g->path);
    g_rmdir(g->keys);
    g_assert_cmpint(g_rmdir(g->folder), ==, 0); /* nothing else was left behind */
    g_free(g->path);
    g_free(g->keys);
    g_free(g->folder);
}

static void a_key_is_made_once_and_stays(ground *g, gconstpointer unused)
{
    (void)unused;
    struct stat file, folder;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = people_secret(g->folder, "pass", &error);
    g_autoptr(GBytes) second = people_secret(g->folder, "pass", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(first), ==, 32);
    g_assert_true(g_bytes_equal(first, second));
    g_assert_cmpint(g_stat(g->path, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 0777, ==, 0600);
    g_assert_cmpint(g_stat(g->keys, &folder), ==, 0);
    g_assert_cmpint(folder.st_mode & 0777, ==, 0700);
}

static void assert_refused(ground *g, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(people_secret(g->folder, "pass", &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    g_assert_nonnull(strstr(error->message, word));
    g_assert_nonnull(strstr(error->message, g->path));
}

static void a_key_others_can_read_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GBytes) first = people_secret(g->folder, "pass", NULL);
    g_assert_nonnull(first);
    g_assert_cmpint(g_chmod(g->path, 0640), ==, 0);
    assert_refused(g, "0600");
}

static void a_damaged_key_is_refused_and_not_replaced(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *bytes = NULL;
    gsize length;
    g_assert_cmpint(g_mkdir(g->keys, 0700), ==, 0);
    for (int size = 0; size < 40; size += 13) {
        g_autofree char *text = g_strnfill((gsize)size, 'x');
        g_unlink(g->path);
        g_assert_true(
            g_file_set_contents_full(g->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        assert_refused(g, "damaged");
    }
    g_assert_true(g_file_get_contents(g->path, &bytes, &length, NULL));
    g_assert_cmpuint(length, ==, 39);
}

static void a_link_in_its_place_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_cmpint(g_mkdir(g->keys, 0700), ==, 0);
    g_assert_cmpint(symlink("/dev/zero", g->path), ==, 0);
    assert_refused(g, "opened");
}

/*
 * Four processes make the same key at the same moment; each exits with the first byte of what it
 * got.
 */
static void processes_that_make_a_key_together_get_the_same_one(ground *g, gconstpointer unused)
{
    (void)unused;
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            GBytes *mine = people_secret(g->folder, "pass", NULL);
            _exit(mine ? *(const guint8 *)g_bytes_get_data(mine, NULL) & 0x7f : 255);
        }
    }
    int status[4];
    for (int i = 0; i < 4; i++)
        waitpid(children[i], &status[i], 0);
    g_autoptr(GBytes) kept = people_secret(g->folder, "pass", NULL);
    int expected = *(const guint8 *)g_bytes_get_data(kept, NULL) & 0x7f;
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(WEXITSTATUS(status[i]), ==, expected);
}

#define ADD(name) g_test_add("/secret/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_key_is_made_once_and_stays);
    ADD(a_key_others_can_read_is_refused);
    ADD(a_damaged_key_is_refused_and_not_replaced);
    ADD(a_link_in_its_place_is_refused);
    ADD(processes_that_make_a_key_together_get_the_same_one);
    return g_test_run();
}
