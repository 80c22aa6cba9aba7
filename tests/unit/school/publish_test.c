/* From a draft to what learners see, and what stays of what was before. */
#include "editing.h"
#include "school/handout.h"
#include "school/viewing.h"

static guint count_lessons(ground *g)
{
    g_autoptr(GArray) lessons = school_lessons(g->db, g->course.id, NULL);
    return lessons->len;
}

static void publishing_makes_the_document_the_course(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(
        g, "{'title': ' 焊工（初级） ', 'summary': '从安全到平焊', 'level': '5', 'tags': ['urgent',"
           " ' 热门 '], 'occupation': {'edition': '2022', 'code': '6-18-02-04'}, 'declared_hours':"
           " 1.5, 'hour_minutes': 30, 'rule': {'coverage_permille': 800, 'minutes': 40,"
           " 'general_max_permille': 500}, 'modules_required': ['safety'], 'free_until_ms': 77,"
           " 'viewing': {'who': 'enrolled'}, 'chapters': [{'title': '安全', 'lessons': [{'id':"
           " 'lessonaaaaaa', 'title': '防护', 'title_id': 't9', 'module': 'safety'}]}, {'title':"
           " '平焊', 'lessons': [{'id': 'lessonbbbbbb', 'title': '讲', 'kind': 'live', 'class_id':"
           " 'live1'}, {'title': '标准', 'kind': 'link', 'url': 'https://a.example/'}]}]}"));
    const school_course *is = &g->course;
    g_assert_cmpstr(is->title, ==, "焊工（初级）");
    g_assert_cmpint(is->state, ==, COURSE_PUBLISHED);
    g_assert_cmpint(is->version, ==, 1);
    g_assert_true(is->shown);
    g_assert_cmpstr(is->tags, ==, "urgent\n热门");
    g_assert_cmpint(is->declared_tenths, ==, 15);
    g_assert_cmpint(is->rule.minutes, ==, 40);
    g_assert_cmpuint(is->modules, ==, MODULE_BIT(MODULE_SAFETY));
    g_assert_cmpint(is->general_permille, ==, 500);
    g_assert_cmpint(is->free_until_ms, ==, 77);
    g_autoptr(GArray) chapters = school_chapters(g->db, is->id, NULL);
    g_assert_cmpuint(chapters->len, ==, 2);
    school_lesson first = lesson_of(g, ONE), second = lesson_of(g, TWO);
    g_assert_cmpint(first.content_ms, ==, 9 * MINUTE);
    g_assert_cmpint(first.module, ==, MODULE_SAFETY);
    g_assert_true(first.ended && !second.ended);
    g_assert_cmpint(second.position, ==, 2);
    g_assert_cmpstr(second.class_id, ==, "live1");
    g_assert_cmpstr(second.chapter_id, ==, g_array_index(chapters, school_chapter, 1).id);
    viewing right;
    g_assert_true(viewing_read(g->db, is->id, &right, NULL));
    g_assert_cmpint(right.kind, ==, VIEWING_ENROLLED);
}

static void a_draft_with_a_problem_changes_nothing(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_cmpstr(publish(g, "{'title': '别的'}"), ==, "no_lessons");
    g_assert_cmpstr(publish(g, "{'title': '焊工', 'declared_hours': 1, 'chapters': [{'lessons': ["
                               "{'title': '一', 'title_id': 't44'}]}]}"),
                    ==, "hours_over_declared");
    school_course is;
    g_assert_true(school_course_read(g->db, g->course.id, &is, NULL));
    g_assert_cmpstr(is.title, ==, "焊工");
    g_assert_cmpint(is.version, ==, 1);
    g_assert_cmpuint(count_lessons(g), ==, 1);
}

static void another_title_makes_the_next_version_of_a_lesson(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9") ", " L(TWO, "t5"))));
    g_assert_null(publish(g, COURSE(L(TWO, "t5") ", " L(ONE, "t8"))));
    school_lesson one = lesson_of(g, ONE), two = lesson_of(g, TWO);
    g_assert_cmpint(one.version, ==, 2);
    g_assert_cmpint(one.position, ==, 2);
    g_assert_cmpint(one.content_ms, ==, 8 * MINUTE);
    g_assert_cmpint(two.version, ==, 1);
    g_autoptr(GArray) pasts = school_lesson_pasts(g->db, ONE, NULL);
    g_assert_cmpuint(pasts->len, ==, 1);
    const lesson_past *past = &g_array_index(pasts, lesson_past, 0);
    g_assert_cmpstr(past->title_id, ==, "t9");
    g_assert_cmpint(past->version, ==, 1);
    g_assert_cmpint(past->content_ms, ==, 9 * MINUTE);
    g_assert_true(past->ended);
    g_autoptr(GArray) old = school_lessons_of_title(g->db, "t9", NULL);
    g_assert_cmpuint(old->len, ==, 1);
    g_assert_cmpstr(g_array_index(old, school_lesson, 0).id, ==, ONE);
}

static void two_lessons_may_change_titles(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9") ", " L(TWO, "t5"))));
    g_assert_null(publish(g, COURSE(L(ONE, "t5") ", " L(TWO, "t9"))));
    g_assert_cmpint(lesson_of(g, ONE).version, ==, 2);
    g_assert_cmpint(lesson_of(g, TWO).version, ==, 2);
    g_assert_null(publish(g, COURSE(L(ONE, "t9") ", " L(TWO, "t5"))));
    g_assert_cmpint(lesson_of(g, ONE).version, ==, 3);
}

static void words_alone_make_no_version_of_a_lesson(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_null(publish(g, "{'title': '焊工', 'chapters': [{'lessons': [{'id': 'lessonaaaaaa',"
                             " 'title': '新名', 'title_id': 't9', 'module': 'law'}]}]}"));
    school_lesson one = lesson_of(g, ONE);
    g_assert_cmpint(one.version, ==, 1);
    g_assert_cmpstr(one.title, ==, "新名");
    g_assert_cmpint(g->course.version, ==, 2);
}

static void a_lesson_that_left_is_missing_and_may_come_back(ground *g, gconstpointer unused)
{
    (void)unused;
    school_lesson is;
    g_autoptr(GError) error = NULL;
    g_assert_null(publish(g, COURSE(L(ONE, "t9") ", " L(TWO, "t5"))));
    g_assert_null(publish(g, COURSE(L(TWO, "t5"))));
    g_assert_false(school_lesson_read(g->db, ONE, &is, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_autoptr(GArray) of_title = school_lessons_of_title(g->db, "t9", NULL);
    g_assert_cmpuint(of_title->len, ==, 0);
    g_assert_null(publish(g, COURSE(L(TWO, "t5") ", " L(ONE, "t9"))));
    g_assert_cmpint(lesson_of(g, ONE).version, ==, 1);
    g_assert_cmpint(lesson_of(g, ONE).position, ==, 2);
}

static void a_lesson_may_become_a_document_and_back(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char document[] = COURSE(L(TWO, "t5") ", {'id': 'lessonaaaaaa', 'title': '书',"
                                                       " 'kind': 'document', 'handout_id': 'h1'}");
    g_assert_null(publish(g, COURSE(L(TWO, "t5") ", " L(ONE, "t9"))));
    g_assert_null(publish(g, document));
    school_lesson is = lesson_of(g, ONE);
    g_assert_cmpint(is.version, ==, 2);
    g_assert_cmpstr(is.title_id, ==, "");
    g_assert_cmpstr(is.handout_id, ==, "h1");
    g_assert_true(is.ended);
    g_assert_null(publish(g, COURSE(L(TWO, "t5") ", " L(ONE, "t9"))));
    g_assert_cmpint(lesson_of(g, ONE).version, ==, 3);
    g_autoptr(GArray) pasts = school_lesson_pasts(g->db, ONE, NULL);
    g_assert_cmpuint(pasts->len, ==, 1);
}

static void a_lesson_of_another_course_is_not_taken(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule rule = {.coverage_permille = 900};
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    school_draft_add(g->db, g->clock, "另一门", "", g->master.id, &rule, &g->course, NULL);
    g_assert_cmpstr(publish(g, COURSE(L(ONE, "t9"))), ==, "lesson_id_taken");
    g_assert_null(publish(g, COURSE(L(TWO, "t9"))));
}

static void an_end_that_comes_late_reaches_every_version(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE("{'id': 'lessonaaaaaa', 'title': '讲', 'kind': 'live',"
                                    " 'class_id': 'live1'}")));
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(school_title_ended(g->db, "live1", 7 * MINUTE, NULL));
    g_autoptr(GArray) pasts = school_lesson_pasts(g->db, ONE, NULL);
    const lesson_past *past = &g_array_index(pasts, lesson_past, 0);
    g_assert_true(past->ended);
    g_assert_cmpint(past->content_ms, ==, 7 * MINUTE);
    int64_t content_ms = 0;
    g_assert_true(school_title_end(g->db, "live1", &content_ms, NULL));
    g_assert_cmpint(content_ms, ==, 7 * MINUTE);
    g_assert_false(school_title_end(g->db, "unknown", &content_ms, NULL));
}

static void every_version_is_kept_as_it_was_published(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_null(publish(g, COURSE(L(ONE, "t8") ", " L(TWO, "t7"))));
    g_autoptr(GArray) versions = course_versions(g->db, g->course.id, NULL);
    g_assert_cmpuint(versions->len, ==, 2);
    const course_version *newest = &g_array_index(versions, course_version, 0);
    g_assert_cmpint(newest->version, ==, 2);
    g_assert_cmpint(newest->lessons, ==, 2);
    g_assert_cmpint(newest->minutes, ==, 15);
    g_assert_cmpstr(newest->by_name, ==, "何编辑");
    g_assert_cmpstr(newest->note, ==, "说明");
    json_t *first = course_version_body(g->db, g->course.id, 1, &error);
    g_autoptr(GPtrArray) lessons = draft_lessons(first);
    g_assert_cmpuint(lessons->len, ==, 1);
    g_assert_cmpstr(draft_word(lessons->pdata[0], "title_id"), ==, "t9");
    json_decref(first);
    g_assert_null(course_version_body(g->db, g->course.id, 3, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

static void a_review_given_back_says_why_until_it_is_submitted_again(ground *g,
                                                                     gconstpointer unused)
{
    (void)unused;
    course_review review;
    g_autoptr(GError) error = NULL;
    g_assert_false(course_reject(g->db, g->clock, &g->course, &g->staff, "太短", &error));
    assert_refused(error, ERROR_CONFLICT, "course_state", NULL);
    g_clear_error(&error);
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_SUBMIT, NULL));
    g_assert_false(course_reject(g->db, g->clock, &g->course, &g->staff, " ", &error));
    assert_refused(error, ERROR_INPUT, "too_short", "reason");
    g_assert_true(course_reject(g->db, g->clock, &g->course, &g->staff, "太短", NULL));
    g_assert_cmpint(g->course.state, ==, COURSE_DRAFT);
    g_assert_true(course_review_read(g->db, g->course.id, &review, NULL));
    g_assert_cmpstr(review.reason, ==, "太短");
    g_assert_cmpstr(review.by_name, ==, "何编辑");
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_SUBMIT, NULL));
    g_assert_false(course_review_read(g->db, g->course.id, &review, NULL));
}

static void a_published_course_in_review_is_still_shown(ground *g, gconstpointer unused)
{
    (void)unused;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_SUBMIT, NULL));
    school_course is;
    g_assert_true(school_course_read(g->db, g->course.id, &is, NULL));
    g_assert_true(is.shown);
    g_assert_cmpint(is.state, ==, COURSE_IN_REVIEW);
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_WITHDRAW, NULL));
    g_assert_cmpint(g->course.state, ==, COURSE_PUBLISHED);
}

static void nobody_enrols_in_what_is_not_shown_but_who_is_enrolled_stays(ground *g,
                                                                         gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    person late = add_person(g, "late", "晚来", ROLE_LEARNER);
    g_assert_false(school_enrol(g->db, g->clock, g->learner.id, g->course.id, &error));
    assert_refused(error, ERROR_CONFLICT, "course_closed", NULL);
    g_clear_error(&error);
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, g->course.id, NULL));
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_RETIRE, NULL));
    g_assert_false(school_enrol(g->db, g->clock, late.id, g->course.id, &error));
    g_assert_true(school_enrol_by_title(g->db, g->clock, late.id, "t9", NULL));
    g_assert_false(school_enrolment(g->db, late.id, g->course.id, NULL, NULL, NULL));
    g_assert_true(school_enrolment(g->db, g->learner.id, g->course.id, NULL, NULL, NULL));
    bool shown;
    g_assert_true(viewing_shows_course(g->db, &g->learner, &g->course, &shown, NULL) && shown);
    g_assert_true(viewing_shows_course(g->db, &late, &g->course, &shown, NULL) && !shown);
}

static void a_title_of_a_hidden_course_is_missing_for_all_but_its_people(ground *g,
                                                                         gconstpointer unused)
{
    (void)unused;
    viewing_verdict verdict;
    g_autoptr(GError) error = NULL;
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_RETIRE, NULL));
    g_assert_false(viewing_of_title(g->db, &g->learner, "t9", 0, &verdict, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_assert_true(viewing_of_title(g->db, &g->staff, "t9", 0, &verdict, NULL));
    g_assert_true(viewing_of_title(g->db, &g->master, "t9", 0, &verdict, NULL));
    g_assert_cmpint(verdict.need, ==, NEED_NOTHING);
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    g_assert_true(viewing_of_title(g->db, &g->learner, "t9", 0, &verdict, NULL));
}

static void the_hour_is_frozen_with_the_enrolment(ground *g, gconstpointer unused)
{
    (void)unused;
    int32_t hour = 0;
    g_assert_null(publish(g, "{'title': '焊工', 'hour_minutes': 30, 'chapters': [{'lessons': ["
                             "{'title': '一', 'title_id': 't9'}]}]}"));
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, g->course.id, NULL));
    g_assert_null(publish(g, "{'title': '焊工', 'hour_minutes': 45, 'chapters': [{'lessons': ["
                             "{'title': '一', 'title_id': 't9'}]}]}"));
    g_assert_true(school_enrolment_hour(g->db, g->learner.id, g->course.id, &hour, NULL));
    g_assert_cmpint(hour, ==, 30);
    g_assert_cmpint(g->course.hour_minutes, ==, 45);
    hour = 7;
    g_assert_true(school_enrolment_hour(g->db, g->staff.id, g->course.id, &hour, NULL));
    g_assert_cmpint(hour, ==, 7);
}

#define MASTER(proof)                                                                              \
    "{'title': '焊工', 'masters': [{'name': '王', 'kind': 'heritage', 'proof': '" proof            \
    "'}], 'chapters': [{'lessons': [{'id': 'lessonaaaaaa', 'title': '一', 'title_id': 't9'}]}]}"

static course_master only_master(ground *g)
{
    g_autoptr(GArray) masters = course_masters(g->db, g->course.id, NULL);
    g_assert_cmpuint(masters->len, ==, 1);
    return g_array_index(masters, course_master, 0);
}

static void a_proof_counts_as_checked_until_a_word_of_it_changes(ground *g, gconstpointer unused)
{
    (void)unused;
    json_t *draft = draft_of(MASTER("证书 1"));
    const json_t *master = json_array_get(json_object_get(draft, "masters"), 0);
    g_assert_null(publish(g, MASTER("证书 1")));
    g_assert_cmpint(only_master(g).checked_ms, ==, 0);
    for (int i = 0; i < 2; i++)
        g_assert_true(proof_check(g->db, g->clock, g->course.id, master, true, &g->staff, NULL));
    g_assert_cmpint(only_master(g).checked_ms, >, 0);
    g_assert_cmpstr(only_master(g).checked_by, ==, "何编辑");
    g_assert_null(publish(g, MASTER("证书 2")));
    g_assert_cmpint(only_master(g).checked_ms, ==, 0);
    g_assert_null(publish(g, MASTER("证书 1")));
    g_assert_cmpint(only_master(g).checked_ms, >, 0);
    g_assert_true(proof_check(g->db, g->clock, g->course.id, master, false, &g->staff, NULL));
    g_assert_cmpint(only_master(g).checked_ms, ==, 0);
    json_decref(draft);
}

static void editors_find_courses_by_owner_and_state(ground *g, gconstpointer unused)
{
    (void)unused;
    const course_state draft = COURSE_DRAFT, published = COURSE_PUBLISHED;
    static const school_rule rule = {.coverage_permille = 900};
    school_course other;
    char next[33];
    person second = add_person(g, "second", "钱", ROLE_MASTER);
    g_assert_null(publish(g, COURSE(L(ONE, "t9"))));
    school_draft_add(g->db, g->clock, "另一门", "", second.id, &rule, &other, NULL);
    const struct {
        int64_t owner;
        const course_state *state;
        guint count;
    } table[] = {{0, NULL, 2},          {0, &draft, 1},         {0, &published, 1},
                 {second.id, NULL, 1},  {second.id, &draft, 1}, {second.id, &published, 0},
                 {g->staff.id, NULL, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const school_course_search search = {
            .owner = table[i].owner, .state = table[i].state, .limit = COURSES_MAX};
        g_autoptr(GArray) list = school_courses_of(g->db, &search, next, NULL);
        g_assert_cmpuint(list->len, ==, table[i].count);
        g_assert_cmpstr(next, ==, "");
    }
    g_autoptr(GArray) shown = school_courses(g->db, COURSES_MAX, NULL);
    g_assert_cmpuint(shown->len, ==, 1);
}

static bool reads(ground *g, const person *who)
{
    viewing_verdict verdict;
    g_autoptr(GError) error = NULL;
    bool known = handout_viewing(g->db, who, "handoutaaaaa", &verdict, &error);
    g_assert_true(known || error_is(error, ERROR_MISSING));
    return known && verdict.need == NEED_NOTHING;
}

/* As the course itself is: those who are enrolled learn on. */
static void the_handouts_of_a_retired_course_stay_with_its_learners(ground *g, gconstpointer unused)
{
    (void)unused;
    person other = add_person(g, "other", "旁人", ROLE_LEARNER);
    g_assert_null(publish(g, COURSE(L(ONE, "t9") ", {'title': '书', 'kind': 'document',"
                                                 " 'handout_id': 'handoutaaaaa'}")));
    g_assert_true(school_enrol(g->db, g->clock, g->learner.id, g->course.id, NULL));
    g_assert_true(reads(g, &other));
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_RETIRE, NULL));
    g_assert_true(reads(g, &g->learner));
    g_assert_true(reads(g, &g->master));
    g_assert_false(reads(g, &other));
}

/* How many courses there are when they are read so many at a time; each is met once, from the newest on. */
static guint read_in_pages(ground *g, school_course_search search, int limit)
{
    char next[33] = "", newest[33] = "";
    int64_t before_ms = G_MAXINT64;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    do {
        g_autoptr(GError) error = NULL;
        g_strlcpy(newest, next, sizeof newest);
        search.after = newest;
        search.limit = limit;
        g_autoptr(GArray) page = school_courses_of(g->db, &search, next, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(page->len, <=, (guint)limit);
        for (guint i = 0; i < page->len; i++) {
            const school_course *is = &g_array_index(page, school_course, i);
            g_assert_true(g_hash_table_add(seen, g_strdup(is->id)));
            g_assert_cmpint(is->created_ms, <=, before_ms);
            before_ms = is->created_ms;
        }
    } while (*next);
    return g_hash_table_size(seen);
}

static void every_course_is_met_once_page_by_page(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule rule = {.coverage_permille = 900};
    const course_state draft = COURSE_DRAFT, published = COURSE_PUBLISHED;
    g_autoptr(GError) error = NULL;
    char next[33];
    school_course made;
    for (int i = 0; i < 22; i++) { /* some of them at the same moment */
        school_draft_add(g->db, g->clock, "又一门", "", g->master.id, &rule, &made, NULL);
        clock_advance_ms(g->clock, i % 3 == 0 ? 0 : 1);
    }
    g_assert_cmpuint(read_in_pages(g, (school_course_search){0}, 5), ==, 23);
    g_assert_cmpuint(read_in_pages(g, (school_course_search){.owner = g->master.id}, 23), ==, 23);
    g_assert_cmpuint(read_in_pages(g, (school_course_search){.state = &draft}, 1), ==, 23);
    g_assert_cmpuint(read_in_pages(g, (school_course_search){.state = &published}, 5), ==, 0);
    const school_course_search lost = {.after = "nosuchcourse", .limit = 5};
    g_assert_null(school_courses_of(g->db, &lost, next, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
}

#define ADD(name) g_test_add("/publish/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(publishing_makes_the_document_the_course);
    ADD(a_draft_with_a_problem_changes_nothing);
    ADD(another_title_makes_the_next_version_of_a_lesson);
    ADD(two_lessons_may_change_titles);
    ADD(words_alone_make_no_version_of_a_lesson);
    ADD(a_lesson_that_left_is_missing_and_may_come_back);
    ADD(a_lesson_may_become_a_document_and_back);
    ADD(a_lesson_of_another_course_is_not_taken);
    ADD(an_end_that_comes_late_reaches_every_version);
    ADD(every_version_is_kept_as_it_was_published);
    ADD(a_review_given_back_says_why_until_it_is_submitted_again);
    ADD(a_published_course_in_review_is_still_shown);
    ADD(nobody_enrols_in_what_is_not_shown_but_who_is_enrolled_stays);
    ADD(a_title_of_a_hidden_course_is_missing_for_all_but_its_people);
    ADD(the_hour_is_frozen_with_the_enrolment);
    ADD(a_proof_counts_as_checked_until_a_word_of_it_changes);
    ADD(editors_find_courses_by_owner_and_state);
    ADD(the_handouts_of_a_retired_course_stay_with_its_learners);
    ADD(every_course_is_met_once_page_by_page);
    return g_test_run();
}
