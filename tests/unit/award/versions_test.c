/* What a learner has of a lesson whose title was replaced: old completions stay, certificates do not change. */
#include <glib/gstdio.h>
#include <string.h>

#include "award/award.h"
#include "ledger/ledger.h"
#include "people/people.h"
#include "school/publish.h"

#define MINUTE 60000
#define ISSUER "江城技师学院"
#define LESSON "lessonaaaaaa"

typedef struct {
    char *folder, *path;
    base_clock *clock;
    records *db;
    ledger *book;
    person staff, early, late;
    school_course course;
} ground;

static person add_person(ground *g, const char *login, person_role role)
{
    person made;
    g_autoptr(GError) error = NULL;
    people_add(g->db, g->clock, login, "王建国", role, "$argon2id$none", &made, &error);
    g_assert_no_error(error);
    return made;
}

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    static const school_rule rule = {.coverage_permille = 900};
    g_autoptr(GError) error = NULL;
    g->folder = g_dir_make_tmp("versions-XXXXXX", NULL);
    g->path = g_build_filename(g->folder, "t.db", NULL);
    g->clock = clock_new_fake(1000, 1772300000000);
    g->db = records_open(g->path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g->book = ledger_new(g->clock);
    g->staff = add_person(g, "staff", ROLE_STAFF);
    g->early = add_person(g, "early", ROLE_LEARNER);
    g->late = add_person(g, "late", ROLE_LEARNER);
    school_draft_add(g->db, g->clock, "焊工", "", g->staff.id, &rule, &g->course, &error);
    g_assert_no_error(error);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    ledger_free(g->book);
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

typedef struct {
    const char *title_id;
    int minutes; /* 0: a class to come */
} source;

static const source first = {"first", 4}, second = {"second", 3}, third = {"third", 2},
                    class_to_come = {"classtitle", 0};

static void add_to(json_t *lessons, draft_facts *facts, const char *id, const source *from)
{
    lesson_facts is = {.found = true,
                       .ready = true,
                       .ended = from->minutes > 0,
                       .content_ms = from->minutes * (int64_t)MINUTE};
    bool live = from->minutes == 0;
    g_strlcpy(is.title_id, from->title_id, sizeof is.title_id);
    g_strlcpy(is.class_id, live ? "class2345abc" : "", sizeof is.class_id);
    g_array_append_val(facts->lessons, is);
    json_array_append_new(lessons, json_pack("{s:s, s:s, s:s, s:s}", "id", id, "title", "一课",
                                             "kind", live ? "live" : "video",
                                             live ? "class_id" : "title_id", from->title_id));
}

/* The course has LESSON made of `from`, and another lesson of `beside` when there is one. */
static void publish_with(ground *g, const source *from, const source *beside, int minutes)
{
    draft_facts facts = {.lessons = g_array_new(FALSE, TRUE, sizeof(lesson_facts))};
    g_autoptr(GError) error = NULL;
    course_draft was, draft;
    json_t *lessons = json_array();
    add_to(lessons, &facts, LESSON, from);
    if (beside)
        add_to(lessons, &facts, "lessonbbbbbb", beside);
    json_t *given =
        json_pack("{s:s, s:{s:i, s:i}, s:[{s:o}]}", "title", "焊工", "rule", "coverage_permille",
                  900, "minutes", minutes, "chapters", "lessons", lessons);
    json_t *body = draft_shape(given, &error);
    g_assert_true(draft_read(g->db, &g->course, &was, NULL));
    draft_save(g->db, g->clock, &g->course, was.edit, body, g->staff.id, &draft, &error);
    g_assert_no_error(error);
    course_publish(g->db, g->clock, &g->course, &draft, &facts, &g->staff, "", &error);
    g_assert_no_error(error);
    course_draft_clear(&was);
    course_draft_clear(&draft);
    draft_facts_clear(&facts);
    json_decref(given);
    json_decref(body);
}

static void publish(ground *g, const source *from)
{
    publish_with(g, from, NULL, 0);
}

/* Watches [from_ms, to_ms) honestly and flushes. */
static void learn(ground *g, const person *who, const source *of, int64_t from_ms, int64_t to_ms)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) content = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    const ledger_span whole = {0, MAX(of->minutes * (int64_t)MINUTE, to_ms)};
    ledger_title title = {.ended = true, .content = content};
    ledger_lease lease;
    g_array_append_val(content, whole);
    g_strlcpy(title.title_id, of->title_id, sizeof title.title_id);
    g_assert_true(ledger_watch(g->book, g->db, who->id, &title, &lease, &error));
    ledger_beat beat = {.rate_permille = 1000, .visible = true, .playing = true, .to_ms = from_ms};
    g_strlcpy(beat.session, lease.session, sizeof beat.session);
    g_strlcpy(beat.nonce, lease.nonce, sizeof beat.nonce);
    while (beat.to_ms < to_ms) {
        ledger_verdict verdict;
        beat.seq++;
        beat.from_ms = beat.to_ms;
        beat.to_ms = MIN(beat.from_ms + LEDGER_INTERVAL_MS, to_ms);
        clock_advance_ms(g->clock, beat.to_ms - beat.from_ms);
        g_assert_true(
            ledger_judge(g->book, g->db, who->id, &title, content, &beat, &verdict, &error));
        g_strlcpy(beat.nonce, verdict.nonce, sizeof beat.nonce);
    }
    g_assert_true(ledger_flush(g->book, g->db, &error));
    g_assert_no_error(error);
    g_clear_pointer(&lease.covered, g_array_unref);
}

static void learn_all(ground *g, const person *who, const source *of)
{
    learn(g, who, of, 0, of->minutes * (int64_t)MINUTE);
}

static void enrol(ground *g, const person *who)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(school_enrol(g->db, g->clock, who->id, g->course.id, &error));
}

static award_lesson record_of(ground *g, const person *who)
{
    school_lesson lesson;
    award_lesson is;
    g_assert_true(school_lesson_read(g->db, LESSON, &lesson, NULL));
    g_assert_true(award_lesson_read(g->db, who->id, &lesson, &is, NULL));
    return is;
}

static award_standing standing_of(ground *g, const person *who)
{
    award_standing is;
    g_assert_true(award_stand(g->db, who->id, &g->course, &is, NULL));
    return is;
}

static guint issued_now(ground *g, const person *who, const source *of)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) made = award_consider(g->db, g->clock, who->id, of->title_id, ISSUER, &error);
    g_assert_no_error(error);
    return made->len;
}

static void who_completed_an_older_version_stays_complete(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    enrol(g, &g->late);
    learn_all(g, &g->early, &first);
    learn(g, &g->late, &first, 0, MINUTE);
    publish(g, &second);
    award_lesson early = record_of(g, &g->early), late = record_of(g, &g->late);
    g_assert_true(early.complete);
    g_assert_cmpint(early.version, ==, 1);
    g_assert_cmpint(early.content_ms, ==, 4 * MINUTE);
    g_assert_cmpint(early.credited_ms, ==, 4 * MINUTE);
    g_assert_false(late.complete);
    g_assert_cmpint(late.version, ==, 2);
    g_assert_cmpint(late.covered_ms, ==, 0);
    g_assert_cmpint(late.content_ms, ==, 3 * MINUTE);
    g_assert_true(standing_of(g, &g->early).eligible);
    g_assert_false(standing_of(g, &g->late).eligible);
    g_assert_cmpint(standing_of(g, &g->early).coverage_permille, ==, 1000);
}

static void who_did_not_has_the_new_one_to_learn(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->late);
    learn(g, &g->late, &first, 0, 3 * MINUTE);
    publish(g, &second);
    g_assert_cmpuint(issued_now(g, &g->late, &second), ==, 0);
    learn_all(g, &g->late, &second);
    g_assert_cmpint(record_of(g, &g->late).version, ==, 2);
    g_assert_cmpuint(issued_now(g, &g->late, &second), ==, 1);
}

static void an_older_version_may_still_be_completed(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    learn(g, &g->early, &first, 0, 2 * MINUTE);
    publish(g, &second);
    g_assert_cmpint(record_of(g, &g->early).version, ==, 2);
    learn(g, &g->early, &first, 2 * MINUTE, 4 * MINUTE);
    g_assert_cmpint(record_of(g, &g->early).version, ==, 1);
    g_assert_cmpuint(issued_now(g, &g->early, &first), ==, 1);
}

static void more_learning_never_makes_a_record_less(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    learn_all(g, &g->early, &first);
    publish(g, &second);
    publish(g, &third);
    int64_t credited_ms = standing_of(g, &g->early).credited_ms;
    for (int64_t ms = 0; ms < 2 * MINUTE; ms += 30000) {
        learn(g, &g->early, &third, ms, ms + 30000);
        award_standing now = standing_of(g, &g->early);
        g_assert_true(now.eligible);
        g_assert_cmpint(now.credited_ms, >=, credited_ms);
        credited_ms = now.credited_ms;
    }
    g_assert_cmpint(record_of(g, &g->early).version, ==, 1);
}

static void the_newer_of_two_complete_ones_counts_when_it_has_more(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &third);
    enrol(g, &g->early);
    learn_all(g, &g->early, &third);
    publish(g, &first);
    g_assert_cmpint(record_of(g, &g->early).version, ==, 1);
    learn_all(g, &g->early, &first);
    g_assert_cmpint(record_of(g, &g->early).version, ==, 2);
    g_assert_cmpint(standing_of(g, &g->early).credited_ms, ==, 4 * MINUTE);
}

static void a_title_that_comes_back_brings_its_record(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    learn(g, &g->early, &first, 0, 2 * MINUTE);
    publish(g, &second);
    publish(g, &first);
    award_lesson is = record_of(g, &g->early);
    g_assert_cmpint(is.version, ==, 3);
    g_assert_cmpint(is.covered_ms, ==, 2 * MINUTE);
    learn(g, &g->early, &first, 2 * MINUTE, 4 * MINUTE);
    g_assert_cmpint(record_of(g, &g->early).version, ==, 3);
    g_assert_cmpint(standing_of(g, &g->early).credited_ms, ==, 4 * MINUTE);
}

static void one_version_counts_and_not_the_sum_of_all(ground *g, gconstpointer unused)
{
    (void)unused;
    publish_with(g, &first, &third, 0);
    enrol(g, &g->early);
    learn_all(g, &g->early, &first);
    publish_with(g, &second, &third, 0);
    learn_all(g, &g->early, &second);
    award_standing is = standing_of(g, &g->early);
    g_assert_cmpint(is.credited_ms, ==, 4 * MINUTE);
    g_assert_cmpint(is.covered_ms, ==, 4 * MINUTE);
    g_assert_cmpint(is.content_ms, ==, 6 * MINUTE);
    g_assert_cmpint(is.coverage_permille, ==, 666);
    g_assert_false(is.eligible);
}

static void a_certificate_is_what_it_was_after_every_change(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    learn_all(g, &g->early, &first);
    g_assert_cmpuint(issued_now(g, &g->early, &first), ==, 1);
    award_certificate before, after;
    g_assert_true(award_of_course(g->db, g->early.id, g->course.id, &before, NULL));
    publish(g, &second);
    learn_all(g, &g->early, &second);
    g_assert_cmpuint(issued_now(g, &g->early, &second), ==, 0);
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_RETIRE, NULL));
    g_assert_cmpuint(issued_now(g, &g->early, &first), ==, 0);
    g_assert_true(award_of_course(g->db, g->early.id, g->course.id, &after, NULL));
    g_assert_cmpmem(&before, sizeof before, &after, sizeof after);
}

static void a_class_replaced_by_its_recording_keeps_who_was_there(ground *g, gconstpointer unused)
{
    (void)unused;
    const source given = {"classtitle", 3};
    publish(g, &class_to_come);
    enrol(g, &g->early);
    learn_all(g, &g->early, &given);
    g_assert_false(record_of(g, &g->early).complete);
    publish(g, &second);
    g_assert_false(record_of(g, &g->early).complete);
    g_assert_true(school_title_ended(g->db, "classtitle", 3 * MINUTE, NULL));
    g_assert_true(record_of(g, &g->early).complete);
    g_assert_cmpuint(issued_now(g, &g->early, &given), ==, 1);
}

static void a_retired_course_is_finished_by_who_is_enrolled(ground *g, gconstpointer unused)
{
    (void)unused;
    publish(g, &first);
    enrol(g, &g->early);
    g_assert_true(course_move(g->db, g->clock, &g->course, DEED_RETIRE, NULL));
    learn_all(g, &g->early, &first);
    g_assert_cmpuint(issued_now(g, &g->early, &first), ==, 1);
}

static void a_document_is_no_condition(ground *g, gconstpointer unused)
{
    (void)unused;
    static const char text[] =
        "{\"title\": \"焊工\", \"chapters\": [{\"lessons\": [{\"id\": \"" LESSON
        "\", \"title\": \"一\", \"title_id\": \"first\"}, {\"title\": \"书\", \"kind\":"
        " \"document\", \"handout_id\": \"h\"}]}]}";
    draft_facts facts = {.lessons = g_array_new(FALSE, TRUE, sizeof(lesson_facts))};
    g_autoptr(GError) error = NULL;
    course_draft draft;
    lesson_facts film = {.found = true, .ready = true, .ended = true, .content_ms = 4 * MINUTE},
                 book = {.found = true, .ready = true};
    g_strlcpy(film.title_id, "first", sizeof film.title_id);
    g_array_append_val(facts.lessons, film);
    g_array_append_val(facts.lessons, book);
    json_t *given = json_loads(text, 0, NULL), *body = draft_shape(given, NULL);
    g_assert_true(draft_save(g->db, g->clock, &g->course, 0, body, g->staff.id, &draft, &error));
    g_assert_true(
        course_publish(g->db, g->clock, &g->course, &draft, &facts, &g->staff, "", &error));
    enrol(g, &g->early);
    learn_all(g, &g->early, &first);
    g_assert_cmpint(standing_of(g, &g->early).lessons, ==, 1);
    g_assert_cmpuint(issued_now(g, &g->early, &first), ==, 1);
    course_draft_clear(&draft);
    draft_facts_clear(&facts);
    json_decref(given);
    json_decref(body);
}

#define ADD(name) g_test_add("/versions/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(who_completed_an_older_version_stays_complete);
    ADD(who_did_not_has_the_new_one_to_learn);
    ADD(an_older_version_may_still_be_completed);
    ADD(more_learning_never_makes_a_record_less);
    ADD(the_newer_of_two_complete_ones_counts_when_it_has_more);
    ADD(a_title_that_comes_back_brings_its_record);
    ADD(one_version_counts_and_not_the_sum_of_all);
    ADD(a_certificate_is_what_it_was_after_every_change);
    ADD(a_class_replaced_by_its_recording_keeps_who_was_there);
    ADD(a_retired_course_is_finished_by_who_is_enrolled);
    ADD(a_document_is_no_condition);
    return g_test_run();
}
