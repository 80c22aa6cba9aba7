#include "net/inside.h"

void conn_adopt(conn *c, const char *protocol)
{
    net *n = c->net;
    lws_adopt_desc_t info = {
        .vh = n->vhost,
        .type = LWS_ADOPT_SOCKET | (protocol ? 0 : LWS_ADOPT_HTTP),
        .fd.sockfd = c->fd,
        .vh_prot_name = protocol,
        .opaque = c,
    };
    ev_io_stop(n->loop, &c->io);
    conn_wait(c, protocol ? WAIT_NONE : WAIT_HEADERS);
    n->adopting = c;
    bool adopted = lws_adopt_descriptor_vhost_via_info(&info) != NULL;
    if (!adopted && n->adopting == c)
        conn_free(c); /* lws gave up before there was a wsi; it has closed the descriptor */
    n->adopting = NULL;
}
