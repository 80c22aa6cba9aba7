#include <string.h>

#include "base/error.h"
#include "wire/wire.h"

static wire_job sample_job(void)
{
    wire_job job = {
        .source = WIRE_SOURCE_FILE,
        .title_dir = "/srv/titles/abc",
        .path = "/srv/spool/讲.mp4",
        .label = "演示 Demo",
        .length_ms = 60000,
        .part_target = 30000,
        .segment_target = 180000,
        .target_duration_s = 4,
        .epoch_utc_ms = 1790000000000,
        .now_ms = 12345,
        .rungs = 2,
        .rung = {{"src", true, false, 0, 2500000, 128000}, {"audio", false, true, 0, 0, 48000}}};
    return job;
}

static void push(wire_reader *reader, GBytes *bytes)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    wire_reader_push(reader, data, size);
    g_bytes_unref(bytes);
}

static const wire_message *next(wire_reader *reader)
{
    g_autoptr(GError) error = NULL;
    const wire_message *message = wire_reader_next(reader, &error);
    g_assert_no_error(error);
    return message;
}

static void a_job_arrives_as_it_was_sent(void)
{
    wire_reader *reader = wire_reader_new();
    wire_job job = sample_job();
    push(reader, wire_encode_job(&job));
    const wire_message *message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_JOB);
    g_assert_cmpstr(message->job.path, ==, job.path);
    g_assert_cmpstr(message->job.label, ==, job.label);
    g_assert_cmpint(message->job.epoch_utc_ms, ==, job.epoch_utc_ms);
    g_assert_cmpint(message->job.now_ms, ==, job.now_ms);
    g_assert_cmpint(message->job.rungs, ==, 2);
    g_assert_cmpstr(message->job.rung[1].name, ==, "audio");
    g_assert_true(message->job.rung[0].copy && message->job.rung[1].audio_only);
    g_assert_cmpint(message->job.rung[0].video_bps, ==, 2500000);
    g_assert_null(next(reader));
    wire_reader_free(reader);
}

static void tracks_and_frames_keep_their_stamps_and_bytes(void)
{
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_track(WIRE_AUDIO, WIRE_CODEC_AAC, (const uint8_t *)"\x11\x90", 2));
    push(reader, wire_encode_frame(WIRE_VIDEO, true, -40, -80, (const uint8_t *)"frame", 5));
    const wire_message *message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_TRACK);
    g_assert_cmpint(message->codec, ==, WIRE_CODEC_AAC);
    g_assert_cmpmem(message->data, message->size, "\x11\x90", 2);
    message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_FRAME);
    g_assert_true(message->key);
    g_assert_cmpint(message->pts_ms, ==, -40);
    g_assert_cmpint(message->dts_ms, ==, -80);
    g_assert_cmpmem(message->data, message->size, "frame", 5);
    wire_reader_free(reader);
}

static void pieces_of_a_container_keep_their_bytes(void)
{
    g_autofree uint8_t *piece = g_malloc0(WIRE_DATA_MAX + 1);
    wire_reader *reader = wire_reader_new();
    memset(piece, 0x47, WIRE_DATA_MAX + 1);
    push(reader, wire_encode_data(piece, WIRE_DATA_MAX));
    const wire_message *message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_DATA);
    g_assert_cmpmem(message->data, message->size, piece, WIRE_DATA_MAX);
    push(reader, wire_encode_data(piece, WIRE_DATA_MAX + 1));
    g_autoptr(GError) error = NULL;
    g_assert_null(wire_reader_next(reader, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    wire_reader_free(reader);
}

static void a_message_stays_while_more_bytes_arrive(void)
{
    wire_reader *reader = wire_reader_new();
    g_autofree char *much = g_strnfill(1 << 20, 'x');
    push(reader, wire_encode_frame(WIRE_VIDEO, false, 0, 0, (const uint8_t *)"frame", 5));
    const wire_message *message = next(reader);
    push(reader, wire_encode_frame(WIRE_VIDEO, false, 0, 0, (const uint8_t *)much, 1 << 20));
    g_assert_cmpmem(message->data, message->size, "frame", 5);
    g_assert_cmpuint(next(reader)->size, ==, 1 << 20);
    wire_reader_free(reader);
}

static void the_largest_frame_passes_and_a_larger_one_is_refused(void)
{
    gsize largest = 8 * 1024 * 1024;
    g_autofree uint8_t *data = g_malloc0(largest + 64);
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_frame(WIRE_VIDEO, true, 1, 1, data, largest));
    g_assert_cmpuint(next(reader)->size, ==, largest);
    push(reader, wire_encode_frame(WIRE_VIDEO, true, 1, 1, data, largest + 64));
    g_autoptr(GError) error = NULL;
    g_assert_null(wire_reader_next(reader, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    wire_reader_free(reader);
}

static void a_long_note_is_cut_between_characters(void)
{
    g_autoptr(GString) text = g_string_new("x");
    while (text->len < 2 * WIRE_NOTE_MAX)
        g_string_append(text, "讲");
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_note(WIRE_FAILED, text->str));
    const wire_message *message = next(reader);
    g_assert_cmpuint(strlen(message->note), >, WIRE_NOTE_MAX - 5);
    g_assert_true(g_utf8_validate(message->note, -1, NULL));
    push(reader, wire_encode_note(WIRE_NOTE, "broken \xff byte"));
    g_assert_true(g_utf8_validate(next(reader)->note, -1, NULL));
    wire_reader_free(reader);
}

static void plain_words_and_progress_arrive(void)
{
    static const wire_kind plain[] = {WIRE_LEAVE, WIRE_FINISH, WIRE_STAND_BY, WIRE_KEYFRAME,
                                      WIRE_READY, WIRE_BELL,   WIRE_DONE};
    wire_reader *reader = wire_reader_new();
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        push(reader, wire_encode_plain(plain[i]));
    push(reader, wire_encode_progress(4321));
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        g_assert_cmpint(next(reader)->kind, ==, plain[i]);
    g_assert_cmpint(next(reader)->progress_ms, ==, 4321);
    wire_reader_free(reader);
}

static void an_offer_its_answer_and_counts_arrive(void)
{
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_offer("v=0\r\n", 5));
    push(reader, wire_encode_answer(50123, "v=0\r\ns=-\r\n", 10));
    push(reader, wire_encode_counts(7, G_MAXUINT64));
    const wire_message *message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_OFFER);
    g_assert_cmpmem(message->data, message->size, "v=0\r\n", 5);
    message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_ANSWER);
    g_assert_cmpint(message->port, ==, 50123);
    g_assert_cmpmem(message->data, message->size, "v=0\r\ns=-\r\n", 10);
    message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_COUNTS);
    g_assert_cmpuint(message->lost, ==, 7);
    g_assert_cmpuint(message->retransmitted, ==, G_MAXUINT64);
    wire_reader_free(reader);
}

static void a_gauge_arrives_as_it_was_read(void)
{
    const wire_gauge sent = {.video_bps = 2400000,
                             .audio_bps = 96000,
                             .fps_milli = 29970,
                             .key_ms = 10000,
                             .ahead_ms = -800,
                             .late_ms = 2500,
                             .skipped = 12,
                             .width = 720,
                             .height = 1280,
                             .sound_rate = 48000,
                             .sound_channels = 2,
                             .reordered = true,
                             .encoded = true,
                             .codecs = "avc1.64001f"};
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_gauge(&sent));
    const wire_gauge *got = &next(reader)->gauge;
    g_assert_cmpint(got->video_bps, ==, sent.video_bps);
    g_assert_cmpint(got->audio_bps, ==, sent.audio_bps);
    g_assert_cmpint(got->fps_milli, ==, sent.fps_milli);
    g_assert_cmpint(got->key_ms, ==, sent.key_ms);
    g_assert_cmpint(got->ahead_ms, ==, sent.ahead_ms);
    g_assert_cmpint(got->late_ms, ==, sent.late_ms);
    g_assert_cmpint(got->skipped, ==, sent.skipped);
    g_assert_cmpint(got->width, ==, sent.width);
    g_assert_cmpint(got->height, ==, sent.height);
    g_assert_cmpint(got->sound_rate, ==, sent.sound_rate);
    g_assert_cmpint(got->sound_channels, ==, sent.sound_channels);
    g_assert_true(got->reordered);
    g_assert_true(got->encoded);
    g_assert_cmpstr(got->codecs, ==, sent.codecs);
    wire_reader_free(reader);
}

static void what_a_file_is_arrives_as_text(void)
{
    wire_reader *reader = wire_reader_new();
    push(reader, wire_encode_probed("{\"container\":\"mp4\"}"));
    const wire_message *message = next(reader);
    g_assert_cmpint(message->kind, ==, WIRE_PROBED);
    g_assert_cmpmem(message->data, message->size, "{\"container\":\"mp4\"}", 19);
    wire_reader_free(reader);
}

static void a_job_of_a_file_keeps_what_was_probed(void)
{
    wire_reader *reader = wire_reader_new();
    wire_job job = sample_job();
    job.task = WIRE_TASK_LESSON;
    job.rungs = 0;
    job.lines_max = 720;
    job.gain_mdb = -4300;
    job.may_copy = true;
    push(reader, wire_encode_job(&job));
    job.task = WIRE_TASK_PROBE;
    job.title_dir[0] = '\0';
    push(reader, wire_encode_job(&job));
    const wire_job *got = &next(reader)->job;
    g_assert_cmpint(got->task, ==, WIRE_TASK_LESSON);
    g_assert_cmpint(got->lines_max, ==, 720);
    g_assert_cmpint(got->gain_mdb, ==, -4300);
    g_assert_true(got->may_copy);
    got = &next(reader)->job;
    g_assert_cmpint(got->task, ==, WIRE_TASK_PROBE);
    g_assert_cmpstr(got->title_dir, ==, "");
    wire_reader_free(reader);
}

static void refused_message(GBytes *message)
{
    wire_reader *reader = wire_reader_new();
    g_autoptr(GError) error = NULL;
    push(reader, message);
    g_assert_null(wire_reader_next(reader, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    wire_reader_free(reader);
}

static void text_that_is_empty_too_long_or_no_text_is_refused(void)
{
    g_autofree char *much = g_strnfill(WIRE_SDP_MAX + 1, 'x');
    refused_message(wire_encode_offer("", 0));
    refused_message(wire_encode_offer(much, WIRE_SDP_MAX + 1));
    refused_message(wire_encode_offer("v=\xff", 3));
    refused_message(wire_encode_answer(0, "v=0", 3));
    refused_message(wire_encode_probed(""));
    g_autofree char *facts = g_strnfill(WIRE_FACTS_MAX, ' ');
    refused_message(wire_encode_probed(facts));
}

static void refused(const char *bytes, gsize size)
{
    wire_reader *reader = wire_reader_new();
    g_autoptr(GError) error = NULL, again = NULL;
    wire_reader_push(reader, (const uint8_t *)bytes, size);
    g_assert_null(wire_reader_next(reader, &error));
    g_assert_true(error_is(error, ERROR_PEER));
    push(reader, wire_encode_plain(WIRE_BELL));
    g_assert_null(wire_reader_next(reader, &again));
    g_assert_true(error_is(again, ERROR_PEER));
    wire_reader_free(reader);
}

static void nonsense_is_refused_and_the_reader_stays_dead(void)
{
#define REFUSED(text) refused(text, sizeof(text) - 1)
    REFUSED("\0\0\0\0\x41\x01\0\0");         /* another version */
    REFUSED("\0\0\0\0\x00\x02\0\0");         /* no kind */
    REFUSED("\0\0\0\0\xff\x02\0\0");         /* no such kind */
    REFUSED("\0\0\0\0\x41\x02\1\0");         /* reserved bytes */
    REFUSED("\1\0\0\0\x41\x02\0\0");         /* a bell has no body: refused before it is there */
    REFUSED("\xff\xff\xff\xff\x03\x02\0\0"); /* far too large */
    REFUSED("\2\0\0\0\x02\x02\0\0\0\0");     /* a track without configuration */
    REFUSED("\3\0\0\0\x02\x02\0\0\7\0x");    /* no such track */
    REFUSED("\0\0\0\0\x06\x02\0\0");         /* a piece of nothing */
    REFUSED("\1\0\0\0\x42\x02\0\0\xff");     /* a note that is not UTF-8 */
    REFUSED("\x08\0\0\0\x45\x02\0\0\xff\xff\xff\xff\xff\xff\xff\xff"); /* progress below zero */
}

static void a_job_with_a_wrong_value_is_refused(void)
{
    for (int i = 0; i < 9; i++) {
        wire_job job = sample_job();
        switch (i) {
        case 0:
            job.rungs = 0;
            break;
        case 1:
            strcpy(job.rung[0].name, "../x");
            break;
        case 2:
            job.part_target = 0;
            break;
        case 3:
            job.title_dir[0] = '\0';
            break;
        case 4:
            job.rung[1].height = -1;
            break;
        case 5:
            job.path[0] = '\0';
            break;
        case 6:
            job.task = WIRE_TASK_LESSON;
            job.source = WIRE_SOURCE_FRAMES;
            break;
        case 7:
            job.task = WIRE_TASK_LESSON + 1;
            break;
        case 8:
            job.gain_mdb = WIRE_GAIN_MAX + 1;
            break;
        }
        g_autoptr(GBytes) bytes = wire_encode_job(&job);
        refused(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    }
}

static GByteArray *sample_talk(void)
{
    GByteArray *out = g_byte_array_new();
    wire_job job = sample_job();
    GBytes *messages[] = {
        wire_encode_job(&job),
        wire_encode_track(WIRE_VIDEO, WIRE_CODEC_H264, (const uint8_t *)"avcC", 4),
        wire_encode_frame(WIRE_VIDEO, true, 40, 0, (const uint8_t *)"idr", 3),
        wire_encode_data((const uint8_t *)"G@", 2),
        wire_encode_note(WIRE_NOTE, "讲"),
        wire_encode_probed("{}"),
        wire_encode_plain(WIRE_LEAVE)};
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_byte_array_append(out, g_bytes_get_data(messages[i], NULL),
                            (guint)g_bytes_get_size(messages[i]));
        g_bytes_unref(messages[i]);
    }
    return out;
}

static void any_pieces_give_the_same_messages(void)
{
    static const wire_kind expected[] = {WIRE_JOB,  WIRE_TRACK,  WIRE_FRAME, WIRE_DATA,
                                         WIRE_NOTE, WIRE_PROBED, WIRE_LEAVE};
    GByteArray *talk = sample_talk();
    for (int round = 0; round < 300; round++) {
        wire_reader *reader = wire_reader_new();
        guint seen = 0;
        for (gsize at = 0, size; at < talk->len; at += size) {
            size = (gsize)g_test_rand_int_range(1, 60);
            size = MIN(size, talk->len - at);
            wire_reader_push(reader, talk->data + at, size);
            const wire_message *message;
            while ((message = next(reader)))
                g_assert_cmpint(message->kind, ==, expected[seen++]);
        }
        g_assert_cmpuint(seen, ==, G_N_ELEMENTS(expected));
        wire_reader_free(reader);
    }
    g_byte_array_unref(talk);
}

static void changed_bytes_are_read_or_refused_and_nothing_else(void)
{
    GByteArray *talk = sample_talk();
    for (int round = 0; round < 5000; round++) {
        wire_reader *reader = wire_reader_new();
        g_autofree uint8_t *bytes = g_memdup2(talk->data, talk->len);
        bytes[g_test_rand_int_range(0, (gint32)talk->len)] ^=
            (uint8_t)(1 << g_test_rand_int_range(0, 8));
        wire_reader_push(reader, bytes, (gsize)g_test_rand_int_range(1, (gint32)talk->len + 1));
        guint seen = 0;
        while (wire_reader_next(reader, NULL))
            seen++;
        g_assert_cmpuint(seen, <=, 7);
        wire_reader_free(reader);
    }
    g_byte_array_unref(talk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/wire/" #name, name)
    TEST(a_job_arrives_as_it_was_sent);
    TEST(tracks_and_frames_keep_their_stamps_and_bytes);
    TEST(pieces_of_a_container_keep_their_bytes);
    TEST(a_message_stays_while_more_bytes_arrive);
    TEST(the_largest_frame_passes_and_a_larger_one_is_refused);
    TEST(a_long_note_is_cut_between_characters);
    TEST(plain_words_and_progress_arrive);
    TEST(an_offer_its_answer_and_counts_arrive);
    TEST(what_a_file_is_arrives_as_text);
    TEST(a_job_of_a_file_keeps_what_was_probed);
    TEST(a_gauge_arrives_as_it_was_read);
    TEST(text_that_is_empty_too_long_or_no_text_is_refused);
    TEST(nonsense_is_refused_and_the_reader_stays_dead);
    TEST(a_job_with_a_wrong_value_is_refused);
    TEST(any_pieces_give_the_same_messages);
    TEST(changed_bytes_are_read_or_refused_and_nothing_else);
    return g_test_run();
}
