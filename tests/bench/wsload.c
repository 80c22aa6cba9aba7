/*
 * Many WebSocket listeners in one thread: joins a room N times and measures how late each message comes.
 *
 *   wsload PORT COUNT MESSAGES SECONDS TITLE PASS
 *
 * Talkers elsewhere say "T<CLOCK_MONOTONIC nanoseconds>"; the delay of every copy that arrives is noted. It prints one
 * JSON line when all have joined, and one when everybody has heard so many messages, or after so many seconds. It is a
 * measuring tool: it trusts its server.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
#define EVENTS_AT_ONCE 256
#define SECOND_NS 1000000000LL

typedef struct {
    int fd;
    bool upgraded;
    uint32_t have;
    unsigned char *bytes;
} listener;

static struct {
    uint32_t *delay_us;
    size_t count, most, joined, cut;
} seen;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static int connect_to(int port)
{
    static unsigned source; /* spread over 127.0.0.x: one address has 28,000 ports */
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000001 + source++ / 20000)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) ||
        connect(fd, (struct sockaddr *)&to, sizeof to)) {
        perror("wsload: connect");
        exit(1);
    }
    return fd;
}

static void send_all(int fd, const void *bytes, size_t length)
{
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) {
        perror("wsload: send");
        exit(1);
    }
}

static void send_join(int fd, const char *title, const char *pass)
{
    char text[1024];
    unsigned char frame[1100];
    int length = snprintf(text, sizeof text, "{\"t\":\"join\",\"title\":\"%s\",\"pass\":\"%s\"}",
                          title, pass);
    size_t n = 0;
    frame[n++] = 0x81;
    if (length < 126) {
        frame[n++] = (unsigned char)(0x80 | length);
    } else {
        frame[n++] = 0x80 | 126;
        frame[n++] = (unsigned char)(length >> 8);
        frame[n++] = (unsigned char)length;
    }
    n += 4; /* a mask of zeros */
    memset(frame + n - 4, 0, 4);
    memcpy(frame + n, text, (size_t)length);
    send_all(fd, frame, n + (size_t)length);
}

static void note(const char *payload, size_t length)
{
    const char *at = memmem(payload, length, "\"text\":\"T", 9);
    if (!at || seen.count == seen.most)
        return;
    int64_t sent = strtoll(at + 9, NULL, 10);
    seen.delay_us[seen.count++] = (uint32_t)((now_ns() - sent) / 1000);
}

/* Takes whole frames off the front; true while the connection is of use. */
static void take_frames(listener *is)
{
    uint32_t at = 0;
    while (is->have - at >= 2) {
        const unsigned char *f = is->bytes + at;
        uint64_t length = f[1] & 0x7f, head = 2;
        if (length == 126) {
            if (is->have - at < 4)
                break;
            length = (uint64_t)f[2] << 8 | f[3];
            head = 4;
        }
        if (is->have - at < head + length)
            break;
        if (memmem(f + head, length, "\"t\":\"welcome\"", 13))
            seen.joined++;
        else
            note((const char *)f + head, length);
        at += (uint32_t)(head + length);
    }
    memmove(is->bytes, is->bytes + at, is->have - at);
    is->have -= at;
}

static void take_upgrade(listener *is, const char *title, const char *pass)
{
    unsigned char *end = memmem(is->bytes, is->have, "\r\n\r\n", 4);
    if (!end)
        return;
    if (memcmp(is->bytes, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "wsload: %.60s\n", is->bytes);
        exit(1);
    }
    uint32_t used = (uint32_t)(end + 4 - is->bytes);
    memmove(is->bytes, is->bytes + used, is->have - used);
    is->have -= used;
    is->upgraded = true;
    send_join(is->fd, title, pass);
}

static void on_readable(listener *is, const char *title, const char *pass)
{
    ssize_t n = recv(is->fd, is->bytes + is->have, BUFFER_BYTES - is->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        seen.cut++;
        close(is->fd);
        return;
    }
    is->have += (uint32_t)n;
    if (!is->upgraded)
        take_upgrade(is, title, pass);
    if (is->upgraded)
        take_frames(is);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void open_one(listener *is, int epoll, int port)
{
    char request[256];
    is->fd = connect_to(port);
    is->bytes = malloc(BUFFER_BYTES);
    int n = snprintf(
        request, sizeof request,
        "GET /ws HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: jiangtang.v1\r\n\r\n",
        port);
    send_all(is->fd, request, (size_t)n);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = is};
    epoll_ctl(epoll, EPOLL_CTL_ADD, is->fd, &event);
}

typedef struct {
    int epoll;
    const char *title, *pass;
} crowd;

/* Until so many have joined and so many copies were heard, or it is that late. */
static void serve_until(const crowd *c, int64_t end_ns, size_t joined, size_t copies)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    while (now_ns() < end_ns && (seen.joined < joined || seen.count < copies)) {
        int n = epoll_wait(c->epoll, events, EVENTS_AT_ONCE, 50);
        for (int i = 0; i < n; i++)
            on_readable(events[i].data.ptr, c->title, c->pass);
    }
}

static void join_all(const crowd *c, listener *all, size_t count, int port)
{
    for (size_t i = 0; i < count; i++) {
        open_one(&all[i], c->epoll, port);
        if (i % 50 == 49)
            serve_until(c, now_ns() + 5 * SECOND_NS, i > 400 ? i - 400 : 0, 0);
    }
    serve_until(c, now_ns() + 30 * SECOND_NS, count, 0);
    printf("{\"joined\":%zu}\n", seen.joined);
    fflush(stdout);
}

static double delay_ms(int percent)
{
    return seen.count ? seen.delay_us[(seen.count - 1) * (size_t)percent / 100] / 1000.0 : 0;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "wsload PORT COUNT MESSAGES SECONDS TITLE PASS\n");
        return 2;
    }
    crowd c = {epoll_create1(0), argv[5], argv[6]};
    size_t count = (size_t)atol(argv[2]), copies = count * (size_t)atol(argv[3]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    listener *all = calloc(count, sizeof *all);
    seen.delay_us = malloc(copies * sizeof *seen.delay_us);
    seen.most = copies;
    join_all(&c, all, count, atoi(argv[1]));
    serve_until(&c, now_ns() + atoi(argv[4]) * SECOND_NS, 0, copies);
    qsort(seen.delay_us, seen.count, sizeof *seen.delay_us, by_size);
    printf("{\"deliveries\":%zu,\"cut\":%zu,\"p50_ms\":%.1f,\"p99_ms\":%.1f}\n", seen.count,
           seen.cut, delay_ms(50), delay_ms(99));
    return 0;
}
