/* A learner's notes: theirs alone, and not without end. */
#include "school/note.h"

#include <glib/gstdio.h>
#include <string.h>

#include "people/people.h"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person master, chen, zhou;
    school_lesson lesson;
} ground;

static person add_person(ground *g, const char *login, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, login, role, "$argon2id$none", &made, &error);
    g_assert_no_error(error);
    return made;
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const school_rule rule = {.coverage_permille = 900};
    school_course course;
    g->folder = g_dir_make_tmp("note-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->master = add_person(g, "master", ROLE_MASTER);
    g->chen = add_person(g, "chen", ROLE_LEARNER);
    g->zhou = add_person(g, "zhou", ROLE_LEARNER);
    school_course_add(g->db, g->clock, "焊工", "", g->master.id, &rule, &course, &error);
    school_lesson_add(g->db, course.id, "一", "titletitle22", "", 60000, &g->lesson, &error);
    g_assert_no_error(error);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    records_close(g->db);
    clock_free(g->clock);
    g_unlink(g->path);
    g_rmdir(g->folder);
    g_free(g->folder);
    g_free(g->path);
}

static bool add(ground *g, int64_t at_ms, const char *text, school_note *made, GError **error)
{
    return note_add(g->db, g->clock, g->chen.id, g->lesson.id, at_ms, text, made, error);
}

static void notes_stand_by_their_times_and_are_changed(ground *g, gconstpointer unused)
{
    (void)unused;
    school_note late, early, changed;
    int64_t at_ms = 20;
    g_assert_true(add(g, 5000, " 焊条 70° ", &late, NULL));
    g_assert_true(add(g, 10, "先看", &early, NULL));
    g_assert_true(note_change(g->db, g->clock, g->chen.id, early.id, &at_ms, NULL, &changed, NULL));
    g_autoptr(GArray) notes = note_list(g->db, g->chen.id, g->lesson.id, NULL);
    g_assert_cmpuint(notes->len, ==, 2);
    g_assert_cmpint(g_array_index(notes, school_note, 0).at_ms, ==, 20);
    g_assert_cmpstr(g_array_index(notes, school_note, 0).text, ==, "先看");
    g_assert_cmpstr(g_array_index(notes, school_note, 1).text, ==, "焊条 70°");
    g_assert_true(note_drop(g->db, g->chen.id, late.id, NULL));
    g_autoptr(GArray) left = note_list(g->db, g->chen.id, g->lesson.id, NULL);
    g_assert_cmpuint(left->len, ==, 1);
}

static void nobody_elses_note_is_there(ground *g, gconstpointer unused)
{
    (void)unused;
    school_note is, changed;
    g_autoptr(GError) no_change = NULL, no_drop = NULL;
    g_assert_true(add(g, 0, "我的", &is, NULL));
    g_autoptr(GArray) notes = note_list(g->db, g->zhou.id, g->lesson.id, NULL);
    g_assert_cmpuint(notes->len, ==, 0);
    g_assert_false(
        note_change(g->db, g->clock, g->zhou.id, is.id, NULL, "x", &changed, &no_change));
    g_assert_true(error_is(no_change, ERROR_MISSING));
    g_assert_false(note_drop(g->db, g->zhou.id, is.id, &no_drop));
    g_assert_true(error_is(no_drop, ERROR_MISSING));
}

/* Another version of the course has not the lesson any more. */
static void whoever_wrote_beside_a_lesson_that_left_keeps_that(ground *g, gconstpointer unused)
{
    (void)unused;
    school_note is;
    g_autoptr(GError) error = NULL;
    g_assert_true(add(g, 0, "我的", &is, NULL));
    g_assert_true(records_run(g->db, NULL, SQL_LESSONS_LEAVE, "t", g->lesson.course_id));
    g_autoptr(GArray) notes = note_list(g->db, g->chen.id, g->lesson.id, NULL);
    g_assert_cmpuint(notes->len, ==, 1);
    g_assert_null(note_list(g->db, g->zhou.id, g->lesson.id, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

static void refuse(ground *g, const char *lesson_id, int64_t at_ms, const char *text,
                   const char *code)
{
    school_note made;
    g_autoptr(GError) error = NULL;
    g_assert_false(note_add(g->db, g->clock, g->chen.id, lesson_id, at_ms, text, &made, &error));
    g_assert_cmpstr(error_code(error), ==, code);
}

static void what_is_no_note_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *endless = g_strnfill(NOTE_TEXT_MAX + 1, 'x');
    refuse(g, g->lesson.id, 0, " ", "too_short");
    refuse(g, g->lesson.id, 0, endless, "too_long");
    refuse(g, g->lesson.id, -1, "x", "out_of_range");
    refuse(g, "nolessonhere", 0, "x", "no_lesson");
}

static void a_lesson_has_room_for_so_many(ground *g, gconstpointer unused)
{
    (void)unused;
    school_note made;
    g_assert_true(records_begin(g->db, NULL));
    for (int i = 0; i < NOTES_MAX; i++)
        g_assert_true(add(g, i, "x", &made, NULL));
    refuse(g, g->lesson.id, 0, "x", "notes_full");
    g_assert_true(note_drop(g->db, g->chen.id, made.id, NULL));
    g_assert_true(add(g, 0, "x", &made, NULL));
    g_assert_true(records_commit(g->db, NULL));
}

#define TEST(name, test) g_test_add(name, ground, NULL, set_up, test, tear_down)
int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/note/whoever_wrote_beside_a_lesson_that_left_keeps_that",
         whoever_wrote_beside_a_lesson_that_left_keeps_that);
    TEST("/note/notes_stand_by_their_times_and_are_changed",
         notes_stand_by_their_times_and_are_changed);
    TEST("/note/nobody_elses_note_is_there", nobody_elses_note_is_there);
    TEST("/note/what_is_no_note_is_refused", what_is_no_note_is_refused);
    TEST("/note/a_lesson_has_room_for_so_many", a_lesson_has_room_for_so_many);
    return g_test_run();
}
