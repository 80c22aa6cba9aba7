#include "net/inside.h"

#include <arpa/inet.h>
#include <string.h>

static void peer_text(const struct sockaddr *peer, char *text, gsize size)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
    text[0] = '\0';
    if (peer->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, text, size);
    else if (peer->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], text, size);
    else if (peer->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &six->sin6_addr, text, size);
}

conn *conn_new(net *n, listener *from, int fd, const struct sockaddr *peer)
{
    conn *c = g_new0(conn, 1);
    c->net = n;
    c->from = from;
    c->fd = fd;
    c->all.data = c->waits.data = c->dooms.data = c;
    peer_text(peer, c->peer, sizeof c->peer);
    g_queue_push_tail_link(&n->conns, &c->all);
    n->counts.accepted++;
    return c;
}

void conn_free(conn *c)
{
    net *n = c->net;
    conn_wait(c, WAIT_NONE);
    ev_io_stop(n->loop, &c->io);
    if (c->doomed)
        g_queue_unlink(&n->doomed, &c->dooms);
    g_queue_unlink(&n->conns, &c->all);
    if (n->adopting == c)
        n->adopting = NULL;
    g_free(c);
}

void conn_doom(conn *c)
{
    if (c->doomed)
        return;
    c->doomed = true;
    g_queue_push_tail_link(&c->net->doomed, &c->dooms);
}

/*
 * A closing WebSocket survives its first close to say goodbye: it comes off the list before, not
 * after.
 */
void doomed_close(net *n)
{
    for (guint i = n->doomed.length; i > 0 && n->doomed.length > 0; i--) {
        conn *c = g_queue_pop_head_link(&n->doomed)->data;
        c->doomed = false;
        if (c->wsi && c->overdue) /* lws would go on waiting to flush what the peer does not take */
            shutdown(c->fd, SHUT_RDWR);
        if (!c->wsi)
            http_shut(c);
        else
            lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    }
}

void conn_pause(conn *c, bool pause)
{
    if (c->paused == pause)
        return;
    c->paused = pause;
    if (lws_rx_flow_control(c->wsi, !pause) < 0)
        conn_doom(c);
}
