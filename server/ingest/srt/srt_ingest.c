#include "ingest/srt/srt_ingest.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "ingest/srt/listener.h"
#include "ingest/srt/passphrase.h"
#include "ingest/srt/ts_entry.h"

#define SWEEP_MS 500

struct srt_ingest {
    const ingest_ops *ops;
    GBytes *secret; /* NULL: nobody encrypts */
    int64_t entryless_ms;
    door *door;
    srt_listener *listener;
    int bell;
    net_watch *watch;
    net_timer *sweep;
    GPtrArray *guests; /* of guest, owned */
    uint64_t opened, bytes;
    gint refused;       /* atomic: libsrt's thread counts too */
    ingest_health gone; /* what those who left had lost */
};

/* One caller that came through the handshake. */
typedef struct {
    ingest_publisher publisher; /* first: the table's pointer is the guest's */
    srt_ingest *ingest;
    inlet *inlet;
    bool accepted; /* the table took it and was not told of its end yet */
    bool closing;
    bool paused;
    bool over; /* its inlet has ended: to be freed */
    int64_t deadline_ms;
    GByteArray *batch; /* taken from the inlet, not yet handed on; NULL: none */
    gsize handed;      /* of batch */
    ts_entry *stream;
    GArray *entries;  /* of gsize: where in the batch a reader may begin, not yet handed on */
    int64_t entry_ms; /* monotonic: when the last one came, or the guest */
    char *why;        /* the house's reason for closing */
} guest;

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static void ring(const srt_ingest *ingest)
{
    const uint64_t one = 1;
    if (write(ingest->bell, &one, sizeof one) < 0)
        log_warn("srt", "the bell cannot be rung: %s", g_strerror(errno));
}

/* ---- what the house asks of a publisher ---- */

static void publisher_pause(ingest_publisher *publisher, bool paused)
{
    guest *g = (guest *)publisher;
    if (g->closing || g->paused == paused)
        return;
    g->paused = paused;
    g->deadline_ms = now_ms() + SRT_SILENCE_MS;
    if (!paused)
        ring(
            g->ingest); /* what waits is handed on with the next turn, never from inside this call */
}

static void publisher_close(ingest_publisher *publisher, const char *why)
{
    guest *g = (guest *)publisher;
    if (g->closing)
        return;
    g->closing = true;
    g->why = g_strdup(why);
    inlet_close(g->inlet);
}

static const char *publisher_peer(const ingest_publisher *publisher)
{
    return inlet_peer(((const guest *)publisher)->inlet);
}

static void publisher_health(const ingest_publisher *publisher, ingest_health *health)
{
    *health = inlet_health(((const guest *)publisher)->inlet);
}

static void tell_gone(guest *g, bool orderly, const char *why)
{
    if (!g->accepted)
        return;
    g->accepted = false;
    log_info("srt", "%s: publisher gone: %s", inlet_peer(g->inlet), why);
    g->ingest->ops->on_gone(g->ingest->ops->user, &g->publisher, orderly, why);
}

/* ---- a guest's life ---- */

static void guest_free(gpointer data)
{
    guest *g = data;
    g_clear_pointer(&g->batch, g_byte_array_unref);
    ts_entry_free(g->stream);
    g_array_unref(g->entries);
    inlet_unref(g->inlet);
    g_free(g->why);
    g_free(g);
}

static void guest_welcome(srt_ingest *ingest, inlet *from)
{
    const char *why = NULL;
    guest *g = g_new0(guest, 1);
    g->publisher = (ingest_publisher){.pause = publisher_pause,
                                      .close = publisher_close,
                                      .peer = publisher_peer,
                                      .health = publisher_health,
                                      .protocol = "srt"};
    g->ingest = ingest;
    g->inlet = from;
    g->stream = ts_entry_new();
    g->entries = g_array_new(FALSE, FALSE, sizeof(gsize));
    g->entry_ms = now_ms();
    g->deadline_ms = g->entry_ms + SRT_SILENCE_MS;
    g_ptr_array_add(ingest->guests, g);
    ingest->opened++;
    g->accepted = ingest->ops->on_publish(ingest->ops->user, &g->publisher, inlet_key(from), &why);
    if (g->accepted) {
        log_info("srt", "%s: publishing", inlet_peer(from));
        return;
    }
    g_atomic_int_inc(&ingest->refused);
    publisher_close(&g->publisher, why);
}

static gsize next_entry(const guest *g)
{
    return g->entries->len ? g_array_index(g->entries, gsize, 0) : G_MAXSIZE;
}

/* Up to the next place a reader may begin at, which begins a piece of its own. */
static ingest_piece cut_piece(guest *g)
{
    ingest_piece is = {.data = g->batch->data + g->handed, .entry = next_entry(g) == g->handed};
    if (is.entry) {
        is.tables_size = ts_entry_tables(g->stream, &is.tables);
        g_array_remove_index(g->entries, 0);
    }
    is.size = MIN(MIN(g->batch->len, next_entry(g)) - g->handed, WIRE_DATA_MAX);
    g->handed += is.size;
    return is;
}

/* Hands on what was taken, as long as the house wants more. False: something is left. */
static bool hand_on(guest *g)
{
    const ingest_ops *ops = g->ingest->ops;
    while (g->batch && !g->paused && !g->closing) {
        const ingest_piece piece = cut_piece(g);
        ops->on_data(ops->user, &g->publisher, &piece);
        if (g->handed == g->batch->len)
            g_clear_pointer(&g->batch, g_byte_array_unref);
    }
    return !g->batch;
}

static void look_for_entries(guest *g)
{
    const gsize anywhere = 0;
    g_array_set_size(g->entries, 0);
    ts_entry_read(g->stream, g->batch->data, g->batch->len, g->entries);
    if (g->entries->len)
        g->entry_ms = now_ms();
    else if (now_ms() - g->entry_ms > g->ingest->entryless_ms)
        g_array_append_val(g->entries, anywhere);
}

static void take_bytes(guest *g)
{
    g->handed = 0;
    g->batch = inlet_take(g->inlet);
    if (!g->batch)
        return;
    g->ingest->bytes += g->batch->len;
    g->deadline_ms = now_ms() + SRT_SILENCE_MS;
    look_for_entries(g);
    hand_on(g);
}

static void remember_losses(ingest_health *sum, const ingest_health *of)
{
    sum->packets += of->packets;
    sum->lost += of->lost;
    sum->retransmitted += of->retransmitted;
    sum->dropped += of->dropped;
}

static void look_for_end(guest *g)
{
    bool orderly;
    const char *why;
    if (!inlet_ended(g->inlet, &orderly, &why))
        return;
    const ingest_health health = inlet_health(g->inlet);
    remember_losses(&g->ingest->gone, &health);
    tell_gone(g, orderly && !g->why, g->why ? g->why : why);
    g->over = true;
}

static void guest_turn(guest *g)
{
    if (g->closing) { /* what still comes is nobody's; it must not hold up the end */
        g_clear_pointer(&g->batch, g_byte_array_unref);
        GByteArray *late = inlet_take(g->inlet);
        if (late)
            g_byte_array_unref(late);
    } else if (g->paused) {
        return;
    } else if (hand_on(g)) {
        take_bytes(g);
    }
    if (!g->batch)
        look_for_end(g);
}

/* ---- the bell ---- */

static void forget_the_gone(srt_ingest *ingest)
{
    for (guint i = ingest->guests->len; i-- > 0;)
        if (((guest *)g_ptr_array_index(ingest->guests, i))->over)
            g_ptr_array_remove_index_fast(ingest->guests, i);
}

static void turn(srt_ingest *ingest)
{
    inlet *arrived;
    while ((arrived = srt_listener_arrival(ingest->listener)))
        guest_welcome(ingest, arrived);
    for (guint i = 0; i < ingest->guests->len; i++)
        guest_turn(g_ptr_array_index(ingest->guests, i));
    forget_the_gone(ingest);
}

static void on_bell(guint events, gpointer data)
{
    (void)events;
    srt_ingest *ingest = data;
    uint64_t rung;
    if (read(ingest->bell, &rung, sizeof rung) == sizeof rung)
        turn(ingest);
}

static void sweep(gpointer data)
{
    srt_ingest *ingest = data;
    for (guint i = 0; i < ingest->guests->len; i++) {
        guest *g = g_ptr_array_index(ingest->guests, i);
        if (!g->closing && !g->paused && now_ms() >= g->deadline_ms)
            publisher_close(&g->publisher, "nothing was sent for 15 seconds");
    }
}

/* On libsrt's thread. */
static void on_refused(gpointer user, const char *peer, door_answer answer)
{
    srt_ingest *ingest = user;
    g_atomic_int_inc(&ingest->refused);
    log_info("srt", "%s was refused: %s", peer, door_answer_word(answer));
}

/* ---- beginning and end ---- */

srt_ingest *srt_ingest_new(net *loop, const srt_ingest_options *options, const ingest_ops *table,
                           int *bound_port, GError **error)
{
    srt_ingest *ingest = g_new0(srt_ingest, 1);
    ingest->ops = table;
    ingest->entryless_ms = options->entryless_ms ? options->entryless_ms : SRT_ENTRYLESS_MS;
    ingest->secret = options->secret ? g_bytes_ref(options->secret) : NULL;
    ingest->door = door_new();
    ingest->guests = g_ptr_array_new_with_free_func(guest_free);
    ingest->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ingest->bell < 0) {
        error_set(error, ERROR_STORAGE, "descriptors", NULL, "srt: no descriptor is left: %s",
                  g_strerror(errno));
        srt_ingest_free(ingest);
        return NULL;
    }
    const srt_listener_options below = {.bind = options->bind,
                                        .port = options->port,
                                        .latency_ms = options->latency_ms,
                                        .door = ingest->door,
                                        .bell = ingest->bell,
                                        .on_refused = on_refused,
                                        .user = ingest};
    ingest->listener = srt_listener_new(&below, bound_port, error);
    if (!ingest->listener) {
        srt_ingest_free(ingest);
        return NULL;
    }
    ingest->watch = net_watch_new(loop, ingest->bell, NET_READ, on_bell, ingest);
    ingest->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, ingest);
    return ingest;
}

void srt_ingest_free(srt_ingest *ingest)
{
    if (!ingest)
        return;
    net_timer_free(ingest->sweep);
    net_watch_free(ingest->watch);
    srt_listener_free(ingest->listener);
    for (guint i = 0; i < ingest->guests->len; i++)
        tell_gone(g_ptr_array_index(ingest->guests, i), false, "the server is going down");
    g_ptr_array_unref(ingest->guests);
    door_free(ingest->door);
    g_clear_pointer(&ingest->secret, g_bytes_unref);
    close(ingest->bell);
    g_free(ingest);
}

void srt_ingest_admit(srt_ingest *ingest, const char *key)
{
    if (!ingest)
        return;
    g_autofree char *passphrase = ingest->secret ? srt_passphrase(ingest->secret, key) : NULL;
    door_admit(ingest->door, key, passphrase);
}

void srt_ingest_expel(srt_ingest *ingest, const char *key)
{
    if (ingest)
        door_expel(ingest->door, key);
}

/* ---- numbers ---- */

void srt_ingest_metrics(const srt_ingest *ingest, GString *out)
{
    ingest_health sum = ingest->gone;
    double worst_rtt_ms = 0;
    for (guint i = 0; i < ingest->guests->len; i++) {
        const guest *g = g_ptr_array_index(ingest->guests, i);
        const ingest_health is = inlet_health(g->inlet);
        remember_losses(&sum, &is);
        sum.bitrate_bps += is.bitrate_bps;
        worst_rtt_ms = MAX(worst_rtt_ms, is.rtt_ms);
    }
    metric_gauge(out, "jiangtang_srt_connections", "Encoders connected over SRT",
                 ingest->guests->len);
    metric_counter(out, "jiangtang_srt_connections_total", "SRT connections taken",
                   (double)ingest->opened);
    metric_counter(out, "jiangtang_srt_refused_total", "SRT callers refused",
                   g_atomic_int_get(&ingest->refused));
    metric_counter(out, "jiangtang_srt_bytes_total", "Bytes received over SRT",
                   (double)ingest->bytes);
    metric_gauge(out, "jiangtang_srt_bitrate_bps", "Bits received in the last second",
                 (double)sum.bitrate_bps);
    metric_gauge(out, "jiangtang_srt_rtt_ms_worst", "Longest round trip in milliseconds",
                 worst_rtt_ms);
    metric_counter(out, "jiangtang_srt_packets_total", "Packets received", (double)sum.packets);
    metric_counter(out, "jiangtang_srt_packets_lost_total", "Packets missed at first",
                   (double)sum.lost);
    metric_counter(out, "jiangtang_srt_packets_retransmitted_total", "Packets received again",
                   (double)sum.retransmitted);
    metric_counter(out, "jiangtang_srt_packets_dropped_total", "Packets that came too late",
                   (double)sum.dropped);
}
