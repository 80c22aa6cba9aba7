/* Courses, lessons and enrolments on a real database. */
#include "school/school.h"

#include <glib/gstdio.h>
#include <string.h>

#include "people/people.h"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person master, learner;
} ground;

static const school_rule rule = {.coverage_permille = 950, .minutes = 45};

static person add_person(ground *g, const char *login, const char *name, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, name, role, "$argon2id$none", &made, &error);
    g_assert_no_error(error);
    return made;
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("school-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->master = add_person(g, "master", "赵铁柱", ROLE_MASTER);
    g->learner = add_person(g, "learner", "王建国", ROLE_LEARNER);
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
    g_free(g->path);
}

static school_course add_course(ground *g, const char *title)
{
    school_course made;
    g_autoptr(GError) error = NULL;
    school_course_add(g->db, g->clock, title, "摘要", g->master.id, &rule, &made, &error);
    g_assert_no_error(error);
    clock_advance_ms(g->clock, 1000);
    return made;
}

static school_lesson add_lesson(ground *g, const char *course_id, const char *title_id,
                                int64_t content_ms)
{
    school_lesson made;
    g_autoptr(GError) error = NULL;
    school_lesson_add(g->db, course_id, "一课", title_id, content_ms ? NULL : "class2345abc",
                      content_ms, &made, &error);
    g_assert_no_error(error);
    return made;
}

static void assert_refused(const GError *error, error_kind kind, const char *code,
                           const char *field)
{
    g_assert_true(error_is(error, kind));
    g_assert_cmpstr(error_code(error), ==, code);
    g_assert_cmpstr(error_field(error), ==, field);
}

static void an_id_is_twelve_letters_and_never_the_same(ground *g, gconstpointer unused)
{
    (void)g, (void)unused;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 1000; i++) {
        char id[33];
        school_id_new(id);
        g_assert_cmpuint(strspn(id, "abcdefghijklmnopqrstuvwxyz234567"), ==, SCHOOL_ID_CHARS);
        g_assert_cmpuint(strlen(id), ==, SCHOOL_ID_CHARS);
        g_assert_true(g_hash_table_add(seen, g_strdup(id)));
    }
}

static void a_course_is_read_back_as_it_was_made(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course made = add_course(g, "  焊工（初级）· 平角焊 "), read;
    g_autoptr(GError) error = NULL;
    g_assert_true(school_course_read(g->db, made.id, &read, &error));
    g_assert_cmpstr(read.title, ==, "焊工（初级）· 平角焊");
    g_assert_cmpstr(read.owner_name, ==, "赵铁柱");
    g_assert_cmpint(read.rule.coverage_permille, ==, 950);
    g_assert_cmpint(read.rule.minutes, ==, 45);
    g_assert_cmpmem(&made, sizeof made, &read, sizeof read);
}

static void a_course_without_words_or_with_too_many_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course made;
    g_autofree char *sixty = g_strnfill(60, 'x'), *sixty_one = g_strnfill(61, 'x');
    static const char *const bad[][2] = {
        {"", "too_short"}, {" \n ", "too_short"}, {"a\001b", "not_text"}, {"\xff", "not_text"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(
            school_course_add(g->db, g->clock, bad[i][0], "", g->master.id, &rule, &made, &error));
        assert_refused(error, ERROR_INPUT, bad[i][1], "title");
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(
        school_course_add(g->db, g->clock, sixty_one, "", g->master.id, &rule, &made, &error));
    assert_refused(error, ERROR_INPUT, "too_long", "title");
    g_assert_true(
        school_course_add(g->db, g->clock, sixty, NULL, g->master.id, &rule, &made, NULL));
}

static void a_rule_nobody_could_meet_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule bad[] = {{0, 0}, {1001, 0}, {500, -1}, {500, RULE_MINUTES_MAX + 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        school_course made;
        g_autoptr(GError) error = NULL;
        g_assert_false(
            school_course_add(g->db, g->clock, "t", "", g->master.id, &bad[i], &made, &error));
        g_assert_true(error_is(error, ERROR_INPUT));
        g_assert_true(g_str_has_prefix(error_field(error), "rule."));
    }
}

static void courses_are_listed_newest_first_and_no_more_than_asked(ground *g, gconstpointer unused)
{
    (void)unused;
    add_course(g, "one");
    add_course(g, "two");
    add_course(g, "three");
    g_autoptr(GArray) two = school_courses(g->db, 2, NULL);
    g_assert_cmpuint(two->len, ==, 2);
    g_assert_cmpstr(g_array_index(two, school_course, 0).title, ==, "three");
    g_assert_cmpstr(g_array_index(two, school_course, 1).title, ==, "two");
}

static void lessons_stand_in_the_order_they_were_added(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c"), other = add_course(g, "d");
    school_lesson first = add_lesson(g, course.id, "title1", 1000);
    add_lesson(g, other.id, "title1", 1000);
    school_lesson second = add_lesson(g, course.id, "title2", 0), read;
    g_assert_cmpint(first.position, ==, 1);
    g_assert_cmpint(second.position, ==, 2);
    g_autoptr(GArray) lessons = school_lessons(g->db, course.id, NULL);
    g_assert_cmpuint(lessons->len, ==, 2);
    g_assert_cmpstr(g_array_index(lessons, school_lesson, 1).id, ==, second.id);
    g_assert_true(school_lesson_read(g->db, second.id, &read, NULL));
    g_assert_cmpstr(read.class_id, ==, "class2345abc");
    g_assert_false(read.ended);
    g_autoptr(GArray) of_title = school_lessons_of_title(g->db, "title1", NULL);
    g_assert_cmpuint(of_title->len, ==, 2);
}

static void a_course_has_a_title_only_once(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c");
    school_lesson made;
    g_autoptr(GError) error = NULL;
    add_lesson(g, course.id, "title1", 1000);
    g_assert_false(
        school_lesson_add(g->db, course.id, "again", "title1", NULL, 1000, &made, &error));
    assert_refused(error, ERROR_CONFLICT, "title_in_course", "title_id");
}

static void a_full_course_takes_no_lesson(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c");
    school_lesson made;
    g_autoptr(GError) error = NULL;
    g_assert_true(records_begin(g->db, NULL));
    for (int i = 0; i < LESSONS_MAX; i++) {
        g_autofree char *title_id = g_strdup_printf("title%d", i);
        g_assert_true(school_lesson_add(g->db, course.id, "l", title_id, NULL, 1, &made, NULL));
    }
    g_assert_true(records_commit(g->db, NULL));
    g_assert_false(
        school_lesson_add(g->db, course.id, "one more", "titlex", NULL, 1, &made, &error));
    assert_refused(error, ERROR_CONFLICT, "course_full", NULL);
}

static void what_is_not_there_is_missing(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course;
    school_lesson lesson;
    g_autoptr(GError) error = NULL;
    g_assert_false(school_course_read(g->db, "nothing", &course, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_false(school_lesson_read(g->db, "nothing", &lesson, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_false(school_lesson_add(g->db, "nothing", "l", "title1", NULL, 1, &lesson, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_false(school_enrol(g->db, g->clock, g->learner.id, "nothing", &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

static void a_class_that_ended_gives_its_lessons_their_length(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c");
    school_lesson live = add_lesson(g, course.id, "title1", 0),
                  empty = add_lesson(g, course.id, "title2", 0);
    g_assert_true(school_title_ended(g->db, "title1", 90000, NULL));
    g_assert_true(school_title_ended(g->db, "title2", 0, NULL));
    g_assert_true(school_title_ended(g->db, "unknown", 5, NULL));
    g_assert_true(school_lesson_read(g->db, live.id, &live, NULL));
    g_assert_cmpint(live.content_ms, ==, 90000);
    g_assert_true(live.ended);
    g_assert_true(school_lesson_read(g->db, empty.id, &empty, NULL));
    g_assert_cmpint(empty.content_ms, ==, 0);
    g_assert_true(empty.ended);
}

static void enrolling_twice_keeps_the_first_rule_and_day(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c");
    school_rule frozen;
    int64_t since_ms, first_ms = clock_utc_ms(g->clock);
    g_autoptr(GError) error = NULL;
    g_assert_false(school_enrolment(g->db, g->learner.id, course.id, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, course.id, NULL));
    clock_advance_ms(g->clock, 5000);
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, course.id, NULL));
    g_assert_true(school_enrolment(g->db, g->learner.id, course.id, &frozen, &since_ms, &error));
    g_assert_cmpint(since_ms, ==, first_ms);
    g_assert_cmpint(frozen.coverage_permille, ==, rule.coverage_permille);
    g_assert_cmpint(frozen.minutes, ==, rule.minutes);
    g_autoptr(GArray) mine = school_enrolments(g->db, g->learner.id, NULL);
    g_assert_cmpuint(mine->len, ==, 1);
    g_assert_cmpstr(g_array_index(mine, school_course, 0).id, ==, course.id);
}

static void learning_a_title_enrols_in_every_course_that_has_it(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course with = add_course(g, "with"), too = add_course(g, "too"),
                  without = add_course(g, "without");
    add_lesson(g, with.id, "title1", 1000);
    add_lesson(g, too.id, "title1", 1000);
    add_lesson(g, without.id, "title2", 1000);
    g_assert_true(school_enrol_by_title(g->db, g->clock, g->learner.id, "title1", NULL));
    g_assert_true(school_enrol_by_title(g->db, g->clock, g->learner.id, "title1", NULL));
    g_autoptr(GArray) mine = school_enrolments(g->db, g->learner.id, NULL);
    g_assert_cmpuint(mine->len, ==, 2);
    g_assert_false(school_enrolment(g->db, g->learner.id, without.id, NULL, NULL, NULL));
}

static void the_enrolled_are_paged_by_their_number(ground *g, gconstpointer unused)
{
    (void)unused;
    school_course course = add_course(g, "c");
    int64_t after = 0;
    guint seen = 0;
    for (int i = 0; i < 5; i++) {
        g_autofree char *login = g_strdup_printf("learner%d", i);
        school_enrol(g->db, g->clock, add_person(g, login, "学员", ROLE_LEARNER).id, course.id,
                     NULL);
    }
    for (;;) {
        g_autoptr(GArray) page = school_enrolled(g->db, course.id, after, 2, NULL);
        g_assert_cmpuint(page->len, <=, 2);
        if (page->len == 0)
            break;
        g_assert_cmpint(g_array_index(page, int64_t, 0), >, after);
        after = g_array_index(page, int64_t, page->len - 1);
        seen += page->len;
    }
    g_assert_cmpuint(seen, ==, 5);
}

#define ADD(name) g_test_add("/school/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(an_id_is_twelve_letters_and_never_the_same);
    ADD(a_course_is_read_back_as_it_was_made);
    ADD(a_course_without_words_or_with_too_many_is_refused);
    ADD(a_rule_nobody_could_meet_is_refused);
    ADD(courses_are_listed_newest_first_and_no_more_than_asked);
    ADD(lessons_stand_in_the_order_they_were_added);
    ADD(a_course_has_a_title_only_once);
    ADD(a_full_course_takes_no_lesson);
    ADD(what_is_not_there_is_missing);
    ADD(a_class_that_ended_gives_its_lessons_their_length);
    ADD(enrolling_twice_keeps_the_first_rule_and_day);
    ADD(learning_a_title_enrols_in_every_course_that_has_it);
    ADD(the_enrolled_are_paged_by_their_number);
    return g_test_run();
}
