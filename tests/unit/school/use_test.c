/* What is used by lessons and drafts on a real database. */
#include "school/use.h"

#include "editing.h"

static bool save(ground *g, const char *text)
{
    course_draft was, draft;
    json_t *body = draft_of(text);
    g_assert_true(draft_read(g->db, &g->course, &was, NULL));
    bool saved =
        draft_save(g->db, g->clock, &g->course, was.edit, body, g->master.id, &draft, NULL);
    json_decref(body);
    course_draft_clear(&was);
    course_draft_clear(&draft);
    return saved;
}

static GArray *uses_of(ground *g, const char *title_id)
{
    g_autoptr(GError) error = NULL;
    GArray *uses = school_uses(g->db, title_id, "", &error);
    g_assert_no_error(error);
    return uses;
}

/* "-": unused; "lesson", "draft": who has it first. */
static void assert_use(ground *g, const char *title_id, const char *wanted)
{
    g_autoptr(GArray) uses = uses_of(g, title_id);
    const char *is = uses->len == 0                             ? "-"
                     : g_array_index(uses, school_use, 0).draft ? "draft"
                                                                : "lesson";
    g_assert_cmpstr(is, ==, wanted);
    g_assert_cmpuint(uses->len, <=, 1);
}

static void a_draft_has_what_it_holds_now_and_nothing_it_held(ground *g, gconstpointer unused)
{
    (void)unused;
    assert_use(g, "t9", "-");
    g_assert_true(save(g, COURSE(L(ONE, "t9") "," L(TWO, "t8"))));
    assert_use(g, "t9", "draft");
    assert_use(g, "t8", "draft");
    g_assert_true(save(g, COURSE(L(TWO, "t8"))));
    assert_use(g, "t9", "-");
    assert_use(g, "t8", "draft");
}

static void fields_left_from_another_kind_hold_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_true(save(g, COURSE("{'kind': 'link', 'title_id': 't9', 'url': 'https://a.cn'},"
                                 "{'kind': 'video', 'title_id': 't8', 'asset_id': 'some'}")));
    assert_use(g, "t9", "-");
    assert_use(g, "t8", "-");
}

static void a_course_is_told_once_also_when_its_draft_has_it_too(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    assert_use(g, "t9", "lesson");
    g_assert_true(save(g, COURSE(L(ONE, "t9") "," L(TWO, "t8"))));
    assert_use(g, "t9", "lesson");
    assert_use(g, "t8", "draft");
}

static void what_somebody_learnt_from_stays_after_another_took_its_place(ground *g,
                                                                         gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_null(publish(g, COURSE(L(ONE, "t8"))));
    assert_use(g, "t9", "lesson");
}

static void what_came_into_a_course_beside_its_draft_is_the_drafts_too(ground *g,
                                                                       gconstpointer unused)
{
    (void)unused;
    school_lesson lesson;
    g_assert_true(save(g, COURSE(L(ONE, "t9"))));
    g_assert_true(school_lesson_add(g->db, g->course.id, "讲", "t7", NULL, MINUTE, &lesson, NULL));
    assert_use(g, "t7", "lesson");
    g_assert_true(records_run(g->db, NULL, SQL_LESSONS_LEAVE, "t", g->course.id));
    assert_use(g, "t7", "draft");
}

static void a_refusal_names_the_course_and_the_lesson(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_true(save(g, COURSE(L(ONE, "t9"))));
    g_autoptr(GArray) uses = uses_of(g, "t9");
    g_assert_false(school_unused(uses, "used", "in_draft", &error));
    assert_refused(error, ERROR_CONFLICT, "in_draft", NULL);
    g_assert_nonnull(strstr(error->message, "焊工"));
    g_assert_nonnull(strstr(error->message, "课 " ONE));
    g_autoptr(GArray) none = uses_of(g, "t8");
    g_assert_true(school_unused(none, "used", "in_draft", NULL));
}

#define ADD(name) g_test_add("/use/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_draft_has_what_it_holds_now_and_nothing_it_held);
    ADD(fields_left_from_another_kind_hold_nothing);
    ADD(a_course_is_told_once_also_when_its_draft_has_it_too);
    ADD(what_somebody_learnt_from_stays_after_another_took_its_place);
    ADD(what_came_into_a_course_beside_its_draft_is_the_drafts_too);
    ADD(a_refusal_names_the_course_and_the_lesson);
    return g_test_run();
}
