/*
 * A WebSocket client for tests: blocking, one thread, text frames only.
 *
 * Runs on: the test's thread.
 * Memory:  you own what client_new() and hear() return.
 */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "net/net.h"

typedef struct {
    int fd;
    GByteArray *in;
    int closed; /* close code; -1: ended without one */
} client;

static inline bool fill(client *c)
{
    guint8 bytes[65536];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got > 0)
        g_byte_array_append(c->in, bytes, (guint)got);
    else if (c->closed == 0)
        c->closed = -1;
    return got > 0;
}

static inline void client_free(client *c)
{
    close(c->fd);
    g_byte_array_unref(c->in);
    g_free(c);
}

/*
 * Opens and shakes hands: target "/ws?…"; lines "Name: value\r\n…" or NULL; receive_bytes 0: as usual. NULL when it
 * is refused.
 */
static inline client *client_new(net *n, const char *target, const char *lines, int receive_bytes)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)net_port(n)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 60};
    client *c = g_new0(client, 1);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->in = g_byte_array_new();
    if (receive_bytes)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_cmpint(connect(c->fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    g_autofree char *hello = g_strdup_printf(
        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: jiangtang.v1\r\n%s\r\n",
        target, lines ? lines : "");
    g_assert_cmpint(send(c->fd, hello, strlen(hello), 0), ==, (gssize)strlen(hello));
    char *end = NULL;
    while (!end && fill(c))
        end = memmem(c->in->data, c->in->len, "\r\n\r\n", 4);
    g_assert_nonnull(end);
    if (!g_str_has_prefix((char *)c->in->data, "HTTP/1.1 101")) {
        client_free(c);
        return NULL;
    }
    g_byte_array_remove_range(c->in, 0, (guint)((guint8 *)end + 4 - c->in->data));
    return c;
}

/* The zero mask leaves the words as they are. */
static inline void say_raw(client *c, const char *text)
{
    gsize length = strlen(text);
    g_autoptr(GByteArray) frame = g_byte_array_new();
    const guint8 small[] = {0x81, (guint8)(0x80 | length)};
    const guint8 large[] = {0x81, 0x80 | 126, (guint8)(length >> 8), (guint8)length};
    const guint8 mask[4] = {0};
    if (length < 126)
        g_byte_array_append(frame, small, sizeof small);
    else
        g_byte_array_append(frame, large, sizeof large);
    g_byte_array_append(frame, mask, 4);
    g_byte_array_append(frame, (const guint8 *)text, (guint)length);
    g_assert_cmpint(send(c->fd, frame->data, frame->len, MSG_NOSIGNAL), ==, (gssize)frame->len);
}

static inline bool frame_is_whole(const client *c, gsize *head, gsize *length)
{
    if (c->in->len < 2)
        return false;
    *length = c->in->data[1];
    *head = *length == 126 ? 4 : *length == 127 ? 10 : 2;
    if (c->in->len < *head)
        return false;
    if (*head == 4)
        *length = (gsize)c->in->data[2] << 8 | c->in->data[3];
    g_assert_cmpuint(*head, !=, 10);
    return c->in->len >= *head + *length;
}

/* The next message; NULL when the socket was closed. */
static inline json_t *hear_any(client *c)
{
    gsize head, length;
    for (;;) {
        while (!frame_is_whole(c, &head, &length)) {
            if (!fill(c))
                return NULL;
        }
        int opcode = c->in->data[0] & 15;
        json_t *message =
            opcode == 1 ? json_loadb((char *)c->in->data + head, length, 0, NULL) : NULL;
        if (opcode == 8)
            c->closed = length >= 2 ? c->in->data[head] << 8 | c->in->data[head + 1] : -1;
        g_byte_array_remove_range(c->in, 0, (guint)(head + length));
        if (message || opcode == 8)
            return message;
    }
}

/* The next message of this kind; what comes before is dropped. */
static inline json_t *hear(client *c, const char *kind)
{
    for (json_t *message; (message = hear_any(c)); json_decref(message)) {
        if (g_str_equal(json_string_value(json_object_get(message, "t")), kind))
            return message;
    }
    g_error("closed with %d while waiting for %s", c->closed, kind);
}

static inline int64_t number(const json_t *message, const char *field)
{
    g_assert_true(json_is_integer(json_object_get(message, field)));
    return json_integer_value(json_object_get(message, field));
}

static inline const char *word(const json_t *message, const char *field)
{
    return json_string_value(json_object_get(message, field));
}

#endif
