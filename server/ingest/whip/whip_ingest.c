#include "ingest/whip/whip_ingest.h"

#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/metric.h"
#include "ingest/whip/addresses.h"
#include "ingest/whip/lobby.h"
#include "ingest/whip/sdp.h"

#define SWEEP_MS 250
#define MEASURE_MS 1000
#define ID_BYTES 16
#define ETAG_BYTES 8
#define SILENCE "nothing arrived for 3 seconds"

typedef enum {
    ASKED,    /* the receiver has the offer */
    ANSWERED, /* the publisher has the answer */
    ON,       /* the table has the publisher */
    QUIET,    /* nothing came for a while: the table was told of a loss */
    OVER,     /* freed at the next sweep */
} session_state;

typedef struct session session;

/* A receiver, from its start to its end; a session's, or the spare. */
typedef struct {
    whip_ingest *ingest;
    crew_hand *hand;
    session *owner; /* NULL: the spare */
} receiver;

struct session {
    ingest_publisher publisher; /* first: the table's pointer is the session's */
    whip_ingest *ingest;
    session_state state;
    char id[2 * ID_BYTES + 1], etag[2 * ETAG_BYTES + 1];
    char *class_id, *key, *peer, *host;
    sdp_offer offer;
    receiver *receiver;     /* NULL: gone */
    lobby_guest *guest;     /* NULL: not yet, or no more */
    whip_answered answered; /* NULL: it has been called */
    gpointer user;
    bool owes_gone;             /* the table took the publisher and was not told of its end yet */
    char *why;                  /* of OVER */
    bool paused, torn;          /* torn: frames were left out, go on at a keyframe */
    GBytes *track[2];           /* configurations by wire_track; NULL: none */
    int64_t since_ms, frame_ms; /* monotonic: of this state; of the last frame */
    /* what the way is like */
    uint64_t bytes, measured_bytes, lost, retransmitted;
    int64_t measured_ms, bits_per_s;
};

struct whip_ingest {
    net *loop;
    crew *crew;
    const ingest_ops *ops;
    lobby *lobby;
    GStrv addresses;
    char *bind;
    int port;
    GPtrArray *sessions; /* of session, owned */
    receiver *spare;     /* NULL: none */
    int64_t wanted_ms;   /* when a receiver was last needed */
    struct {
        int64_t ms;
        char class_id[33];
    } recent[WHIP_OFFERS_MAX]; /* the last offers taken; a ring */
    net_timer *sweep;
    uint64_t offers, taken, refused, bytes, pictures, keyframes, lost, retransmitted;
};

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static void random_hex(char *out, gsize bytes)
{
    uint8_t random[ID_BYTES];
    if (getrandom(random, bytes, 0) != (ssize_t)bytes)
        g_error("the kernel gives no random bytes");
    for (gsize i = 0; i < bytes; i++)
        g_snprintf(out + 2 * i, 3, "%02x", random[i]);
}

/* ---- states ---- */

static void set_state(session *s, session_state to, const char *why)
{
    static const char *const words[] = {"asked", "answered", "on", "quiet", "over"};
    static const bool lawful[][OVER + 1] = {
        [ASKED] = {[ANSWERED] = true, [OVER] = true},
        [ANSWERED] = {[ON] = true, [OVER] = true},
        [ON] = {[QUIET] = true, [OVER] = true},
        [QUIET] = {[ON] = true, [OVER] = true},
        [OVER] = {false},
    };
    g_return_if_fail(lawful[s->state][to]);
    log_info("whip", "session %.8s of class %s (%s): %s > %s%s%s", s->id, s->class_id, s->peer,
             words[s->state], words[to], why ? ": " : "", why ? why : "");
    s->state = to;
    s->since_ms = now_ms();
}

static void answer(session *s, const whip_answer *with, const GError *error)
{
    whip_answered fn = s->answered;
    s->answered = NULL;
    if (fn)
        fn(s->user, with, error);
}

static void answer_refused(session *s, const char *why)
{
    g_autoptr(GError) error = NULL;
    if (!s->answered)
        return;
    error_set(&error, ERROR_PEER, "whip_receiver", NULL, "The offer could not be answered: %s",
              why);
    answer(s, NULL, error);
}

static void receiver_dismiss(receiver *r)
{
    if (!r)
        return;
    crew_disown(r->hand);
    crew_retire(r->hand, WIRE_LEAVE);
    g_free(r);
}

static void tell_gone(session *s, bool orderly, const char *why)
{
    if (!s->owes_gone)
        return;
    s->owes_gone = false;
    s->ingest->ops->on_gone(s->ingest->ops->user, &s->publisher, orderly, why);
}

/* Whatever it was doing, it does no more. The table is told by whoever calls this. */
static void session_stop(session *s, const char *why)
{
    if (s->state == OVER)
        return;
    s->why = g_strdup(why);
    set_state(s, OVER, why);
    lobby_dismiss(s->guest);
    s->guest = NULL;
    receiver_dismiss(s->receiver);
    s->receiver = NULL;
    answer_refused(s, why);
}

static void session_end(session *s, bool orderly, const char *why)
{
    session_stop(s, why);
    tell_gone(s, orderly, s->why);
}

static void session_free(gpointer data)
{
    session *s = data;
    g_clear_pointer(&s->track[WIRE_VIDEO], g_bytes_unref);
    g_clear_pointer(&s->track[WIRE_AUDIO], g_bytes_unref);
    g_free(s->class_id);
    g_free(s->key);
    g_free(s->peer);
    g_free(s->host);
    g_free(s->why);
    g_free(s);
}

/* ---- what the house asks of a publisher ---- */

static void ask_key(session *s)
{
    g_autoptr(GBytes) order = wire_encode_plain(WIRE_KEYFRAME);
    if (s->receiver)
        crew_send(s->receiver->hand, order);
}

/* A publisher of WebRTC cannot be held: what comes meanwhile is left out, up to a keyframe. */
static void publisher_pause(ingest_publisher *publisher, bool paused)
{
    session *s = (session *)publisher;
    s->paused = paused;
    if (!paused && s->torn)
        ask_key(s);
}

static void publisher_close(ingest_publisher *publisher, const char *why)
{
    session_stop((session *)publisher, why); /* the table hears of it in the next sweep */
}

static const char *publisher_peer(const ingest_publisher *publisher)
{
    return ((const session *)publisher)->peer;
}

static void publisher_health(const ingest_publisher *publisher, ingest_health *health)
{
    const session *s = (const session *)publisher;
    *health = (ingest_health){.bitrate_bps = s->bits_per_s,
                              .latency_ms = WHIP_LATENCY_MS,
                              .lost = s->lost + s->retransmitted,
                              .retransmitted = s->retransmitted,
                              .dropped = s->lost};
    if (!s->guest)
        return;
    health->rtt_ms = MAX(lobby_round_trip_ms(s->guest), 0);
    health->packets = lobby_packets(s->guest);
}

/* ---- tracks and frames ---- */

static void tell_track(session *s, wire_track track)
{
    gsize size = 0;
    const uint8_t *config = g_bytes_get_data(s->track[track], &size);
    s->ingest->ops->on_track(s->ingest->ops->user, &s->publisher, track,
                             track == WIRE_VIDEO ? WIRE_CODEC_H264 : WIRE_CODEC_AAC, config, size);
}

/* Another session with the same key that is on air or was: this one is the newer. */
static void end_older(session *s)
{
    const GPtrArray *all = s->ingest->sessions;
    for (guint i = 0; i < all->len; i++) {
        session *other = g_ptr_array_index(all, i);
        if (other != s && other->state == QUIET && g_str_equal(other->key, s->key))
            session_end(other, false, "another publisher took over");
    }
}

/* The first track, or the first frame after a silence: the table takes the publisher, or not. */
static void go_on(session *s)
{
    const char *why = NULL;
    s->publisher.returning = s->state == QUIET;
    if (!s->publisher.returning)
        end_older(s);
    s->paused = false;
    set_state(s, ON, NULL);
    s->owes_gone = s->ingest->ops->on_publish(s->ingest->ops->user, &s->publisher, s->key, &why);
    if (!s->owes_gone) {
        s->ingest->refused++;
        session_end(s, false, why);
        return;
    }
    for (wire_track track = WIRE_VIDEO; track <= WIRE_AUDIO; track++)
        if (s->track[track] && s->state == ON)
            tell_track(s, track);
    s->torn = s->track[WIRE_VIDEO] != NULL;
    if (s->torn)
        ask_key(s);
}

static void take_track(session *s, const wire_message *m)
{
    g_clear_pointer(&s->track[m->track], g_bytes_unref);
    s->track[m->track] = g_bytes_new(m->data, m->size);
    s->frame_ms = now_ms();
    s->torn = s->torn || m->track == WIRE_VIDEO; /* a configuration begins at a keyframe */
    if (s->state == ANSWERED || s->state == QUIET)
        go_on(s);
    else if (s->state == ON)
        tell_track(s, m->track);
}

static void count_frame(session *s, const wire_message *m)
{
    whip_ingest *all = s->ingest;
    bool picture = m->track == WIRE_VIDEO, key = picture && m->key;
    s->frame_ms = now_ms();
    s->bytes += m->size;
    all->bytes += m->size;
    all->pictures += picture;
    all->keyframes += key;
}

/* Is this frame of use after those that were left out? */
static bool mends(session *s, const wire_message *m)
{
    if (s->paused) {
        s->torn = true;
        return false;
    }
    if (m->track == WIRE_VIDEO && m->key)
        s->torn = false;
    return !s->torn || m->track == WIRE_AUDIO;
}

static void take_frame(session *s, const wire_message *m)
{
    count_frame(s, m);
    if (s->state == QUIET)
        go_on(s);
    if (s->state == ON && s->track[m->track] && mends(s, m))
        s->ingest->ops->on_frame(s->ingest->ops->user, &s->publisher, m->track, m->key, m->pts_ms,
                                 m->dts_ms, m->data, m->size);
}

static void take_counts(session *s, const wire_message *m)
{
    s->ingest->lost += m->lost - MIN(s->lost, m->lost);
    s->ingest->retransmitted += m->retransmitted - MIN(s->retransmitted, m->retransmitted);
    s->lost = m->lost;
    s->retransmitted = m->retransmitted;
}

/* ---- the answer ---- */

static void take_answer(session *s, const wire_message *m)
{
    char ufrag[SDP_ICE_MAX + 1], password[SDP_ICE_MAX + 1];
    g_autoptr(GError) error = NULL;
    whip_ingest *all = s->ingest;
    const char *sdp = (const char *)m->data;
    if (s->state != ASKED)
        return;
    if (sdp_read_answer(sdp, m->size, ufrag, password, &error))
        s->guest = lobby_admit(all->lobby, ufrag, password, m->port, &error);
    if (!s->guest) {
        session_end(s, false, error->message);
        return;
    }
    g_auto(GStrv) addresses =
        addresses_to_offer((const char *const *)all->addresses, all->bind, s->host);
    g_autofree char *text =
        sdp_write_answer(sdp, m->size, &s->offer, (const char *const *)addresses, all->port);
    const whip_answer with = {.session = s->id, .etag = s->etag, .sdp = text};
    set_state(s, ANSWERED, NULL);
    answer(s, &with, NULL);
}

/* ---- receivers ---- */

static void keep_spare(whip_ingest *ingest);

static void on_message(crew_hand *hand, const wire_message *m, gpointer user)
{
    (void)hand;
    session *s = ((receiver *)user)->owner;
    whip_ingest *ingest = ((receiver *)user)->ingest;
    if (!s || s->state == OVER)
        return;
    if (m->kind == WIRE_ANSWER) {
        take_answer(s, m);
        keep_spare(ingest);
    } else if (m->kind == WIRE_TRACK)
        take_track(s, m);
    else if (m->kind == WIRE_FRAME)
        take_frame(s, m);
    else if (m->kind == WIRE_COUNTS)
        take_counts(s, m);
    else if (m->kind == WIRE_NOTE)
        log_info("whip", "session %.8s: %s", s->id, m->note);
}

static void on_hand_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand, (void)done;
    receiver *r = user;
    session *s = r->owner;
    if (r == r->ingest->spare) {
        r->ingest->spare = NULL;
        log_warn("whip", "the receiver that stood by is gone: %s", why);
    }
    g_free(r);
    if (!s)
        return;
    s->receiver = NULL;
    session_end(s, false, why);
}

static const crew_ops hand_ops = {.on_message = on_message, .on_gone = on_hand_gone};

static receiver *receiver_new(whip_ingest *ingest, GError **error)
{
    receiver *r = g_new0(receiver, 1);
    r->ingest = ingest;
    r->hand = crew_stand_by(ingest->crew, &hand_ops, r, error);
    if (r->hand)
        return r;
    g_free(r);
    return NULL;
}

/* The spare, or a new one. */
static receiver *receiver_take(whip_ingest *ingest, GError **error)
{
    receiver *r = ingest->spare ? ingest->spare : receiver_new(ingest, error);
    ingest->spare = NULL;
    ingest->wanted_ms = now_ms();
    return r;
}

/* The next offer is answered quickly. Without one, it is answered all the same. */
static void keep_spare(whip_ingest *ingest)
{
    g_autoptr(GError) error = NULL;
    if (!ingest->spare && !(ingest->spare = receiver_new(ingest, &error)))
        log_info("whip", "no receiver can stand by: %s", error->message);
}

/* ---- offers ---- */

static session *find(const whip_ingest *ingest, const char *class_id, const char *id,
                     GError **error)
{
    for (guint i = 0; i < ingest->sessions->len; i++) {
        session *s = g_ptr_array_index(ingest->sessions, i);
        if (s->state != OVER && g_str_equal(s->id, id) && g_str_equal(s->class_id, class_id))
            return s;
    }
    error_set(error, ERROR_MISSING, "whip_session", NULL, "There is no such session (any more)");
    return NULL;
}

static void end_unfinished(whip_ingest *ingest, const char *key)
{
    for (guint i = 0; i < ingest->sessions->len; i++) {
        session *s = g_ptr_array_index(ingest->sessions, i);
        bool unfinished = s->state == ASKED || s->state == ANSWERED;
        if (unfinished && g_str_equal(s->key, key))
            session_end(s, false, "another offer came with the same key");
    }
}

static guint sessions_alive(const whip_ingest *ingest)
{
    guint alive = 0;
    for (guint i = 0; i < ingest->sessions->len; i++)
        alive += ((session *)g_ptr_array_index(ingest->sessions, i))->state != OVER;
    return alive;
}

static session *session_new(whip_ingest *ingest, const whip_caller *caller, const sdp_offer *offer)
{
    session *s = g_new0(session, 1);
    s->publisher = (ingest_publisher){.pause = publisher_pause,
                                      .close = publisher_close,
                                      .peer = publisher_peer,
                                      .health = publisher_health,
                                      .protocol = "whip"};
    s->ingest = ingest;
    random_hex(s->id, ID_BYTES);
    s->publisher.session = s->id;
    random_hex(s->etag, ETAG_BYTES);
    s->class_id = g_strdup(caller->class_id);
    s->key = g_strdup(caller->key);
    s->peer = g_strdup(caller->peer);
    s->host = g_strdup(caller->host);
    s->offer = *offer;
    s->since_ms = s->measured_ms = now_ms();
    g_ptr_array_add(ingest->sessions, s);
    return s;
}

static bool too_fast(whip_ingest *ingest, const char *class_id, GError **error)
{
    int64_t now = now_ms();
    guint all = 0, same = 0;
    for (guint i = 0; i < MIN(ingest->taken, WHIP_OFFERS_MAX); i++) {
        if (now - ingest->recent[i].ms >= WHIP_OFFERS_MS)
            continue;
        all++;
        same += g_str_equal(ingest->recent[i].class_id, class_id);
    }
    if (all >= WHIP_OFFERS_MAX || same >= WHIP_OFFERS_CLASS) {
        error_set(error, ERROR_BUSY, "whip_too_fast", NULL,
                  "Too many offers at once; try again in a moment");
        return true;
    }
    guint at = ingest->taken++ % WHIP_OFFERS_MAX;
    ingest->recent[at].ms = now;
    g_strlcpy(ingest->recent[at].class_id, class_id, sizeof ingest->recent[at].class_id);
    return false;
}

static bool is_full(const whip_ingest *ingest, GError **error)
{
    if (sessions_alive(ingest) < WHIP_SESSIONS_MAX)
        return false;
    error_set(error, ERROR_BUSY, "whip_full", NULL, "%d browsers are publishing already",
              WHIP_SESSIONS_MAX);
    return true;
}

static void send_offer(const session *s, const sdp_offer *offer)
{
    g_autofree char *text = sdp_write_offer(offer);
    g_autoptr(GBytes) order = wire_encode_offer(text, strlen(text));
    crew_send(s->receiver->hand, order);
}

bool whip_ingest_offer(whip_ingest *ingest, const whip_caller *caller, const char *sdp, gsize size,
                       whip_answered answered, gpointer user, GError **error)
{
    g_autofree sdp_offer *offer = g_new0(sdp_offer, 1);
    ingest->offers++;
    if (!sdp_read_offer(sdp, size, offer, error)) {
        ingest->refused++;
        return false;
    }
    if (too_fast(ingest, caller->class_id, error))
        return false;
    end_unfinished(ingest, caller->key);
    if (is_full(ingest, error))
        return false;
    receiver *r = receiver_take(ingest, error);
    if (!r)
        return false;
    session *s = session_new(ingest, caller, offer);
    s->receiver = r;
    r->owner = s;
    s->answered = answered;
    s->user = user;
    send_offer(s, offer);
    return true;
}

bool whip_ingest_trickle(whip_ingest *ingest, const char *class_id, const char *id,
                         const char *etag, const char *fragment, gsize size, GError **error)
{
    char ufrag[SDP_ICE_MAX + 1];
    const session *s = find(ingest, class_id, id, error);
    if (!s || !sdp_read_fragment(fragment, size, ufrag, error))
        return false;
    if (g_str_equal(etag, "*") || (*ufrag && !g_str_equal(ufrag, s->offer.ufrag))) {
        error_set(error, ERROR_INPUT, "ice_restart", NULL,
                  "ICE restarts are not taken here: send a new offer with the same key");
        return false;
    }
    if (g_str_equal(etag, s->etag))
        return true;
    error_set(error, ERROR_CONFLICT, "whip_etag", NULL, "This is for another ICE session");
    return false;
}

bool whip_ingest_end(whip_ingest *ingest, const char *class_id, const char *id, GError **error)
{
    session *s = find(ingest, class_id, id, error);
    if (s)
        session_end(s, true, "it said goodbye");
    return s != NULL;
}

/* ---- by the clock ---- */

static void measure(session *s, int64_t now)
{
    int64_t passed = now - s->measured_ms;
    if (passed < MEASURE_MS)
        return;
    s->bits_per_s = (int64_t)(s->bytes - s->measured_bytes) * 8 * 1000 / passed;
    s->measured_bytes = s->bytes;
    s->measured_ms = now;
}

static void watch_over(session *s, int64_t now)
{
    if (s->state == ASKED && now - s->since_ms >= WHIP_ANSWER_MS)
        session_end(s, false, "the receiver did not answer in time");
    else if (s->state == ANSWERED && now - s->since_ms >= WHIP_CONNECT_MS)
        session_end(s, false, "no picture and no sound arrived");
    else if (s->state == QUIET && now - s->frame_ms >= WHIP_LOST_MS)
        session_end(s, false, "nothing came back");
    else if (s->state == ON && now - s->frame_ms >= WHIP_SILENCE_MS) {
        set_state(s, QUIET, SILENCE);
        tell_gone(s, false, SILENCE);
    }
}

static void sweep(gpointer data)
{
    whip_ingest *ingest = data;
    int64_t now = now_ms();
    for (guint i = ingest->sessions->len; i-- > 0;) {
        session *s = g_ptr_array_index(ingest->sessions, i);
        measure(s, now);
        watch_over(s, now);
        if (s->state != OVER)
            continue;
        tell_gone(s, false, s->why);
        g_ptr_array_remove_index_fast(ingest->sessions, i);
    }
    if (ingest->spare && now - ingest->wanted_ms >= WHIP_SPARE_MS) {
        receiver_dismiss(ingest->spare);
        ingest->spare = NULL;
    }
}

/* ---- all of them ---- */

whip_ingest *whip_ingest_new(net *loop, crew *crew, const whip_options *options,
                             const ingest_ops *table, int *bound_port, GError **error)
{
    whip_ingest *ingest = g_new0(whip_ingest, 1);
    ingest->loop = loop;
    ingest->crew = crew;
    ingest->ops = table;
    ingest->bind = g_strdup(options->bind);
    ingest->sessions = g_ptr_array_new_with_free_func(session_free);
    ingest->addresses = addresses_read(options->addresses, error);
    if (ingest->addresses)
        ingest->lobby = lobby_new(loop, options->bind, options->port, bound_port, error);
    if (!ingest->lobby) {
        whip_ingest_free(ingest);
        return NULL;
    }
    ingest->port = *bound_port;
    ingest->sweep = net_timer_new(loop, SWEEP_MS, SWEEP_MS, sweep, ingest);
    return ingest;
}

void whip_ingest_free(whip_ingest *ingest)
{
    if (!ingest)
        return;
    net_timer_free(ingest->sweep);
    for (guint i = 0; i < ingest->sessions->len; i++)
        session_end(g_ptr_array_index(ingest->sessions, i), false, "the server is going down");
    receiver_dismiss(ingest->spare);
    g_ptr_array_unref(ingest->sessions);
    lobby_free(ingest->lobby);
    g_strfreev(ingest->addresses);
    g_free(ingest->bind);
    g_free(ingest);
}

void whip_ingest_metrics(const whip_ingest *ingest, GString *out)
{
    metric_gauge(out, "jiangtang_whip_sessions", "Browsers that publish",
                 (double)sessions_alive(ingest));
    metric_counter(out, "jiangtang_whip_offers_total", "Offers received", (double)ingest->offers);
    metric_counter(out, "jiangtang_whip_refused_total", "Offers refused", (double)ingest->refused);
    metric_counter(out, "jiangtang_whip_bytes_total", "Bytes of frames received",
                   (double)ingest->bytes);
    metric_counter(out, "jiangtang_whip_pictures_total", "Pictures received",
                   (double)ingest->pictures);
    metric_counter(out, "jiangtang_whip_keyframes_total", "Keyframes received",
                   (double)ingest->keyframes);
    metric_counter(out, "jiangtang_whip_lost_packets_total", "Packets lost for good",
                   (double)ingest->lost);
    metric_counter(out, "jiangtang_whip_retransmitted_packets_total",
                   "Packets sent again by browsers", (double)ingest->retransmitted);
    lobby_metrics(ingest->lobby, out);
}
