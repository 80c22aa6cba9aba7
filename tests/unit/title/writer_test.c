#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "title/writer.h"

static const journal_head head = {30000, 60000, 4, 1790000000000};
static const journal_rendition src = {"src", RENDITION_AV, "avc1.64001f,mp4a.40.2", 1280, 720,
                                      30000, 2500000};
static const journal_rendition sound = {"audio", RENDITION_AUDIO, "mp4a.40.2", 0, 0, 0, 48000};

static int remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
    (void)is, (void)type, (void)where;
    return remove(path);
}

static void remove_title(char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    g_free(dir);
}

static char *new_dir(void)
{
    return g_dir_make_tmp("jt-title-XXXXXX", NULL);
}

static title_writer *open_title(const char *dir)
{
    g_autoptr(GError) error = NULL;
    title_writer *writer = title_writer_open(dir, &head, &error);
    g_assert_no_error(error);
    return writer;
}

static void describe_renditions(title_writer *writer)
{
    g_autoptr(GBytes) init = g_bytes_new("an init segment", 15);
    g_assert_true(title_writer_rendition(writer, &src, NULL));
    g_assert_true(title_writer_rendition(writer, &sound, NULL));
    g_assert_true(title_writer_init(writer, "src", init, NULL));
    g_assert_true(title_writer_init(writer, "audio", init, NULL));
}

static void write_part(title_writer *writer, const char *rendition, int64_t msn, int64_t start,
                       gsize size)
{
    g_autofree char *fill = g_strnfill(size, (char)('a' + msn % 26));
    g_autoptr(GBytes) part = g_bytes_new(fill, size);
    g_autoptr(GError) error = NULL;
    title_writer_part(writer, rendition, msn, start, 30000, start % 60000 == 0, part, &error);
    g_assert_no_error(error);
}

static void write_segment(title_writer *writer, const char *rendition, int64_t msn, int64_t start)
{
    write_part(writer, rendition, msn, start, 100);
    write_part(writer, rendition, msn, start + 30000, 50);
    g_assert_true(title_writer_segment(writer, rendition, msn, NULL));
}

static gsize size_of(const char *path)
{
    GStatBuf is;
    return g_stat(path, &is) ? 0 : (gsize)is.st_size;
}

static void what_is_written_is_what_a_reader_of_the_journal_sees(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    write_segment(writer, "audio", 0, 0);
    write_part(writer, "src", 1, 60000, 70);
    g_assert_true(title_writer_end(writer, NULL));

    g_autofree char *path = title_path_journal(dir), *text = NULL;
    gsize length, used;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    title_index *index = title_index_new();
    g_assert_true(title_index_feed(index, text, length, &used, NULL));
    g_assert_true(title_index_ended(index));
    g_assert_cmpint(title_index_duration(index), ==, 90000);
    g_autofree char *media = title_path_segment(dir, "src", 0),
                    *init = title_path_init(dir, "src", 0);
    g_assert_cmpuint(size_of(media), ==, 150);
    g_assert_cmpuint(size_of(init), ==, 15);
    title_index_free(index);
    title_writer_free(writer);
    remove_title(dir);
}

static void a_title_that_has_ended_cannot_be_gone_on_with(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    g_assert_true(title_writer_end(writer, NULL));
    title_writer_free(writer);
    g_autoptr(GError) error = NULL;
    g_assert_null(title_writer_open(dir, &head, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_cmpstr(error_code(error), ==, "title_ended");
    remove_title(dir);
}

static void a_title_has_one_writer_at_a_time(void)
{
    char *dir = new_dir();
    title_writer *first = open_title(dir);
    g_autoptr(GError) error = NULL;
    g_assert_null(title_writer_open(dir, &head, &error));
    g_assert_cmpstr(error_code(error), ==, "title_in_use");
    title_writer_free(first);
    title_writer_free(open_title(dir));
    remove_title(dir);
}

static void the_epoch_that_stands_stays_and_other_targets_are_refused(void)
{
    char *dir = new_dir();
    title_writer_free(open_title(dir));
    journal_head later = head, other = head;
    later.epoch_utc_ms += 5000;
    other.part_target = 45000;
    title_writer *writer = title_writer_open(dir, &later, NULL);
    g_assert_nonnull(writer);
    g_assert_cmpint(title_writer_head(writer)->epoch_utc_ms, ==, head.epoch_utc_ms);
    title_writer_free(writer);
    g_autoptr(GError) error = NULL;
    g_assert_null(title_writer_open(dir, &other, &error));
    g_assert_cmpstr(error_code(error), ==, "title_targets");
    remove_title(dir);
}

static void a_refused_line_leaves_journal_and_files_as_they_were(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    g_autofree char *journal = title_path_journal(dir), *path = title_path_segment(dir, "src", 5);
    gsize before = size_of(journal);
    g_autoptr(GBytes) part = g_bytes_new("x", 1);
    g_assert_false(title_writer_part(writer, "src", 5, 60000, 30000, true, part, NULL));
    g_assert_false(title_writer_part(writer, "../../x", 1, 60000, 30000, true, part, NULL));
    g_assert_false(title_writer_part(writer, "src", 1, 59000, 30000, true, part, NULL));
    g_assert_false(title_writer_segment(writer, "src", 0, NULL));
    g_assert_cmpuint(size_of(journal), ==, before);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    title_writer_free(writer);
    remove_title(dir);
}

static void saying_a_rendition_again_adds_no_line_and_changing_it_does(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    g_autofree char *journal = title_path_journal(dir);
    gsize before = size_of(journal);
    g_assert_true(title_writer_rendition(writer, &src, NULL));
    g_assert_cmpuint(size_of(journal), ==, before);
    journal_rendition smaller = src;
    smaller.width = 640, smaller.height = 360;
    g_assert_true(title_writer_rendition(writer, &smaller, NULL));
    g_assert_cmpuint(size_of(journal), >, before);
    g_assert_cmpint(title_index_find(title_writer_index(writer), "src")->is.width, ==, 640);
    title_writer_free(writer);
    remove_title(dir);
}

static void after_a_death_lagging_renditions_get_a_gap_and_a_discontinuity_follows(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    write_segment(writer, "audio", 0, 0);
    write_segment(writer, "src", 1, 60000);
    write_part(writer, "src", 2, 120000, 30);
    title_writer_free(writer);

    writer = open_title(dir);
    const title_index *index = title_writer_index(writer);
    g_assert_cmpint(title_writer_next_msn(writer), ==, 3);
    g_assert_cmpint(title_writer_next_start(writer), ==, 150000);
    const title_rendition *lagging = title_index_find(index, "audio");
    g_assert_true(title_rendition_segment(lagging, 1)->gap &&
                  title_rendition_segment(lagging, 2)->gap);
    g_assert_cmpint(title_rendition_segment(lagging, 2)->start, ==, 120000);
    g_assert_true(title_rendition_segment(title_index_find(index, "src"), 2)->closed);
    write_segment(writer, "audio", 3, 300000);
    g_assert_true(title_rendition_segment(lagging, 3)->discontinuity);
    title_writer_free(writer);
    remove_title(dir);
}

/* A player's clock goes on over the gap: it begins where the media broke off. */
static void a_gap_begins_where_the_media_before_it_broke_off(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    write_part(writer, "audio", 0, 0, 30);
    write_segment(writer, "src", 1, 60000);
    title_writer_free(writer);

    writer = open_title(dir);
    const title_rendition *lagging = title_index_find(title_writer_index(writer), "audio");
    const title_segment *gap = title_rendition_segment(lagging, 1);
    g_assert_cmpint(title_rendition_segment(lagging, 0)->duration, ==, 30000);
    g_assert_true(gap->gap);
    g_assert_cmpint(gap->start, ==, 30000);
    g_assert_cmpint(gap->duration, ==, 90000);
    title_writer_free(writer);
    remove_title(dir);
}

static void opening_again_without_new_media_adds_nothing(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    title_writer_free(writer);
    title_writer_free(open_title(dir));
    g_autofree char *journal = title_path_journal(dir);
    gsize before = size_of(journal);
    title_writer_free(open_title(dir));
    g_assert_cmpuint(size_of(journal), ==, before);
    remove_title(dir);
}

static void a_part_whose_bytes_were_lost_with_the_power_is_unsaid(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    write_part(writer, "src", 1, 60000, 100);
    write_part(writer, "src", 1, 90000, 100);
    title_writer_free(writer);
    g_autofree char *path = title_path_segment(dir, "src", 1);
    g_assert_cmpint(truncate(path, 150), ==, 0);

    writer = open_title(dir);
    const title_segment *cut =
        title_rendition_segment(title_index_find(title_writer_index(writer), "src"), 1);
    g_assert_cmpint(cut->parts->len, ==, 1);
    g_assert_cmpuint(size_of(path), ==, 100);
    title_writer_free(writer);
    remove_title(dir);
}

/* Some seconds of two renditions, the second one behind, with an interruption in it. */
static void write_sample(const char *dir)
{
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 0, 0);
    write_segment(writer, "audio", 0, 0);
    write_segment(writer, "src", 1, 60000);
    title_writer_free(writer);
    writer = open_title(dir);
    describe_renditions(writer);
    write_segment(writer, "src", 2, 240000);
    write_part(writer, "src", 3, 300000, 40);
    write_part(writer, "audio", 2, 240000, 10);
    title_writer_free(writer);
}

static void assert_contiguous(const title_index *index)
{
    for (guint i = 0; i < title_index_count(index); i++) {
        const title_rendition *rendition = title_index_rendition(index, i);
        for (guint j = 0; j < rendition->segments->len; j++) {
            const title_segment *segment = rendition->segments->pdata[j];
            g_assert_cmpint(segment->msn, ==, j);
            g_assert_true(segment->closed);
        }
    }
}

static void go_on(const char *dir)
{
    title_writer *writer = open_title(dir);
    assert_contiguous(title_writer_index(writer));
    describe_renditions(writer);
    int64_t msn = title_writer_next_msn(writer), start = title_writer_next_start(writer);
    write_segment(writer, "src", msn, start);
    write_segment(writer, "audio",
                  title_index_find(title_writer_index(writer), "audio")->segments->len, start);
    g_assert_true(title_writer_end(writer, NULL));
    assert_contiguous(title_writer_index(writer));
    title_writer_free(writer);
}

static void a_title_cut_at_any_byte_can_be_gone_on_with(void)
{
    char *sample = new_dir();
    write_sample(sample);
    g_autofree char *path = title_path_journal(sample), *text = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize cut = 0; cut <= length; cut++) {
        char *dir = new_dir();
        g_autofree char *command = g_strdup_printf("cp -r %s/. %s/", sample, dir);
        g_assert_cmpint(system(command), ==, 0);
        g_autofree char *journal = title_path_journal(dir);
        g_assert_cmpint(truncate(journal, (off_t)cut), ==, 0);
        go_on(dir);
        remove_title(dir);
    }
    remove_title(sample);
}

static bool stands(const char *dir, int64_t msn)
{
    g_autofree char *path = title_path_segment(dir, "src", msn);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static int gaps_of(const title_writer *writer)
{
    const title_rendition *of = title_index_find(title_writer_index(writer), "src");
    int gaps = 0;
    for (guint i = 0; i < of->segments->len; i++)
        gaps += ((const title_segment *)of->segments->pdata[i])->gap;
    return gaps;
}

/* No disk has that much free, so every segment is one too many. */
static void on_a_full_disk_the_oldest_media_go_and_the_newest_minute_stays(void)
{
    enum { SEGMENTS = 110, KEPT = TITLE_KEPT_TIME / 60000 };
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    title_writer_keep_room(writer, G_MAXINT64);
    for (int64_t msn = 0; msn < SEGMENTS; msn++)
        write_segment(writer, "src", msn, msn * 60000);
    g_assert_cmpuint(title_writer_lost(writer), ==, SEGMENTS - 1 - KEPT);
    g_assert_cmpint(gaps_of(writer), ==, SEGMENTS - 1 - KEPT);
    g_assert_false(stands(dir, SEGMENTS - 2 - KEPT));
    g_assert_true(stands(dir, SEGMENTS - 1 - KEPT));
    title_writer_free(writer);
    writer = open_title(dir);
    g_assert_cmpint(gaps_of(writer), ==, SEGMENTS - 1 - KEPT);
    g_assert_cmpint(title_writer_next_msn(writer), ==, SEGMENTS);
    g_autoptr(GArray) content = title_index_content(title_writer_index(writer));
    g_assert_cmpint(g_array_index(content, title_span, 0).from_ms, ==, 0); /* it was taught */
    g_assert_true(title_writer_end(writer, NULL));
    title_writer_free(writer);
    remove_title(dir);
}

static void with_room_on_the_disk_nothing_goes(void)
{
    char *dir = new_dir();
    title_writer *writer = open_title(dir);
    describe_renditions(writer);
    title_writer_keep_room(writer, 1);
    for (int64_t msn = 0; msn < 200; msn++)
        write_segment(writer, "src", msn, msn * 60000);
    g_assert_cmpuint(title_writer_lost(writer), ==, 0);
    title_writer_free(writer);
    remove_title(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/title/writer/" #name, name)
    TEST(what_is_written_is_what_a_reader_of_the_journal_sees);
    TEST(a_title_that_has_ended_cannot_be_gone_on_with);
    TEST(a_title_has_one_writer_at_a_time);
    TEST(the_epoch_that_stands_stays_and_other_targets_are_refused);
    TEST(a_refused_line_leaves_journal_and_files_as_they_were);
    TEST(saying_a_rendition_again_adds_no_line_and_changing_it_does);
    TEST(after_a_death_lagging_renditions_get_a_gap_and_a_discontinuity_follows);
    TEST(a_gap_begins_where_the_media_before_it_broke_off);
    TEST(opening_again_without_new_media_adds_nothing);
    TEST(a_part_whose_bytes_were_lost_with_the_power_is_unsaid);
    TEST(a_title_cut_at_any_byte_can_be_gone_on_with);
    TEST(on_a_full_disk_the_oldest_media_go_and_the_newest_minute_stays);
    TEST(with_room_on_the_disk_nothing_goes);
    return g_test_run();
}
