/*
 * The one event loop: listeners, HTTP requests, direct writes, WebSockets, raw sockets, timers,
 * mail.
 *
 * The only room that knows libwebsockets (on libev). It knows no routes' meaning, no JSON, no
 * people.
 *
 * Runs on: the loop thread, but for net_post() and net_stop(), which any thread may call.
 * Memory:  you own what net_new() returns; requests are counted (request_ref), everything else
 *          lives until its
 *          close callback has returned.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"

#define NET_HEADERS_MAX 8192    /* request line and headers; larger: 431 and closed */
#define NET_HEADERS_MS 10000    /* headers must be whole by then; 408 and closed */
#define NET_BODY_STALL_MS 15000 /* a body in either direction that does not move: closed */
#define NET_IDLE_MS 65000       /* keep-alive without a request: closed */
#define NET_TURN_MS 5           /* a longer loop turn is logged with its cause */
/* bytes a slow WebSocket reader may owe; over it is cut (1008) */
#define NET_WS_QUEUE_MAX (256 * 1024)
/* bytes the kernel may hold for it before it counts as behind */
#define NET_WS_UNSENT_MAX (64 * 1024)
#define NET_WS_MESSAGE_MAX 16384 /* bytes of one incoming message; over it is cut (1009) */
#define NET_WS_PING_MS 25000     /* and no pong for twice as long: cut */
#define NET_MAIL_MAX 65536       /* messages waiting for the loop: past it the poster waits */

typedef struct net net;
typedef struct request request;
typedef struct ws ws;
typedef struct raw raw;

typedef struct {
    const char *bind; /* "127.0.0.1", "0.0.0.0", "::" */
    int port;         /* 0: any free one, see net_port() */
} net_options;

/* STORAGE-free: CONFLICT error when the port is taken, with the port in the sentence. */
net *net_new(const net_options *options, base_clock *clock, GError **error);
void net_free(net *net); /* NULL is fine */
int net_port(const net *net);
/* until net_stop(); every connection is closed, and told so, before it returns */
void net_run(net *net);
void net_stop(net *net); /* any thread, or a signal watcher */

/*
 * Any thread: runs fn(data) on the loop, in the order posted by that thread. False: the loop is
 * over, fn will not be called and data is still yours.
 */
bool net_post(net *net, void (*fn)(gpointer data), gpointer data);

/* Loop-side signals (SIGTERM, SIGINT, SIGHUP). */
void net_on_signal(net *net, int signal_number, void (*fn)(gpointer data), gpointer data);

/* ---- requests ---- */

typedef void (*request_fn)(request *request, gpointer user);

/*
 * Pattern segments: "/api/v1/classes/{id}/close"; a last segment "{rest...}" takes the remaining
 * path with its slashes. A literal segment beats a placeholder. A body up to body_max bytes is
 * collected first; a larger one is answered 413. Known path, other method: 405 with Allow. HEAD is
 * answered by the GET handler without its body.
 */
void net_route(net *net, const char *method, const char *pattern, gsize body_max, request_fn fn,
               gpointer user);
/* Answers what no route takes (404 page or problem); one per net. */
void net_route_default(net *net, request_fn fn, gpointer user);

const char *request_method(const request *request);
const char *request_path(const request *request);
/* percent-decoded; NULL: none */
const char *request_param(const request *request, const char *name);
const char *request_query(const request *request, const char *name); /* decoded; NULL: none */
/* lower-case name; NULL: none */
const char *request_header(const request *request, const char *name);
const char *request_cookie(const request *request, const char *name); /* NULL: none */
/* numeric address, X-Forwarded-For unread */
const char *request_peer(const request *request);
GBytes *request_body(const request *request); /* borrowed; never NULL */

/* ---- bodies too big to collect ---- */

/*
 * A route whose body is not collected: fn is called as soon as the head is whole, with
 * request_body() empty. Whoever answers now or later without having read refuses before the body is
 * sent: a client that waits for "100 Continue" does not get it. A body of unknown length is 411.
 */
void net_route_streamed(net *net, const char *method, const char *pattern, request_fn fn,
                        gpointer user);

/* Bytes of a streamed body that were declared and not read yet. */
int64_t request_unread(const request *request);

/*
 * Reads on until `room` bytes (at least 1) lie at `into`, or the body has ended, or the client has
 * left (request_gone() tells), then calls fn with how many came. Nothing is read between two calls:
 * that is how a slow taker holds a fast sender. `into` is net's until then. One at a time; only
 * while request_unread() > 0. While it reads, request_on_gone() is silent: fn is told instead.
 * False: the client has left, fn will not be called.
 */
typedef void (*request_piece_fn)(request *request, gsize got, gpointer user);
bool request_read(request *request, void *into, gsize room, request_piece_fn fn, gpointer user);
gsize request_read_got(const request *request); /* bytes that lie there by now; 0: nobody reads */
/* Takes the memory back before that; fn will not be called. How many bytes had come. */
gsize request_read_end(request *request);
/* Milliseconds since the sender last moved, while we read; else 0. */
int64_t request_silent_ms(const request *request);

/*
 * A request may be kept (parked, sent round the clerk) with a reference; each must be answered once
 * or be gone.
 */
request *request_ref(request *request);
void request_unref(request *request);
bool request_gone(const request *request); /* the client left: an answer is dropped silently */
/* Called once if the client leaves before the answer; cleared by answering. */
void request_on_gone(request *request, void (*fn)(gpointer data), gpointer data);

/*
 * Answers. `headers` is zero or more "Name: value\r\n" lines or NULL; Content-Length, Date, Server
 * and the strict security headers (CSP is the caller's) come from net. `body` may be NULL.
 */
void request_reply(request *request, int status, const char *content_type, const char *headers,
                   GBytes *body);

/* The same bytes for many: a prebuilt head and body made once by net_blob() and shared. */
GBytes *net_blob(int status, const char *content_type, const char *headers, GBytes *body);
void request_reply_blob(request *request, GBytes *blob);

/*
 * A slice of a file, by sendfile on cleartext. Borrows the fd until on_sent, which is called once in
 * any case, also when the client left halfway: sent = body bytes handed to the kernel.
 */
void request_reply_file(request *request, int status, const char *content_type, const char *headers,
                        int fd, int64_t offset, int64_t length,
                        void (*on_sent)(int64_t sent, gpointer data), gpointer data);

/* ---- WebSockets ---- */

typedef struct {
    /*
     * Return false to refuse the handshake (403). Cookies, headers and query may be read from
     * `request`.
     */
    bool (*accept)(const request *request, gpointer user);
    void (*on_open)(ws *socket, const request *request, gpointer user);
    /* whole message, NUL behind it */
    void (*on_text)(ws *socket, const char *text, gsize length, gpointer user);
    void (*on_writable)(ws *socket, gpointer user); /* after ws_send() said WS_LATER: room again */
    void (*on_close)(ws *socket, gpointer user);    /* last call; the pointer is dead afterwards */
} ws_ops;

void net_ws(net *net, const char *path, const char *subprotocol, const ws_ops *ops, gpointer user);

typedef enum { WS_SENT, WS_LATER, WS_CUT } ws_sent;

/* A text message framed once, to be sent to many. */
GBytes *ws_frame(const char *text, gsize length);
/*
 * Sends a frame at once when the socket is empty. WS_LATER: not taken; on_writable will follow (the
 * caller keeps its own cursor). WS_CUT: the socket is being closed.
 */
ws_sent ws_send(ws *socket, GBytes *frame);
/*
 * Small answers to one member: queued in order up to NET_WS_QUEUE_MAX, then the socket is cut
 * (false).
 */
bool ws_answer(ws *socket, const char *text, gsize length);
void ws_close(ws *socket, int code, const char *reason); /* on_close follows */
void ws_set_data(ws *socket, gpointer data);
gpointer ws_data(const ws *socket);
const char *ws_peer(const ws *socket);
/* Milliseconds (monotonic) since the socket could last take everything; 0: it is keeping up. */
int64_t ws_behind_ms(const ws *socket);

/* ---- raw TCP, for ingest ---- */

typedef struct {
    void (*on_open)(raw *socket, gpointer user);
    void (*on_bytes)(raw *socket, const uint8_t *bytes, gsize length, gpointer user);
    void (*on_close)(raw *socket, gpointer user); /* last call */
} raw_ops;

/* CONFLICT error when the port is taken. port 0: any; *bound_port is set. */
bool net_raw_listen(net *net, const char *bind, int port, const raw_ops *ops, gpointer user,
                    int *bound_port, GError **error);
/*
 * The same behind TLS 1.2 or 1.3, with PEM files that are read again when they change. INPUT error
 * when they cannot be used.
 */
bool net_raw_listen_tls(net *net, const char *bind, int port, const char *chain_file,
                        const char *key_file, const raw_ops *ops, gpointer user, int *bound_port,
                        GError **error);
/* queued up to 1 MiB, then closed */
void raw_send(raw *socket, const uint8_t *bytes, gsize length);
void raw_pause(raw *socket, bool paused); /* stop or go on reading; soft by one read */
/* after what is queued; on_close follows, never from inside this call */
void raw_close(raw *socket);
void raw_set_data(raw *socket, gpointer data);
gpointer raw_data(const raw *socket);
const char *raw_peer(const raw *socket);
bool raw_is_secure(const raw *socket); /* it came through TLS */
/* There and back, smoothed by the system; 0: not known. */
double raw_round_trip_ms(const raw *socket);

/* ---- timers and other descriptors ---- */

typedef struct net_timer net_timer;
/* every_ms 0: once. The callback may free its timer. */
net_timer *net_timer_new(net *net, int64_t first_ms, int64_t every_ms, void (*fn)(gpointer data),
                         gpointer data);
void net_timer_free(net_timer *timer); /* NULL is fine; also when the net is gone already */

typedef enum { NET_READ = 1, NET_WRITE = 2 } net_events;
typedef struct net_watch net_watch;
net_watch *net_watch_new(net *net, int fd, guint events, void (*fn)(guint events, gpointer data),
                         gpointer data);
void net_watch_set(net_watch *watch, guint events);
void net_watch_free(net_watch *watch); /* NULL is fine, also after the net; does not close the fd */

/* "Not Found"; "Error" for one this house never sends. */
const char *net_status_phrase(int status);
/* Numbers for /metrics, appended in Prometheus text format. */
void net_metrics(const net *net, GString *out);

#endif
