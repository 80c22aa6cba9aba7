#include "net/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- routes ---- */

static route *add_route(net *n, const char *method, const char *pattern, request_fn fn,
                        gpointer user)
{
    route *r = g_new0(route, 1);
    r->fn = fn;
    r->user = user;
    r->name = g_strdup_printf("%s %s", method, pattern);
    router_add(n->router, method, pattern, r);
    return r;
}

void net_route(net *n, const char *method, const char *pattern, gsize body_max, request_fn fn,
               gpointer user)
{
    add_route(n, method, pattern, fn, user)->body_max = body_max;
}

void net_route_streamed(net *n, const char *method, const char *pattern, request_fn fn,
                        gpointer user)
{
    add_route(n, method, pattern, fn, user)->streamed = true;
}

void net_route_default(net *n, request_fn fn, gpointer user)
{
    n->default_fn = fn;
    n->default_user = user;
}

/* ---- a request begins ---- */

static void dispatch(request *r)
{
    net *n = r->net;
    r->state = REQUEST_OPEN;
    net_turn(n, r->route ? r->route->name : "the default route");
    if (r->route)
        r->route->fn(r, r->route->user);
    else if (n->default_fn)
        n->default_fn(r, n->default_user);
    else
        request_refuse(r, 404, "not_found", NULL);
    net_turn(n, "HTTP");
}

static void expect_body(request *r)
{
    request_go_on(r);
    r->state = REQUEST_BODY;
    r->collected = g_byte_array_new();
    conn_wait(r->conn, WAIT_STALL);
}

static void refuse_method(request *r)
{
    g_autofree char *allow = router_allow(r->net->router, request_path(r));
    g_autofree char *header = g_strdup_printf("Allow: %s\r\n", allow);
    request_refuse(r, 405, "method_not_allowed", header);
}

static bool collects(const request *r)
{
    return r->route && !r->route->streamed;
}

/* Everything that can be refused is refused before a body is read. */
static void begin(request *r)
{
    int64_t length;
    head_body_kind body = head_body(r->head, &length);
    bool endless = body == HEAD_BODY_CHUNKED || body == HEAD_BODY_WRONG;
    r->keep = head_stays_open(r->head) && !endless;
    r->body_left = endless ? NET_SWALLOW_MAX + 1 : (gsize)length;
    r->continued = r->body_left == 0 || !head_expects_100(r->head);
    router_match match;
    router_verdict verdict =
        router_find(r->net->router, request_method(r), request_path(r), &match);
    if (verdict == ROUTER_FOUND)
        request_take_match(r, &match);
    if (body == HEAD_BODY_WRONG)
        request_refuse(r, 400, "bad_request", NULL);
    else if (body == HEAD_BODY_CHUNKED)
        request_refuse(r, 411, "length_required", NULL);
    else if (verdict == ROUTER_OTHER_METHOD)
        refuse_method(r);
    else if (collects(r) && r->body_left > r->route->body_max)
        request_refuse(r, 413, "too_large", NULL);
    else if (collects(r) && r->body_left > 0)
        expect_body(r);
    else
        dispatch(r);
}

/* ---- a request ends ---- */

/* Bytes of a body nobody wanted: few are thrown away, for many the connection goes. */
static void finish(conn *c)
{
    request *r = c->now;
    gsize unread = r->body_left;
    c->last = !r->keep || c->net->stopping;
    c->now = NULL;
    out_clear(r);
    r->conn = NULL;
    request_unref(r);
    c->discard = unread;
    body_expect_anything(c);
    if (c->last)
        conn_doom(c);
    else
        conn_wait(c, unread > 0 ? WAIT_STALL : WAIT_IDLE);
}

/* What the socket is watched for. libev tells the kernel only what differs when the turn ends. */
static void watch_for(conn *c)
{
    const request *r = c->now;
    int events = EV_READ;
    if (c->last || (r && r->state == REQUEST_OPEN))
        events = 0;
    else if (r && r->state == REQUEST_SENDING)
        events = EV_WRITE;
    if ((c->io.events & (EV_READ | EV_WRITE)) == events && ev_is_active(&c->io) == (events != 0))
        return;
    ev_io_stop(c->net->loop, &c->io);
    ev_io_set(&c->io, c->fd, events);
    if (events)
        ev_io_start(c->net->loop, &c->io);
}

static void settle(conn *c)
{
    request *r = c->now;
    if (r && r->state == REQUEST_SENT)
        finish(c);
    else if (r && c->left && request_deserted(r))
        conn_doom(c);
}

void http_answered(conn *c)
{
    settle(c);
    watch_for(c);
    if (!c->doomed && !c->now && c->in) /* from the loop, not from inside the answer */
        ev_feed_event(c->net->loop, &c->io, EV_CUSTOM);
}

void http_reads(conn *c)
{
    watch_for(c);
    if (c->in &&
        c->now->state == REQUEST_READING) /* from the loop: nobody is entered from inside */
        ev_feed_event(c->net->loop, &c->io, EV_CUSTOM);
}

/* ---- reading ---- */

/* Each eats what it can of the bytes and tells how much; 0: it needs more, or another's turn. */

static gsize eat_refused(conn *c, gsize length)
{
    gsize eaten = MIN(c->discard, length);
    c->discard -= eaten;
    conn_wait(c, c->discard > 0 ? WAIT_STALL : WAIT_IDLE);
    return eaten;
}

static gsize eat_body(request *r, const guint8 *bytes, gsize length)
{
    gsize eaten = MIN(r->body_left, length);
    g_byte_array_append(r->collected, bytes, eaten);
    r->body_left -= eaten;
    conn_wait(r->conn, r->body_left > 0 ? WAIT_STALL : WAIT_NONE);
    if (r->body_left == 0)
        dispatch(r);
    return eaten;
}

/* Before there is a request to answer. */
static void refuse_bytes(conn *c, int status, const char *code)
{
    g_autofree char *text = refusal_text(c->net, status, code);
    c->last = true;
    conn_doom(c);
    leave_forget(c->net->leave, c->fd);
    ev_io_stop(c->net->loop, &c->io);
    linger_take(c->net->linger, g_steal_fd(&c->fd), text);
}

/* A proxy in front may send somebody's handshake where another's request was. Browsers never do. */
static bool is_forwarded(const head *h)
{
    return head_field(h, "x-forwarded-for") || head_field(h, "forwarded") || head_field(h, "via");
}

static gsize eat_head(conn *c, const char *bytes, gsize length)
{
    gsize blank = 0; /* RFC 9112 2.2: an empty line before a request is none */
    while (blank + 1 < length && bytes[blank] == '\r' && bytes[blank + 1] == '\n')
        blank += 2;
    gsize whole = head_length(bytes + blank, length - blank);
    if (MAX(whole, whole ? 0 : length - blank) > NET_HEADERS_MAX) {
        refuse_bytes(c, 431, "headers_too_large");
        return 0;
    }
    if (whole == 0) {
        if (c->wait != WAIT_HEADERS)
            conn_wait(c, WAIT_HEADERS);
        return blank; /* kept, they would be a body without a bound */
    }
    head *h = head_parse(bytes + blank, whole);
    if (!h) {
        refuse_bytes(c, 400, "bad_request");
        return 0;
    }
    conn_wait(c, WAIT_NONE);
    c->proxied = c->proxied || is_forwarded(h);
    c->now = request_new(c, h);
    begin(c->now);
    return blank + whole;
}

static gsize eat(conn *c, const guint8 *bytes, gsize length)
{
    if (c->discard > 0)
        return eat_refused(c, length);
    if (!c->now)
        return eat_head(c, (const char *)bytes, length);
    if (c->now->state == REQUEST_READING)
        return body_eat(c->now, bytes, length);
    return c->now->state == REQUEST_BODY ? eat_body(c->now, bytes, length) : 0;
}

static gsize feed(conn *c, const guint8 *bytes, gsize length)
{
    gsize at = 0;
    gsize eaten = 1;
    c->feeding = true;
    while (at < length && eaten > 0 && !c->doomed) {
        eaten = eat(c, bytes + at, length - at);
        at += eaten;
        settle(c);
    }
    c->feeding = false;
    return at;
}

static void keep_rest(conn *c, const guint8 *bytes, gsize length)
{
    if (length == 0 || c->doomed)
        return;
    c->in = g_byte_array_new();
    g_byte_array_append(c->in, bytes, length);
}

/* What was kept, and what has just come behind it. */
static void take_bytes(conn *c, const guint8 *bytes, gsize length)
{
    if (!c->in) {
        gsize eaten = feed(c, bytes, length);
        keep_rest(c, bytes + eaten, length - eaten);
        return;
    }
    g_autoptr(GByteArray) all = g_steal_pointer(&c->in);
    g_byte_array_append(all, bytes, length);
    gsize eaten = feed(c, all->data, all->len);
    keep_rest(c, all->data + eaten, all->len - eaten);
}

static void read_on(conn *c)
{
    guint8 bytes[NET_READ_BYTES];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0)
        take_bytes(c, bytes, got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        conn_doom(c);
}

static void send_on(conn *c)
{
    if (!request_push(c->now))
        conn_doom(c);
    else
        http_answered(c);
}

/* What was read behind the head comes first, then the socket fills the reader's own memory. */
static void read_body(conn *c)
{
    if (c->in)
        take_bytes(c, NULL, 0);
    else
        body_receive(c);
    settle(c);
}

/* ---- a head that may be a handshake ---- */

/*
 * A connection's first head, and each of a proxy's, is only peeked at until it is whole: if it asks
 * for a WebSocket, the socket goes to lws as if nobody had read from it.
 */
static bool becomes_websocket(conn *c, const char *bytes, gsize length)
{
    head *h = head_parse(bytes, length);
    const char *upgrade = h ? head_field(h, "upgrade") : NULL;
    bool wanted = upgrade && g_ascii_strcasecmp(upgrade, "websocket") == 0;
    endpoint *e = wanted ? endpoint_at(c->net, head_path(h)) : NULL;
    if (!e) {
        head_free(h);
        return false;
    }
    c->now = request_new(c, h);
    c->upgrading = e;
    int status = ws_refusal(c->now, e);
    if (status == 0)
        return true;
    request_unref(g_steal_pointer(&c->now)); /* the route at this path says why */
    c->upgrading = NULL;
    return false;
}

/* Not called again before more than `bytes` lie there (or the peer has ended). */
static void wait_for_more(conn *c, int bytes)
{
    int wanted = bytes + 1;
    c->peeked = bytes;
    if (bytes > 0 && c->wait != WAIT_HEADERS)
        conn_wait(c, WAIT_HEADERS);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
}

/* False: it is not whole yet, or the connection is not ours any more. */
static bool look_at_head(conn *c)
{
    char bytes[NET_HEADERS_MAX];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    gsize whole = got > 0 ? head_length(bytes, got) : 0;
    if (whole == 0 && got > 0 && got < NET_HEADERS_MAX && got != c->peeked) {
        wait_for_more(c, got);
        return false;
    }
    if (c->peeked > 0)
        wait_for_more(c, 0);
    if (whole == 0 || !becomes_websocket(c, bytes, whole))
        return true;
    leave_forget(c->net->leave, c->fd);
    conn_adopt(c, NULL);
    return false;
}

/* ---- events ---- */

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    conn *c = io->data;
    net_turn(c->net, "HTTP");
    if (c->doomed)
        return;
    if (c->now && c->now->state == REQUEST_SENDING)
        send_on(c);
    else if (c->now && c->now->state == REQUEST_READING)
        read_body(c);
    else if (events & EV_READ) {
        bool anew = !c->now && !c->in && c->discard == 0;
        if (anew && c->proxied && !look_at_head(c))
            return;
        read_on(c);
    } else if (c->in && !c->now)
        take_bytes(c, NULL, 0);
    if (!c->doomed)
        watch_for(c);
}

static void on_first_io(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    conn *c = io->data;
    net_turn(c->net, "HTTP");
    if (c->doomed || !look_at_head(c))
        return;
    ev_set_cb(io, on_io);
    leave_watch(c->net->leave, c);
    on_io(loop, io, EV_READ);
}

void http_begin(conn *c)
{
    c->net->counts.http_open++;
    ev_io_init(&c->io, on_first_io, c->fd, EV_READ);
    c->io.data = c;
    ev_io_start(c->net->loop, &c->io);
    conn_wait(c, WAIT_HEADERS);
}

void http_shut(conn *c)
{
    net *n = c->net;
    request *r = g_steal_pointer(&c->now);
    if (r) {
        request_lost(r);
        request_unref(r);
    }
    n->counts.http_open--;
    ev_io_stop(n->loop, &c->io);
    if (c->overdue && !r && (c->in || c->peeked > 0) && c->discard == 0) {
        g_autofree char *text = refusal_text(n, 408, "request_timeout");
        leave_forget(n->leave, c->fd);
        linger_take(n->linger, g_steal_fd(&c->fd), text);
    } else if (c->last && c->discard > 0) {
        leave_forget(n->leave, c->fd);
        linger_take(n->linger, g_steal_fd(&c->fd), NULL);
    }
    if (c->fd >= 0)
        close(c->fd);
    g_clear_pointer(&c->in, g_byte_array_unref);
    conn_free(c);
}
