/* Subtitles in both formats, what is left of them, and what is refused with its line. */
#include "title/cues.h"

#include <string.h>

#include "base/error.h"

static GArray *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    GArray *cues = cues_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return cues;
}

/* As written without a move. */
static void expect(const char *text, const char *wanted)
{
    g_autoptr(GArray) cues = parse(text);
    g_autofree char *written = cues_write(cues, 0, NULL, NULL);
    g_autofree char *whole = g_strconcat("WEBVTT\n\n", wanted, NULL);
    g_assert_cmpstr(written, ==, whole);
}

static void srt_and_webvtt_say_the_same(void)
{
    const char *wanted = "00:00:01.000 --> 00:00:02.500\n焊条\n角度\n\n";
    expect("1\r\n00:00:01,000 --> 00:00:02,500\r\n焊条\r\n角度\r\n", wanted);
    expect("1\n00:00:01.000 --> 00:00:02.500\n焊条\n角度\n\n", wanted);
    expect("00:00:01,000 --> 00:00:02,500\n焊条\n角度", wanted);
    expect("WEBVTT\n\n00:01.000 --> 00:02.500\n焊条\n角度\n", wanted);
    expect("WEBVTT - by hand\nKind: captions\n\nan id\n00:01.000-->00:02.500\n焊条\n角度\n",
           wanted);
    expect("\xEF\xBB\xBFWEBVTT\r\rREGION\rid:x\r\rSTYLE\r::cue{}\r\rNOTE x\ry\r\r00:01.000 --> "
           "00:02.500\r焊条\r角度\r",
           wanted);
    expect("1\n00:00:01,000 --> 00:00:02,500 X1:10 Y1:20\n\xBA\xB8\xCC\xF5\n\xBD\xC7\xB6\xC8\n",
           wanted);
}

static void only_what_says_something_stays(void)
{
    expect("WEBVTT\n\n00:01.000 --> 00:02.000 align:start line:0 onclick:x position:10%,x&\n"
           "<v 赵铁柱>Hold <b.loud>it</b> <script>x</script><i>so\n",
           "00:00:01.000 --> 00:00:02.000 align:start line:0\nHold <b>it</b> x<i>so</i>\n\n");
    expect("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}a < b & c &amp; d > e\n",
           "00:00:01.000 --> 00:00:02.000\na &lt; b &amp; c &amp; d &gt; e\n\n");
    expect("1\n00:00:01,000 --> 00:00:02,000\n{\x12\\an8}a {<x>\\an8}b {{\\an8}\\c {\\d\n",
           "00:00:01.000 --> 00:00:02.000\n{an8}a {an8}b {c {\\d\n\n");
    expect("1\n00:00:01,000 --> 00:00:02,000\n<font color=\"red\">\n<b><i>x</b>y</i>\n</font>\n",
           "00:00:01.000 --> 00:00:02.000\n<b><i>x</i></b>y\n\n");
    expect("1\n00:00:05,000 --> 00:00:06,000\nlater\n\n2\n00:00:01,000 --> 00:00:02,000\n<u>\n\n3\n"
           "00:00:01,000 --> 00:00:02,000\nearlier\n",
           "00:00:01.000 --> 00:00:02.000\n<u></u>\n\n00:00:01.000 --> "
           "00:00:02.000\nearlier\n\n00:00:05.000 --> 00:00:06.000\nlater\n\n");
}

static void what_was_written_reads_as_it_was_written(void)
{
    g_autoptr(GArray) cues =
        parse("WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n&lt;<b>x\n\n99:59:59.000 --> "
              "99:59:59.999\ny & z\n");
    g_autofree char *once = cues_write(cues, 0, NULL, NULL);
    g_autoptr(GArray) again = parse(once);
    g_autofree char *twice = cues_write(again, 0, NULL, NULL);
    g_assert_cmpstr(once, ==, twice);
}

static int64_t skip_a_minute(int64_t ms, gpointer user)
{
    (void)user;
    return ms < 2000 ? ms : MAX(ms - 60000, 2000);
}

static void cues_are_moved_mapped_and_cut_at_the_beginning(void)
{
    g_autoptr(GArray) cues =
        parse("1\n00:00:01,000 --> 00:00:03,000\na\n\n2\n00:00:30,000 --> 00:00:40,000\nb\n\n3\n"
              "00:01:03,000 --> 00:01:04,000\nc\n");
    g_autofree char *earlier = cues_write(cues, -2000, NULL, NULL);
    g_assert_cmpstr(earlier, ==,
                    "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na\n\n00:00:28.000 --> "
                    "00:00:38.000\nb\n\n00:01:01.000 --> 00:01:02.000\nc\n\n");
    g_autofree char *mapped = cues_write(cues, 0, skip_a_minute, NULL);
    g_assert_cmpstr(mapped, ==,
                    "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\n00:00:03.000 --> "
                    "00:00:04.000\nc\n\n");
    g_autofree char *away = cues_write(cues, -G_MAXINT32, NULL, NULL);
    g_assert_cmpstr(away, ==, "WEBVTT\n\n");
}

/* Media from 0 to 60 s, then from 100 s on; the second piece begins at 30 s. Its time stamps are 10 s later. */
static void a_piece_tells_what_is_seen_in_it_in_full_but_not_beyond_an_interruption(void)
{
    g_autoptr(GArray) cues =
        parse("WEBVTT\n\n00:00:01.000 --> 00:00:30.000\na\n\n00:00:29.000 --> 00:00:31.000 "
              "align:start\nb\n\n00:00:55.000 --> 00:01:45.000\nc\n\n00:01:10.000 --> "
              "00:01:20.000\nd\n\n");
    const cues_piece second = {30000, 60000, 0, 60000, 10000},
                     third = {100000, 110000, 100000, 110000, 10000};
    g_autofree char *text = cues_write_piece(cues, 0, &second);
    g_assert_cmpstr(text, ==,
                    "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000\n\n00:00:39.000 --> "
                    "00:00:41.000 align:start\nb\n\n00:01:05.000 --> 00:01:10.000\nc\n\n");
    g_autofree char *after = cues_write_piece(cues, 0, &third);
    g_assert_cmpstr(after, ==,
                    "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000\n\n00:01:50.000 --> "
                    "00:01:55.000\nc\n\n");
    g_autofree char *moved = cues_write_piece(cues, -90000, &second);
    g_assert_cmpstr(moved, ==, "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000\n\n");
    g_autofree char *later = cues_write_piece(cues, 30000, &third);
    g_assert_nonnull(strstr(
        later, "\n\n00:01:50.000 --> 00:02:00.000\nc\n\n00:01:50.000 --> 00:02:00.000\nd\n"));
}

static void what_cannot_be_read_is_refused_with_its_line(void)
{
    static const struct {
        const char *text, *code, *says;
    } wrong[] = {
        {"", "captions_empty", "no cues"},
        {"WEBVTT\n\nNOTE only\n", "captions_empty", "no cues"},
        {"hello\n", "captions", "Line 1: a time"},
        {"1\n00:00:01,000 -> 00:00:02,000\nx\n", "captions", "Line 2: -->"},
        {"1\n00:00:01,000 --> 00:00:02\nx\n", "captions", "Line 2: the time behind"},
        {"1\n00:00:01,000 --> 00:00:02,0000\nx\n", "captions", "Line 2: the time behind"},
        {"1\n00:00:02,000 --> 00:00:02,000\nx\n", "captions", "Line 2: the cue ends before"},
        {"1\n00:61:00,000 --> 01:02:00,000\nx\n", "captions", "Line 2: a time"},
        {"1\n00:00:01,000 --> 00:00:02,000\nx\n00:00:03,000 --> 00:00:04,000\ny\n", "captions",
         "Line 4: a blank line"},
        {"1", "captions", "the file ends"},
        {"1\n", "captions", "Line 2: a time"},
        {"\x89PNG\r\n\x1A\n\xFF", "not_text", "UTF-8"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(cues_parse(wrong[i].text, strlen(wrong[i].text), &error));
        g_assert_cmpstr(error_code(error), ==, wrong[i].code);
        g_assert_nonnull(strstr(error->message, wrong[i].says));
    }
}

static void the_bounds_hold(void)
{
    g_autoptr(GString) text = g_string_new("WEBVTT\n\n");
    g_autoptr(GError) many = NULL, large = NULL, dense = NULL;
    for (int i = 0; i <= CUES_MAX; i++)
        g_string_append(text, "00:01.000 --> 00:02.000\nx\n\n");
    g_assert_null(cues_parse(text->str, text->len, &many));
    g_assert_nonnull(strstr(many->message, "far too many"));
    g_string_set_size(text, CUES_BYTES_MAX + 1);
    g_assert_null(cues_parse(text->str, text->len, &large));
    g_assert_true(error_is(large, ERROR_TOO_LARGE));
    g_string_assign(text, "00:00:01,000 --> 00:00:02,000\n");
    for (int i = 0; i < CUE_TEXT_BYTES; i++)
        g_string_append(text, "<b>x</b>");
    g_assert_null(cues_parse(text->str, text->len, &dense));
    g_assert_nonnull(strstr(dense->message, "far too long"));
}

/* A tag that is left open is closed: what that brings counts too, or what is written could not be read. */
static void the_bound_of_a_cue_counts_its_closing_tags(void)
{
    g_autofree char *words = g_strnfill(CUE_TEXT_BYTES - 7, 'x');
    g_autofree char *fits = g_strdup_printf("00:01.000 --> 00:02.000\n<b>%s\n", words);
    g_autofree char *over = g_strdup_printf("00:01.000 --> 00:02.000\n<b>%sx\n", words);
    g_autoptr(GArray) cues = cues_parse(fits, strlen(fits), NULL);
    g_assert_nonnull(cues);
    g_autofree char *written = cues_write(cues, 0, NULL, NULL);
    g_autoptr(GArray) again = cues_read(written, strlen(written), NULL);
    g_assert_nonnull(again);
    g_assert_null(cues_parse(over, strlen(over), NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cues/srt_and_webvtt_say_the_same", srt_and_webvtt_say_the_same);
    g_test_add_func("/cues/only_what_says_something_stays", only_what_says_something_stays);
    g_test_add_func("/cues/what_was_written_reads_as_it_was_written",
                    what_was_written_reads_as_it_was_written);
    g_test_add_func("/cues/cues_are_moved_mapped_and_cut_at_the_beginning",
                    cues_are_moved_mapped_and_cut_at_the_beginning);
    g_test_add_func("/cues/a_piece_tells_what_is_seen_in_it_in_full_but_not_beyond_an_interruption",
                    a_piece_tells_what_is_seen_in_it_in_full_but_not_beyond_an_interruption);
    g_test_add_func("/cues/what_cannot_be_read_is_refused_with_its_line",
                    what_cannot_be_read_is_refused_with_its_line);
    g_test_add_func("/cues/the_bounds_hold", the_bounds_hold);
    g_test_add_func("/cues/the_bound_of_a_cue_counts_its_closing_tags",
                    the_bound_of_a_cue_counts_its_closing_tags);
    return g_test_run();
}
