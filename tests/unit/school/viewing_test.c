/* Who may watch: each right against each kind of person, and a class together with its courses. */
#include "school/viewing.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person guest, learner, master, stranger, staff;
    school_course course;
} ground;

#define LESSON "lessontitle2"
#define CLASS "classtitle22"

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
    school_lesson lesson;
    g->folder = g_dir_make_tmp("viewing-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->guest = (person){0};
    g->learner = add_person(g, "learner", ROLE_LEARNER);
    g->master = add_person(g, "master", ROLE_MASTER);
    g->stranger = add_person(g, "other-master", ROLE_MASTER);
    g->staff = add_person(g, "staff", ROLE_STAFF);
    school_course_add(g->db, g->clock, "焊工", "", g->master.id, &rule, &g->course, &error);
    school_lesson_add(g->db, g->course.id, "一", LESSON, "", 60000, &lesson, &error);
    school_lesson_add(g->db, g->course.id, "二", CLASS, "class2345abc", 0, &lesson, &error);
    institution_put(g->db, "HB-07", "湖北焊接学校", &error);
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

static void set(ground *g, const char *subject, viewing_kind kind)
{
    viewing right = {.kind = kind};
    g_autoptr(GError) error = NULL;
    g_strlcpy(right.of.code, "HB-07", sizeof right.of.code);
    viewing_write(g->db, subject, &right, &error);
    g_assert_no_error(error);
}

static viewing_need need(ground *g, const person *who, const char *title_id)
{
    viewing_verdict verdict;
    g_autoptr(GError) error = NULL;
    viewing_of_title(g->db, who, title_id, strcmp(title_id, CLASS) == 0 ? g->master.id : 0,
                     &verdict, &error);
    g_assert_no_error(error);
    return verdict.need;
}

static void nothing_said_means_everybody(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_cmpint(need(g, &g->guest, LESSON), ==, NEED_NOTHING);
    g_assert_cmpint(need(g, &g->guest, CLASS), ==, NEED_NOTHING);
}

static void each_right_asks_for_its_own(ground *g, gconstpointer subject)
{
    const char *title = subject ? subject : LESSON, *of = subject ? subject : g->course.id;
    set(g, of, VIEWING_SIGNED_IN);
    g_assert_cmpint(need(g, &g->guest, title), ==, NEED_SIGN_IN);
    g_assert_cmpint(need(g, &g->learner, title), ==, NEED_NOTHING);
    set(g, of, VIEWING_ENROLLED);
    g_assert_cmpint(need(g, &g->guest, title), ==, NEED_SIGN_IN);
    g_assert_cmpint(need(g, &g->learner, title), ==, NEED_ENROL);
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, g->course.id, NULL));
    g_assert_cmpint(need(g, &g->learner, title), ==, NEED_NOTHING);
    set(g, of, VIEWING_INSTITUTION);
    g_assert_cmpint(need(g, &g->guest, title), ==, NEED_SIGN_IN);
    g_assert_cmpint(need(g, &g->learner, title), ==, NEED_INSTITUTION);
    g_assert_true(roll_set_institution(g->db, g->learner.id, "HB-07", NULL));
    g_assert_cmpint(need(g, &g->learner, title), ==, NEED_NOTHING);
    g_assert_cmpint(need(g, &g->stranger, title), ==, NEED_INSTITUTION);
    g_assert_cmpint(need(g, &g->master, title), ==, NEED_NOTHING);
    g_assert_cmpint(need(g, &g->staff, title), ==, NEED_NOTHING);
}

static void a_class_is_as_closed_as_its_course(ground *g, gconstpointer unused)
{
    (void)unused;
    set(g, g->course.id, VIEWING_ENROLLED);
    g_assert_cmpint(need(g, &g->learner, CLASS), ==, NEED_ENROL);
    set(g, CLASS, VIEWING_INSTITUTION);
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, g->course.id, NULL));
    g_assert_cmpint(need(g, &g->learner, CLASS), ==, NEED_INSTITUTION);
}

static void one_course_that_lets_in_is_enough(ground *g, gconstpointer unused)
{
    (void)unused;
    const school_rule rule = {.coverage_permille = 900};
    school_course open;
    school_lesson lesson;
    set(g, g->course.id, VIEWING_ENROLLED);
    g_assert_true(
        school_course_add(g->db, g->clock, "公开课", "", g->master.id, &rule, &open, NULL));
    g_assert_true(school_lesson_add(g->db, open.id, "一", LESSON, "", 60000, &lesson, NULL));
    g_assert_cmpint(need(g, &g->guest, LESSON), ==, NEED_NOTHING);
}

static void who_was_made_to_leave_comes_back_only_when_let_in(ground *g, gconstpointer unused)
{
    (void)unused;
    const int64_t who = g->learner.id;
    const char *course = g->course.id;
    g_autoptr(GError) error = NULL;
    g_assert_true(school_enrol(g->db, g->clock, who, course, NULL));
    g_assert_true(school_withdraw(g->db, g->clock, who, course, who, NULL));
    g_assert_true(school_enrol_by_title(g->db, g->clock, who, LESSON, NULL));
    g_assert_false(school_enrolment(g->db, who, course, NULL, NULL, NULL));
    g_assert_true(school_enrol(g->db, g->clock, who, course, NULL));
    g_assert_true(school_withdraw(g->db, g->clock, who, course, g->staff.id, NULL));
    g_assert_false(school_enrol(g->db, g->clock, who, course, &error));
    g_assert_cmpstr(error_code(error), ==, "enrolment_withdrawn");
    g_assert_true(school_readmit(g->db, who, course, NULL));
    g_assert_true(school_enrol(g->db, g->clock, who, course, NULL));
    g_assert_true(school_enrolment(g->db, who, course, NULL, NULL, NULL));
}

static void an_unknown_institution_cannot_be_chosen(ground *g, gconstpointer unused)
{
    (void)unused;
    viewing right = {.kind = VIEWING_INSTITUTION, .of.code = "nowhere"};
    g_autoptr(GError) error = NULL;
    g_assert_false(viewing_write(g->db, g->course.id, &right, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add("/viewing/" #name, ground, NULL, set_up, name, tear_down)
    TEST(nothing_said_means_everybody);
    g_test_add("/viewing/each_right_of_a_course_asks_for_its_own", ground, NULL, set_up,
               each_right_asks_for_its_own, tear_down);
    g_test_add("/viewing/each_right_of_a_class_asks_for_its_own", ground, CLASS, set_up,
               each_right_asks_for_its_own, tear_down);
    TEST(a_class_is_as_closed_as_its_course);
    TEST(one_course_that_lets_in_is_enough);
    TEST(who_was_made_to_leave_comes_back_only_when_let_in);
    TEST(an_unknown_institution_cannot_be_chosen);
    return g_test_run();
}
