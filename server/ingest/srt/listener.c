#include "ingest/srt/listener.h"

#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include <srt/access_control.h>
#include <srt/srt.h>

#define QUIET 2       /* libsrt's own words: only when it cannot go on (LOG_CRIT) */
#define EVENTS_MAX 64 /* of one wait; the others come with the next */
#define PAYLOAD_MAX SRT_LIVE_MAX_PLSIZE
#define GOODBYE_MS (SRT_LOST_MS / 2) /* a connection that breaks sooner after its last byte */
#define MIN_VERSION 0x010300         /* older ones know no stream id */

G_STATIC_ASSERT((int)DOOR_NONSENSE == (int)SRT_REJX_BAD_REQUEST);
G_STATIC_ASSERT((int)DOOR_UNKNOWN == (int)SRT_REJX_UNAUTHORIZED);
G_STATIC_ASSERT((int)DOOR_FULL == (int)SRT_REJX_OVERLOAD);
G_STATIC_ASSERT((int)DOOR_ONLY_PUBLISH == (int)SRT_REJX_BAD_MODE);

/* One caller, on the SRT thread. */
typedef struct {
    SRTSOCKET socket;
    inlet *inlet;
    bool stalled; /* its inlet is full: libsrt is not asked about it */
    int64_t last_ms;
    ingest_health health;
} caller;

struct srt_listener {
    srt_listener_options options;
    SRTSOCKET socket;
    int epoll;
    GThread *thread;
    GAsyncQueue *arrivals; /* of inlet, a reference each */
    GHashTable *callers;   /* socket > caller, owned; the SRT thread's */
    gint count;            /* of callers; atomic: handshakes ask for it */
    gint stopping;         /* atomic */
    bool news;             /* of this turn */
};

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

/* ---- the handshake (libsrt's thread) ---- */

static char *address_word(const struct sockaddr *address, socklen_t size)
{
    char host[NI_MAXHOST] = "?";
    getnameinfo(address, size, host, sizeof host, NULL, 0, NI_NUMERICHOST);
    const char *mapped = "::ffff:";
    return g_strdup(g_str_has_prefix(host, mapped) ? host + strlen(mapped) : host);
}

static socklen_t address_size(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static door_answer ask(srt_listener *l, SRTSOCKET socket, const char *streamid)
{
    char key[STREAMID_KEY_MAX + 1], passphrase[DOOR_PASSPHRASE_MAX + 1];
    door_answer answer = door_ask(l->options.door, streamid, key, passphrase);
    if (answer == DOOR_OPEN && g_atomic_int_get(&l->count) >= SRT_CALLERS_MAX)
        return DOOR_FULL;
    if (answer == DOOR_OPEN && *passphrase)
        srt_setsockflag(socket, SRTO_PASSPHRASE, passphrase, (int)strlen(passphrase));
    return answer;
}

static int on_handshake(void *opaque, SRTSOCKET socket, int version, const struct sockaddr *peer,
                        const char *streamid)
{
    (void)version;
    srt_listener *l = opaque;
    door_answer answer = ask(l, socket, streamid);
    if (answer == DOOR_OPEN)
        return 0;
    srt_setrejectreason(socket, (int)answer);
    g_autofree char *from = address_word(peer, address_size(peer));
    if (l->options.on_refused)
        l->options.on_refused(l->options.user, from, answer);
    return -1;
}

/* ---- callers (the SRT thread) ---- */

static void caller_free(gpointer data)
{
    caller *c = data;
    srt_close(c->socket);
    inlet_unref(c->inlet);
    g_free(c);
}

static void watch(srt_listener *l, SRTSOCKET socket)
{
    int events = SRT_EPOLL_IN | SRT_EPOLL_ERR;
    srt_epoll_add_usock(l->epoll, socket, &events);
}

/* The inlet says its last word; the caller itself goes with its entry in the table. */
static void caller_end(srt_listener *l, const caller *c, bool orderly, const char *why)
{
    srt_epoll_remove_usock(l->epoll, c->socket);
    inlet_end(c->inlet, orderly, why);
    g_atomic_int_add(&l->count, -1);
    l->news = true;
}

/*
 * libsrt does not tell a goodbye from a loss; but a silent caller is lost only after SRT_LOST_MS, so
 * one that breaks soon after its last byte said goodbye.
 */
static void caller_broke(srt_listener *l, caller *c)
{
    bool orderly = now_ms() - c->last_ms < GOODBYE_MS;
    caller_end(l, c, orderly, orderly ? "it said goodbye" : "the connection was lost");
    g_hash_table_remove(l->callers, GINT_TO_POINTER(c->socket));
}

static void caller_stall(srt_listener *l, caller *c)
{
    srt_epoll_remove_usock(l->epoll, c->socket);
    c->stalled = true;
}

/* Reads all there is, as long as the inlet has room. */
static void caller_read(srt_listener *l, caller *c)
{
    char bytes[PAYLOAD_MAX];
    while (inlet_has_room(c->inlet, sizeof bytes)) {
        int got = srt_recvmsg(c->socket, bytes, sizeof bytes);
        if (got <= 0 && srt_getlasterror(NULL) == SRT_EASYNCRCV)
            return;
        if (got <= 0) {
            caller_broke(l, c);
            return;
        }
        inlet_put(c->inlet, (const uint8_t *)bytes, (gsize)got);
        c->last_ms = now_ms();
        l->news = true;
    }
    caller_stall(l, c);
}

static void caller_add(srt_listener *l, SRTSOCKET socket, const char *key, const char *peer)
{
    caller *c = g_new0(caller, 1);
    c->socket = socket;
    c->inlet = inlet_new(key, peer);
    c->last_ms = now_ms();
    g_atomic_int_inc(&l->count);
    g_hash_table_insert(l->callers, GINT_TO_POINTER(socket), c);
    g_async_queue_push(l->arrivals, inlet_ref(c->inlet));
    watch(l, socket);
    l->news = true;
}

static void caller_welcome(srt_listener *l, SRTSOCKET socket, const struct sockaddr *peer,
                           int peer_size)
{
    char streamid[STREAMID_MAX + 1] = "", key[STREAMID_KEY_MAX + 1];
    int size = sizeof streamid - 1;
    srt_getsockflag(socket, SRTO_STREAMID, streamid, &size);
    if (streamid_read(streamid, key) != STREAMID_PUBLISH) {
        srt_close(socket); /* the door saw another one: cannot be */
        return;
    }
    g_autofree char *from = address_word(peer, (socklen_t)peer_size);
    caller_add(l, socket, key, from);
}

static void accept_all(srt_listener *l)
{
    for (;;) {
        struct sockaddr_storage peer;
        int size = sizeof peer;
        SRTSOCKET socket = srt_accept(l->socket, (struct sockaddr *)&peer, &size);
        if (socket == SRT_INVALID_SOCK)
            return;
        caller_welcome(l, socket, (const struct sockaddr *)&peer, size);
    }
}

/* ---- now and then (the SRT thread) ---- */

static void caller_measure(caller *c)
{
    SRT_TRACEBSTATS s;
    if (srt_bistats(c->socket, &s, 1, 1) != 0)
        return;
    c->health.bitrate_bps = (int64_t)(s.mbpsRecvRate * 1e6);
    c->health.rtt_ms = s.msRTT;
    c->health.latency_ms = s.msRcvTsbPdDelay;
    c->health.packets = (uint64_t)s.pktRecvTotal;
    c->health.lost = (uint64_t)s.pktRcvLossTotal;
    c->health.retransmitted += (uint64_t)s.pktRcvRetrans;
    c->health.dropped = (uint64_t)s.pktRcvDropTotal + (uint64_t)s.pktRcvUndecryptTotal;
    inlet_tell(c->inlet, &c->health);
}

static void measure(srt_listener *l)
{
    GHashTableIter at;
    gpointer c;
    g_hash_table_iter_init(&at, l->callers);
    while (g_hash_table_iter_next(&at, NULL, &c))
        caller_measure(c);
}

/* Closes whom the loop does not want any more, goes on reading whose inlet was emptied. */
static void look_after(srt_listener *l)
{
    GHashTableIter at;
    gpointer value;
    g_hash_table_iter_init(&at, l->callers);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        caller *c = value;
        if (inlet_unwanted(c->inlet)) {
            caller_end(l, c, false, "the house closed it");
            g_hash_table_iter_remove(&at);
        } else if (c->stalled && inlet_has_room(c->inlet, INLET_BYTES_MAX / 2)) {
            c->stalled = false;
            watch(l, c->socket);
        }
    }
}

static void ring(srt_listener *l)
{
    const uint64_t one = 1;
    if (l->news && write(l->options.bell, &one, sizeof one) < 0)
        g_assert_not_reached(); /* it would have to be rung 2^64 times */
    l->news = false;
}

static void take_event(srt_listener *l, const SRT_EPOLL_EVENT *event)
{
    if (event->fd == l->socket) {
        accept_all(l);
        return;
    }
    caller *c = g_hash_table_lookup(l->callers, GINT_TO_POINTER(event->fd));
    if (c)
        caller_read(l, c);
}

static void wait_for_events(srt_listener *l)
{
    SRT_EPOLL_EVENT events[EVENTS_MAX];
    int count = srt_epoll_uwait(l->epoll, events, EVENTS_MAX, SRT_TURN_MS);
    if (count < 0 && srt_getlasterror(NULL) != SRT_ETIMEOUT)
        g_usleep(SRT_TURN_MS * 1000); /* not to spin, whatever is wrong */
    for (int i = 0; i < MIN(count, EVENTS_MAX); i++)
        take_event(l, &events[i]);
}

static gpointer listen_on(gpointer data)
{
    srt_listener *l = data;
    int64_t looked_ms = 0, measured_ms = 0;
    while (!g_atomic_int_get(&l->stopping)) {
        wait_for_events(l);
        int64_t now = now_ms();
        if (now - looked_ms >= SRT_TURN_MS) {
            look_after(l);
            looked_ms = now;
        }
        if (now - measured_ms >= SRT_HEALTH_MS) {
            measure(l);
            measured_ms = now;
        }
        ring(l);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static bool fail(GError **error, const srt_listener *l, const char *step)
{
    int system = 0, code = srt_getlasterror(&system);
    bool taken = code == SRT_ESOCKFAIL || code == SRT_EBINDCONFLICT || code == SRT_EINVOP;
    error_set(error, taken ? ERROR_CONFLICT : ERROR_INPUT, taken ? "port_taken" : "srt", NULL,
              "srt: %s %s port %d: %s", step, l->options.bind, l->options.port,
              srt_getlasterror_str());
    return false;
}

static bool set_flags(SRTSOCKET socket, int latency_ms)
{
    const int lost_ms = SRT_LOST_MS, version = MIN_VERSION, off = 0;
    return srt_setsockflag(socket, SRTO_RCVSYN, &(bool){false}, sizeof(bool)) == 0 &&
           srt_setsockflag(socket, SRTO_RCVLATENCY, &latency_ms, sizeof latency_ms) == 0 &&
           srt_setsockflag(socket, SRTO_PEERIDLETIMEO, &lost_ms, sizeof lost_ms) == 0 &&
           srt_setsockflag(socket, SRTO_MINVERSION, &version, sizeof version) == 0 &&
           srt_setsockflag(socket, SRTO_IPV6ONLY, &off, sizeof off) == 0;
}

static bool bind_to(srt_listener *l, GError **error)
{
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_DGRAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    g_autofree char *port = g_strdup_printf("%d", l->options.port);
    if (getaddrinfo(l->options.bind, port, &wanted, &found) != 0) {
        error_set(error, ERROR_INPUT, "srt", NULL, "srt: \"%s\" is no address", l->options.bind);
        return false;
    }
    int status = srt_bind(l->socket, found->ai_addr, (int)found->ai_addrlen);
    freeaddrinfo(found);
    return status == 0 || fail(error, l, "binding to");
}

static int port_of(SRTSOCKET socket)
{
    struct sockaddr_storage at = {0};
    int size = sizeof at;
    srt_getsockname(socket, (struct sockaddr *)&at, &size);
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

static bool open_socket(srt_listener *l, GError **error)
{
    l->socket = srt_create_socket();
    if (l->socket == SRT_INVALID_SOCK || !set_flags(l->socket, l->options.latency_ms))
        return fail(error, l, "preparing");
    if (!bind_to(l, error))
        return false;
    if (srt_listen_callback(l->socket, on_handshake, l) != 0 ||
        srt_listen(l->socket, SRT_BACKLOG) != 0)
        return fail(error, l, "listening on");
    watch(l, l->socket);
    return true;
}

srt_listener *srt_listener_new(const srt_listener_options *options, int *bound_port, GError **error)
{
    srt_listener *l = g_new0(srt_listener, 1);
    l->options = *options;
    srt_startup();
    srt_setloglevel(QUIET);
    l->socket = SRT_INVALID_SOCK;
    l->epoll = srt_epoll_create();
    l->arrivals = g_async_queue_new_full((GDestroyNotify)inlet_unref);
    l->callers = g_hash_table_new_full(NULL, NULL, NULL, caller_free);
    if (!open_socket(l, error)) {
        srt_listener_free(l);
        return NULL;
    }
    *bound_port = port_of(l->socket);
    l->thread = g_thread_new("srt", listen_on, l);
    return l;
}

static void end_all(srt_listener *l)
{
    GHashTableIter at;
    gpointer c;
    g_hash_table_iter_init(&at, l->callers);
    while (g_hash_table_iter_next(&at, NULL, &c))
        caller_end(l, c, false, "the server is going down");
    g_hash_table_remove_all(l->callers);
}

void srt_listener_free(srt_listener *l)
{
    if (!l)
        return;
    g_atomic_int_set(&l->stopping, 1);
    if (l->thread)
        g_thread_join(l->thread);
    if (l->socket != SRT_INVALID_SOCK)
        srt_close(l->socket);
    end_all(l);
    g_hash_table_unref(l->callers);
    g_async_queue_unref(l->arrivals);
    srt_epoll_release(l->epoll);
    srt_cleanup(); /* its threads are gone: nobody asks the door any more */
    g_free(l);
}

inlet *srt_listener_arrival(srt_listener *l)
{
    return g_async_queue_try_pop(l->arrivals);
}
