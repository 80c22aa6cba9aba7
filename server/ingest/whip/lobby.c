#include "ingest/whip/lobby.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "ingest/whip/stun.h"

#define SWEEP_MS 5000

/* A publisher's address, as it stands in a packet. */
typedef struct {
    struct sockaddr_storage at;
    socklen_t size;
} address;

/* One address of one guest: its own socket towards the receiver, which tells addresses by port. */
typedef struct {
    address from;
    lobby_guest *guest;
    int fd;
    net_watch *watch;
    int64_t heard_ms;                /* monotonic */
    uint8_t asked[STUN_TRANSACTION]; /* the receiver's last request to this address */
    int64_t asked_us;                /* 0: answered, or none */
} path;

struct lobby_guest {
    lobby *lobby;
    char *ufrag, *password;
    uint16_t port;
    GPtrArray *paths; /* of path, owned by the lobby's table */
    int32_t round_trip_ms;
    uint64_t packets;
};

struct lobby {
    net *loop;
    int fd;
    net_watch *watch;
    net_timer *sweep;
    GHashTable *guests; /* ufrag > guest, owned */
    GHashTable *paths;  /* address > path, owned */
    uint64_t packets_in, packets_out, strangers;
    uint8_t packet[LOBBY_PACKET_MAX];
};

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

/* ---- addresses ---- */

static guint address_hash(gconstpointer key)
{
    const address *a = key;
    const uint8_t *bytes = (const uint8_t *)&a->at;
    guint32 sum = 2166136261u; /* FNV-1a */
    for (socklen_t i = 0; i < a->size; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

static gboolean address_equal(gconstpointer a, gconstpointer b)
{
    const address *one = a, *other = b;
    return one->size == other->size && memcmp(&one->at, &other->at, one->size) == 0;
}

/* ---- paths ---- */

static void on_receiver(guint events, gpointer data);

static void path_free(gpointer data)
{
    path *p = data;
    g_ptr_array_remove_fast(p->guest->paths, p);
    net_watch_free(p->watch);
    close(p->fd);
    g_free(p);
}

static path *quietest(const lobby_guest *guest)
{
    path *found = g_ptr_array_index(guest->paths, 0);
    for (guint i = 1; i < guest->paths->len; i++) {
        path *p = g_ptr_array_index(guest->paths, i);
        if (p->heard_ms < found->heard_ms)
            found = p;
    }
    return found;
}

static int socket_to_receiver(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static path *path_open(lobby_guest *guest, const address *from)
{
    lobby *d = guest->lobby;
    int fd = socket_to_receiver(guest->port);
    if (fd < 0) {
        log_warn("whip", "no socket towards a receiver: %s", g_strerror(errno));
        return NULL;
    }
    if (guest->paths->len >= LOBBY_PATHS_MAX)
        g_hash_table_remove(d->paths, &quietest(guest)->from);
    path *p = g_new0(path, 1);
    p->from = *from;
    p->guest = guest;
    p->fd = fd;
    p->watch = net_watch_new(d->loop, fd, NET_READ, on_receiver, p);
    g_ptr_array_add(guest->paths, p);
    g_hash_table_replace(d->paths, &p->from, p);
    return p;
}

/* ---- packets ---- */

/* The guest this request is for, if its sender knows the guest's password. */
static lobby_guest *guest_asked_for(lobby *d, gsize size)
{
    char user[STUN_USER_MAX + 1];
    if (!stun_user(d->packet, size, user))
        return NULL;
    lobby_guest *guest = g_hash_table_lookup(d->guests, user);
    return guest && stun_is_signed(d->packet, size, guest->password) ? guest : NULL;
}

/* Whose packet this is; an address changes hands only by a signed request. */
static path *path_of(lobby *d, const address *from, gsize size)
{
    path *p = g_hash_table_lookup(d->paths, from);
    char user[STUN_USER_MAX + 1];
    if (p && (!stun_user(d->packet, size, user) || g_str_equal(user, p->guest->ufrag)))
        return p;
    lobby_guest *guest = guest_asked_for(d, size);
    if (!guest)
        return p;
    if (p)
        g_hash_table_remove(d->paths, &p->from);
    return path_open(guest, from);
}

static void note_answer(path *p, gsize size)
{
    const uint8_t *packet = p->guest->lobby->packet;
    if (!p->asked_us || stun_read(packet, size) != STUN_RESPONSE ||
        memcmp(stun_transaction(packet), p->asked, STUN_TRANSACTION) != 0)
        return;
    p->guest->round_trip_ms = (int32_t)((g_get_monotonic_time() - p->asked_us) / 1000);
    p->asked_us = 0;
}

static void take_in(lobby *d, const address *from, gsize size)
{
    path *p = path_of(d, from, size);
    if (!p) {
        d->strangers++;
        return;
    }
    d->packets_in++;
    p->guest->packets++;
    p->heard_ms = now_ms();
    note_answer(p, size);
    send(p->fd, d->packet, size, MSG_NOSIGNAL); /* full: lost, as on any other hop */
}

static void on_world(guint events, gpointer data)
{
    (void)events;
    lobby *d = data;
    for (int i = 0; i < LOBBY_BURST; i++) {
        address from = {.size = sizeof from.at};
        ssize_t size = recvfrom(d->fd, d->packet, sizeof d->packet, 0, (struct sockaddr *)&from.at,
                                &from.size);
        if (size < 0)
            return;
        if (size > 0)
            take_in(d, &from, (gsize)size);
    }
}

static void note_question(path *p, gsize size)
{
    const uint8_t *packet = p->guest->lobby->packet;
    if (stun_read(packet, size) != STUN_REQUEST)
        return;
    memcpy(p->asked, stun_transaction(packet), STUN_TRANSACTION);
    p->asked_us = g_get_monotonic_time();
}

static void on_receiver(guint events, gpointer data)
{
    (void)events;
    path *p = data;
    lobby *d = p->guest->lobby;
    for (int i = 0; i < LOBBY_BURST; i++) {
        ssize_t size = recv(p->fd, d->packet, sizeof d->packet, 0);
        if (size <= 0) /* also ECONNREFUSED: the receiver is going */
            return;
        d->packets_out++;
        note_question(p, (gsize)size);
        sendto(d->fd, d->packet, (gsize)size, MSG_NOSIGNAL, (struct sockaddr *)&p->from.at,
               p->from.size);
    }
}

/* ---- guests ---- */

lobby_guest *lobby_admit(lobby *d, const char *ufrag, const char *password, uint16_t port,
                         GError **error)
{
    if (g_hash_table_contains(d->guests, ufrag)) {
        error_set(error, ERROR_CONFLICT, "whip_ufrag", NULL,
                  "Somebody with the same ICE name is here; send the offer again");
        return NULL;
    }
    lobby_guest *guest = g_new0(lobby_guest, 1);
    guest->lobby = d;
    guest->ufrag = g_strdup(ufrag);
    guest->password = g_strdup(password);
    guest->port = port;
    guest->paths = g_ptr_array_new();
    guest->round_trip_ms = -1;
    g_hash_table_insert(d->guests, guest->ufrag, guest);
    return guest;
}

static void guest_free(gpointer data)
{
    lobby_guest *guest = data;
    while (guest->paths->len > 0) {
        path *p = g_ptr_array_index(guest->paths, 0);
        g_hash_table_remove(guest->lobby->paths, &p->from);
    }
    g_ptr_array_unref(guest->paths);
    g_free(guest->ufrag);
    g_free(guest->password);
    g_free(guest);
}

void lobby_dismiss(lobby_guest *guest)
{
    if (guest)
        g_hash_table_remove(guest->lobby->guests, guest->ufrag);
}

int32_t lobby_round_trip_ms(const lobby_guest *guest)
{
    return guest->round_trip_ms;
}

uint64_t lobby_packets(const lobby_guest *guest)
{
    return guest->packets;
}

/* ---- the lobby ---- */

static gboolean is_silent(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    return *(int64_t *)data - ((path *)value)->heard_ms > LOBBY_PATH_MS;
}

static void sweep(gpointer data)
{
    lobby *d = data;
    int64_t now = now_ms();
    g_hash_table_foreach_remove(d->paths, is_silent, &now);
}

static bool refuse(GError **error, int port, const char *why)
{
    error_set(error, ERROR_CONFLICT, "whip_port", NULL,
              "UDP port %d cannot be opened for WebRTC: %s", port, why);
    return false;
}

static bool listen_on(lobby *d, const char *bind_to, int port, int *bound_port, GError **error)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    struct addrinfo *at = NULL;
    g_autofree char *number = g_strdup_printf("%d", port);
    const int bytes = LOBBY_SOCKET_BYTES;
    address bound = {.size = sizeof bound.at};
    if (getaddrinfo(bind_to, number, &hints, &at) != 0)
        return refuse(error, port, "its address is not numeric");
    d->fd = socket(at->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = d->fd >= 0 && bind(d->fd, at->ai_addr, at->ai_addrlen) == 0 &&
              getsockname(d->fd, (struct sockaddr *)&bound.at, &bound.size) == 0;
    int code = errno;
    freeaddrinfo(at);
    if (!ok)
        return refuse(error, port, g_strerror(code));
    setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(d->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    *bound_port =
        ntohs(bound.at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound.at)->sin6_port
                                             : ((struct sockaddr_in *)&bound.at)->sin_port);
    return true;
}

lobby *lobby_new(net *loop, const char *bind_to, int port, int *bound_port, GError **error)
{
    lobby *d = g_new0(lobby, 1);
    d->loop = loop;
    d->fd = -1;
    d->paths = g_hash_table_new_full(address_hash, address_equal, NULL, path_free);
    d->guests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, guest_free);
    if (!listen_on(d, bind_to, port, bound_port, error)) {
        lobby_free(d);
        return NULL;
    }
    d->watch = net_watch_new(loop, d->fd, NET_READ, on_world, d);
    d->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, d);
    return d;
}

void lobby_free(lobby *d)
{
    if (!d)
        return;
    net_timer_free(d->sweep);
    net_watch_free(d->watch);
    g_hash_table_unref(d->guests); /* takes their paths out of the table of paths */
    g_hash_table_unref(d->paths);
    if (d->fd >= 0)
        close(d->fd);
    g_free(d);
}

void lobby_metrics(const lobby *d, GString *out)
{
    metric_gauge(out, "jiangtang_whip_paths", "Addresses that may send packets",
                 (double)g_hash_table_size(d->paths));
    metric_counter(out, "jiangtang_whip_packets_in_total", "Packets from browsers",
                   (double)d->packets_in);
    metric_counter(out, "jiangtang_whip_packets_out_total", "Packets to browsers",
                   (double)d->packets_out);
    metric_counter(out, "jiangtang_whip_packets_dropped_total", "Packets of nobody known",
                   (double)d->strangers);
}
