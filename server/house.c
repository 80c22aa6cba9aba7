/* The house: its rooms built in order, wired, run, and taken down in reverse. */
#include "house_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/log.h"
#include "catalogue/occupation.h"
#include "crew_on_net.h"
#include "demo.h"
#include "ingest/whip/ice_servers.h"
#include "school/listing.h"

typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} letter;

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
    const crew_loop loop = crew_on_net(h->net);
    const live_news news = switchboard_live(h);
    h->crew = crew_new(h->worker_path, &loop, h->settings->worker_cores);
    crew_keep_warm(h->crew, h->settings->worker_warm);
    h->live = live_new(h->net, h->clerk, h->crew, h->shelf, h->clock, &news);
    live_set_latency(h->live, g_str_equal(h->settings->live_latency, "low")
                                  ? LIVE_LATENCY_LOW
                                  : LIVE_LATENCY_STANDARD);
    live_set_window(h->live, (int64_t)h->settings->live_window_seconds * 1000);
    return build_rtmp(h, error) && build_srt(h, error) && build_whip(h, error);
}

static void build_transcode(house *h)
{
    const storage_retention kept = {.live_days = h->settings->live_days};
    const transcode_news news = switchboard_transcode(h);
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

static void start_remind(house *h)
{
    const crew_loop loop = crew_on_net(h->net);
    const remind_parts parts = {.net = h->net,
                                .pool = h->pool,
                                .clerk = h->clerk,
                                .readers = h->readers,
                                .clock = h->clock,
                                .loop = &loop,
                                .program = h->settings->reminder_hook,
                                .public_url = h->public_url,
                                .lead_ms = h->settings->reminder_minutes * 60000LL};
    if (*h->settings->reminder_hook)
        h->remind = remind_new(&parts);
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
    const room_news news = switchboard_room(h);
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
                                                .handout_bytes = ASSET_HANDOUT_MAX,
                                                .reserve_bytes = is->upload_reserve_gb * GB,
                                                .expire_ms = is->upload_expire_hours * 3600000LL},
                                     .user = h,
                                     .on_complete = switchboard_upload_complete};
    h->uploads = upload_desk_new(&parts, error);
    return h->uploads != NULL;
}

static void build_course_rule(house *h)
{
    int most = h->settings->general_max_permille;
    h->course_rule.general_permille = most == 1000 ? GENERAL_ANY : most;
    general_modules_parse(h->settings->general_modules, &h->course_rule.modules);
}

static void build_api(house *h)
{
    build_course_rule(h);
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
                             .house_rule = &h->course_rule,
                             .reminder_minutes = h->settings->reminder_minutes,
                             .secure_cookies = g_str_has_prefix(h->public_url, "https://")};
    h->beats = beats_new(&parts);
    h->revoke_watch = revoke_watch_new(&parts);
    h->api = api_new(&parts);
    api_session(h->api);
    api_own(h->api);
    api_classes(h->api);
    api_courses(h->api);
    api_titles(h->api);
    api_chapters(h->api);
    api_captions(h->api);
    api_catalogue(h->api);
    api_occupations(h->api);
    api_handouts(h->api);
    api_notes(h->api);
    api_questions(h->api);
    api_people(h->api);
    api_embeds(h->api);
    api_calendar(h->api);
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

bool house_build(house *h, bool demo, GError **error)
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
    if (awake) {
        storage_start(h->storage);
        start_remind(h);
    }
    if (awake && demo)
        demo_start(h->clerk, h->live, h->shelf, h->clock);
    return awake;
}

/* ---- running and taking down ---- */

house *house_new(settings *is)
{
    house *h = g_new0(house, 1);
    h->settings = is;
    h->late = g_async_queue_new();
    return h;
}

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

void house_free(house *h)
{
    net_timer_free(h->last_call);
    api_stop(h->api);
    revoke_watch_free(h->revoke_watch);
    remind_stop(h->remind);
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
    upload_desk_free(h->uploads);
    ledger_free(h->ledger);
    pool_free(h->pool);
    remind_free(h->remind);
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
    g_free(h);
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

void house_run(house *h)
{
    net_on_signal(h->net, SIGTERM, stop, h);
    net_on_signal(h->net, SIGINT, stop, h);
    announce(h);
    net_run(h->net);
}
