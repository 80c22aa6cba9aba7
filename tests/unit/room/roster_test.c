/* Who is here, and whose hand is up. */
#include "room/roster.h"

static void a_hand_is_one_per_person_over_all_sockets(void)
{
    roster *r = roster_new();
    roster_enter(r, 7, "李梅");
    roster_enter(r, 7, "李梅");
    g_assert_true(roster_hand(r, 7, true, 100));
    g_assert_false(roster_hand(r, 7, true, 200));
    g_assert_cmpuint(roster_hands_up(r), ==, 1);
    g_autoptr(GArray) hands = roster_raised_hands(r, 0);
    g_assert_cmpuint(hands->len, ==, 1);
    g_assert_cmpint(g_array_index(hands, roster_raised, 0).at_ms, ==, 100);
    g_assert_cmpstr(g_array_index(hands, roster_raised, 0).name, ==, "李梅");
    roster_free(r);
}

static void a_hand_comes_down_with_the_last_socket(void)
{
    roster *r = roster_new();
    roster_enter(r, 7, "a");
    roster_enter(r, 7, "a");
    roster_hand(r, 7, true, 100);
    g_assert_false(roster_leave(r, 7));
    g_assert_cmpuint(roster_hands_up(r), ==, 1);
    g_assert_true(roster_leave(r, 7));
    g_assert_cmpuint(roster_hands_up(r), ==, 0);
    roster_enter(r, 7, "a");
    g_autoptr(GArray) hands = roster_raised_hands(r, 7);
    g_assert_cmpuint(hands->len, ==, 0);
    roster_free(r);
}

static void leaving_with_the_hand_down_moves_nothing(void)
{
    roster *r = roster_new();
    roster_enter(r, 7, "a");
    g_assert_false(roster_leave(r, 7));
    g_assert_false(roster_leave(r, 8));
    roster_free(r);
}

static void who_is_not_here_has_no_hand(void)
{
    roster *r = roster_new();
    g_assert_false(roster_hand(r, 9, true, 1));
    g_assert_cmpuint(roster_hands_up(r), ==, 0);
    roster_free(r);
}

static void the_longest_raised_stands_first(void)
{
    static const int64_t at_ms[] = {300, 100, 200};
    roster *r = roster_new();
    for (int i = 0; i < 3; i++) {
        roster_enter(r, i + 1, "x");
        roster_hand(r, i + 1, true, at_ms[i]);
    }
    g_autoptr(GArray) hands = roster_raised_hands(r, 0);
    static const int64_t order[] = {2, 3, 1};
    for (guint i = 0; i < 3; i++)
        g_assert_cmpint(g_array_index(hands, roster_raised, i).person, ==, order[i]);
    g_autoptr(GArray) one = roster_raised_hands(r, 3);
    g_assert_cmpuint(one->len, ==, 1);
    roster_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/room/a_hand_is_one_per_person_over_all_sockets",
                    a_hand_is_one_per_person_over_all_sockets);
    g_test_add_func("/room/a_hand_comes_down_with_the_last_socket",
                    a_hand_comes_down_with_the_last_socket);
    g_test_add_func("/room/leaving_with_the_hand_down_moves_nothing",
                    leaving_with_the_hand_down_moves_nothing);
    g_test_add_func("/room/who_is_not_here_has_no_hand", who_is_not_here_has_no_hand);
    g_test_add_func("/room/the_longest_raised_stands_first", the_longest_raised_stands_first);
    return g_test_run();
}
