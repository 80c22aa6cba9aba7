/* The queue at work: a real loop, clerk and crew; the worker is a shell script. */
#include "transcode/transcode.h"

#include <glib/gstdio.h>
#include <string.h>

#include "crew_on_net.h"
#include "school/school.h"

#define TURN_MS 20
#define PATIENCE_MS 60000

/* What a worker is told first is kept as `order`; a lesson's names its title. */
#define HEAD                                                                                       \
    "cd '%s'; dd bs=65536 count=1 <&3 >order.$$ 2>/dev/null\n"                                     \
    "title=$(grep -ao 'titles/[a-z2-7]*' order.$$ | head -n 1)\n"                                  \
    "echo \"${title:-probe}\" >>calls\n"                                                           \
    "if [ -z \"$title\" ]; then cat probed done >&3; exit 0; fi\n"                                 \
    "mkdir -p $title; echo $$ >$title/pid\n"

/* All of a title with four seconds of sound. */
#define WHOLE                                                                                      \
    "printf 'jiangtang 1 360000 360000 11 1790000000000\\n"                                        \
    "rendition audio audio mp4a.40.2 0 0 0 48000\\ninit audio 0 10\\n"                             \
    "part audio 0 0 0 10 0 360000 1\\nsegment audio 0 0 360000 10\\nend 360000\\n' "               \
    ">$title/journal; cat progress bell done >&3; exit 0\n"

/* Says it is on its way, and leaves when it is asked to. */
#define SLOW "cat progress >&3; dd bs=65536 count=1 <&3 >/dev/null 2>&1; exit 0\n"

typedef struct house house;
typedef bool (*step)(house *h);

struct house {
    char *dir, *database;
    base_clock *clock;
    net *net;
    clerk *clerk;
    GAsyncQueue *late; /* of letter */
    shelf *shelf;
    crew *crew;
    storage *storage;
    transcode *transcode;
    int64_t free_bytes;
    int cores; /* of the crew */
    bool keep_source;
    person master;
    char asset_id[33];
    char ended[33]; /* title that has */
    int taken;      /* uploads */
    const step *steps;
    gsize at, count;
    int64_t began_us;
    crew_hand *class_hand;
};

/* ---- the rooms ---- */

typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} letter;

/* What the clerk answers when the loop is over is read at the end, as main does. */
static void deliver(gpointer user, void (*fn)(gpointer data), gpointer data)
{
    house *h = user;
    if (net_post(h->net, fn, data))
        return;
    letter *late = g_new0(letter, 1);
    *late = (letter){fn, data};
    g_async_queue_push(h->late, late);
}

static void read_late(house *h)
{
    for (letter *late; (late = g_async_queue_try_pop(h->late));) {
        late->fn(late->data);
        g_free(late);
    }
    g_async_queue_unref(h->late);
}

static void on_ended(gpointer user, const char *title_id)
{
    g_strlcpy(((house *)user)->ended, title_id, sizeof((house *)0)->ended);
}

static bool take(gpointer user, records *db, const char *upload_id, GError **error)
{
    (void)db, (void)upload_id, (void)error;
    g_atomic_int_inc(&((house *)user)->taken);
    return true;
}

static int64_t free_bytes(gpointer user)
{
    return ((house *)user)->free_bytes;
}

static void keep(const house *h, const char *name, GBytes *message)
{
    g_autofree char *path = g_build_filename(h->dir, name, NULL);
    gsize size;
    const char *data = g_bytes_get_data(message, &size);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_bytes_unref(message);
}

static char *write_worker(const house *h, const char *script)
{
    char *path = g_build_filename(h->dir, "worker.sh", NULL);
    g_autofree char *head = g_strdup_printf(HEAD, h->dir);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s%s", head, script);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0700);
    return path;
}

static const char facts[] = "{\"duration_ms\":4000,\"audio\":{\"codec\":\"mp3\"},\"refused\":null}";

static void house_open(house *h, const char *script)
{
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    const storage_retention kept = {0};
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    g_autofree char *worker = write_worker(h, script);
    g_mkdir(titles, 0700);
    h->clock = clock_new_system();
    h->net = net_new(&at, h->clock, NULL);
    h->late = g_async_queue_new();
    h->clerk = clerk_new(h->database, deliver, h, NULL);
    h->shelf = shelf_new(titles, h->clock, NULL);
    const crew_loop loop = crew_on_net(h->net);
    h->crew = crew_new(worker, &loop, h->cores);
    h->storage = storage_new(h->net, h->clerk, h->shelf, h->clock, h->dir, &kept);
    const transcode_parts parts = {.net = h->net,
                                   .clerk = h->clerk,
                                   .crew = h->crew,
                                   .shelf = h->shelf,
                                   .storage = h->storage,
                                   .clock = h->clock,
                                   .keep_source = h->keep_source,
                                   .free_bytes = free_bytes,
                                   .free_bytes_user = h};
    const transcode_news news = {.user = h, .on_ended = on_ended, .take = take};
    h->transcode = transcode_new(&parts, &news);
}

static records *house_records(const house *h)
{
    g_autoptr(GError) error = NULL;
    records *db = records_open(h->database, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    return db;
}

static void house_start(house *h)
{
    records *db = house_records(h);
    g_assert_true(transcode_start(h->transcode, db, NULL));
    records_close(db);
    storage_start(h->storage);
}

static void house_begin(house *h, const char *script)
{
    *h = (house){.dir = g_dir_make_tmp("queue-XXXXXX", NULL),
                 .keep_source = true,
                 .cores = 2,
                 .free_bytes = 100LL << 30};
    h->database = g_build_filename(h->dir, "jiangtang.db", NULL);
    keep(h, "probed", wire_encode_probed(facts));
    keep(h, "done", wire_encode_plain(WIRE_DONE));
    keep(h, "bell", wire_encode_plain(WIRE_BELL));
    keep(h, "progress", wire_encode_progress(2000));
    house_open(h, script);
    records *db = house_records(h);
    g_assert_true(people_add(db, h->clock, "zhao", "赵铁柱", ROLE_MASTER, "x", &h->master, NULL));
    records_close(db);
    house_start(h);
}

static void house_close(house *h)
{
    transcode_stop(h->transcode);
    crew_free(h->crew);
    clerk_free(h->clerk);
    read_late(h);
    storage_free(h->storage);
    transcode_free(h->transcode);
    shelf_free(h->shelf);
    net_free(h->net);
    clock_free(h->clock);
}

static void house_end(house *h)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", h->dir);
    house_close(h);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(h->database);
    g_free(h->dir);
}

static void turn(gpointer data)
{
    house *h = data;
    while (h->at < h->count && h->steps[h->at](h)) {
        h->at++;
        h->began_us = g_get_monotonic_time();
    }
    if (g_get_monotonic_time() - h->began_us > PATIENCE_MS * 1000LL)
        g_error("step %zu waited too long", h->at);
    if (h->at == h->count)
        net_stop(h->net);
}

static void house_run(house *h, const step *steps, gsize count)
{
    h->steps = steps;
    h->count = count;
    h->at = 0;
    h->began_us = g_get_monotonic_time();
    net_timer *timer = net_timer_new(h->net, TURN_MS, TURN_MS, turn, h);
    net_run(h->net);
    net_timer_free(timer);
}

#define RUN(h, ...)                                                                                \
    do {                                                                                           \
        const step all[] = {__VA_ARGS__};                                                          \
        house_run(h, all, G_N_ELEMENTS(all));                                                      \
    } while (0)

/* ---- what tests say ---- */

static void bring(house *h, const char *upload_id, bool handout, const char *content)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(h->dir, upload_id, NULL);
    if (content)
        g_assert_true(g_file_set_contents(path, content, -1, NULL));
    const transcode_source source = {.upload_id = upload_id,
                                     .owner = h->master.id,
                                     .name = "平角焊.mp4",
                                     .handout = handout,
                                     .bytes = 9,
                                     .path = path,
                                     .sha256 = "00"};
    transcode_take(h->transcode, &source, &error);
    g_assert_no_error(error);
}

static bool bring_one(house *h)
{
    bring(h, "upload1", false, "no movie");
    return true;
}

/* The only asset there is, or state -1. */
static asset only_asset(house *h)
{
    char next[ASSET_CURSOR_MAX];
    asset is = {.state = (asset_state)-1};
    records *db = house_records(h);
    g_autoptr(GArray) all = asset_list(db, &(asset_search){.state = -1, .kind = -1}, next, NULL);
    if (all->len > 0) {
        is = g_array_index(all, asset, 0);
        is.facts = NULL;
        g_strlcpy(h->asset_id, is.id, sizeof h->asset_id);
    }
    records_close(db);
    return is;
}

static job newest_job(house *h)
{
    job is;
    bool found;
    records *db = house_records(h);
    g_assert_true(job_of_asset(db, h->asset_id, &is, &found, NULL) && found);
    records_close(db);
    return is;
}

static bool is_ready(house *h)
{
    return only_asset(h).state == ASSET_READY;
}

static bool is_refused(house *h)
{
    return only_asset(h).state == ASSET_REFUSED;
}

static bool is_queued(house *h)
{
    return only_asset(h).state == ASSET_QUEUED;
}

static bool has_failed(house *h)
{
    return only_asset(h).state == ASSET_FAILED;
}

static bool is_paused(house *h)
{
    return only_asset(h).state == ASSET_PAUSED;
}

/* A worker is at it and has said how far. */
static bool is_on_its_way(house *h)
{
    transcode_progress now;
    return only_asset(h).state == ASSET_TRANSCODING &&
           transcode_progress_of(h->transcode, newest_job(h).id, &now) && now.done_ms == 2000;
}

static bool nobody_works(house *h)
{
    return transcode_state_of(h->transcode).running == 0;
}

static bool exists(const house *h, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(h->dir, folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* What somebody does through the API: the database, then the loop. */
static bool say(house *h, bool (*what)(records *db, base_clock *clock, job *is, GError **error))
{
    g_autoptr(GError) error = NULL;
    job is = newest_job(h);
    records *db = house_records(h);
    what(db, h->clock, &is, &error);
    g_assert_no_error(error);
    records_close(db);
    transcode_changed(h->transcode, &is);
    return true;
}

static bool say_pause(house *h)
{
    return say(h, job_pause);
}

static bool say_resume(house *h)
{
    return say(h, job_resume);
}

static bool say_cancel(house *h)
{
    return say(h, job_cancel);
}

static bool say_retry(house *h)
{
    return say(h, job_retry);
}

static char *calls(const house *h)
{
    char *text = NULL;
    g_autofree char *path = g_build_filename(h->dir, "calls", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static guint count_calls(const house *h)
{
    g_autofree char *text = calls(h);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
    return g_strv_length(lines);
}

/* ---- tests ---- */

static void a_file_is_looked_at_made_and_told_to_be_ready(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, bring_one, is_ready, nobody_works);
    asset is = only_asset(&h);
    g_assert_cmpstr(is.title_id, ==, h.ended);
    g_assert_cmpint(is.kind, ==, ASSET_AUDIO);
    g_assert_cmpint(is.duration_ms, ==, 4000);
    g_assert_cmpstr(is.rungs, ==, "audio");
    g_assert_cmpint(h.taken, ==, 1);
    g_assert_true(exists(&h, "sources", is.id));
    g_assert_false(exists(&h, ".", "upload1"));
    house_end(&h);
}

static bool source_is_gone(house *h)
{
    return !exists(h, "sources", h->asset_id);
}

static void a_source_nobody_wants_is_removed_once_its_lesson_is_ready(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, nobody_works); /* what the start has posted is answered */
    house_close(&h);
    h.keep_source = false;
    house_open(&h, WHOLE);
    house_start(&h);
    RUN(&h, bring_one, is_ready, source_is_gone);
    g_assert_false(only_asset(&h).source_kept);
    house_end(&h);
}

static void what_the_probe_refuses_is_refused_with_what_was_found(void)
{
    house h;
    house_begin(&h, WHOLE);
    keep(&h, "probed",
         wire_encode_probed("{\"refused\":{\"code\":\"not_media\",\"found\":\"PDF\"}}"));
    RUN(&h, bring_one, is_refused, nobody_works);
    asset is = only_asset(&h);
    g_assert_cmpstr(is.trouble.code, ==, "not_media");
    g_assert_cmpstr(is.trouble.found, ==, "PDF");
    g_assert_cmpuint(count_calls(&h), ==, 1);
    house_end(&h);
}

static bool bring_again(house *h)
{
    bring(h, "upload1", false, NULL);
    return true;
}

static bool taken_twice(house *h)
{
    return h->taken == 2;
}

static bool is_one_asset(house *h)
{
    char next[ASSET_CURSOR_MAX];
    records *db = house_records(h);
    g_autoptr(GArray) all = asset_list(db, &(asset_search){.state = -1, .kind = -1}, next, NULL);
    records_close(db);
    g_assert_cmpuint(all->len, ==, 1);
    return true;
}

static void an_upload_told_twice_is_one_asset(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, bring_one, is_ready, bring_again, taken_twice, is_one_asset);
    house_end(&h);
}

static void a_file_that_kills_its_worker_twice_has_failed_with_the_cause(void)
{
    house h;
    house_begin(&h, "cat failed >&3; exit 3\n");
    keep(&h, "failed", wire_encode_note(WIRE_FAILED, "the picture has no end"));
    RUN(&h, bring_one, has_failed, nobody_works);
    asset is = only_asset(&h);
    g_assert_cmpstr(is.trouble.code, ==, "worker_failed");
    g_assert_cmpstr(is.trouble.detail, ==, "exit 3: the picture has no end");
    g_assert_cmpuint(count_calls(&h), ==, 3);
    house_end(&h);
}

static bool is_on_its_way_again(house *h)
{
    return count_calls(h) == 3 && is_on_its_way(h);
}

static bool same_title(house *h)
{
    g_autofree char *text = calls(h);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpstr(lines[1], ==, lines[2]);
    return true;
}

static void a_paused_job_leaves_and_goes_on_in_the_same_title(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, say_pause, is_paused, nobody_works, say_resume,
        is_on_its_way_again, same_title);
    house_end(&h);
}

static void resumed_while_its_worker_still_leaves_it_goes_on_with_another_one(void)
{
    house h;
    house_begin(&h, "cat progress >&3; dd bs=65536 count=1 <&3 >/dev/null 2>&1; sleep 1\n");
    RUN(&h, bring_one, is_on_its_way, say_pause, say_resume, is_on_its_way_again, same_title);
    house_end(&h);
}

static bool title_is_gone(house *h)
{
    g_autofree char *text = calls(h);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return !exists(h, ".", lines[1]);
}

static bool is_cancelled(house *h)
{
    return only_asset(h).state == ASSET_CANCELLED;
}

static void a_cancelled_job_leaves_and_its_title_is_removed(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, say_cancel, is_cancelled, nobody_works, title_is_gone);
    g_assert_true(exists(&h, "sources", h.asset_id));
    house_end(&h);
}

/* The n-th that a worker was given, from 0: the look at the file comes first. */
static char *title_of_call(const house *h, guint n)
{
    g_autofree char *text = calls(h);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_path_get_basename(lines[n]);
}

/* As house_begin(), with another house: what the start has posted is answered before the change. */
static void begin_differently(house *h, const char *script, int cores, bool keep_source)
{
    house_begin(h, script);
    RUN(h, nobody_works);
    house_close(h);
    h->cores = cores;
    h->keep_source = keep_source;
    house_open(h, script);
    house_start(h);
}

static void cancelled_and_tried_again_it_makes_another_title_though_its_worker_still_leaves(void)
{
    house h;
    begin_differently(&h, "cat progress >&3; dd bs=65536 count=1 <&3 >/dev/null 2>&1; sleep 1\n", 8,
                      true);
    RUN(&h, bring_one, is_on_its_way, say_cancel, say_retry, is_on_its_way_again, title_is_gone);
    g_autofree char *first = title_of_call(&h, 1), *second = title_of_call(&h, 2);
    g_assert_cmpstr(first, !=, second);
    g_assert_cmpstr(only_asset(&h).title_id, ==, second);
    g_assert_cmpint(newest_job(&h).done_ms, ==, 0);
    house_end(&h);
}

/* The first one finishes though it was to leave, the next one at once. */
#define LATE                                                                                       \
    "if [ ! -e begun ]; then touch begun; cat progress >&3\n"                                      \
    "dd bs=65536 count=1 <&3 >/dev/null 2>&1; sleep 1; fi\n" WHOLE

static bool is_ready_and_first_is_gone(house *h)
{
    return is_ready(h) && count_calls(h) == 3 && title_is_gone(h);
}

static void a_worker_that_finishes_what_was_cancelled_makes_nothing_ready(const int cores)
{
    house h;
    begin_differently(&h, LATE, cores, false);
    RUN(&h, bring_one, is_on_its_way, say_cancel, say_retry, is_ready_and_first_is_gone);
    g_autofree char *second = title_of_call(&h, 2);
    g_assert_cmpstr(only_asset(&h).title_id, ==, second);
    g_assert_cmpstr(h.ended, ==, second);
    g_assert_true(exists(&h, "titles", second));
    house_end(&h);
}

static void with_one_seat_a_worker_that_finishes_what_was_cancelled_makes_nothing_ready(void)
{
    a_worker_that_finishes_what_was_cancelled_makes_nothing_ready(2);
}

static void with_more_seats_a_worker_that_finishes_what_was_cancelled_makes_nothing_ready(void)
{
    a_worker_that_finishes_what_was_cancelled_makes_nothing_ready(8);
}

static bool was_told_later(house *h)
{
    return is_queued(h) && nobody_works(h) && count_calls(h) == 2;
}

static void a_title_that_another_worker_still_writes_is_waited_for(void)
{
    house h;
    house_begin(&h, "if [ ! -e begun ]; then touch begun; cat later >&3; exit 0; fi\n" WHOLE);
    keep(&h, "later", wire_encode_plain(WIRE_LATER));
    RUN(&h, bring_one, was_told_later);
    g_assert_cmpint(newest_job(&h).deaths, ==, 0);
    RUN(&h, is_ready, same_title);
    house_end(&h);
}

static bool rest(house *h)
{
    records *db = house_records(h);
    g_assert_true(queue_set(db, true, NULL));
    records_close(db);
    transcode_rest(h->transcode, true);
    return true;
}

static bool go_on(house *h)
{
    records *db = house_records(h);
    g_assert_true(queue_set(db, false, NULL));
    records_close(db);
    transcode_rest(h->transcode, false);
    return true;
}

static void when_the_whole_queue_rests_who_works_leaves_and_is_first_to_go_on(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, rest, is_queued, nobody_works, go_on, is_on_its_way_again,
        same_title);
    house_end(&h);
}

static bool fill_disk(house *h)
{
    h->free_bytes = TRANSCODE_RESERVE_BYTES - 1;
    return true;
}

static bool empty_disk(house *h)
{
    h->free_bytes = 100LL << 30;
    return true;
}

static bool waits_for_room(house *h)
{
    return strcmp(newest_job(h).trouble.code, "disk_full") == 0 && is_queued(h);
}

static bool nothing_is_begun(house *h)
{
    return transcode_state_of(h->transcode).no_room && nobody_works(h);
}

static void a_full_disk_lets_jobs_wait_with_the_reason_and_they_go_on_by_themselves(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, fill_disk, waits_for_room, nothing_is_begun, empty_disk,
        is_on_its_way_again, same_title);
    house_end(&h);
}

/* ---- classes come first ---- */

static void on_class_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    (void)hand, (void)message, (void)user;
}

static void on_class_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand, (void)done, (void)why;
    ((house *)user)->class_hand = NULL;
}

static bool class_begins(house *h)
{
    static const crew_ops ops = {on_class_message, NULL, on_class_gone};
    wire_job class_job = {.source = WIRE_SOURCE_FRAMES, .rungs = 4};
    g_snprintf(class_job.title_dir, sizeof class_job.title_dir, "%s/titles/class", h->dir);
    for (int i = 0; i < 3; i++)
        class_job.rung[i].height = 1080;
    class_job.rung[3].audio_only = true;
    g_assert_true(
        crew_can_carry(h->crew, &class_job, 0)); /* what is made of files counts as nothing */
    h->class_hand = crew_hire(h->crew, &class_job, &ops, h, NULL);
    return h->class_hand != NULL;
}

static bool class_ends(house *h)
{
    crew_kill(h->class_hand);
    return true;
}

/* What the kernel says of the worker. */
static char state_of_worker(house *h)
{
    g_autofree char *text = calls(h), *pid = NULL, *stat = NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *pid_path = g_build_filename(h->dir, lines[1], "pid", NULL);
    g_assert_true(g_file_get_contents(pid_path, &pid, NULL, NULL));
    g_autofree char *stat_path = g_strdup_printf("/proc/%s/stat", g_strstrip(pid));
    if (!g_file_get_contents(stat_path, &stat, NULL, NULL))
        return '?';
    return strrchr(stat, ')')[2];
}

static bool stands_still(house *h)
{
    transcode_progress now;
    return transcode_progress_of(h->transcode, newest_job(h).id, &now) && now.held &&
           state_of_worker(h) == 'T' && transcode_state_of(h->transcode).held == 1;
}

static bool moves_again(house *h)
{
    return state_of_worker(h) != 'T' && transcode_state_of(h->transcode).held == 0;
}

static void a_class_lets_transcodes_stand_still_until_it_is_over(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, class_begins, stands_still, class_ends, moves_again,
        say_pause, is_paused, nobody_works);
    house_end(&h);
}

static void one_that_stands_still_can_be_cancelled(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way, class_begins, stands_still, say_cancel, is_cancelled,
        nobody_works, title_is_gone);
    house_end(&h);
}

static void seats_follow_from_what_classes_leave(void)
{
    g_assert_cmpuint(transcode_seats(0), ==, 0);
    g_assert_cmpuint(transcode_seats(TRANSCODE_IDLE_MIN - 1), ==, 0);
    g_assert_cmpuint(transcode_seats(TRANSCODE_IDLE_MIN), ==, 1);
    g_assert_cmpuint(transcode_seats(1600), ==, 1);
    g_assert_cmpuint(transcode_seats(4000), ==, 2);
    g_assert_cmpuint(transcode_seats(100000), ==, CREW_OFFLINE_MAX - TRANSCODE_PROBES_MAX);
}

/* ---- the house falls ---- */

static void after_a_fall_what_was_at_work_goes_on_in_its_title(void)
{
    house h;
    house_begin(&h, SLOW);
    RUN(&h, bring_one, is_on_its_way);
    house_close(&h); /* nothing of the end is recorded: the clerk has no word from us */
    house_open(&h, WHOLE);
    house_start(&h);
    RUN(&h, is_ready, nobody_works, same_title);
    house_end(&h);
}

static bool many(house *h)
{
    char name[16];
    for (int i = 0; i < 20; i++) {
        g_snprintf(name, sizeof name, "upload%02d", i);
        bring(h, name, false, "no movie");
    }
    return true;
}

static bool all_ready(house *h)
{
    char next[ASSET_CURSOR_MAX];
    records *db = house_records(h);
    g_autoptr(GArray) all =
        asset_list(db, &(asset_search){.state = ASSET_READY, .kind = -1}, next, NULL);
    records_close(db);
    return all->len == 20;
}

static void twenty_files_are_all_made_one_after_the_other(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, many, all_ready, nobody_works);
    g_assert_cmpuint(count_calls(&h), ==, 40);
    house_end(&h);
}

static bool bring_what_is_lost(house *h)
{
    bring(h, "upload1", false, NULL);
    return true;
}

static bool is_taken(house *h)
{
    return h->taken == 1;
}

static void an_upload_whose_file_is_nowhere_is_taken_and_has_failed_in_words(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, bring_what_is_lost, has_failed, is_taken);
    g_assert_cmpstr(only_asset(&h).trouble.code, ==, "file_lost");
    RUN(&h, bring_what_is_lost, taken_twice, is_one_asset, has_failed);
    house_end(&h);
}

/* ---- handouts ---- */

static bool bring_pdf(house *h)
{
    bring(h, "upload1", true, "%PDF-1.7\n");
    return true;
}

static bool bring_no_pdf(house *h)
{
    bring(h, "upload1", true, "MZ, not a PDF");
    return true;
}

static bool handout_is_gone(house *h)
{
    return h->taken == 1 && !exists(h, "handouts", h->asset_id);
}

static void a_pdf_is_a_handout_at_once(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, bring_pdf, is_ready);
    g_assert_cmpint(only_asset(&h).kind, ==, ASSET_HANDOUT);
    g_assert_true(exists(&h, "handouts", h.asset_id));
    g_assert_cmpint(h.taken, ==, 1);
    house_end(&h);
}

static void what_is_no_pdf_is_no_handout_and_is_not_kept(void)
{
    house h;
    house_begin(&h, WHOLE);
    RUN(&h, bring_no_pdf, is_refused, handout_is_gone);
    g_assert_cmpstr(only_asset(&h).trouble.code, ==, "not_pdf");
    house_end(&h);
}

#define TEST(name) g_test_add_func("/queue/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_file_is_looked_at_made_and_told_to_be_ready);
    TEST(a_source_nobody_wants_is_removed_once_its_lesson_is_ready);
    TEST(what_the_probe_refuses_is_refused_with_what_was_found);
    TEST(an_upload_told_twice_is_one_asset);
    TEST(a_file_that_kills_its_worker_twice_has_failed_with_the_cause);
    TEST(a_paused_job_leaves_and_goes_on_in_the_same_title);
    TEST(resumed_while_its_worker_still_leaves_it_goes_on_with_another_one);
    TEST(a_cancelled_job_leaves_and_its_title_is_removed);
    TEST(cancelled_and_tried_again_it_makes_another_title_though_its_worker_still_leaves);
    TEST(with_one_seat_a_worker_that_finishes_what_was_cancelled_makes_nothing_ready);
    TEST(with_more_seats_a_worker_that_finishes_what_was_cancelled_makes_nothing_ready);
    TEST(a_title_that_another_worker_still_writes_is_waited_for);
    TEST(when_the_whole_queue_rests_who_works_leaves_and_is_first_to_go_on);
    TEST(a_full_disk_lets_jobs_wait_with_the_reason_and_they_go_on_by_themselves);
    TEST(a_class_lets_transcodes_stand_still_until_it_is_over);
    TEST(one_that_stands_still_can_be_cancelled);
    TEST(seats_follow_from_what_classes_leave);
    TEST(after_a_fall_what_was_at_work_goes_on_in_its_title);
    TEST(twenty_files_are_all_made_one_after_the_other);
    TEST(an_upload_whose_file_is_nowhere_is_taken_and_has_failed_in_words);
    TEST(a_pdf_is_a_handout_at_once);
    TEST(what_is_no_pdf_is_no_handout_and_is_not_kept);
    return g_test_run();
}
