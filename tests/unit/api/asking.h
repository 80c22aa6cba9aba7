/*
 * A net on its own thread, and a blocking client that asks it one thing at a time.
 *
 * Runs on: the test's thread.
 * Memory:  an answer is freed with answer_clear().
 */
#ifndef TESTS_ASKING_H
#define TESTS_ASKING_H

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "net/net.h"

typedef struct {
    int status;
    char *head, *body;
    gsize length; /* of the body */
} answer;

static inline void answer_clear(answer *a)
{
    g_free(a->head);
    g_free(a->body);
}

static inline gpointer run_net(gpointer data)
{
    net_run(data);
    return NULL;
}

static inline void ring_back(gpointer queue)
{
    g_async_queue_push(queue, queue);
}

/* Waits until the loop has finished what it was at. */
static inline void settle(net *n)
{
    GAsyncQueue *queue = g_async_queue_new();
    net_post(n, ring_back, queue);
    g_async_queue_pop(queue);
    g_async_queue_unref(queue);
}

static inline GString *receive_all(int fd)
{
    GString *all = g_string_new(NULL);
    char bytes[16384];
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        g_string_append_len(all, bytes, got);
    return all;
}

/* lines: "Name: value\r\n…" or NULL; body NULL: none. */
static inline answer ask(net *n, const char *method, const char *path, const char *lines,
                         const char *body)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)net_port(n)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    g_autofree char *text = g_strdup_printf(
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
        method, path, body ? strlen(body) : 0, lines ? lines : "", body ? body : "");
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
    GString *all = receive_all(fd);
    close(fd);
    char *gap = strstr(all->str, "\r\n\r\n");
    g_assert_nonnull(gap);
    answer a = {.status = (int)g_ascii_strtoll(all->str + 9, NULL, 10)};
    a.head = g_strndup(all->str, (gsize)(gap - all->str) + 2);
    a.length = all->len - (gsize)(gap + 4 - all->str);
    a.body = g_memdup2(gap + 4, a.length + 1);
    g_string_free(all, TRUE);
    return a;
}

/* The value of a header, newly allocated; NULL: it is not there. */
static inline char *header(const answer *a, const char *name)
{
    g_autofree char *line = g_strdup_printf("\r\n%s: ", name);
    const char *at = strcasestr(a->head, line);
    return at ? g_strndup(at + strlen(line), strcspn(at + strlen(line), "\r")) : NULL;
}

static inline void remove_dir(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_dir(inner);
        else
            g_unlink(inner);
    }
    g_rmdir(path);
}

#endif
