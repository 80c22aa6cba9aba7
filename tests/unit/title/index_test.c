#include <string.h>

#include "base/error.h"
#include "title/title.h"

#define HEAD "jiangtang 1 30000 60000 4 1790000000000\n"
#define SRC "rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 2500000\ninit src 0 812\n"
#define AUDIO "rendition audio audio mp4a.40.2 0 0 0 48000\ninit audio 0 612\n"
#define SEGMENT_0                                                                                  \
    "part src 0 0 0 1000 0 30000 1\npart src 0 1 1000 2000 30000 30000 0\nsegment src 0 0 60000 "  \
    "3000\n"

static title_index *read_all(const char *text)
{
    title_index *index = title_index_new();
    gsize used;
    g_autoptr(GError) error = NULL;
    bool fine = title_index_feed(index, text, strlen(text), &used, &error);
    g_assert_no_error(error);
    g_assert_true(fine);
    g_assert_cmpuint(used, ==, strlen(text));
    return index;
}

/* Everything an index says, as text: two indexes are the same if these are. */
static char *describe(const title_index *index)
{
    GString *out = g_string_new(NULL);
    const journal_head *head = title_index_head(index);
    g_string_append_printf(out, "head %d ended %d duration %ld\n", head ? head->part_target : -1,
                           title_index_ended(index), (long)title_index_duration(index));
    for (guint i = 0; i < title_index_count(index); i++) {
        const title_rendition *rendition = title_index_rendition(index, i);
        g_string_append_printf(out, "%s init %d peak %ld mean %ld\n", rendition->is.name,
                               rendition->last_init, (long)rendition->peak_bps,
                               (long)rendition->mean_bps);
        for (guint j = 0; j < rendition->segments->len; j++) {
            const title_segment *segment = rendition->segments->pdata[j];
            g_string_append_printf(
                out, " %ld %ld+%ld %ld b init %d d%d g%d c%d parts %u\n", (long)segment->msn,
                (long)segment->start, (long)segment->duration, (long)segment->bytes, segment->init,
                segment->discontinuity, segment->gap, segment->closed, segment->parts->len);
        }
    }
    return g_string_free(out, FALSE);
}

static void a_journal_becomes_renditions_segments_and_parts(void)
{
    title_index *index = read_all(HEAD SRC SEGMENT_0 "part src 1 0 0 500 60000 30000 1\n");
    const title_rendition *src = title_index_find(index, "src");
    g_assert_cmpuint(title_index_count(index), ==, 1);
    g_assert_cmpint(src->segments->len, ==, 2);
    const title_segment *closed = title_rendition_segment(src, 0),
                        *open = title_rendition_segment(src, 1);
    g_assert_true(closed->closed && !open->closed);
    g_assert_cmpint(closed->parts->len, ==, 2);
    g_assert_cmpint(open->duration, ==, 30000);
    g_assert_cmpint(src->peak_bps, ==, 36000);
    g_assert_cmpint(src->mean_bps, ==, src->peak_bps);
    g_assert_cmpint(title_index_duration(index), ==, 90000);
    g_assert_null(title_rendition_segment(src, 2));
    g_assert_null(title_rendition_segment(src, -1));
    title_index_free(index);
}

static void a_torn_last_line_is_taken_later(void)
{
    const char *text = HEAD SRC "part src 0 0 0 1000 0 30000 1\n";
    gsize whole = strlen(HEAD SRC), used;
    title_index *index = title_index_new();
    g_assert_true(title_index_feed(index, text, whole + 9, &used, NULL));
    g_assert_cmpuint(used, ==, whole);
    g_assert_cmpint(title_index_find(index, "src")->segments->len, ==, 0);
    g_assert_true(title_index_feed(index, text + whole, strlen(text) - whole, &used, NULL));
    g_assert_cmpint(title_index_find(index, "src")->segments->len, ==, 1);
    title_index_free(index);
}

static void an_impossible_line_is_refused_and_what_came_before_is_kept(void)
{
    static const char *const wrong[] = {
        "part src 1 0 0 1000 0 30000 1\npart src 3 0 0 1 30000 1 1\n", /* 1 is open */
        SEGMENT_0 "part src 0 0 0 1000 60000 30000 1\n",               /* msn does not rise */
        SEGMENT_0 "part src 2 0 0 1000 60000 30000 1\n",               /* one is left out */
        SEGMENT_0 "part src 1 0 0 1000 59999 30000 1\n",               /* reaches back */
        SEGMENT_0 "part src 1 1 0 1000 60000 30000 1\n",               /* begins with part 1 */
        SEGMENT_0 "part src 1 0 8 1000 60000 30000 1\n",               /* begins at byte 8 */
        "part src 0 0 0 1000 0 30000 1\npart src 0 2 1000 1 30000 1 0\n",
        "part src 0 0 0 1000 0 30000 1\npart src 0 1 1001 1 30000 1 0\n",
        "part src 0 0 0 1000 0 30000 1\npart src 0 1 1000 1 29999 1 0\n",
        "part src 0 0 0 1000 0 30000 1\npart src 0 1 1000 1 90000 1 0\n",
        "part src 0 0 0 1000 0 30000 1\nsegment src 0 0 30001 1000\n",
        "part src 0 0 0 1000 0 30000 1\nsegment src 0 0 30000 1001\n",
        "part src 0 0 0 1000 0 30000 1\nend 30000\n",
        "part src 0 0 0 1000 0 450001 1\n", /* over the target duration */
        "part 480p 0 0 0 1000 0 30000 1\n",
        "segment src 0 0 30000 1000\n",
        "gap 480p 0 0 60000\n",
        "init src 2 812\n",
        "init src 0 812\n",
        "rendition src audio mp4a.40.2 0 0 0 48000\n",
        SEGMENT_0 "discontinuity 0\n",
        SEGMENT_0 "discontinuity 1\ndiscontinuity 1\n",
        SEGMENT_0 "end 60001\n",
        SEGMENT_0 "end 60000\ngap src 1 60000 60000\n",
        SEGMENT_0 "end 60000\nend 60000\n",
        HEAD,
        "nonsense\n",
        "\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strconcat(HEAD SRC, wrong[i], NULL);
        g_autoptr(GError) error = NULL;
        title_index *index = title_index_new(), *kept = title_index_new();
        gsize used, again;
        if (title_index_feed(index, text, strlen(text), &used, &error))
            g_error("taken: %s", wrong[i]);
        g_assert_true(error_is(error, ERROR_INPUT));
        g_assert_true(title_index_feed(kept, text, used, &again, NULL));
        g_autofree char *one = describe(index), *other = describe(kept);
        g_assert_cmpstr(one, ==, other);
        title_index_free(index);
        title_index_free(kept);
    }
}

static void nothing_stands_before_the_head(void)
{
    title_index *index = title_index_new();
    gsize used;
    g_assert_false(title_index_feed(index, SRC, strlen(SRC), &used, NULL));
    g_assert_cmpuint(used, ==, 0);
    g_assert_null(title_index_head(index));
    title_index_free(index);
}

static void a_line_that_never_ends_is_refused(void)
{
    g_autofree char *text = g_strnfill(JOURNAL_LINE_MAX, 'a');
    title_index *index = title_index_new();
    gsize used;
    g_assert_true(title_index_feed(index, text, JOURNAL_LINE_MAX - 1, &used, NULL));
    g_assert_false(title_index_feed(index, text, JOURNAL_LINE_MAX, &used, NULL));
    title_index_free(index);
}

static void a_segment_behind_a_discontinuity_says_so_in_every_rendition(void)
{
    title_index *index = read_all(HEAD SRC AUDIO SEGMENT_0 "discontinuity 1\n"
                                                           "gap audio 0 0 60000\n"
                                                           "part src 1 0 0 1 60000 30000 1\n"
                                                           "part audio 1 0 0 1 60000 30000 1\n");
    g_assert_true(title_rendition_segment(title_index_find(index, "src"), 1)->discontinuity);
    g_assert_true(title_rendition_segment(title_index_find(index, "audio"), 1)->discontinuity);
    g_assert_false(title_rendition_segment(title_index_find(index, "src"), 0)->discontinuity);
    g_assert_true(title_rendition_segment(title_index_find(index, "audio"), 0)->gap);
    g_assert_cmpint(title_rendition_segment(title_index_find(index, "audio"), 0)->init, ==, -1);
    title_index_free(index);
}

static void content_is_what_holds_media_merged_and_without_gaps(void)
{
    title_index *index = read_all(HEAD AUDIO SRC SEGMENT_0 "gap src 1 60000 60000\n"
                                                           "part src 2 0 0 1 121000 29000 1\n"
                                                           "segment src 2 121000 29000 1\n"
                                                           "part src 3 0 0 1 153000 27000 1\n");
    g_autoptr(GArray) content = title_index_content(index);
    g_assert_cmpuint(content->len, ==, 2);
    title_span first = g_array_index(content, title_span, 0),
               second = g_array_index(content, title_span, 1);
    g_assert_cmpint(first.from_ms, ==, 0);
    g_assert_cmpint(first.to_ms, ==, 666);
    g_assert_cmpint(second.from_ms, ==, 1344);
    g_assert_cmpint(second.to_ms, ==, 2000); /* 33 ms between two segments are no hole */
    title_index_free(index);
}

/* A journal of random but lawful lines. */
static char *random_journal(void)
{
    GString *out = g_string_new(HEAD SRC AUDIO);
    static const char *const names[] = {"src", "audio"};
    int64_t next[2] = {0, 0}, at[2] = {0, 0}, furthest = 0, duration = 0;
    for (int i = 0; i < 40; i++) {
        int which = g_test_rand_int_range(0, 2);
        int64_t start = at[which] + g_test_rand_int_range(0, 3) * 5000, bytes = 0, first = start;
        if (g_test_rand_int_range(0, 6) == 0) {
            g_string_append_printf(out, "gap %s %ld %ld 60000\n", names[which], (long)next[which],
                                   (long)start);
            at[which] = start + 60000;
        } else {
            int parts = g_test_rand_int_range(1, 7);
            for (int part = 0; part < parts; part++, start += 30000) {
                int size = g_test_rand_int_range(1, 5000);
                g_string_append_printf(out, "part %s %ld %d %ld %d %ld 30000 %d\n", names[which],
                                       (long)next[which], part, (long)bytes, size, (long)start,
                                       part == 0);
                bytes += size;
            }
            g_string_append_printf(out, "segment %s %ld %ld %ld %ld\n", names[which],
                                   (long)next[which], (long)first, (long)(start - first),
                                   (long)bytes);
            at[which] = start;
            duration = MAX(duration, start);
        }
        next[which]++;
        furthest = MAX(furthest, next[which]);
    }
    g_string_append_printf(out, "discontinuity %ld\nend %ld\n", (long)furthest, (long)duration);
    return g_string_free(out, FALSE);
}

static void feed_in_pieces(title_index *index, const char *text)
{
    gsize length = strlen(text), taken = 0, seen = 0, used;
    while (taken < length) {
        seen += (gsize)g_test_rand_int_range(1, 200);
        seen = MIN(length, seen);
        g_assert_true(title_index_feed(index, text + taken, seen - taken, &used, NULL));
        taken += used;
    }
}

static void any_pieces_of_a_journal_give_the_same_index(void)
{
    for (int round = 0; round < 50; round++) {
        g_autofree char *text = random_journal();
        title_index *whole = read_all(text), *pieces = title_index_new();
        feed_in_pieces(pieces, text);
        g_autofree char *one = describe(whole), *other = describe(pieces);
        g_assert_cmpstr(one, ==, other);
        g_assert_true(title_index_ended(pieces));
        title_index_free(whole);
        title_index_free(pieces);
    }
}

static void content_is_sorted_apart_and_no_longer_than_the_title(void)
{
    for (int round = 0; round < 50; round++) {
        g_autofree char *text = random_journal();
        title_index *index = read_all(text);
        g_autoptr(GArray) content = title_index_content(index);
        int64_t last = -1;
        for (guint i = 0; i < content->len; i++) {
            title_span span = g_array_index(content, title_span, i);
            g_assert_cmpint(span.from_ms, >, last);
            g_assert_cmpint(span.to_ms, >, span.from_ms);
            last = span.to_ms;
        }
        g_assert_cmpint(last, <=, title_index_duration(index) / 90);
        title_index_free(index);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/title/index/" #name, name)
    TEST(a_journal_becomes_renditions_segments_and_parts);
    TEST(a_torn_last_line_is_taken_later);
    TEST(an_impossible_line_is_refused_and_what_came_before_is_kept);
    TEST(nothing_stands_before_the_head);
    TEST(a_line_that_never_ends_is_refused);
    TEST(a_segment_behind_a_discontinuity_says_so_in_every_rendition);
    TEST(content_is_what_holds_media_merged_and_without_gaps);
    TEST(any_pieces_of_a_journal_give_the_same_index);
    TEST(content_is_sorted_apart_and_no_longer_than_the_title);
    return g_test_run();
}
