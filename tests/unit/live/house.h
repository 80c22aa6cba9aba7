/*
 * A house for live's tests: loop, clerk, crew, shelf and live on a data directory of their own,
 * driven by steps.
 *
 * A step is called again and again until it says true; then the next one. After the last the loop
 * stops.
 */
#ifndef TESTS_LIVE_HOUSE_H
#define TESTS_LIVE_HOUSE_H

#include <glib/gstdio.h>
#include <string.h>

#include "crew_on_net.h"
#include "ingest/rtmp/rtmp_ingest.h"
#include "live/live.h"

#define HOUSE_TURN_MS 10
#define HOUSE_PATIENCE_MS 60000

typedef struct house house;
typedef bool (*house_step)(house *h);

struct house {
    char *dir, *database;
    base_clock *clock;
    net *net;
    clerk *clerk;
    shelf *shelf;
    crew *crew;
    live *live;
    rtmp_ingest *rtmp;
    int rtmp_port;
    int cores;       /* the crew's; 0: all there are */
    GString *moves;  /* "waiting on_air closed " */
    GString *keys;   /* "+good -bad " */
    GString *ends;   /* title ids whose end was told */
    live_class made; /* the class the test is about */
    const house_step *steps;
    gsize step, count;
    int64_t step_began_us;
    gpointer test; /* the test's own */
};

static inline void house_on_state(gpointer user, const live_class *is)
{
    g_string_append_printf(((house *)user)->moves, "%s ", class_state_word(is->state));
}

static inline void house_on_key(gpointer user, const char *key, bool good)
{
    g_string_append_printf(((house *)user)->keys, "%c%s ", good ? '+' : '-', key);
}

/* How many ends the database refuses from now on; the clerk's thread counts down. */
static int house_ends_refused;

static inline bool house_record_end(records *db, const char *title_id, int64_t content_ms,
                                    GError **error)
{
    (void)db, (void)title_id, (void)content_ms;
    if (g_atomic_int_get(&house_ends_refused) == 0)
        return true;
    g_atomic_int_add(&house_ends_refused, -1);
    error_set(error, ERROR_STORAGE, "disk_full", NULL, "no room for the end");
    return false;
}

static inline void house_on_ended(gpointer user, const char *title_id)
{
    g_string_append_printf(((house *)user)->ends, "%s ", title_id);
}

static inline void house_deliver(gpointer loop, void (*fn)(gpointer data), gpointer data)
{
    net_post(loop, fn, data);
}

/* Opens on h->dir, which may be of an earlier house. */
static inline void house_open(house *h, const char *worker)
{
    g_autoptr(GError) error = NULL;
    const net_options at = {.bind = "127.0.0.1", .port = 0};
    const live_news news = {.user = h,
                            .on_state = house_on_state,
                            .record_end = house_record_end,
                            .on_ended = house_on_ended,
                            .on_key = house_on_key};
    if (!h->dir)
        h->dir = g_dir_make_tmp("live-XXXXXX", NULL);
    g_autofree char *titles = g_build_filename(h->dir, "titles", NULL);
    g_mkdir(titles, 0700);
    h->database = g_build_filename(h->dir, "jiangtang.db", NULL);
    h->moves = g_string_new(NULL);
    h->keys = g_string_new(NULL);
    h->ends = g_string_new(NULL);
    if (!h->clock) /* a test may bring a fake one */
        h->clock = clock_new_system();
    h->net = net_new(&at, h->clock, &error);
    g_assert_no_error(error);
    h->clerk = clerk_new(h->database, house_deliver, h->net, &error);
    g_assert_no_error(error);
    h->shelf = shelf_new(titles, h->clock, &error);
    g_assert_no_error(error);
    const crew_loop loop = crew_on_net(h->net);
    h->crew = crew_new(worker, &loop, h->cores);
    h->live = live_new(h->net, h->clerk, h->crew, h->shelf, h->clock, &news);
    h->rtmp = rtmp_ingest_new(h->net, live_ingest(h->live));
    rtmp_ingest_listen(h->rtmp, "127.0.0.1", 0, &h->rtmp_port, &error);
    g_assert_no_error(error);
}

static inline void house_close(house *h)
{
    rtmp_ingest_free(h->rtmp);
    live_free(h->live);
    crew_free(h->crew);
    clerk_free(h->clerk);
    shelf_free(h->shelf);
    net_free(h->net);
    g_clear_pointer(&h->clock, clock_free);
    g_string_free(h->moves, TRUE);
    g_string_free(h->keys, TRUE);
    g_string_free(h->ends, TRUE);
    g_free(h->database);
}

static inline void house_remove(house *h)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", h->dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(h->dir);
    h->dir = NULL;
}

/* On a connection of its own. */
static inline records *house_records(const house *h)
{
    g_autoptr(GError) error = NULL;
    records *db = records_open(h->database, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    return db;
}

static inline void house_start(house *h)
{
    g_autoptr(GError) error = NULL;
    records *db = house_records(h);
    live_start(h->live, db, &error);
    g_assert_no_error(error);
    records_close(db);
}

/* A class as the API would make it: the row, then the loop's side. */
static inline void house_make_class(house *h, int64_t planned_ms, bool pattern)
{
    g_autoptr(GError) error = NULL;
    records *db = house_records(h);
    live_class_insert(db, h->clock, "平焊入门", 7, "王师傅", "", planned_ms, pattern, &h->made,
                      &error);
    g_assert_no_error(error);
    records_close(db);
    live_add(h->live, &h->made);
}

static inline live_class house_row(const house *h)
{
    g_autoptr(GError) error = NULL;
    live_class is;
    records *db = house_records(h);
    live_class_read(db, h->made.id, &is, &error);
    g_assert_no_error(error);
    records_close(db);
    return is;
}

static inline const live_class *house_class(house *h)
{
    return live_find(h->live, h->made.id);
}

static inline bool house_is(house *h, class_state state)
{
    const live_class *is = house_class(h);
    return is && is->state == state;
}

static inline bool house_nothing(records *db, gpointer data, GError **error)
{
    (void)db, (void)data, (void)error;
    return true;
}

/* What was recorded before is answered by now. */
static inline void house_rest(gpointer data, const GError *error)
{
    (void)error;
    net_stop(((house *)data)->net);
}

static inline void house_turn(gpointer data)
{
    house *h = data;
    while (h->step < h->count && h->steps[h->step](h)) {
        h->step++;
        h->step_began_us = g_get_monotonic_time();
    }
    if (g_get_monotonic_time() - h->step_began_us > HOUSE_PATIENCE_MS * 1000)
        g_error("step %zu waited too long; moves so far: %s", h->step, h->moves->str);
    if (h->step == h->count && h->steps)
        g_assert_true(clerk_post(h->clerk, house_nothing, house_rest, h, NULL));
    if (h->step == h->count)
        h->steps = NULL;
}

static inline void house_run(house *h, const house_step *steps, gsize count)
{
    h->steps = steps;
    h->count = count;
    h->step = 0;
    h->step_began_us = g_get_monotonic_time();
    net_timer *turn = net_timer_new(h->net, HOUSE_TURN_MS, HOUSE_TURN_MS, house_turn, h);
    net_run(h->net);
    net_timer_free(turn);
}

/* A worker made of shell words; its path, in the house's directory. */
static inline char *house_script(house *h, const char *words)
{
    if (!h->dir)
        h->dir = g_dir_make_tmp("live-XXXXXX", NULL);
    char *path = g_build_filename(h->dir, "worker.sh", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", words);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, 0700);
    return path;
}

/* The real worker, or NULL when it is not built. */
static inline char *house_worker(void)
{
    const char *named = g_getenv("JIANGTANG_WORKER");
    char *path = g_strdup(named ? named : BUILD_DIR "/jiangtang-worker");
    if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
        return path;
    g_free(path);
    return NULL;
}

#endif
