/* Rates, on a clock we move. */
#include "room/rates.h"

#include <stdbool.h>

#include "base/clock.h"

static void five_at_once_then_one_every_two_seconds(void)
{
    base_clock *clock = clock_new_fake(1000, 0);
    rates *r = rates_new(5, 2000);
    for (int i = 0; i < 5; i++)
        g_assert_cmpint(rates_take(r, 7, clock_mono_ms(clock)), ==, 0);
    g_assert_cmpint(rates_take(r, 7, clock_mono_ms(clock)), ==, 2000);
    clock_advance_ms(clock, 1999);
    g_assert_cmpint(rates_take(r, 7, clock_mono_ms(clock)), ==, 1);
    clock_advance_ms(clock, 1);
    g_assert_cmpint(rates_take(r, 7, clock_mono_ms(clock)), ==, 0);
    g_assert_cmpint(rates_take(r, 7, clock_mono_ms(clock)), ==, 2000);
    rates_free(r);
    clock_free(clock);
}

static void one_person_does_not_use_up_anothers(void)
{
    rates *r = rates_new(1, 1000);
    g_assert_cmpint(rates_take(r, 1, 0), ==, 0);
    g_assert_cmpint(rates_take(r, 2, 0), ==, 0);
    g_assert_cmpint(rates_take(r, 1, 0), ==, 1000);
    rates_free(r);
}

static void asking_in_vain_costs_nothing(void)
{
    rates *r = rates_new(2, 1000);
    for (int64_t now_ms = 0; now_ms < 2000; now_ms += 10)
        rates_take(r, 1, now_ms);
    g_assert_cmpint(rates_take(r, 1, 2000), ==, 0);
    rates_free(r);
}

/* However the takes fall, in any window no more than burst + elapsed / refill succeed. */
static void no_pattern_of_takes_beats_the_rate(void)
{
    rates *r = rates_new(5, 2000);
    int64_t now_ms = 0;
    int taken = 0;
    for (int i = 0; i < 20000; i++) {
        now_ms += g_test_rand_int_range(0, 700);
        taken += rates_take(r, 1, now_ms) == 0;
        g_assert_cmpint(taken, <=, 5 + now_ms / 2000);
    }
    g_assert_cmpint(taken, >=, now_ms / 2000 * 9 / 10);
    rates_free(r);
}

static void a_bucket_is_forgotten_only_when_it_is_full(void)
{
    rates *r = rates_new(5, 2000);
    rates_take(r, 1, 0);
    rates_sweep(r, 1999);
    g_assert_cmpuint(rates_count(r), ==, 1);
    rates_sweep(r, 2000);
    g_assert_cmpuint(rates_count(r), ==, 0);
    rates_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/room/five_at_once_then_one_every_two_seconds",
                    five_at_once_then_one_every_two_seconds);
    g_test_add_func("/room/one_person_does_not_use_up_anothers",
                    one_person_does_not_use_up_anothers);
    g_test_add_func("/room/asking_in_vain_costs_nothing", asking_in_vain_costs_nothing);
    g_test_add_func("/room/no_pattern_of_takes_beats_the_rate", no_pattern_of_takes_beats_the_rate);
    g_test_add_func("/room/a_bucket_is_forgotten_only_when_it_is_full",
                    a_bucket_is_forgotten_only_when_it_is_full);
    return g_test_run();
}
