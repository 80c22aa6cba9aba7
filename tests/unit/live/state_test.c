#include "live/inside.h"

static void every_word_is_read_back(void)
{
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++) {
        class_state read;
        g_assert_true(class_state_parse(class_state_word(state), &read));
        g_assert_cmpint(read, ==, state);
    }
}

static void another_word_is_no_state(void)
{
    class_state read;
    g_assert_false(class_state_parse("on air", &read));
    g_assert_false(class_state_parse("", &read));
}

static void a_closed_class_goes_nowhere(void)
{
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++)
        g_assert_false(class_move_is_lawful(CLASS_CLOSED, state));
}

static void any_class_that_is_not_closed_may_fail(void)
{
    for (class_state state = CLASS_PLANNED; state < CLASS_CLOSED; state++)
        g_assert_true(class_move_is_lawful(state, CLASS_FAILED));
}

static void any_class_on_its_way_may_be_closed_but_only_through_closing(void)
{
    static const class_state open[] = {CLASS_PLANNED, CLASS_WAITING, CLASS_ON_AIR,
                                       CLASS_INTERRUPTED, CLASS_FAILED};
    for (gsize i = 0; i < G_N_ELEMENTS(open); i++) {
        g_assert_true(class_move_is_lawful(open[i], CLASS_CLOSING));
        g_assert_false(class_move_is_lawful(open[i], CLASS_CLOSED));
    }
    g_assert_true(class_move_is_lawful(CLASS_CLOSING, CLASS_CLOSED));
}

static void no_move_stays_where_it_is(void)
{
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++)
        g_assert_false(class_move_is_lawful(state, state));
}

static void a_class_on_air_does_not_wait_again(void)
{
    g_assert_false(class_move_is_lawful(CLASS_ON_AIR, CLASS_WAITING));
    g_assert_false(class_move_is_lawful(CLASS_INTERRUPTED, CLASS_WAITING));
    g_assert_false(class_move_is_lawful(CLASS_CLOSING, CLASS_ON_AIR));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/state/" #name, name)
    TEST(every_word_is_read_back);
    TEST(another_word_is_no_state);
    TEST(a_closed_class_goes_nowhere);
    TEST(any_class_that_is_not_closed_may_fail);
    TEST(any_class_on_its_way_may_be_closed_but_only_through_closing);
    TEST(no_move_stays_where_it_is);
    TEST(a_class_on_air_does_not_wait_again);
    return g_test_run();
}
