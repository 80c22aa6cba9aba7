/* A body that is taken piece by piece, straight into the memory of whoever asked for it. */
#include "net/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void request_go_on(request *r)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!r->continued)
        send(r->conn->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    r->continued = true;
}

int64_t request_unread(const request *r)
{
    return (int64_t)r->body_left;
}

int64_t request_silent_ms(const request *r)
{
    return r->state == REQUEST_READING ? clock_mono_ms(r->net->clock) - r->moved_ms : 0;
}

bool request_read(request *r, void *into, gsize room, request_piece_fn fn, gpointer user)
{
    if (r->state == REQUEST_GONE)
        return false;
    g_assert(r->state == REQUEST_OPEN && room > 0 && r->body_left > 0);
    request_go_on(r);
    r->piece = (piece){.into = into, .room = room, .fn = fn, .user = user};
    r->state = REQUEST_READING;
    if (r->moved_ms == 0)
        r->moved_ms = clock_mono_ms(r->net->clock);
    conn_wait(r->conn, WAIT_STALL);
    http_reads(r->conn);
    return true;
}

gsize request_read_got(const request *r)
{
    return r->state == REQUEST_READING ? r->piece.got : 0;
}

gsize request_read_end(request *r)
{
    if (r->state != REQUEST_READING)
        return 0;
    gsize got = r->piece.got;
    r->piece = (piece){0};
    r->state = REQUEST_OPEN;
    conn_wait(r->conn, WAIT_NONE);
    http_reads(r->conn);
    return got;
}

/* The request may be answered and gone when this returns. */
static void hand_over(request *r)
{
    piece is = r->piece;
    r->piece = (piece){0};
    is.fn(r, is.got, is.user);
}

static gsize wanted(const request *r)
{
    return MIN(r->piece.room - r->piece.got, r->body_left);
}

static void came(request *r, gsize bytes)
{
    r->piece.got += bytes;
    r->body_left -= bytes;
    r->net->counts.body_bytes += bytes;
    r->moved_ms = clock_mono_ms(r->net->clock);
    if (wanted(r) > 0) {
        conn_wait(r->conn, WAIT_STALL);
        return;
    }
    conn_wait(r->conn, WAIT_NONE);
    r->state = REQUEST_OPEN;
    hand_over(r);
}

gsize body_eat(request *r, const guint8 *bytes, gsize length)
{
    gsize eaten = MIN(wanted(r), length);
    memcpy(r->piece.into + r->piece.got, bytes, eaten);
    came(r, eaten);
    return eaten;
}

/* Of a quick sender the loop wants to hear less often: turns cost more than bytes. */
static void expect(conn *c, gsize bytes)
{
    int least = (int)MAX(bytes, 1);
    if (least == MAX(c->least, 1))
        return;
    c->least = least;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

void body_expect_anything(conn *c)
{
    expect(c, 1);
}

void body_receive(conn *c)
{
    request *r = c->now;
    gsize room = MIN(wanted(r), NET_BODY_READ);
    ssize_t got = recv(c->fd, r->piece.into + r->piece.got, room, MSG_DONTWAIT);
    if (got > 0) {
        gsize left = r->body_left - (gsize)got;
        expect(c, got >= NET_BODY_QUICK ? MIN(left, NET_BODY_READ) : 1);
        came(r, (gsize)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        conn_doom(c);
    }
}

void body_lost(request *r)
{
    hand_over(r);
}
