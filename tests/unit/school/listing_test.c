/* Courses as the catalogue lists them, and handouts by the right of the courses that have them. */
#include "school/listing.h"

#include <glib/gstdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "people/people.h"
#include "school/handout.h"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person master, guest, chen;
    school_course course;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const school_rule rule = {.coverage_permille = 900};
    g->folder = g_dir_make_tmp("listing-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    people_add(g->db, g->clock, "zhao", "赵铁柱", ROLE_MASTER, "$argon2id$none", &g->master,
               &error);
    people_add(g->db, g->clock, "chen", "陈静", ROLE_LEARNER, "$argon2id$none", &g->chen, &error);
    g->guest = (person){0};
    school_course_add(g->db, g->clock, "焊工", "", g->master.id, &rule, &g->course, &error);
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

/* What is listed under these words: one course, or false. */
static bool find(ground *g, const char *asked, listing *is)
{
    g_autoptr(GError) error = NULL;
    catalogue_query wanted = {.asked = asked,
                              .occupation = "",
                              .level = "",
                              .tag = "",
                              .module = "",
                              .sort = CATALOGUE_LIKE,
                              .limit = 10};
    g_autoptr(GArray) found = catalogue_find(g->db, &wanted, &error);
    g_assert_no_error(error);
    if (found->len)
        *is = g_array_index(found, listing, 0);
    return found->len == 1;
}

static void a_course_is_listed_with_its_lessons_and_their_length(ground *g, gconstpointer unused)
{
    (void)unused;
    listing is;
    school_lesson lesson;
    g_assert_true(find(g, "hangong", &is));
    g_assert_cmpint(is.lessons, ==, 0);
    g_assert_cmpstr(is.master_name, ==, "赵铁柱");
    school_lesson_add(g->db, g->course.id, "平角焊", "titletitle22", "class2345abc", 0, &lesson,
                      NULL);
    g_assert_true(find(g, "平角", &is));
    g_assert_cmpint(is.lessons, ==, 1);
    g_assert_cmpstr(is.cover_title, ==, "titletitle22");
    g_assert_true(school_title_ended(g->db, "titletitle22", 90 * 60000, NULL));
    g_assert_true(find(g, "焊工", &is));
    g_assert_cmpint(is.minutes, ==, 90);
    g_assert_cmpint(is.hours_tenths, ==, 20);
}

static void a_draft_is_not_listed(ground *g, gconstpointer unused)
{
    (void)unused;
    listing is;
    school_course draft;
    const school_rule rule = {.coverage_permille = 900};
    g_assert_true(school_draft_add(g->db, g->clock, "电工", "", g->master.id, &rule, &draft, NULL));
    g_assert_false(find(g, "电工", &is));
}

static void a_catalogue_of_another_version_is_made_anew(ground *g, gconstpointer unused)
{
    (void)unused;
    listing is;
    bool outdated;
    g_assert_true(records_run(g->db, NULL, SQL_LISTING_VERSION_PUT, "i", (int64_t)0));
    g_assert_true(listing_drop(g->db, g->course.id, NULL));
    g_assert_false(find(g, "焊", &is));
    g_assert_true(listing_rebuild(g->db, NULL));
    g_assert_true(find(g, "焊", &is));
    g_assert_true(catalogue_outdated(g->db, &outdated, NULL) && !outdated);
}

static void give_handout(ground *g)
{
    g_autoptr(GError) error = NULL;
    records_run(g->db, &error, SQL_LESSON_PUT, "ttitttiittitttt", "lessonaaaa22", g->course.id,
                (int64_t)1, "讲义", "", "", (int64_t)0, (int64_t)1, "", "document", (int64_t)1, "",
                "handoutaaa22", "", "");
    g_assert_no_error(error);
}

static void a_handout_is_read_by_whoever_may_watch(ground *g, gconstpointer unused)
{
    (void)unused;
    viewing_verdict verdict;
    const viewing enrolled = {.kind = VIEWING_ENROLLED};
    g_autoptr(GError) missing = NULL;
    g_assert_false(handout_viewing(g->db, &g->chen, "handoutaaa22", &verdict, &missing));
    g_assert_cmpstr(error_code(missing), ==, "handout_missing");
    give_handout(g);
    g_assert_true(handout_viewing(g->db, &g->guest, "handoutaaa22", &verdict, NULL));
    g_assert_cmpint(verdict.need, ==, NEED_NOTHING);
    g_assert_true(viewing_write(g->db, g->course.id, &enrolled, NULL));
    g_assert_true(handout_viewing(g->db, &g->guest, "handoutaaa22", &verdict, NULL));
    g_assert_cmpint(verdict.need, ==, NEED_SIGN_IN);
    g_assert_true(handout_viewing(g->db, &g->chen, "handoutaaa22", &verdict, NULL));
    g_assert_cmpint(verdict.need, ==, NEED_ENROL);
    g_assert_true(school_enrol(g->db, g->clock, g->chen.id, g->course.id, NULL));
    g_assert_true(handout_viewing(g->db, &g->chen, "handoutaaa22", &verdict, NULL));
    g_assert_cmpint(verdict.need, ==, NEED_NOTHING);
}

#define TEST(name, test) g_test_add(name, ground, NULL, set_up, test, tear_down)
int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/listing/a_course_is_listed_with_its_lessons_and_their_length",
         a_course_is_listed_with_its_lessons_and_their_length);
    TEST("/listing/a_draft_is_not_listed", a_draft_is_not_listed);
    TEST("/listing/a_catalogue_of_another_version_is_made_anew",
         a_catalogue_of_another_version_is_made_anew);
    TEST("/listing/a_handout_is_read_by_whoever_may_watch", a_handout_is_read_by_whoever_may_watch);
    return g_test_run();
}
