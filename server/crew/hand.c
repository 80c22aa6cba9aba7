#include "crew/hand.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#define READ_BYTES (64 * 1024)
#define READS_AFTER_DEATH 64 /* what a dead worker may still have said */
#define DRAINED (CREW_QUEUE_MAX / 8)
#define RETIRE_TURNS 4 /* how often a worker that still takes its queue gets CREW_RETIRE_MS */

struct crew_hand {
    crew_loop loop;
    spawned worker;
    int32_t cost, source_cost;
    const crew_ops *ops; /* NULL: disowned */
    gpointer user;
    void (*on_dead)(crew_hand *hand, gpointer owner);
    gpointer owner;
    gpointer socket_watch, death_watch; /* NULL: not watched */
    gpointer retire_timer, stall_timer; /* NULL: not set */
    bool took;                          /* some of its queue, since one of them was set */
    guint retire_turns;
    wire_reader *reader; /* NULL: it spoke nonsense */
    GQueue queue;        /* of GBytes, the first sent up to `offset` */
    gsize offset, owed;
    bool full;                    /* crew_send() said so; on_drained is owed */
    bool done;                    /* it said DONE */
    char sentence[WIRE_NOTE_MAX]; /* its last one; a FAILED is not overwritten */
    bool failed;
    bool may_feed; /* a receiver */
    bool offline, held;
    char *verdict; /* why we ended it; NULL: we did not */
};

static void on_socket(guint events, gpointer data);
static void on_death(guint events, gpointer data);

crew_hand *hand_new(const crew_loop *loop, const spawned *worker, const crew_ops *ops,
                    gpointer user, void (*on_dead)(crew_hand *hand, gpointer owner), gpointer owner)
{
    crew_hand *hand = g_new0(crew_hand, 1);
    hand->loop = *loop;
    hand->worker = *worker;
    hand->ops = ops;
    hand->user = user;
    hand->on_dead = on_dead;
    hand->owner = owner;
    hand->reader = wire_reader_new();
    g_queue_init(&hand->queue);
    hand->socket_watch = loop->watch_new(loop->loop, worker->socket, CREW_READ, on_socket, hand);
    hand->death_watch = loop->watch_new(loop->loop, worker->pidfd, CREW_READ, on_death, hand);
    return hand;
}

void hand_employ(crew_hand *hand, const crew_ops *ops, gpointer user)
{
    hand->ops = ops;
    hand->user = user;
}

void hand_set_cost(crew_hand *hand, int32_t cost)
{
    hand->cost = cost;
}

void hand_set_source_cost(crew_hand *hand, int32_t cost)
{
    hand->source_cost = cost;
}

int32_t hand_cost(const crew_hand *hand)
{
    return hand->cost + hand->source_cost;
}

void hand_set_offline(crew_hand *hand)
{
    hand->offline = true;
}

bool hand_is_offline(const crew_hand *hand)
{
    return hand->offline;
}

void crew_hold(crew_hand *hand, bool held)
{
    if (held == hand->held || !hand->offline || (held && hand->retire_timer))
        return;
    hand->held = held;
    kill(-hand->worker.pid, held ? SIGSTOP : SIGCONT);
}

static void timer_clear(crew_hand *hand, gpointer *timer)
{
    if (*timer)
        hand->loop.timer_free(*timer);
    *timer = NULL;
}

static void socket_close(crew_hand *hand)
{
    if (hand->socket_watch)
        hand->loop.watch_free(hand->socket_watch);
    hand->socket_watch = NULL;
    if (hand->worker.socket >= 0)
        close(hand->worker.socket);
    hand->worker.socket = -1;
}

static void hand_free(crew_hand *hand)
{
    socket_close(hand);
    hand->loop.watch_free(hand->death_watch);
    close(hand->worker.pidfd);
    timer_clear(hand, &hand->retire_timer);
    timer_clear(hand, &hand->stall_timer);
    wire_reader_free(hand->reader);
    g_queue_clear_full(&hand->queue, (GDestroyNotify)g_bytes_unref);
    g_free(hand->verdict);
    g_free(hand);
}

void hand_may_feed(crew_hand *hand)
{
    hand->may_feed = true;
}

int hand_socket(const crew_hand *hand)
{
    return hand->worker.socket;
}

int hand_pidfd(const crew_hand *hand)
{
    return hand->worker.pidfd;
}

bool hand_wants_write(const crew_hand *hand)
{
    return hand->owed > 0;
}

int crew_pid(const crew_hand *hand)
{
    return hand->worker.pid;
}

void crew_disown(crew_hand *hand)
{
    hand->ops = NULL;
}

/* ---- its end ---- */

/* The worker and whatever it started: its group has its number, which stands until it is reaped. */
static void kill_group(crew_hand *hand)
{
    kill(-hand->worker.pid, SIGKILL);
}

static void end(crew_hand *hand, const char *verdict)
{
    if (!hand->verdict)
        hand->verdict = g_strdup(verdict);
    kill_group(hand);
}

void crew_kill(crew_hand *hand)
{
    end(hand, NULL);
}

static void set_timer(crew_hand *hand, gpointer *timer, int64_t ms, void (*fn)(gpointer data))
{
    timer_clear(hand, timer);
    *timer = hand->loop.timer_new(hand->loop.loop, ms, 0, fn, hand);
    hand->took = false;
}

static void on_retire_late(gpointer data)
{
    crew_hand *hand = data;
    if (hand->took && ++hand->retire_turns < RETIRE_TURNS)
        set_timer(hand, &hand->retire_timer, CREW_RETIRE_MS, on_retire_late);
    else
        end(hand, "did not leave in time");
}

static void on_stall_late(gpointer data)
{
    crew_hand *hand = data;
    if (hand->took)
        set_timer(hand, &hand->stall_timer, CREW_STALL_MS, on_stall_late);
    else
        end(hand, "took nothing of its queue for too long");
}

/* The kernel's account of the death, in words. */
static char *cause(const crew_hand *hand, const siginfo_t *info)
{
    g_autofree char *how =
        g_strdup_printf("%s %d", info->si_code == CLD_EXITED ? "exit" : "signal", info->si_status);
    if (hand->verdict)
        return g_strdup_printf("%s: %s", how, hand->verdict);
    if (hand->sentence[0] && !hand->done)
        return g_strdup_printf("%s: %s", how, hand->sentence);
    return g_steal_pointer(&how);
}

static bool read_some(crew_hand *hand);

bool hand_reap(crew_hand *hand)
{
    siginfo_t info = {0};
    id_t worker = (id_t)hand->worker.pidfd;
    if (waitid(P_PIDFD, worker, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return false;
    kill_group(hand);
    waitid(P_PIDFD, worker, &info, WEXITED | WNOHANG);
    for (guint i = 0; i < READS_AFTER_DEATH && read_some(hand); i++)
        ;
    hand->on_dead(hand, hand->owner);
    bool done = hand->done && info.si_code == CLD_EXITED && info.si_status == 0;
    g_autofree char *why = cause(hand, &info);
    log_debug("crew", "worker %d: %s", (int)hand->worker.pid, why);
    if (hand->ops)
        hand->ops->on_gone(hand, done, why, hand->user);
    hand_free(hand);
    return true;
}

static void on_death(guint events, gpointer data)
{
    (void)events;
    hand_reap(data);
}

/* ---- what it says ---- */

static void nonsense(crew_hand *hand, const char *what)
{
    g_autofree char *verdict = g_strdup_printf("spoke nonsense: %s", what);
    end(hand, verdict);
    g_clear_pointer(&hand->reader, wire_reader_free);
    socket_close(hand);
}

static void note(crew_hand *hand, const wire_message *message)
{
    if (message->kind == WIRE_FAILED)
        hand->failed = true;
    else if (message->kind != WIRE_NOTE || hand->failed)
        return;
    g_strlcpy(hand->sentence, message->note, sizeof hand->sentence);
}

static bool may_say(const crew_hand *hand, wire_kind kind)
{
    bool feeds = kind == WIRE_TRACK || kind == WIRE_FRAME;
    return kind >= WIRE_READY || (hand->may_feed && feeds);
}

static void take_messages(crew_hand *hand)
{
    g_autoptr(GError) error = NULL;
    const wire_message *message;
    while (hand->reader && (message = wire_reader_next(hand->reader, &error))) {
        if (!may_say(hand, message->kind)) {
            nonsense(hand, "it gave the server an order");
            return;
        }
        note(hand, message);
        hand->done = hand->done || message->kind == WIRE_DONE;
        if (hand->ops)
            hand->ops->on_message(hand, message, hand->user);
    }
    if (error)
        nonsense(hand, error->message);
}

/* One read. False: there is nothing more for now. */
static bool read_some(crew_hand *hand)
{
    uint8_t bytes[READ_BYTES];
    if (hand->worker.socket < 0)
        return false;
    ssize_t n = read(hand->worker.socket, bytes, sizeof bytes);
    if (n > 0) {
        wire_reader_push(hand->reader, bytes, (gsize)n);
        take_messages(hand);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    socket_close(hand); /* it hung up: its death follows, or is helped */
    if (!hand->retire_timer)
        set_timer(hand, &hand->retire_timer, CREW_RETIRE_MS, on_retire_late);
    return false;
}

/* ---- its queue ---- */

static void queue_advance(crew_hand *hand, gsize sent)
{
    GBytes *first = g_queue_peek_head(&hand->queue);
    hand->offset += sent;
    hand->owed -= sent;
    hand->took = true;
    if (hand->offset < g_bytes_get_size(first))
        return;
    hand->offset = 0;
    g_bytes_unref(g_queue_pop_head(&hand->queue));
}

static void write_some(crew_hand *hand)
{
    while (hand->worker.socket >= 0 && !g_queue_is_empty(&hand->queue)) {
        gsize size;
        const uint8_t *bytes = g_bytes_get_data(g_queue_peek_head(&hand->queue), &size);
        ssize_t n =
            send(hand->worker.socket, bytes + hand->offset, size - hand->offset, MSG_NOSIGNAL);
        if (n < 0)
            break; /* full, or dead: the watches will say */
        queue_advance(hand, (gsize)n);
    }
    if (hand->socket_watch)
        hand->loop.watch_set(hand->socket_watch, CREW_READ | (hand->owed ? CREW_WRITE : 0));
}

static void tell_drained(crew_hand *hand)
{
    if (!hand->full || hand->owed > DRAINED)
        return;
    hand->full = false;
    timer_clear(hand, &hand->stall_timer);
    if (hand->ops && hand->ops->on_drained)
        hand->ops->on_drained(hand, hand->user);
}

void hand_move(crew_hand *hand)
{
    write_some(hand);
    tell_drained(hand);
    read_some(hand);
}

static void on_socket(guint events, gpointer data)
{
    crew_hand *hand = data;
    if (events & CREW_WRITE) {
        write_some(hand);
        tell_drained(hand);
    }
    if (events & CREW_READ)
        read_some(hand);
}

bool crew_send(crew_hand *hand, GBytes *message)
{
    if (hand->worker.socket < 0)
        return true; /* it is going: on_gone follows */
    hand->owed += g_bytes_get_size(message);
    if (hand->owed > CREW_QUEUE_MAX) {
        hand->owed -= g_bytes_get_size(message);
        end(hand, "its queue ran over");
        return false;
    }
    g_queue_push_tail(&hand->queue, g_bytes_ref(message));
    if (g_queue_get_length(&hand->queue) == 1)
        write_some(hand);
    if (hand->owed <= CREW_QUEUE_MAX / 2)
        return true;
    hand->full = true;
    if (!hand->stall_timer)
        set_timer(hand, &hand->stall_timer, CREW_STALL_MS, on_stall_late);
    return false;
}

void crew_retire(crew_hand *hand, wire_kind how)
{
    if (hand->retire_timer)
        return;
    crew_hold(hand, false);
    g_autoptr(GBytes) message = wire_encode_plain(how);
    crew_send(hand, message);
    set_timer(hand, &hand->retire_timer, CREW_RETIRE_MS, on_retire_late);
}
