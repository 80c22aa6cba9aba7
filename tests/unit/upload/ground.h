/*
 * A data directory, a database with two people, and a clock that only the test moves.
 *
 * Runs on: the test's thread.
 * Memory:  the fixture owns everything.
 */
#ifndef TESTS_UPLOAD_GROUND_H
#define TESTS_UPLOAD_GROUND_H

#include <glib/gstdio.h>
#include <string.h>

#include "people/people.h"
#include "upload/upload.h"

#define GB 1000000000LL
#define HOUR_MS (3600 * 1000LL)

typedef struct {
    char *folder, *database;
    records *db; /* NULL while a desk runs */
    base_clock *clock;
    person wang, zhao;
    upload_limits limits;
} ground;

static inline void ground_open(ground *g)
{
    g_autoptr(GError) error = NULL;
    g->db = records_open(g->database, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static inline person ground_person(ground *g, const char *login)
{
    person added;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, "Name", ROLE_STAFF, "hash", &added, &error);
    g_assert_no_error(error);
    return added;
}

static inline void ground_set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g->folder = g_dir_make_tmp("upload-XXXXXX", NULL);
    g->database = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1700000000000);
    ground_open(g);
    g->wang = ground_person(g, "wang");
    g->zhao = ground_person(g, "zhao");
    g->limits = (upload_limits){.max_bytes = 10 * GB,
                                .handout_bytes = 10 * GB,
                                .quota_bytes = 30 * GB,
                                .person_bytes = 20 * GB,
                                .reserve_bytes = GB,
                                .expire_ms = 72 * HOUR_MS};
}

static inline void ground_tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", g->folder);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(g->folder);
    g_free(g->database);
}

static inline upload_wish wish_of(const person *who, int64_t bytes, upload_shape shape)
{
    return (upload_wish){.owner = who->id, .name = "a.mp4", .bytes = bytes, .shape = shape};
}

static inline upload ground_create(ground *g, const upload_wish *wish)
{
    upload made;
    g_autoptr(GError) error = NULL;
    upload_create(g->db, g->clock, &g->limits, wish, 1000 * GB, &made, &error);
    g_assert_no_error(error);
    return made;
}

static inline upload ground_single(ground *g, int64_t bytes)
{
    upload_wish wish = wish_of(&g->wang, bytes, UPLOAD_SINGLE);
    return ground_create(g, &wish);
}

static inline void ground_settle(ground *g, const upload *is, int64_t received)
{
    g_autoptr(GError) error = NULL;
    upload_settle(g->db, g->clock, &g->limits, is->id, received, is->bytes, &error);
    g_assert_no_error(error);
}

static inline upload ground_read(ground *g, const char *id)
{
    upload is;
    g_autoptr(GError) error = NULL;
    upload_read(g->db, id, 0, &is, &error);
    g_assert_no_error(error);
    return is;
}

static inline bool ground_knows(ground *g, const char *id)
{
    upload is;
    g_autoptr(GError) error = NULL;
    bool there = upload_read(g->db, id, 0, &is, &error);
    g_assert_true(there || error_is(error, ERROR_MISSING));
    return there;
}

static inline void assert_code(GError *error, error_kind kind, const char *code)
{
    g_assert_error(error, ERROR_DOMAIN, (int)kind);
    g_assert_cmpstr(error_code(error), ==, code);
    g_error_free(error);
}

#define GROUND_TEST(path, name)                                                                    \
    g_test_add(path #name, ground, NULL, ground_set_up, name, ground_tear_down)

#endif
