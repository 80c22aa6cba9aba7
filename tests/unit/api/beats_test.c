/* Beats from a socket through room, clerk and ledger and back: who is told what, and what is left after a stop. */
#include "api/beats.h"

#include "../room/client.h"
#include "asking.h"
#include "ledger/ledger.h"
#include "title/writer.h"

#define TITLE "klmnopqrst45"
#define TITLE_MS 20000

typedef struct {
    base_clock *clock;
    net *net;
    clerk *clerk;
    ledger *ledger;
    shelf *shelf;
    room_hall *hall;
    pass_key *key;
    api *api;
    beats *beats;
    GThread *loop;
    char *dir, *db_path;
    person li;
} house;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static void on_other(gpointer user, room_member *member, const char *kind, json_t *message)
{
    house *h = user;
    beats_on_message(h->beats, member, kind, message);
}

static void on_left(gpointer user, room_member *member)
{
    house *h = user;
    beats_on_left(h->beats, member);
}

static void add_person(house *h)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = people_hash("a long password");
    records *db = records_open(h->db_path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    people_add(db, h->clock, "li.mei", "李梅", ROLE_LEARNER, hash, &h->li, &error);
    g_assert_no_error(error);
    records_close(db);
}

/* Ten segments of two seconds, ended. */
static void write_title(const char *titles)
{
    const journal_head head = {180000, 180000, 4, 1790000000000};
    const journal_rendition av = {"src", RENDITION_AV, "avc1.64001f", 1280, 720, 30000, 2500000};
    g_autofree char *dir = g_build_filename(titles, TITLE, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_static("media", 5);
    title_writer *writer = title_writer_open(dir, &head, NULL);
    g_assert_true(title_writer_rendition(writer, &av, NULL));
    g_assert_true(title_writer_init(writer, "src", bytes, NULL));
    for (int64_t msn = 0; msn < TITLE_MS / 2000; msn++) {
        g_assert_true(
            title_writer_part(writer, "src", msn, msn * 180000, 180000, true, bytes, NULL));
        g_assert_true(title_writer_segment(writer, "src", msn, NULL));
    }
    g_assert_true(title_writer_end(writer, NULL));
    title_writer_free(writer);
}

static void build(house *h)
{
    const net_options at = {.bind = "127.0.0.1"};
    const room_news news = {.user = h, .on_other = on_other, .on_left = on_left};
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    g_autoptr(GError) error = NULL;
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->clerk = clerk_new(h->db_path, deliver, h->net, &error);
    g_assert_no_error(error);
    h->shelf = shelf_new(titles, h->clock, &error);
    g_assert_no_error(error);
    h->ledger = ledger_new(h->clock);
    h->hall = room_hall_new(h->net, h->clerk, h->clock, &news);
    const api_parts parts = {.net = h->net,
                             .clerk = h->clerk,
                             .clock = h->clock,
                             .hall = h->hall,
                             .shelf = h->shelf,
                             .ledger = h->ledger,
                             .pass_key = h->key,
                             .issuer = "匠堂"};
    h->api = api_new(&parts);
    api_socket(h->api);
    api_courses(h->api);
    h->beats = beats_new(&parts);
    h->loop = g_thread_new("loop", run_net, h->net);
}

static void setup(house *h, gconstpointer data)
{
    (void)data;
    g_autoptr(GBytes) secret = g_bytes_new("01234567890123456789012345678901", 32);
    h->clock = clock_new_fake(1000, 1790000000000);
    h->dir = g_dir_make_tmp("beats-test-XXXXXX", NULL);
    h->db_path = g_build_filename(h->dir, "jiangtang.db", NULL);
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    write_title(titles);
    add_person(h);
    h->key = pass_key_new(secret);
    build(h);
}

/* In the order in which the server takes itself down. */
static void take_down(house *h)
{
    net_stop(h->net);
    g_thread_join(h->loop);
    beats_free(h->beats);
    room_hall_free(h->hall);
    clerk_free(h->clerk);
    ledger_free(h->ledger);
    shelf_free(h->shelf);
    net_free(h->net);
    api_free(h->api);
}

static void teardown(house *h, gconstpointer data)
{
    (void)data;
    take_down(h);
    pass_key_free(h->key);
    clock_free(h->clock);
    remove_dir(h->dir);
    g_free(h->dir);
    g_free(h->db_path);
}

static client *join(house *h, int64_t person)
{
    pass given = {.viewer = 1, .person = person, .until_ms = clock_utc_ms(h->clock) + 1000000};
    g_strlcpy(given.title_id, TITLE, sizeof given.title_id);
    g_autofree char *text = pass_issue(h->key, &given);
    g_autofree char *message =
        g_strdup_printf("{\"t\":\"join\",\"title\":\"" TITLE "\",\"pass\":\"%s\"}", text);
    client *c = client_new(h->net, "/ws", NULL, 0);
    say_raw(c, message);
    json_decref(hear(c, "welcome"));
    return c;
}

static json_t *watch(client *c)
{
    say_raw(c, "{\"t\":\"watch\"}");
    return hear(c, "lease");
}

static void send_beat(client *c, const json_t *last, const char *session, int seq, int from, int to)
{
    g_autofree char *text = g_strdup_printf("{\"t\":\"beat\",\"session\":\"%s\",\"seq\":%d,"
                                            "\"nonce\":\"%s\",\"from_ms\":%d,\"to_ms\":%d,"
                                            "\"rate\":1,\"visible\":true,\"playing\":true}",
                                            session, seq, word(last, "nonce"), from, to);
    say_raw(c, text);
}

typedef struct {
    house *h;
    int64_t from_ms, to_ms;
} delivery;

static void note(gpointer data)
{
    delivery *d = data;
    shelf_note_delivered(d->h->shelf, d->h->li.id, TITLE, d->from_ms, d->to_ms);
}

static void deliver_media(house *h, int64_t from_ms, int64_t to_ms)
{
    delivery d = {h, from_ms, to_ms};
    net_post(h->net, note, &d);
    settle(h->net);
}

typedef struct {
    house *h;
    guint count;
} census;

static void count(gpointer data)
{
    census *c = data;
    c->count = room_count(c->h->hall, TITLE);
}

static guint count_members(house *h)
{
    census c = {h, 0};
    net_post(h->net, count, &c);
    settle(h->net);
    return c.count;
}

static int64_t credited(house *h)
{
    ledger_progress is;
    g_autoptr(GError) error = NULL;
    records *db = records_open(h->db_path, RECORDS_READ, &error);
    g_assert_no_error(error);
    g_assert_true(ledger_read(db, h->li.id, TITLE, &is, &error));
    g_array_unref(is.covered);
    records_close(db);
    return is.credited_ms;
}

/* ---- what is promised ---- */

static void watched_seconds_come_back_credited_up_to_the_whole_lesson(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_t *lease = watch(c), *last = json_incref(lease);
    g_assert_cmpint(number(lease, "content_ms"), ==, TITLE_MS);
    deliver_media(h, 0, TITLE_MS);
    for (int i = 0; i < 4; i++) {
        clock_advance_ms(h->clock, 5000);
        send_beat(c, last, word(lease, "session"), i + 1, i * 5000, i * 5000 + 5000);
        json_decref(last);
        last = hear(c, "ack");
        g_assert_cmpint(number(last, "gained_ms"), ==, 5000);
    }
    g_assert_true(json_is_true(json_object_get(last, "complete")));
    json_t *completed = hear(c, "completed");
    g_assert_true(json_is_null(json_object_get(completed, "certificate")));
    json_decref(completed);
    json_decref(last);
    json_decref(lease);
    client_free(c);
}

static void perfect_beats_without_media_earn_nothing(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_t *lease = watch(c);
    clock_advance_ms(h->clock, 5000);
    send_beat(c, lease, word(lease, "session"), 1, 0, 5000);
    json_t *ack = hear(c, "ack");
    const json_t *refused = json_array_get(json_object_get(ack, "refused"), 0);
    g_assert_cmpint(number(ack, "credited_ms"), ==, 0);
    g_assert_cmpstr(word(refused, "reason"), ==, "not_delivered");
    g_assert_cmpint(number(refused, "ms"), ==, 5000);
    json_decref(ack);
    json_decref(lease);
    client_free(c);
}

static void a_guest_has_no_account_of_minutes(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, 0);
    say_raw(c, "{\"t\":\"watch\"}");
    json_t *error = hear(c, "error");
    g_assert_cmpstr(word(error, "code"), ==, "sign_in_first");
    json_decref(error);
    client_free(c);
}

static void the_older_socket_is_told_and_the_newer_one_earns(house *h, gconstpointer data)
{
    (void)data;
    client *older = join(h, h->li.id), *newer = join(h, h->li.id);
    json_t *first = watch(older), *second = watch(newer);
    json_t *lost = hear(older, "lease_lost");
    g_assert_cmpstr(word(lost, "reason"), ==, "other_device");
    deliver_media(h, 0, 10000);
    clock_advance_ms(h->clock, 5000);
    send_beat(older, first, word(first, "session"), 1, 0, 5000);
    json_t *again = hear(older, "lease_lost");
    g_assert_cmpstr(word(again, "reason"), ==, "other_device");
    send_beat(newer, second, word(second, "session"), 1, 0, 5000);
    json_t *ack = hear(newer, "ack");
    g_assert_cmpint(number(ack, "gained_ms"), ==, 5000);
    json_t *all[] = {first, second, lost, again, ack};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        json_decref(all[i]);
    client_free(older);
    client_free(newer);
}

static void taking_the_lease_from_oneself_is_no_news(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_decref(watch(c));
    say_raw(c, "{\"t\":\"watch\"}");
    json_t *next = hear_any(c);
    while (g_str_equal(word(next, "t"), "members")) {
        json_decref(next);
        next = hear_any(c);
    }
    g_assert_cmpstr(word(next, "t"), ==, "lease");
    json_decref(next);
    client_free(c);
}

/* The seat of a socket that is gone must not be found by its session. */
static void who_left_after_leaving_the_watch_is_not_looked_for(house *h, gconstpointer data)
{
    (void)data;
    client *gone = join(h, h->li.id);
    json_decref(watch(gone));
    say_raw(gone, "{\"t\":\"leave_watch\"}");
    say_raw(gone, "{\"t\":\"ping\",\"at\":1}");
    json_decref(hear(gone, "pong"));
    client_free(gone);
    client *c = join(h, h->li.id);
    while (count_members(h) > 1)
        g_usleep(1000);
    json_decref(watch(c));
    client_free(c);
}

static void a_broken_sequence_is_told_and_mended_by_watching_again(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_t *lease = watch(c);
    send_beat(c, lease, word(lease, "session"), 2, 0, 5000);
    json_t *lost = hear(c, "lease_lost");
    g_assert_cmpstr(word(lost, "reason"), ==, "sequence");
    json_decref(lost);
    json_decref(lease);
    json_decref(watch(c));
    client_free(c);
}

static void a_flood_of_beats_is_slowed(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    int leases = 0;
    for (int i = 0; i < 2 * BEATS_BURST; i++) {
        say_raw(c, "{\"t\":\"watch\"}");
        json_t *answer = hear_any(c);
        while (g_str_equal(word(answer, "t"), "members")) {
            json_decref(answer);
            answer = hear_any(c);
        }
        leases += g_str_equal(word(answer, "t"), "lease");
        if (i == 2 * BEATS_BURST - 1)
            g_assert_cmpstr(word(answer, "code"), ==, "too_fast");
        json_decref(answer);
    }
    g_assert_cmpint(leases, ==, BEATS_BURST);
    clock_advance_ms(h->clock, LEDGER_INTERVAL_MS);
    json_decref(watch(c));
    client_free(c);
}

static void a_beat_that_is_none_is_refused_and_the_socket_stays(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    say_raw(c, "{\"t\":\"beat\",\"seq\":\"one\"}");
    json_t *error = hear(c, "error");
    g_assert_cmpstr(word(error, "code"), ==, "bad_message");
    json_decref(error);
    json_decref(watch(c));
    client_free(c);
}

/* It was taken off the shelf for a verdict that never came. */
static void what_was_delivered_outlives_a_beat_that_is_wrong(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_t *lease = watch(c);
    deliver_media(h, 0, 5000);
    clock_advance_ms(h->clock, 5000);
    send_beat(c, lease, word(lease, "session"), 1, 5000, 5000);
    json_t *error = hear(c, "error");
    g_assert_cmpstr(word(error, "code"), ==, "bad_beat");
    send_beat(c, lease, word(lease, "session"), 1, 0, 5000);
    json_t *ack = hear(c, "ack");
    g_assert_cmpint(number(ack, "gained_ms"), ==, 5000);
    json_t *all[] = {lease, error, ack};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        json_decref(all[i]);
    client_free(c);
}

static char *signed_in(house *h)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *token = NULL;
    records *db = records_open(h->db_path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    g_assert_true(people_session_start(db, h->clock, h->li.id, &token, &error));
    records_close(db);
    return g_strdup_printf("Authorization: Bearer %s\r\n", token);
}

/* Reading has the ledger written first; what then fails must not take that back. */
static void asking_for_what_is_not_there_costs_nobody_a_second(house *h, gconstpointer data)
{
    (void)data;
    static const char *const paths[] = {"/api/v1/courses/nope", "/api/v1/lessons/nope"};
    client *c = join(h, h->li.id);
    json_t *lease = watch(c), *last = json_incref(lease);
    g_autofree char *who = signed_in(h);
    deliver_media(h, 0, TITLE_MS);
    for (int i = 0; i < 2; i++) {
        clock_advance_ms(h->clock, 5000);
        send_beat(c, last, word(lease, "session"), i + 1, i * 5000, i * 5000 + 5000);
        json_decref(last);
        last = hear(c, "ack");
        answer a = ask(h->net, "GET", paths[i], who, NULL);
        g_assert_cmpint(a.status, ==, 404);
        answer_clear(&a);
    }
    take_down(h);
    g_assert_cmpint(credited(h), ==, 10000);
    build(h);
    json_decref(last);
    json_decref(lease);
    client_free(c);
}

static void a_stop_in_order_loses_not_a_second(house *h, gconstpointer data)
{
    (void)data;
    client *c = join(h, h->li.id);
    json_t *lease = watch(c);
    deliver_media(h, 0, 10000);
    clock_advance_ms(h->clock, 5000);
    send_beat(c, lease, word(lease, "session"), 1, 0, 5000);
    json_decref(hear(c, "ack"));
    take_down(h);
    g_assert_cmpint(credited(h), ==, 5000);
    build(h);
    json_decref(lease);
    client_free(c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add("/beats/" #name, house, NULL, setup, name, teardown)
    TEST(watched_seconds_come_back_credited_up_to_the_whole_lesson);
    TEST(perfect_beats_without_media_earn_nothing);
    TEST(a_guest_has_no_account_of_minutes);
    TEST(the_older_socket_is_told_and_the_newer_one_earns);
    TEST(taking_the_lease_from_oneself_is_no_news);
    TEST(who_left_after_leaving_the_watch_is_not_looked_for);
    TEST(a_broken_sequence_is_told_and_mended_by_watching_again);
    TEST(a_flood_of_beats_is_slowed);
    TEST(a_beat_that_is_none_is_refused_and_the_socket_stays);
    TEST(what_was_delivered_outlives_a_beat_that_is_wrong);
    TEST(asking_for_what_is_not_there_costs_nobody_a_second);
    TEST(a_stop_in_order_loses_not_a_second);
    return g_test_run();
}
