/* The data directory: what goes, what stays, and how much there is. */
#include "storage/storage.h"

#include <glib/gstdio.h>
#include <string.h>

#include "people/people.h"
#include "school/draft.h"
#include "school/publish.h"
#include "school/school.h"
#include "storage/inside.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define TURN_MS 10
#define PATIENCE_MS 30000

typedef struct {
    char *dir, *database;
    base_clock *clock;
    net *net;
    clerk *clerk;
    GAsyncQueue *late; /* of letter */
    shelf *shelf;
    storage *storage;
    records *db;
    person master;
    bool (*ask)(gpointer user);
    int64_t began_us;
} house;

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

static void house_open(house *h, int live_days)
{
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    const storage_retention kept = {.live_days = live_days};
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    h->net = net_new(&at, h->clock, NULL);
    h->late = g_async_queue_new();
    h->clerk = clerk_new(h->database, deliver, h, NULL);
    h->shelf = shelf_new(titles, h->clock, NULL);
    h->storage = storage_new(h->net, h->clerk, h->shelf, h->clock, h->dir, &kept);
    h->db = records_open(h->database, RECORDS_WRITE, NULL);
}

static void house_close(house *h)
{
    records_close(h->db);
    clerk_free(h->clerk);
    read_late(h);
    storage_free(h->storage);
    shelf_free(h->shelf);
    net_free(h->net);
}

static void house_begin(house *h, int live_days)
{
    *h = (house){.dir = g_dir_make_tmp("storage-XXXXXX", NULL)};
    h->database = g_build_filename(h->dir, "jiangtang.db", NULL);
    h->clock = clock_new_fake(1000, 1790000000000);
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    g_mkdir(titles, 0700);
    house_open(h, live_days);
    g_assert_true(people_add(h->db, h->clock, "zhao", "赵", ROLE_MASTER, "x", &h->master, NULL));
}

static void house_end(house *h)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", h->dir);
    house_close(h);
    clock_free(h->clock);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(h->database);
    g_free(h->dir);
}

static void turn(gpointer data)
{
    house *h = data;
    if (h->ask(h))
        net_stop(h->net);
    if (g_get_monotonic_time() - h->began_us > PATIENCE_MS * 1000LL)
        g_error("waited too long");
}

static void wait_until(house *h, bool (*ask)(gpointer user))
{
    h->ask = ask;
    h->began_us = g_get_monotonic_time();
    net_timer *timer = net_timer_new(h->net, TURN_MS, TURN_MS, turn, h);
    net_run(h->net);
    net_timer_free(timer);
}

/* ---- things on the disk ---- */

static void put(const house *h, const char *folder, const char *name, gsize bytes)
{
    g_autofree char *dir = g_build_filename(h->dir, folder, NULL);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *content = g_malloc0(bytes);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, content, (gssize)bytes, NULL));
}

static void put_title(const house *h, const char *id, gsize bytes)
{
    g_autofree char *dir = g_strdup_printf("titles/%s", id);
    g_autofree char *rendition = g_strdup_printf("titles/%s/480p", id);
    put(h, dir, "journal", 100);
    put(h, rendition, "0.m4s", bytes);
}

static bool is_there(const house *h, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(h->dir, folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* A class that was closed so many days ago, with its title on the disk. */
static void past_class(house *h, const char *id, int days)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *title = g_strdup_printf("%st", id), *key = g_strdup_printf("%sk", id);
    g_autofree char *backup = g_strdup_printf("%sb", id);
    int64_t closed_ms = clock_utc_ms(h->clock) - days * DAY_MS;
    records_run(h->db, &error, SQL_CLASS_ADD, "tttttittiiit", id, title, "焊条角度", "", key,
                h->master.id, "赵", "closed", (int64_t)0, closed_ms, (int64_t)0, backup);
    g_assert_no_error(error);
    records_run(h->db, &error, SQL_CLASS_SAVE, "tttiitt", id, key, "closed", closed_ms, closed_ms,
                "", backup);
    g_assert_no_error(error);
    put_title(h, title, 50000);
}

static void use_in_course(house *h, const char *title_id)
{
    g_autoptr(GError) error = NULL;
    school_rule rule = {900, 0};
    school_course course;
    school_lesson lesson;
    school_course_add(h->db, h->clock, "焊工", "", h->master.id, &rule, &course, &error);
    g_assert_no_error(error);
    school_lesson_add(h->db, course.id, "平焊", title_id, "", 60000, &lesson, &error);
    g_assert_no_error(error);
}

/* A course of this name that nobody but its editors sees yet, whose one lesson is this. */
static school_course draft_with(house *h, const char *name, const char *kind, const char *field,
                                const char *id)
{
    g_autoptr(GError) error = NULL;
    school_rule rule = {900, 0};
    school_course course;
    course_draft saved;
    school_draft_add(h->db, h->clock, name, "", h->master.id, &rule, &course, &error);
    g_assert_no_error(error);
    json_t *given = json_pack("{s:s, s:[{s:[{s:s, s:s, s:s}]}]}", "title", name, "chapters",
                              "lessons", "title", "平焊", "kind", kind, field, id);
    json_t *body = draft_shape(given, &error);
    g_assert_no_error(error);
    draft_save(h->db, h->clock, &course, 0, body, h->master.id, &saved, &error);
    g_assert_no_error(error);
    course_draft_clear(&saved);
    json_decref(given);
    json_decref(body);
    return course;
}

static bool knows_that_it_is_gone(gpointer user)
{
    house *h = user;
    g_autoptr(GError) error = NULL;
    shelf_index(h->shelf, "oldt", &error);
    return error_is(error, ERROR_GONE) && strcmp(error_code(error), "removed") == 0;
}

/* ---- tests ---- */

static bool nothing_is_discarded(gpointer user)
{
    house *h = user;
    query *rows = records_query(h->db, SQL_DISCARD_LIST, "i", (int64_t)1);
    bool none = query_step(rows, NULL) == QUERY_END;
    query_end(rows);
    return none;
}

static void what_is_discarded_goes_and_its_neighbours_stay(void)
{
    house h;
    house_begin(&h, 0);
    put_title(&h, "aaaaaaaaaaaa", 1000);
    put_title(&h, "bbbbbbbbbbbb", 1000);
    put(&h, "sources", "aaaaaaaaaaaa", 1000);
    g_assert_true(storage_discard(h.db, h.clock, STORAGE_TITLE, "aaaaaaaaaaaa", NULL));
    g_assert_true(storage_discard(h.db, h.clock, STORAGE_TITLE, "aaaaaaaaaaaa", NULL));
    g_assert_true(storage_discard(h.db, h.clock, STORAGE_SOURCE, "nowhere", NULL));
    storage_sweep(h.storage);
    wait_until(&h, nothing_is_discarded);
    g_assert_false(is_there(&h, "titles", "aaaaaaaaaaaa"));
    g_assert_true(is_there(&h, "titles", "bbbbbbbbbbbb"));
    g_assert_true(is_there(&h, "sources", "aaaaaaaaaaaa"));
    house_end(&h);
}

static void what_an_earlier_run_left_is_removed_by_the_next_start(void)
{
    house h;
    house_begin(&h, 0);
    put_title(&h, "aaaaaaaaaaaa", 1000);
    g_assert_true(storage_discard(h.db, h.clock, STORAGE_TITLE, "aaaaaaaaaaaa", NULL));
    house_close(&h);
    g_assert_true(is_there(&h, "titles", "aaaaaaaaaaaa"));
    house_open(&h, 0);
    storage_start(h.storage);
    wait_until(&h, nothing_is_discarded);
    g_assert_false(is_there(&h, "titles", "aaaaaaaaaaaa"));
    house_end(&h);
}

static void nothing_outside_of_our_folders_is_ever_removed(void)
{
    static const char *const evil[] = {"../victim", "titles/../../victim", "titles/..",
                                       "titles/",   "keys/pass",           "/etc/passwd"};
    house h;
    house_begin(&h, 0);
    put(&h, "keys", "pass", 32);
    put_title(&h, "bbbbbbbbbbbb", 1000);
    for (guint i = 0; i < G_N_ELEMENTS(evil); i++)
        g_assert_true(records_run(h.db, NULL, SQL_DISCARD_ADD, "ti", evil[i], (int64_t)1));
    storage_sweep(h.storage);
    wait_until(&h, nothing_is_discarded);
    g_assert_true(is_there(&h, "keys", "pass"));
    g_assert_true(is_there(&h, "titles", "bbbbbbbbbbbb"));
    house_end(&h);
}

static bool old_one_is_gone(gpointer user)
{
    return !is_there(user, "titles", "oldt") && nothing_is_discarded(user);
}

static void recordings_go_after_their_days_but_never_one_that_a_course_has(void)
{
    house h;
    house_begin(&h, 30);
    past_class(&h, "old", 31);
    past_class(&h, "used", 400);
    past_class(&h, "young", 29);
    use_in_course(&h, "usedt");
    storage_start(h.storage);
    wait_until(&h, old_one_is_gone);
    g_assert_true(is_there(&h, "titles", "usedt"));
    g_assert_true(is_there(&h, "titles", "youngt"));
    house_end(&h);
}

static void what_a_draft_has_stays_until_the_draft_is_given_up(void)
{
    house h;
    house_begin(&h, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    char title[33];
    past_class(&h, "shown", 10);
    past_class(&h, "given", 10);
    draft_with(&h, "焊工", "video", "title_id", "shownt");
    school_course course = draft_with(&h, "电工", "live", "class_id", "given");
    g_assert_true(course_move(h.db, h.clock, &course, DEED_SUBMIT, NULL));
    g_assert_true(retention_apply(h.db, h.clock, storage_kept(h.storage), gone, NULL));
    g_assert_cmpuint(gone->len, ==, 0);
    g_assert_false(storage_remove_replay(h.db, h.clock, "given", title, &error));
    g_assert_cmpstr(error_code(error), ==, "recording_in_draft");
    g_assert_nonnull(strstr(error->message, "电工"));
    g_assert_true(course_move(h.db, h.clock, &course, DEED_RETIRE, NULL));
    g_assert_true(retention_apply(h.db, h.clock, storage_kept(h.storage), gone, NULL));
    g_assert_cmpuint(gone->len, ==, 1);
    g_assert_cmpstr(gone->pdata[0], ==, "givent");
    house_end(&h);
}

static void what_went_is_told_to_be_gone_also_after_the_next_start(void)
{
    house h;
    house_begin(&h, 30);
    g_autoptr(GError) error = NULL;
    storage_removal is;
    past_class(&h, "old", 31);
    g_assert_true(storage_still_there(h.db, "oldt", NULL));
    storage_start(h.storage);
    wait_until(&h, old_one_is_gone);
    wait_until(&h, knows_that_it_is_gone);
    house_close(&h);
    house_open(&h, 30);
    storage_start(h.storage);
    wait_until(&h, knows_that_it_is_gone);
    g_assert_true(storage_removal_read(h.db, "oldt", &is, NULL));
    g_assert_cmpint(is.at_ms, ==, clock_utc_ms(h.clock));
    g_assert_true(is.by_policy);
    g_assert_false(storage_still_there(h.db, "oldt", &error));
    g_assert_true(error_is(error, ERROR_GONE));
    house_end(&h);
}

static void without_days_every_recording_stays(void)
{
    house h;
    house_begin(&h, 0);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    past_class(&h, "old", 4000);
    g_assert_true(retention_apply(h.db, h.clock, &(storage_retention){.live_days = 0}, gone, NULL));
    g_assert_cmpuint(gone->len, ==, 0);
    house_end(&h);
}

static void retention_looks_at_all_there_are(void)
{
    house h;
    house_begin(&h, 1);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    char id[16];
    for (int i = 0; i < 250; i++) {
        g_snprintf(id, sizeof id, "c%03d", i);
        past_class(&h, id, 10 + i / 100);
    }
    use_in_course(&h, "c120t");
    g_assert_true(retention_apply(h.db, h.clock, &(storage_retention){.live_days = 1}, gone, NULL));
    g_assert_cmpuint(gone->len, ==, 249);
    house_end(&h);
}

static void a_recording_is_removed_by_hand_unless_it_is_used_or_on_air(void)
{
    house h;
    house_begin(&h, 0);
    char title[33];
    static const struct {
        const char *id, *code;
    } refused[] = {{"used", "recording_used"},
                   {"nobody", "class_missing"},
                   {"old", NULL},
                   {"old", "no_recording"}};
    past_class(&h, "old", 1);
    past_class(&h, "used", 1);
    use_in_course(&h, "usedt");
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        bool done = storage_remove_replay(h.db, h.clock, refused[i].id, title, &error);
        g_assert_cmpint(done, ==, refused[i].code == NULL);
        if (!done)
            g_assert_cmpstr(error_code(error), ==, refused[i].code);
    }
    storage_removal is;
    g_assert_true(storage_removal_read(h.db, "oldt", &is, NULL));
    g_assert_true(is.at_ms > 0 && !is.by_policy);
    g_assert_true(storage_still_there(h.db, "usedt", NULL));
    house_end(&h);
}

static const storage_item *find(const storage_report *report, const char *id)
{
    for (guint i = 0; i < report->largest->len; i++) {
        const storage_item *is = &g_array_index(report->largest, storage_item, i);
        if (strcmp(is->id, id) == 0 || strcmp(is->title_id, id) == 0)
            return is;
    }
    g_error("%s is not told", id);
}

static void what_fills_the_disk_is_told_by_kind_the_largest_first(void)
{
    house h;
    house_begin(&h, 30);
    storage_report report;
    past_class(&h, "old", 10);
    past_class(&h, "used", 10);
    use_in_course(&h, "usedt");
    past_class(&h, "drafted", 10);
    draft_with(&h, "电工", "video", "title_id", "draftedt");
    put_title(&h, "stranger", 900000);
    put(&h, "spool", "one.part", 30000);
    storage_measure(h.storage, &report);
    g_assert_true(storage_name(h.db, storage_kept(h.storage), &report, NULL));
    g_assert_cmpint(report.used.live_replays, >=, 150000);
    g_assert_cmpint(report.used.recordings, >=, 900000);
    g_assert_cmpint(report.used.spool, >=, 30000);
    g_assert_cmpint(report.used.database, >, 0);
    g_assert_cmpstr(g_array_index(report.largest, storage_item, 0).title_id, ==, "stranger");
    const storage_item *old = find(&report, "old"), *used = find(&report, "used");
    g_assert_cmpstr(old->kind, ==, "replay");
    g_assert_true(old->deletable && !old->used);
    g_assert_cmpint(old->kept_until_ms, ==, clock_utc_ms(h.clock) + 20 * DAY_MS);
    g_assert_true(used->used && !used->deletable);
    g_assert_cmpint(used->kept_until_ms, ==, 0);
    g_assert_cmpstr(used->used_by, ==, "焊工");
    g_assert_true(!used->used_by_draft && !old->used_by[0]);
    const storage_item *drafted = find(&report, "drafted");
    g_assert_true(drafted->used && drafted->used_by_draft && !drafted->deletable);
    g_assert_cmpstr(drafted->used_by, ==, "电工");
    g_assert_cmpstr(find(&report, "stranger")->kind, ==, "other");
    storage_report_clear(&report);
    house_end(&h);
}

static void a_title_that_grows_is_measured_again_after_a_minute(void)
{
    house h;
    house_begin(&h, 0);
    storage_report first, soon, later;
    put_title(&h, "growing", 4096);
    storage_measure(h.storage, &first);
    put(&h, "titles/growing/480p", "1.m4s", 400000);
    put(&h, "titles/growing", "journal", 200);
    storage_measure(h.storage, &soon);
    g_assert_cmpint(find(&soon, "growing")->bytes, ==, find(&first, "growing")->bytes);
    clock_advance_ms(h.clock, STORAGE_FRESH_MS);
    storage_measure(h.storage, &later);
    g_assert_cmpint(find(&later, "growing")->bytes, >=, find(&first, "growing")->bytes + 400000);
    storage_report_clear(&first);
    storage_report_clear(&soon);
    storage_report_clear(&later);
    house_end(&h);
}

#define TEST(name) g_test_add_func("/storage/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(what_is_discarded_goes_and_its_neighbours_stay);
    TEST(what_an_earlier_run_left_is_removed_by_the_next_start);
    TEST(nothing_outside_of_our_folders_is_ever_removed);
    TEST(recordings_go_after_their_days_but_never_one_that_a_course_has);
    TEST(what_a_draft_has_stays_until_the_draft_is_given_up);
    TEST(what_went_is_told_to_be_gone_also_after_the_next_start);
    TEST(without_days_every_recording_stays);
    TEST(retention_looks_at_all_there_are);
    TEST(a_recording_is_removed_by_hand_unless_it_is_used_or_on_air);
    TEST(what_fills_the_disk_is_told_by_kind_the_largest_first);
    TEST(a_title_that_grows_is_measured_again_after_a_minute);
    return g_test_run();
}
