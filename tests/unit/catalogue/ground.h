/*
 * A database for a test of this room.
 *
 * Runs on: the test's thread.
 * Memory:  set_up() and tear_down() as fixtures.
 */
#ifndef TESTS_CATALOGUE_GROUND_H
#define TESTS_CATALOGUE_GROUND_H

#include <glib/gstdio.h>

#include "base/clock.h"
#include "records/records.h"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
} ground;

static inline void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("catalogue-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static inline void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_unlink(g->path);
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

#define TEST(name, test) g_test_add(name, ground, NULL, set_up, test, tear_down)

#endif
