/*
 * A real net on a thread of its own and a plain blocking client beside it.
 *
 * Memory: running_start() gives what running_stop() takes; strings and byte arrays are yours.
 */
#ifndef TESTS_NET_RUNNING_H
#define TESTS_NET_RUNNING_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net.h"

#define WAIT_LIMIT_S 60 /* no test waits longer for one thing */

typedef struct {
    net *net;
    base_clock *clock;
    bool fake;
    GThread *thread;
    int port;
} running;

static inline gpointer running_loop(gpointer data)
{
    net_run(data);
    return NULL;
}

static inline running *running_new(base_clock *clock)
{
    running *r = g_new0(running, 1);
    r->clock = clock;
    r->net = net_new(&(net_options){.bind = "127.0.0.1"}, clock, NULL);
    g_assert_nonnull(r->net);
    r->port = net_port(r->net);
    return r;
}

static inline void running_go(running *r)
{
    r->thread = g_thread_new("net", running_loop, r->net);
}

static inline void running_stop(running *r)
{
    net_stop(r->net);
    g_thread_join(r->thread);
    net_free(r->net);
    clock_free(r->clock);
    g_free(r);
}

static inline int client(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = WAIT_LIMIT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    return fd;
}

static inline void say_bytes(int fd, const void *bytes, gsize length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        g_assert_cmpint(sent, >, 0);
        bytes = (const char *)bytes + sent;
        length -= sent;
    }
}

static inline void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* Everything until the server closes (a reset counts as closing). NUL-terminated. */
static inline char *hear_all(int fd)
{
    GString *all = g_string_new(NULL);
    char piece[65536];
    ssize_t got;
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
        g_string_append_len(all, piece, got);
    g_assert_false(got < 0 && errno == EAGAIN);
    return g_string_free(all, FALSE);
}

/* One response: head and as much body as its Content-Length says. */
static inline char *hear_one(int fd, gsize *length)
{
    GString *all = g_string_new(NULL);
    gsize wanted = 0;
    char byte;
    while (wanted == 0 || all->len < wanted) {
        if (recv(fd, &byte, 1, 0) != 1)
            break;
        g_string_append_c(all, byte);
        if (wanted == 0 && g_str_has_suffix(all->str, "\r\n\r\n")) {
            const char *field = strstr(all->str, "Content-Length: ");
            wanted = all->len + (field ? strtoul(field + 16, NULL, 10) : 0);
        }
    }
    if (length)
        *length = all->len;
    return g_string_free(all, FALSE);
}

/* One response, whatever it says. */
static inline void skip_one(int fd)
{
    g_free(hear_one(fd, NULL));
}

static inline char *ask(int port, const char *text)
{
    int fd = client(port);
    say(fd, text);
    char *answer = hear_one(fd, NULL);
    close(fd);
    return answer;
}

static inline bool is_closed(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

static inline void assert_begins(const char *text, const char *prefix)
{
    if (!g_str_has_prefix(text, prefix))
        g_error("expected \"%s…\", got \"%.300s\"", prefix, text);
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        g_error("expected \"%s\" in \"%.600s\"", part, text);
}

#endif
