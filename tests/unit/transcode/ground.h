/*
 * A database with two people, and files in its queue, for transcode's tests.
 *
 * Runs on: the test's thread.
 * Memory:  ground_end() frees and removes everything.
 */
#ifndef TESTS_TRANSCODE_GROUND_H
#define TESTS_TRANSCODE_GROUND_H

#include <glib/gstdio.h>
#include <string.h>

#include "school/school.h"
#include "transcode/job_page.h"
#include "transcode/transcode.h"

#define FACTS                                                                                      \
    "{\"container\":\"mov\",\"duration_ms\":60000,\"video\":{\"copyable\":true},\"audio\":{"       \
    "\"gain_db\":-2.5},\"refused\":null}"

typedef struct {
    char *dir, *path;
    base_clock *clock;
    records *db;
    person master, other;
    int files;     /* made so far */
    int64_t owner; /* of those to come; 0: the master's */
} ground;

static inline void ground_open(ground *g)
{
    g_autoptr(GError) error = NULL;
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
}

static inline ground ground_new(void)
{
    ground g = {.dir = g_dir_make_tmp("transcode-XXXXXX", NULL)};
    g.path = g_build_filename(g.dir, "jiangtang.db", NULL);
    g.clock = clock_new_fake(1000, 1790000000000);
    ground_open(&g);
    g_assert_true(people_add(g.db, g.clock, "zhao", "赵铁柱", ROLE_MASTER, "x", &g.master, NULL));
    g_assert_true(people_add(g.db, g.clock, "qian", "钱师傅", ROLE_MASTER, "x", &g.other, NULL));
    return g;
}

static inline void ground_end(ground *g)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", g->dir);
    records_close(g->db);
    clock_free(g->clock);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(g->path);
    g_free(g->dir);
}

/* As if the house had fallen: nothing but the file is left. */
static inline void ground_fall(ground *g)
{
    g_autoptr(GError) error = NULL;
    records_close(g->db);
    ground_open(g);
    jobs_take_up(g->db, &error);
    g_assert_no_error(error);
}

/* One more file, its job of this kind behind the others. */
static inline job ground_file(ground *g, const char *name, job_kind kind)
{
    g_autoptr(GError) error = NULL;
    job made;
    char id[33], upload[33];
    school_id_new(id);
    g_snprintf(upload, sizeof upload, "upload%d", ++g->files);
    records_run(g->db, &error, SQL_ASSET_ADD, "ttttitiit", id, upload, name, "video",
                (int64_t)1000000, "00", g->owner ? g->owner : g->master.id, clock_utc_ms(g->clock),
                "probing");
    g_assert_no_error(error);
    job_add(g->db, g->clock, id, kind, &made, &error);
    g_assert_no_error(error);
    clock_advance_ms(g->clock, 1);
    return made;
}

static inline job ground_take(ground *g, job_kind kind)
{
    g_autoptr(GError) error = NULL;
    job taken;
    bool found;
    job_take(g->db, g->clock, kind, G_MAXINT64, &taken, &found, &error);
    g_assert_no_error(error);
    if (!found)
        memset(&taken, 0, sizeof taken);
    return taken;
}

/* Of a worker at the title the job has now, unless it says of which. */
static inline void ground_settle(ground *g, job *is, job_outcome outcome)
{
    g_autoptr(GError) error = NULL;
    job now;
    if (!outcome.title_id[0] && job_read(g->db, is->id, &now, NULL))
        g_strlcpy(outcome.title_id, now.title_id, sizeof outcome.title_id);
    job_settle(g->db, g->clock, is, &outcome, &error);
    g_assert_no_error(error);
}

static inline asset ground_asset(ground *g, const char *id)
{
    g_autoptr(GError) error = NULL;
    asset is;
    asset_read(g->db, id, &is, &error);
    g_assert_no_error(error);
    return is;
}

static inline asset_state ground_state(ground *g, const char *id)
{
    asset is = ground_asset(g, id);
    asset_clear(&is);
    return is.state;
}

#endif
