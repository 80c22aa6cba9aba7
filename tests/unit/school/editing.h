/* A database with a master, an editor and learners, and the words to draft and publish in a line. */
#ifndef TESTS_SCHOOL_EDITING_H
#define TESTS_SCHOOL_EDITING_H

#include <glib/gstdio.h>
#include <string.h>

#include "people/people.h"
#include "school/publish.h"

#define MINUTE 60000

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    person master, staff, learner;
    school_course course;
} ground;

static inline person add_person(ground *g, const char *login, const char *name, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, name, role, "$argon2id$none", &made, &error);
    g_assert_no_error(error);
    return made;
}

static inline void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule rule = {.coverage_permille = 900};
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("school-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->master = add_person(g, "master", "赵铁柱", ROLE_MASTER);
    g->staff = add_person(g, "staff", "何编辑", ROLE_STAFF);
    g->learner = add_person(g, "learner", "王建国", ROLE_LEARNER);
    school_draft_add(g->db, g->clock, "焊工", "", g->master.id, &rule, &g->course, &error);
    g_assert_no_error(error);
}

static inline void tear_down(ground *g, gconstpointer unused)
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

/* JSON with ' for ", in the shape of a draft. */
static inline json_t *draft_of(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    json_t *given = json_loads(quoted, 0, NULL);
    if (!given)
        g_error("no JSON: %s", quoted);
    json_t *made = draft_shape(given, &error);
    g_assert_no_error(error);
    json_decref(given);
    return made;
}

/* Every lesson's title is there; "t<minutes>..." has so many minutes and has ended, "live..." is a class to come. */
static inline draft_facts facts_of(const json_t *body)
{
    draft_facts facts = {.lessons = g_array_new(FALSE, TRUE, sizeof(lesson_facts))};
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    for (guint i = 0; i < lessons->len; i++) {
        const char *title = draft_word(lessons->pdata[i], "title_id"),
                   *class_id = draft_word(lessons->pdata[i], "class_id");
        lesson_facts is = {.found = true, .ready = true, .ended = !*class_id};
        is.content_ms = *title == 't' ? g_ascii_strtoll(title + 1, NULL, 10) * MINUTE : 0;
        is.planned_ms = *class_id ? 45 * (int64_t)MINUTE : 0;
        g_strlcpy(is.title_id, *class_id ? class_id : title, sizeof is.title_id);
        g_strlcpy(is.class_id, class_id, sizeof is.class_id);
        g_array_append_val(facts.lessons, is);
    }
    return facts;
}

/* Saves the document and publishes it: NULL, or the code it was refused with. */
static inline const char *publish(ground *g, const char *text)
{
    static char code[64];
    g_autoptr(GError) error = NULL;
    course_draft was, draft;
    json_t *body = draft_of(text);
    draft_facts facts = facts_of(body);
    g_assert_true(draft_read(g->db, &g->course, &was, NULL));
    g_assert_true(
        draft_save(g->db, g->clock, &g->course, was.edit, body, g->master.id, &draft, &error));
    g_assert_true(records_begin(g->db, NULL));
    bool good =
        course_publish(g->db, g->clock, &g->course, &draft, &facts, &g->staff, "说明", &error);
    if (good)
        g_assert_true(records_commit(g->db, NULL));
    else
        records_rollback(g->db);
    clock_advance_ms(g->clock, 1000);
    g_strlcpy(code, error ? error_code(error) : "", sizeof code);
    draft_facts_clear(&facts);
    course_draft_clear(&was);
    course_draft_clear(&draft);
    json_decref(body);
    return good ? NULL : code;
}

/* A course of one chapter with these lessons: "'id': ..., 'title_id': ...", each in braces. */
#define COURSE(lessons)                                                                            \
    "{'title': '焊工', 'chapters': [{'id': 'chapteraaaaa', 'title': '一', 'lessons': [" lessons    \
    "]}]}"
#define L(id, title_id) "{'id': '" id "', 'title': '课 " id "', 'title_id': '" title_id "'}"
#define ONE "lessonaaaaaa"
#define TWO "lessonbbbbbb"

static inline school_lesson lesson_of(ground *g, const char *id)
{
    school_lesson is;
    g_autoptr(GError) error = NULL;
    school_lesson_read(g->db, id, &is, &error);
    g_assert_no_error(error);
    return is;
}

static inline void assert_refused(const GError *error, error_kind kind, const char *code,
                                  const char *field)
{
    g_assert_true(error_is(error, kind));
    g_assert_cmpstr(error_code(error), ==, code);
    g_assert_cmpstr(error_field(error), ==, field);
}

#endif
