/* Whose the material of a lesson is, which course may show it, and what of a master's deeds waits for review. */
#include <glib/gstdio.h>
#include <string.h>

#include "api/course_right.h"
#include "api/sources.h"
#include "api/title_right.h"
#include "school/publish.h"
#include "transcode/asset.h"

#define FILM "filmfilm2345"
#define TAPE "tapetape2345" /* it came by no upload */

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person zhao, qian, staff;
    school_course zhaos, qians, house;
    int files;
} ground;

static person add_person(ground *g, const char *login, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, login, role, "x", &made, &error);
    g_assert_no_error(error);
    return made;
}

static school_course add_course(ground *g, const person *owner)
{
    static const school_rule rule = {.coverage_permille = 900};
    school_course made;
    g_autoptr(GError) error = NULL;
    school_course_add(g->db, g->clock, "焊工", "", owner->id, &rule, &made, &error);
    g_assert_no_error(error);
    return made;
}

/* A file that became a title. */
static void add_film(ground *g, const person *owner, const char *title_id)
{
    asset is = {.state = ASSET_READY, .name = "a.mp4", .duration_ms = 60000};
    g_autofree char *upload = g_strdup_printf("upload%d", ++g->files);
    school_id_new(is.id);
    g_strlcpy(is.title_id, title_id, sizeof is.title_id);
    g_assert_true(records_run(g->db, NULL, SQL_ASSET_ADD, "ttttitiit", is.id, upload, is.name,
                              "video", (int64_t)1, "00", owner->id, clock_utc_ms(g->clock),
                              "probing"));
    g_assert_true(asset_save(g->db, &is, NULL));
    g_assert_true(school_title_ended(g->db, title_id, 60000, NULL));
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("material-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1790000000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->zhao = add_person(g, "zhao", ROLE_MASTER);
    g->qian = add_person(g, "qian", ROLE_MASTER);
    g->staff = add_person(g, "staff", ROLE_STAFF);
    g->zhaos = add_course(g, &g->zhao);
    g->qians = add_course(g, &g->qian);
    g->house = add_course(g, &g->staff);
    g->files = 0;
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", g->folder);
    records_close(g->db);
    clock_free(g->clock);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(g->path);
    g_free(g->folder);
}

static int64_t owner_of(ground *g, const person *asks, const char *title_id)
{
    int64_t owner = -1;
    g_assert_true(title_owner(g->db, asks->id, title_id, &owner, NULL));
    return owner;
}

static void put(ground *g, const school_course *course, const char *title_id)
{
    school_lesson lesson;
    g_autoptr(GError) error = NULL;
    school_lesson_add(g->db, course->id, "一课", title_id, "", 60000, &lesson, &error);
    g_assert_no_error(error);
}

static bool keeps(ground *g, const person *who, const char *title_id)
{
    g_autoptr(GError) error = NULL;
    bool may = title_may_keep(g->db, who, title_id, &error);
    if (!may)
        g_assert_true(error_is(error, ERROR_DENIED));
    return may;
}

static void a_title_belongs_to_whoever_brought_its_file(ground *g, gconstpointer unused)
{
    (void)unused;
    add_film(g, &g->zhao, FILM);
    put(g, &g->qians, FILM);
    g_assert_cmpint(owner_of(g, &g->qian, FILM), ==, g->zhao.id);
    g_assert_cmpint(owner_of(g, &g->qian, "nosuchtitle2"), ==, 0);
    put(g, &g->zhaos, TAPE);
    put(g, &g->qians, TAPE);
    g_assert_cmpint(owner_of(g, &g->qian, TAPE), ==, g->qian.id);
    g_assert_cmpint(owner_of(g, &g->zhao, TAPE), ==, g->zhao.id);
    g_assert_cmpint(owner_of(g, &g->staff, TAPE), !=, 0);
}

static void a_class_is_its_masters_title(ground *g, gconstpointer unused)
{
    (void)unused;
    live_class made;
    g_assert_true(
        live_class_insert(g->db, g->clock, "讲", g->zhao.id, "zhao", "", 0, false, &made, NULL));
    put(g, &g->qians, made.title_id);
    g_assert_cmpint(owner_of(g, &g->qian, made.title_id), ==, g->zhao.id);
    g_assert_true(keeps(g, &g->zhao, made.title_id));
    g_assert_false(keeps(g, &g->qian, made.title_id));
}

/* Whoever put another's film into a course of theirs replaced its captions, too. */
static void leading_a_course_gives_no_right_to_another_masters_film(ground *g, gconstpointer unused)
{
    (void)unused;
    add_film(g, &g->zhao, FILM);
    put(g, &g->qians, FILM);
    g_assert_true(keeps(g, &g->zhao, FILM));
    g_assert_true(keeps(g, &g->staff, FILM));
    g_assert_false(keeps(g, &g->qian, FILM));
}

static void what_the_house_put_into_a_course_is_kept_by_its_master(ground *g, gconstpointer unused)
{
    (void)unused;
    add_film(g, &g->staff, FILM);
    g_assert_false(keeps(g, &g->qian, FILM));
    put(g, &g->qians, FILM);
    g_assert_true(keeps(g, &g->qian, FILM));
    g_assert_false(keeps(g, &g->zhao, FILM));
}

/* ---- a draft ---- */

static lesson_facts facts_of(ground *g, const person *who, const school_course *course,
                             const char *field, const char *id)
{
    draft_facts facts;
    g_autoptr(GError) error = NULL;
    json_t *body = json_pack("{s:[{s:[{s:s, s:s, s:s}]}]}", "chapters", "lessons", "title", "一",
                             "kind", strcmp(field, "class_id") == 0 ? "live" : "video", field, id);
    sources_read(g->db, who, course, body, &facts, &error);
    g_assert_no_error(error);
    lesson_facts is = g_array_index(facts.lessons, lesson_facts, 0);
    draft_facts_clear(&facts);
    json_decref(body);
    return is;
}

static void another_masters_film_is_foreign_to_a_draft_whoever_publishes(ground *g,
                                                                         gconstpointer unused)
{
    (void)unused;
    add_film(g, &g->zhao, FILM);
    asset is;
    bool found;
    g_assert_true(asset_of_title(g->db, FILM, &is, &found, NULL));
    const char *const by[][2] = {{"title_id", FILM}, {"asset_id", is.id}};
    for (guint i = 0; i < G_N_ELEMENTS(by); i++) {
        g_assert_true(facts_of(g, &g->staff, &g->qians, by[i][0], by[i][1]).foreign);
        g_assert_true(facts_of(g, &g->qian, &g->qians, by[i][0], by[i][1]).foreign);
        g_assert_false(facts_of(g, &g->zhao, &g->zhaos, by[i][0], by[i][1]).foreign);
        g_assert_false(facts_of(g, &g->staff, &g->zhaos, by[i][0], by[i][1]).foreign);
        g_assert_false(facts_of(g, &g->staff, &g->house, by[i][0], by[i][1]).foreign);
    }
    asset_clear(&is);
}

static void another_masters_class_is_foreign_to_a_draft_whoever_publishes(ground *g,
                                                                          gconstpointer unused)
{
    (void)unused;
    live_class made;
    g_assert_true(
        live_class_insert(g->db, g->clock, "讲", g->zhao.id, "zhao", "", 0, false, &made, NULL));
    g_assert_true(facts_of(g, &g->staff, &g->qians, "class_id", made.id).foreign);
    g_assert_true(facts_of(g, &g->staff, &g->qians, "title_id", made.title_id).foreign);
    g_assert_false(facts_of(g, &g->staff, &g->zhaos, "class_id", made.id).foreign);
}

static void what_is_the_houses_only_the_house_gives(ground *g, gconstpointer unused)
{
    (void)unused;
    add_film(g, &g->staff, FILM);
    g_assert_true(facts_of(g, &g->qian, &g->qians, "title_id", FILM).foreign);
    g_assert_false(facts_of(g, &g->staff, &g->qians, "title_id", FILM).foreign);
}

static draft_facts one_fact(bool found, bool ended, bool measured)
{
    draft_facts facts = {.lessons = g_array_new(FALSE, TRUE, sizeof(lesson_facts))};
    lesson_facts is = {.found = found, .ended = ended, .measured = measured, .ready = found};
    is.content_ms = ended ? 60000 : 0;
    g_strlcpy(is.title_id, TAPE, sizeof is.title_id);
    g_array_append_val(facts.lessons, is);
    return facts;
}

/* Between the two looks of a publication the film was deleted. */
static void of_a_first_look_only_what_was_measured_is_kept(ground *g, gconstpointer unused)
{
    (void)g, (void)unused;
    draft_facts now = one_fact(false, false, false), known = one_fact(true, true, false),
                measured = one_fact(true, true, true);
    sources_keep_measured(&now, &known);
    g_assert_false(g_array_index(now.lessons, lesson_facts, 0).found);
    sources_keep_measured(&now, &measured);
    g_assert_true(g_array_index(now.lessons, lesson_facts, 0).found);
    g_assert_cmpint(g_array_index(now.lessons, lesson_facts, 0).content_ms, ==, 60000);
    draft_facts_clear(&now);
    draft_facts_clear(&known);
    draft_facts_clear(&measured);
}

/* ---- review ---- */

static const char *take(ground *g, const person *who, const school_course *course,
                        const char *title_id)
{
    static char code[40];
    school_lesson made;
    g_autoptr(GError) error = NULL;
    const lesson_wish wish = {"一课", title_id, "", 60000};
    if (course_take_lesson(g->db, g->clock, who, course, &wish, &made, &error))
        return NULL;
    g_strlcpy(code, error_code(error), sizeof code);
    return code;
}

static guint count_lessons(ground *g, const school_course *course)
{
    g_autoptr(GArray) lessons = school_lessons(g->db, course->id, NULL);
    return lessons->len;
}

static guint count_drafted(ground *g, const school_course *course)
{
    course_draft draft;
    g_assert_true(draft_read(g->db, course, &draft, NULL));
    g_autoptr(GPtrArray) lessons = draft_lessons(draft.body);
    course_draft_clear(&draft);
    return lessons->len;
}

static void a_masters_lesson_of_a_published_course_waits_in_its_draft(ground *g,
                                                                      gconstpointer unused)
{
    (void)unused;
    g_assert_null(take(g, &g->zhao, &g->zhaos, FILM));
    g_assert_cmpuint(count_lessons(g, &g->zhaos), ==, 0);
    g_assert_cmpuint(count_drafted(g, &g->zhaos), ==, 1);
    g_assert_cmpstr(take(g, &g->zhao, &g->zhaos, FILM), ==, "title_in_course");
    g_assert_cmpstr(take(g, &g->qian, &g->zhaos, TAPE), ==, "not_yours");
    g_assert_null(take(g, &g->staff, &g->zhaos, TAPE));
    g_assert_cmpuint(count_lessons(g, &g->zhaos), ==, 1);
    g_assert_cmpuint(count_drafted(g, &g->zhaos), ==, 2);
}

static void a_master_changes_nothing_that_is_in_review(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule rule = {.coverage_permille = 900};
    school_course draft;
    g_assert_true(school_draft_add(g->db, g->clock, "电工", "", g->zhao.id, &rule, &draft, NULL));
    g_assert_null(take(g, &g->zhao, &draft, FILM));
    g_assert_cmpuint(count_lessons(g, &draft), ==, 1);
    g_assert_true(course_move(g->db, g->clock, &draft, DEED_SUBMIT, NULL));
    g_assert_cmpstr(take(g, &g->zhao, &draft, TAPE), ==, "in_review");
    g_assert_null(take(g, &g->staff, &draft, TAPE));
}

#define ADD(name) g_test_add("/material/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_title_belongs_to_whoever_brought_its_file);
    ADD(a_class_is_its_masters_title);
    ADD(leading_a_course_gives_no_right_to_another_masters_film);
    ADD(what_the_house_put_into_a_course_is_kept_by_its_master);
    ADD(another_masters_film_is_foreign_to_a_draft_whoever_publishes);
    ADD(another_masters_class_is_foreign_to_a_draft_whoever_publishes);
    ADD(what_is_the_houses_only_the_house_gives);
    ADD(of_a_first_look_only_what_was_measured_is_kept);
    ADD(a_masters_lesson_of_a_published_course_waits_in_its_draft);
    ADD(a_master_changes_nothing_that_is_in_review);
    return g_test_run();
}
