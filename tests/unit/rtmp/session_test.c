#include "ingest/rtmp/rtmp.h"

#include "encoder.h"

/* Everything a session said, as one text: "publish key\n", "tag 9 40 <checksum>\n". */
typedef struct {
    rtmp *session;
    GString *said;
    GByteArray *replies;
    const char *refuse_key;
    const char *refuse_tag;
    GError *error;
} heard;

static bool on_publish(gpointer user, const char *key, const char **why)
{
    heard *h = user;
    g_string_append_printf(h->said, "publish %s\n", key);
    if (h->refuse_key)
        *why = h->refuse_key;
    return !h->refuse_key;
}

static bool on_tag(gpointer user, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
                   GError **error)
{
    heard *h = user;
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, data, size);
    g_string_append_printf(h->said, "tag %u %u %zu %.8s\n", type, timestamp, size, sum);
    if (h->refuse_tag)
        error_set(error, ERROR_INPUT, "codec_refused", NULL, "%s", h->refuse_tag);
    return !h->refuse_tag;
}

static void on_unpublish(gpointer user)
{
    g_string_append(((heard *)user)->said, "unpublish\n");
}

static const rtmp_ops ops = {on_publish, on_tag, on_unpublish};

static heard *heard_new(void)
{
    heard *h = g_new0(heard, 1);
    h->said = g_string_new(NULL);
    h->replies = g_byte_array_new();
    h->session = rtmp_new(&ops, h);
    return h;
}

static void heard_free(heard *h)
{
    rtmp_free(h->session);
    g_string_free(h->said, TRUE);
    g_byte_array_unref(h->replies);
    g_clear_error(&h->error);
    g_free(h);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(heard, heard_free)

static void collect(heard *h)
{
    g_autoptr(GBytes) replies = rtmp_take_replies(h->session);
    gsize size;
    if (!replies)
        return;
    const uint8_t *data = g_bytes_get_data(replies, &size);
    g_byte_array_append(h->replies, data, (guint)size);
}

/* Feeds all, cut after 1..most bytes each time; stops at an error. */
static bool feed(heard *h, const encoder *e, guint most)
{
    bool fine = true;
    for (gsize done = 0; fine && done < e->bytes->len;) {
        gsize count = most ? (gsize)g_test_rand_int_range(1, (gint32)most + 1) : e->bytes->len;
        count = MIN(count, e->bytes->len - done);
        fine = rtmp_feed(h->session, e->bytes->data + done, count, &h->error);
        done += count;
        collect(h);
    }
    return fine;
}

static bool replied(const heard *h, const char *text)
{
    return memmem(h->replies->data, h->replies->len, text, strlen(text)) != NULL;
}

static uint8_t *noise(gsize size)
{
    uint8_t *bytes = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        bytes[i] = (uint8_t)g_test_rand_int();
    return bytes;
}

static void put_tag(encoder *e, guint format, uint8_t type, uint32_t stamp, gsize size)
{
    g_autofree uint8_t *data = noise(size);
    encoder_message(e, format, 4, stamp, type, 1, data, size);
}

/* A session with every habit of encoders in it. */
static encoder varied_session(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc?token=1");
    encoder_set_chunk_size(&e, 200);
    put_tag(&e, 0, 9, 0, 5000);
    put_tag(&e, 1, 8, 23, 300);
    put_tag(&e, 1, 9, 17, 12345);
    put_tag(&e, 0, 9, 0x01000000, 900); /* behind an extended timestamp */
    put_tag(&e, 1, 9, 40, 1000);
    e.silent_extension = true;
    put_tag(&e, 0, 9, 0x01000100, 900);
    put_tag(&e, 0, 9, 0xfffffff0, 601);
    put_tag(&e, 1, 9, 32, 20); /* over the wrap */
    encoder_set_chunk_size(&e, 70000);
    put_tag(&e, 1, 9, 40, 200000);
    encoder_command(&e, "FCUnpublish", 0, "abc");
    encoder_command(&e, "deleteStream", 0, NULL);
    return e;
}

static void any_cutting_gives_the_same_tags(void)
{
    encoder e = varied_session();
    g_autoptr(heard) whole = heard_new();
    g_assert_true(feed(whole, &e, 0));
    g_assert_nonnull(strstr(whole->said->str, "publish abc\n"));
    g_assert_nonnull(strstr(whole->said->str, "tag 9 16 20 "));
    g_assert_nonnull(strstr(whole->said->str, "unpublish\n"));
    static const guint cuts[] = {1, 2, 5, 19, 300, 4096, 100000};
    for (gsize i = 0; i < G_N_ELEMENTS(cuts); i++) {
        g_autoptr(heard) cut = heard_new();
        g_assert_true(feed(cut, &e, cuts[i]));
        g_assert_cmpstr(cut->said->str, ==, whole->said->str);
    }
    g_byte_array_unref(e.bytes);
}

static void a_publisher_is_told_that_it_publishes(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, " abc ");
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_assert_cmpstr(h->said->str, ==, "publish abc\n");
    g_assert_true(rtmp_publishing(h->session));
    g_assert_cmpstr(rtmp_client(h->session), ==, "FMLE/3.0 (compatible; test)");
    g_assert_cmpuint(h->replies->data[0], ==, 3);
    g_assert_true(replied(h, "NetConnection.Connect.Success"));
    g_assert_true(replied(h, "onFCPublish"));
    g_assert_true(replied(h, "NetStream.Publish.Start"));
    g_byte_array_unref(e.bytes);
}

static void a_refused_key_is_answered_with_its_reason(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    put_tag(&e, 0, 9, 0, 100);
    g_autoptr(heard) h = heard_new();
    h->refuse_key = "this class is over";
    g_assert_false(feed(h, &e, 0));
    g_assert_true(error_is(h->error, ERROR_DENIED));
    g_assert_true(replied(h, "NetStream.Publish.BadName"));
    g_assert_true(replied(h, "this class is over"));
    g_assert_cmpstr(h->said->str, ==, "publish abc\n");
    g_byte_array_unref(e.bytes);
}

static void a_refused_tag_is_answered_with_its_reason(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    put_tag(&e, 0, 9, 0, 100);
    put_tag(&e, 0, 9, 40, 100);
    g_autoptr(heard) h = heard_new();
    h->refuse_tag = "set the encoder to H.264";
    g_assert_false(feed(h, &e, 0));
    g_assert_true(replied(h, "set the encoder to H.264"));
    g_assert_false(rtmp_publishing(h->session));
    g_byte_array_unref(e.bytes);
}

static void the_house_may_end_a_publish_with_a_sentence(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    rtmp_refuse(h->session, "another encoder took over");
    collect(h);
    g_assert_true(replied(h, "NetStream.Publish.Rejected"));
    g_assert_true(replied(h, "another encoder took over"));
    encoder more = encoder_new();
    put_tag(&more, 0, 9, 0, 50);
    g_assert_true(feed(h, &more, 0));
    g_assert_cmpstr(h->said->str, ==, "publish abc\n");
    g_byte_array_unref(e.bytes);
    g_byte_array_unref(more.bytes);
}

static void chunk_size_may_change_in_the_middle_of_a_message(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    g_autofree uint8_t *data = noise(1000);
    encoder_head(&e, 0, 6, 7, 9, 1000, 1);
    encoder_put(&e, data, 128); /* the first chunk at the old size */
    encoder_set_chunk_size(&e, 500);
    encoder_head(&e, 3, 6, 0, 0, 0, 0);
    encoder_body(&e, 6, 0, data, 128, 1000);
    for (guint most = 0; most < 4; most++) {
        g_autoptr(heard) h = heard_new();
        g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, data, 1000);
        g_autofree char *said = g_strdup_printf("publish abc\ntag 9 7 1000 %.8s\n", sum);
        g_assert_true(feed(h, &e, most));
        g_assert_cmpstr(h->said->str, ==, said);
    }
    g_byte_array_unref(e.bytes);
}

static void interleaved_chunk_streams_are_kept_apart(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    uint8_t one[200], two[200];
    memset(one, 1, sizeof one);
    memset(two, 2, sizeof two);
    encoder_head(&e, 0, 70, 5, 9, sizeof one, 1);
    encoder_put(&e, one, 128);
    encoder_head(&e, 0, 4, 6, 8, sizeof two, 1);
    encoder_put(&e, two, 128);
    encoder_head(&e, 3, 70, 0, 0, 0, 0);
    encoder_put(&e, one, 72);
    encoder_head(&e, 3, 4, 0, 0, 0, 0);
    encoder_put(&e, two, 72);
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_assert_nonnull(strstr(h->said->str, "tag 9 5 200 "));
    g_assert_nonnull(strstr(h->said->str, "tag 8 6 200 "));
    g_byte_array_unref(e.bytes);
}

static void an_aggregate_message_is_taken_apart(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    static const uint8_t tags[] = {8, 0, 0, 2, 0, 3,  232, 0, 0, 0, 0, 1, 2, 0, 0, 0, 13, 9,
                                   0, 0, 3, 0, 4, 16, 0,   0, 0, 0, 1, 2, 3, 0, 0, 0, 14};
    encoder_message(&e, 0, 4, 50, CHUNK_AGGREGATE, 1, tags, sizeof tags);
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_assert_nonnull(strstr(h->said->str, "tag 8 50 2 "));
    g_assert_nonnull(strstr(h->said->str, "tag 9 90 3 "));
    g_byte_array_unref(e.bytes);
}

static void bytes_are_acknowledged_within_the_window(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_byte_array_set_size(h->replies, 0);
    encoder more = encoder_new();
    encoder_set_chunk_size(&more, 65536);
    put_tag(&more, 0, 9, 0, RTMP_WINDOW);
    g_assert_true(feed(h, &more, 0));
    g_assert_cmpuint(h->replies->len, ==, 16);
    g_assert_cmpuint(h->replies->data[7], ==, CHUNK_ACKNOWLEDGE);
    g_byte_array_unref(e.bytes);
    g_byte_array_unref(more.bytes);
}

static void a_ping_is_answered(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_byte_array_set_size(h->replies, 0);
    encoder ping = encoder_new();
    static const uint8_t body[6] = {0, 6, 1, 2, 3, 4};
    encoder_message(&ping, 0, 2, 0, CHUNK_USER_CONTROL, 0, body, sizeof body);
    g_assert_true(feed(h, &ping, 0));
    static const uint8_t pong[6] = {0, 7, 1, 2, 3, 4};
    g_assert_cmpmem(h->replies->data + 12, h->replies->len - 12, pong, sizeof pong);
    g_byte_array_unref(e.bytes);
    g_byte_array_unref(ping.bytes);
}

/* Feeds what the test wrote behind a handshake and expects this error code. */
static void expect_error(encoder *e, const char *code)
{
    g_autoptr(heard) h = heard_new();
    g_assert_false(feed(h, e, 0));
    g_assert_cmpstr(error_code(h->error), ==, code);
    g_byte_array_unref(e->bytes);
}

static void another_version_is_refused(void)
{
    encoder e = encoder_new();
    encoder_put(&e, "GET / HTTP/1.1\r\n\r\n", 18);
    expect_error(&e, "rtmp_version");
}

static void another_application_is_refused_with_a_hint(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_connect(&e, "vod");
    g_autoptr(heard) h = heard_new();
    g_assert_false(feed(h, &e, 0));
    g_assert_true(replied(h, "NetConnection.Connect.Rejected"));
    g_byte_array_unref(e.bytes);
}

static void a_trailing_slash_behind_the_application_is_fine(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_connect(&e, "live/?a=b");
    g_autoptr(heard) h = heard_new();
    g_assert_true(feed(h, &e, 0));
    g_byte_array_unref(e.bytes);
}

static void playing_is_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_connect(&e, "live");
    encoder_command(&e, "play", 1, "abc");
    expect_error(&e, "rtmp_play");
}

static void a_command_before_connect_is_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_command(&e, "publish", 1, "abc");
    expect_error(&e, "rtmp_command");
}

static void too_many_chunk_streams_are_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    for (guint id = 3; id < 3 + CHUNK_STREAMS_MAX + 1; id++)
        encoder_message(&e, 0, id, 0, CHUNK_ACKNOWLEDGE, 0, (const uint8_t *)"\0\0\0", 4);
    expect_error(&e, "rtmp_chunk_streams");
}

static void a_huge_message_before_publish_is_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_head(&e, 0, 3, 0, CHUNK_VIDEO, CHUNK_COMMAND_MAX + 1, 0);
    expect_error(&e, "rtmp_message");
}

static void a_huge_command_is_refused_while_publishing_too(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    encoder_head(&e, 0, 3, 0, CHUNK_COMMAND, CHUNK_COMMAND_MAX + 1, 0);
    expect_error(&e, "rtmp_message");
}

static void unfinished_messages_are_bounded_together(void)
{
    encoder e = encoder_new();
    encoder_publish(&e, "abc");
    encoder_set_chunk_size(&e, CHUNK_VIDEO_MAX - 1);
    g_autofree uint8_t *data = g_malloc0(CHUNK_VIDEO_MAX);
    for (guint id = 10; id < 12; id++) {
        encoder_head(&e, 0, id, 0, CHUNK_VIDEO, CHUNK_VIDEO_MAX, 1);
        encoder_put(&e, data, CHUNK_VIDEO_MAX - 1);
    }
    expect_error(&e, "rtmp_memory");
}

static void nested_objects_beyond_the_depth_are_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    GByteArray *words = encoder_begin("connect", 1);
    for (guint i = 0; i < 5000; i++) {
        amf_begin_object(words);
        g_byte_array_append(words, (const guint8 *)"\0\1a", 3);
    }
    encoder_words(&e, 0, words);
    expect_error(&e, "rtmp_connect");
}

static void endless_commands_are_refused(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    encoder_connect(&e, "live");
    for (guint i = 0; i < RTMP_COMMANDS_MAX; i++)
        encoder_command(&e, "_checkbw", 0, NULL);
    expect_error(&e, "rtmp_commands");
}

static void a_peer_that_only_asks_is_cut(void)
{
    encoder e = encoder_new();
    encoder_hello(&e);
    static const uint8_t ping[6] = {0, 6, 0, 0, 0, 0};
    for (guint i = 0; i < RTMP_REPLIES_MAX / 18 + 1; i++)
        encoder_message(&e, 0, 2, 0, CHUNK_USER_CONTROL, 0, ping, sizeof ping);
    expect_error(&e, "rtmp_replies");
}

/* Whatever comes, the session ends or goes on; it never reads outside of what it was given. */
static void garbage_is_survived(void)
{
    encoder good = varied_session();
    for (guint round = 0; round < 300; round++) {
        encoder e = encoder_new();
        encoder_put(&e, good.bytes->data, good.bytes->len);
        for (guint i = 0; i < 20; i++)
            e.bytes->data[g_test_rand_int_range(3073, (gint32)e.bytes->len)] =
                (uint8_t)g_test_rand_int();
        g_autoptr(heard) h = heard_new();
        feed(h, &e, 5000);
        g_byte_array_unref(e.bytes);
    }
    g_byte_array_unref(good.bytes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/rtmp/" #name, name)
    TEST(any_cutting_gives_the_same_tags);
    TEST(a_publisher_is_told_that_it_publishes);
    TEST(a_refused_key_is_answered_with_its_reason);
    TEST(a_refused_tag_is_answered_with_its_reason);
    TEST(the_house_may_end_a_publish_with_a_sentence);
    TEST(chunk_size_may_change_in_the_middle_of_a_message);
    TEST(interleaved_chunk_streams_are_kept_apart);
    TEST(an_aggregate_message_is_taken_apart);
    TEST(bytes_are_acknowledged_within_the_window);
    TEST(a_ping_is_answered);
    TEST(another_version_is_refused);
    TEST(another_application_is_refused_with_a_hint);
    TEST(a_trailing_slash_behind_the_application_is_fine);
    TEST(playing_is_refused);
    TEST(a_command_before_connect_is_refused);
    TEST(too_many_chunk_streams_are_refused);
    TEST(a_huge_message_before_publish_is_refused);
    TEST(a_huge_command_is_refused_while_publishing_too);
    TEST(unfinished_messages_are_bounded_together);
    TEST(nested_objects_beyond_the_depth_are_refused);
    TEST(endless_commands_are_refused);
    TEST(a_peer_that_only_asks_is_cut);
    TEST(garbage_is_survived);
    return g_test_run();
}
