/* A database with people, a course and planned classes, for agenda's tests. */
#ifndef TESTS_AGENDA_GROUND_H
#define TESTS_AGENDA_GROUND_H

#include <glib/gstdio.h>
#include <string.h>

#include "live/inside.h"

#define NOW_MS 1790000000000
#define MINUTE_MS 60000LL
#define MASTER 7
#define CHEN 11 /* enrolled */
#define LI 12   /* sets reminders */
#define ZHOU 13 /* enrolled, and shut out */
#define COURSE "courseaaaaaa"

typedef struct {
    char *dir, *path;
    records *db;
    base_clock *clock;
} ground;

static inline void ground_person(ground *g, int64_t id, const char *login, const char *name)
{
    g_assert_true(records_run(g->db, NULL, SQL_PERSON_ADD, "itttti", id, login, name, "learner",
                              "x", (int64_t)NOW_MS));
}

static inline void ground_enrol(ground *g, int64_t person)
{
    g_assert_true(
        records_run(g->db, NULL, SQL_ENROLMENT_ADD, "iti", person, COURSE, (int64_t)NOW_MS));
    g_assert_cmpint(records_changed(g->db), ==, 1);
}

static inline ground ground_open(void)
{
    g_autoptr(GError) error = NULL;
    ground g = {.dir = g_dir_make_tmp("agenda-XXXXXX", NULL)};
    g.path = g_build_filename(g.dir, "jiangtang.db", NULL);
    g.db = records_open(g.path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g.clock = clock_new_fake(0, NOW_MS);
    ground_person(&g, MASTER, "wang", "王师傅");
    ground_person(&g, CHEN, "chen", "陈静");
    ground_person(&g, LI, "li", "李梅");
    ground_person(&g, ZHOU, "zhou", "周强");
    g_assert_true(records_run(g.db, NULL, SQL_COURSE_ADD, "tttiiiitii", COURSE, "焊工", "",
                              (int64_t)MASTER, (int64_t)900, (int64_t)0, (int64_t)NOW_MS,
                              "published", (int64_t)1, (int64_t)1));
    ground_enrol(&g, CHEN);
    ground_enrol(&g, ZHOU);
    g_assert_true(records_run(g.db, NULL, SQL_BLOCKED_PUT, "ii", (int64_t)ZHOU, (int64_t)NOW_MS));
    return g;
}

static inline void ground_close(ground *g)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", g->dir);
    records_close(g->db);
    clock_free(g->clock);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(g->path);
    g_free(g->dir);
}

static inline live_class ground_class(ground *g, const char *title, const char *course_id,
                                      int64_t planned_ms)
{
    g_autoptr(GError) error = NULL;
    live_class made;
    live_class_insert(g->db, g->clock, title, MASTER, "王师傅", course_id, planned_ms, false, &made,
                      &error);
    g_assert_no_error(error);
    return made;
}

static inline void ground_move(ground *g, live_class *is, int64_t planned_ms)
{
    g_autoptr(GError) error = NULL;
    live_class_edit(g->db, g->clock, is, is->title, planned_ms, LIVE_PLAN_MINUTES, &error);
    g_assert_no_error(error);
}

static inline void ground_state(ground *g, live_class *is, class_state state)
{
    is->state = state;
    is->closed_ms = state == CLASS_CLOSED ? NOW_MS : 0;
    g_assert_true(class_save(g->db, is, NULL));
}

#endif
