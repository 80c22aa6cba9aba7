#include "base/log.h"
#include "live/inside.h"

/* Why this class takes nobody; NULL: it does. */
static const char *refusal(const stage *s)
{
    if (s->live->draining)
        return "the server is restarting: try again in a moment";
    if (s->is.pattern)
        return "this class makes its own picture";
    if (s->is.state == CLASS_CLOSING || s->is.state == CLASS_CLOSED)
        return "this class is over";
    if (s->is.state == CLASS_FAILED &&
        clock_mono_ms(s->live->clock) - s->failed_ms < LIVE_DEATHS_MS)
        return "the class failed a moment ago: see its page";
    return NULL;
}

const char *live_refusal(live *house, const char *id)
{
    const stage *s = g_hash_table_lookup(house->by_id, id);
    return s ? refusal(s) : "there is no such class";
}

static void attach(stage *s, ingest_publisher *publisher)
{
    g_autofree char *name =
        g_strdup_printf("%s %s", publisher->protocol, publisher->peer(publisher));
    stage_detach(s, "another encoder took over with the same key");
    stage_leave(s);
    s->publisher = publisher;
    s->heard_ms = clock_mono_ms(s->live->clock);
    publisher->claim = s;
    text_copy(s->is.publisher, sizeof s->is.publisher, name);
    if (s->hand) /* one writer per title: not a frame is read until the old worker is gone */
        stage_pause(s, true);
}

static bool on_publish(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why)
{
    live *house = user;
    stage *s = g_hash_table_lookup(house->by_key, key);
    *why = s ? refusal(s) : "bad key";
    if (!*why && publisher->returning && s->publisher)
        *why = "another encoder took over meanwhile";
    if (*why) {
        house->refusals++;
        log_info("live", "%s %s was refused: %s", publisher->protocol, publisher->peer(publisher),
                 *why);
        return false;
    }
    attach(s, publisher);
    if (s->is.state == CLASS_FAILED)
        stage_move(s, s->is.started_ms ? CLASS_INTERRUPTED : CLASS_WAITING);
    else if (s->is.state == CLASS_PLANNED)
        stage_move(s, CLASS_WAITING);
    return true;
}

static void on_track(gpointer user, ingest_publisher *publisher, wire_track track, wire_codec codec,
                     const uint8_t *config, gsize size)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    g_clear_pointer(&s->track[track], g_bytes_unref);
    s->track[track] = wire_encode_track(track, codec, config, size);
    if (s->mood == HAND_WORKING)
        crew_send(s->hand, s->track[track]);
    else if (!s->hand && !s->rehire)
        stage_hire(s);
}

static void on_frame(gpointer user, ingest_publisher *publisher, wire_track track, bool key,
                     int64_t pts_ms, int64_t dts_ms, const uint8_t *data, gsize size)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    stage_heard(s);
    if (s->mood != HAND_WORKING)
        return;
    g_autoptr(GBytes) frame = wire_encode_frame(track, key, pts_ms, dts_ms, data, size);
    if (!crew_send(s->hand, frame))
        stage_pause(s, true);
}

/* The worker finds tracks and keyframes in it by itself. */
static void on_data(gpointer user, ingest_publisher *publisher, const uint8_t *data, gsize size)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    s->container = true;
    stage_heard(s);
    if (!s->hand && !s->rehire)
        stage_hire(s);
    if (s->mood != HAND_WORKING)
        return;
    g_autoptr(GBytes) piece = wire_encode_data(data, size);
    if (!crew_send(s->hand, piece))
        stage_pause(s, true);
}

static void on_refused(gpointer user, ingest_publisher *publisher, const char *sentence)
{
    (void)user;
    if (publisher->claim)
        stage_trouble(publisher->claim, sentence);
}

static void on_gone(gpointer user, ingest_publisher *publisher, bool orderly, const char *why)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    log_info("live", "class %s: the publisher is gone (%s): %s", s->is.id,
             orderly ? "orderly" : "lost", why);
    stage_forget_publisher(s);
    stage_leave(s);
    stage_interrupt(s);
}

ingest_ops publish_table(live *house)
{
    return (ingest_ops){.user = house,
                        .on_publish = on_publish,
                        .on_track = on_track,
                        .on_frame = on_frame,
                        .on_refused = on_refused,
                        .on_gone = on_gone,
                        .on_data = on_data};
}
