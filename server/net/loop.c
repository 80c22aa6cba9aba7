#include "net/inside.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"

/*
 * What lws says is about a peer more often than about us: as many lines a second, the rest is
 * counted.
 */
#define LWS_LINES_PER_S 5

/*
 * lws has one log function for the whole process and gives it no pointer: this counter is
 * process-wide with it.
 */
static void on_lws_line(int level, const char *line)
{
    static GMutex lock;
    static gint64 second;
    static guint lines;
    gint64 now_s = g_get_monotonic_time() / G_USEC_PER_SEC;
    g_mutex_lock(&lock);
    if (now_s != second) {
        second = now_s;
        lines = 0;
    }
    bool heard = lines++ < LWS_LINES_PER_S;
    g_mutex_unlock(&lock);
    if (heard)
        log_warn("net", "lws %s: %.*s", level == LLL_ERR ? "error" : "warning",
                 (int)strcspn(line, "\n"), line);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("net", "the limit of open files stays at its default: %s", g_strerror(errno));
}

static gint64 cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

/* ---- how long a turn took, and whose work it was ---- */

void net_turn(net *n, const char *name)
{
    turn_watch *t = &n->turn;
    gint64 now_us = g_get_monotonic_time();
    if (now_us - t->since_us > t->worst_us) {
        t->worst_us = now_us - t->since_us;
        t->worst = t->now;
    }
    t->since_us = now_us;
    t->now = name;
}

static void on_turn_begins(struct ev_loop *loop, ev_check *check, int events)
{
    (void)loop;
    (void)events;
    turn_watch *t = &((net *)check->data)->turn;
    t->began_us = t->since_us = g_get_monotonic_time();
    t->began_cpu_us = cpu_us();
    t->worst_us = 0;
    t->now = t->worst = "lws";
}

static void note_long_turn(net *n, gint64 took_us, gint64 now_us)
{
    turn_watch *t = &n->turn;
    n->counts.turns_long++;
    n->counts.turn_worst_us = MAX(n->counts.turn_worst_us, took_us);
    if (now_us - t->logged_us < G_USEC_PER_SEC) {
        t->unlogged++;
        return;
    }
    gint64 cpu = cpu_us() - t->began_cpu_us;
    log_warn("net",
             "a loop turn took %" G_GINT64_FORMAT " us (%" G_GINT64_FORMAT
             " us of processor), %" G_GINT64_FORMAT " us of it in %s; %u more were not logged",
             took_us, cpu, t->worst_us, t->worst, t->unlogged);
    t->logged_us = now_us;
    t->unlogged = 0;
}

static void on_turn_ends(struct ev_loop *loop, ev_prepare *prepare, int events)
{
    (void)loop;
    (void)events;
    net *n = prepare->data;
    doomed_close(n);
    if (n->turn.began_us == 0)
        return;
    net_turn(n, "waiting");
    gint64 took_us = n->turn.since_us - n->turn.began_us;
    if (took_us > NET_TURN_MS * 1000)
        note_long_turn(n, took_us, n->turn.since_us);
    n->turn.began_us = 0;
}

static void turn_start(net *n)
{
    ev_check_init(&n->turn.after_poll, on_turn_begins);
    ev_prepare_init(&n->turn.before_poll, on_turn_ends);
    ev_set_priority(&n->turn.after_poll, EV_MAXPRI);
    ev_set_priority(&n->turn.before_poll, EV_MINPRI);
    n->turn.after_poll.data = n->turn.before_poll.data = n;
    ev_check_start(n->loop, &n->turn.after_poll);
    ev_prepare_start(n->loop, &n->turn.before_poll);
}

/* ---- lws ---- */

static bool context_open(net *n, GError **error)
{
    void *loops[1] = {n->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .gid = -1,
        .uid = -1,
        .timeout_secs = 60,
        .pt_serv_buf_size = NET_READ_BYTES,
        .max_http_header_data = NET_HEADERS_MAX,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_line);
    n->context = lws_create_context(&info);
    if (!n->context)
        error_set(error, ERROR_STORAGE, "no_event_loop", NULL,
                  "libwebsockets cannot start on libev (is libwebsockets-evlib-ev installed?)");
    return n->context != NULL;
}

/* Names with brackets cannot be asked for as a subprotocol. */
static void protocols_build(net *n)
{
    guint count = n->endpoints->len;
    n->protocols = g_new0(struct lws_protocols, count + 3);
    n->protocols[0] = (struct lws_protocols){.name = "(handshake)", .callback = on_handshake};
    for (guint i = 0; i < count; i++) {
        const endpoint *e = g_ptr_array_index(n->endpoints, i);
        n->protocols[i + 1] = (struct lws_protocols){.name = e->subprotocol,
                                                     .callback = on_ws,
                                                     .rx_buffer_size = 512,
                                                     .tx_packet_size = NET_WS_QUEUE_MAX};
    }
    n->protocols[count + 1] = (struct lws_protocols){
        .name = "(raw)", .callback = on_raw, .tx_packet_size = NET_RAW_QUEUE_MAX};
}

static bool vhost_open(net *n)
{
    static const lws_retry_bo_t no_pings_by_lws = {0};
    static const struct lws_protocol_vhost_options referrer = {NULL, NULL,
                                                               "referrer-policy:", "same-origin"};
    static const struct lws_protocol_vhost_options sniff = {&referrer, NULL,
                                                            "x-content-type-options:", "nosniff"};
    protocols_build(n);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = "jiangtang",
        .protocols = n->protocols,
        .headers = &sniff,
        .timeout_secs_ah_idle = NET_HEADERS_MS / 1000,
        .keepalive_timeout = NET_IDLE_MS / 1000,
        .retry_and_idle_policy = &no_pings_by_lws,
        .gid = -1,
        .uid = -1,
    };
    n->vhost = lws_create_vhost(n->context, &info);
    if (!n->vhost)
        log_error("net", "libwebsockets refuses its virtual host; nothing can be served");
    return n->vhost != NULL;
}

/* ---- the net ---- */

static void route_free(gpointer data)
{
    route *r = data;
    g_free(r->name);
    g_free(r);
}

static void on_halt(struct ev_loop *loop, ev_async *halt, int events)
{
    (void)events;
    net *n = halt->data;
    n->stopping = true;
    ev_break(loop, EVBREAK_ALL);
}

static net *net_bare(base_clock *clock)
{
    net *n = g_new0(net, 1);
    n->clock = clock;
    n->loop = ev_loop_new(EVFLAG_AUTO);
    g_assert(n->loop);
    n->router = router_new(route_free);
    n->listeners = g_ptr_array_new_with_free_func(listener_free);
    n->endpoints = g_ptr_array_new_with_free_func(endpoint_free);
    n->signals = g_ptr_array_new_with_free_func(g_free);
    n->leave = leave_new(n);
    n->linger = linger_new(n);
    n->mail = mail_new(n);
    ev_async_init(&n->halt, on_halt);
    n->halt.data = n;
    ev_async_start(n->loop, &n->halt);
    n->date_s = -1;
    deadlines_start(n);
    turn_start(n);
    return n;
}

net *net_new(const net_options *options, base_clock *clock, GError **error)
{
    signal(SIGPIPE, SIG_IGN); /* sendfile has no MSG_NOSIGNAL */
    raise_descriptor_limit();
    net *n = net_bare(clock);
    listener *l = listener_open(n, options->bind, options->port, CONN_HTTP, error);
    if (!l || !context_open(n, error)) {
        net_free(n);
        return NULL;
    }
    return n;
}

/* Every connection's last callback comes now, while the rooms still stand. */
static void connections_close(net *n)
{
    mail_drain(n->mail);
    mail_close(n->mail);
    for (GList *link = n->conns.head; link; link = link->next)
        conn_doom(link->data);
    while (n->doomed.length > 0)
        doomed_close(n);
    lws_context_destroy(n->context);
    n->context = NULL;
    n->vhost = NULL;
    g_ptr_array_set_size(n->listeners, 0); /* connections know where they came from to their end */
}

void net_run(net *n)
{
    g_atomic_pointer_set(&n->thread, g_thread_self());
    if (!n->context || (!n->vhost && !vhost_open(n)))
        return;
    if (!n->stopping)
        ev_run(n->loop, 0);
    connections_close(n);
}

/* Not a letter: a full mailbox would keep whoever asks waiting for the loop he wants to end. */
void net_stop(net *n)
{
    ev_async_send(n->loop, &n->halt);
}

void net_free(net *n)
{
    if (!n)
        return;
    if (n->context)
        connections_close(n);
    watches_detach(n);
    g_ptr_array_unref(n->signals);
    g_ptr_array_unref(n->listeners);
    g_ptr_array_unref(n->endpoints);
    deadlines_stop(n);
    leave_free(n->leave);
    linger_free(n->linger);
    mail_free(n->mail);
    ev_async_stop(n->loop, &n->halt);
    ev_check_stop(n->loop, &n->turn.after_poll);
    ev_prepare_stop(n->loop, &n->turn.before_poll);
    ev_loop_destroy(n->loop);
    router_free(n->router);
    g_free(n->protocols);
    g_free(n);
}

int net_port(const net *n)
{
    return listener_port(g_ptr_array_index(n->listeners, 0));
}

const char *net_date(net *n)
{
    int64_t now_s = clock_utc_ms(n->clock) / 1000;
    if (now_s == n->date_s)
        return n->date;
    time_t t = now_s;
    struct tm utc;
    gmtime_r(&t, &utc);
    strftime(n->date, sizeof n->date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    n->date_s = now_s;
    return n->date;
}
