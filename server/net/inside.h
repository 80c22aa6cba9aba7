/*
 * What the files of net share among themselves; no other room reads it.
 *
 * A conn is one accepted socket, whatever is spoken on it. HTTP is read and answered here, straight
 * on the socket; a WebSocket or raw socket belongs to libwebsockets, and its conn lives exactly as
 * long as its wsi. A request or a ws hangs on a conn and may outlive it (requests are counted),
 * then with conn == NULL.
 *
 * libwebsockets 4.1.6 is given rules it does not know by itself: its timers are cleared (they are a
 * sorted list, walked per insert; our deadlines stand in deadline.c), and a wsi is never killed
 * from inside a callback: conn_doom() lists it and the end of the turn closes it.
 *
 * Runs on: the loop, but for mail.c and pool.c as they say.
 * Memory:  net owns conns; a conn owns its request reference, its ws and its raw.
 */
#ifndef NET_INSIDE_H
#define NET_INSIDE_H

#include <ev.h>
#include <libwebsockets.h>
#include <netinet/in.h>

#include "net/head.h"
#include "net/net.h"
#include "net/router.h"
#include "net/tls.h"

#define NET_SEND_SLICE                                                                             \
    (1024 * 1024)               /* bytes of one response per loop turn: others want to be heard */
#define NET_ACCEPTS_PER_TURN 64 /* new connections per listener and turn */
#define NET_SWEEP_MS 250        /* how late a deadline may be noticed */
#define NET_SWALLOW_MAX                                                                            \
    (64 * 1024) /* unread request bytes taken in silence so that the connection may stay */
#define NET_LINGER_MS 2000 /* a refused sender may read the answer that long while it still sends */
#define NET_LINGER_MAX 256 /* such sockets at once; over it the oldest is closed */
#define NET_CLOSE_MS                                                                               \
    5000 /* a closing WebSocket or raw socket has that long to take its last bytes */
#define NET_RAW_QUEUE_MAX (1024 * 1024)
#define NET_READ_BYTES 16384 /* read from a socket at once */
#define NET_BODY_READ                                                                              \
    (512 * 1024) /* of a streamed body, per loop turn and connection: others want to be heard */
#define NET_BODY_QUICK                                                                             \
    (64 * 1024) /* whose socket gives so much at once is read NET_BODY_READ at a time, if it may */

typedef struct conn conn;
typedef struct listener listener;
typedef struct endpoint endpoint;
typedef struct leave leave;
typedef struct lingering lingering;
typedef struct mail mail;

/* ---- who is waited for, and how long (deadline.c) ---- */

typedef enum {
    WAIT_NONE,
    WAIT_HEADERS,
    WAIT_IDLE,
    WAIT_STALL,
    WAIT_PING,
    WAIT_CLOSE,
    WAIT_KINDS
} wait_kind;

typedef struct {
    GQueue by_kind
        [WAIT_KINDS]; /* of conn; equal patience, so each is in order of its due time by itself */
    GQueue fresh;     /* of conn: accepted since the last sweep, lws has armed a timer of its own */
    ev_timer sweep;
} deadlines;

void deadlines_start(net *net);
void deadlines_stop(net *net);
void conn_wait(conn *c,
               wait_kind kind); /* WAIT_NONE: for nothing; again with the same kind: from now on */

/* ---- the net ---- */

typedef struct {
    guint64 accepted, requests, by_class[6], bytes_sent, ws_opened, ws_cut, refused, turns_long;
    guint64 body_bytes; /* of streamed bodies */
    guint64 http_open, ws_open, raw_open;
    gint64 turn_worst_us;
} net_counts;

/* Whose work a long turn was. */
typedef struct {
    ev_prepare before_poll;
    ev_check after_poll;
    gint64 began_us, began_cpu_us, since_us, worst_us;
    const char *now, *worst; /* names: static or owned by a route */
    gint64 logged_us;
    guint unlogged;
} turn_watch;

struct net {
    struct ev_loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost; /* made by net_run(): the subprotocols are known by then */
    struct lws_protocols *protocols;
    base_clock *clock;
    GThread *thread; /* the one inside net_run() */
    router *router;
    request_fn default_fn;
    gpointer default_user;
    GPtrArray *listeners; /* of listener */
    GPtrArray *endpoints; /* of endpoint */
    GPtrArray *signals;
    GQueue timers, watches; /* of net_timer, net_watch: they may be freed after the net */
    GQueue conns;           /* of conn, all */
    GQueue doomed;          /* of conn: closed when this turn ends */
    conn *adopting;
    deadlines deadlines;
    leave *leave;
    lingering *linger;
    mail *mail;
    ev_async halt; /* net_stop() rings it */
    turn_watch turn;
    net_counts counts;
    int64_t date_s;
    char date[40]; /* "Date: ...\r\n" of date_s */
    bool stopping;
};

/* Names what runs now, for the log of a long turn. */
void net_turn(net *net, const char *name);
const char *net_date(net *net);

/* ---- a connection (conn.c) ---- */

typedef enum { CONN_HTTP, CONN_RAW } conn_origin;

struct conn {
    net *net;
    listener *from;
    struct lws *wsi; /* NULL: the socket is ours */
    int fd;          /* closed by lws when there is a wsi */
    char peer[INET6_ADDRSTRLEN];
    GList all, waits, dooms; /* links: net->conns, deadlines.by_kind, net->doomed */
    wait_kind wait;
    int64_t due_ms;
    bool doomed, overdue; /* it will be closed; its patience ran out */
    /* HTTP */
    ev_io io;       /* readable; or room for the rest of an answer */
    GByteArray *in; /* read and not understood yet; NULL: nothing */
    int peeked;     /* bytes of a head seen so far, while it is not whole */
    int least;      /* bytes in the socket that make it readable (SO_RCVLOWAT); 0: any */
    gsize discard;  /* bytes of a refused body still to be thrown away */
    bool feeding;   /* answers wait until the reader has come back */
    bool last;      /* nothing more is read as a request */
    bool left;      /* the client has closed its side */
    bool proxied;   /* a proxy's: its next head may be anybody's, and a handshake */
    request *now;
    /* what became of it */
    endpoint *upgrading;
    bool paused;
    ws *ws;
    raw *raw;
};

conn *conn_new(net *net, listener *from, int fd, const struct sockaddr *peer);
void conn_free(conn *c);
void conn_doom(conn *c);              /* closed at the end of this turn; fine to say twice */
void conn_pause(conn *c, bool pause); /* stop or go on reading */
void doomed_close(net *net);

/* ---- listening (listen.c) ---- */

struct listener {
    net *net;
    int fd;
    ev_io readable;
    ev_timer again; /* after the process ran out of descriptors */
    conn_origin origin;
    raw_ops raw;
    gpointer user;
    tls_certificate *certificate; /* NULL: in clear */
};

listener *listener_open(net *net, const char *address, int port, conn_origin origin,
                        GError **error);
void listener_free(gpointer listener);
int listener_port(const listener *listener);

/* ---- giving a socket to lws (adopt.c) ---- */

/*
 * As the vhost's protocol of that name; NULL: as HTTP, for a handshake. c may be dead afterwards.
 */
void conn_adopt(conn *c, const char *protocol);

/* ---- HTTP (http.c, request.c, body.c, reply.c) ---- */

typedef struct {
    request_fn fn;
    gpointer user;
    gsize body_max;
    bool streamed; /* the body is not collected: request_read() */
    char *name;    /* "GET /media/{title}/{rest...}" */
} route;

typedef enum {
    REQUEST_BODY,    /* it is being collected */
    REQUEST_OPEN,    /* a handler has it */
    REQUEST_READING, /* a handler has it and waits for a piece of its body */
    REQUEST_SENDING,
    REQUEST_SENT,
    REQUEST_GONE
} request_state;

typedef struct said {
    struct said *next;
    char kind; /* 'q'uery, 'c'ookie */
    char *value;
    char name[];
} said;

/*
 * An answer on its way: a status line, the date, the rest of the head and a body in memory or in a
 * file.
 */
typedef struct {
    GBytes *head, *body;
    gsize status_line; /* bytes of `head` before the date goes in */
    gsize head_bytes;  /* of `head` that are sent (a blob's head only, for HEAD) */
    char stamp[80];    /* Date, and Connection: close when it is the last */
    gsize stamp_bytes;
    gsize offset; /* bytes sent of head, stamp and body together */
    int fd;       /* borrowed until on_sent */
    int64_t file_at, file_left, file_sent;
    void (*on_sent)(int64_t sent, gpointer data);
    gpointer on_sent_data;
} outgoing;

/* A piece of a streamed body on its way to who asked for it. */
typedef struct {
    guint8 *into;
    gsize room, got;
    request_piece_fn fn;
    gpointer user;
} piece;

struct request {
    gint refs; /* the loop's thread only */
    net *net;
    conn *conn; /* NULL once answered or gone */
    request_state state;
    head *head;
    char peer[INET6_ADDRSTRLEN];
    route *route; /* NULL: the default */
    const char *const *names;
    char *values[ROUTER_PARAMS_MAX];
    said *said;
    GByteArray *collected;
    gsize body_left; /* declared and not read yet */
    bool continued;  /* "100 Continue" was said, or needed not be */
    piece piece;     /* of REQUEST_READING */
    int64_t
        moved_ms; /* when bytes of it last came, or were first asked for; 0: not asked for yet */
    GBytes *body;
    bool keep;
    void (*on_gone)(gpointer data);
    gpointer on_gone_data;
    outgoing out;
};

request *request_new(conn *c, head *head); /* takes the head */
void request_take_match(request *r, const router_match *match);
void request_lost(request *r); /* the client left: tells on_gone, frees what was being sent */
void request_refuse(request *r, int status, const char *code, const char *headers);
bool request_push(request *r); /* sends on; false: the connection is broken */
void out_clear(request *r);
void request_go_on(request *r); /* says "100 Continue" to who waits for it */
/* The client has left, and nothing it sent before is still wanted. */
bool request_deserted(const request *r);
/* Of a REQUEST_READING: takes from these bytes, tells how many; reads from its socket; its client left. */
gsize body_eat(request *r, const guint8 *bytes, gsize length);
void body_receive(conn *c);
void body_expect_anything(conn *c); /* the loop hears of any byte again */
void body_lost(request *r);
char *refusal_text(net *n, int status, const char *code); /* a whole response; you own it */

void http_begin(conn *c);    /* a new connection */
void http_answered(conn *c); /* its request has been answered while nobody was feeding it */
void http_reads(conn *c);    /* its request began or ended to wait for its body */
void http_shut(conn *c);     /* closes it now, with a parting word if one is owed; c is dead */

/* ---- WebSockets (ws.c) ---- */

struct endpoint {
    char *path, *subprotocol;
    ws_ops ops;
    gpointer user;
};

void endpoint_free(gpointer endpoint);
endpoint *endpoint_at(net *net, const char *path);
/* 0: this request may become a WebSocket; else the status it is refused with. */
int ws_refusal(const request *r, const endpoint *e);
int on_handshake(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t length);
void ws_patience(conn *c, int64_t now_ms);
int on_ws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

/* ---- raw sockets (raw.c) ---- */

int on_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

/* ---- side works ---- */

leave *leave_new(net *net); /* who left while we were not reading */
void leave_free(leave *l);
void leave_watch(leave *l, conn *c);
void leave_forget(leave *l, int fd);

lingering *linger_new(net *net); /* sockets that may still read our refusal */
void linger_free(lingering *l);
/* Takes the fd; goodbye (may be NULL) is sent first. */
void linger_take(lingering *l, int fd, const char *goodbye);

void watches_detach(net *net); /* timers, descriptors and signals ring no more */

mail *mail_new(net *net);
void mail_close(mail *m); /* whoever waits to post goes on; nothing is taken any more */
void mail_free(mail *m);
guint mail_waiting(const mail *m);
void mail_drain(mail *m); /* on the loop's thread: what lies there is run now */
/* net_post() that tells: false, and nothing kept, once the mail is closed. */
bool mail_post(mail *m, void (*fn)(gpointer data), gpointer data);

#endif
