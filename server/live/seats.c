#include "base/log.h"
#include "live/inside.h"

static void name_seat(const seat *taken, char *out, gsize size)
{
    g_autofree char *name = taken->publisher
                                ? g_strdup_printf("%s %s", taken->publisher->protocol,
                                                  taken->publisher->peer(taken->publisher))
                                : g_strdup("");
    text_copy(out, size, name);
}

static void tell_names(stage *s)
{
    name_seat(&s->on, s->is.publisher, sizeof s->is.publisher);
    name_seat(&s->by, s->is.standby, sizeof s->is.standby);
    s->is.on_backup = s->on.publisher && s->on.backup;
}

static int64_t now_ms(const stage *s)
{
    return clock_mono_ms(s->live->clock);
}

/* ---- what is held while the worker before is leaving ---- */

void stage_drop_held(stage *s)
{
    g_queue_clear_full(&s->held, (GDestroyNotify)g_bytes_unref);
}

void stage_hold(stage *s, bool key, GBytes *frame)
{
    if (key || s->held.length >= LIVE_HELD_MAX)
        stage_drop_held(s);
    if (s->paused && (key || s->held.length > 0))
        g_queue_push_tail(&s->held, g_bytes_ref(frame));
}

/* ---- one seat ---- */

static void seat_clear(seat *taken)
{
    g_clear_pointer(&taken->track[WIRE_VIDEO], g_bytes_unref);
    g_clear_pointer(&taken->track[WIRE_AUDIO], g_bytes_unref);
    *taken = (seat){0};
}

seat *stage_seat(stage *s, const ingest_publisher *publisher)
{
    return publisher == s->on.publisher ? &s->on : publisher == s->by.publisher ? &s->by : NULL;
}

static void stage_vacate(stage *s, seat *taken)
{
    seat_clear(taken);
    if (taken == &s->on) {
        s->paused = s->silent = false;
        s->gauge_ms = 0;
        stage_drop_held(s);
    }
    tell_names(s);
}

static void hang_up(stage *s, seat *taken, const char *why)
{
    ingest_publisher *publisher = taken->publisher;
    stage_vacate(s, taken);
    if (!publisher)
        return;
    publisher->claim = NULL;
    publisher->close(publisher, why);
}

void stage_detach(stage *s, const char *why)
{
    hang_up(s, &s->on, why);
    hang_up(s, &s->by, why);
}

void stage_pause(stage *s, bool paused)
{
    if (!s->on.publisher || s->paused == paused)
        return;
    s->paused = paused;
    s->on.heard_ms = now_ms(s);
    s->on.publisher->pause(s->on.publisher, paused);
}

/* ---- who sits where ---- */

/* One writer per title: not a frame is read until the old worker is gone. */
void stage_change_hand(stage *s)
{
    stage_leave(s);
    if (s->hand)
        stage_pause(s, true);
    else
        stage_hire_if_wanted(s);
}

static seat *place_for(stage *s, bool backup)
{
    if (!s->on.publisher || s->on.backup == backup)
        return &s->on;
    return &s->by;
}

bool stage_has_role(const stage *s, bool backup)
{
    return (s->on.publisher && s->on.backup == backup) ||
           (s->by.publisher && s->by.backup == backup);
}

void stage_attach(stage *s, ingest_publisher *publisher, bool backup)
{
    seat *place = place_for(s, backup);
    hang_up(s, place, "another encoder took over with the same key");
    place->publisher = publisher;
    place->backup = backup;
    place->heard_ms = place->steady_ms = now_ms(s);
    publisher->claim = s;
    tell_names(s);
    if (place == &s->on)
        stage_change_hand(s);
    else
        log_info("live", "class %s: the %s stands by", s->is.id,
                 backup ? "backup" : "main encoder");
}

void stage_switch(stage *s)
{
    stage_pause(s, false);
    seat was = s->on;
    s->on = s->by;
    s->by = was;
    s->silent = false;
    s->gauge_ms = 0;
    s->on.heard_ms = s->by.steady_ms = now_ms(s);
    stage_drop_held(s);
    tell_names(s);
    log_info("live", "class %s: %s goes on air", s->is.id,
             s->on.backup ? "the backup" : "the main encoder");
    stage_change_hand(s);
}

/* ---- what is heard, and what is not ---- */

static bool is_barren(const stage *s)
{
    return !s->paused && now_ms(s) - s->media_ms > LIVE_BARREN_MS;
}

/*
 * On the seat beside: may it go on air with what it has just sent? Sending steadily is not enough for a main encoder of
 * which nothing came: it would be on air and off again for ever. It comes anew, or when the other one is gone.
 */
static bool should_switch(const stage *s)
{
    int64_t now = now_ms(s);
    bool other_is_gone = !s->paused && now - s->on.heard_ms > LIVE_TAKEOVER_MS;
    bool main_is_back = !s->by.backup && !s->by.barren && now - s->by.steady_ms >= LIVE_STEADY_MS;
    return s->mood == HAND_WORKING && (other_is_gone || is_barren(s) || main_is_back);
}

void stage_heard_beside(stage *s, bool entry)
{
    int64_t now = now_ms(s);
    if (now - s->by.heard_ms > LIVE_TAKEOVER_MS)
        s->by.steady_ms = now;
    s->by.heard_ms = now;
    if (!entry || !should_switch(s))
        return;
    s->on.barren = is_barren(s);
    stage_switch(s);
}

void stage_heard(stage *s)
{
    s->on.heard_ms = now_ms(s);
    if (!s->silent)
        return;
    s->silent = false;
    stage_await_media(s); /* on air again with the next media */
}

void stage_gone(stage *s, seat *from)
{
    stage_vacate(s, from);
    if (s->on.publisher)
        return;
    if (s->by.publisher) {
        stage_switch(s);
        return;
    }
    stage_leave(s);
    stage_interrupt(s);
}

#define SILENT                                                                                     \
    "收不到您的画面和声音，请检查网络 · Nothing comes from your encoder: check its network"

void stage_listen(stage *s)
{
    int64_t silent_ms = now_ms(s) - s->on.heard_ms;
    if (!s->on.publisher || s->paused || silent_ms < LIVE_SILENT_MS)
        return;
    if (silent_ms >= LIVE_MUTE_MS) {
        log_info("live", "class %s: its publisher sent nothing for %d s", s->is.id,
                 LIVE_MUTE_MS / 1000);
        hang_up(s, &s->on, "nothing came for 15 s");
        stage_gone(s, &s->on);
    } else if (!s->silent && s->is.state == CLASS_ON_AIR) {
        s->silent = true;
        stage_trouble(s, SILENT);
        stage_interrupt(s);
    }
}
