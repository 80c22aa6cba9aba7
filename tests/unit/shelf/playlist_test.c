#include "titles.h"

#define NOV "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:"

static void a_young_live_playlist_reads_like_this(void)
{
    titles *t = titles_new();
    lines(t, HEAD LOW SRC);
    segment_at(t, "480p", 0, 0);
    segment_at(t, "src", 0, 0);
    part_line(t, "src", 1, 0);
    part_line(t, "480p", 1, 0);
    part_line(t, "480p", 1, 1);
    g_autofree char *text = playlist(t, "480p", SHELF_WINDOW);
    g_assert_cmpstr(
        text, ==,
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.001,CAN-SKIP-UNTIL=12.0\n"
        "#EXT-X-PART-INF:PART-TARGET=0.33334\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-"
        "INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MAP:URI=\"init-0.mp4\"\n" NOV "20.000Z\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"0.0.m4s\",INDEPENDENT=YES\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"0.1.m4s\"\n#EXT-X-PART:DURATION=0.33333,"
        "URI=\"0.2.m4s\"\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"0.3.m4s\"\n#EXT-X-PART:DURATION=0.33333,"
        "URI=\"0.4.m4s\"\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"0.5.m4s\"\n#EXTINF:2.00000,\n0.m4s\n" NOV "22.000Z\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"1.0.m4s\",INDEPENDENT=YES\n"
        "#EXT-X-PART:DURATION=0.33333,URI=\"1.1.m4s\"\n"
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.2.m4s\"\n"
        "#EXT-X-RENDITION-REPORT:URI=\"../src/index.m3u8\",LAST-MSN=1,LAST-PART=0\n");
    titles_free(t);
}

static void the_multivariant_begins_with_480p_and_ends_with_sound(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    g_autoptr(GError) error = NULL;
    g_assert_null(shelf_main_playlist(t->shelf, TITLE, SHELF_WINDOW, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    lines(t, SOUND LOW);
    segment_at(t, "src", 0, 0);
    segment_at(t, "audio", 0, 0);
    g_assert_null(shelf_index(t->shelf, "other234abcd", NULL));
    shelf_ring(t->shelf, TITLE);
    part_line(t, "480p", 0, 0);
    g_autoptr(GBytes) bytes = shelf_main_playlist(t->shelf, TITLE, SHELF_WINDOW, NULL);
    g_autofree char *text = text_of(bytes);
    g_assert_cmpstr(
        text, ==,
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"avc1.4d401e,mp4a.40.2\",RESOLUTION=854x480,"
        "FRAME-RATE=30.000\n480p/index.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=24000,CODECS=\"avc1.64001f,mp4a.40."
        "2\","
        "RESOLUTION=1280x720,FRAME-RATE=30.000\nsrc/index.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=48000,AVERAGE-BANDWIDTH=24000,CODECS=\"mp4a.40.2\"\n"
        "audio/index.m3u8\n");
    g_autoptr(GBytes) whole = shelf_main_playlist(t->shelf, TITLE, SHELF_WHOLE, NULL);
    g_autofree char *whole_text = text_of(whole);
    assert_has(whole_text, "\n480p/dvr.m3u8\n");
    assert_lacks(whole_text, "index.m3u8");
    titles_free(t);
}

static void a_segment_lost_to_a_full_disk_is_a_gap_in_the_whole(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 100);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *before = playlist(t, "src", SHELF_WHOLE);
    assert_lacks(before, "#EXT-X-GAP");
    lines(t, "lost src 0\nlost src 1\n");
    shelf_ring(t->shelf, TITLE);
    g_autofree char *whole = playlist(t, "src", SHELF_WHOLE);
    g_assert_cmpuint(count_of(whole, "#EXT-X-GAP"), ==, 2);
    g_assert_cmpuint(count_of(whole, "#EXTINF:"), ==, 100);
    assert_has(whole, "#EXT-X-MEDIA-SEQUENCE:0\n");
    titles_free(t);
}

static void the_window_slides_and_the_whole_stays(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 100);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *window = playlist(t, "src", SHELF_WINDOW);
    assert_has(window, "#EXT-X-MEDIA-SEQUENCE:80\n");
    g_assert_cmpuint(count_of(window, "#EXTINF:"), ==, 20);
    assert_lacks(window, "PLAYLIST-TYPE");
    g_autofree char *whole = playlist(t, "src", SHELF_WHOLE);
    assert_has(whole, "#EXT-X-PLAYLIST-TYPE:EVENT\n");
    assert_has(whole, "#EXT-X-MEDIA-SEQUENCE:0\n");
    g_assert_cmpuint(count_of(whole, "#EXTINF:"), ==, 100);
    titles_free(t);
}

static void parts_reach_back_three_target_durations(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 10);
    part_line(t, "src", 10, 0);
    g_autofree char *text = playlist(t, "src", SHELF_WINDOW);
    g_assert_cmpuint(count_of(text, "#EXT-X-PART:"), ==, 3 * 6 + 1);
    assert_lacks(text, "\"6.5.m4s\"");
    assert_has(text, "\"7.0.m4s\"");
    titles_free(t);
}

static void an_interruption_is_a_discontinuity_with_a_new_date_and_maybe_a_new_map(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 2);
    lines(t, "discontinuity 2\ninit src 1 800\n");
    segment_at(t, "src", 2, 60 * SECOND);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *text = playlist(t, "src", SHELF_WINDOW);
    assert_has(text, "1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-1.mp4\"\n"
                     "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:14:24.000Z\n");
    assert_lacks(text, "#EXT-X-DISCONTINUITY-SEQUENCE");
    titles_free(t);
}

static void breaks_that_left_the_window_are_counted_also_for_a_rendition_that_came_later(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 2);
    lines(t, "discontinuity 2\n");
    segments(t, "src", 2, 5);
    lines(t, "discontinuity 5\n" LOW);
    segments(t, "src", 5, 60);
    segments(t, "480p", 50, 60);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *src = playlist(t, "src", SHELF_WINDOW);
    g_autofree char *low = playlist(t, "480p", SHELF_WINDOW);
    assert_has(src, "#EXT-X-DISCONTINUITY-SEQUENCE:2\n");
    assert_has(low, "#EXT-X-DISCONTINUITY-SEQUENCE:2\n");
    g_autofree char *whole = playlist(t, "src", SHELF_WHOLE);
    assert_lacks(whole, "#EXT-X-DISCONTINUITY-SEQUENCE");
    g_assert_cmpuint(count_of(whole, "#EXT-X-DISCONTINUITY\n"), ==, 2);
    titles_free(t);
}

static void chapters_and_interruptions_are_dated_ranges(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 3);
    write_lines(t, "discontinuity 3\n");
    segment_at(t, "src", 3, 4 * SECOND);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *before = playlist(t, "src", SHELF_WHOLE);
    assert_lacks(before, "chapter");
    media(t, "chapters", "chapter 1 2500 \"甲\"\nchapter 2 500 乙\n");
    shelf_chapters(t->shelf, TITLE);
    g_autofree char *whole = playlist(t, "src", SHELF_WHOLE);
    assert_has(whole, "#EXT-X-INDEPENDENT-SEGMENTS\n"
                      "#EXT-X-DATERANGE:ID=\"chapter-2\",CLASS=\"jiangtang.chapter\","
                      "START-DATE=\"2023-11-14T22:13:20.500Z\",END-ON-NEXT=YES,X-TITLE=\"乙\"\n"
                      "#EXT-X-DATERANGE:ID=\"chapter-1\",CLASS=\"jiangtang.chapter\","
                      "START-DATE=\"2023-11-14T22:13:22.500Z\",END-ON-NEXT=YES,X-TITLE=\"”甲”\"\n"
                      "#EXT-X-DATERANGE:ID=\"interrupted-6000\",CLASS=\"jiangtang.interrupted\","
                      "START-DATE=\"2023-11-14T22:13:26.000Z\",DURATION=4.000\n");
    titles_free(t);
}

static void a_window_tells_the_chapter_it_begins_in_and_later_ones(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 100);
    shelf_ring(t->shelf, TITLE);
    media(t, "chapters", "chapter 1 0 甲\nchapter 2 30000 乙\nchapter 3 170000 丙\n");
    shelf_chapters(t->shelf, TITLE);
    g_autofree char *window = playlist(t, "src", SHELF_WINDOW);
    assert_lacks(window, "chapter-1");
    assert_has(window, "chapter-2");
    assert_has(window, "chapter-3");
    titles_free(t);
}

static void a_gap_is_said_and_has_no_map(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segment_at(t, "src", 0, 0);
    lines(t, "gap src 1 180000 180000\n");
    segment_at(t, "src", 2, 0);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *text = playlist(t, "src", SHELF_WINDOW);
    assert_has(text,
               "0.m4s\n" NOV "22.000Z\n#EXT-X-GAP\n#EXTINF:2.00000,\n1.m4s\n" NOV "24.000Z\n");
    g_assert_cmpuint(count_of(text, "#EXT-X-MAP"), ==, 1);
    titles_free(t);
}

/* Cut off by a death of the worker: the segment before the gap says nothing of those to come. */
static void what_a_gap_cut_short_is_no_measure_for_the_next_hint(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segment_at(t, "src", 0, 0);
    part_line(t, "src", 1, 0);
    part_line(t, "src", 1, 1);
    lines(t, "segment src 1 180000 60000 2000\ngap src 2 240000 200000\ndiscontinuity 3\n");
    for (int part = 0; part < 4; part++)
        part_line(t, "src", 3, part);
    g_autofree char *text = playlist(t, "src", SHELF_WINDOW);
    assert_has(text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"3.4.m4s\"\n");
    titles_free(t);
}

static void an_ended_title_is_a_recording(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 40);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *before = playlist(t, "src", SHELF_WINDOW);
    assert_lacks(before, "#EXT-X-ENDLIST");
    lines(t, "end 7200000\n");
    g_autofree char *window = playlist(t, "src", SHELF_WINDOW);
    g_autofree char *whole = playlist(t, "src", SHELF_WHOLE);
    g_assert_cmpstr(window, ==, whole);
    assert_has(window, "#EXT-X-PLAYLIST-TYPE:VOD\n");
    g_assert_true(g_str_has_suffix(window, "39.m4s\n#EXT-X-ENDLIST\n"));
    g_assert_cmpuint(count_of(window, "#EXTINF:"), ==, 40);
    const char *live_only[] = {"#EXT-X-PART", "PRELOAD-HINT", "SERVER-CONTROL", "RENDITION-REPORT"};
    for (guint i = 0; i < G_N_ELEMENTS(live_only); i++)
        assert_lacks(window, live_only[i]);
    titles_free(t);
}

static void on_late(GBytes *text, gpointer data)
{
    (void)text, (void)data;
    g_assert_not_reached();
}

static void who_followed_a_window_hears_its_end_only(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 40);
    lines(t, "end 7200000\n");
    shelf_ring(t->shelf, TITLE);
    GBytes *now = NULL;
    g_assert_null(shelf_wait(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, 40, 0, on_late,
                             NULL, &now, NULL));
    g_autofree char *text = g_strndup(g_bytes_get_data(now, NULL), g_bytes_get_size(now));
    g_bytes_unref(now);
    assert_has(text, "#EXT-X-MEDIA-SEQUENCE:20\n");
    assert_lacks(text, "PLAYLIST-TYPE");
    g_assert_true(g_str_has_suffix(text, "39.m4s\n#EXT-X-ENDLIST\n"));
    titles_free(t);
}

static void odd_durations_never_exceed_their_target(void)
{
    titles *t = titles_new();
    lines(t, "jiangtang 1 30030 180180 3 1700000000123\n" SRC
             "part src 0 0 0 10 0 30030 1\npart src 0 1 10 10 30030 30029 0\n");
    g_autofree char *text = playlist(t, "src", SHELF_WINDOW);
    assert_has(text, "PART-HOLD-BACK=1.002,CAN-SKIP-UNTIL=18.0\n");
    assert_has(text, "PART-TARGET=0.33367\n");
    assert_has(text, "DURATION=0.33367,");
    assert_has(text, "DURATION=0.33366,");
    assert_has(text, "22:13:20.123Z");
    titles_free(t);
}

static void the_same_playlist_is_the_same_bytes_until_it_changes(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC LOW);
    segment_at(t, "src", 0, 0);
    shelf_ring(t->shelf, TITLE);
    g_autoptr(GBytes) one =
        shelf_playlist(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, NULL);
    part_line(t, "480p", 0, 0);
    g_autoptr(GBytes) two =
        shelf_playlist(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, NULL);
    g_assert_true(one == two);
    part_line(t, "src", 1, 0);
    g_autoptr(GBytes) three =
        shelf_playlist(t->shelf, TITLE, "src", (shelf_form){SHELF_WINDOW}, NULL);
    g_assert_true(one != three);
    titles_free(t);
}

static void a_whole_live_playlist_grows_as_if_written_at_once(void)
{
    titles *grown = titles_new();
    lines(grown, HEAD SRC);
    for (int msn = 0; msn < 30; msn++) {
        if (msn == 10)
            lines(grown, "discontinuity 10\ninit src 1 800\n");
        segment_at(grown, "src", msn, 0);
        shelf_ring(grown->shelf, TITLE);
        g_free(playlist(grown, "src", SHELF_WHOLE));
    }
    g_autofree char *text = playlist(grown, "src", SHELF_WHOLE);
    shelf_forget(grown->shelf, TITLE);
    g_autofree char *at_once = playlist(grown, "src", SHELF_WHOLE);
    g_assert_cmpstr(text, ==, at_once);
    g_assert_cmpuint(count_of(text, "#EXT-X-MAP"), ==, 2);
    g_assert_cmpuint(count_of(text, "#EXTINF"), ==, 30);
    titles_free(grown);
}

/* What a player makes of a delta update: the skipped segments from what it had before. */
static char *patched(const char *delta, const char *before)
{
    const char *skip = strstr(delta, "#EXT-X-SKIP:SKIPPED-SEGMENTS=");
    if (!skip)
        return g_strdup(delta);
    guint count = (guint)atoi(skip + strlen("#EXT-X-SKIP:SKIPPED-SEGMENTS="));
    const char *from = strstr(before, "#EXT-X-INDEPENDENT-SEGMENTS\n"), *to;
    from = strchr(from, '\n') + 1;
    while (g_str_has_prefix(from, "#EXT-X-DATERANGE")) /* each update tells all of them */
        from = strchr(from, '\n') + 1;
    to = from;
    for (guint i = 0; i < count; i++)
        to = strstr(to, ".m4s\n") + strlen(".m4s\n");
    GString *text = g_string_new_len(delta, skip - delta);
    g_string_append_len(text, from, to - from);
    g_string_append(text, strchr(skip, '\n') + 1);
    return g_string_free(text, FALSE);
}

/* An EXT-X-MAP that stands again at a delta's first segment says nothing new. */
static char *without_map(const char *text, const char *map)
{
    g_auto(GStrv) pieces = g_strsplit(text, map, -1);
    return g_strjoinv("", pieces);
}

static void a_delta_update_and_what_was_there_before_are_the_whole(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    bool skipped = false;
    for (int msn = 0; msn < 40; msn++) {
        segment_at(t, "src", msn, msn >= 20 ? 600 * SECOND : 0); /* a hole in the line before 20 */
        if (msn == 19)
            write_lines(t, "discontinuity 20\n");
        shelf_ring(t->shelf, TITLE);
        for (shelf_span span = SHELF_WINDOW; span <= SHELF_WHOLE; span++) {
            g_autofree char *full = playlist(t, "src", span);
            g_autofree char *delta = playlist_as(t, "src", (shelf_form){span, true});
            g_autofree char *made = patched(delta, full);
            g_autofree char *a = without_map(full, "#EXT-X-MAP:URI=\"init-0.mp4\"\n");
            g_autofree char *b = without_map(made, "#EXT-X-MAP:URI=\"init-0.mp4\"\n");
            g_assert_cmpstr(a, ==, b);
            skipped = skipped || strlen(delta) < strlen(full);
            /* six target durations of media stay */
            g_assert_cmpuint(count_of(delta, "#EXTINF:"), ==, MIN(msn + 1, 6));
        }
    }
    g_assert_true(skipped);
    lines(t, "end 61200000\n");
    g_autofree char *over = playlist_as(t, "src", (shelf_form){SHELF_WHOLE, true});
    assert_lacks(over, "EXT-X-SKIP");
    assert_lacks(over, "CAN-SKIP-UNTIL");
    titles_free(t);
}

static gpointer run_load(gpointer load)
{
    shelf_load_run(load);
    return NULL;
}

static void a_title_may_be_read_on_another_thread(void)
{
    titles *t = titles_new();
    write_lines(t, HEAD SRC);
    segments(t, "src", 0, 50);
    g_assert_null(shelf_load_new(t->shelf, "../x"));
    shelf_load *load = shelf_load_new(t->shelf, TITLE), *late = shelf_load_new(t->shelf, TITLE),
               *none = shelf_load_new(t->shelf, "none4567");
    g_thread_join(g_thread_new("load", run_load, load));
    shelf_load_run(late);
    shelf_load_run(none);
    g_assert_false(shelf_has(t->shelf, TITLE));
    shelf_load_take(t->shelf, load);
    g_assert_true(shelf_has(t->shelf, TITLE));
    const title_index *index = shelf_index(t->shelf, TITLE, NULL);
    shelf_load_take(t->shelf, late); /* came second: dropped */
    shelf_load_take(t->shelf, none);
    g_assert_true(shelf_index(t->shelf, TITLE, NULL) == index);
    shelf_load *unused = shelf_load_new(t->shelf, TITLE);
    titles_free(t);
    shelf_load_free(unused);
}

static void captions_are_known_as_they_were_told_without_a_look_at_the_disk(void)
{
    titles *t = titles_new();
    g_autoptr(GArray) now = g_array_new(FALSE, TRUE, sizeof(title_captions));
    title_captions zh = {.lang = "zh", .label = "中文", .cues = 2};
    g_array_append_val(now, zh);
    shelf_captions(t->shelf, TITLE, now); /* not in memory: fine */
    lines(t, HEAD SRC);
    g_assert_cmpuint(shelf_captions_of(t->shelf, TITLE, NULL)->len, ==, 0);
    shelf_captions(t->shelf, TITLE, now);
    const GArray *told = shelf_captions_of(t->shelf, TITLE, NULL);
    g_assert_cmpuint(told->len, ==, 1);
    g_assert_cmpstr(g_array_index(told, title_captions, 0).label, ==, "中文");
    titles_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/playlist/" #name, name)
    TEST(a_young_live_playlist_reads_like_this);
    TEST(the_multivariant_begins_with_480p_and_ends_with_sound);
    TEST(a_segment_lost_to_a_full_disk_is_a_gap_in_the_whole);
    TEST(the_window_slides_and_the_whole_stays);
    TEST(parts_reach_back_three_target_durations);
    TEST(an_interruption_is_a_discontinuity_with_a_new_date_and_maybe_a_new_map);
    TEST(breaks_that_left_the_window_are_counted_also_for_a_rendition_that_came_later);
    TEST(chapters_and_interruptions_are_dated_ranges);
    TEST(a_window_tells_the_chapter_it_begins_in_and_later_ones);
    TEST(a_gap_is_said_and_has_no_map);
    TEST(what_a_gap_cut_short_is_no_measure_for_the_next_hint);
    TEST(an_ended_title_is_a_recording);
    TEST(who_followed_a_window_hears_its_end_only);
    TEST(odd_durations_never_exceed_their_target);
    TEST(the_same_playlist_is_the_same_bytes_until_it_changes);
    TEST(a_whole_live_playlist_grows_as_if_written_at_once);
    TEST(a_delta_update_and_what_was_there_before_are_the_whole);
    TEST(a_title_may_be_read_on_another_thread);
    TEST(captions_are_known_as_they_were_told_without_a_look_at_the_disk);
    return g_test_run();
}
