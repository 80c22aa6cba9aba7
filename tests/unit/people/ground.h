/*
 * A database and a clock of one's own for each test of people.
 *
 * Runs on: the test's thread.
 * Memory:  the fixture owns everything.
 */
#ifndef GROUND_H
#define GROUND_H

#include <glib/gstdio.h>

#include "people/people.h"

typedef struct {
    char *folder;
    records *db;
    base_clock *clock;
} ground;

static inline void ground_set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("people-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(g->folder, "t.db", NULL);
    g->db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->clock = clock_new_fake(1000, 1700000000000);
}

static inline void ground_tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_autofree char *path = g_build_filename(g->folder, "t.db", NULL);
    g_unlink(path);
    g_rmdir(g->folder);
    g_free(g->folder);
}

/* Most tests need no real hash: it takes 30 ms. */
static inline person ground_person(ground *g, const char *login, person_role role)
{
    person added;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, "Name", role, "hash", &added, &error);
    g_assert_no_error(error);
    return added;
}

#define GROUND_TEST(path, name)                                                                    \
    g_test_add(path #name, ground, NULL, ground_set_up, name, ground_tear_down)

#endif
