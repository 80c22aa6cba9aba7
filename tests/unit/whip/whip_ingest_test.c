/* Sessions with a receiver written as a shell script, and a table that remembers what it was told. */
#include "ingest/whip/whip_ingest.h"

#include <glib/gstdio.h>
#include <string.h>

#include "crew_on_net.h"
#include "offers.h"

#define TURN_MS 10
#define PATIENCE_MS 20000

typedef struct {
    char *dir;
    base_clock *clock;
    net *net;
    crew *crew;
    ingest_ops table;
    whip_ingest *ingest;
    bool (*over)(gpointer data); /* the test's: when the loop may stop */
    int64_t began_ms;
    /* what happened */
    bool answered;
    char *sdp, *session, *etag, *refusal;
    GString *told; /* "publish track frame gone " */
    ingest_publisher *publisher;
    const char *refuse_with; /* the table refuses publishers with this */
    ingest_health health;
} stage;

/* ---- the table ---- */

static bool on_publish(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why)
{
    stage *s = user;
    g_assert_cmpstr(key, ==, "the key");
    g_string_append(s->told, publisher->returning ? "back " : "publish ");
    *why = s->refuse_with;
    s->publisher = s->refuse_with ? NULL : publisher;
    return !s->refuse_with;
}

static void on_track(gpointer user, ingest_publisher *publisher, wire_track track, wire_codec codec,
                     const uint8_t *config, gsize size)
{
    (void)publisher, (void)codec, (void)config, (void)size;
    g_string_append(((stage *)user)->told, track == WIRE_VIDEO ? "picture-track " : "track ");
}

static void on_frame(gpointer user, ingest_publisher *publisher, wire_track track, bool key,
                     int64_t pts_ms, int64_t dts_ms, const uint8_t *data, gsize size)
{
    (void)publisher, (void)track, (void)pts_ms, (void)dts_ms, (void)data, (void)size;
    g_string_append(((stage *)user)->told, key ? "key " : "frame ");
}

static void on_gone(gpointer user, ingest_publisher *publisher, bool orderly, const char *why)
{
    stage *s = user;
    g_assert_nonnull(why);
    g_assert_true(publisher == s->publisher);
    s->publisher = NULL;
    g_string_append(s->told, orderly ? "goodbye " : "gone ");
}

static void keep(const stage *s, const char *name, GBytes *message)
{
    g_autofree char *path = g_build_filename(s->dir, name, NULL);
    gsize size;
    const char *data = g_bytes_get_data(message, &size);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_bytes_unref(message);
}

static void keep_script(const stage *s, const char *script)
{
    g_autofree char *path = g_build_filename(s->dir, "receiver", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd %s\n%s\n", s->dir, script);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0700);
    keep(s, "ready", wire_encode_plain(WIRE_READY));
    keep(s, "answer", wire_encode_answer(9, ANSWER, strlen(ANSWER)));
    keep(s, "sound", wire_encode_track(WIRE_AUDIO, WIRE_CODEC_AAC, (const uint8_t *)"\x11\x90", 2));
    keep(s, "picture", wire_encode_track(WIRE_VIDEO, WIRE_CODEC_H264, (const uint8_t *)"avcC", 4));
    keep(s, "key", wire_encode_frame(WIRE_VIDEO, true, 0, 0, (const uint8_t *)"key", 3));
    keep(s, "frame", wire_encode_frame(WIRE_VIDEO, false, 33, 33, (const uint8_t *)"delta", 5));
    keep(s, "counts", wire_encode_counts(2, 5));
    keep(s, "failed", wire_encode_note(WIRE_FAILED, "no codec for this"));
}

static stage *stage_new(const char *script)
{
    stage *s = g_new0(stage, 1);
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    const whip_options options = {.bind = "127.0.0.1", .port = 0, .addresses = "192.0.2.7"};
    g_autoptr(GError) error = NULL;
    int port = 0;
    s->dir = g_dir_make_tmp("whip-XXXXXX", NULL);
    s->told = g_string_new(NULL);
    s->clock = clock_new_system();
    s->net = net_new(&at, s->clock, &error);
    g_assert_no_error(error);
    keep_script(s, script);
    const crew_loop loop = crew_on_net(s->net);
    g_autofree char *path = g_build_filename(s->dir, "receiver", NULL);
    s->crew = crew_new(path, &loop, 0);
    s->table = (ingest_ops){.user = s,
                            .on_publish = on_publish,
                            .on_track = on_track,
                            .on_frame = on_frame,
                            .on_gone = on_gone};
    s->ingest = whip_ingest_new(s->net, s->crew, &options, &s->table, &port, &error);
    g_assert_no_error(error);
    g_assert_cmpint(port, >, 0);
    return s;
}

static void stage_free(stage *s)
{
    whip_ingest_free(s->ingest);
    crew_free(s->crew);
    net_free(s->net);
    clock_free(s->clock);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", s->dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_string_free(s->told, TRUE);
    g_free(s->dir);
    g_free(s->sdp);
    g_free(s->session);
    g_free(s->etag);
    g_free(s->refusal);
    g_free(s);
}

static void look(gpointer data)
{
    stage *s = data;
    if (s->over(s))
        net_stop(s->net);
    else if (g_get_monotonic_time() / 1000 - s->began_ms > PATIENCE_MS)
        g_error("waited too long; the table was told: %s", s->told->str);
}

/* The loop runs once in its life: one wait for each stage. */
static void run_until(stage *s, bool (*over)(gpointer data))
{
    s->over = over;
    s->began_ms = g_get_monotonic_time() / 1000;
    net_timer *timer = net_timer_new(s->net, TURN_MS, TURN_MS, look, s);
    net_run(s->net);
    net_timer_free(timer);
}

/* ---- offers ---- */

static void on_answered(gpointer user, const whip_answer *answer, const GError *error)
{
    stage *s = user;
    g_assert_false(s->answered);
    s->answered = true;
    s->sdp = g_strdup(answer ? answer->sdp : NULL);
    s->session = g_strdup(answer ? answer->session : NULL);
    s->etag = g_strdup(answer ? answer->etag : NULL);
    s->refusal = g_strdup(error ? error->message : NULL);
}

static bool offer(stage *s, const char *sdp, GError **error)
{
    const whip_caller caller = {.class_id = "class", .key = "the key", .peer = "192.0.2.9 Test"};
    return whip_ingest_offer(s->ingest, &caller, sdp, strlen(sdp), on_answered, s, error);
}

static void offer_good(stage *s)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(offer(s, OFFER, &error));
    g_assert_no_error(error);
}

static bool is_answered(gpointer data)
{
    return ((stage *)data)->answered;
}

static bool is_gone(gpointer data)
{
    return strstr(((stage *)data)->told->str, "gone ") != NULL;
}

static void an_offer_is_answered_with_the_houses_addresses(void)
{
    stage *s = stage_new("cat ready answer >&3; cat <&3 >/dev/null");
    offer_good(s);
    run_until(s, is_answered);
    g_assert_null(s->refusal);
    g_assert_nonnull(strstr(s->sdp, " 192.0.2.7 "));
    g_assert_cmpuint(strlen(s->session), ==, 32);
    g_assert_cmpstr(s->told->str, ==, ""); /* nobody's place is taken yet */
    stage_free(s);
}

static void a_receiver_that_dies_is_an_answer_too(void)
{
    stage *s = stage_new("cat ready failed >&3; exit 1");
    offer_good(s);
    run_until(s, is_answered);
    g_assert_null(s->sdp);
    g_assert_nonnull(strstr(s->refusal, "no codec for this"));
    g_assert_cmpstr(s->told->str, ==, "");
    stage_free(s);
}

static void one_that_never_answers_is_not_waited_for(void)
{
    stage *s = stage_new("cat ready >&3; exec sleep 1000");
    offer_good(s);
    run_until(s, is_answered);
    g_assert_nonnull(strstr(s->refusal, "in time"));
    g_assert_cmpint(g_get_monotonic_time() / 1000 - s->began_ms, >=, WHIP_ANSWER_MS - 500);
    stage_free(s);
}

static void an_answer_nobody_can_read_is_none(void)
{
    stage *s = stage_new("cat bad >&3; cat <&3 >/dev/null");
    keep(s, "bad", wire_encode_answer(9, "v=0\r\n", 5));
    offer_good(s);
    run_until(s, is_answered);
    g_assert_null(s->sdp);
    g_assert_nonnull(strstr(s->refusal, "cannot be read"));
    stage_free(s);
}

static void tracks_and_frames_go_to_the_table_and_a_death_is_a_loss(void)
{
    stage *s = stage_new("cat ready answer sound picture frame key frame counts >&3; exit 0");
    offer_good(s);
    run_until(s, is_gone);
    /* the frame before the key is of no use */
    g_assert_cmpstr(s->told->str, ==, "publish track picture-track key frame gone ");
    stage_free(s);
}

static bool has_counts(gpointer data)
{
    stage *s = data;
    if (s->publisher)
        s->publisher->health(s->publisher, &s->health);
    return s->health.retransmitted > 0;
}

static void the_way_is_measured(void)
{
    stage *s = stage_new("cat ready answer sound counts >&3; cat <&3 >/dev/null");
    offer_good(s);
    run_until(s, has_counts);
    g_assert_cmpuint(s->health.retransmitted, ==, 5);
    g_assert_cmpuint(s->health.lost, ==, 7);
    g_assert_cmpuint(s->health.dropped, ==, 2);
    stage_free(s);
}

static void who_is_refused_by_the_table_is_over(void)
{
    stage *s = stage_new("cat ready answer sound picture key >&3; cat <&3 >/dev/null");
    s->refuse_with = "this class is over";
    offer_good(s);
    run_until(s, is_answered);
    while (crew_count(s->crew) > 2) /* the receiver and the spare */
        g_usleep(1000);
    g_assert_null(strstr(s->told->str, "track"));
    g_assert_null(strstr(s->told->str, "gone"));
    stage_free(s);
}

static bool is_quiet(gpointer data)
{
    return is_gone(data) && !((stage *)data)->publisher;
}

static void silence_is_a_loss_and_the_session_ends_in_order(void)
{
    stage *s = stage_new("cat ready answer picture key >&3; cat <&3 >/dev/null");
    offer_good(s);
    run_until(s, is_quiet);
    g_assert_cmpstr(s->told->str, ==, "publish picture-track key gone ");
    g_assert_cmpint(g_get_monotonic_time() / 1000 - s->began_ms, >=, WHIP_SILENCE_MS);
    g_autoptr(GError) error = NULL;
    g_assert_true(
        whip_ingest_end(s->ingest, "class", s->session, &error)); /* it may still return */
    g_assert_false(whip_ingest_end(s->ingest, "class", s->session, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    g_assert_cmpstr(s->told->str, ==, "publish picture-track key gone "); /* and is told once */
    stage_free(s);
}

static bool is_on(gpointer data)
{
    const stage *s = data;
    return s->publisher && strstr(s->told->str, "key ");
}

static void a_session_is_of_its_class_and_ends_once(void)
{
    stage *s = stage_new("cat ready answer picture key >&3; cat <&3 >/dev/null");
    offer_good(s);
    run_until(s, is_on);
    g_assert_false(whip_ingest_end(s->ingest, "another", s->session, NULL));
    g_assert_true(whip_ingest_end(s->ingest, "class", s->session, NULL));
    g_assert_cmpstr(s->told->str, ==, "publish picture-track key goodbye ");
    stage_free(s);
}

static void fragments_are_read_and_restarts_refused(void)
{
    static const char same[] = "a=ice-ufrag:ZXOe\r\n", other[] = "a=ice-ufrag:other\r\n";
    stage *s = stage_new("cat ready answer >&3; cat <&3 >/dev/null");
    offer_good(s);
    run_until(s, is_answered);
    const struct {
        const char *etag, *text, *code;
    } cases[] = {{s->etag, same, NULL},
                 {s->etag, other, "ice_restart"},
                 {"*", same, "ice_restart"},
                 {"0123456789abcdef", same, "whip_etag"},
                 {s->etag, "a=\x01", "sdp_broken"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        bool ok = whip_ingest_trickle(s->ingest, "class", s->session, cases[i].etag, cases[i].text,
                                      strlen(cases[i].text), &error);
        g_assert_cmpstr(error ? error_code(error) : NULL, ==, cases[i].code);
        g_assert_true(ok == !cases[i].code);
    }
    stage_free(s);
}

static void what_is_no_offer_starts_nothing(void)
{
    stage *s = stage_new("exit 0");
    g_autoptr(GError) error = NULL;
    g_assert_false(offer(s, "hello", &error));
    g_assert_cmpstr(error_code(error), ==, "sdp_broken");
    g_assert_cmpuint(crew_count(s->crew), ==, 0);
    stage_free(s);
}

static void ignore_answer(gpointer user, const whip_answer *answer, const GError *error)
{
    (void)answer, (void)error;
    ++*(int *)user;
}

static void offers_that_come_too_fast_are_busy(void)
{
    stage *s = stage_new("cat <&3 >/dev/null");
    g_autoptr(GError) error = NULL;
    const whip_caller caller = {.class_id = "class", .key = "the key", .peer = "192.0.2.9 Test"};
    int answers = 0;
    for (int i = 0; i < WHIP_OFFERS_CLASS; i++)
        g_assert_true(whip_ingest_offer(s->ingest, &caller, OFFER, strlen(OFFER), ignore_answer,
                                        &answers, NULL));
    g_assert_cmpint(answers, ==, WHIP_OFFERS_CLASS - 1); /* each ended the one before */
    g_assert_false(offer(s, OFFER, &error));
    g_assert_true(error_is(error, ERROR_BUSY));
    whip_caller other = caller;
    other.class_id = "another";
    other.key = "its key";
    g_assert_true(
        whip_ingest_offer(s->ingest, &other, OFFER, strlen(OFFER), ignore_answer, &answers, NULL));
    stage_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/whip_ingest/" #name, name)
    TEST(an_offer_is_answered_with_the_houses_addresses);
    TEST(a_receiver_that_dies_is_an_answer_too);
    TEST(one_that_never_answers_is_not_waited_for);
    TEST(an_answer_nobody_can_read_is_none);
    TEST(tracks_and_frames_go_to_the_table_and_a_death_is_a_loss);
    TEST(the_way_is_measured);
    TEST(who_is_refused_by_the_table_is_over);
    TEST(silence_is_a_loss_and_the_session_ends_in_order);
    TEST(a_session_is_of_its_class_and_ends_once);
    TEST(fragments_are_read_and_restarts_refused);
    TEST(what_is_no_offer_starts_nothing);
    TEST(offers_that_come_too_fast_are_busy);
    return g_test_run();
}
