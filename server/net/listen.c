#include "net/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LISTEN_BACKLOG 4096
#define ACCEPT_AGAIN_S 0.2 /* pause after the process ran out of descriptors */

static void accept_later(listener *l)
{
    log_warn("net", "cannot accept: %s; trying again in %d ms", g_strerror(errno),
             (int)(ACCEPT_AGAIN_S * 1000));
    ev_io_stop(l->net->loop, &l->readable);
    ev_timer_set(&l->again, ACCEPT_AGAIN_S, 0);
    ev_timer_start(l->net->loop, &l->again);
}

static void on_listener_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    listener *l = io->data;
    net_turn(l->net, "accept");
    for (int i = 0; i < NET_ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                accept_later(l);
            return;
        }
        conn *c = conn_new(l->net, l, fd, (const struct sockaddr *)&peer);
        if (l->origin == CONN_HTTP)
            http_begin(c);
        else
            conn_adopt(c, "(raw)");
    }
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    listener *l = timer->data;
    ev_io_start(loop, &l->readable);
}

static int listening_socket(const struct addrinfo *at)
{
    int on = 1;
    int off = 0;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int open_at(const char *address, int port, GError **error)
{
    g_autofree char *service = g_strdup_printf("%d", port);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *at = NULL;
    if (port < 0 || port > 65535 || getaddrinfo(address, service, &hints, &at) != 0) {
        error_set(error, ERROR_INPUT, "bad_address", "bind",
                  "%s port %d is not an address to listen on", address, port);
        return -1;
    }
    int fd = listening_socket(at);
    int reason = errno;
    freeaddrinfo(at);
    if (fd < 0 && reason == EADDRINUSE)
        error_set(error, ERROR_CONFLICT, "port_taken", "port",
                  "port %d on %s is taken by another program", port, address);
    else if (fd < 0)
        error_set(error, ERROR_CONFLICT, "cannot_listen", "port", "cannot listen on %s port %d: %s",
                  address, port, g_strerror(reason));
    return fd;
}

listener *listener_open(net *n, const char *address, int port, conn_origin origin, GError **error)
{
    int fd = open_at(address, port, error);
    if (fd < 0)
        return NULL;
    listener *l = g_new0(listener, 1);
    l->net = n;
    l->fd = fd;
    l->origin = origin;
    ev_io_init(&l->readable, on_listener_readable, fd, EV_READ);
    ev_timer_init(&l->again, on_again, ACCEPT_AGAIN_S, 0);
    l->readable.data = l->again.data = l;
    ev_io_start(n->loop, &l->readable);
    g_ptr_array_add(n->listeners, l);
    return l;
}

void listener_free(gpointer data)
{
    listener *l = data;
    ev_io_stop(l->net->loop, &l->readable);
    ev_timer_stop(l->net->loop, &l->again);
    close(l->fd);
    tls_certificate_free(l->certificate);
    g_free(l);
}

int listener_port(const listener *l)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {.v6.sin6_family = AF_UNSPEC};
    socklen_t length = sizeof at;
    if (getsockname(l->fd, &at.any, &length) != 0)
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}
