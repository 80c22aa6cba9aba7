/*
 * The desk with a real loop, clerk and disk, and a plain client: what is kept when something goes wrong. The house is
 * opened and closed on one folder, as by a restart.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../net/running.h"
#include "ground.h"
#include "upload/desk.h"

typedef struct {
    ground ground;
    net *net;
    clerk *clerk;
    upload_desk *desk;
    GThread *thread;
    bool takes; /* what is complete is taken when it is told */
    /* written by the loop, read when it is over or by atomic reads */
    gint told, answered;
    char told_id[UPLOAD_ID_CHARS + 1], told_sum[65];
} house;

static void deliver(gpointer loop, void (*fn)(gpointer data), gpointer data)
{
    if (!net_post(loop, fn, data))
        fn(data);
}

static void wait_until(gint *counter, gint at_least)
{
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    while (g_atomic_int_get(counter) < at_least) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_usleep(1000);
    }
}

/* ---- the house ---- */

static bool take_job(records *db, gpointer data, GError **error)
{
    house *h = data;
    return upload_take(db, h->ground.clock, &h->ground.limits, h->told_id, error);
}

static void on_complete(gpointer user, const upload *is, const char *path)
{
    house *h = user;
    g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
    g_strlcpy(h->told_id, is->id, sizeof h->told_id);
    g_strlcpy(h->told_sum, is->sha256, sizeof h->told_sum);
    if (h->takes)
        clerk_post(h->clerk, take_job, NULL, h, NULL);
    g_atomic_int_inc(&h->told);
}

typedef struct {
    house *house;
    request *request;
} waiting;

static void on_done(gpointer user, const upload *is, const GError *error)
{
    waiting *w = user;
    g_autofree char *text =
        error ? g_strdup(error_code(error)) : g_strdup_printf("at=%" G_GINT64_FORMAT, is->received);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    g_atomic_int_inc(&w->house->answered);
    request_reply(w->request, 200, "text/plain", NULL, body);
    request_unref(w->request);
    g_free(w);
}

static waiting *waiting_new(house *h, request *r)
{
    waiting *w = g_new0(waiting, 1);
    *w = (waiting){h, request_ref(r)};
    return w;
}

static void pour(request *r, gpointer user)
{
    house *h = user;
    const upload_body body = {.request = r,
                              .id = request_param(r, "id"),
                              .owner = h->ground.wang.id,
                              .offset = g_ascii_strtoll(request_query(r, "at"), NULL, 10)};
    upload_pour(h->desk, &body, on_done, waiting_new(h, r));
}

static void ask_it(request *r, gpointer user)
{
    house *h = user;
    upload_ask(h->desk, request_param(r, "id"), h->ground.wang.id, on_done, waiting_new(h, r));
}

static void end_it(request *r, gpointer user)
{
    house *h = user;
    upload_remove(h->desk, request_param(r, "id"), h->ground.wang.id, on_done, waiting_new(h, r));
}

static gpointer run(gpointer data)
{
    net_run(data);
    return NULL;
}

static void house_open(house *h)
{
    g_autoptr(GError) error = NULL;
    ground *g = &h->ground;
    h->net = net_new(&(net_options){.bind = "127.0.0.1"}, g->clock, &error);
    h->clerk = clerk_new(g->database, deliver, h->net, &error);
    g_assert_no_error(error);
    const upload_desk_parts parts = {.net = h->net,
                                     .clerk = h->clerk,
                                     .clock = g->clock,
                                     .data_dir = g->folder,
                                     .limits = g->limits,
                                     .user = h,
                                     .on_complete = on_complete};
    h->desk = upload_desk_new(&parts, &error);
    upload_desk_start(h->desk, g->db, &error);
    g_assert_no_error(error);
    g_clear_pointer(&g->db, records_close);
    net_route_streamed(h->net, "PATCH", "/{id}", pour, h);
    net_route(h->net, "GET", "/{id}", 0, ask_it, h);
    net_route(h->net, "DELETE", "/{id}", 0, end_it, h);
    h->told = h->answered = 0;
    h->thread = g_thread_new("net", run, h->net);
}

static void house_close(house *h)
{
    net_stop(h->net);
    g_thread_join(h->thread);
    upload_desk_stop(h->desk);
    clerk_free(h->clerk);
    upload_desk_free(h->desk);
    net_free(h->net);
    ground_open(&h->ground);
}

static void set_up(house *h, gconstpointer unused)
{
    ground_set_up(&h->ground, unused);
    h->ground.limits.reserve_bytes = 0;
}

static void tear_down(house *h, gconstpointer unused)
{
    ground_tear_down(&h->ground, unused);
}

/* ---- the client ---- */

static char *spooled(const house *h, const char *id, const char *more)
{
    g_autofree char *name = g_strconcat(id, more, NULL);
    return g_build_filename(h->ground.folder, "spool", name, NULL);
}

static guint8 *bytes_of(gsize length)
{
    guint8 *bytes = g_malloc(length + 1);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8)(i * 31 + i / 251);
    return bytes;
}

/* Head and the first `sent` bytes of a body that is to be `length` long. */
static int begin_patch(const house *h, const char *id, gsize at, gsize length, gsize sent)
{
    g_autofree guint8 *bytes = bytes_of(at + length);
    g_autofree char *head = g_strdup_printf(
        "PATCH /%s?at=%zu HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", id, at, length);
    int fd = client(net_port(h->net));
    say(fd, head);
    say_bytes(fd, bytes + at, sent);
    return fd;
}

static void assert_says(int fd, const char *word)
{
    g_autofree char *answer = hear_one(fd, NULL);
    if (!g_str_has_suffix(answer, word))
        g_error("expected %s in %s", word, answer);
    close(fd);
}

static void assert_sent(const house *h, const char *id, gsize at, gsize length)
{
    g_autofree char *word = g_strdup_printf("\r\n\r\nat=%zu", at + length);
    assert_says(begin_patch(h, id, at, length, length), word);
}

static void assert_at(const house *h, const char *id, const char *word)
{
    g_autofree char *text = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", id);
    int fd = client(net_port(h->net));
    say(fd, text);
    assert_says(fd, word);
}

static void until_at(const house *h, const char *id, const char *word)
{
    g_autofree char *text = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", id);
    gint64 limit = g_get_monotonic_time() + WAIT_LIMIT_S * G_USEC_PER_SEC;
    for (bool there = false; !there;) {
        g_autofree char *answer = ask(net_port(h->net), text);
        there = g_str_has_suffix(answer, word);
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
    }
}

static void assert_told(house *h, const char *id, gsize length)
{
    g_autofree guint8 *bytes = bytes_of(length);
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, length);
    wait_until(&h->told, 1);
    g_assert_cmpstr(h->told_id, ==, id);
    g_assert_cmpstr(h->told_sum, ==, sum);
}

static void assert_file(const house *h, const char *id, const char *more, gsize length)
{
    g_autofree char *path = spooled(h, id, more);
    g_autofree char *text = NULL;
    g_autofree guint8 *bytes = bytes_of(length);
    gsize got = 0;
    g_assert_true(g_file_get_contents(path, &text, &got, NULL));
    g_assert_cmpmem(text, got, bytes, length);
}

static bool has_file(const house *h, const char *id, const char *more)
{
    g_autofree char *path = spooled(h, id, more);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* ---- the fact ---- */

static void
a_complete_upload_is_told_with_its_sum_and_after_a_start_until_it_is_taken(house *h,
                                                                           gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000000);
    house_open(h);
    assert_sent(h, is.id, 0, 1500000);
    assert_sent(h, is.id, 1500000, 500000);
    assert_told(h, is.id, 2000000);
    assert_file(h, is.id, "", 2000000);
    house_close(h);
    h->takes = true;
    house_open(h);
    assert_told(h, is.id, 2000000);
    house_close(h);
    g_assert_cmpint(ground_read(&h->ground, is.id).state, ==, UPLOAD_TAKEN);
    house_open(h);
    g_usleep(1200000); /* it tells after half a second */
    g_assert_cmpint(g_atomic_int_get(&h->told), ==, 0);
    house_close(h);
    g_assert_true(has_file(h, is.id, "")); /* whoever took it has not moved it yet */
}

static void an_upload_without_bytes_is_an_empty_file(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 0);
    house_open(h);
    assert_told(h, is.id, 0);
    assert_file(h, is.id, "", 0);
    house_close(h);
}

/* ---- what is kept ---- */

static void an_upload_that_goes_on_after_a_start_has_the_sum_of_all_its_bytes(house *h,
                                                                              gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 3000000);
    house_open(h);
    assert_sent(h, is.id, 0, 1000001);
    house_close(h);
    house_open(h);
    assert_at(h, is.id, "at=1000001");
    assert_sent(h, is.id, 1000001, 1999999);
    assert_told(h, is.id, 3000000);
    house_close(h);
}

static void what_lies_behind_the_acknowledged_bytes_is_cut_off_by_a_start(house *h,
                                                                          gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 3000);
    house_open(h);
    assert_sent(h, is.id, 0, 1000);
    house_close(h);
    g_autofree char *path = spooled(h, is.id, ".part");
    g_autofree char *junk = g_strnfill(2500, '?');
    g_autofree guint8 *bytes = bytes_of(1000);
    memcpy(junk, bytes, 1000);
    g_assert_true(g_file_set_contents(path, junk, 2500, NULL));
    house_open(h);
    assert_file(h, is.id, ".part", 1000);
    assert_sent(h, is.id, 1000, 2000);
    assert_told(h, is.id, 3000);
    house_close(h);
}

static void bytes_that_are_gone_from_the_disk_are_not_made_up(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 3000);
    house_open(h);
    assert_sent(h, is.id, 0, 1000);
    house_close(h);
    g_autofree char *path = spooled(h, is.id, ".part");
    g_assert_true(g_file_set_contents(path, "short", 5, NULL));
    house_open(h);
    assert_says(begin_patch(h, is.id, 1000, 2000, 2000), "spool");
    house_close(h);
}

/* No file of this process may be longer: to who writes one, the disk is full there. */
static void files_end_at(rlim_t bytes)
{
    struct rlimit is;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &is), ==, 0);
    is.rlim_cur = MIN(bytes, is.rlim_max);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &is), ==, 0);
}

static void
a_full_disk_keeps_what_is_certain_gets_its_room_back_and_the_upload_goes_on(house *h,
                                                                            gconstpointer unused)
{
    (void)unused;
    const gsize mib = 1 << 20;
    struct stat file;
    const upload is = ground_single(&h->ground, 20 * mib);
    g_autofree char *path = spooled(h, is.id, ".part");
    signal(SIGXFSZ, SIG_IGN);
    house_open(h);
    assert_sent(h, is.id, 0, 8 * mib);
    files_end_at(11 * mib);
    assert_says(begin_patch(h, is.id, 8 * mib, 12 * mib, 4 * mib), "disk_full");
    assert_at(h, is.id, "at=8388608");
    g_assert_cmpint(stat(path, &file), ==, 0);
    g_assert_cmpint(file.st_size, ==, 8 * mib);
    files_end_at(RLIM_INFINITY);
    assert_sent(h, is.id, 8 * mib, 12 * mib);
    assert_told(h, is.id, 20 * mib);
    assert_file(h, is.id, "", 20 * mib);
    house_close(h);
}

static void what_came_before_the_client_left_is_kept(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000000);
    house_open(h);
    close(begin_patch(h, is.id, 0, 2000000, 1234567));
    until_at(h, is.id, "at=1234567");
    assert_file(h, is.id, ".part", 1234567);
    assert_sent(h, is.id, 1234567, 2000000 - 1234567);
    assert_told(h, is.id, 2000000);
    house_close(h);
}

static void a_body_that_is_being_sent_is_made_certain_when_somebody_asks(house *h,
                                                                         gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000000);
    house_open(h);
    int fd = begin_patch(h, is.id, 0, 2000000, 100);
    until_at(h, is.id, "at=100");
    assert_file(h, is.id, ".part", 100);
    close(fd);
    house_close(h);
    g_assert_cmpint(ground_read(&h->ground, is.id).received, ==, 100);
}

static void asking_while_a_body_only_begins_is_fine(house *h, gconstpointer unused)
{
    (void)unused;
    upload uploads[40];
    for (guint i = 0; i < G_N_ELEMENTS(uploads); i++)
        uploads[i] = ground_single(&h->ground, 1000);
    house_open(h);
    for (guint i = 0; i < G_N_ELEMENTS(uploads); i++) {
        int fd = begin_patch(h, uploads[i].id, 0, 1000, 1);
        until_at(h, uploads[i].id, "at=1");
        close(fd);
    }
    house_close(h);
}

/* The last slice was summed when the file could not get its name: it is not summed a second time. */
static void a_sum_is_right_after_its_file_could_not_be_named(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000000);
    g_autofree char *folder = g_build_filename(h->ground.folder, "spool", NULL);
    g_autofree char *whole = spooled(h, is.id, "");
    g_mkdir(folder, 0700);
    g_assert_cmpint(g_mkdir(whole, 0700), ==, 0);
    house_open(h);
    assert_sent(h, is.id, 0, 2000000);
    g_usleep(500000); /* it tries, and will again in ten seconds */
    g_assert_cmpint(g_atomic_int_get(&h->told), ==, 0);
    g_assert_cmpint(g_rmdir(whole), ==, 0);
    assert_told(h, is.id, 2000000);
    house_close(h);
}

/* ---- one at a time ---- */

static void a_silent_sender_gives_way_and_a_moving_one_does_not(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000);
    house_open(h);
    int first = begin_patch(h, is.id, 0, 2000, 100);
    until_at(h, is.id, "at=100");
    assert_says(begin_patch(h, is.id, 100, 1900, 1900), "upload_busy");
    clock_advance_ms(h->ground.clock, UPLOAD_SILENT_MS);
    assert_sent(h, is.id, 100, 1900);
    assert_says(first, "upload_busy");
    assert_told(h, is.id, 2000);
    house_close(h);
}

/* All places are taken, one of them by a line that died: who goes on with that upload takes it. */
static void a_silent_sender_gives_its_place_to_who_goes_on_with_its_upload(house *h,
                                                                           gconstpointer unused)
{
    (void)unused;
    upload uploads[UPLOAD_PERSON_POURS_MAX], more = ground_single(&h->ground, 2000);
    int fds[UPLOAD_PERSON_POURS_MAX];
    for (guint i = 0; i < G_N_ELEMENTS(uploads); i++)
        uploads[i] = ground_single(&h->ground, 2000);
    house_open(h);
    for (guint i = 0; i < G_N_ELEMENTS(uploads); i++) {
        fds[i] = begin_patch(h, uploads[i].id, 0, 2000, 100);
        until_at(h, uploads[i].id, "at=100");
    }
    clock_advance_ms(h->ground.clock, UPLOAD_SILENT_MS);
    assert_says(begin_patch(h, more.id, 0, 2000, 2000), "uploads_parallel");
    assert_sent(h, uploads[0].id, 100, 1900);
    assert_says(fds[0], "upload_busy");
    for (guint i = 1; i < G_N_ELEMENTS(uploads); i++)
        close(fds[i]);
    house_close(h);
}

static void an_upload_ended_while_it_is_sent_leaves_nothing(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000);
    house_open(h);
    int first = begin_patch(h, is.id, 0, 2000, 100);
    until_at(h, is.id, "at=100");
    g_autofree char *text = g_strdup_printf("DELETE /%s HTTP/1.1\r\nHost: x\r\n\r\n", is.id);
    g_autofree char *answer = ask(net_port(h->net), text);
    assert_has(answer, "at=100");
    assert_says(first, "upload_missing");
    g_assert_false(has_file(h, is.id, ".part"));
    house_close(h);
    g_assert_false(ground_knows(&h->ground, is.id));
}

static void everybody_is_answered_when_the_house_ends(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000);
    house_open(h);
    int first = begin_patch(h, is.id, 0, 2000, 100);
    until_at(h, is.id, "at=100");
    gint before = g_atomic_int_get(&h->answered);
    house_close(h);
    g_assert_cmpint(h->answered, ==, before + 1);
    close(first);
}

/* ---- parts ---- */

static upload finished_part(house *h, gsize at, gsize length)
{
    upload_wish wish = wish_of(&h->ground.wang, (int64_t)length, UPLOAD_PARTIAL);
    upload part = ground_create(&h->ground, &wish);
    g_autofree char *folder = g_build_filename(h->ground.folder, "spool", NULL);
    g_autofree char *path = spooled(h, part.id, ".part");
    g_autofree guint8 *bytes = bytes_of(at + length);
    g_mkdir(folder, 0700);
    if (length == 0)
        return part;
    g_assert_true(g_file_set_contents(path, (char *)bytes + at, (gssize)length, NULL));
    ground_settle(&h->ground, &part, (int64_t)length);
    return part;
}

static upload final_of(house *h, const upload *parts, guint count)
{
    upload_wish wish = wish_of(&h->ground.wang, 0, UPLOAD_FINAL);
    wish.part_count = count;
    for (guint i = 0; i < count; i++)
        memcpy(wish.parts[i], parts[i].id, sizeof parts[i].id);
    return ground_create(&h->ground, &wish);
}

static void parts_become_one_file_and_are_gone(house *h, gconstpointer unused)
{
    (void)unused;
    const upload parts[] = {finished_part(h, 0, 700000), finished_part(h, 700000, 1),
                            finished_part(h, 700001, 0), finished_part(h, 700001, 300000)};
    upload final = final_of(h, parts, 4);
    house_open(h);
    assert_told(h, final.id, 1000001);
    assert_file(h, final.id, "", 1000001);
    house_close(h);
    for (guint i = 0; i < 4; i++) {
        g_assert_false(ground_knows(&h->ground, parts[i].id));
        g_assert_false(has_file(h, parts[i].id, ".part"));
    }
}

static void joining_goes_on_where_the_records_say_it_was(house *h, gconstpointer unused)
{
    (void)unused;
    const upload parts[] = {finished_part(h, 0, 700000), finished_part(h, 700000, 300000)};
    upload final = final_of(h, parts, 2);
    /* killed after the first part's transaction, in the middle of the second */
    g_autoptr(GError) error = NULL;
    ground_settle(&h->ground, &final, 700000);
    upload_eaten(h->ground.db, parts[0].id, &error);
    g_assert_no_error(error);
    g_autofree char *path = spooled(h, final.id, ".part");
    g_autofree guint8 *bytes = bytes_of(750000);
    memset(bytes + 700000, '?', 50000);
    g_assert_true(g_file_set_contents(path, (char *)bytes, 750000, NULL));
    house_open(h);
    g_assert_false(has_file(h, parts[0].id, ".part")); /* a stray now */
    assert_told(h, final.id, 1000000);
    assert_file(h, final.id, "", 1000000);
    house_close(h);
}

/* ---- time ---- */

static void what_nobody_goes_on_with_leaves_the_disk(house *h, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(&h->ground, 2000);
    house_open(h);
    assert_sent(h, is.id, 0, 1000);
    house_close(h);
    clock_advance_ms(h->ground.clock, 73 * HOUR_MS);
    house_open(h);
    until_at(h, is.id, "upload_missing");
    house_close(h);
    g_assert_false(has_file(h, is.id, ".part"));
}

static void strangers_in_the_spool_are_removed_only_when_unfinished(house *h, gconstpointer unused)
{
    (void)unused;
    house_open(h);
    house_close(h);
    g_autofree char *part = spooled(h, "aaaaaaaaaaaa", ".part");
    g_autofree char *whole = spooled(h, "bbbbbbbbbbbb", "");
    g_assert_true(g_file_set_contents(part, "x", 1, NULL));
    g_assert_true(g_file_set_contents(whole, "x", 1, NULL));
    house_open(h);
    house_close(h);
    g_assert_false(has_file(h, "aaaaaaaaaaaa", ".part"));
    g_assert_true(has_file(h, "bbbbbbbbbbbb", "")); /* it may be somebody's */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add("/desk/" #name, house, NULL, set_up, name, tear_down)
    TEST(a_complete_upload_is_told_with_its_sum_and_after_a_start_until_it_is_taken);
    TEST(an_upload_without_bytes_is_an_empty_file);
    TEST(an_upload_that_goes_on_after_a_start_has_the_sum_of_all_its_bytes);
    TEST(what_lies_behind_the_acknowledged_bytes_is_cut_off_by_a_start);
    TEST(bytes_that_are_gone_from_the_disk_are_not_made_up);
    TEST(a_full_disk_keeps_what_is_certain_gets_its_room_back_and_the_upload_goes_on);
    TEST(what_came_before_the_client_left_is_kept);
    TEST(a_body_that_is_being_sent_is_made_certain_when_somebody_asks);
    TEST(asking_while_a_body_only_begins_is_fine);
    TEST(a_sum_is_right_after_its_file_could_not_be_named);
    TEST(a_silent_sender_gives_way_and_a_moving_one_does_not);
    TEST(a_silent_sender_gives_its_place_to_who_goes_on_with_its_upload);
    TEST(an_upload_ended_while_it_is_sent_leaves_nothing);
    TEST(everybody_is_answered_when_the_house_ends);
    TEST(parts_become_one_file_and_are_gone);
    TEST(joining_goes_on_where_the_records_say_it_was);
    TEST(what_nobody_goes_on_with_leaves_the_disk);
    TEST(strangers_in_the_spool_are_removed_only_when_unfinished);
    return g_test_run();
}
