#include "net/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A new connection stays at the door, unknown to lws, until the headers of its first request are
 * whole. They are only peeked at, so lws reads them again from the start. Thus slow or endless
 * headers cost us a descriptor and nothing else, and get the answer lws would not give them.
 */

static void shut(conn *c)
{
    ev_io_stop(c->net->loop, &c->io);
    close(c->fd);
    conn_free(c);
}

static void refuse(conn *c, int status, const char *code)
{
    g_autofree char *text = refusal_text(c->net, status, code);
    linger_take(c->net->linger, c->fd, text);
    shut(c);
}

void door_enter(conn *c)
{
    net *n = c->net;
    bool http = c->from->origin == CONN_HTTP;
    lws_adopt_desc_t info = {
        .vh = n->vhost,
        .type = LWS_ADOPT_SOCKET | (http ? LWS_ADOPT_HTTP : 0),
        .fd.sockfd = c->fd,
        .vh_prot_name = http ? NULL : "(raw)",
        .opaque = c,
    };
    n->adopting = c;
    bool adopted = lws_adopt_descriptor_vhost_via_info(&info) != NULL;
    if (!adopted && n->adopting == c)
        conn_free(c); /* lws gave up before there was a wsi; it has closed the descriptor */
    n->adopting = NULL;
}

static bool is_whole(const char *bytes, gsize length)
{
    return memmem(bytes, length, "\n\r\n", 3) || memmem(bytes, length, "\n\n", 2);
}

/* lws would drop it without a word. */
static bool names_nul(const char *bytes, gsize length)
{
    const char *line_end = memchr(bytes, '\n', length);
    return memmem(bytes, line_end ? (gsize)(line_end - bytes) : length, "%00", 3) != NULL;
}

/* Not called again before more than `bytes` lie there (or the peer has ended). */
static void wait_for_more(conn *c, int bytes)
{
    int wanted = bytes + 1;
    c->peeked = bytes;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
}

static void enter(conn *c)
{
    int one = 1;
    ev_io_stop(c->net->loop, &c->io);
    conn_wait(c, WAIT_NONE);
    if (c->peeked > 0)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
    door_enter(c);
}

static void on_door_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    conn *c = io->data;
    char bytes[NET_HEADERS_MAX + 1];
    net_turn(c->net, "first headers");
    ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 || got == c->peeked)
        shut(c);
    else if (names_nul(bytes, got))
        refuse(c, 400, "bad_request");
    else if (is_whole(bytes, got))
        enter(c);
    else if (got > NET_HEADERS_MAX)
        refuse(c, 431, "headers_too_large");
    else
        wait_for_more(c, got);
}

void door_open(conn *c)
{
    ev_io_init(&c->io, on_door_readable, c->fd, EV_READ);
    c->io.data = c;
    ev_io_start(c->net->loop, &c->io);
    conn_wait(c, WAIT_HEADERS);
}

void door_shut(conn *c)
{
    if (c->overdue && c->peeked > 0)
        refuse(c, 408, "request_timeout");
    else
        shut(c);
}
