/* The house: its rooms built in order, wired, run, and taken down in reverse. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "api/api.h"
#include "api/beats.h"
#include "api/health.h"
#include "award/award.h"
#include "base/log.h"
#include "catalogue/occupation.h"
#include "commands.h"
#include "demo.h"
#include "ingest/rtmp/rtmp_ingest.h"
#include "ingest/srt/srt_ingest.h"
#include "ingest/whip/ice_servers.h"
#include "ingest/whip/whip_ingest.h"
#include "ledger/ledger.h"
#include "people/revoked.h"
#include "school/listing.h"
#include "settings.h"
#include "upload/desk.h"
#include "transcode/transcode.h"

typedef struct {
    settings *settings;
    base_clock *clock;
    clerk *clerk;
    readers *readers;
    net *net;
    pool *pool;
    shelf *shelf;
    crew *crew;
    live *live;
    storage *storage;
    transcode *transcode;
    rtmp_ingest *rtmp;
    srt_ingest *srt;
    GBytes *srt_secret; /* NULL: SRT does not encrypt */
    whip_ingest *whip;
    room_hall *hall;
    ledger *ledger;
    beats *beats;
    upload_desk *uploads;
    pass_key *pass_key;
    revoked *revoked;
    api *api;
    char *web_dir, *worker_path, *public_url, *rtmp_url, *rtmps_url, *srt_url, *whip_links;
    int rtmp_port, rtmps_port, srt_port, whip_port;
    bool draining;
    net_timer *last_call;  /* while draining */
    GPtrArray *title_ends; /* of title_end, owned: not recorded yet */
    GAsyncQueue *late;     /* of letter: answers of the clerk that came when the loop was over */
} house;

typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} letter;

/* ---- news from one room to another ---- */

#define TITLE_END_AGAIN_MS 5000 /* until the records take it */

/* One end of a title on its way to the records. */
typedef struct {
    house *house;
    char title_id[33];
    int64_t content_ms;
    net_timer *again; /* it was not taken */
} title_end;

static void title_end_free(gpointer data)
{
    title_end *end = data;
    net_timer_free(end->again);
    g_free(end);
}

static bool record_title_end(records *db, gpointer data, GError **error)
{
    const title_end *end = data;
    return school_title_ended(db, end->title_id, end->content_ms, error);
}

static void post_title_end(gpointer data);

/* Only now it can have made somebody's course complete. */
static void after_title_end(gpointer data, const GError *error)
{
    title_end *end = data;
    house *h = end->house;
    if (error) {
        log_error("main", "the end of title %s could not be recorded, trying again: %s",
                  end->title_id, error->message);
        end->again = net_timer_new(h->net, TITLE_END_AGAIN_MS, 0, post_title_end, end);
        return;
    }
    if (h->beats)
        beats_title_ended(h->beats, end->title_id);
    g_ptr_array_remove_fast(h->title_ends, end);
}

static void post_title_end(gpointer data)
{
    title_end *end = data;
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&end->again, net_timer_free);
    if (!clerk_post(end->house->clerk, record_title_end, after_title_end, end, &error))
        after_title_end(end, error);
}

static void title_ended(house *h, const char *title_id)
{
    const title_index *index = shelf_index(h->shelf, title_id, NULL);
    title_end *end = g_new0(title_end, 1);
    end->house = h;
    end->content_ms = index ? title_index_content_ms(index) : 0;
    g_strlcpy(end->title_id, title_id, sizeof end->title_id);
    g_ptr_array_add(h->title_ends, end);
    post_title_end(end);
}

static void on_asset_ended(gpointer user, const char *title_id)
{
    title_ended(user, title_id);
}

static void on_class_state(gpointer user, const live_class *is)
{
    house *h = user;
    const title_index *index = shelf_index(h->shelf, is->title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    json_t *news =
        json_pack("{s:s, s:s, s:I, s:I}", "t", "state", "state", class_state_word(is->state),
                  "epoch_ms", (json_int_t)(head ? head->epoch_utc_ms : 0), "kept_until_ms",
                  (json_int_t)is->kept_until_ms);
    room_tell(h->hall, is->title_id, news);
    json_decref(news);
    if (is->state == CLASS_CLOSED)
        title_ended(h, is->title_id);
}

static void on_publisher_health(gpointer user, const live_class *is)
{
    house *h = user;
    live_vitals vitals;
    bool there = live_health(h->live, is->id, &vitals);
    json_t *message = health_message(there ? &vitals : NULL);
    room_tell_hosts(h->hall, is->title_id, message);
    json_decref(message);
}

static void on_key(gpointer user, const char *key, bool good)
{
    house *h = user;
    if (good)
        srt_ingest_admit(h->srt, key);
    else
        srt_ingest_expel(h->srt, key);
}

static void on_other_message(gpointer user, room_member *member, const char *kind, json_t *message)
{
    house *h = user;
    beats_on_message(h->beats, member, kind, message);
}

static void on_member_left(gpointer user, room_member *member)
{
    house *h = user;
    beats_on_left(h->beats, member);
}

static int64_t programme_ms(gpointer user, const char *title_id)
{
    house *h = user;
    const live_class *is = live_find_title(h->live, title_id);
    if (!is || is->state != CLASS_ON_AIR)
        return 0;
    const title_index *index = shelf_index(h->shelf, title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    return head ? head->epoch_utc_ms + title_index_duration(index) * 1000 / TITLE_TIMESCALE : 0;
}

/* What a newcomer is told of the class beside the talk. */
static void on_welcome(gpointer user, const char *title_id, json_t *welcome)
{
    house *h = user;
    const live_class *is = live_find_title(h->live, title_id);
    const title_index *index = is ? shelf_index(h->shelf, title_id, NULL) : NULL;
    const journal_head *head = index ? title_index_head(index) : NULL;
    if (is) {
        json_object_set_new(welcome, "state", json_string(class_state_word(is->state)));
        json_object_set_new(welcome, "kept_until_ms", json_integer(is->kept_until_ms));
    }
    if (head)
        json_object_set_new(welcome, "epoch_ms", json_integer(head->epoch_utc_ms));
}

static void on_upload_complete(gpointer user, const upload *is, const char *path)
{
    house *h = user;
    g_autoptr(GError) error = NULL;
    const transcode_source source = {.upload_id = is->id,
                                     .owner = is->owner,
                                     .name = is->name,
                                     .handout = is->kind == UPLOAD_HANDOUT,
                                     .bytes = is->bytes,
                                     .path = path,
                                     .sha256 = is->sha256};
    if (!transcode_take(h->transcode, &source, &error))
        log_info("main", "upload %s waits: %s", is->id, error->message); /* it is told again */
}

static bool on_upload_taken(gpointer user, records *db, const char *upload_id, GError **error)
{
    const house *h = user;
    return upload_take(db, h->clock, upload_desk_limits(h->uploads), upload_id, error);
}

/* ---- what crew needs of net ---- */

static gpointer crew_watch_new(gpointer loop, int fd, guint events, void (*fn)(guint, gpointer),
                               gpointer data)
{
    return net_watch_new(loop, fd, events, fn, data);
}

static void crew_watch_set(gpointer watch, guint events)
{
    net_watch_set(watch, events);
}

static void crew_watch_free(gpointer watch)
{
    net_watch_free(watch);
}

static gpointer crew_timer_new(gpointer loop, int64_t first_ms, int64_t every_ms,
                               void (*fn)(gpointer), gpointer data)
{
    return net_timer_new(loop, first_ms, every_ms, fn, data);
}

static void crew_timer_free(gpointer timer)
{
    net_timer_free(timer);
}

/* ---- building ---- */

static char *beside_program(const char *name)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(self ? self : ".");
    return g_build_filename(folder, name, NULL);
}

static void find_files(house *h)
{
    const settings *is = h->settings;
    h->web_dir = *is->web ? g_strdup(is->web) : g_strdup(SOURCE_DIR "/web/dist");
    h->worker_path = *is->worker ? g_strdup(is->worker) : beside_program("jiangtang-worker");
}

static char *in_data(const house *h, const char *name)
{
    return g_build_filename(h->settings->data, name, NULL);
}

static bool make_data_dir(house *h, GError **error)
{
    g_autofree char *titles = in_data(h, "titles");
    if (g_mkdir_with_parents(h->settings->data, 0700) == 0 &&
        g_mkdir_with_parents(titles, 0700) == 0)
        return true;
    error_set(error, ERROR_STORAGE, "data_dir", NULL, "the data directory %s cannot be made: %s",
              titles, g_strerror(errno));
    return false;
}

/* As many descriptors as we may have: one per viewer, before the loop is made. */
static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void deliver(gpointer user, void (*fn)(gpointer), gpointer data)
{
    house *h = user;
    if (net_post(h->net, fn, data))
        return;
    letter *late = g_new0(letter, 1);
    *late = (letter){fn, data};
    g_async_queue_push(h->late, late);
}

/* Everything is told its answer, even when there is nothing left to do about it. */
static void read_late_letters(house *h)
{
    for (letter *late; (late = g_async_queue_try_pop(h->late));) {
        late->fn(late->data);
        g_free(late);
    }
    g_async_queue_unref(h->late);
}

/* The rooms that stand on the ground: clock, disk, loop. */
static bool build_ground(house *h, GError **error)
{
    const net_options at = {.bind = h->settings->bind, .port = h->settings->port};
    g_autofree char *titles = in_data(h, "titles");
    g_autoptr(GBytes) secret = NULL;
    h->clock = clock_new_system();
    if (!make_data_dir(h, error) || !(secret = people_secret(h->settings->data, "pass", error)))
        return false;
    h->pass_key = pass_key_new(secret);
    h->revoked = revoked_new();
    h->net = net_new(&at, h->clock, error);
    if (!h->net)
        return false;
    h->public_url = *h->settings->public_url
                        ? g_strdup(h->settings->public_url)
                        : g_strdup_printf("http://localhost:%d", net_port(h->net));
    h->pool = pool_new(h->net);
    h->shelf = shelf_new(titles, h->clock, error);
    return h->shelf != NULL;
}

static bool build_rtmp(house *h, GError **error)
{
    const settings *is = h->settings;
    bool secure = *is->rtmps_certificate || *is->rtmps_key;
    if (is->rtmp_port < 0 && !secure)
        return true;
    h->rtmp = rtmp_ingest_new(h->net, live_ingest(h->live));
    if (is->rtmp_port >= 0 &&
        !rtmp_ingest_listen(h->rtmp, is->bind, is->rtmp_port, &h->rtmp_port, error))
        return false;
    return !secure ||
           rtmp_ingest_listen_tls(h->rtmp, is->bind, is->rtmps_port, is->rtmps_certificate,
                                  is->rtmps_key, &h->rtmps_port, error);
}

static bool build_whip(house *h, GError **error)
{
    const settings *is = h->settings;
    const whip_options options = {
        .bind = is->bind, .port = is->whip_port, .addresses = is->whip_address};
    h->whip_links = ice_servers_read(is->whip_ice_servers, error);
    if (!h->whip_links || is->whip_port < 0)
        return h->whip_links != NULL;
    h->whip =
        whip_ingest_new(h->net, h->crew, &options, live_ingest(h->live), &h->whip_port, error);
    return h->whip != NULL;
}

static bool build_srt(house *h, GError **error)
{
    if (h->settings->srt_port < 0)
        return true;
    bool encrypted = g_str_equal(h->settings->srt_encryption, "on");
    if (encrypted && !(h->srt_secret = people_secret(h->settings->data, "srt", error)))
        return false;
    const srt_ingest_options options = {.bind = h->settings->bind,
                                        .port = h->settings->srt_port,
                                        .latency_ms = h->settings->srt_latency_ms,
                                        .secret = h->srt_secret};
    h->srt = srt_ingest_new(h->net, &options, live_ingest(h->live), &h->srt_port, error);
    return h->srt != NULL;
}

static bool build_live(house *h, GError **error)
{
    const crew_loop loop = {.loop = h->net,
                            .watch_new = crew_watch_new,
                            .watch_set = crew_watch_set,
                            .watch_free = crew_watch_free,
                            .timer_new = crew_timer_new,
                            .timer_free = crew_timer_free};
    const live_news news = {
        .user = h, .on_state = on_class_state, .on_key = on_key, .on_health = on_publisher_health};
    h->crew = crew_new(h->worker_path, &loop, h->settings->worker_cores);
    crew_keep_warm(h->crew, h->settings->worker_warm);
    h->live = live_new(h->net, h->clerk, h->crew, h->shelf, h->clock, &news);
    live_set_latency(h->live, g_str_equal(h->settings->live_latency, "low")
                                  ? LIVE_LATENCY_LOW
                                  : LIVE_LATENCY_STANDARD);
    return build_rtmp(h, error) && build_srt(h, error) && build_whip(h, error);
}

static void build_transcode(house *h)
{
    const storage_retention kept = {.live_days = h->settings->live_days};
    const transcode_news news = {.user = h, .on_ended = on_asset_ended, .take = on_upload_taken};
    h->storage = storage_new(h->net, h->clerk, h->shelf, h->clock, h->settings->data, &kept);
    const transcode_parts parts = {.net = h->net,
                                   .clerk = h->clerk,
                                   .crew = h->crew,
                                   .shelf = h->shelf,
                                   .storage = h->storage,
                                   .clock = h->clock,
                                   .keep_source = g_str_equal(h->settings->keep_source, "on")};
    h->transcode = transcode_new(&parts, &news);
}

/* What encoders are told, at the host that people type into their browser. */
static void make_urls(house *h)
{
    g_autoptr(GUri) uri = g_uri_parse(h->public_url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri && g_uri_get_host(uri) ? g_uri_get_host(uri) : "localhost";
    bool v6 = strchr(host, ':') != NULL;
    h->rtmp_url =
        g_strdup_printf(v6 ? "rtmp://[%s]:%d/live" : "rtmp://%s:%d/live", host, h->rtmp_port);
    if (h->rtmps_port) {
        h->rtmps_url = g_strdup_printf(v6 ? "rtmps://[%s]:%d/live" : "rtmps://%s:%d/live", host,
                                       h->rtmps_port);
        if (!h->rtmp_port) { /* the only door */
            g_free(h->rtmp_url);
            h->rtmp_url = g_steal_pointer(&h->rtmps_url);
        }
    }
    if (h->srt)
        h->srt_url = g_strdup_printf(v6 ? "srt://[%s]:%d" : "srt://%s:%d", host, h->srt_port);
}

static void more_metrics(gpointer user, GString *out)
{
    const house *h = user;
    upload_metrics(h->uploads, out);
    transcode_metrics(h->transcode, out);
    storage_metrics(h->storage, out);
    if (h->rtmp)
        rtmp_ingest_metrics(h->rtmp, out);
    if (h->srt)
        srt_ingest_metrics(h->srt, out);
    if (h->whip)
        whip_ingest_metrics(h->whip, out);
}

static void build_talk(house *h)
{
    const room_news news = {.user = h,
                            .on_other = on_other_message,
                            .on_left = on_member_left,
                            .programme_ms = programme_ms,
                            .on_welcome = on_welcome};
    h->hall = room_hall_new(h->net, h->clerk, h->clock, &news);
    h->ledger = ledger_new(h->clock);
}

static bool build_uploads(house *h, GError **error)
{
    const settings *is = h->settings;
    const int64_t GB = 1000000000;
    const upload_desk_parts parts = {.net = h->net,
                                     .clerk = h->clerk,
                                     .clock = h->clock,
                                     .data_dir = is->data,
                                     .limits = {.max_bytes = is->upload_max_gb * GB,
                                                .person_bytes = is->upload_person_gb * GB,
                                                .quota_bytes = is->upload_quota_gb * GB,
                                                .reserve_bytes = is->upload_reserve_gb * GB,
                                                .expire_ms = is->upload_expire_hours * 3600000LL},
                                     .user = h,
                                     .on_complete = on_upload_complete};
    h->uploads = upload_desk_new(&parts, error);
    return h->uploads != NULL;
}

static void build_api(house *h)
{
    const api_parts parts = {.net = h->net,
                             .pool = h->pool,
                             .clerk = h->clerk,
                             .readers = h->readers,
                             .shelf = h->shelf,
                             .live = h->live,
                             .rtmp = h->rtmp,
                             .hall = h->hall,
                             .transcode = h->transcode,
                             .storage = h->storage,
                             .ledger = h->ledger,
                             .clock = h->clock,
                             .pass_key = h->pass_key,
                             .revoked = h->revoked,
                             .public_url = h->public_url,
                             .rtmp_url = h->rtmp_url,
                             .rtmps_url = h->rtmps_url,
                             .srt_url = h->srt_url,
                             .srt_secret = h->srt_secret,
                             .more_metrics = more_metrics,
                             .more_metrics_user = h,
                             .whip = h->whip,
                             .whip_links = h->whip_links,
                             .uploads = h->uploads,
                             .web_dir = h->web_dir,
                             .issuer = h->settings->issuer,
                             .secure_cookies = g_str_has_prefix(h->public_url, "https://")};
    h->beats = beats_new(&parts);
    h->api = api_new(&parts);
    api_session(h->api);
    api_classes(h->api);
    api_courses(h->api);
    api_titles(h->api);
    api_chapters(h->api);
    api_captions(h->api);
    api_catalogue(h->api);
    api_occupations(h->api);
    api_handouts(h->api);
    api_notes(h->api);
    api_people(h->api);
    api_embeds(h->api);
    api_audit(h->api);
    api_assets(h->api);
    api_jobs(h->api);
    api_storage(h->api);
    api_media(h->api);
    api_certificates(h->api);
    api_socket(h->api);
    api_tus(h->api);
    api_whip(h->api);
    api_operate(h->api);
    api_page(h->api);
}

static bool first_occupations(house *h, records *db, GError **error)
{
    if (records_begin(db, error) && occupation_seed(db, h->clock, error))
        return records_commit(db, error);
    records_rollback(db);
    return false;
}

/*
 * On a connection of our own, before the loop runs and anybody can ask: the first admin's link, the
 * demo, the classes on air.
 */
static bool wake(house *h, records *db, bool demo, GError **error)
{
    g_autofree char *token = NULL;
    if (!people_setup_token(db, h->clock, &token, error))
        return false;
    if (token)
        printf("No administrator yet. Open this once to make one:\n  %s/setup#token=%s\n",
               h->public_url, token);
    if (demo && !demo_prepare(db, h->clock, h->settings->data, error))
        return false;
    return first_occupations(h, db, error) && listing_rebuild(db, error) &&
           revoked_load(h->revoked, db, h->clock, error) && live_start(h->live, db, error) &&
           upload_desk_start(h->uploads, db, error) && transcode_start(h->transcode, db, error);
}

static bool build(house *h, bool demo, GError **error)
{
    g_autofree char *database = NULL;
    raise_limits();
    find_files(h);
    if (!build_ground(h, error))
        return false;
    database = in_data(h, "jiangtang.db");
    h->clerk = clerk_new(database, deliver, h, error);
    h->readers = readers_new(database);
    if (!h->clerk || !build_live(h, error) || !build_uploads(h, error))
        return false;
    make_urls(h);
    build_transcode(h);
    build_talk(h);
    build_api(h);
    records *db = records_open(database, RECORDS_WRITE, error);
    bool awake = db && wake(h, db, demo, error);
    records_close(db);
    if (awake)
        storage_start(h->storage);
    if (awake && demo)
        demo_start(h->clerk, h->live, h->shelf, h->clock);
    return awake;
}

/* ---- running and taking down ---- */

static void stop(gpointer data)
{
    house *h = data;
    if (h->draining) { /* asked twice: at once */
        net_stop(h->net);
        return;
    }
    h->draining = true;
    log_info("main", "stopping: publishers are told, workers finish their part");
    live_drain(h->live);
    upload_desk_drain(h->uploads);
    transcode_drain(h->transcode);
    h->last_call = net_timer_new(h->net, 300, 0, (void (*)(gpointer))net_stop, h->net);
}

static void take_down(house *h)
{
    net_timer_free(h->last_call);
    api_stop(h->api);
    upload_desk_stop(h->uploads);
    g_clear_pointer(&h->beats, beats_free);
    rtmp_ingest_free(h->rtmp);
    srt_ingest_free(g_steal_pointer(&h->srt));
    whip_ingest_free(g_steal_pointer(&h->whip));
    live_free(h->live);
    transcode_stop(h->transcode);
    crew_free(h->crew);
    room_hall_free(h->hall);
    clerk_free(h->clerk);
    read_late_letters(h);
    storage_free(h->storage);
    transcode_free(h->transcode);
    g_ptr_array_unref(h->title_ends);
    upload_desk_free(h->uploads);
    ledger_free(h->ledger);
    pool_free(h->pool);
    readers_free(h->readers);
    shelf_free(h->shelf);
    net_free(h->net);
    api_free(h->api); /* its handlers are called until the loop is gone */
    pass_key_free(h->pass_key);
    revoked_free(h->revoked);
    clock_free(h->clock);
    g_free(h->web_dir);
    g_free(h->worker_path);
    g_free(h->public_url);
    g_free(h->rtmp_url);
    g_free(h->rtmps_url);
    g_free(h->srt_url);
    g_clear_pointer(&h->srt_secret, g_bytes_unref);
    g_free(h->whip_links);
    settings_free(h->settings);
}

static void announce(const house *h)
{
    log_info(
        "main",
        "listening: http port %d, rtmp port %d, rtmps port %d, srt port %d, whip port %d, data "
        "in %s",
        net_port(h->net), h->rtmp_port, h->rtmps_port, h->srt_port, h->whip_port,
        h->settings->data);
    printf("匠堂 Jiangtang is open: %s\n", h->public_url);
    fflush(stdout);
}

typedef struct {
    char *config, *data, *bind, *port, *rtmp_port, *srt_port, *whip_port;
    gboolean demo;
} serve_words;

static void words_clear(serve_words *words)
{
    g_free(words->config);
    g_free(words->data);
    g_free(words->bind);
    g_free(words->port);
    g_free(words->rtmp_port);
    g_free(words->srt_port);
    g_free(words->whip_port);
}

static bool parse_words(int argc, char **argv, const char *name, const char *summary,
                        serve_words *words, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &words->config,
         "Settings file (config/jiangtang.conf shows all)", "FILE"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &words->data,
         "Directory of database, keys and titles", "DIR"},
        {"port", 0, 0, G_OPTION_ARG_FILENAME, &words->port, "HTTP port; 0: any free one", "N"},
        {"rtmp-port", 0, 0, G_OPTION_ARG_FILENAME, &words->rtmp_port,
         "RTMP port; 0: any free one, -1: none", "N"},
        {"srt-port", 0, 0, G_OPTION_ARG_FILENAME, &words->srt_port,
         "SRT port (UDP); 0: any free one, -1: none", "N"},
        {"whip-port", 0, 0, G_OPTION_ARG_FILENAME, &words->whip_port,
         "WebRTC port (UDP); 0: any free one, -1: none", "N"},
        {"bind", 0, 0, G_OPTION_ARG_FILENAME, &words->bind, "Address to listen on", "ADDR"},
        {"demo", 0, 0, G_OPTION_ARG_NONE, &words->demo,
         "Bring sample people, a course and a class on air", NULL},
        G_OPTION_ENTRY_NULL};
    return command_options(argc, argv, name, summary, entries, error);
}

static bool overrule(settings *is, const char *key, const char *value, GError **error)
{
    return !value || settings_set(is, key, value, error);
}

static bool read_settings(settings *is, const serve_words *words, GError **error)
{
    if (words->config && !settings_load(is, words->config, error))
        return false;
    return overrule(is, "server.data", words->data, error) &&
           overrule(is, "server.bind", words->bind, error) &&
           overrule(is, "server.port", words->port, error) &&
           overrule(is, "rtmp.port", words->rtmp_port, error) &&
           overrule(is, "srt.port", words->srt_port, error) &&
           overrule(is, "whip.port", words->whip_port, error);
}

static log_level level_of(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (g_str_equal(word, words[i]))
            return (log_level)i;
    return LOG_INFO;
}

/* Also when only its help was asked for: no error then. */
static int do_not_serve(house *h, const GError *error)
{
    take_down(h);
    return command_end(error);
}

static int serve(int argc, char **argv)
{
    house h = {.settings = settings_new(),
               .late = g_async_queue_new(),
               .title_ends = g_ptr_array_new_with_free_func(title_end_free)};
    serve_words words = {0};
    g_autoptr(GError) error = NULL;
    bool understood =
        parse_words(
            argc, argv, "jiangtang serve",
            "启动服务器；这里写的优先于配置文件。 Runs the server. What stands here wins over the "
            "settings file.",
            &words, &error) &&
        read_settings(h.settings, &words, &error);
    bool demo = words.demo;
    words_clear(&words);
    if (!understood)
        return do_not_serve(&h, error);
    log_start(g_str_equal(h.settings->log_format, "json") ? LOG_JSON : LOG_LINES,
              level_of(h.settings->log_level));
    signal(SIGPIPE, SIG_IGN);
    if (!build(&h, demo, &error))
        return do_not_serve(&h, error);
    net_on_signal(h.net, SIGTERM, stop, &h);
    net_on_signal(h.net, SIGINT, stop, &h);
    announce(&h);
    net_run(h.net);
    take_down(&h);
    return 0;
}

static int check_config(int argc, char **argv)
{
    settings *is = settings_new();
    serve_words words = {0};
    g_autoptr(GError) error = NULL;
    if (parse_words(argc, argv, "jiangtang check-config",
                    "检查并列出全部设置。 Reads the settings, refuses what is wrong, and prints "
                    "them all.",
                    &words, &error) &&
        read_settings(is, &words, &error)) {
        g_autofree char *all = settings_describe(is);
        fputs(all, stdout);
    }
    words_clear(&words);
    settings_free(is);
    return command_end(error);
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} commands[] = {
    {"serve", serve, "启动服务器 run the server"},
    {"check-config", check_config, "检查设置 read the settings and print them"},
    {"person", command_person, "账号与密码 add a person, set a password"},
    {"import", command_import, "导入 take in a file of occupations"},
    {"verify", command_verify, "离线核验学时 check the ledger, without a server"},
    {"backup", command_backup, "备份 copy database and keys while the server runs"},
};

static int usage(FILE *out)
{
    fputs("用法 Usage: jiangtang COMMAND [OPTION...]\n\n", out);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].about);
    fputs("\nEach has --help.\n", out);
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    /* Words on the command line and what is printed are UTF-8, whatever the shell's locale. */
    setlocale(LC_ALL, "C.UTF-8");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(name, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    if (g_str_equal(name, "--version")) {
        puts("jiangtang " JIANGTANG_VERSION);
        return 0;
    }
    return usage(g_str_equal(name, "--help") ? stdout : stderr);
}
