#include <string.h>

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

bool live_may_publish(live *house, const char *id, GError **error)
{
    const stage *s = g_hash_table_lookup(house->by_id, id);
    const char *why = s ? refusal(s) : "there is no such class";
    if (why)
        error_set(error, house->draining ? ERROR_BUSY : ERROR_CONFLICT, "class_refuses", NULL, "%s",
                  why);
    return !why;
}

static bool on_publish(gpointer user, ingest_publisher *publisher, const char *key,
                       const char **why)
{
    live *house = user;
    stage *s = g_hash_table_lookup(house->by_key, key);
    bool backup = s && strcmp(key, s->is.backup_key) == 0;
    *why = s ? refusal(s) : "bad key";
    if (!*why && publisher->returning && stage_has_role(s, backup))
        *why = "another encoder took over meanwhile";
    if (*why) {
        house->refusals++;
        log_info("live", "%s %s was refused: %s", publisher->protocol, publisher->peer(publisher),
                 *why);
        return false;
    }
    stage_attach(s, publisher, backup);
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
    seat *from = stage_seat(s, publisher);
    g_clear_pointer(&from->track[track], g_bytes_unref);
    from->track[track] = wire_encode_track(track, codec, config, size);
    if (from == &s->by)
        return;
    if (s->mood == HAND_WORKING)
        crew_send(s->hand, from->track[track]);
    else
        stage_hire_if_wanted(s);
}

static void on_frame(gpointer user, ingest_publisher *publisher, wire_track track, bool key,
                     int64_t pts_ms, int64_t dts_ms, const uint8_t *data, gsize size)
{
    (void)user;
    stage *s = publisher->claim;
    bool picture = track == WIRE_VIDEO;
    if (!s)
        return;
    if (publisher == s->by.publisher)
        stage_heard_beside(s, picture ? key : !s->by.track[WIRE_VIDEO]);
    if (publisher != s->on.publisher)
        return;
    stage_heard(s);
    g_autoptr(GBytes) frame = wire_encode_frame(track, key, pts_ms, dts_ms, data, size);
    if (s->mood != HAND_WORKING)
        stage_hold(s, picture && key, frame);
    else if (!crew_send(s->hand, frame))
        stage_pause(s, true);
}

/* The worker finds tracks and keyframes in it by itself, once it has read the tables. */
static bool send_data(stage *s, bool entry, const uint8_t *data, gsize size)
{
    g_autoptr(GBytes) piece = wire_encode_data(data, size);
    if (s->mood == HAND_WORKING)
        return crew_send(s->hand, piece);
    stage_hold(s, entry, piece);
    return true;
}

static void on_data(gpointer user, ingest_publisher *publisher, const ingest_piece *piece)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    stage_seat(s, publisher)->container = true;
    if (publisher == s->by.publisher)
        stage_heard_beside(s, piece->entry);
    if (publisher != s->on.publisher)
        return;
    stage_heard(s);
    stage_hire_if_wanted(s);
    bool tabled = s->mood != HAND_WORKING && piece->tables_size;
    if (tabled)
        send_data(s, true, piece->tables, piece->tables_size);
    if (!send_data(s, piece->entry && !tabled, piece->data, piece->size))
        stage_pause(s, true);
}

static void on_refused(gpointer user, ingest_publisher *publisher, const char *sentence)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    if (publisher == s->on.publisher) {
        stage_trouble(s, sentence);
        return;
    }
    g_autofree char *of_whom = g_strdup_printf("候补推流 standby: %s", sentence);
    stage_note(s, of_whom);
}

static void on_gone(gpointer user, ingest_publisher *publisher, bool orderly, const char *why)
{
    (void)user;
    stage *s = publisher->claim;
    if (!s)
        return;
    log_info("live", "class %s: the publisher is gone (%s): %s", s->is.id,
             orderly ? "orderly" : "lost", why);
    publisher->claim = NULL;
    stage_gone(s, stage_seat(s, publisher));
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
