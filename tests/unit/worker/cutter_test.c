/* Parts: never longer than the target, never shorter than 85 % of it but for a segment's last. */
#include <glib.h>

#include "worker/cutter.h"

#define TARGET 30000

typedef struct {
    int64_t part_start;
    int parts, early;
} strip;

static void end_part(strip *s, int64_t end)
{
    g_assert_cmpint(end - s->part_start, <=, TARGET);
    g_assert_cmpint((end - s->part_start) * 100, >=, TARGET * CUTTER_LEAST_PERCENT);
    s->part_start = end;
    s->parts++;
}

static void add(cutter *c, strip *s, int64_t time)
{
    int64_t end = 0;
    while (cutter_before(c, time, &end))
        end_part(s, end);
    if (cutter_add(c, time, &end)) {
        end_part(s, end);
        s->early++;
    }
}

static strip run(int64_t distance, int count)
{
    cutter c;
    strip s = {0};
    cutter_init(&c, TARGET, distance);
    cutter_begin(&c, 0);
    for (int i = 0; i < count; i++)
        add(&c, &s, i * distance);
    return s;
}

static void ten_pictures_at_30_fps_are_one_part(void)
{
    strip s = run(3000, 300);
    g_assert_cmpint(s.parts, ==, 30);
    g_assert_cmpint(s.part_start, ==, 300 * 3000);
    g_assert_cmpint(s.early, ==, 30);
}

static void every_steady_rate_keeps_the_bounds(void)
{
    for (int64_t distance = 700; distance < 200000; distance += 37)
        g_assert_cmpint(run(distance, 400).parts, >, 0);
}

static void any_distances_keep_the_bounds(void)
{
    for (int round = 0; round < 300; round++) {
        cutter c;
        strip s = {0};
        int64_t time = 0;
        cutter_init(&c, TARGET, 3000);
        cutter_begin(&c, 0);
        for (int i = 0; i < 300; i++) {
            add(&c, &s, time);
            time += g_test_rand_int_range(1, g_test_rand_bit() ? 6000 : 100000);
        }
    }
}

static void an_unsteady_source_waits_for_the_next_picture(void)
{
    cutter c;
    strip s = {0};
    int64_t times[] = {0, 3100, 6000, 9100, 12000, 15100, 18200, 21300, 24200, 27000};
    cutter_init(&c, TARGET, 3000);
    cutter_begin(&c, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++)
        add(&c, &s, times[i]);
    g_assert_cmpint(s.parts, ==, 0);
    add(&c, &s, 29900);
    g_assert_cmpint(s.parts, ==, 1);
    g_assert_cmpint(s.part_start, ==, 29900);
}

static void a_hole_is_cut_into_whole_parts(void)
{
    cutter c;
    strip s = {0};
    cutter_init(&c, TARGET, 3000);
    cutter_begin(&c, 0);
    add(&c, &s, 0);
    add(&c, &s, 3000);
    add(&c, &s, 100000);
    g_assert_cmpint(s.parts, ==, 3);
    g_assert_cmpint(s.part_start, ==, 90000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cutter/ten_pictures_at_30_fps_are_one_part",
                    ten_pictures_at_30_fps_are_one_part);
    g_test_add_func("/cutter/every_steady_rate_keeps_the_bounds",
                    every_steady_rate_keeps_the_bounds);
    g_test_add_func("/cutter/any_distances_keep_the_bounds", any_distances_keep_the_bounds);
    g_test_add_func("/cutter/an_unsteady_source_waits_for_the_next_picture",
                    an_unsteady_source_waits_for_the_next_picture);
    g_test_add_func("/cutter/a_hole_is_cut_into_whole_parts", a_hole_is_cut_into_whole_parts);
    return g_test_run();
}
