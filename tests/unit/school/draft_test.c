/* Drafts on a real database: who saves upon what, and what comes into the course beside them. */
#include "editing.h"
#include "school/viewing.h"

static course_draft read_draft(ground *g)
{
    course_draft draft;
    g_autoptr(GError) error = NULL;
    draft_read(g->db, &g->course, &draft, &error);
    g_assert_no_error(error);
    return draft;
}

static bool save(ground *g, int64_t edit, const char *text, GError **error)
{
    course_draft draft;
    json_t *body = draft_of(text);
    bool saved = draft_save(g->db, g->clock, &g->course, edit, body, g->master.id, &draft, error);
    json_decref(body);
    if (saved)
        course_draft_clear(&draft);
    return saved;
}

static void a_course_nobody_edited_has_a_draft_of_itself(ground *g, gconstpointer unused)
{
    (void)unused;
    school_lesson lesson;
    school_lesson_add(g->db, g->course.id, "第一课", "title1", NULL, 9 * MINUTE, &lesson, NULL);
    const viewing right = {.kind = VIEWING_ENROLLED};
    viewing_write(g->db, g->course.id, &right, NULL);
    course_draft draft = read_draft(g);
    g_assert_cmpint(draft.edit, ==, 0);
    g_assert_cmpint(draft.changed_ms, ==, 0);
    g_assert_cmpstr(draft_word(draft.body, "title"), ==, "焊工");
    g_assert_cmpstr(draft_word(json_object_get(draft.body, "viewing"), "who"), ==, "enrolled");
    g_autoptr(GPtrArray) lessons = draft_lessons(draft.body);
    g_assert_cmpuint(lessons->len, ==, 1);
    g_assert_cmpstr(draft_word(lessons->pdata[0], "id"), ==, lesson.id);
    g_assert_cmpstr(draft_word(lessons->pdata[0], "title_id"), ==, "title1");
    course_draft_clear(&draft);
}

static void every_save_raises_the_number_and_an_older_one_is_refused(ground *g,
                                                                     gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(save(g, 0, "{'title': 'a'}", &error));
    g_assert_true(save(g, 1, "{'title': 'b'}", &error));
    g_assert_false(save(g, 1, "{'title': 'c'}", &error));
    assert_refused(error, ERROR_CONFLICT, "edited_elsewhere", "edit");
    g_clear_error(&error);
    g_assert_false(save(g, 0, "{'title': 'c'}", &error));
    g_clear_error(&error);
    g_assert_false(save(g, 3, "{'title': 'c'}", &error));
    course_draft draft = read_draft(g);
    g_assert_cmpint(draft.edit, ==, 2);
    g_assert_cmpint(draft.changed_ms, ==, clock_utc_ms(g->clock));
    g_assert_cmpstr(draft_word(draft.body, "title"), ==, "b");
    course_draft_clear(&draft);
}

static void what_is_typed_reaches_no_learner(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(save(g, 1, "{'title': '改了'}", NULL));
    school_course course;
    g_assert_true(school_course_read(g->db, g->course.id, &course, NULL));
    g_assert_cmpstr(course.title, ==, "焊工");
    g_autoptr(GArray) lessons = school_lessons(g->db, g->course.id, NULL);
    g_assert_cmpuint(lessons->len, ==, 1);
}

static void a_course_nobody_has_seen_is_called_as_its_draft_is(ground *g, gconstpointer unused)
{
    (void)unused;
    static const struct {
        const char *draft, *title;
    } table[] = {{"{'title': '电工'}", "电工"},
                 {"{'title': ' '}", "电工"},
                 {"{'title': ' 钳工 '}", "钳工"},
                 {"{'title': 'a\\u0001'}", "钳工"}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        school_course is;
        g_assert_true(save(g, (int64_t)i, table[i].draft, NULL));
        g_assert_true(school_course_read(g->db, g->course.id, &is, NULL));
        g_assert_cmpstr(is.title, ==, table[i].title);
    }
}

static void a_document_over_its_bound_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *url = g_strnfill(LESSON_URL_MAX, 'x');
    GString *text = g_string_new("{'chapters': [{'lessons': [");
    for (int i = 0; i < LESSONS_MAX; i++)
        g_string_append_printf(text, "%s{'url': '%s'}", i ? "," : "", url);
    g_string_append(text, "]}]}");
    g_autoptr(GError) error = NULL;
    g_assert_false(save(g, 0, text->str, &error));
    assert_refused(error, ERROR_TOO_LARGE, "draft_too_large", "draft");
    g_string_free(text, TRUE);
}

static void a_lesson_added_beside_the_draft_stands_at_its_end(ground *g, gconstpointer unused)
{
    (void)unused;
    school_lesson lesson;
    g_autoptr(GError) error = NULL;
    g_assert_true(save(g, 0, COURSE(L(ONE, "t9")), NULL));
    g_assert_true(school_lesson_add(g->db, g->course.id, "讲", "classtitle", "class2345abc", 0,
                                    &lesson, NULL));
    g_assert_false(save(g, 1, "{}", &error));
    assert_refused(error, ERROR_CONFLICT, "edited_elsewhere", "edit");
    course_draft draft = read_draft(g);
    g_autoptr(GPtrArray) lessons = draft_lessons(draft.body);
    g_assert_cmpuint(lessons->len, ==, 2);
    g_assert_cmpstr(draft_word(lessons->pdata[1], "id"), ==, lesson.id);
    g_assert_cmpstr(draft_word(lessons->pdata[1], "kind"), ==, "live");
    g_assert_cmpstr(draft_word(lessons->pdata[1], "class_id"), ==, "class2345abc");
    course_draft_clear(&draft);
    g_assert_true(save(g, 2, "{}", NULL));
    g_assert_true(school_lesson_add(g->db, g->course.id, "讲", "other", NULL, 1, &lesson, NULL));
    draft = read_draft(g);
    g_autoptr(GPtrArray) again = draft_lessons(draft.body);
    g_assert_cmpuint(again->len, ==, 1);
    course_draft_clear(&draft);
}

static void a_right_chosen_beside_the_draft_is_not_undone_by_publishing(ground *g,
                                                                        gconstpointer unused)
{
    (void)unused;
    viewing right = {.kind = VIEWING_SIGNED_IN};
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(viewing_write(g->db, g->course.id, &right, NULL));
    g_assert_true(draft_follow_viewing(g->db, g->course.id, NULL));
    course_draft draft = read_draft(g);
    draft_facts facts = facts_of(draft.body);
    g_assert_true(course_publish(g->db, g->clock, &g->course, &draft, &facts, &g->staff, "", NULL));
    g_assert_true(viewing_read(g->db, g->course.id, &right, NULL));
    g_assert_cmpint(right.kind, ==, VIEWING_SIGNED_IN);
    draft_facts_clear(&facts);
    course_draft_clear(&draft);
}

static void what_is_proposed_changes_the_draft_alone(ground *g, gconstpointer unused)
{
    (void)unused;
    school_lesson made;
    g_autoptr(GError) error = NULL;
    viewing right = {.kind = VIEWING_ENROLLED};
    const lesson_wish wish = {"讲", "classtitle", "class2345abc", 0};
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(draft_propose_viewing(g->db, g->clock, &g->course, &right, g->master.id, NULL));
    g_assert_true(
        school_lesson_propose(g->db, g->clock, &g->course, &wish, g->master.id, &made, NULL));
    g_assert_false(
        school_lesson_propose(g->db, g->clock, &g->course, &wish, g->master.id, &made, &error));
    assert_refused(error, ERROR_CONFLICT, "title_in_course", "title_id");
    g_autoptr(GArray) lessons = school_lessons(g->db, g->course.id, NULL);
    g_assert_cmpuint(lessons->len, ==, 1);
    g_assert_true(viewing_read(g->db, g->course.id, &right, NULL));
    g_assert_cmpint(right.kind, ==, VIEWING_PUBLIC);
    course_draft draft = read_draft(g);
    g_autoptr(GPtrArray) drafted = draft_lessons(draft.body);
    g_assert_cmpint(draft.edit, ==, 3);
    g_assert_cmpuint(drafted->len, ==, 2);
    g_assert_cmpstr(draft_word(drafted->pdata[1], "class_id"), ==, "class2345abc");
    g_assert_cmpstr(draft_word(json_object_get(draft.body, "viewing"), "who"), ==, "enrolled");
    course_draft_clear(&draft);
    right = (viewing){.kind = VIEWING_INSTITUTION, .of = {.code = "nowhere"}};
    g_clear_error(&error);
    g_assert_false(
        draft_propose_viewing(g->db, g->clock, &g->course, &right, g->master.id, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

#define ADD(name) g_test_add("/draft/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_course_nobody_edited_has_a_draft_of_itself);
    ADD(every_save_raises_the_number_and_an_older_one_is_refused);
    ADD(what_is_typed_reaches_no_learner);
    ADD(a_course_nobody_has_seen_is_called_as_its_draft_is);
    ADD(a_document_over_its_bound_is_refused);
    ADD(a_lesson_added_beside_the_draft_stands_at_its_end);
    ADD(a_right_chosen_beside_the_draft_is_not_undone_by_publishing);
    ADD(what_is_proposed_changes_the_draft_alone);
    return g_test_run();
}
