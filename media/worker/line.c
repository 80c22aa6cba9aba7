#include "worker/line.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

struct line {
    int fd;
    wire_reader *reader;
    GByteArray *out;
    bool bell; /* owed */
};

line *line_new(int fd)
{
    line *l = g_new0(line, 1);
    l->fd = fd;
    l->reader = wire_reader_new();
    l->out = g_byte_array_new();
    return l;
}

void line_free(line *l)
{
    if (!l)
        return;
    wire_reader_free(l->reader);
    g_byte_array_unref(l->out);
    g_free(l);
}

bool line_read(line *l)
{
    uint8_t bytes[LINE_READ_BYTES];
    ssize_t got = recv(l->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0)
        wire_reader_push(l->reader, bytes, (gsize)got);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

const wire_message *line_next(line *l, GError **error)
{
    return wire_reader_next(l->reader, error);
}

static bool append(line *l, GBytes *message, gsize max)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(message, &size);
    bool room = l->out->len + size <= max;
    if (room)
        g_byte_array_append(l->out, bytes, (guint)size);
    g_bytes_unref(message);
    return room;
}

void line_flush(line *l)
{
    if (l->bell && !l->out->len) {
        l->bell = false;
        append(l, wire_encode_plain(WIRE_BELL), LINE_OUT_MAX);
    }
    if (!l->out->len)
        return;
    ssize_t sent = send(l->fd, l->out->data, l->out->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        g_byte_array_remove_range(l->out, 0, (guint)sent);
    else if (errno != EAGAIN && errno != EINTR)
        g_byte_array_set_size(l->out, 0); /* nobody listens any more; reading will say so */
}

void line_say(line *l, GBytes *message)
{
    append(l, message, LINE_OUT_MAX);
    line_flush(l);
}

bool line_feed(line *l, GBytes *message, gsize max)
{
    bool room = append(l, message, max);
    line_flush(l);
    return room;
}

void line_bell(line *l)
{
    l->bell = true;
    line_flush(l);
}

bool line_owes(const line *l)
{
    return l->bell || l->out->len;
}

void line_last_words(line *l)
{
    gint64 deadline = g_get_monotonic_time() + LINE_LAST_MS * 1000;
    line_flush(l);
    while (line_owes(l) && g_get_monotonic_time() < deadline) {
        struct pollfd p = {l->fd, POLLOUT, 0};
        if (poll(&p, 1, LINE_LAST_MS) > 0 && (p.revents & (POLLERR | POLLHUP)))
            return;
        line_flush(l);
    }
}
