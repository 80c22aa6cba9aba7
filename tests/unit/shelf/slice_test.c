#include "titles.h"

static titles *with_media(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC SOUND);
    media(t, "src/init-0.mp4", "INIT");
    media(t, "src/0.m4s", "aaaabbbbbbcc");
    media(t, "src/1.m4s", "dddd and bytes the journal does not know");
    lines(t, "part src 0 0 0 4 0 30000 1\npart src 0 1 4 6 30000 30000 0\npart src 0 2 10 2 60000 "
             "30000 0\n"
             "segment src 0 0 90000 12\npart src 1 0 0 4 90000 30000 1\n");
    return t;
}

static char *bytes_of(shelf_slice *slice)
{
    char *bytes = g_malloc0(slice->length + 1);
    g_assert_cmpint(pread(slice->fd, bytes, slice->length, slice->offset), ==, slice->length);
    shelf_slice_clear(slice);
    return bytes;
}

static guint open_descriptors(void)
{
    g_autoptr(GDir) all = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;
    while (g_dir_read_name(all))
        count++;
    return count;
}

typedef struct {
    const char *name, *bytes; /* bytes NULL: missing */
    int64_t from_ms, to_ms;
} slice_case;

static void names_open_what_the_journal_says_and_nothing_else(void)
{
    static const slice_case cases[] = {
        {"init-0.mp4", "INIT", 0, 0},
        {"0.m4s", "aaaabbbbbbcc", 0, 1000},
        {"0.0.m4s", "aaaa", 0, 333},
        {"0.1.m4s", "bbbbbb", 333, 666},
        {"0.2.m4s", "cc", 666, 1000},
        {"1.0.m4s", "dddd", 1000, 1333},
        {"1.m4s", NULL, 0, 0}, /* open */
        {"1.1.m4s", NULL, 0, 0},
        {"0.3.m4s", NULL, 0, 0},
        {"2.m4s", NULL, 0, 0},
        {"init-1.mp4", NULL, 0, 0},
        {"init-0.m4s", NULL, 0, 0},
        {"00.m4s", NULL, 0, 0},
        {"0.00.m4s", NULL, 0, 0},
        {"-1.m4s", NULL, 0, 0},
        {"+0.m4s", NULL, 0, 0},
        {"0.m4s ", NULL, 0, 0},
        {"0.mp4", NULL, 0, 0},
        {"0.0.0.m4s", NULL, 0, 0},
        {"9999999999999999999.m4s", NULL, 0, 0},
        {"0.9999999999.m4s", NULL, 0, 0},
        {"../src/0.m4s", NULL, 0, 0},
        {"journal", NULL, 0, 0},
        {"", NULL, 0, 0},
    };
    titles *t = with_media();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        shelf_slice slice;
        g_autoptr(GError) error = NULL;
        bool there = shelf_open(t->shelf, TITLE, "src", cases[i].name, &slice, &error);
        g_assert_cmpint(there, ==, cases[i].bytes != NULL);
        g_assert_true(there || error_is(error, ERROR_MISSING));
        if (!there)
            continue;
        g_autofree char *bytes = bytes_of(&slice);
        g_assert_cmpstr(bytes, ==, cases[i].bytes);
        g_assert_cmpint(slice.from_ms, ==, cases[i].from_ms);
        g_assert_cmpint(slice.to_ms, ==, cases[i].to_ms);
        g_assert_cmpstr(slice.content_type, ==, "video/mp4");
        g_assert_true(slice.immutable);
    }
    titles_free(t);
}

static void a_file_shorter_than_its_journal_is_missing(void)
{
    titles *t = with_media();
    lines(t, "part src 1 1 4 9000 120000 30000 0\n");
    g_autoptr(GError) error = NULL;
    shelf_slice slice;
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &slice, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_false(shelf_open(t->shelf, TITLE, "audio", "init-0.mp4", &slice, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    titles_free(t);
}

typedef struct {
    int64_t from, length, from_ms, to_ms;
} narrow_case;

static void a_narrowed_slice_counts_whole_parts_only(void)
{
    static const narrow_case cases[] = {
        {0, 12, 0, 1000}, {0, 4, 0, 333}, {0, 3, 0, 0},       {1, 11, 333, 1000}, {4, 6, 333, 666},
        {3, 8, 333, 666}, {5, 1, 0, 0},   {10, 2, 666, 1000}, {0, 11, 0, 666},
    };
    titles *t = with_media();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        shelf_slice slice;
        g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.m4s", &slice, NULL));
        shelf_slice_clear(&slice);
        shelf_slice_narrow(t->shelf, TITLE, "src", "0.m4s", &slice, cases[i].from, cases[i].length);
        g_assert_cmpint(slice.offset, ==, cases[i].from);
        g_assert_cmpint(slice.length, ==, cases[i].length);
        g_assert_cmpint(slice.to_ms - slice.from_ms, ==, cases[i].to_ms - cases[i].from_ms);
        if (cases[i].to_ms > 0)
            g_assert_cmpint(slice.from_ms, ==, cases[i].from_ms);
    }
    shelf_slice part;
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.1.m4s", &part, NULL));
    shelf_slice_clear(&part);
    shelf_slice_narrow(t->shelf, TITLE, "src", "0.1.m4s", &part, 1, 5);
    g_assert_cmpint(part.offset, ==, 5);
    g_assert_cmpint(part.from_ms, ==, part.to_ms);
    titles_free(t);
}

static void titles_that_are_none(void)
{
    titles *t = titles_new();
    const char *ids[] = {"",         "abc",     "../etc",
                         "UPPER",    "a/b/c/d", "abcdefghijklmnopqrstuvwxyz0123456789",
                         "none4567", "."};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(shelf_index(t->shelf, ids[i], &error));
        g_assert_true(error_is(error, ERROR_MISSING));
        shelf_ring(t->shelf, ids[i]);
    }
    g_assert_null(shelf_title_dir(t->shelf, "../etc"));
    g_autofree char *dir = shelf_title_dir(t->shelf, "abcd2345");
    g_assert_true(g_str_has_prefix(dir, t->dir));
    g_autoptr(GError) error = NULL;
    lines(t, HEAD SRC);
    g_assert_null(shelf_playlist(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_clear_error(&error);
    g_assert_null(shelf_playlist(t->shelf, TITLE, "4k", (shelf_form){SHELF_WINDOW}, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    titles_free(t);
}

static void a_lost_bell_is_made_up_for_within_half_a_second(void)
{
    titles *t = with_media();
    g_assert_nonnull(shelf_index(t->shelf, TITLE, NULL));
    write_lines(t, "part src 1 1 4 4 120000 30000 0\n");
    shelf_slice slice;
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &slice, NULL));
    clock_advance_ms(t->clock, SHELF_LOOK_MS);
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    titles_free(t);
}

static void a_torn_line_waits_for_its_rest_and_a_bad_one_ends_what_is_understood(void)
{
    titles *t = with_media();
    lines(t, "part src 1 1 4 4 120");
    shelf_slice slice;
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &slice, NULL));
    lines(t, "000 30000 0\npart src 1 2 8 4 150000 30000 0\nnonsense\npart src 1 3 12 4 180000 "
             "30000 0\n");
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "1.2.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "1.3.m4s", &slice, NULL));
    titles_free(t);
}

static void a_title_replaced_on_disk_is_read_anew(void)
{
    titles *t = with_media();
    shelf_slice slice;
    g_autofree char *journal = g_build_filename(t->dir, TITLE, "journal", NULL);
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    g_remove(journal);
    clock_advance_ms(t->clock, SHELF_LOOK_MS);
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "0.m4s", &slice, NULL));
    lines(t, HEAD SRC "part src 7 0 0 4 0 30000 1\n");
    media(t, "src/7.m4s", "new!");
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "7.0.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    titles_free(t);
}

/* A link to itself cannot be opened, by nobody. */
static void a_title_that_cannot_be_read_on_stays_as_it_was(void)
{
    titles *t = with_media();
    shelf_slice slice;
    g_autoptr(GError) error = NULL;
    g_autofree char *journal = g_build_filename(t->dir, TITLE, "journal", NULL);
    g_assert_nonnull(shelf_index(t->shelf, TITLE, NULL));
    g_remove(journal);
    g_assert_cmpint(symlink("journal", journal), ==, 0);
    clock_advance_ms(t->clock, SHELF_LOOK_MS);
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    shelf_ring(t->shelf, TITLE);
    g_assert_true(shelf_has(t->shelf, TITLE));
    shelf_forget(t->shelf, TITLE);
    g_assert_null(shelf_index(t->shelf, TITLE, &error));
    g_assert_true(error_is(error, ERROR_STORAGE));
    titles_free(t);
}

static void a_file_is_opened_once_and_outlives_its_title(void)
{
    titles *t = with_media();
    shelf_slice first, second;
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.m4s", &first, NULL));
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "0.1.m4s", &second, NULL));
    g_assert_cmpint(first.fd, ==, second.fd);
    shelf_slice_clear(&first);
    shelf_forget(t->shelf, TITLE);
    g_autofree char *path = g_build_filename(t->dir, TITLE, "src", "0.m4s", NULL);
    g_remove(path);
    media(t, "src/0.m4s", "what came under its name later");
    g_autofree char *bytes = bytes_of(&second);
    g_assert_cmpstr(bytes, ==, "bbbbbb");
    titles_free(t);
}

static void a_growing_file_is_measured_again(void)
{
    titles *t = with_media();
    shelf_slice slice;
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "1.0.m4s", &slice, NULL));
    lines(t, "part src 1 1 4 60 120000 30000 0\n");
    g_assert_false(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &(shelf_slice){0}, NULL));
    g_autofree char *path = g_build_filename(t->dir, TITLE, "src", "1.m4s", NULL);
    g_assert_cmpint(truncate(path, 64), ==, 0);
    shelf_slice_clear(&slice);
    g_assert_true(shelf_open(t->shelf, TITLE, "src", "1.1.m4s", &slice, NULL));
    shelf_slice_clear(&slice);
    titles_free(t);
}

static void no_more_files_are_held_open_than_are_allowed(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    for (int msn = 0; msn < SHELF_FILES_MAX + 50; msn++) {
        g_autofree char *name = g_strdup_printf("src/%d.m4s", msn);
        g_autofree char *line =
            g_strdup_printf("part src %d 0 0 4 %d 30000 1\nsegment src %d %d 30000 4\n", msn,
                            msn * 30000, msn, msn * 30000);
        media(t, name, "data");
        lines(t, line);
    }
    guint before = open_descriptors();
    for (int msn = 0; msn < SHELF_FILES_MAX + 50; msn++) {
        g_autofree char *name = g_strdup_printf("%d.0.m4s", msn);
        shelf_slice slice;
        g_assert_true(shelf_open(t->shelf, TITLE, "src", name, &slice, NULL));
        shelf_slice_clear(&slice);
    }
    g_assert_cmpuint(open_descriptors() - before, ==, SHELF_FILES_MAX);
    shelf_forget(t->shelf, TITLE);
    g_assert_cmpuint(open_descriptors(), ==, before);
    titles_free(t);
}

/* ---- delivered ---- */

static void expect(GArray *taken, const char *spans)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < taken->len; i++) {
        const shelf_delivery *d = &g_array_index(taken, shelf_delivery, i);
        g_string_append_printf(text,
                               "%s%" G_GINT64_FORMAT ":%s:%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                               i ? " " : "", d->person, d->title_id, d->from_ms, d->to_ms);
    }
    g_assert_cmpstr(text->str, ==, spans);
    g_array_unref(taken);
}

static void delivered_spans_are_merged_until_they_are_taken(void)
{
    titles *t = titles_new();
    shelf *s = t->shelf;
    shelf_note_delivered(s, 7, "aaaa", 333, 666);
    shelf_note_delivered(s, 7, "aaaa", 0, 333);
    shelf_note_delivered(s, 7, "aaaa", 2000, 3000);
    shelf_note_delivered(s, 7, "aaaa", 2500, 2600);
    shelf_note_delivered(s, 7, "aaaa", 1500, 2100);
    shelf_note_delivered(s, 0, "aaaa", 0, 1000); /* a guest earns nothing */
    shelf_note_delivered(s, 7, "aaaa", 100, 100);
    expect(shelf_take_delivered_to(s, 7, "aaaa"), "7:aaaa:0-666 7:aaaa:1500-3000");
    expect(shelf_take_delivered_to(s, 7, "aaaa"), "");
    shelf_note_delivered(s, 8, "bbbb", 0, 1);
    expect(shelf_take_delivered_to(s, 8, "aaaa"), "");
    expect(shelf_take_delivered(s), "8:bbbb:0-1");
    expect(shelf_take_delivered(s), "");
    titles_free(t);
}

static void any_order_of_parts_gives_the_same_spans(void)
{
    titles *t = titles_new();
    for (int round = 0; round < 200; round++) {
        bool seen[60] = {false};
        for (int i = 0; i < 40; i++) {
            int from = g_test_rand_int_range(0, 50), to = from + g_test_rand_int_range(1, 9);
            shelf_note_delivered(t->shelf, 1, "rand", from, to);
            for (int at = from; at < to; at++)
                seen[at] = true;
        }
        g_autoptr(GArray) taken = shelf_take_delivered_to(t->shelf, 1, "rand");
        bool told[60] = {false};
        for (guint i = 0; i < taken->len; i++) {
            const shelf_delivery *d = &g_array_index(taken, shelf_delivery, i);
            for (int64_t at = d->from_ms; at < d->to_ms; at++)
                told[at] = true;
            if (i > 0)
                g_assert_cmpint(d->from_ms, >, g_array_index(taken, shelf_delivery, i - 1).to_ms);
        }
        g_assert_cmpint(memcmp(seen, told, sizeof seen), ==, 0);
    }
    titles_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/shelf/" #name, name)
    TEST(names_open_what_the_journal_says_and_nothing_else);
    TEST(a_file_shorter_than_its_journal_is_missing);
    TEST(a_narrowed_slice_counts_whole_parts_only);
    TEST(titles_that_are_none);
    TEST(a_lost_bell_is_made_up_for_within_half_a_second);
    TEST(a_torn_line_waits_for_its_rest_and_a_bad_one_ends_what_is_understood);
    TEST(a_title_replaced_on_disk_is_read_anew);
    TEST(a_title_that_cannot_be_read_on_stays_as_it_was);
    TEST(a_file_is_opened_once_and_outlives_its_title);
    TEST(a_growing_file_is_measured_again);
    TEST(no_more_files_are_held_open_than_are_allowed);
    TEST(delivered_spans_are_merged_until_they_are_taken);
    TEST(any_order_of_parts_gives_the_same_spans);
    return g_test_run();
}
