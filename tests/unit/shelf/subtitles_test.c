/* Captions as HLS tells them. */
#include "titles.h"

#define NOV "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:"
#define WORDS "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n焊\n\n"

/* Takes the list. */
static void tell(titles *t, GArray *captions)
{
    shelf_captions(t->shelf, TITLE, captions);
    g_array_unref(captions);
}

/* As title/captions.h keeps them. */
static void speak(titles *t, const char *lang, const char *label)
{
    g_autofree char *name = g_build_filename("captions", lang, NULL);
    g_autofree char *text =
        g_strdup_printf("jiangtang captions 1\nlabel %s\noffset 0\ncues 1\n\n" WORDS, label);
    g_autofree char *dir = shelf_title_dir(t->shelf, TITLE);
    media(t, name, text);
    tell(t, captions_list(dir, NULL));
}

static char *main_of(titles *t, shelf_span span)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = shelf_main_playlist(t->shelf, TITLE, span, &error);
    g_assert_no_error(error);
    return text_of(bytes);
}

static char *spoken(titles *t, const char *lang)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = shelf_subtitles(t->shelf, TITLE, lang, &error);
    g_assert_no_error(error);
    return text_of(bytes);
}

static void refused(titles *t, const char *lang, const char *code)
{
    g_autoptr(GError) error = NULL;
    cues_piece piece;
    g_assert_null(shelf_subtitles(t->shelf, TITLE, lang, &error));
    g_assert_cmpstr(error_code(error), ==, code);
    g_clear_error(&error);
    g_assert_false(shelf_subtitles_piece(t->shelf, TITLE, lang, 0, &piece, &error));
    g_assert_cmpstr(error_code(error), ==, code);
}

static void a_title_with_captions_names_each_language_and_every_variant_has_them(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC SOUND);
    segments(t, "src", 0, 3);
    segments(t, "audio", 0, 3);
    lines(t, "end 540000\n");
    g_autofree char *silent = main_of(t, SHELF_WINDOW);
    assert_lacks(silent, "SUBTITLES");
    speak(t, "zh-Hans", "中文");
    speak(t, "en", "\"By hand\"");
    for (shelf_span span = SHELF_WINDOW; span <= SHELF_WHOLE; span++) {
        g_autofree char *text = main_of(t, span);
        assert_has(text, "#EXT-X-INDEPENDENT-SEGMENTS\n"
                         "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",LANGUAGE=\"en\","
                         "AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"captions/en/index.m3u8\","
                         "NAME=\"”By hand”\"\n"
                         "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",LANGUAGE=\"zh-Hans\","
                         "AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"captions/zh-Hans/index.m3u8\","
                         "NAME=\"中文\"\n#EXT-X-STREAM-INF:");
        g_assert_cmpuint(count_of(text, "#EXT-X-STREAM-INF:"), ==, 2);
        g_assert_cmpuint(count_of(text, ",SUBTITLES=\"captions\"\n"), ==, 2);
    }
    titles_free(t);
}

static void a_class_that_goes_on_tells_none_and_reads_as_ever(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 3);
    shelf_ring(t->shelf, TITLE);
    g_autofree char *before = main_of(t, SHELF_WHOLE);
    speak(t, "zh", "中文");
    g_autofree char *after = main_of(t, SHELF_WHOLE);
    g_assert_cmpstr(before, ==, after);
    refused(t, "zh", "nothing_yet");
    lines(t, "end 540000\n");
    g_autofree char *over = main_of(t, SHELF_WHOLE);
    assert_has(over, "SUBTITLES=\"captions\"");
    refused(t, "en", "captions_missing");
    refused(t, "../zh", "captions_missing");
    titles_free(t);
}

static void captions_that_come_change_their_name_or_go_are_told_at_once(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 3);
    lines(t, "end 540000\n");
    g_autofree char *silent = main_of(t, SHELF_WINDOW);
    speak(t, "zh", "中文");
    g_autofree char *one = main_of(t, SHELF_WINDOW);
    assert_has(one, "NAME=\"中文\"");
    g_autofree char *dir = shelf_title_dir(t->shelf, TITLE);
    tell(t, captions_change(dir, "zh", "普通话", NULL, NULL));
    g_autofree char *other = main_of(t, SHELF_WINDOW);
    assert_has(other, "NAME=\"普通话\"");
    tell(t, captions_drop(dir, "zh", NULL));
    g_autofree char *gone = main_of(t, SHELF_WINDOW);
    g_assert_cmpstr(gone, ==, silent);
    refused(t, "zh", "captions_missing");
    titles_free(t);
}

/* "普通话 (en)" is what the second 普通话 would be called. */
static void no_two_languages_have_one_name(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 1);
    lines(t, "end 180000\n");
    speak(t, "en", "普通话");
    speak(t, "fr", "普通话 (en)");
    speak(t, "ja", "URI=");
    speak(t, "zh", "普通话");
    g_autofree char *text = main_of(t, SHELF_WINDOW);
    assert_has(text, "NAME=\"普通话 (en)\"\n");
    assert_has(text, "NAME=\"普通话 (en) (fr)\"\n");
    assert_has(text, "URI=\"captions/ja/index.m3u8\",NAME=\"URI=\"\n");
    assert_has(text, "NAME=\"普通话 (zh)\"\n");
    titles_free(t);
}

static void a_short_title_is_one_piece_of_a_recording(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 3);
    lines(t, "part src 3 0 0 1000 540000 30000 1\nsegment src 3 540000 30000 1000\nend 570000\n");
    speak(t, "zh", "中文");
    speak(t, "en", "English");
    g_autofree char *text = spoken(t, "zh"), *other = spoken(t, "en");
    g_assert_cmpstr(text, ==,
                    "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:7\n"
                    "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n" NOV "20.000Z\n"
                    "#EXTINF:6.33333,\n0.vtt\n#EXT-X-ENDLIST\n");
    g_assert_cmpstr(text, ==, other);
    titles_free(t);
}

static cues_piece piece_of(titles *t, uint64_t n)
{
    g_autoptr(GError) error = NULL;
    cues_piece piece;
    g_assert_true(shelf_subtitles_piece(t->shelf, TITLE, "zh", n, &piece, &error));
    g_assert_no_error(error);
    return piece;
}

/* 400 segments are 800 s; after a hole of a minute there are 2 s more. */
static void a_long_title_is_pieces_and_an_interruption_begins_another(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 400);
    write_lines(t, "discontinuity 400\n");
    segment_at(t, "src", 400, 60 * SECOND);
    lines(t, "end 77580000\n");
    speak(t, "zh", "中文");
    g_free(spoken(t, "zh"));
    media(t, "chapters", "chapter 1 2500 甲\n");
    shelf_chapters(t->shelf, TITLE);
    g_autofree char *text = spoken(t, "zh");
    assert_has(text, "#EXT-X-TARGETDURATION:600\n");
    assert_has(text, "#EXT-X-DATERANGE:ID=\"chapter-1\"");
    assert_has(text, "#EXT-X-DATERANGE:ID=\"interrupted-800000\"");
    assert_has(text, NOV "20.000Z\n#EXTINF:600.00000,\n0.vtt\n"
                         "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:23:20.000Z\n"
                         "#EXTINF:200.00000,\n1.vtt\n#EXT-X-DISCONTINUITY\n"
                         "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:27:40.000Z\n"
                         "#EXTINF:2.00000,\n2.vtt\n#EXT-X-ENDLIST\n");
    cues_piece second = piece_of(t, 1), third = piece_of(t, 2);
    g_assert_cmpint(second.from_ms, ==, 600000);
    g_assert_cmpint(second.to_ms, ==, 800000);
    g_assert_cmpint(second.stretch_from_ms, ==, 0);
    g_assert_cmpint(second.stretch_to_ms, ==, 800000);
    g_assert_cmpint(second.ahead_ms, ==, 10000);
    g_assert_cmpint(third.stretch_from_ms, ==, 860000);
    g_assert_cmpint(third.to_ms, ==, 862000);
    g_autoptr(GError) error = NULL;
    g_assert_false(shelf_subtitles_piece(t->shelf, TITLE, "zh", 3, &third, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    titles_free(t);
}

/* The picture came late; the sound has all of it. */
static void pieces_are_those_of_the_rendition_that_began_first(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC SOUND);
    segments(t, "audio", 0, 4);
    segments(t, "src", 2, 4);
    write_lines(t, "end 720000\n");
    shelf_ring(t->shelf, TITLE);
    speak(t, "zh", "中文");
    g_autofree char *text = spoken(t, "zh");
    assert_has(text, NOV "20.000Z\n#EXTINF:8.00000,\n0.vtt\n");
    titles_free(t);
}

static void the_same_playlist_is_the_same_bytes_for_every_language(void)
{
    titles *t = titles_new();
    lines(t, HEAD SRC);
    segments(t, "src", 0, 1);
    lines(t, "end 180000\n");
    speak(t, "zh", "中文");
    speak(t, "en", "English");
    g_autoptr(GBytes) one = shelf_subtitles(t->shelf, TITLE, "zh", NULL);
    g_autoptr(GBytes) two = shelf_subtitles(t->shelf, TITLE, "en", NULL);
    g_assert_true(one && one == two);
    shelf_withdraw(t->shelf, TITLE);
    g_autoptr(GError) error = NULL;
    g_assert_null(shelf_subtitles(t->shelf, TITLE, "zh", &error));
    g_assert_true(error_is(error, ERROR_DENIED));
    titles_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/subtitles/" #name, name)
    TEST(a_title_with_captions_names_each_language_and_every_variant_has_them);
    TEST(a_class_that_goes_on_tells_none_and_reads_as_ever);
    TEST(captions_that_come_change_their_name_or_go_are_told_at_once);
    TEST(no_two_languages_have_one_name);
    TEST(a_short_title_is_one_piece_of_a_recording);
    TEST(a_long_title_is_pieces_and_an_interruption_begins_another);
    TEST(pieces_are_those_of_the_rendition_that_began_first);
    TEST(the_same_playlist_is_the_same_bytes_for_every_language);
    return g_test_run();
}
