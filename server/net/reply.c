#include "net/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"

const char *net_status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } known[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {460, "Checksum Mismatch"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {507, "Insufficient Storage"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].status == status)
            return known[i].phrase;
    return status < 400 ? "OK" : "Error";
}

/* The head without the date: it goes in behind the status line when the answer is sent. */
static void head_append(GString *out, int status, const char *content_type, const char *headers,
                        gint64 length)
{
    g_string_append_printf(out, "HTTP/1.1 %d %s\r\n", status, net_status_phrase(status));
    g_string_append(out, "Server: jiangtang\r\n"
                         "X-Content-Type-Options: nosniff\r\n"
                         "Referrer-Policy: same-origin\r\n");
    if (content_type)
        g_string_append_printf(out, "Content-Type: %s\r\n", content_type);
    if (status != 204 && status != 304)
        g_string_append_printf(out, "Content-Length: %" G_GINT64_FORMAT "\r\n", length);
    if (headers)
        g_string_append(out, headers);
    g_string_append(out, "\r\n");
}

void out_clear(request *r)
{
    outgoing *o = &r->out;
    void (*on_sent)(int64_t sent, gpointer data) = o->on_sent;
    o->on_sent = NULL;
    g_clear_pointer(&o->head, g_bytes_unref);
    g_clear_pointer(&o->body, g_bytes_unref);
    if (on_sent)
        on_sent(o->file_sent, o->on_sent_data);
}

/* ---- sending ---- */

static gsize cut(struct iovec *part, const void *bytes, gsize length, gsize *skip)
{
    gsize left = length > *skip ? length - *skip : 0;
    part->iov_base = (char *)bytes + length - left;
    part->iov_len = left;
    *skip -= length - left;
    return left;
}

static gsize out_parts(const outgoing *o, struct iovec parts[4])
{
    const char *head = g_bytes_get_data(o->head, NULL);
    gsize body_bytes = 0;
    const void *body = o->body ? g_bytes_get_data(o->body, &body_bytes) : NULL;
    if (!body) /* an empty one has no address, and even + 0 wants one */
        body = "";
    gsize skip = o->offset;
    gsize left = cut(&parts[0], head, o->status_line, &skip);
    left += cut(&parts[1], o->stamp, o->stamp_bytes, &skip);
    left += cut(&parts[2], head + o->status_line, o->head_bytes - o->status_line, &skip);
    return left + cut(&parts[3], body, body_bytes, &skip);
}

static void note_sent(request *r, gsize bytes)
{
    r->net->counts.bytes_sent += bytes;
}

typedef enum { PUSH_DONE, PUSH_LATER, PUSH_BROKEN } pushed;

static pushed push_memory(request *r)
{
    outgoing *o = &r->out;
    struct iovec parts[4];
    while (out_parts(o, parts) > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};
        ssize_t sent =
            sendmsg(r->conn->fd, &message, MSG_NOSIGNAL | (o->file_left > 0 ? MSG_MORE : 0));
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN ? PUSH_LATER : PUSH_BROKEN;
        o->offset += sent;
        note_sent(r, sent);
    }
    return PUSH_DONE;
}

static pushed push_file(request *r)
{
    outgoing *o = &r->out;
    int64_t slice = NET_SEND_SLICE;
    while (o->file_left > 0) {
        off_t at = o->file_at;
        ssize_t sent = slice > 0 ? sendfile(r->conn->fd, o->fd, &at, MIN(o->file_left, slice)) : -1;
        if (slice <= 0 || (sent < 0 && errno == EAGAIN))
            return PUSH_LATER;
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent == 0)
            log_error("net", "a file became shorter while it was sent (%s)", request_path(r));
        if (sent <= 0)
            return PUSH_BROKEN;
        o->file_at += sent;
        o->file_left -= sent;
        o->file_sent += sent;
        slice -= sent;
        note_sent(r, sent);
    }
    return PUSH_DONE;
}

bool request_push(request *r)
{
    const outgoing *o = &r->out;
    guint64 before = o->offset + (guint64)o->file_sent;
    pushed p = push_memory(r);
    if (p == PUSH_DONE)
        p = push_file(r);
    bool moved = o->offset + (guint64)o->file_sent != before;
    if (p == PUSH_DONE)
        r->state = REQUEST_SENT;
    else if (p == PUSH_LATER && (moved || r->conn->wait != WAIT_STALL))
        conn_wait(r->conn, WAIT_STALL);
    return p != PUSH_BROKEN;
}

/* ---- answering ---- */

static void stamp(request *r)
{
    outgoing *o = &r->out;
    const char *date = net_date(r->net);
    o->stamp_bytes = strlen(date);
    memcpy(o->stamp, date, o->stamp_bytes);
    if (r->keep)
        return;
    static const char close_line[] = "Connection: close\r\n";
    memcpy(o->stamp + o->stamp_bytes, close_line, sizeof close_line - 1);
    o->stamp_bytes += sizeof close_line - 1;
}

static void answer(request *r, int status)
{
    conn *c = r->conn;
    r->state = REQUEST_SENDING;
    r->on_gone = NULL;
    r->net->counts.by_class[CLAMP(status / 100, 0, 5)]++;
    /* Whether a body that nobody asked for still comes is not known: only a new connection is sure. */
    if (r->body_left > NET_SWALLOW_MAX || !r->continued)
        r->keep = false;
    stamp(r);
    if (!request_push(r))
        conn_doom(c);
    else if (!c->feeding)
        http_answered(c);
}

/* False: there is nobody to answer, or it was answered. */
static bool answerable(const request *r)
{
    if (r->state == REQUEST_GONE)
        return false;
    g_return_val_if_fail(r->state == REQUEST_OPEN && r->conn, false);
    return true;
}

static bool head_only(const request *r)
{
    return strcmp(request_method(r), "HEAD") == 0;
}

static void take_head(request *r, int status, const char *content_type, const char *headers,
                      int64_t length)
{
    GString *head = g_string_sized_new(512);
    head_append(head, status, content_type, headers, length);
    outgoing *o = &r->out;
    o->status_line = strchr(head->str, '\n') - head->str + 1;
    o->head_bytes = head->len;
    o->head = g_string_free_to_bytes(head);
}

void request_reply(request *r, int status, const char *content_type, const char *headers,
                   GBytes *body)
{
    if (!answerable(r))
        return;
    gsize length = body ? g_bytes_get_size(body) : 0;
    take_head(r, status, content_type, headers, length);
    if (length > 0 && !head_only(r))
        r->out.body = g_bytes_ref(body);
    answer(r, status);
}

GBytes *net_blob(int status, const char *content_type, const char *headers, GBytes *body)
{
    gsize length = 0;
    const char *bytes = body ? g_bytes_get_data(body, &length) : NULL;
    GString *blob = g_string_sized_new(length + 512);
    head_append(blob, status, content_type, headers, length);
    if (length > 0)
        g_string_append_len(blob, bytes, length);
    return g_string_free_to_bytes(blob);
}

void request_reply_blob(request *r, GBytes *blob)
{
    if (!answerable(r))
        return;
    gsize length;
    const char *bytes = g_bytes_get_data(blob, &length);
    outgoing *o = &r->out;
    o->head = g_bytes_ref(blob);
    o->status_line = (const char *)memchr(bytes, '\n', length) - bytes + 1;
    o->head_bytes = length;
    if (head_only(r))
        o->head_bytes = (const char *)memmem(bytes, length, "\r\n\r\n", 4) - bytes + 4;
    answer(r, (int)g_ascii_strtoll(bytes + strlen("HTTP/1.1 "), NULL, 10));
}

void request_reply_file(request *r, int status, const char *content_type, const char *headers,
                        int fd, int64_t offset, int64_t length,
                        void (*on_sent)(int64_t sent, gpointer data), gpointer data)
{
    outgoing *o = &r->out;
    if (!answerable(r)) {
        on_sent(0, data);
        return;
    }
    take_head(r, status, content_type, headers, length);
    o->fd = fd;
    o->file_at = offset;
    o->file_left = head_only(r) ? 0 : length;
    o->on_sent = on_sent;
    o->on_sent_data = data;
    answer(r, status);
}

/* ---- what net itself has to say ---- */

static GBytes *refusal_body(int status, const char *code)
{
    char *body =
        g_strdup_printf("{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"}",
                        net_status_phrase(status), status, code);
    return g_bytes_new_take(body, strlen(body));
}

void request_refuse(request *r, int status, const char *code, const char *headers)
{
    g_autoptr(GBytes) body = refusal_body(status, code);
    r->state = REQUEST_OPEN;
    r->net->counts.refused++;
    request_reply(r, status, "application/problem+json", headers, body);
}

char *refusal_text(net *n, int status, const char *code)
{
    g_autoptr(GBytes) body = refusal_body(status, code);
    g_autofree char *headers = g_strconcat(net_date(n), "Connection: close\r\n", NULL);
    GString *all = g_string_new(NULL);
    head_append(all, status, "application/problem+json", headers, g_bytes_get_size(body));
    g_string_append_len(all, g_bytes_get_data(body, NULL), g_bytes_get_size(body));
    n->counts.refused++;
    return g_string_free(all, FALSE);
}
