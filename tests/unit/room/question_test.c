/* Questions in a real database: what they may become, and who finds what. */
#include "room/question.h"

#include <glib/gstdio.h>

#define TITLE "klmnopqrst45"

static records *db;
static int64_t now_ms;

static question_deed deed(int64_t person)
{
    now_ms++;
    question_deed by = {.at_ms = now_ms, .programme_ms = now_ms - 1, .person = person};
    g_snprintf(by.name, sizeof by.name, "人%d", (int)person);
    return by;
}

/* The code of the refusal; NULL: it was taken. */
static const char *code_of(bool good, GError **error)
{
    static char code[64];
    g_assert_true(good == (*error == NULL));
    if (good)
        return NULL;
    g_strlcpy(code, error_code(*error), sizeof code);
    g_clear_error(error);
    return code;
}

static const char *ask(int64_t person, const char *words, question *made)
{
    GError *error = NULL;
    question_deed by = deed(person);
    return code_of(question_ask(db, TITLE, &by, words, made, &error), &error);
}

static const char *vote(const question *of, int64_t person, bool up, question *is, bool *moved)
{
    GError *error = NULL;
    return code_of(question_vote(db, TITLE, of->id, person, up, is, moved, &error), &error);
}

static const char *answer(const question *of, const char *words, question *is)
{
    GError *error = NULL;
    question_deed by = deed(1);
    return code_of(question_answer(db, TITLE, of->id, &by, words, is, &error), &error);
}

static const char *take_away(const question *of, int64_t person, bool any)
{
    GError *error = NULL;
    question is;
    question_deed by = deed(person);
    return code_of(question_remove(db, TITLE, of->id, &by, any, &is, &error), &error);
}

static json_t *board(int64_t person, int64_t before)
{
    g_autoptr(GError) error = NULL;
    json_t *is = question_board(db, TITLE, person, before, &error);
    g_assert_no_error(error);
    return is;
}

static const json_t *row(const json_t *from, const char *list, gsize i)
{
    return json_array_get(json_object_get(from, list), i);
}

static gsize rows(const json_t *from, const char *list)
{
    return json_array_size(json_object_get(from, list));
}

static int64_t id_of(const json_t *row)
{
    return json_integer_value(json_object_get(row, "id"));
}

static void open_ones_stand_by_votes_and_then_by_time(void)
{
    question a, b, c, is;
    bool moved;
    ask(7, "一", &a);
    ask(8, "二", &b);
    ask(7, "三", &c);
    g_assert_null(vote(&c, 8, true, &is, &moved));
    g_assert_true(moved);
    g_assert_cmpint(is.votes, ==, 1);
    json_t *all = board(8, 0);
    g_assert_cmpint(id_of(row(all, "open", 0)), ==, c.id);
    g_assert_cmpint(id_of(row(all, "open", 1)), ==, a.id);
    g_assert_cmpint(id_of(row(all, "open", 2)), ==, b.id);
    g_assert_cmpuint(rows(all, "voted"), ==, 1);
    g_assert_cmpint(json_integer_value(row(all, "voted", 0)), ==, c.id);
    json_decref(all);
    all = board(9, 0);
    g_assert_cmpuint(rows(all, "voted"), ==, 0);
    json_decref(all);
}

static void a_vote_counts_once_and_can_be_taken_back(void)
{
    question a, is;
    bool moved;
    ask(7, "一", &a);
    for (int i = 0; i < 2; i++) {
        g_assert_null(vote(&a, 8, true, &is, &moved));
        g_assert_true(moved == (i == 0));
        g_assert_cmpint(is.votes, ==, 1);
    }
    for (int i = 0; i < 2; i++) {
        g_assert_null(vote(&a, 8, false, &is, &moved));
        g_assert_true(moved == (i == 0));
        g_assert_cmpint(is.votes, ==, 0);
    }
    g_assert_cmpstr(vote(&a, 7, true, &is, &moved), ==, "own_question");
    answer(&a, "", &is);
    g_assert_cmpstr(vote(&a, 8, true, &is, &moved), ==, "question_answered");
}

static void an_answer_has_both_times_may_be_bettered_and_taken_back(void)
{
    question a, is;
    GError *error = NULL;
    ask(7, "一", &a);
    g_assert_null(answer(&a, "", &is));
    g_assert_cmpint(is.closed.at_ms, ==, now_ms);
    g_assert_cmpint(is.closed.programme_ms, ==, now_ms - 1);
    g_assert_null(answer(&a, "先烘干", &is));
    json_t *all = board(0, 0);
    const json_t *given = json_object_get(row(all, "answered", 0), "answer");
    g_assert_cmpstr(json_string_value(json_object_get(given, "text")), ==, "先烘干");
    g_assert_cmpstr(json_string_value(json_object_get(given, "name")), ==, "人1");
    g_assert_cmpint(json_integer_value(json_object_get(given, "at_ms")), ==, now_ms);
    g_assert_cmpuint(rows(all, "open"), ==, 0);
    json_decref(all);
    g_assert_null(code_of(question_reopen(db, TITLE, a.id, &is, &error), &error));
    g_assert_cmpint(is.state, ==, QUESTION_OPEN);
    g_assert_cmpint(is.closed.at_ms, ==, 0);
}

static void one_withdraws_ones_own_open_question_and_nothing_else(void)
{
    question a, b, c, is;
    ask(7, "一", &a);
    ask(7, "二", &b);
    ask(7, "三", &c);
    answer(&b, "好", &is);
    g_assert_cmpstr(take_away(&a, 8, false), ==, "hosts_only");
    g_assert_cmpstr(take_away(&b, 7, false), ==, "hosts_only");
    g_assert_null(take_away(&a, 7, false));
    g_assert_null(take_away(&b, 1, true));
    g_assert_null(take_away(&c, 1, true));
    g_assert_cmpstr(take_away(&a, 7, false), ==, "question_missing");
    json_t *all = board(0, 0);
    g_assert_cmpuint(rows(all, "open") + rows(all, "answered"), ==, 0);
    json_decref(all);
}

static void a_question_of_another_room_is_none(void)
{
    question a, is;
    GError *error = NULL;
    bool moved;
    ask(7, "一", &a);
    bool good = question_vote(db, "aaaaaaaaaaaa", a.id, 8, true, &is, &moved, &error);
    g_assert_cmpstr(code_of(good, &error), ==, "question_missing");
}

static void a_person_and_a_room_have_only_so_many_open(void)
{
    question made;
    for (int i = 0; i < QUESTION_MINE_MAX; i++)
        g_assert_null(ask(7, "又问", &made));
    g_assert_cmpstr(ask(7, "又问", &made), ==, "too_many_questions");
    for (int i = QUESTION_MINE_MAX; i < QUESTION_OPEN_MAX; i++)
        g_assert_null(ask(100 + i, "又问", &made));
    g_assert_cmpstr(ask(8, "又问", &made), ==, "questions_full");
}

/* The longest texts of the longest letters: a board must stay below what a socket may owe. */
static void the_largest_board_fits_into_a_message(void)
{
    question is;
    GString *words = g_string_new(NULL), *said = g_string_new(NULL);
    for (int i = 0; i < QUESTION_CHARS; i++)
        g_string_append(words, "𠀀");
    for (int i = 0; i < QUESTION_ANSWER_CHARS; i++)
        g_string_append(said, "𠀀");
    for (int i = 0; i < QUESTION_PAGE + 1; i++) {
        ask(7, words->str, &is);
        answer(&is, said->str, &is);
    }
    for (int i = 0; i < QUESTION_OPEN_MAX; i++)
        ask(100 + i, words->str, &is);
    json_t *all = board(8, 0);
    g_assert_cmpuint(rows(all, "open"), ==, QUESTION_OPEN_MAX);
    g_assert_cmpuint(rows(all, "answered"), ==, QUESTION_PAGE);
    char *text = json_dumps(all, JSON_COMPACT);
    g_assert_cmpuint(strlen(text), <, 256 * 1024);
    free(text);
    json_decref(all);
    g_string_free(words, TRUE);
    g_string_free(said, TRUE);
}

static void older_answers_come_by_pages(void)
{
    question first, is;
    ask(7, "最早", &first);
    answer(&first, "", &is);
    for (int i = 0; i < QUESTION_PAGE; i++) {
        ask(7, "后来", &is);
        answer(&is, "", &is);
    }
    json_t *newest = board(0, 0);
    g_assert_true(json_is_true(json_object_get(newest, "more")));
    json_t *older = board(0, id_of(row(newest, "answered", QUESTION_PAGE - 1)));
    g_assert_cmpuint(rows(older, "answered"), ==, 1);
    g_assert_cmpint(id_of(row(older, "answered", 0)), ==, first.id);
    g_assert_true(json_is_false(json_object_get(older, "more")));
    json_decref(newest);
    json_decref(older);
}

static void count_row(const question *is, gpointer states)
{
    ((int *)states)[is->state]++;
}

static void an_export_has_removed_ones_too(void)
{
    g_autoptr(GError) error = NULL;
    question a, b, c, is;
    int states[3] = {0};
    ask(7, "一", &a);
    ask(7, "二", &b);
    ask(7, "三", &c);
    answer(&a, "", &is);
    take_away(&b, 1, true);
    question_each(db, TITLE, count_row, states, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(states[i], ==, 1);
}

/* Each in a database of its own. */
static void run(gconstpointer fn)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("question-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "t.db", NULL);
    db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g_assert_true(records_begin(db, &error)); /* rolled back: nothing waits for the disk */
    ((void (*)(void))fn)();
    records_rollback(db);
    records_close(db);
    g_unlink(path);
    g_rmdir(folder);
}

#define TEST(name) g_test_add_data_func("/question/" #name, name, run)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    now_ms = 1790000000000;
    TEST(open_ones_stand_by_votes_and_then_by_time);
    TEST(a_vote_counts_once_and_can_be_taken_back);
    TEST(an_answer_has_both_times_may_be_bettered_and_taken_back);
    TEST(one_withdraws_ones_own_open_question_and_nothing_else);
    TEST(a_question_of_another_room_is_none);
    TEST(a_person_and_a_room_have_only_so_many_open);
    TEST(the_largest_board_fits_into_a_message);
    TEST(older_answers_come_by_pages);
    TEST(an_export_has_removed_ones_too);
    return g_test_run();
}
