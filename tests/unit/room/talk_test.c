/* Rooms over real sockets: a net on its own thread, a clerk with a real database, clients that speak WebSocket. */
#include "room/room.h"

#include <string.h>

#include <glib/gstdio.h>

#include "client.h"

/* ---- the house: net, clerk, hall; who joins is in the query ---- */

typedef struct {
    base_clock *clock;
    net *net;
    clerk *clerk;
    room_hall *hall;
    GThread *thread;
    char *dir, *database;
    int left; /* members that went, as told by on_left */
} house;

static void deliver(gpointer loop, void (*fn)(gpointer), gpointer data)
{
    net_post(loop, fn, data);
}

static void on_open(ws *socket, const request *req, gpointer user)
{
    house *h = user;
    room_identity who = {0};
    const char *person = request_query(req, "person");
    const char *host = request_query(req, "host");
    who.person = person ? g_ascii_strtoll(person, NULL, 10) : 0;
    who.host = host != NULL;
    g_snprintf(who.name, sizeof who.name, "人%d", (int)who.person);
    g_strlcpy(who.title_id, request_query(req, "title"), sizeof who.title_id);
    room_join(h->hall, socket, &who);
}

static void on_text(ws *socket, const char *text, gsize length, gpointer user)
{
    (void)user;
    room_text(ws_data(socket), text, length);
}

static void on_writable(ws *socket, gpointer user)
{
    (void)user;
    room_writable(ws_data(socket));
}

static void on_close(ws *socket, gpointer user)
{
    (void)user;
    if (ws_data(socket))
        room_left(ws_data(socket));
}

static void on_left(gpointer user, room_member *member)
{
    (void)member;
    ((house *)user)->left++;
}

static int64_t programme_ms(gpointer user, const char *title_id)
{
    (void)user, (void)title_id;
    return 123456;
}

static void on_welcome(gpointer user, const char *title_id, json_t *welcome)
{
    (void)user, (void)title_id;
    json_object_set_new(welcome, "state", json_string("on_air"));
}

static gpointer run(gpointer data)
{
    net_run(data);
    return NULL;
}

static void house_open(house *h)
{
    static const ws_ops ops = {
        .on_open = on_open, .on_text = on_text, .on_writable = on_writable, .on_close = on_close};
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    const room_news news = {
        .user = h, .on_left = on_left, .programme_ms = programme_ms, .on_welcome = on_welcome};
    g_autoptr(GError) error = NULL;
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->clerk = clerk_new(h->database, deliver, h->net, &error);
    g_assert_no_error(error);
    h->hall = room_hall_new(h->net, h->clerk, h->clock, &news);
    net_ws(h->net, "/ws", "jiangtang.v1", &ops, h);
    h->thread = g_thread_new("loop", run, h->net);
}

typedef struct {
    void (*fn)(house *h, gpointer data);
    house *house;
    gpointer data;
    GAsyncQueue *done;
} errand;

static void run_errand(gpointer data)
{
    errand *e = data;
    e->fn(e->house, e->data);
    g_async_queue_push(e->done, e);
}

/* Runs fn on the loop and waits for it. */
static void on_loop(house *h, void (*fn)(house *h, gpointer data), gpointer data)
{
    errand e = {fn, h, data, g_async_queue_new()};
    net_post(h->net, run_errand, &e);
    g_async_queue_pop(e.done);
    g_async_queue_unref(e.done);
}

static void close_hall(house *h, gpointer data)
{
    (void)data;
    g_clear_pointer(&h->hall, room_hall_free);
    g_clear_pointer(&h->clerk, clerk_free); /* its answers are in the mail before the stop */
}

static void house_close(house *h)
{
    on_loop(h, close_hall, NULL);
    net_stop(h->net);
    g_thread_join(h->thread);
    net_free(h->net);
}

static void setup(house *h, gconstpointer data)
{
    (void)data;
    h->clock = clock_new_system();
    h->dir = g_dir_make_tmp("room-test-XXXXXX", NULL);
    h->database = g_build_filename(h->dir, "jiangtang.db", NULL);
    house_open(h);
}

static void teardown(house *h, gconstpointer data)
{
    (void)data;
    house_close(h);
    g_autoptr(GDir) dir = g_dir_open(h->dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(h->dir, name, NULL);
        g_unlink(path);
    }
    g_rmdir(h->dir);
    clock_free(h->clock);
    g_free(h->dir);
    g_free(h->database);
}

/* ---- clients ---- */

/* A socket in the room "abc" that has not been welcomed yet. */
static client *guest(house *h, const char *as, int receive_bytes)
{
    g_autofree char *target = g_strdup_printf("/ws?title=abc&%s", as);
    client *c = client_new(h->net, target, NULL, receive_bytes);
    g_assert_nonnull(c);
    return c;
}

static client *member(house *h, const char *as, json_t **welcome)
{
    client *c = guest(h, as, 0);
    json_t *message = hear(c, "welcome");
    if (welcome)
        *welcome = message;
    else
        json_decref(message);
    return c;
}

static void count_members(house *h, gpointer count)
{
    *(guint *)count = room_count(h->hall, "abc");
}

static guint members(house *h)
{
    guint count;
    on_loop(h, count_members, &count);
    return count;
}

static void wait_for_members(house *h, guint wanted)
{
    for (int i = 0; i < 2000 && members(h) != wanted; i++)
        g_usleep(10000);
    g_assert_cmpuint(members(h), ==, wanted);
}

/* ---- what is promised ---- */

static void words_reach_all_once_and_the_author_knows_its_own(house *h, gconstpointer data)
{
    (void)data;
    client *a = member(h, "person=7", NULL);
    client *b = member(h, "person=8", NULL);
    say_raw(a, "{\"t\":\"say\",\"text\":\" 你好 \",\"id\":\"a1\"}");
    say_raw(a, "{\"t\":\"say\",\"text\":\"再见\"}");
    for (int i = 0; i < 2; i++) {
        json_t *first = hear(i ? b : a, "said");
        json_t *second = hear(i ? b : a, "said");
        g_assert_cmpint(number(first, "seq"), >, 0);
        g_assert_cmpint(number(second, "seq"), ==, number(first, "seq") + 1);
        g_assert_cmpint(number(first, "programme_ms"), ==, 123456);
        g_assert_cmpstr(word(first, "text"), ==, "你好");
        g_assert_cmpstr(word(first, "name"), ==, "人7");
        g_assert_cmpstr(word(first, "id"), ==, i ? NULL : "a1");
        g_assert_null(word(second, "id"));
        json_decref(first);
        json_decref(second);
    }
    client_free(a);
    client_free(b);
}

static void history_has_the_last_fifty_and_outlives_the_process(house *h, gconstpointer data)
{
    (void)data;
    client *talkers[12];
    for (int i = 0; i < 12; i++) {
        g_autofree char *as = g_strdup_printf("person=%d", i + 1);
        talkers[i] = member(h, as, NULL);
        for (int n = 0; n < 5; n++)
            say_raw(talkers[i], "{\"t\":\"say\",\"text\":\"x\"}");
        for (int n = 0; n < 5; n++)
            json_decref(hear(talkers[i], "said"));
    }
    for (int i = 0; i < 12; i++)
        client_free(talkers[i]);
    int64_t eleventh = 0;
    for (int round = 0; round < 2; round++) {
        json_t *welcome;
        client *late = member(h, "person=99", &welcome);
        json_t *history = json_object_get(welcome, "history");
        g_assert_cmpuint(json_array_size(history), ==, 50);
        if (round == 0)
            eleventh = number(json_array_get(history, 0), "seq");
        for (gsize i = 0; i < 50; i++)
            g_assert_cmpint(number(json_array_get(history, i), "seq"), ==, eleventh + (int64_t)i);
        g_assert_cmpstr(word(json_array_get(history, 0), "t"), ==, "said");
        g_assert_cmpstr(word(welcome, "state"), ==, "on_air");
        json_decref(welcome);
        client_free(late);
        if (round == 0) {
            house_close(h);
            house_open(h);
        }
    }
    client *next = member(h, "person=99", NULL);
    say_raw(next, "{\"t\":\"say\",\"text\":\"y\"}");
    json_t *said = hear(next, "said");
    g_assert_cmpint(number(said, "seq"), >,
                    eleventh + 50); /* not the next one: some may have been lost */
    json_decref(said);
    client_free(next);
}

static void a_person_has_one_rate_over_all_sockets(house *h, gconstpointer data)
{
    (void)data;
    client *one = member(h, "person=7", NULL);
    client *two = member(h, "person=7", NULL);
    for (int i = 0; i < 3; i++)
        say_raw(one, "{\"t\":\"say\",\"text\":\"x\"}");
    for (int i = 0; i < 3; i++)
        json_decref(hear(two, "said"));
    for (int i = 0; i < 3; i++)
        say_raw(two, "{\"t\":\"say\",\"text\":\"x\",\"id\":\"r\"}");
    json_t *error = hear(two, "error");
    g_assert_cmpstr(word(error, "code"), ==, "rate_limited");
    g_assert_cmpstr(word(error, "id"), ==, "r");
    g_assert_cmpint(number(error, "retry_ms"), >, 0);
    g_assert_cmpint(number(error, "retry_ms"), <=, ROOM_RATE_MS);
    json_decref(error);
    client_free(one);
    client_free(two);
}

static void a_hand_is_seen_by_hosts_counted_by_all_and_goes_with_its_person(house *h,
                                                                            gconstpointer data)
{
    (void)data;
    client *host = member(h, "person=1&host=1", NULL);
    client *other = member(h, "person=8", NULL);
    client *a = member(h, "person=7", NULL);
    client *b = member(h, "person=7", NULL);
    say_raw(a, "{\"t\":\"hand\",\"up\":true}");
    json_t *seen = hear(host, "hand");
    g_assert_cmpint(number(seen, "person"), ==, 7);
    g_assert_true(json_is_true(json_object_get(seen, "up")));
    json_decref(seen);
    json_t *mine = hear(b, "hand");
    g_assert_true(json_is_true(json_object_get(mine, "mine")));
    json_decref(mine);
    json_t *count = hear(other, "hands");
    g_assert_cmpint(number(count, "count"), ==, 1);
    json_decref(count);
    json_t *welcome;
    client *second_host = member(h, "person=2&host=1", &welcome);
    g_assert_cmpuint(json_array_size(json_object_get(welcome, "hands")), ==, 1);
    json_decref(welcome);
    client_free(a);
    wait_for_members(h, 4);
    client_free(b);
    json_t *down = hear(host, "hand");
    g_assert_true(json_is_false(json_object_get(down, "up")));
    json_decref(down);
    count = hear(other, "hands");
    g_assert_cmpint(number(count, "count"), ==, 0);
    json_decref(count);
    client_free(host);
    client_free(second_host);
    client_free(other);
}

static void many_hands_at_once_are_counted_together(house *h, gconstpointer data)
{
    (void)data;
    client *other = member(h, "person=99", NULL), *pupils[8];
    int heard = 0;
    int64_t count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++) {
        g_autofree char *who = g_strdup_printf("person=%u", i + 1);
        pupils[i] = member(h, who, NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++)
        say_raw(pupils[i], "{\"t\":\"hand\",\"up\":true}");
    for (; count < (int64_t)G_N_ELEMENTS(pupils); heard++) {
        json_t *told = hear(other, "hands");
        count = number(told, "count");
        json_decref(told);
    }
    g_assert_cmpint(heard, <, 4);
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++)
        client_free(pupils[i]);
    client_free(other);
}

/* One by one while they are few; then whose are up, all at once, and none is missing. */
static void a_host_is_told_of_many_hands_in_a_list(house *h, gconstpointer data)
{
    (void)data;
    client *host = member(h, "person=99&host=1", NULL), *pupils[4 * ROOM_HANDS_EACH];
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++) {
        g_autofree char *who = g_strdup_printf("person=%u", i + 1);
        pupils[i] = member(h, who, NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++)
        say_raw(pupils[i], "{\"t\":\"hand\",\"up\":true}");
    guint known = 0, lists = 0, each = 0;
    while (known < G_N_ELEMENTS(pupils)) {
        json_t *told = hear_any(host), *list = json_object_get(told, "hands");
        bool one = g_str_equal(word(told, "t"), "hand");
        known = list ? (guint)json_array_size(list) : known + one;
        lists += list != NULL;
        each += one;
        json_decref(told);
    }
    g_assert_cmpuint(known, ==, G_N_ELEMENTS(pupils));
    g_assert_cmpuint(lists, >, 0);
    g_assert_cmpuint(each, <, G_N_ELEMENTS(pupils));
    for (guint i = 0; i < G_N_ELEMENTS(pupils); i++)
        client_free(pupils[i]);
    client_free(host);
}

static void a_host_may_lower_a_hand_and_others_may_not(house *h, gconstpointer data)
{
    (void)data;
    client *host = member(h, "person=1&host=1", NULL);
    client *learner = member(h, "person=7", NULL);
    client *other = member(h, "person=8", NULL);
    say_raw(learner, "{\"t\":\"hand\",\"up\":true}");
    json_decref(hear(learner, "hand"));
    say_raw(other, "{\"t\":\"hand\",\"up\":false,\"person\":7}");
    json_decref(hear(other, "error"));
    say_raw(host, "{\"t\":\"hand\",\"up\":true,\"person\":8}");
    json_decref(hear(host, "error"));
    say_raw(host, "{\"t\":\"hand\",\"up\":false,\"person\":7}");
    json_t *mine = hear(learner, "hand");
    g_assert_true(json_is_false(json_object_get(mine, "up")));
    json_decref(mine);
    client_free(host);
    client_free(learner);
    client_free(other);
}

static int64_t ask(client *c, const char *words)
{
    g_autofree char *text = g_strdup_printf("{\"t\":\"ask\",\"text\":\"%s\",\"id\":\"q1\"}", words);
    say_raw(c, text);
    json_t *asked = hear(c, "question");
    g_assert_cmpstr(word(asked, "id"), ==, "q1");
    int64_t id = number(json_object_get(asked, "question"), "id");
    json_decref(asked);
    return id;
}

static void say_of(client *c, const char *kind, int64_t question, const char *more)
{
    g_autofree char *text =
        g_strdup_printf("{\"t\":\"%s\",\"question\":%" G_GINT64_FORMAT "%s}", kind, question, more);
    say_raw(c, text);
}

static void
a_question_is_told_to_all_answered_by_hosts_and_found_by_who_comes_later(house *h,
                                                                         gconstpointer data)
{
    (void)data;
    client *host = member(h, "person=1&host=1", NULL);
    client *learner = member(h, "person=7", NULL);
    client *other = member(h, "person=8", NULL);
    int64_t id = ask(learner, " 为什么要预热？ ");
    json_t *heard = hear(other, "question");
    const json_t *is = json_object_get(heard, "question");
    g_assert_null(word(heard, "id"));
    g_assert_cmpint(number(heard, "questions"), ==, 1);
    g_assert_cmpstr(word(is, "text"), ==, "为什么要预热？");
    g_assert_cmpstr(word(is, "name"), ==, "人7");
    g_assert_cmpint(number(is, "programme_ms"), ==, 123456);
    json_decref(heard);
    json_t *welcome;
    client *late = member(h, "guest=1", &welcome);
    g_assert_cmpint(number(welcome, "questions"), ==, 1);
    json_decref(welcome);
    say_of(host, "answer", id, ",\"aloud\":true");
    heard = hear(late, "question");
    is = json_object_get(json_object_get(heard, "question"), "answer");
    g_assert_cmpint(number(heard, "questions"), ==, 0);
    g_assert_cmpstr(word(is, "text"), ==, "");
    g_assert_cmpint(number(is, "programme_ms"), ==, 123456);
    json_decref(heard);
    say_raw(late, "{\"t\":\"questions\"}");
    heard = hear(late, "questions");
    g_assert_cmpuint(json_array_size(json_object_get(heard, "answered")), ==, 1);
    g_assert_cmpuint(json_array_size(json_object_get(heard, "open")), ==, 0);
    json_decref(heard);
    client_free(host);
    client_free(learner);
    client_free(other);
    client_free(late);
}

static void questions_outlive_the_process(house *h, gconstpointer data)
{
    (void)data;
    client *learner = member(h, "person=7", NULL);
    ask(learner, "问");
    client_free(learner);
    house_close(h);
    house_open(h);
    json_t *welcome;
    client *late = member(h, "person=8", &welcome);
    g_assert_cmpint(number(welcome, "questions"), ==, 1);
    json_decref(welcome);
    client_free(late);
}

static void votes_are_told_together_and_to_the_voter_at_once(house *h, gconstpointer data)
{
    (void)data;
    client *learner = member(h, "person=7", NULL), *voters[8];
    int64_t id = ask(learner, "问"), votes = 0;
    int heard = 0;
    for (guint i = 0; i < G_N_ELEMENTS(voters); i++) {
        g_autofree char *who = g_strdup_printf("person=%u", 100 + i);
        voters[i] = member(h, who, NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(voters); i++)
        say_of(voters[i], "vote", id, ",\"up\":true");
    for (guint i = 0; i < G_N_ELEMENTS(voters); i++) {
        json_t *voted = hear(voters[i], "voted");
        g_assert_true(json_is_true(json_object_get(voted, "up")));
        json_decref(voted);
    }
    for (; votes < (int64_t)G_N_ELEMENTS(voters); heard++) {
        json_t *told = hear(learner, "votes");
        const json_t *pair = json_array_get(json_object_get(told, "votes"), 0);
        g_assert_cmpint(json_integer_value(json_array_get(pair, 0)), ==, id);
        votes = json_integer_value(json_array_get(pair, 1));
        json_decref(told);
    }
    g_assert_cmpint(heard, <, 4);
    for (guint i = 0; i < G_N_ELEMENTS(voters); i++)
        client_free(voters[i]);
    client_free(learner);
}

static void expect_refusal(client *c, const char *code)
{
    json_t *error = hear(c, "error");
    g_assert_cmpstr(word(error, "code"), ==, code);
    json_decref(error);
}

static void questions_are_refused_with_a_word_for_it(house *h, gconstpointer data)
{
    (void)data;
    client *learner = member(h, "person=7", NULL);
    client *other = member(h, "person=8", NULL);
    client *guest = member(h, "guest=1", NULL);
    int64_t id = ask(learner, "问");
    say_raw(guest, "{\"t\":\"ask\",\"text\":\"x\"}");
    expect_refusal(guest, "guests_may_not_speak");
    say_of(guest, "vote", id, ",\"up\":true");
    expect_refusal(guest, "guests_may_not_speak");
    say_of(learner, "vote", id, ",\"up\":true");
    expect_refusal(learner, "own_question");
    say_of(other, "vote", id, "");
    expect_refusal(other, "bad_message");
    say_of(other, "vote", 5, ",\"up\":true");
    expect_refusal(other, "question_missing");
    say_of(other, "answer", id, ",\"text\":\"x\"");
    expect_refusal(other, "hosts_only");
    say_of(other, "reopen", id, "");
    expect_refusal(other, "hosts_only");
    say_of(other, "remove", id, "");
    expect_refusal(other, "hosts_only");
    say_raw(other, "{\"t\":\"ask\",\"text\":\" \"}");
    expect_refusal(other, "empty");
    for (int i = 0; i <= ROOM_LIST_TOKENS; i++)
        say_raw(other, "{\"t\":\"questions\"}");
    expect_refusal(other, "rate_limited");
    say_of(learner, "remove", id, "");
    json_t *gone = hear(other, "question");
    while (!g_str_equal(word(json_object_get(gone, "question"), "state"), "removed")) {
        json_decref(gone);
        gone = hear(other, "question");
    }
    g_assert_null(word(json_object_get(gone, "question"), "text"));
    json_decref(gone);
    client_free(learner);
    client_free(other);
    client_free(guest);
}

static void questions_have_the_rate_of_words(house *h, gconstpointer data)
{
    (void)data;
    client *learner = member(h, "person=7", NULL);
    for (int i = 0; i < ROOM_RATE_TOKENS; i++)
        say_raw(learner, "{\"t\":\"say\",\"text\":\"x\"}");
    say_raw(learner, "{\"t\":\"ask\",\"text\":\"x\"}");
    expect_refusal(learner, "rate_limited");
    client_free(learner);
}

static void a_guest_reads_and_may_not_speak(house *h, gconstpointer data)
{
    (void)data;
    client *guest = member(h, "guest=1", NULL);
    client *learner = member(h, "person=7", NULL);
    static const char *const tries[] = {"{\"t\":\"say\",\"text\":\"x\"}",
                                        "{\"t\":\"hand\",\"up\":true}"};
    for (int i = 0; i < 2; i++) {
        say_raw(guest, tries[i]);
        json_t *error = hear(guest, "error");
        g_assert_cmpstr(word(error, "code"), ==, "guests_may_not_speak");
        json_decref(error);
    }
    say_raw(learner, "{\"t\":\"say\",\"text\":\"hello\"}");
    json_decref(hear(guest, "said"));
    client_free(guest);
    client_free(learner);
}

static void nonsense_closes_the_socket_and_a_flood_too(house *h, gconstpointer data)
{
    (void)data;
    client *a = member(h, "person=7", NULL);
    say_raw(a, "{\"t\":");
    while (a->closed == 0)
        json_decref(hear_any(a));
    g_assert_cmpint(a->closed, ==, ROOM_CLOSE_BAD_MESSAGE);
    client_free(a);
    client *b = member(h, "person=8", NULL);
    for (int i = 0; i <= ROOM_FLOOD_TOKENS + 20; i++)
        say_raw(b, "{\"t\":\"ping\",\"at\":1}");
    while (b->closed == 0)
        json_decref(hear_any(b));
    g_assert_cmpint(b->closed, ==, ROOM_CLOSE_POLICY);
    client_free(b);
}

#define CROWD 200
#define NOTES 800 /* the ring and what the kernel holds are less */

static void tell_notes(house *h, gpointer next)
{
    int *n = next;
    g_autofree char *pad = g_strnfill(1000, 'x');
    for (int end = *n + 50; *n < end; ++*n) {
        json_t *note = json_pack("{s:s, s:i, s:s}", "t", "note", "n", *n, "pad", pad);
        room_tell(h->hall, "abc", note);
        json_decref(note);
    }
}

static void cut_count(house *h, gpointer text)
{
    GString *out = text;
    room_metrics(h->hall, out);
}

/* All read along while the notes are told; only one never does. */
static void one_who_never_reads_is_cut_while_all_others_get_everything(house *h, gconstpointer data)
{
    (void)data;
    client *crowd[CROWD];
    for (int i = 0; i < CROWD; i++)
        crowd[i] = guest(h, "guest=1", i == 0 ? 4096 : 0);
    wait_for_members(h, CROWD);
    for (int told = 0, heard = 0; told < NOTES;) {
        on_loop(h, tell_notes, &told);
        for (; heard < told; heard++) {
            for (int i = 1; i < CROWD; i++) {
                json_t *note = hear(crowd[i], "note");
                g_assert_cmpint(number(note, "n"), ==, heard);
                json_decref(note);
            }
        }
    }
    g_autoptr(GString) metrics = g_string_new(NULL);
    on_loop(h, cut_count, metrics);
    wait_for_members(h, CROWD - 1);
    g_assert_nonnull(strstr(metrics->str, "\njiangtang_room_cut_slow_total 1\n"));
    g_assert_cmpint(h->left, ==, 1);
    for (int i = 0; i < CROWD; i++)
        client_free(crowd[i]);
}

static void the_number_of_members_is_told(house *h, gconstpointer data)
{
    (void)data;
    client *a = member(h, "guest=1", NULL);
    client *b = member(h, "guest=1", NULL);
    json_t *count;
    while (number(count = hear(a, "members"), "count") != 2)
        json_decref(count);
    json_decref(count);
    client_free(b);
    count = hear(a, "members");
    g_assert_cmpint(number(count, "count"), ==, 1);
    json_decref(count);
    client_free(a);
}

static client *in_room(house *h, const char *title, int person)
{
    g_autofree char *target = g_strdup_printf("/ws?title=%s&person=%d", title, person);
    client *c = client_new(h->net, target, NULL, 0);
    json_decref(hear(c, "welcome"));
    return c;
}

static void assert_replaced(client *c)
{
    while (c->closed == 0)
        json_decref(hear_any(c));
    g_assert_cmpint(c->closed, ==, ROOM_CLOSE_REPLACED);
    client_free(c);
}

static void of_a_persons_sockets_the_newest_stay(house *h, gconstpointer data)
{
    (void)data;
    client *other = in_room(h, "abc", 8), *own[ROOM_DEVICES_MAX];
    for (int i = 0; i < ROOM_DEVICES_MAX; i++)
        own[i] = in_room(h, i % 2 ? "abc" : "def", 7);
    client *ninth = in_room(h, "abc", 7);
    assert_replaced(own[0]);
    client_free(own[1]); /* one that left makes room: nobody is closed for the next */
    wait_for_members(h, 1 + ROOM_DEVICES_MAX / 2);
    client *next = in_room(h, "abc", 7);
    say_raw(ninth, "{\"t\":\"say\",\"text\":\"x\"}");
    json_decref(hear(next, "said"));
    json_decref(hear(other, "said"));
    say_raw(own[2], "{\"t\":\"ping\",\"at\":1}"); /* the oldest there is */
    json_decref(hear(own[2], "pong"));
    for (int i = 2; i < ROOM_DEVICES_MAX; i++)
        client_free(own[i]);
    client_free(ninth);
    client_free(next);
    client_free(other);
}

#define TEST(name) g_test_add("/room/" #name, house, NULL, setup, name, teardown)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(words_reach_all_once_and_the_author_knows_its_own);
    TEST(history_has_the_last_fifty_and_outlives_the_process);
    TEST(a_person_has_one_rate_over_all_sockets);
    TEST(a_hand_is_seen_by_hosts_counted_by_all_and_goes_with_its_person);
    TEST(many_hands_at_once_are_counted_together);
    TEST(a_host_is_told_of_many_hands_in_a_list);
    TEST(a_host_may_lower_a_hand_and_others_may_not);
    TEST(a_guest_reads_and_may_not_speak);
    TEST(a_question_is_told_to_all_answered_by_hosts_and_found_by_who_comes_later);
    TEST(questions_outlive_the_process);
    TEST(votes_are_told_together_and_to_the_voter_at_once);
    TEST(questions_are_refused_with_a_word_for_it);
    TEST(questions_have_the_rate_of_words);
    TEST(nonsense_closes_the_socket_and_a_flood_too);
    TEST(one_who_never_reads_is_cut_while_all_others_get_everything);
    TEST(the_number_of_members_is_told);
    TEST(of_a_persons_sockets_the_newest_stay);
    return g_test_run();
}
