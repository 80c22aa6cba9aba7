#include "titles.h"

typedef struct {
    guint rang, empty;
    char *last;
} bell_book;

static void on_playlist(GBytes *text, gpointer data)
{
    bell_book *b = data;
    b->rang++;
    b->empty += text == NULL;
    g_free(b->last);
    b->last = text_of(text);
}

static void on_part(bool there, gpointer data)
{
    bell_book *b = data;
    b->rang++;
    b->empty += !there;
}

static titles *live(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 5);
    shelf_ring(t->shelf, TITLE);
    part_line(t, "src", 5, 0);
    part_line(t, "src", 5, 1);
    g_assert_nonnull(shelf_index(t->shelf, TITLE, NULL));
    return t;
}

static shelf_waiter *wait_for(titles *t, int64_t msn, int32_t part, bell_book *b, GBytes **now,
                              GError **error)
{
    return shelf_wait(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, msn, part, on_playlist, b,
                      now, error);
}

typedef struct {
    int64_t msn;
    int32_t part;
    enum { NOW, LATER, REFUSED } verdict;
} wait_case;

static void what_is_there_comes_at_once_and_too_far_is_refused(void)
{
    /* the last segment is 5, open, with parts 0 and 1 */
    static const wait_case cases[] = {
        {0, -1, NOW},     {4, -1, NOW},
        {5, 0, NOW},      {5, 1, NOW},
        {4, 99, NOW},     {5, 2, LATER},
        {5, 11, LATER},   {5, 13, REFUSED},
        {5, -1, LATER},   {6, 0, LATER},
        {7, -1, LATER},   {8, -1, REFUSED},
        {6, 11, REFUSED}, {G_MAXINT64, 0, REFUSED},
    };
    titles *t = live();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        bell_book b = {0};
        g_autoptr(GBytes) now = NULL;
        g_autoptr(GError) error = NULL;
        shelf_waiter *w = wait_for(t, cases[i].msn, cases[i].part, &b, &now, &error);
        g_assert_cmpint(now != NULL, ==, cases[i].verdict == NOW);
        g_assert_cmpint(w != NULL, ==, cases[i].verdict == LATER);
        g_assert_cmpint(error != NULL, ==, cases[i].verdict == REFUSED);
        g_assert_true(!error || error_is(error, ERROR_INPUT));
        if (w)
            shelf_waiter_cancel(w);
        g_assert_cmpuint(b.rang, ==, 0);
    }
    titles_free(t);
}

static void as_many_parts_ahead_as_a_segment_may_have_are_waited_for(void)
{
    static const struct {
        int32_t part;
        bool waits;
    } cases[] = {{9, true}, {21, true}, {22, false}};
    titles *t = titles_new();
    lines(t, "jiangtang 1 30000 180000 6 1700000000000\n" SRC);
    segments(t, "src", 0, 5);
    shelf_ring(t->shelf, TITLE);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        bell_book b = {0};
        g_autoptr(GBytes) now = NULL;
        g_autoptr(GError) error = NULL;
        shelf_waiter *w = wait_for(t, 5, cases[i].part, &b, &now, &error);
        g_assert_cmpint(w != NULL, ==, cases[i].waits);
        g_assert_true(cases[i].waits || error_is(error, ERROR_INPUT));
        if (w)
            shelf_waiter_cancel(w);
    }
    titles_free(t);
}

static void a_waiter_gets_the_playlist_that_has_what_it_waits_for(void)
{
    titles *t = live();
    bell_book b = {0}, whole = {0};
    GBytes *now;
    g_assert_nonnull(wait_for(t, 5, 2, &b, &now, NULL));
    g_assert_nonnull(wait_for(t, 5, -1, &whole, &now, NULL));
    shelf_ring(t->shelf, TITLE);
    g_assert_cmpuint(b.rang, ==, 0);
    part_line(t, "src", 5, 2);
    g_assert_cmpuint(b.rang, ==, 1);
    assert_has(b.last, "\"5.2.m4s\"\n");
    g_assert_cmpuint(whole.rang, ==, 0);
    for (int i = 3; i < 6; i++)
        part_line(t, "src", 5, i);
    g_assert_cmpuint(whole.rang, ==, 0);
    lines(t, "segment src 5 900000 180000 6000\n");
    g_assert_cmpuint(whole.rang, ==, 1);
    assert_has(whole.last, "\n5.m4s\n");
    g_free(b.last);
    g_free(whole.last);
    titles_free(t);
}

static void a_part_behind_a_segments_last_is_the_next_ones_first(void)
{
    titles *t = live();
    for (int i = 2; i < 6; i++)
        part_line(t, "src", 5, i);
    lines(t, "segment src 5 900000 180000 6000\n");
    bell_book b = {0};
    GBytes *now;
    g_assert_nonnull(wait_for(t, 5, 6, &b, &now, NULL));
    part_line(t, "src", 6, 0);
    g_assert_cmpuint(b.rang, ==, 1);
    g_free(b.last);
    titles_free(t);
}

static void that_holds_for_a_segment_of_many_short_parts_too(void)
{
    titles *t = live();
    for (int i = 2; i < 14; i++) {
        g_autofree char *part = g_strdup_printf("part src 5 %d %d 1000 %d 10000 0\n", i, i * 1000,
                                                900000 + 60000 + (i - 2) * 10000);
        lines(t, part);
    }
    lines(t, "segment src 5 900000 180000 14000\n");
    bell_book b = {0};
    GBytes *now;
    shelf_waiter *w = wait_for(t, 5, 14, &b, &now, NULL);
    g_assert_nonnull(w);
    shelf_waiter_cancel(w);
    titles_free(t);
}

static void the_end_answers_everybody(void)
{
    titles *t = live();
    for (int i = 2; i < 6; i++)
        part_line(t, "src", 5, i);
    lines(t, "segment src 5 900000 180000 6000\n");
    bell_book b = {0}, hinted = {0};
    GBytes *now = NULL;
    g_assert_nonnull(wait_for(t, 7, -1, &b, &now, NULL));
    g_assert_nonnull(shelf_wait_part(t->shelf, TITLE, "src", "6.0.m4s", on_part, &hinted, NULL));
    lines(t, "end 1080000\n");
    g_assert_cmpuint(b.rang, ==, 1);
    assert_has(b.last, "#EXT-X-ENDLIST");
    g_assert_cmpuint(hinted.rang, ==, 1);
    g_assert_cmpuint(hinted.empty, ==, 1);
    g_assert_null(wait_for(t, 1000, 3, &b, &now, NULL));
    g_assert_nonnull(now);
    g_bytes_unref(now);
    g_free(b.last);
    titles_free(t);
}

static void three_target_durations_are_the_limit(void)
{
    titles *t = live();
    bell_book first = {0}, second = {0};
    GBytes *now;
    g_assert_nonnull(wait_for(t, 6, -1, &first, &now, NULL));
    clock_advance_ms(t->clock, 3000);
    g_assert_nonnull(wait_for(t, 6, -1, &second, &now, NULL));
    clock_advance_ms(t->clock, 2999);
    shelf_turn(t->shelf);
    g_assert_cmpuint(first.rang, ==, 0);
    clock_advance_ms(t->clock, 1);
    shelf_turn(t->shelf);
    g_assert_cmpuint(first.rang, ==, 1);
    g_assert_cmpuint(first.empty, ==, 1);
    g_assert_cmpuint(second.rang, ==, 0);
    clock_advance_ms(t->clock, 3000);
    shelf_turn(t->shelf);
    g_assert_cmpuint(second.empty, ==, 1);
    titles_free(t);
}

static void count_bell(gpointer data)
{
    (*(guint *)data)++;
}

static void many_are_answered_in_slices_of_one_and_the_same_playlist(void)
{
    enum { MANY = 2 * SHELF_WAKES_PER_TURN + SHELF_WAKES_PER_TURN / 2 };
    titles *t = live();
    bell_book b = {0};
    guint bells = 0;
    shelf_on_left_over(t->shelf, count_bell, &bells);
    shelf_waiter *waiters[MANY];
    GBytes *now;
    for (int i = 0; i < MANY; i++)
        g_assert_nonnull(waiters[i] = wait_for(t, 5, 2, &b, &now, NULL));
    part_line(t, "src", 5, 2);
    g_assert_cmpuint(b.rang, ==, SHELF_WAKES_PER_TURN);
    g_assert_cmpuint(bells, ==, 1);
    shelf_waiter_cancel(waiters[MANY - 1]); /* ready already, but gone before its turn */
    g_assert_true(shelf_turn(t->shelf));
    g_assert_cmpuint(b.rang, ==, 2 * SHELF_WAKES_PER_TURN);
    g_assert_false(shelf_turn(t->shelf));
    g_assert_cmpuint(b.rang, ==, MANY - 1);
    g_assert_cmpuint(b.empty, ==, 0);
    g_free(b.last);
    titles_free(t);
}

static void twenty_thousand_may_wait_and_no_more(void)
{
    titles *t = live();
    bell_book b = {0};
    GBytes *now;
    for (int i = 0; i < SHELF_WAITERS_MAX; i++)
        g_assert_nonnull(wait_for(t, 5, 2, &b, &now, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(wait_for(t, 5, 2, &b, &now, &error));
    g_assert_true(error_is(error, ERROR_BUSY));
    titles_free(t); /* and everybody hears of it */
    g_assert_cmpuint(b.rang, ==, SHELF_WAITERS_MAX);
    g_assert_cmpuint(b.empty, ==, SHELF_WAITERS_MAX);
}

static void a_forgotten_title_sends_its_waiters_home(void)
{
    titles *t = live();
    bell_book b = {0};
    GBytes *now;
    g_assert_nonnull(wait_for(t, 5, 2, &b, &now, NULL));
    shelf_forget(t->shelf, TITLE);
    g_assert_cmpuint(b.empty, ==, 1);
    shelf_forget(t->shelf, "neverthere");
    titles_free(t);
}

static void only_the_hinted_part_may_be_waited_for(void)
{
    titles *t = live();
    const char *others[] = {"5.1.m4s",    "5.3.m4s",  "6.0.m4s", "5.m4s",
                            "init-1.mp4", "5.02.m4s", "x"};
    bell_book b = {0};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(shelf_wait_part(t->shelf, TITLE, "src", others[i], on_part, &b, &error));
        g_assert_true(error_is(error, ERROR_MISSING));
    }
    g_assert_nonnull(shelf_wait_part(t->shelf, TITLE, "src", "5.2.m4s", on_part, &b, NULL));
    part_line(t, "src", 5, 2);
    g_assert_cmpuint(b.rang, ==, 1);
    g_assert_cmpuint(b.empty, ==, 0);
    /* a segment that closes instead */
    g_assert_nonnull(shelf_wait_part(t->shelf, TITLE, "src", "5.3.m4s", on_part, &b, NULL));
    lines(t, "segment src 5 900000 90000 3000\n");
    g_assert_cmpuint(b.rang, ==, 2);
    g_assert_cmpuint(b.empty, ==, 1);
    titles_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/wait/" #name, name)
    TEST(what_is_there_comes_at_once_and_too_far_is_refused);
    TEST(as_many_parts_ahead_as_a_segment_may_have_are_waited_for);
    TEST(a_waiter_gets_the_playlist_that_has_what_it_waits_for);
    TEST(a_part_behind_a_segments_last_is_the_next_ones_first);
    TEST(that_holds_for_a_segment_of_many_short_parts_too);
    TEST(the_end_answers_everybody);
    TEST(three_target_durations_are_the_limit);
    TEST(many_are_answered_in_slices_of_one_and_the_same_playlist);
    TEST(twenty_thousand_may_wait_and_no_more);
    TEST(a_forgotten_title_sends_its_waiters_home);
    TEST(only_the_hinted_part_may_be_waited_for);
    return g_test_run();
}
