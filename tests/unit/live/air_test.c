/* Live with the real worker and a real encoder. */
#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>

#include "house.h"

typedef struct {
    GSubprocess *encoder;
    int64_t reached;    /* title time at some step, 1/90000 s */
    char others[3][33]; /* test pictures: they take the one core */
    bool made;
    live_class first; /* made before the one the test is about now */
} show;

static void encoder_start(house *h)
{
    show *s = h->test;
    g_autofree char *url =
        g_strdup_printf("rtmp://127.0.0.1:%d/live/%s", h->rtmp_port, h->made.key);
    s->encoder = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, "ffmpeg", "-nostdin", "-loglevel", "error", "-re",
        "-f", "lavfi", "-i", "testsrc2=size=426x240:rate=30", "-f", "lavfi", "-i",
        "sine=frequency=440", "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-pix_fmt",
        "yuv420p", "-c:a", "aac", "-f", "flv", url, NULL);
    g_assert_nonnull(s->encoder);
}

static void encoder_end(house *h)
{
    show *s = h->test;
    if (!s->encoder)
        return;
    g_subprocess_force_exit(s->encoder);
    g_subprocess_wait(s->encoder, NULL, NULL);
    g_clear_object(&s->encoder);
}

static int64_t reached(house *h)
{
    const title_index *index = shelf_index(h->shelf, h->made.title_id, NULL);
    return index ? title_index_duration(index) : 0;
}

/* ---- steps ---- */

static bool encoder_comes(house *h)
{
    encoder_start(h);
    return true;
}

static bool encoder_goes(house *h)
{
    encoder_end(h);
    ((show *)h->test)->reached = reached(h);
    return true;
}

static bool on_air(house *h)
{
    return house_is(h, CLASS_ON_AIR);
}

static bool interrupted(house *h)
{
    return house_is(h, CLASS_INTERRUPTED);
}

static bool four_seconds(house *h)
{
    return reached(h) > 4 * TITLE_TIMESCALE;
}

static bool two_seconds_more(house *h)
{
    return reached(h) > ((show *)h->test)->reached + 2 * TITLE_TIMESCALE;
}

static bool worker_gone(house *h)
{
    return crew_count(h->crew) == 0;
}

static bool close_it(house *h)
{
    g_assert_true(live_close(h->live, h->made.id, NULL));
    return true;
}

static bool closed(house *h)
{
    return house_class(h) == NULL && house_row(h).state == CLASS_CLOSED;
}

static bool note_reached(house *h)
{
    ((show *)h->test)->reached = reached(h);
    return true;
}

static bool second_encoder_comes(house *h)
{
    show *s = h->test;
    GSubprocess *first = s->encoder;
    encoder_start(h);
    g_subprocess_wait_async(first, NULL, NULL, NULL);
    g_object_unref(first);
    return note_reached(h);
}

static bool is_worker(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid), *name = NULL;
    return g_file_get_contents(path, &name, NULL, NULL) && g_str_has_prefix(name, "jiangtang-work");
}

/* Ours alone: other houses may be at work on this machine. */
static bool media_process_dies(house *h)
{
    g_autofree char *children = NULL;
    g_assert_true(g_file_get_contents("/proc/thread-self/children", &children, NULL, NULL));
    g_auto(GStrv) pids = g_strsplit(g_strstrip(children), " ", -1);
    for (char **pid = pids; *pid; pid++)
        if (is_worker(*pid))
            g_assert_cmpint(kill(atoi(*pid), SIGKILL), ==, 0);
    return note_reached(h);
}

static bool in_trouble(house *h)
{
    return house_class(h)->trouble[0] != '\0';
}

static bool out_of_trouble(house *h)
{
    return house_class(h)->trouble[0] == '\0';
}

/* The network swallows it: the connection stands, nothing comes. */
static bool encoder_freezes(house *h)
{
    g_subprocess_send_signal(((show *)h->test)->encoder, SIGSTOP);
    return true;
}

static bool encoder_thaws(house *h)
{
    g_subprocess_send_signal(((show *)h->test)->encoder, SIGCONT);
    return note_reached(h);
}

static bool let_go(house *h)
{
    return house_class(h)->publisher[0] == '\0';
}

/* ---- the title afterwards ---- */

static guint discontinuities(house *h)
{
    const title_index *index = shelf_index(h->shelf, h->made.title_id, NULL);
    const title_rendition *first = title_index_rendition(index, 0);
    guint count = 0;
    for (guint i = 0; i < first->segments->len; i++)
        count += ((title_segment *)g_ptr_array_index(first->segments, i))->discontinuity;
    return count;
}

static bool ended(house *h)
{
    const title_index *index = shelf_index(h->shelf, h->made.title_id, NULL);
    return index && title_index_ended(index);
}

static bool prepare(house *h, show *s, bool pattern)
{
    g_autofree char *worker = house_worker();
    *h = (house){.test = s};
    if (!worker) {
        g_test_skip("jiangtang-worker is not built");
        return false;
    }
    house_open(h, worker);
    house_make_class(h, 0, pattern);
    return true;
}

static void end(house *h)
{
    encoder_end(h);
    house_close(h);
    house_remove(h);
}

static void a_class_goes_on_air_and_its_close_ends_the_title(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {encoder_comes, on_air, four_seconds, close_it, closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpstr(h.moves->str, ==, "on_air closing closed ");
    g_assert_true(ended(&h));
    g_assert_cmpint(house_row(&h).started_ms, >, 0);
    const title_index *index = shelf_index(h.shelf, h.made.title_id, NULL);
    g_assert_nonnull(title_index_find(index, "src"));
    g_assert_nonnull(title_index_find(index, "180p"));
    g_assert_nonnull(title_index_find(index, "audio"));
    end(&h);
}

static void a_publisher_that_returns_goes_on_in_the_same_title(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {encoder_comes,    on_air,      four_seconds,  encoder_goes,
                                       interrupted,      worker_gone, encoder_comes, on_air,
                                       two_seconds_more, close_it,    closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpstr(h.moves->str, ==, "on_air interrupted on_air closing closed ");
    g_assert_cmpuint(discontinuities(&h), ==, 1);
    g_assert_true(ended(&h));
    end(&h);
}

static void a_second_encoder_takes_over_in_the_same_title(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {
        encoder_comes,    on_air,   four_seconds, second_encoder_comes,
        two_seconds_more, close_it, closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpstr(h.moves->str, ==, "on_air closing closed ");
    g_assert_cmpuint(discontinuities(&h), ==, 1);
    end(&h);
}

static void a_worker_that_dies_is_replaced_while_the_publisher_stays(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {encoder_comes,      on_air,     four_seconds,
                                       media_process_dies, in_trouble, out_of_trouble,
                                       two_seconds_more,   close_it,   closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpstr(h.moves->str, ==, "on_air closing closed ");
    g_assert_cmpuint(discontinuities(&h), ==, 1);
    g_assert_true(ended(&h));
    end(&h);
}

static void closing_while_interrupted_ends_the_title_here(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {encoder_comes, on_air,   four_seconds, encoder_goes,
                                       worker_gone,   close_it, closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(ended(&h));
    end(&h);
}

static void a_pattern_class_is_on_air_by_itself(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, true))
        return;
    static const house_step steps[] = {on_air, four_seconds, close_it, closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(ended(&h));
    end(&h);
}

static void on_made(gpointer user, const char *title_id, const GError *error)
{
    house *h = user;
    g_assert_no_error(error);
    g_strlcpy(h->made.title_id, title_id, sizeof h->made.title_id);
    ((show *)h->test)->made = true;
}

static bool order_pattern(house *h)
{
    return live_make_pattern_title(h->live, "安全第一", 5000, on_made, h, NULL);
}

static bool made(house *h)
{
    return ((show *)h->test)->made;
}

static void a_pattern_title_appears_when_it_is_whole(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {order_pattern, made};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(ended(&h));
    g_assert_cmpint(reached(&h), >, 4 * TITLE_TIMESCALE);
    end(&h);
}

static void a_silent_encoder_is_told_and_may_come_back(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {
        encoder_comes, on_air,         encoder_freezes,  interrupted, in_trouble, encoder_thaws,
        on_air,        out_of_trouble, two_seconds_more, close_it,    closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpstr(h.moves->str, ==, "on_air interrupted on_air closing closed ");
    end(&h);
}

static bool has_rendition(house *h, const char *name)
{
    return title_index_find(shelf_index(h->shelf, h->made.title_id, NULL), name) != NULL;
}

static bool has_poster(house *h)
{
    g_autofree char *dir = shelf_title_dir(h->shelf, h->made.title_id),
                    *poster = g_build_filename(dir, "poster.jpg", NULL);
    return g_file_test(poster, G_FILE_TEST_EXISTS);
}

static bool others_close(house *h)
{
    show *s = h->test;
    g_assert_true(has_rendition(h, "src") && has_rendition(h, "audio"));
    g_assert_false(has_rendition(h, "180p"));
    for (guint i = 0; i < G_N_ELEMENTS(s->others); i++)
        g_assert_true(live_close(h->live, s->others[i], NULL));
    return note_reached(h);
}

/* Time passes only while media comes: its encoder is never silent. */
static bool has_all_in_time(house *h)
{
    show *s = h->test;
    if (reached(h) > s->reached) {
        clock_advance_ms(h->clock, 2000);
        note_reached(h);
    }
    return has_rendition(h, "180p");
}

static void what_cannot_be_carried_is_copied_and_its_master_told_until_there_is_room(void)
{
    house h;
    show s = {0};
    g_autofree char *worker = house_worker();
    h = (house){.test = &s, .cores = 1, .clock = clock_new_fake(1000, 1700000000000)};
    if (!worker) {
        g_test_skip("jiangtang-worker is not built");
        return;
    }
    house_open(&h, worker);
    for (guint i = 0; i < G_N_ELEMENTS(s.others); i++) {
        house_make_class(&h, 0, true);
        g_strlcpy(s.others[i], h.made.id, sizeof s.others[i]);
    }
    house_make_class(&h, 0, false);
    static const house_step steps[] = {encoder_comes, on_air,       in_trouble,      four_seconds,
                                       has_poster,    others_close, has_all_in_time, out_of_trouble,
                                       on_air,        close_it,     closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpuint(discontinuities(&h), ==, 1);
    g_assert_true(ended(&h));
    end(&h);
}

static bool others_take_its_place(house *h)
{
    show *s = h->test;
    g_assert_true(has_rendition(h, "180p"));
    s->first = h->made;
    house_make_class(h, 0, true);
    house_make_class(h, 0, true);
    house_make_class(h, 0, false);
    encoder_start(h);
    return true;
}

static bool first_comes_back(house *h)
{
    show *s = h->test;
    g_assert_true(has_rendition(h, "src"));
    g_assert_false(has_rendition(h, "180p"));
    encoder_end(h);
    house_make_class(h, 0, true); /* with it there is no room for the first one any more */
    h->made = s->first;
    encoder_start(h);
    return note_reached(h);
}

static bool lowest_goes_on(house *h)
{
    const title_rendition *lowest =
        title_index_find(shelf_index(h->shelf, h->made.title_id, NULL), "180p");
    const title_segment *last = lowest->segments->pdata[lowest->segments->len - 1];
    return last->start > ((show *)h->test)->reached + TITLE_TIMESCALE;
}

static void who_is_cut_off_finds_the_cores_kept_and_loses_no_rendition(void)
{
    house h;
    show s = {0};
    g_autofree char *worker = house_worker();
    h = (house){.test = &s, .cores = 1};
    if (!worker) {
        g_test_skip("jiangtang-worker is not built");
        return;
    }
    house_open(&h, worker);
    house_make_class(&h, 0, false);
    static const house_step steps[] = {encoder_comes,
                                       on_air,
                                       four_seconds,
                                       encoder_goes,
                                       interrupted,
                                       worker_gone,
                                       others_take_its_place,
                                       on_air,
                                       in_trouble,
                                       four_seconds,
                                       first_comes_back,
                                       on_air,
                                       out_of_trouble,
                                       lowest_goes_on,
                                       close_it,
                                       closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpuint(discontinuities(&h), ==, 1);
    end(&h);
}

static void an_encoder_silent_for_long_is_let_go(void)
{
    house h;
    show s = {0};
    if (!prepare(&h, &s, false))
        return;
    static const house_step steps[] = {encoder_comes, on_air, encoder_freezes,
                                       interrupted,   let_go, worker_gone};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(house_is(&h, CLASS_INTERRUPTED));
    end(&h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/air/" #name, name)
    TEST(a_class_goes_on_air_and_its_close_ends_the_title);
    TEST(a_publisher_that_returns_goes_on_in_the_same_title);
    TEST(a_second_encoder_takes_over_in_the_same_title);
    TEST(a_worker_that_dies_is_replaced_while_the_publisher_stays);
    TEST(closing_while_interrupted_ends_the_title_here);
    TEST(a_pattern_class_is_on_air_by_itself);
    TEST(a_pattern_title_appears_when_it_is_whole);
    TEST(a_silent_encoder_is_told_and_may_come_back);
    TEST(an_encoder_silent_for_long_is_let_go);
    TEST(what_cannot_be_carried_is_copied_and_its_master_told_until_there_is_room);
    TEST(who_is_cut_off_finds_the_cores_kept_and_loses_no_rendition);
    return g_test_run();
}
