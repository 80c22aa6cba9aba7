/* The ring: cursors, overruns, and the frame an author gets instead. */
#include "room/ring.h"

#include <string.h>

static GBytes *bytes(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

static void push(ring *r, const char *text)
{
    ring_push(r, bytes(text), 0, NULL);
}

static void assert_bytes(GBytes *got, const char *want)
{
    gsize length;
    const char *data = g_bytes_get_data(got, &length);
    g_assert_cmpmem(data, length, want, strlen(want));
}

static void assert_at(const ring *r, guint64 cursor, guint64 reader, const char *want)
{
    GBytes *got = ring_at(r, cursor, reader);
    if (want)
        assert_bytes(got, want);
    else
        g_assert_null(got);
}

static void a_reader_gets_every_frame_in_order(void)
{
    ring *r = ring_new(4);
    push(r, "a");
    push(r, "b");
    assert_at(r, 0, 1, "a");
    assert_at(r, 1, 1, "b");
    assert_at(r, 2, 1, NULL);
    g_assert_cmpuint(ring_head(r), ==, 2);
    ring_free(r);
}

static void a_cursor_table_says_who_is_overrun(void)
{
    static const struct {
        guint pushed;
        guint64 cursor;
        bool overrun;
        const char *frame;
    } table[] = {
        {0, 0, false, NULL}, {1, 0, false, "0"},  {4, 0, false, "0"}, {4, 4, false, NULL},
        {5, 0, true, NULL},  {5, 1, false, "1"},  {9, 4, true, NULL}, {9, 5, false, "5"},
        {9, 8, false, "8"},  {9, 9, false, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        ring *r = ring_new(4);
        for (guint n = 0; n < table[i].pushed; n++)
            push(r, (char[]){(char)('0' + n), '\0'});
        g_assert_true(ring_overrun(r, table[i].cursor) == table[i].overrun);
        assert_at(r, table[i].cursor, 1, table[i].frame);
        ring_free(r);
    }
}

static void only_the_author_gets_its_own_shape(void)
{
    ring *r = ring_new(4);
    push(r, "x");
    ring_push(r, bytes("plain"), 7, bytes("yours"));
    assert_at(r, 1, 7, "yours");
    assert_at(r, 1, 8, "plain");
    g_assert_true(ring_wrote(r, 0, 7));
    g_assert_false(ring_wrote(r, 0, 8));
    g_assert_false(ring_wrote(r, 2, 7));
    ring_free(r);
}

static void a_run_is_all_frames_from_a_cursor_on(void)
{
    ring *r = ring_new(3);
    for (guint n = 0; n < 5; n++)
        push(r, (char[]){(char)('a' + n), '\0'});
    g_assert_null(ring_run(r, 1));
    g_assert_null(ring_run(r, 5));
    g_autoptr(GBytes) three = ring_run(r, 2);
    assert_bytes(three, "cde");
    g_autoptr(GBytes) one = ring_run(r, 4);
    assert_bytes(one, "e");
    ring_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/room/a_reader_gets_every_frame_in_order", a_reader_gets_every_frame_in_order);
    g_test_add_func("/room/a_cursor_table_says_who_is_overrun", a_cursor_table_says_who_is_overrun);
    g_test_add_func("/room/only_the_author_gets_its_own_shape", only_the_author_gets_its_own_shape);
    g_test_add_func("/room/a_run_is_all_frames_from_a_cursor_on",
                    a_run_is_all_frames_from_a_cursor_on);
    return g_test_run();
}
